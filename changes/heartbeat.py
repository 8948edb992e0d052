"""Table ``workers``: who works in the background, and when each was last heard of."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from store import Base, UtcDateTime
from zoho.runtime import Amend

BEAT_SECONDS = 10.0
SILENT = timedelta(seconds=60)
"""A worker that was heard of within this time is alive."""
FORGOTTEN = timedelta(days=7)


class Worker(Base):
    """One process; ``name`` is its host and process id."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # stopped in good order


def beat(amend: Amend, name: str, started_at: datetime) -> None:
    """Be heard of. Raises sqlalchemy.exc.SQLAlchemyError."""
    with amend.sessions.begin() as session:
        session.merge(Worker(name=name, started_at=started_at, beat_at=amend.now()))
        session.execute(delete(Worker).where(Worker.beat_at < amend.now() - FORGOTTEN))


def leave(amend: Amend, name: str) -> None:
    """Stop in good order: this one is not alive from now on. Raises sqlalchemy.exc.SQLAlchemyError."""
    with amend.sessions.begin() as session:
        session.execute(update(Worker).where(Worker.name == name).values(left_at=amend.now()))


def last_beat(amend: Amend) -> datetime | None:
    """When any worker was last heard of that did not stop in good order."""
    with amend.reading() as session:
        return session.scalar(select(func.max(Worker.beat_at)).where(Worker.left_at.is_(None)))


def last_farewell(amend: Amend) -> datetime | None:
    """When a worker last stopped in good order."""
    with amend.reading() as session:
        return session.scalar(select(func.max(Worker.left_at)))


def is_alive(amend: Amend, beat_at: datetime | None) -> bool:
    """Whether a worker that was last heard of then may be counted on now."""
    return beat_at is not None and amend.now() - beat_at <= SILENT
