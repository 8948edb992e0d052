"""The sandbox over HTTP, and its Python door for tests."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

from sandbox.app import ALL, App
from sandbox.config import Config
from sandbox.crm_records import EXTREMES, HOSTILE_FROM, STATES, record_id
from sandbox.desk_tables import MODULES
from sandbox.faults import Fault, route_pattern
from sandbox.keeping import keep
from sandbox.names import HOSTILE
from sandbox.people import PEOPLE, find_person
from sandbox.wire import Json
from sandbox.world import Now, Seen, World

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _Handler(WSGIRequestHandler):
    """Quiet, and known to its server, so that stopping ends kept-alive connections too."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.open_connections.add(self.connection)  # type: ignore[attr-defined]

    def finish(self) -> None:
        self.server.open_connections.discard(self.connection)  # type: ignore[attr-defined]
        super().finish()

    def handle(self) -> None:
        with suppress(OSError):  # we or the client ended the connection
            super().handle()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: queries carry codes and tokens."""


class Server(ThreadedWSGIServer):
    """A threaded server on loopback."""

    def __init__(self, host: str, port: int, app: App) -> None:
        if host not in LOOPBACK:
            raise ValueError(f"the sandbox listens on loopback only, not on {host}")
        self.open_connections: set[socket.socket] = set()
        super().__init__(host, port, app, handler=_Handler)

    @property
    def url(self) -> str:
        """Its base address, with a name that stands for loopback."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def close_all(self) -> None:
        """End every connection that is still open."""
        for connection in list(self.open_connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def build(
    host: str, ports: tuple[int, ...], *, now: Now | None = None, state_file: Path | None = None
) -> tuple[World, list[BaseWSGIServer]]:
    """One server for everything, or three: accounts, API and Desk."""
    world = World(now)
    roles = [ALL] if len(ports) == 1 else [frozenset({role}) for role in ("accounts", "api", "desk")]
    servers = [Server(host, port, App(world, role)) for port, role in zip(ports, roles, strict=True)]
    addresses = [server.url for server in servers] * (3 if len(servers) == 1 else 1)
    world.accounts_url, world.api_url, world.desk_url = addresses
    if state_file is not None:
        keep(world, state_file)
    return world, list(servers)


class Sandbox:
    """A running sandbox: ``with Sandbox(now=clock) as zoho:``. Addresses in ``url`` or in the three ``…_url``."""

    def __init__(self, *, now: Callable[[], Any] | None = None, separate_ports: bool = False, state_file: Path | None = None) -> None:
        self._world, self._servers = build("127.0.0.1", (0, 0, 0) if separate_ports else (0,), now=now, state_file=state_file)
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True) for server in self._servers]
        self.accounts_url, self.api_url, self.desk_url = self._world.accounts_url, self._world.api_url, self._world.desk_url
        self.url = self.accounts_url

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Go out of reach: from now on connections are refused. May be called twice."""
        if self._world.stopped.is_set():
            return
        self._world.stopped.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
            if isinstance(server, Server):
                server.close_all()
        for thread in self._threads:
            thread.join(5)

    @property
    def config(self) -> Config:
        """The switches; assign to them."""
        return self._world.config

    @property
    def requests(self) -> list[Seen]:
        """What came in, oldest first; calls to /_sandbox are not counted."""
        with self._world.lock:
            return list(self._world.requests)

    def forget_calls(self) -> None:
        """Count requests from here on."""
        with self._world.lock:
            self._world.requests.clear()

    @property
    def notices(self) -> list[Json]:
        """Mails that closing tickets sent."""
        return self._world.desk.notices

    @property
    def tickets(self) -> dict[str, Json]:
        """Desk's tickets by id, as stored."""
        return self._world.desk.records("tickets")

    @property
    def grants(self) -> list[Any]:
        """The living grants, with their tokens."""
        return self._world.grants.all

    @property
    def peaks(self) -> dict[str, int]:
        """The most calls that ever ran at once, by organization: ``crm:<id>``, ``crm:<id>:heavy``, ``desk:<id>``."""
        return dict(self._world.traffic.peaks)

    def calls(self, route: str) -> int:
        """How many requests came for ``PUT /crm/v8/{module}/{id}`` and the like."""
        return len(self.matching(route))

    def matching(self, route: str) -> list[Seen]:
        """The requests of a route."""
        pattern = route_pattern(route)
        return [seen for seen in self.requests if pattern.fullmatch(f"{seen.method} {seen.path}")]

    def fail_next(self, route: str, **wanted: Any) -> Fault:
        """Make the next request of a route fail: ``status=`` or ``fault=``, ``body``, ``headers``, ``times``, ``applied``, ``seconds``."""
        with self._world.lock:
            return self._world.faults.add(route, **wanted)

    def clear_faults(self) -> None:
        """Forget the faults that wait."""
        with self._world.lock:
            self._world.faults.all.clear()

    def record(self, module: str, id_: str) -> Json:
        """A CRM record as stored. Raises KeyError."""
        with self._world.lock:
            return self._world.crm.records(module)[id_]

    def writes(self, id_: str) -> list[Json]:
        """The writes of a CRM record that were carried out, by whomever, oldest first: at, by, source, changes."""
        with self._world.lock:
            return list(self._world.crm.history.get(id_, []))

    def ids(self, module: str) -> list[str]:
        """The ids of a CRM module, in the order of their making."""
        with self._world.lock:
            return list(self._world.crm.records(module))

    def special(self, module: str, what: str) -> str:
        """Id of a record in a state or at a limit: locked, blueprint, converted, in_approval, nulls, limits, negative, long."""
        return record_id(self._world.crm.get_module(module), (STATES | EXTREMES)[what])

    def hostile(self, module: str) -> list[str]:
        """Ids of the records that hold hostile values."""
        found = self._world.crm.get_module(module)
        return [record_id(found, HOSTILE_FROM + at) for at in range(len(HOSTILE))]

    def edit(self, module: str, id_: str, *, by: str = "Ana Ruiz", **values: Any) -> Json:
        """Somebody else edits a record at Zoho: a CRM module, or a Desk module in lower case. Modified_Time moves."""
        person = find_person(by) or PEOPLE[1]
        with self._world.lock:
            if re.match("[a-z]", module):
                return self._world.desk.write(MODULES[module], id_, values, person)
            return self._world.crm.write(self._world.crm.get_module(module), id_, values, person, "crm_ui")

    def revoke_all(self) -> None:
        """Somebody removes the app at Zoho: all tokens are dead."""
        with self._world.lock:
            self._world.grants.all.clear()
            self._world.changed()

    def expire_access_tokens(self) -> None:
        """All access tokens end now; refresh tokens live on."""
        with self._world.lock:
            for grant in self._world.grants.all:
                grant.access_tokens.clear()
            self._world.changed()
