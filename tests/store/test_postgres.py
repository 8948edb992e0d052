"""What is PostgreSQL's own; and the server that tests use."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from service.environment import ROOT
from store import make_engine, migrate
from tests.postgres import Cluster
from tests.service.processes import until

SCRIPT = "from tests.postgres import Cluster; print(Cluster().directory, flush=True); input()"
NOTE = Table("note", MetaData(), Column("id", Integer, primary_key=True), Column("said", Text, unique=True))


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = make_engine(postgres_url)
    NOTE.create(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("said", "kept"), [("a\0b", "a\ufffdb"), ("a\ud800b", "a\ufffdb"), ("Zoë \U0001f600", "Zoë \U0001f600")])
def test_a_string_that_postgresql_cannot_hold_is_stored_with_a_replacement(engine: Engine, said: str, kept: str) -> None:
    with engine.begin() as connection:
        connection.execute(NOTE.insert(), {"said": said})
        assert connection.scalar(select(NOTE.c.said).where(NOTE.c.said == said)) == kept


def test_a_database_error_does_not_quote_the_row(engine: Engine) -> None:
    row = {"said": "-".join(("ana", "ruiz"))}  # in pieces: a traceback shows the source
    with engine.begin() as connection:
        connection.execute(NOTE.insert(), row)
    with pytest.raises(IntegrityError, match="duplicate key") as caught, engine.begin() as connection:
        connection.execute(NOTE.insert(), row)
    assert "ana-ruiz" not in "".join(traceback.format_exception(caught.value))


def test_a_database_that_cannot_hold_every_name_is_refused(cluster: Cluster) -> None:
    cluster.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(migrate.MigrationError, match=r"LATIN1.*must be UTF8"):
        migrate.upgrade(cluster.url("latin"))
    cluster.execute("DROP DATABASE latin WITH (FORCE)")


@pytest.mark.usefixtures("cluster")
def test_the_server_of_a_killed_test_run_is_gone_with_its_files() -> None:
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as run:
        directory = Path(run.stdout.readline().strip())
        server = Path("/proc", (directory / "data" / "postmaster.pid").read_text().splitlines()[0])
        run.kill()
    assert until(lambda: not directory.exists())
    assert not server.exists() or (server / "cmdline").read_bytes() == b""  # at most a zombie, where nobody reaps
