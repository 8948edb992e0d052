"""What all tests share: settings and a database of their own, the app, somebody signed in, a clock, the sandbox."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest
from flask import Flask
from playwright.sync_api import Browser

from app import create_app
from people import Operator, passwords
from people.sessions import open_session
from people.users import User
from sandbox.server import Sandbox
from service.settings import Settings
from store import migrate
from tests import migrated, postgres
from tests.chromium import find_chromium, launched
from tests.pages import Visitor
from zoho import runtime
from zoho.runtime import Amend

EMAIL, PASSWORD = "ana@example.com", "correct horse battery"
DATABASES = ("sqlite", "postgresql")

# The same cases for the same code: a change fails for what it changed. New cases are sought with AMEND_FUZZ_EXAMPLES=4000.
hypothesis.settings.register_profile("amend", derandomize="AMEND_FUZZ_EXAMPLES" not in os.environ, database=None)
hypothesis.settings.load_profile("amend")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DATABASES, default="sqlite", help="what tests run on that do not say")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked ``both_databases``, itself or by its module, runs once on each, when it uses one and does not say which."""
    named = [mark for mark in metafunc.definition.iter_markers("parametrize") if mark.args[0] == "database"]
    if metafunc.definition.get_closest_marker("both_databases") and "database" in metafunc.fixturenames and not named:
        metafunc.parametrize("database", DATABASES, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="Chromium is not installed; on Debian or Ubuntu: apt-get install chromium")
    for item in items:
        if Path(__file__).parent / "browser" in item.path.parents:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser") and find_chromium() is None:
            item.add_marker(missing)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(now=clock) as running:
        yield running


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations make it, to be copied."""
    return migrated.make(tmp_path_factory.mktemp("database") / "amend.db")


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    if postgres.find_binaries() is None:
        pytest.skip(postgres.MISSING)
    running = postgres.Cluster()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgres_template(cluster: postgres.Cluster) -> str:
    """The name of a database as the migrations make it, to be copied."""
    cluster.execute("CREATE DATABASE migrated")
    migrate.upgrade(cluster.url("migrated"))
    return "migrated"


@pytest.fixture
def postgres_url(cluster: postgres.Cluster, postgres_template: str) -> Iterator[str]:
    """A migrated database of its own on PostgreSQL."""
    with cluster.database(postgres_template) as url:
        yield url


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """``sqlite`` or ``postgresql``: what the test runs on."""
    return str(getattr(request, "param", request.config.getoption("--database")))


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> str:
    """A migrated database of its own."""
    if database == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    path = tmp_path / "instance" / "amend.db"
    path.parent.mkdir()
    shutil.copy(request.getfixturevalue("empty_database"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Settings:
    """An instance of its own. Its sandbox is the running one when the test asks for ``sandbox``, else a port where nothing listens."""
    port = 9
    if "sandbox" in request.fixturenames:
        port = urlsplit(request.getfixturevalue("sandbox").url).port or 9
    return Settings.load({}, instance_dir=tmp_path / "instance", database_url=database_url, sandbox_port=port)


@pytest.fixture
def amend(settings: Settings, clock: Clock) -> Iterator[Amend]:
    built = runtime.build(settings, now=clock)
    yield built
    built.close()


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    made = create_app(settings, now=clock)
    yield made
    made.extensions["amend"].close()


@pytest.fixture
def anonymous(app: Flask) -> Visitor:
    """Nobody signed in."""
    return Visitor(app.test_client())


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def user(amend: Amend, password_hash: str) -> User:
    """Ana, who may sign in with EMAIL and PASSWORD."""
    made = User(email=EMAIL, name="Ana Ruiz", password_hash=password_hash, failed_count=0, created_at=amend.now())
    with amend.sessions.begin() as session:
        session.add(made)
    return made


@pytest.fixture
def operator(amend: Amend, user: User) -> Operator:
    """Ana, signed in."""
    with amend.sessions.begin() as session:
        return open_session(session, user, amend.now())


@pytest.fixture
def client(app: Flask, operator: Operator) -> Visitor:
    """Ana's browser."""
    visitor = Visitor(app.test_client())
    with visitor.client.session_transaction() as session:
        session["_user_id"] = operator.get_id()
        session["_fresh"] = True
    return visitor
