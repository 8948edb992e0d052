"""What ./run starts: checks, then the web server, the worker and the sandbox as children, watched until Ctrl-C or SIGTERM.

The web server and the sandbox load while the database is prepared, which halves the wait; a gate keeps requests out until then. The
worker starts once the web server answers. Whatever
happens to this process, the children end with it: see service.children.
"""

from __future__ import annotations

import errno
import http.client
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from service.children import Child, Keeper
from service.settings import Settings, SettingsError, bracketed

SLOW_START_SECONDS = 30.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def children(settings: Settings, gate: int) -> list[Child]:
    """The table of children, in the order of their start; they are stopped in the opposite order.

    ``gate`` is a file descriptor whose reading ends when the database is ready.
    """
    sandbox = ("--port", str(settings.sandbox_port), "--state-file", str(settings.instance_dir / "sandbox.json"))
    bind = f"{bracketed(settings.host)}:{settings.port}"
    web = ("--config", "python:service.web_server", "--bind", bind, "app:create_app()")
    rows = [
        (settings.sandbox, Child("sandbox", (sys.executable, "-m", "sandbox", *sandbox))),
        (True, Child("web server", (sys.executable, "-m", "gunicorn", *web), 25, {"GATE_FD": str(gate)}, (gate,))),
        (True, Child("worker", (sys.executable, "-m", "service.worker"), is_late=True)),
    ]
    return [child for is_wanted, child in rows if is_wanted]


class Supervisor:
    """Keeps the children running. One thread: signals wake its wait through a socket."""

    def __init__(self, keepers: list[Keeper], is_ready: Callable[[], bool]) -> None:
        self.keepers = keepers
        self.is_ready = is_ready
        self.stop_requests = 0
        self._woken, self._wakes = socket.socketpair()

    def run(self, prepare: Callable[[], Callable[[], None]]) -> int:
        """Start all, prepare meanwhile, call what ``prepare`` returned once the web server answers, and watch.

        Returns the exit status.
        """
        self._catch_signals()
        try:
            self._start(late=False)
            announce = prepare()
        except BaseException:  # the children serve nothing yet: there is nothing to finish
            for keeper in self.keepers:
                keeper.kill()
            raise
        try:
            return self._watch(announce)
        finally:
            self._stop()

    def _start(self, *, late: bool) -> None:
        for keeper in self.keepers:
            if keeper.child.is_late == late:
                keeper.start()

    def _catch_signals(self) -> None:
        for each in (self._woken, self._wakes):
            each.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _on_stop(self, *_: Any) -> None:
        self.stop_requests += 1

    def _watch(self, announce: Callable[[], None]) -> int:
        is_announced, slow_at = False, time.monotonic() + SLOW_START_SECONDS
        while not self.stop_requests:
            for keeper in self.keepers:
                news = keeper.look_after()
                if news:
                    tell(news)
                if keeper.has_given_up:
                    tell(f"Amend stops: the {keeper.child.name} does not stay up. What it said about the reason stands above.")
                    return 1
            if not is_announced and self.is_ready():
                is_announced = True
                announce()
                self._start(late=True)
            elif not is_announced and time.monotonic() > slow_at:
                tell(f"The web server has not answered for {SLOW_START_SECONDS:g} s; still waiting.")
                slow_at = float("inf")
            self._wait(0.5 if is_announced else 0.05)
        return 0

    def _wait(self, seconds: float) -> None:
        """Until something happens to a child, a signal comes or the time is over."""
        readable, _, _ = select.select([self._woken], [], [], seconds)
        if readable:
            self._woken.recv(4096)

    def _stop(self) -> None:
        """Stop the children, the last one started first; a second Ctrl-C does not wait for them."""
        asked = self.stop_requests
        for keeper in reversed(self.keepers):
            keeper.ask_to_stop()
            deadline = time.monotonic() + keeper.child.stop_seconds
            while not keeper.has_stopped() and time.monotonic() < deadline and self.stop_requests <= max(asked, 1):
                self._wait(0.2)
            keeper.kill()


def tell(message: str) -> None:
    """Say it to whoever started us."""
    print(message, file=sys.stderr, flush=True)


def check_ports(settings: Settings) -> None:
    """See whether the children will be able to listen. Raises SettingsError naming the port's setting."""
    wanted = [("AMEND_PORT", settings.host, settings.port)]
    if settings.sandbox:
        wanted.append(("AMEND_SANDBOX_PORT", "127.0.0.1", settings.sandbox_port))
    found = [(setting, why_not_free(host, port)) for setting, host, port in wanted]
    problems = [(setting, why) for setting, why in found if why]
    if problems:
        raise SettingsError(problems)


def why_not_free(host: str, port: int) -> str | None:
    """Why nobody can listen there, or None."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                return f"must be another port: {port} on {host} is already in use"
            return f"cannot be {port} on {host}: {(exc.strerror or str(exc)).lower()}"
    return None


def web_answers(settings: Settings) -> bool:
    """True when the web server answers /healthz, asked under its public name."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - not bound, replaced
    connection = http.client.HTTPConnection(reachable, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(settings.public_url).netloc})
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(settings: Settings, set_up_url: str | None) -> None:
    """Where Amend is, how to get in, what Zoho it talks to, how to stop it."""
    print(f"Amend is running at {settings.public_url}")
    if set_up_url:
        print(f"Nobody can sign in yet. Make the first user, once: {set_up_url}")
    else:
        print("Sign in with your e-mail address and password for Amend, which are not those for Zoho.")
    if settings.client_id:
        print(f"Register this redirect URI at Zoho's API console: {settings.redirect_uri}")
    elif settings.sandbox:
        print("The sandbox, a fake Zoho to try everything with, is on: Connect Zoho leads to it.")
    else:
        print("No Zoho client is configured: set ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET in .env.")
    print("Stop with Ctrl-C.", flush=True)


def prepare_database(settings: Settings) -> str | None:
    """Migrate, and see to a first user. Returns the one-time set-up link if there is still none. Raises SettingsError."""
    # Imported here, since they take as long as all else and the children are already starting
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    from people import UserRefusedError, ensure_first_user
    from store import make_engine, make_sessions, migrate

    engine = make_engine(settings.database_url)
    try:
        migrate.upgrade(settings.database_url)
        return ensure_first_user(make_sessions(engine), settings, lambda: datetime.now(UTC))
    except UserRefusedError as exc:
        raise SettingsError(
            [(f"AMEND_ADMIN_{name.upper()}", said.partition(": ")[2] or said) for name, said in exc.problems.items()]
        ) from exc
    except (CommandError, SQLAlchemyError, migrate.MigrationError) as exc:
        reason = exc.orig if isinstance(exc, DBAPIError) else exc  # the driver's words, without the statement
        raise SettingsError([("AMEND_DATABASE_URL", f"names a database that cannot be used: {reason}")]) from exc
    finally:
        engine.dispose()


def serve(settings: Settings) -> int:
    """Run everything until told to stop. Returns the exit status."""
    gate, gate_keeper = os.pipe()

    def prepare() -> Callable[[], None]:
        set_up_url = prepare_database(settings)
        os.close(gate_keeper)
        return lambda: announce(settings, set_up_url)

    keepers = [Keeper(child) for child in children(settings, gate)]
    return Supervisor(keepers, lambda: web_answers(settings)).run(prepare)


def main() -> int:
    """Check, then serve. Status 2: a setting is wrong; 1: something did not stay up."""
    os.umask(0o077)  # the database holds customers' values: nobody else on this machine reads it
    try:
        settings = Settings.load()
        check_ports(settings)
        return serve(settings)
    except SettingsError as error:
        tell(f"Amend cannot start. In the environment or in .env:\n{error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
