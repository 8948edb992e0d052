"""Table ``snapshots``: a record as a person opened it, what they typed since, and the step that was sent from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, String, bindparam, null, select, update
from sqlalchemy import Connection as Transaction
from sqlalchemy.orm import Mapped, mapped_column

from store import Base, ExactJson, UtcDateTime
from zoho.runtime import Amend

KEPT = timedelta(days=14)
Typed = Mapping[str, Sequence[str]]
"""Field name → what its control posted; an unticked box posts nothing, a field that was not on the page has no entry."""


class Snapshot(Base):
    """A record as it was when a person opened it, and what they have typed since."""

    __tablename__ = "snapshots"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("zoho_connections.id", ondelete="CASCADE"), index=True)
    product: Mapped[str] = mapped_column(String(10))
    module: Mapped[str] = mapped_column(String(100))
    record_id: Mapped[str] = mapped_column(String(40))
    record: Mapped[dict[str, Any]] = mapped_column(ExactJson)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    typed: Mapped[dict[str, list[str]] | None] = mapped_column(ExactJson)
    step_id: Mapped[UUID | None] = mapped_column(index=True)
    """The step that was sent from here: a snapshot is sent once, so a form posted twice writes once."""
    conflicts: Mapped[dict[str, Any]] = mapped_column(ExactJson, default=dict)
    """Field name → its wire value when first opened: fields that somebody else changed and that the person must decide on."""


@dataclass(frozen=True, slots=True)
class Left:
    """Something typed and never stored, and when its record was opened."""

    snapshot_id: UUID
    opened_at: datetime


def keep_typed(amend: Amend, snapshot_id: UUID, typed: Typed, user_id: UUID | None = None) -> None:
    """Remember what was typed, until it is sent. Without ``user_id`` for somebody whose session is over: the caller vouches."""
    mine = (Snapshot.user_id == user_id,) if user_id else ()
    with amend.sessions.begin() as session:
        unsent = update(Snapshot).where(Snapshot.id == snapshot_id, Snapshot.step_id.is_(None), *mine)
        session.execute(unsent.values(typed=plain(typed)))


def forget(amend: Amend, user_id: UUID, snapshot_id: UUID) -> None:
    """The edit was stored, or given up: nothing is left to restore. What waits in another tab stays."""
    with amend.sessions.begin() as session:
        mine = update(Snapshot).where(Snapshot.id == snapshot_id, Snapshot.user_id == user_id)
        session.execute(mine.values(typed=null()))


def forget_sent(transaction: Transaction, step_id: UUID) -> None:
    """What was typed is stored: nothing is left to restore."""
    transaction.execute(_FORGET, {"sent_by": step_id})


def claim(transaction: Transaction, snapshot_id: UUID, step_id: UUID) -> UUID | None:
    """Take a snapshot for a step, once; else the step that has it. One UPDATE: of two posts of one form, one wins."""
    unsent = update(Snapshot).where(Snapshot.id == snapshot_id, Snapshot.step_id.is_(None)).values(step_id=step_id)
    if transaction.execute(unsent.returning(Snapshot.id)).scalar_one_or_none() is not None:
        return None
    return find_step(transaction, snapshot_id)


def find_step(transaction: Transaction, snapshot_id: UUID) -> UUID | None:
    """The step that was sent from a snapshot."""
    return transaction.scalar(select(Snapshot.step_id).where(Snapshot.id == snapshot_id))


def release(transaction: Transaction, step_id: UUID) -> None:
    """Nothing was stored by this step: the form it came from may be sent again."""
    transaction.execute(_RELEASE, {"sent_by": step_id})


_TABLE: Any = Snapshot.__table__
_SENT_BY = _TABLE.c.step_id == bindparam("sent_by")
_FORGET = update(_TABLE).where(_SENT_BY).values(typed=null())
_RELEASE = update(_TABLE).where(_SENT_BY).values(step_id=null())


def find_left(amend: Amend, snapshot_id: UUID) -> Left | None:
    """The latest thing that this person typed into this record before, and that was never stored."""
    with amend.reading() as session:
        row = session.get(Snapshot, snapshot_id)
        if row is None:
            return None
        older = select(Snapshot.id, Snapshot.opened_at).where(*_same_record(row), Snapshot.id != row.id, Snapshot.typed.is_not(None))
        found = session.execute(older.order_by(Snapshot.opened_at.desc()).limit(1)).first()
    return Left(found.id, found.opened_at) if found else None


def _same_record(row: Snapshot) -> tuple[ColumnElement[bool], ...]:
    return (
        Snapshot.user_id == row.user_id,
        Snapshot.connection_id == row.connection_id,
        Snapshot.product == row.product,
        Snapshot.module == row.module,
        Snapshot.record_id == row.record_id,
    )


def take_typed(amend: Amend, snapshot_id: UUID) -> Typed:
    """What was typed into a snapshot so far, to be carried into a newer one of that record."""
    with amend.sessions.begin() as session:
        typed = session.scalar(select(Snapshot.typed).where(Snapshot.id == snapshot_id).with_for_update())
        session.execute(update(Snapshot).where(Snapshot.id == snapshot_id).values(typed=null()))
    return typed or {}


def plain(typed: Typed) -> dict[str, list[str]]:
    """As JSON keeps it."""
    return {name: list(posted) for name, posted in typed.items()}
