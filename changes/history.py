"""Queries over steps that were sent: who changed what, when, and what became of it.

The rows of a plan of many stand on its own page, and in the history of each record; the list of all edits would drown in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from changes import plans
from changes.plans import Plan, Receipt, Step, StepState, Verdict
from zoho.runtime import Amend

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """Which edits to list; None means any."""

    connection_id: UUID | None = None
    verdict: str | None = None
    record: tuple[str, str, str] | None = None
    """(product, module, record id)"""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some receipts, newest first, and the time to ask for the next older ones."""

    receipts: tuple[Receipt, ...]
    before: datetime | None


def list_receipts(amend: Amend, user_id: UUID, wanted: Filter, before: datetime | None = None, limit: int = PAGE) -> HistoryPage:
    """A page of the operator's edits. Its cost does not grow with the history: it pages by time."""
    with amend.reading() as session:
        steps = _find(session, user_id, wanted, before, limit + 1)
        receipts = plans.receipts(session, steps[:limit])
    more = _at(receipts[-1], wanted) if len(steps) > limit else None
    return HistoryPage(receipts, more)


def _at(receipt: Receipt, wanted: Filter) -> datetime:
    """By what the list is ordered: one record's edits by when each happened, which may be long after its plan was made."""
    return (receipt.sent_at or receipt.settled_at or receipt.created_at) if wanted.record else receipt.created_at


REMEMBERED = ("trigger",)
"""What a person chose for their last save and is likely to choose again; not to notify one customer is no habit."""


def last_options(amend: Amend, user_id: UUID, connection_id: UUID, product: str) -> dict[str, Any]:
    """The choices of this person's latest save of a form here, as a start for the next."""
    query = select(Step.options).join(Plan, Step.plan_id == Plan.id)
    mine = query.where(Plan.user_id == user_id, Plan.connection_id == connection_id, Plan.origin == "form", Step.product == product)
    with amend.reading() as session:
        options = session.scalar(mine.order_by(Plan.created_at.desc()).limit(1)) or {}
    return {key: value for key, value in options.items() if key in REMEMBERED}


def _find(session: Session, user_id: UUID, wanted: Filter, before: datetime | None, limit: int) -> Sequence[Step]:
    query = select(Step).join(Plan, Step.plan_id == Plan.id)
    query = query.where(Plan.user_id == user_id, Step.state.in_((StepState.SENT, StepState.SETTLED)))
    at: Any = Plan.created_at
    if wanted.connection_id:
        query = query.where(Plan.connection_id == wanted.connection_id)
    if wanted.verdict == Verdict.UNKNOWN:  # also what was sent and never settled
        query = query.where(or_(Step.verdict == wanted.verdict, Step.verdict.is_(None)))
    elif wanted.verdict:
        query = query.where(Step.verdict == wanted.verdict)
    if wanted.record:
        product, module, record_id = wanted.record
        query = query.where(Step.product == product, Step.module == module, Step.record_id == record_id)
        at = func.coalesce(Step.sent_at, Step.settled_at, Plan.created_at)
    else:
        query = query.where(Plan.is_many.is_(False))
    if before:
        query = query.where(at < before)
    return session.scalars(query.order_by(at.desc(), Step.id.desc()).limit(limit)).all()
