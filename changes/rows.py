"""Steps of a plan of many as plain rows: taken by hundreds, written back by hundreds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection as Transaction
from sqlalchemy import Text, bindparam, func, select, type_coerce, update

from changes import jobs
from changes.plans import Change, Step, StepState, Verdict, to_rows
from zoho.answers import Refusal, WriteOutcome
from zoho.runtime import Amend

TABLE: Any = Step.__table__
_C = TABLE.c


class Row(NamedTuple):
    """One record of a plan."""

    id: UUID
    position: int
    record_id: str
    record_name: str
    line: int | None
    given: dict[str, Any] | None
    changes: list[dict[str, Any]]
    version: str | None
    state: str
    verdict: str | None
    note: str | None
    refusals: list[dict[str, Any]]
    tries: int
    undoes_id: UUID | None
    sent_at: Any
    was_accepted: bool | None

    @property
    def kind(self) -> str:
        """What it is counted as."""
        return jobs.kind(self.state, self.verdict)

    def read_changes(self) -> tuple[Change, ...]:
        """Its changes."""
        return tuple(Change(**change) for change in self.changes)


_COLUMNS = [_C[name] for name in Row._fields]
KINDS: dict[str, tuple[str, str | None]] = {
    "given": (StepState.GIVEN, None),
    "faulty": (StepState.FAULTY, Verdict.REFUSED),
    "moved": (StepState.FAULTY, Verdict.CONFLICT),
    "dropped": (StepState.DROPPED, None),
    "ready": (StepState.READY, None),
    "sent": (StepState.SENT, None),
    "unknown": (StepState.SENT, Verdict.UNKNOWN),
    "left": (StepState.DROPPED, Verdict.SKIPPED),
    **{verdict.value: (StepState.SETTLED, verdict) for verdict in Verdict if verdict != Verdict.UNKNOWN},
}
"""How rows are told apart: by state and verdict, which an index has in this order."""


def take(amend: Amend, plan_id: UUID, kinds: Sequence[str], after: int, limit: int) -> list[Row]:
    """Rows of these kinds beyond a position, in order. Its cost does not grow with the plan."""
    found: list[Row] = []
    with amend.looking() as connection:
        for name in kinds:
            query = select(*_COLUMNS).where(*_of_kind(plan_id, name), _C.position > after)
            found += [Row(*row) for row in connection.execute(query.order_by(_C.position).limit(limit))]
    return sorted(found, key=lambda row: row.position)[:limit]


def page(amend: Amend, plan_id: UUID, after: int, limit: int) -> list[Row]:
    """All rows beyond a position, in order."""
    query = select(*_COLUMNS).where(_C.plan_id == plan_id, _C.position > after)
    with amend.looking() as connection:
        return [Row(*row) for row in connection.execute(query.order_by(_C.position).limit(limit))]


def find(amend: Amend, job: jobs.Job, record_id: str) -> list[Row]:
    """The rows of one record: more than one where its source names it again."""
    same = (_C.product == job.product) & (_C.module == job.module) & (_C.record_id == record_id) & (_C.plan_id == job.plan_id)
    with amend.looking() as connection:  # unordered: an order by position would let SQLite walk through the whole plan
        found = [Row(*row) for row in connection.execute(select(*_COLUMNS).where(same))]
    return sorted(found, key=lambda row: row.position)


def get(amend: Amend, plan_id: UUID, row_id: UUID) -> Row | None:
    """One row of a plan."""
    with amend.looking() as connection:
        row = connection.execute(select(*_COLUMNS).where(_C.plan_id == plan_id, _C.id == row_id)).first()
    return Row(*row) if row else None


def raw(amend: Amend, plan_id: UUID, after: int, limit: int) -> list[tuple[int, str, str | None, str]]:
    """Position, record, version and changes of rows that are ready to be sent, the changes as the text that is stored."""
    query = select(_C.position, _C.record_id, _C.version, type_coerce(_C.changes, Text))
    query = query.where(*_of_kind(plan_id, "ready"), _C.position > after)
    with amend.looking() as connection:
        return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query.order_by(_C.position).limit(limit))]


def _of_kind(plan_id: UUID, name: str) -> tuple[Any, ...]:
    state, verdict = KINDS[name]
    return _C.plan_id == plan_id, _C.state == state, _C.verdict.is_(None) if verdict is None else _C.verdict == verdict


def recount(transaction: Transaction, plan_id: UUID) -> dict[str, int]:
    """The counts of a job from its rows: when many change their kind at once."""
    query = select(_C.state, _C.verdict, func.count()).where(_C.plan_id == plan_id).group_by(_C.state, _C.verdict)
    counts: Counter[str] = Counter()
    for state, verdict, number in transaction.execute(query):
        counts[jobs.kind(state, verdict)] += number
    return dict(counts)


def write(amend: Amend, plan_id: UUID, owner: str, changed: Iterable[tuple[Row, Mapping[str, Any]]]) -> bool:
    """Write new values of rows and count them, in one transaction; False when the lease is somebody else's, and nothing was written."""
    moved: Counter[str] = Counter()
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row, new in changed:
        by_columns.setdefault(tuple(new), []).append({**new, "row_id": row.id})
        moved[row.kind] -= 1
        moved[jobs.kind(new.get("state", row.state), new.get("verdict", row.verdict))] += 1
    if not by_columns:
        return True
    with amend.writing() as transaction:
        if not jobs.note_held(transaction, plan_id, owner, moved):
            return False
        for names, values in by_columns.items():
            transaction.execute(_statement(names), values)
    return True


def mark_sent(amend: Amend, plan_id: UUID, owner: str, taken: Sequence[Row], options: Mapping[str, Any]) -> list[Row] | None:
    """The rows as sent with these options, which may have been chosen after the rows were made; written down so that it survives a
    power cut. None when the lease is somebody else's."""
    moved = Counter[str]({StepState.SENT: len(taken)})
    moved.subtract(row.kind for row in taken)
    at = amend.now()
    same = {"state": StepState.SENT, "verdict": None, "sent_at": at, "was_accepted": None}
    with amend.writing(durable=True) as transaction:
        if not jobs.note_held(transaction, plan_id, owner, moved):
            return None
        transaction.execute(
            update(TABLE).where(_C.id.in_([row.id for row in taken])).values(**same, tries=_C.tries + 1, options=dict(options))
        )
    return [row._replace(state=StepState.SENT, verdict=None, sent_at=at, was_accepted=None, tries=row.tries + 1) for row in taken]


@lru_cache(maxsize=32)
def _statement(names: tuple[str, ...]) -> Any:
    return update(TABLE).where(_C.id == bindparam("row_id")).values({name: bindparam(name) for name in names})


def settled(
    amend: Amend,
    verdict: Verdict,
    changes: Sequence[Change],
    *,
    note: str | None = None,
    refusals: Sequence[Refusal] = (),
    outcome: WriteOutcome | None = None,
    tries: int = 0,
) -> dict[str, Any]:
    """The columns of a verdict. *unknown* leaves the row open. Of what was stored Zoho's answer says no more than the record does."""
    return {
        "state": StepState.SENT if verdict == Verdict.UNKNOWN else StepState.SETTLED,
        "verdict": verdict.value,
        "changes": to_rows(changes),
        "note": note,
        "refusals": [asdict(refusal) for refusal in refusals],
        "settled_at": amend.now(),
        "answer": outcome.answer if outcome and verdict != Verdict.STORED else None,
        "http_status": outcome.http_status if outcome else None,
        "request_id": outcome.request_id if outcome else None,
        "was_accepted": outcome.status == "accepted" if outcome else None,
        "tries": tries,
    }
