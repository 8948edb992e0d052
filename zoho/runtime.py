"""What every use case gets as its first argument: settings, database, HTTP, keys, the table of data centres, the clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from service.settings import Settings
from store import looking, make_engine, make_sessions, reading, writing
from zoho import data_centers
from zoho.advisory import AdvisoryLocks
from zoho.data_centers import DataCenters
from zoho.gate import Gate
from zoho.http import Http
from zoho.keys import Keys
from zoho.request_log import RequestLog
from zoho.slots import FileLocks, Locks

if TYPE_CHECKING:
    from zoho.diagnostics import OwnCheck


@dataclass(frozen=True, slots=True)
class Amend:
    """The running app, without Flask: a script builds one with ``build`` and calls the same use cases as the pages."""

    settings: Settings
    sessions: sessionmaker[Session]
    http: Http
    keys: Keys
    data_centers: DataCenters
    now: Callable[[], datetime]
    request_log: RequestLog
    gate: Gate
    refresh_lease: timedelta = timedelta(seconds=40)
    """How long one worker may be renewing a token: longer than the longest token call (30 s, see http.py)."""
    checks: tuple[OwnCheck, ...] = ()
    """What diagnostics looks at besides its own checks: worker and queue, of which this room knows nothing."""
    wake: Callable[[UUID], None] = lambda _plan_id: None
    """Tells the workers that a plan can go on; without it they see it within a second."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session that only reads; ``sessions.begin()`` is for writers."""
        return reading(self.sessions)

    def looking(self) -> AbstractContextManager[Connection]:
        """Rows without objects, for the few queries that every call makes. Reads only."""
        return looking(self.sessions)

    def writing(self, *, durable: bool = False) -> AbstractContextManager[Connection]:
        """A transaction without objects, for the road of an edit; ``durable``: it survives a power cut."""
        return writing(self.sessions, durable=durable)

    def close(self) -> None:
        """Write what waits to be written, and let go of the database."""
        self.request_log.flush()
        self.gate.close()
        self.sessions.kw["bind"].dispose()


def utc_now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


def build(settings: Settings | None = None, *, now: Callable[[], datetime] | None = None, checks: tuple[OwnCheck, ...] = ()) -> Amend:
    """Put the runtime together; opens no connection yet. ``checks`` are handed to diagnostics, after its own of Amend itself.

    Raises service.settings.SettingsError, data_centers.DataCenterFileError.
    """
    settings, now = settings or Settings.load(), now or utc_now
    sessions = make_sessions(make_engine(settings.database_url))
    centers = data_centers.load(settings.data_centers_file, settings.sandbox_port if settings.sandbox else None)
    gate = Gate(sessions, now, _locks(settings, sessions.kw["bind"]))
    request_log = RequestLog(sessions, now, gate.save)
    return Amend(
        settings=settings,
        sessions=sessions,
        http=Http(gate=gate, record=request_log.record, centers=centers),
        keys=Keys.of(secret.get_secret_value() for secret in settings.encryption_keys),
        data_centers=centers,
        now=now,
        request_log=request_log,
        gate=gate,
        checks=checks,
    )


def _locks(settings: Settings, engine: Engine) -> Locks:
    """With SQLite all processes are on this machine; with PostgreSQL they may be on several."""
    if engine.dialect.name == "sqlite":
        return FileLocks(settings.instance_dir / "limits")
    return AdvisoryLocks(engine)
