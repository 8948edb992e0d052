"""Try the database: one real write of a row that then holds what it held before, and what it means when that fails."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from store import make_engine

WAIT_SECONDS = 3.0
"""For a lock. A page waits ten times as long; a diagnosis must not."""
WRITE = "UPDATE alembic_version SET version_num = version_num RETURNING version_num"

Kind = Literal["locked", "read_only", "full", "missing", "damaged", "empty", "unreachable", "refused", "unknown"]
KINDS: tuple[tuple[str, Kind], ...] = (
    ("SQLITE_BUSY", "locked"),
    ("SQLITE_LOCKED", "locked"),
    ("SQLITE_READONLY", "read_only"),
    ("SQLITE_PERM", "read_only"),
    ("SQLITE_FULL", "full"),
    ("SQLITE_CANTOPEN", "missing"),
    ("SQLITE_CORRUPT", "damaged"),
    ("SQLITE_NOTADB", "damaged"),
    ("no such table", "empty"),
    ("UndefinedTable", "empty"),
    ("LockNotAvailable", "locked"),
    ("ReadOnlySqlTransaction", "read_only"),
    ("DiskFull", "full"),
    ("InvalidPassword", "refused"),
    ("password authentication failed", "refused"),
    ("does not exist", "missing"),
    ("connection", "unreachable"),
)
"""What stands in the error's name or text, the first that fits."""


@dataclass(frozen=True, slots=True)
class Trial:
    """``revision``: of the last migration, when the write worked. Else ``kind`` and the driver's own words."""

    revision: str | None = None
    kind: Kind | None = None
    said: str = ""


def try_writing(url: str, wait_seconds: float = WAIT_SECONDS) -> Trial:
    """Write and commit on a connection of its own, so that no pool and no long wait is in the way. Raises nothing of the database's."""
    try:
        revision = _sqlite(url, wait_seconds) if url.startswith("sqlite:") else _postgresql(url, wait_seconds)
    except (sqlite3.Error, SQLAlchemyError) as error:
        trial = _failed(getattr(error, "orig", None) or error)
        if trial.kind == "missing" and url.startswith("sqlite:") and not is_gone(url):
            return replace(trial, kind="read_only", said=f"{trial.said} ({make_url(url).database})")
        return trial
    return Trial(revision) if revision else Trial(kind="empty", said="alembic_version holds no row")


def is_gone(url: str) -> bool:
    """Whether the SQLite file is not there."""
    return url.startswith("sqlite:") and not Path(make_url(url).database or "").exists()


def _sqlite(url: str, wait_seconds: float) -> str | None:
    path = Path(make_url(url).database or "")
    # mode=rw: a file that is gone shall not be made here.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=wait_seconds, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute(WRITE).fetchone()
        connection.execute("COMMIT")
    finally:
        connection.close()
    return str(row[0]) if row else None


def _postgresql(url: str, wait_seconds: float) -> str | None:
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = {int(wait_seconds * 1000)}"))
            found: str | None = connection.execute(text(WRITE)).scalar()
            return found
    finally:
        engine.dispose()


def _failed(error: BaseException) -> Trial:
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    said = f"{name}: {str(error).partition(chr(10))[0]}"[:300]
    return Trial(kind=next((kind for sign, kind in KINDS if sign in said), "unknown"), said=said)
