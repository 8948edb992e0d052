"""What every use case gets as its first argument: settings, database, HTTP, keys, the table of data centres, the clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from service.settings import Settings
from store import make_engine, make_sessions, reading
from zoho import data_centers
from zoho.data_centers import DataCenters
from zoho.http import Http
from zoho.keys import Keys


@dataclass(frozen=True, slots=True)
class Amend:
    """The running app, without Flask: a script builds one with ``build`` and calls the same use cases as the pages."""

    settings: Settings
    sessions: sessionmaker[Session]
    http: Http
    keys: Keys
    data_centers: DataCenters
    now: Callable[[], datetime]
    refresh_lease: timedelta = timedelta(seconds=40)
    """How long one worker may be renewing a token: longer than the longest token call (30 s, see http.py)."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session that only reads; ``sessions.begin()`` is for writers."""
        return reading(self.sessions)


def utc_now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


def build(settings: Settings | None = None, *, now: Callable[[], datetime] | None = None) -> Amend:
    """Put the runtime together; opens no connection yet.

    Raises service.settings.SettingsError, data_centers.DataCenterFileError.
    """
    settings = settings or Settings.load()
    return Amend(
        settings=settings,
        sessions=make_sessions(make_engine(settings.database_url)),
        http=Http(),
        keys=Keys.of(secret.get_secret_value() for secret in settings.encryption_keys),
        data_centers=data_centers.load(settings.data_centers_file, settings.sandbox_port if settings.sandbox else None),
        now=now or utc_now,
    )
