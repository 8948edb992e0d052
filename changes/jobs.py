"""Table ``jobs``: the course of a plan of many records. Its steps are the truth of each record, a job only says what happens to them.

Whoever works on a job holds its lease; what a person wants is written into the state, which the worker looks at between two calls.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Integer, String, and_, bindparam, or_, select, update
from sqlalchemy import Connection as Transaction
from sqlalchemy.orm import Mapped, Session, defer, mapped_column, relationship

from changes.plans import Plan, StepState, Verdict
from store import Base, ExactJson, UtcDateTime
from zoho.errors import NotFoundError
from zoho.runtime import Amend

LEASE = timedelta(seconds=20)
"""How long a worker that is not heard of keeps its job; one that died on this machine loses it at once."""


class JobState(StrEnum):
    """What happens to a plan. A worker moves the first four on; the others wait for a person, for Zoho (``parked``), or are over."""

    READING = "reading"
    PREVIEWING = "previewing"
    CHECKING = "checking"
    RUNNING = "running"
    PREVIEWED = "previewed"
    STALE = "stale"
    PAUSED = "paused"
    HALTED = "halted"
    PARKED = "parked"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


AT_WORK = (JobState.READING, JobState.PREVIEWING, JobState.CHECKING, JobState.RUNNING)
OVER = (JobState.STOPPED, JobState.DONE, JobState.FAILED)


class Job(Base):
    """One plan of many. ``source`` says where its rows come from; ``goes_on_in`` is the state that a parked or paused one returns to.

    ``counts``: rows by what became of them, in the same transaction as the rows; ``fields``: names and labels that it changes;
    ``reason``: why it is not going on, as ``{"code", "text", "advice", …}``; ``tolerates``: what a person said need not halt it.
    """

    __tablename__ = "jobs"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id", ondelete="RESTRICT"), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    product: Mapped[str] = mapped_column(String(10))
    module: Mapped[str] = mapped_column(String(100))
    source: Mapped[dict[str, Any]] = mapped_column(ExactJson)
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    parent_id: Mapped[UUID | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    goes_on_in: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    tolerates: Mapped[list[str]] = mapped_column(JSON)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    total: Mapped[int | None] = mapped_column(Integer)
    fields: Mapped[dict[str, str]] = mapped_column(JSON)
    forecast: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    digest: Mapped[str | None] = mapped_column(String(64))
    previewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pace: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    plan: Mapped[Plan] = relationship(lazy="joined")

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen to it."""
        return self.state in OVER

    @property
    def is_at_work(self) -> bool:
        """True when a worker moves it on, without anybody's doing."""
        return self.state in AT_WORK

    def count(self, *names: str) -> int:
        """Rows of these kinds: a state before the sending, or a verdict."""
        return sum(self.counts.get(name, 0) for name in names)

    @property
    def tried(self) -> int:
        """Rows that were sent and settled."""
        return _tried(self.counts)


def _tried(counts: Mapping[str, int]) -> int:
    return sum(counts.get(verdict, 0) for verdict in Verdict if verdict != Verdict.SKIPPED)


TABLE: Any = Job.__table__
_SHOWN = select(Job).join(Plan).options(defer(Job.source, raiseload=True))
_GLANCE = select(TABLE.c.state, TABLE.c.counts, TABLE.c.tolerates, TABLE.c.not_before).where(TABLE.c.plan_id == bindparam("plan"))
_HELD = select(TABLE.c.lease_owner, TABLE.c.counts).where(TABLE.c.plan_id == bindparam("plan")).with_for_update()
_COUNT = update(TABLE).where(TABLE.c.plan_id == bindparam("plan")).values(counts=bindparam("counted"))


def kind(state: str, verdict: str | None) -> str:
    """Under which name a step is counted: its verdict once it has one, else its state. ``moved``: its record changed before the approval;
    ``left``: an undo leaves it alone.
    """
    if state == StepState.FAULTY:
        return "moved" if verdict == Verdict.CONFLICT else state
    if state == StepState.DROPPED:
        return "left" if verdict else state
    return verdict or state


def get_own(session: Session, plan_id: UUID, user_id: UUID) -> Job:
    """The operator's job, without its source, which may be large; another's is as absent as none at all. Raises NotFoundError."""
    found = session.scalar(_SHOWN.where(Job.plan_id == plan_id, Plan.user_id == user_id))
    if found is None:
        raise NotFoundError(f"no plan {plan_id}")
    return found


def own(amend: Amend, plan_id: UUID, user_id: UUID) -> Job:
    """The same, of no session."""
    with amend.reading() as session:
        return get_own(session, plan_id, user_id)


def load(amend: Amend, plan_id: UUID) -> Job:
    """The job as it is now, of no session. Raises NotFoundError."""
    with amend.reading() as session:
        found = session.get(Job, plan_id)
    if found is None:
        raise NotFoundError(f"no plan {plan_id}")
    return found


class Glance(NamedTuple):
    """What changes of a job while it runs; a job's source may be large."""

    state: str
    counts: dict[str, int]
    tolerates: list[str]
    not_before: datetime | None

    @property
    def tried(self) -> int:
        """Rows that were sent and settled."""
        return _tried(self.counts)


def glance(amend: Amend, plan_id: UUID) -> Glance:
    """How the job stands now."""
    with amend.looking() as connection:
        return Glance(*connection.execute(_GLANCE, {"plan": plan_id}).one())


def list_own(session: Session, user_id: UUID, before: datetime | None, limit: int) -> Sequence[Job]:
    """The operator's jobs, newest first, a page by time; without their sources."""
    query = _SHOWN.where(Plan.user_id == user_id, Plan.is_many)
    if before:
        query = query.where(Plan.created_at < before)
    return session.scalars(query.order_by(Plan.created_at.desc()).limit(limit)).all()


def children(session: Session, plan_id: UUID) -> Sequence[Job]:
    """Plans that undo this one or try its rows again, oldest first; without their sources."""
    return session.scalars(_SHOWN.where(Job.parent_id == plan_id).order_by(Plan.created_at)).all()


def move(amend: Amend, plan_id: UUID, was: Sequence[str], **values: Any) -> bool:
    """Change a job that is in one of these states; False when it is in none of them: of two people, or clicks, one is first."""
    with amend.writing() as transaction:
        return move_in(transaction, plan_id, was, **values)


def move_in(transaction: Transaction, plan_id: UUID, was: Sequence[str], **values: Any) -> bool:
    """The same within a transaction."""
    changed = update(TABLE).where(TABLE.c.plan_id == plan_id, TABLE.c.state.in_([*map(str, was)]))
    return bool(transaction.execute(changed.values(**values)).rowcount)


def note(transaction: Transaction, plan_id: UUID, changes: Mapping[str, int], **values: Any) -> None:
    """Count rows that went from one kind to another, in the transaction that moved them."""
    row = transaction.execute(select(TABLE.c.counts).where(TABLE.c.plan_id == plan_id).with_for_update()).scalar_one()
    counts = Counter(row)
    counts.update(changes)
    left = {name: number for name, number in counts.items() if number}
    transaction.execute(update(TABLE).where(TABLE.c.plan_id == plan_id).values(counts=left, **values))


def note_held(transaction: Transaction, plan_id: UUID, owner: str, changes: Mapping[str, int]) -> bool:
    """The same for who has the lease; False, and nothing is counted, for anybody else."""
    row = transaction.execute(_HELD, {"plan": plan_id}).one()
    if row.lease_owner != owner:
        return False
    counts = Counter(row.counts)
    counts.update(changes)
    transaction.execute(_COUNT, {"plan": plan_id, "counted": {name: number for name, number in counts.items() if number}})
    return True


def owner_name() -> str:
    """Who this process is, for leases: its host, its id, and when it began, for ids are used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{_began(os.getpid())}"


def claim(amend: Amend, owner: str, plan_id: UUID | None = None) -> UUID | None:
    """Take the lease of a job that is to be worked on, the oldest first, or of this one; None when there is none."""
    now = amend.now()
    ripe = and_(TABLE.c.state.in_(AT_WORK), or_(TABLE.c.not_before.is_(None), TABLE.c.not_before <= now))
    query = select(TABLE.c.plan_id, TABLE.c.lease_owner, TABLE.c.lease_until).where(ripe)
    if plan_id is not None:
        query = query.where(TABLE.c.plan_id == plan_id)
    with amend.looking() as connection:
        rows = connection.execute(query.order_by(TABLE.c.previewed_at, TABLE.c.plan_id).limit(200)).all()
    for row in rows:
        if not _is_free(row.lease_owner, row.lease_until, now):
            continue
        same = TABLE.c.lease_owner.is_(None) if row.lease_owner is None else TABLE.c.lease_owner == row.lease_owner
        taken = update(TABLE).where(TABLE.c.plan_id == row.plan_id, same, TABLE.c.state.in_(AT_WORK))
        with amend.writing() as transaction:
            if transaction.execute(taken.values(lease_owner=owner, lease_until=now + LEASE)).rowcount:
                return UUID(str(row.plan_id))
    return None


def renew(amend: Amend, plan_id: UUID, owner: str) -> bool:
    """Keep the lease; False when somebody else has it."""
    mine = update(TABLE).where(TABLE.c.plan_id == plan_id, TABLE.c.lease_owner == owner)
    with amend.writing() as transaction:
        return bool(transaction.execute(mine.values(lease_until=amend.now() + LEASE)).rowcount)


def release(amend: Amend, plan_id: UUID, owner: str) -> None:
    """Give the lease back."""
    mine = update(TABLE).where(TABLE.c.plan_id == plan_id, TABLE.c.lease_owner == owner)
    with amend.writing() as transaction:
        transaction.execute(mine.values(lease_owner=None, lease_until=None))


def _is_free(owner: str | None, until: datetime | None, now: datetime) -> bool:
    return owner is None or until is None or until <= now or _is_dead(owner)


def _is_dead(owner: str) -> bool:
    """Whether the holder was a process of this machine that is no more. Of other machines nobody knows but by time."""
    host, pid, began = [*owner.split(":"), "", ""][:3]
    return host == socket.gethostname() and pid.isdigit() and Path("/proc").is_dir() and _began(int(pid)) != began


def _began(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty for none, and for one that is dead and not yet buried."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]
    except (OSError, IndexError):
        return ""
