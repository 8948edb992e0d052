"""Send an edit to Zoho, once, and settle it by reading back. The step is stored as sent, durably, before the call leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update

from changes import plans, snapshots, verify
from changes.plans import Change, Plan, Receipt, Step, StepState, Target, Verdict, read_changes, to_rows
from zoho import tools
from zoho.answers import Done, Question, Refusal, Refused, WriteOutcome
from zoho.connections import Connection
from zoho.errors import ZohoError
from zoho.fields import ABSENT, Field
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES

REWOUND_TO = "rewound_to"
"""Among the options of an edit: the time to which it put the record back. For the receipt alone; Zoho is not told."""
CHANGED = "Somebody changed the record after it was opened. Nothing was overwritten."


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes to one record as it was read: what becomes a plan of one step.

    ``snapshot_id``: the opened form it was typed into, which is sent once. ``undoes_id``: the step it takes back, once.
    """

    user_id: UUID
    connection: Connection
    target: Target
    record: Mapping[str, Any]
    changes: tuple[Change, ...]
    fields: Mapping[str, Field]
    zone: ZoneInfo
    origin: str
    options: dict[str, Any] = field(default_factory=dict)
    snapshot_id: UUID | None = None
    undoes_id: UUID | None = None

    @property
    def version(self) -> str | None:
        """Zoho's modification time of the record as it was read."""
        return verify.version_of(self.target.product, self.record)

    @property
    def transition(self) -> Mapping[str, str] | None:
        """The blueprint's transition that moves the record, with its id and the field that it moves; None for other edits."""
        return self.options.get("transition")


@dataclass(frozen=True, slots=True)
class Settled:
    """How a step ended; ``record`` is what Zoho holds now, where it was read."""

    verdict: Verdict
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()
    note: str | None = None
    record: dict[str, Any] | None = None
    outcome: WriteOutcome | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A step that was settled, and its receipt."""

    settled: Settled
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class SentBefore:
    """The form, or the undo, was already sent by another step. Nothing was sent now."""

    step_id: UUID


def apply(amend: Amend, edit: Edit) -> Applied | SentBefore | Question:
    """Write the edit on condition that the record is as it was read, and settle it.

    A Question when the Desk organization must be chosen first: nothing was sent, and nothing is left of the step.
    Raises the ZohoErrors that mean *nothing was stored* (token, scope, permission, limit, unreachable before sending),
    after settling the step as *not stored*.
    """
    plan = plans.new_plan(edit.user_id, edit.connection, origin=edit.origin, now=amend.now(), undoes_id=edit.undoes_id)
    step = plans.new_step(plan, edit.target, edit.changes, version=edit.version, options=edit.options)
    try:
        moved = None if _is_conditional(edit) else _moved(amend, edit)
    except ZohoError as error:
        _store_settled(amend, edit, plan, step, Settled(Verdict.NOT_STORED, edit.changes, note=f"Nothing was sent. {error.summary}"))
        raise
    if isinstance(moved, Question):
        return moved
    if moved is not None and (other := _sent_before(amend, edit, step)) is not None:
        return SentBefore(other)  # what moved the record was this form itself, sent twice at once
    if moved is not None:
        return _store_settled(amend, edit, plan, step, Settled(Verdict.CONFLICT, edit.changes, note=CHANGED, record=moved))
    other = _store_sent(amend, edit, plan, step)
    if other is not None:
        return SentBefore(other)
    try:
        answer = tools.run(amend, edit.connection, *_call(edit))
    except ZohoError as error:
        _settle(amend, step, Settled(Verdict.NOT_STORED, edit.changes, note=f"Nothing was stored. {error.summary}"), frees_form=True)
        raise
    if isinstance(answer, Question):
        return _ask(amend, edit, step, answer)
    settled = _judge(amend, edit, answer)
    frees_form = settled.verdict in (Verdict.REFUSED, Verdict.CONFLICT)
    _settle(amend, step, settled, has_form=edit.snapshot_id is not None, frees_form=frees_form)
    return Applied(settled, plans.receipt_of(step, plan, edit.connection.name))


def _is_conditional(edit: Edit) -> bool:
    """CRM compares for us, if we may see when the record was modified; all else is read again before it is written.

    No condition can go with a transition.
    """
    return edit.target.product == "crm" and edit.version is not None and edit.transition is None


def _ask(amend: Amend, edit: Edit, step: Step, question: Question) -> Question:
    note = f"Nothing was sent: a question comes first. {question.prompt}"
    _settle(amend, step, Settled(Verdict.SKIPPED, edit.changes, note=note), frees_form=True)
    return question


def _judge(amend: Amend, edit: Edit, answer: Done | Refused) -> Settled:
    changes = edit.changes
    if isinstance(answer, Refused):
        return Settled(Verdict.REFUSED, changes, refusals=answer.refusals)
    outcome: WriteOutcome = answer.value
    if outcome.status == "refused":
        return Settled(Verdict.REFUSED, changes, refusals=outcome.refusals, outcome=outcome)
    if outcome.status == "conflict":
        return Settled(Verdict.CONFLICT, changes, note=CHANGED, outcome=outcome)
    written = tuple(change.name for change in changes)
    seen = verify.read_back(amend, edit.connection, edit.target.product, edit.target.module, edit.target.record_id, written)
    was_accepted = outcome.status == "accepted"
    if isinstance(seen, str):
        said = "Zoho accepted the change, but it could not be read back" if was_accepted else outcome.note
        return Settled(Verdict.UNKNOWN, changes, note=f"{said}: {seen}", outcome=outcome)
    compared = verify.compare(changes, edit.fields, seen, edit.zone)
    verdict = verify.overall(compared)
    if not was_accepted and verdict != Verdict.STORED:
        # The request may still be on its way inside Zoho: absent now is not yet absent for good.
        return Settled(Verdict.UNKNOWN, compared, note=f"{outcome.note} The record does not show it yet.", record=seen, outcome=outcome)
    note = None if was_accepted else f"{outcome.note} Reading the record back settled it."
    return Settled(verdict, compared, note=note, record=seen, outcome=outcome)


def check(amend: Amend, step: Step, fields: Mapping[str, Field], record: dict[str, Any], zone: ZoneInfo, *, is_late: bool) -> None:
    """Settle a step that is *unknown* by what the record holds now. Before it is late, only *stored* is sure.

    A write that Zoho never accepted and a third value in the record stay *unknown*: somebody changed it since.
    """
    compared = verify.compare(read_changes(step), fields, record, zone)
    verdict = verify.overall(compared)
    note = "Settled by reading the record later."
    if verdict != Verdict.STORED and not is_late:
        verdict, note = Verdict.UNKNOWN, "The record does not show it yet. It is too early to say that it will not."
    elif verdict == Verdict.STORED_DIFFERENTLY and not step.was_accepted:
        verdict, note = Verdict.UNKNOWN, "The record holds another value now: somebody changed it since, so nobody can tell any more."
    _settle(amend, step, Settled(verdict, compared, note=note, record=record))


def _moved(amend: Amend, edit: Edit) -> dict[str, Any] | Question | None:
    """Without a conditional write: the record as it is now, when it is not as it was opened. Raises as a read."""
    product = edit.target.product
    answer = verify.read_record(amend, edit.connection, product, edit.target.module, edit.target.record_id)
    if isinstance(answer, Question):
        return answer
    now: dict[str, Any] = answer.value
    is_same_time = edit.version is None or verify.version_of(product, now) in (None, edit.version)
    if is_same_time and all(_is_same(edit.fields[change.name], edit.record, now) for change in edit.changes):
        return None
    return now


def _is_same(field: Field, opened: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    was, is_ = field.read(opened), field.read(now)
    return (was is ABSENT and is_ is ABSENT) or field.same(was, is_)


def _call(edit: Edit) -> tuple[str, dict[str, Any]]:
    body: dict[str, Any] = {}
    transition = edit.transition
    for change in edit.changes:
        if transition is None or change.name != transition["field"]:  # the transition moves that one itself
            edit.fields[change.name].place(body, change.sent, change.before)
    module, record_id = edit.target.module, edit.target.record_id
    options = {name: value for name, value in edit.options.items() if name != REWOUND_TO}
    if transition is not None:
        return "crm.take_transition", {"module": module, "id": record_id, "transition_id": transition["id"], "data": body}
    if edit.target.product == "desk":
        return f"desk.update_{DESK_MODULES[module]}", {"id": record_id, "fields": body, **options}
    return "crm.update_record", {"module": module, "id": record_id, "fields": body, "unmodified_since": edit.version, **options}


def _store_sent(amend: Amend, edit: Edit, plan: Plan, step: Step) -> UUID | None:
    """Mark the step as sent so that it survives a power cut; or name the step that took the form, or the undo, before."""
    step.hold({"state": StepState.SENT, "sent_at": plan.created_at})
    try:
        with amend.writing(durable=True) as transaction:
            plans.insert(transaction, plan, step)
            other = snapshots.claim(transaction, edit.snapshot_id, step.id) if edit.snapshot_id else None
            other = other or plans.find_undo(transaction, edit.undoes_id, step)
            if other is not None:
                raise _Taken
    except _Taken:
        return other
    return None


def _sent_before(amend: Amend, edit: Edit, step: Step) -> UUID | None:
    """The step that took the form, or the undo, before this one."""
    with amend.writing() as transaction:
        taken = snapshots.find_step(transaction, edit.snapshot_id) if edit.snapshot_id else None
        return taken or plans.find_undo(transaction, edit.undoes_id, step)


class _Taken(Exception):
    """Takes back what was begun: another step was before."""


def _store_settled(amend: Amend, edit: Edit, plan: Plan, step: Step, settled: Settled) -> Applied:
    """A step of which nothing was sent."""
    step.hold(_values(amend, settled))
    with amend.writing() as transaction:
        plans.insert(transaction, plan, step)
    return Applied(settled, plans.receipt_of(step, plan, edit.connection.name))


def _settle(amend: Amend, step: Step, settled: Settled, *, has_form: bool = True, frees_form: bool = False) -> None:
    """Write the verdict down, and what it means for the form that was sent. *unknown* leaves the step open: it may be settled later."""
    values = _values(amend, settled)
    step.hold(values)
    with amend.writing() as transaction:
        transaction.execute(_UPDATE, {"step_id": step.id, **values})
        if has_form and frees_form:
            snapshots.release(transaction, step.id)
        elif has_form and settled.verdict in (Verdict.STORED, Verdict.STORED_DIFFERENTLY):
            snapshots.forget_sent(transaction, step.id)


_STEPS: Any = Step.__table__
_UPDATE = update(_STEPS).where(_STEPS.c.id == bindparam("step_id"), _STEPS.c.state != StepState.SETTLED)


def _values(amend: Amend, settled: Settled) -> dict[str, Any]:
    """The columns of a verdict."""
    outcome = settled.outcome
    values: dict[str, Any] = {
        "changes": to_rows(settled.changes),
        "verdict": settled.verdict.value,
        "note": settled.note,
        "refusals": [asdict(refusal) for refusal in settled.refusals],
        "settled_at": amend.now(),
        "state": StepState.SENT if settled.verdict == Verdict.UNKNOWN else StepState.SETTLED,
    }
    if outcome is not None:
        values |= {"answer": outcome.answer, "http_status": outcome.http_status, "request_id": outcome.request_id}
        values |= {"was_accepted": outcome.status == "accepted"}
    return values
