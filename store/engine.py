"""The engine and its sessions. SQLite as it must be set up to lose nothing; PostgreSQL as it comes.

With SQLite's defaults eight processes that read, add one and write lose two updates in three; WAL and busy_timeout alone make it
worse. ``BEGIN IMMEDIATE`` loses none (tests/store/test_engine.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

BUSY_SECONDS = 30


def make_engine(url: str) -> Engine:
    """An engine for ``sqlite:///…`` or ``postgresql://…``; opens no connection yet.

    A transaction is a writer's. Execution options of a connection (``session.connection(execution_options={…})`` before the first
    statement): ``sqlite_begin="DEFERRED"`` for one that only reads; ``durable=True`` for one that must survive a power cut.
    Raises sqlalchemy.exc.ArgumentError for what is not a URL.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True)  # rows do not belong into logs
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after the commit, so that a page can be drawn with no transaction open."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def reading(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session that only reads: on SQLite it takes no writer's lock, so pages do not wait for writers."""
    with sessions() as session:
        session.connection(execution_options={"sqlite_begin": "DEFERRED"})
        yield session


@contextmanager
def glancing(sessions: sessionmaker[Session]) -> Iterator[Connection]:
    """As ``reading``, without a session: for one statement on a road where a session's own work would show."""
    with sessions.kw["bind"].connect() as connection:
        yield connection.execution_options(sqlite_begin="DEFERRED")


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # sqlite3 must not begin transactions of its own
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _use_wal(connection: Any) -> None:
    """The change of a new file to WAL does not honour busy_timeout: several first starts at once must try again."""
    give_up_at = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    level = "FULL" if options.get("durable") else "NORMAL"
    info = connection.connection.info
    if info.get("synchronous", "NORMAL") != level:  # refused inside a transaction, so before it
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        info["synchronous"] = level
    mode = "DEFERRED" if options.get("sqlite_begin") == "DEFERRED" else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")
