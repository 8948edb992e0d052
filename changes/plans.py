"""Tables ``plans`` and ``steps``: what was proposed, what was sent, what came of it. A settled step is the receipt.

Append only: a trigger of the migration refuses to change or delete a step once its verdict is final.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, false, or_, select
from sqlalchemy import Connection as Transaction
from sqlalchemy import insert as insert_into
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from store import Base, ExactJson, UtcDateTime
from zoho.answers import Refusal
from zoho.connections import Connection
from zoho.errors import NotFoundError

MAX_VERSION = 60
"""Characters: longer than any time that Zoho writes."""


class Verdict(StrEnum):
    """What became of a write, proved by reading back. The words are the same everywhere."""

    STORED = "stored"
    STORED_DIFFERENTLY = "stored differently"
    NOT_STORED = "not stored"
    REFUSED = "refused"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class StepState(StrEnum):
    """``sent`` is written before the call leaves: after a crash it means *we do not know*.

    Before that, in a plan of many: ``given`` as the source says it, then ``ready`` to be sent, ``faulty`` until it is mended, or
    ``dropped`` for it would change nothing.
    """

    GIVEN = "given"
    FAULTY = "faulty"
    DROPPED = "dropped"
    READY = "ready"
    SENT = "sent"
    SETTLED = "settled"


class Plan(Base):
    """Who proposed a change, through which connection, and from where (``form``, ``tool``, ``undo``).

    ``is_many``: a plan of many records, whose course is a row of ``jobs``; of any other the steps are its receipts.
    """

    __tablename__ = "plans"
    __table_args__ = (Index("ix_plans_user_id_created_at", "user_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("zoho_connections.id", ondelete="RESTRICT"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    origin: Mapped[str] = mapped_column(String(20))
    undoes_id: Mapped[UUID | None] = mapped_column(index=True)  # a step; without a constraint, for steps point to plans
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_many: Mapped[bool] = mapped_column(default=False, server_default=false())

    connection: Mapped[Connection] = relationship(lazy="joined")


class Step(Base):
    """One record and the fields to change. Values are Zoho's own JSON; texts are what a person was shown.

    In a plan of many, ``given`` is what the source says, by field name: a text, null for "make it empty", or JSON; ``line`` is where it
    stands there. ``undoes_id`` is the step that this one takes back.
    """

    __tablename__ = "steps"
    __table_args__ = (
        Index("ix_steps_record", "product", "module", "record_id"),
        Index("ix_steps_plan_position", "plan_id", "position"),
        Index("ix_steps_plan_state", "plan_id", "state", "verdict", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id", ondelete="RESTRICT"))
    position: Mapped[int] = mapped_column(Integer, default=0)
    product: Mapped[str] = mapped_column(String(10))
    module: Mapped[str] = mapped_column(String(100))
    record_id: Mapped[str] = mapped_column(String(40))
    record_name: Mapped[str] = mapped_column(String(400))
    changes: Mapped[list[dict[str, Any]]] = mapped_column(ExactJson)
    version: Mapped[str | None] = mapped_column(String(MAX_VERSION))
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default=StepState.READY)
    verdict: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    refusals: Mapped[list[dict[str, Any]]] = mapped_column(ExactJson, default=list)
    answer: Mapped[Any | None] = mapped_column(ExactJson, default=None)
    http_status: Mapped[int | None] = mapped_column(Integer)
    was_accepted: Mapped[bool | None] = mapped_column()  # Zoho said yes, which proves nothing
    request_id: Mapped[str | None] = mapped_column(String(200))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    line: Mapped[int | None] = mapped_column(Integer)
    given: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    undoes_id: Mapped[UUID | None] = mapped_column(index=True)

    plan: Mapped[Plan] = relationship(lazy="joined", foreign_keys=[plan_id])


@dataclass(frozen=True, slots=True)
class Change:
    """One field: before, sent, and after reading back; wire values beside the texts shown."""

    name: str
    label: str
    before: Any
    sent: Any
    before_text: str
    sent_text: str
    after: Any = None
    after_text: str = ""
    verdict: str | None = None

    def settle(self, verdict: Verdict, after: Any, after_text: str) -> Change:
        """The same with what Zoho holds now."""
        return replace(self, verdict=verdict.value, after=after, after_text=after_text)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A step as people see it. ``undone_by``: the receipt of its undo, if there is one."""

    id: UUID
    connection_id: UUID
    connection_name: str
    user_id: UUID
    origin: str
    undoes_id: UUID | None
    undone_by: UUID | None
    product: str
    module: str
    record_id: str
    record_name: str
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    verdict: Verdict
    note: str | None
    answer: Any
    http_status: int | None
    request_id: str | None
    options: dict[str, Any]
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    plan_id: UUID | None = None
    """Of a plan of many, which has a page."""

    @property
    def is_open(self) -> bool:
        """True while nobody knows what Zoho holds."""
        return self.verdict == Verdict.UNKNOWN

    @property
    def is_undoable(self) -> bool:
        """True when something of this was stored and not yet undone. A blueprint has its own ways back."""
        return self.verdict in (Verdict.STORED, Verdict.STORED_DIFFERENTLY) and self.undone_by is None and "transition" not in self.options


@dataclass(frozen=True, slots=True)
class Target:
    """The record a step is about."""

    product: str
    module: str
    record_id: str
    record_name: str


def new_plan(user_id: UUID, connection: Connection, *, origin: str, now: datetime, undoes_id: UUID | None = None) -> Plan:
    """A plan that is approved by being proposed: the person saw the values it carries. Not stored yet."""
    values: dict[str, Any] = {
        "id": uuid4(),
        "connection_id": connection.id,
        "user_id": user_id,
        "origin": origin,
        "undoes_id": undoes_id,
        "created_at": now,
        "approved_at": now,
        "is_many": False,
    }
    return Plan().hold(values)


def new_step(
    plan: Plan, target: Target, changes: Sequence[Change], *, version: str | None = None, options: dict[str, Any] | None = None
) -> Step:
    """A step of the plan. Not stored yet."""
    values: dict[str, Any] = dict.fromkeys(_STEP_COLUMNS) | {
        "id": uuid4(),
        "plan_id": plan.id,
        "position": 0,
        "product": target.product,
        "module": target.module,
        "record_id": target.record_id,
        "record_name": target.record_name[:400],
        "changes": to_rows(changes),
        "version": version,
        "options": options or {},
        "state": StepState.READY,
        "refusals": [],
        "tries": 0,
    }
    return Step().hold(values)


def insert(transaction: Transaction, *rows: Plan | Step) -> None:
    """Store new rows as they are, without the unit of work: that costs more than all else of a small transaction."""
    for row in rows:
        insertion, names = _INSERTS[type(row)]
        transaction.execute(insertion, {name: getattr(row, name) for name in names})


def to_rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Changes as their column holds them."""
    return [{name: getattr(change, name) for name in Change.__slots__} for change in changes]


def get_own(session: Session, step_id: UUID, user_id: UUID) -> Step:
    """The operator's step; another's is as absent as none at all, and so is a row of a plan before it is sent. Raises NotFoundError."""
    is_receipt = Plan.is_many.is_(False) | Step.state.in_((StepState.SENT, StepState.SETTLED))
    mine = select(Step).join(Plan, Step.plan_id == Plan.id).where(Step.id == step_id, Plan.user_id == user_id)
    found = session.scalar(mine.where(is_receipt))
    if found is None:
        raise NotFoundError(f"no receipt {step_id}")
    return found


def find_undo(transaction: Transaction, undoes_id: UUID | None, mine: Step) -> UUID | None:
    """Another undo of the same step that is on its way or was stored. The undone plan is locked: of two undos, one goes on."""
    if undoes_id is None:
        return None
    transaction.execute(select(Plan.id).join(Step, Step.plan_id == Plan.id).where(Step.id == undoes_id).with_for_update(of=Plan))
    alive = or_(Step.verdict.is_(None), Step.verdict.in_((*_UNDONE, Verdict.UNKNOWN.value)))
    others = select(Step.id).join(Plan, Step.plan_id == Plan.id).where(Plan.undoes_id == undoes_id, Step.id != mine.id, alive)
    return transaction.scalar(others.limit(1))


def read_changes(step: Step) -> tuple[Change, ...]:
    """The changes of a step, from its column."""
    return tuple(Change(**change) for change in step.changes)


def receipts(session: Session, steps: Sequence[Step]) -> tuple[Receipt, ...]:
    """Steps as people see them; one that was sent and never settled is *unknown*."""
    ids = [step.id for step in steps]
    undone: dict[UUID | None, UUID] = {}
    for of in (Plan.undoes_id, Step.undoes_id):  # a single undo, and one of a plan
        found = select(of, Step.id).join(Plan, Step.plan_id == Plan.id).where(of.in_(ids), Step.verdict.in_(_UNDONE))
        undone |= dict(session.execute(found).all())
    return tuple(receipt_of(step, step.plan, step.plan.connection.name, undone.get(step.id)) for step in steps)


def receipt_of(step: Step, plan: Plan, connection_name: str, undone_by: UUID | None = None) -> Receipt:
    """The receipt of a step whose plan is at hand."""
    return Receipt(
        id=step.id,
        connection_id=plan.connection_id,
        connection_name=connection_name,
        user_id=plan.user_id,
        origin=plan.origin,
        undoes_id=step.undoes_id or plan.undoes_id,
        undone_by=undone_by,
        product=step.product,
        module=step.module,
        record_id=step.record_id,
        record_name=step.record_name,
        changes=read_changes(step),
        refusals=tuple(Refusal(**refusal) for refusal in step.refusals or ()),
        verdict=Verdict(step.verdict) if step.verdict else Verdict.UNKNOWN,
        note=step.note,
        answer=step.answer,
        http_status=step.http_status,
        request_id=step.request_id,
        options=step.options or {},
        created_at=plan.created_at,
        sent_at=step.sent_at,
        settled_at=step.settled_at,
        plan_id=plan.id if plan.is_many else None,
    )


_STEP_COLUMNS = [column.key for column in Step.__table__.columns]
_TABLES: dict[type, Any] = {Plan: Plan.__table__, Step: Step.__table__}
_INSERTS = {owner: (insert_into(table), [column.key for column in table.columns]) for owner, table in _TABLES.items()}
_UNDONE = (Verdict.STORED.value, Verdict.STORED_DIFFERENTLY.value)
