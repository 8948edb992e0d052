"""The bed of ``bench.doctor``: a connection of its own for each fault, an Amend and a Zoho that can be spoiled, and what the doctor says.

Everything is real: an SQLite file, the sandbox over HTTP, sockets and certificates on loopback. Only the clock is moved by hand.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sqlite3
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from sqlalchemy import update

from changes import checks, heartbeat
from sandbox.config import CLIENT_ID, CLIENT_SECRET
from sandbox.server import Sandbox
from service.settings import Settings
from tests import walk
from zoho import clients, runtime, watch
from zoho.connections import Connection
from zoho.data_centers import DataCenters
from zoho.diagnostics import Finding, examine
from zoho.http import Http
from zoho.keys import Keys
from zoho.runtime import Amend
from zoho.watch import ConnectionHealth

DEADLINE_SECONDS = 8.0
"""A tenth of it would do for a Zoho on loopback; what hangs costs all of it."""
WORKER = "bench:1"
REFUSED = "http://127.0.0.1:1"
"""Nobody listens there."""


class Clock:
    """The one clock of Amend and of the sandbox."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.at


class Bed:
    """One connection, healthy until somebody spoils it."""

    def __init__(self, folder: Path, zoho: Sandbox, clock: Clock, stack: ExitStack, **choices: Any) -> None:
        self.folder, self.zoho, self.clock, self.stack = folder, zoho, clock, stack
        settings = Settings.load({}, instance_dir=folder, sandbox_port=urlsplit(zoho.url).port)
        self.amend: Amend = runtime.build(settings, now=clock, checks=checks.CHECKS)
        stack.callback(self.amend.close)
        self.deadline_seconds = DEADLINE_SECONDS
        self.user = walk.add(self.amend)
        self.connection_id = self.connect(**choices)
        self.beat()

    def later(self, **by: float) -> None:
        """Time goes by for both, and the worker does its work."""
        self.clock.at += timedelta(**by)
        self.beat()

    def beat(self) -> None:
        """The worker is alive, and its next check is tomorrow."""
        heartbeat.beat(self.amend, WORKER, self.amend.now())
        while due := watch.find_due(self.amend):
            watch.claim(self.amend, due)
        with self.amend.sessions.begin() as session:
            session.execute(update(ConnectionHealth).values(next_check_at=self.amend.now() + timedelta(days=1)))

    def connect(self, **choices: Any) -> UUID:
        """One more connection of the same person."""
        found = walk.connect(self.amend, self.user, **choices).connection_id
        assert found is not None
        return found

    def grant_elsewhere(self) -> None:
        """The same person connects the same client with another program."""
        _, query = walk.travel(self.amend, self.user)
        form = {"grant_type": "authorization_code", "code": query["code"], "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        form["redirect_uri"] = self.amend.settings.redirect_uri
        answer = requests.post(f"{self.zoho.accounts_url}/oauth/v2/token", data=form, timeout=5)
        assert "refresh_token" in answer.json(), answer.text

    @property
    def row(self) -> Connection:
        """The connection as it is stored."""
        return clients.load(self.amend, self.connection_id)

    def write(self, **values: Any) -> None:
        """Put values into the row, as somebody with a database tool would."""
        with self.amend.sessions.begin() as session:
            session.execute(update(Connection).where(Connection.id == self.connection_id).values(values))

    def lack(self, scope: str) -> None:
        """Zoho granted less, and said so."""
        self.write(scopes_granted=[one for one in self.row.scopes_granted or () if one != scope])

    def withhold(self, scope: str) -> None:
        """Zoho granted less, and did not say so."""
        for grant in self.zoho.grants:
            grant.scopes = tuple(one for one in grant.scopes if one != scope)
        self.write(scopes_granted=None)

    def change(self, **settings: Any) -> None:
        """Other settings, as after a restart."""
        self.amend = replace(self.amend, settings=self.amend.settings.model_copy(update=settings))

    def move(self, **hosts: str) -> None:
        """The data centre's hosts are elsewhere."""
        rows = dict(self.amend.data_centers.rows)
        rows["sandbox"] = replace(rows["sandbox"], **hosts)
        self.amend = replace(self.amend, data_centers=DataCenters(rows), http=Http(retries=0, centers=DataCenters(rows)))
        if "api" in hosts:
            self.write(api_domain=hosts["api"])
        if "accounts" in hosts:
            self.write(accounts_server=hosts["accounts"])

    def due(self) -> None:
        """The access token has expired: the next call renews it."""
        self.later(hours=2)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return Path(self.amend.settings.database_url.removeprefix("sqlite:///"))

    def leave_database(self) -> None:
        """Close what is open, so that the file can be taken away."""
        self.amend.request_log.flush()
        self.amend.sessions.kw["bind"].dispose()
        with closing(sqlite3.connect(self.database)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def hold_database(self) -> None:
        """Another program holds the lock."""
        other = self.stack.enter_context(closing(sqlite3.connect(self.database, isolation_level=None)))
        other.execute("BEGIN IMMEDIATE")

    def environment(self, name: str, value: str) -> None:
        """Set a variable of the environment until the bed is left."""
        before = os.environ.get(name)
        os.environ[name] = value
        self.stack.callback(os.environ.pop if before is None else os.environ.__setitem__, name, before)

    def fill_disk(self) -> None:
        """The instance folder lies on a disk without room; needs the right to mount one, else a limit on files stands for it."""
        full = self.folder / "full"
        full.mkdir()
        if subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", full], capture_output=True, check=False).returncode == 0:
            self.stack.callback(subprocess.run, ["/bin/umount", full], check=True)
            (full / "all").write_bytes(b"0" * 32768)
        else:
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
            self.stack.callback(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        self.change(instance_dir=full)

    def seal(self, value: str) -> str:
        """A token of this connection, as it is stored."""
        return self.amend.keys.seal(self.connection_id, value)

    def reseal(self, connection_id: UUID, keys: Keys) -> None:
        """Another connection's refresh token, sealed with other keys."""
        values = {"refresh_token": keys.seal(connection_id, "1000.a.b"), "access_token": None}
        with self.amend.sessions.begin() as session:
            session.execute(update(Connection).where(Connection.id == connection_id).values(values))

    def throttle(self) -> None:
        """Zoho said a moment ago that no renewal may come for ten minutes."""
        self.write(refresh_not_before=self.clock() + timedelta(minutes=9))

    def wait(self, connection: socket.socket) -> None:
        """Say nothing until the caller gives up."""
        connection.settimeout(4 * DEADLINE_SECONDS)
        while connection.recv(65_536):
            pass

    def examine(self) -> tuple[Finding, ...]:
        """What the doctor says."""
        return examine(self.amend, self.connection_id, deadline_seconds=self.deadline_seconds)

    def serve(self, answer: Callable[[socket.socket], None], file: Path | None = None) -> int:
        """A server on loopback that treats each connection so, behind a certificate if there is one: its port."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.stack.callback(listener.close)
        self.stack.callback(listener.shutdown, socket.SHUT_RDWR)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if file else None
        if context and file:
            context.load_cert_chain(file)

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_treat, args=(connection, context, answer), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        return int(listener.getsockname()[1])


def _treat(connection: socket.socket, context: ssl.SSLContext | None, answer: Callable[[socket.socket], None]) -> None:
    with connection:
        try:
            answer(context.wrap_socket(connection, server_side=True) if context else connection)
        except OSError:
            return


@contextmanager
def bed(folder: Path, database: Path, **choices: Any) -> Iterator[Bed]:
    """A healthy connection in a folder of its own."""
    folder.mkdir()
    shutil.copy(database, folder / "amend.db")
    clock = Clock()
    with ExitStack() as stack, Sandbox(now=clock) as zoho:
        yield Bed(folder, zoho, clock, stack, **choices)
