"""A real Chromium before the real app on a port of its own, with a Zoho on three other origins."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from people.users import User
from sandbox.config import Client
from sandbox.server import Sandbox
from service.settings import Settings
from tests import walk
from tests.conftest import EMAIL, PASSWORD, Clock
from zoho.runtime import Amend

CLIENT_ID, CLIENT_SECRET = "1000.BROWSER", "browser-secret"


class RunningClock(Clock):
    """The time of day, which a browser has too; it can be moved on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return RunningClock()


@pytest.fixture
def sandbox(clock: Clock, url: str) -> Iterator[Sandbox]:
    """A Zoho of three origins, as the real one, where we are registered with a client of our own."""
    with Sandbox(now=clock, separate_ports=True) as running:
        running.config.clients[CLIENT_ID] = Client(CLIENT_SECRET, (f"{url}/connect/callback",))
        running.config.callback_location = "us"
        yield running


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A port of ours: its number must be known before the app that answers there is made."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


@pytest.fixture
def url(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def settings(sandbox: Sandbox, url: str, tmp_path: Path, empty_database: Path) -> Settings:
    instance = tmp_path / "instance"
    instance.mkdir()
    shutil.copy(empty_database, instance / "amend.db")
    row = {"location": "us", "accounts": sandbox.accounts_url, "api": sandbox.api_url, "desk": sandbox.desk_url}
    data_centers = tmp_path / "data_centers.json"
    data_centers.write_text(json.dumps([row]))
    environ = {
        "ZOHO_DATA_CENTERS_FILE": str(data_centers),
        "ZOHO_CLIENT_ID": CLIENT_ID,
        "ZOHO_CLIENT_SECRET": CLIENT_SECRET,
        "AMEND_SANDBOX": "true",
    }
    return Settings.load(environ, instance_dir=instance, public_url=url)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


@pytest.fixture
def site(app: Flask, listening: socket.socket, url: str) -> Iterator[str]:
    """The app, served. The address."""
    host, port = listening.getsockname()
    server = ThreadedWSGIServer(host, port, app, handler=_Quiet, fd=listening.fileno())
    server.daemon_threads = True  # a browser keeps connections open
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield url
    server.shutdown()
    server.server_close()
    thread.join(5)


@dataclass
class Visit:
    """Somebody's browser. What it complains of on any page is collected, and wrong."""

    browser: Browser
    site: str
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, **kwargs: object) -> Page:
        """A window of its own, with nobody signed in."""
        context = self.browser.new_context(base_url=self.site, reduced_motion="reduce", locale="en-GB", **kwargs)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"{error.page.url if error.page else ''}: {error.error}"))
        self.contexts.append(context)
        return context.new_page()

    def enter(self, **kwargs: object) -> Page:
        """A window with Ana signed in."""
        page = self.open(**kwargs)
        page.goto("/sign-in")
        sign_in(page)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        is_status = "Failed to load resource: the server responded with a status of" in message.text  # a 409 page is meant
        if message.type in ("error", "warning") and not is_status:
            self.complaints.append(f"{message.location.get('url')}: {message.text}")


@pytest.fixture
def visit(chromium: Browser, site: str, user: User) -> Iterator[Visit]:
    """Chromium before the app, where Ana has an account. At the end no page may have violated the CSP or thrown."""
    made = Visit(chromium, site)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == []


def sign_in(page: Page) -> None:
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def connection_id(amend: Amend, user: User) -> UUID:
    """Ana's connection, made without a browser."""
    found = walk.connect(amend, user.id, location="us").connection_id
    assert found is not None
    return found
