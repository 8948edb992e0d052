"""Places shared by several hosts: PostgreSQL's advisory locks, which the server gives back when their holder's session ends.

One session a process, beside the pool. It lives outside any transaction; a lost one is opened again and takes what this process
still holds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from zoho.slots import Locks

log = logging.getLogger(__name__)

WAITING = 1_000
"""The number of the lock that says that somebody waits; places have smaller ones."""
_GRAB = "SELECT number FROM unnest(%s::int[]) AS number WHERE pg_try_advisory_lock(%s, number) LIMIT 1"


class AdvisoryLocks(Locks):
    """Locks of one database: about a round trip each. See Locks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mutex = threading.Lock()
        self._session: Connection | None = None
        self._held: set[tuple[int, int]] = set()
        self._signals: set[int] = set()

    def grab(self, name: str, numbers: Iterable[int]) -> int | None:
        """See Locks. When the server cannot be asked, this process goes by its own count alone."""
        wanted = [*numbers]
        with self._mutex:
            try:
                found: int | None = self._ask(_GRAB, wanted, _key(name))
            except SQLAlchemyError:
                log.warning("the places of %s cannot be shared now: the database does not answer", name)
                return next(iter(wanted), None)
            if found is not None:
                self._held.add((_key(name), found))
            return found

    def free(self, name: str, number: int) -> None:
        """See Locks."""
        with self._mutex:
            if (_key(name), number) in self._held:
                self._held.discard((_key(name), number))
                self._say("SELECT pg_advisory_unlock(%s, %s)", _key(name), number)

    def signal(self, name: str, *, on: bool) -> None:
        """See Locks."""
        key = _key(name)
        with self._mutex:
            if on == (key in self._signals):
                return
            if on:
                if self._say("SELECT pg_try_advisory_lock_shared(%s, %s)", key, WAITING):
                    self._signals.add(key)
            else:
                self._signals.discard(key)
                self._say("SELECT pg_advisory_unlock_shared(%s, %s)", key, WAITING)

    def is_signalled(self, name: str) -> bool:
        """See Locks."""
        with self._mutex:
            is_free = self._say("SELECT pg_try_advisory_lock(%s, %s)", _key(name), WAITING)
            if is_free:
                self._say("SELECT pg_advisory_unlock(%s, %s)", _key(name), WAITING)
            return is_free is False

    def forget(self) -> None:
        """See Locks. The parent's session is kept, unused: to let it go would end it for the parent too."""
        self._of_parent = self._session
        self._session, self._held, self._signals, self._mutex = None, set(), set(), threading.Lock()

    def close(self) -> None:
        """See Locks."""
        with self._mutex:
            self._drop()
            self._held, self._signals = set(), set()

    def _say(self, statement: str, *values: Any) -> Any:
        """Ask, or None when the server does not answer: a new session will hold what it must."""
        try:
            return self._ask(statement, *values)
        except SQLAlchemyError:
            self._drop()
            return None

    def _ask(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None. Asked once again over a new session when the old one is gone."""
        is_new = self._session is None
        try:
            return self._execute(self._open(), statement, values)
        except SQLAlchemyError:
            self._drop()
            if is_new:
                raise
            return self._execute(self._open(), statement, values)

    def _drop(self) -> None:
        if self._session is not None:
            with suppress(SQLAlchemyError):
                self._session.close()
            self._session = None

    def _open(self) -> Connection:
        if self._session is None:
            session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            session.detach()  # not of the pool any more: nobody rolls it back or hands it to another
            for key, number in self._held:
                self._execute(session, "SELECT pg_try_advisory_lock(%s, %s)", (key, number))
            self._signals.clear()
            self._session = session
        return self._session

    @staticmethod
    def _execute(session: Connection, statement: str, values: tuple[Any, ...]) -> Any:
        return session.exec_driver_sql(statement, values).scalar()


def _key(name: str) -> int:
    """A number of 32 bits with a sign, as PostgreSQL wants it. Two names that share one would share their places, no more."""
    return crc32(f"amend:{name}".encode()) - 2**31
