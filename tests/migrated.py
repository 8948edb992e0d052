"""A database as the migrations make it, to be copied."""

from __future__ import annotations

from pathlib import Path

from store import make_engine, migrate


def make(path: Path) -> Path:
    """An SQLite file that is whole without its log."""
    migrate.upgrade(f"sqlite:///{path}")
    engine = make_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path
