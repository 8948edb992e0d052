"""Send a step to Zoho, once, and settle it by reading back. The step is marked as sent, durably, before the call leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import update

from changes import verify
from changes.plans import Change, Step, StepState, Verdict, read_changes
from zoho import tools
from zoho.answers import Done, Question, Refusal, Refused, WriteOutcome
from zoho.errors import ZohoError
from zoho.fields import ABSENT, Field
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES


@dataclass(frozen=True, slots=True)
class Settled:
    """How a step ended; ``record`` is what Zoho holds now, where it was read."""

    verdict: Verdict
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()
    note: str | None = None
    record: dict[str, Any] | None = None
    outcome: WriteOutcome | None = None


def apply(
    amend: Amend, connection_id: UUID, step: Step, fields: Mapping[str, Field], opened: Mapping[str, Any], zone: ZoneInfo
) -> Settled | Question:
    """Write one step on condition that the record is as it was ``opened``, and settle it.

    A Question when the Desk organization must be chosen first: nothing was sent, the step stays ready.
    Raises the ZohoErrors that mean *nothing was stored* (token, scope, permission, limit, unreachable before sending),
    after settling the step as *not stored*.
    """
    changes = read_changes(step)
    try:
        moved = None if _is_conditional(step) else _moved(amend, connection_id, step, changes, fields, opened)
    except ZohoError as error:
        _settle(amend, step, Settled(Verdict.NOT_STORED, changes, note=f"Nothing was sent. {error.summary}"))
        raise
    if isinstance(moved, Question):
        return _ask(amend, step, changes, moved)
    if moved is not None:
        return _settle(amend, step, Settled(Verdict.CONFLICT, changes, note=CHANGED, record=moved))
    _mark_sent(amend, step)
    try:
        answer = tools.run(amend, connection_id, *_call(step, changes, fields))
    except ZohoError as error:
        _settle(amend, step, Settled(Verdict.NOT_STORED, changes, note=f"Nothing was stored. {error.summary}"))
        raise
    if isinstance(answer, Question):
        return _ask(amend, step, changes, answer)
    if isinstance(answer, Refused):
        return _settle(amend, step, Settled(Verdict.REFUSED, changes, refusals=answer.refusals))
    return _settle(amend, step, _judge(amend, connection_id, step, changes, fields, zone, answer))


def _is_conditional(step: Step) -> bool:
    """CRM compares for us, if we may see when the record was modified; all else is read again before it is written."""
    return step.product == "crm" and step.version is not None


def _ask(amend: Amend, step: Step, changes: tuple[Change, ...], question: Question) -> Question:
    _settle(amend, step, Settled(Verdict.SKIPPED, changes, note=f"Nothing was sent: a question comes first. {question.prompt}"))
    return question


CHANGED = "Somebody changed the record after it was opened. Nothing was overwritten."


def _judge(
    amend: Amend,
    connection_id: UUID,
    step: Step,
    changes: Sequence[Change],
    fields: Mapping[str, Field],
    zone: ZoneInfo,
    answer: Done,
) -> Settled:
    outcome: WriteOutcome = answer.value
    if outcome.status == "refused":
        return Settled(Verdict.REFUSED, tuple(changes), refusals=outcome.refusals, outcome=outcome)
    if outcome.status == "conflict":
        return Settled(Verdict.CONFLICT, tuple(changes), note=CHANGED, outcome=outcome)
    seen = verify.read_back(amend, connection_id, step.product, step.module, step.record_id)
    was_accepted = outcome.status == "accepted"
    if isinstance(seen, str):
        said = "Zoho accepted the change, but it could not be read back" if was_accepted else outcome.note
        return Settled(Verdict.UNKNOWN, tuple(changes), note=f"{said}: {seen}", outcome=outcome)
    compared = verify.compare(changes, fields, seen, zone)
    verdict = verify.overall(compared)
    if not was_accepted and verdict != Verdict.STORED:
        # The request may still be on its way inside Zoho: absent now is not yet absent for good.
        return Settled(Verdict.UNKNOWN, compared, note=f"{outcome.note} The record does not show it yet.", record=seen, outcome=outcome)
    note = None if was_accepted else f"{outcome.note} Reading the record back settled it."
    return Settled(verdict, compared, note=note, record=seen, outcome=outcome)


def check(amend: Amend, step: Step, fields: Mapping[str, Field], record: dict[str, Any], zone: ZoneInfo, *, is_late: bool) -> Settled:
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
    return _settle(amend, step, Settled(verdict, compared, note=note, record=record))


def _moved(
    amend: Amend, connection_id: UUID, step: Step, changes: Sequence[Change], fields: Mapping[str, Field], opened: Mapping[str, Any]
) -> dict[str, Any] | Question | None:
    """Without a conditional write: the record as it is now, when it is not as it was opened. Raises as a read."""
    answer = verify.read_record(amend, connection_id, step.product, step.module, step.record_id)
    if isinstance(answer, Question):
        return answer
    now: dict[str, Any] = answer.value
    is_same_time = step.version is None or verify.version_of(step.product, now) in (None, step.version)
    if is_same_time and all(_is_same(fields[change.name], opened, now) for change in changes):
        return None
    return now


def _is_same(field: Field, opened: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    was, is_ = field.read(opened), field.read(now)
    return (was is ABSENT and is_ is ABSENT) or field.same(was, is_)


def _call(step: Step, changes: Sequence[Change], fields: Mapping[str, Field]) -> tuple[str, dict[str, Any]]:
    body: dict[str, Any] = {}
    for change in changes:
        fields[change.name].place(body, change.sent)
    options = step.options or {}
    if step.product == "desk":
        return f"desk.update_{DESK_MODULES[step.module]}", {"id": step.record_id, "fields": body, **options}
    params = {"module": step.module, "id": step.record_id, "fields": body, "unmodified_since": step.version, **options}
    return "crm.update_record", params


def _mark_sent(amend: Amend, step: Step) -> None:
    with amend.sessions.begin() as session:
        session.connection(execution_options={"durable": True})
        session.execute(update(Step).where(Step.id == step.id).values(state=StepState.SENT, sent_at=amend.now()))


def _settle(amend: Amend, step: Step, settled: Settled) -> Settled:
    """Write the verdict down. *unknown* leaves the step open: it may be settled later, once."""
    outcome = settled.outcome
    values: dict[str, Any] = {
        "changes": [asdict(change) for change in settled.changes],
        "verdict": settled.verdict.value,
        "note": settled.note,
        "refusals": [asdict(refusal) for refusal in settled.refusals],
        "settled_at": amend.now(),
        "state": StepState.SENT if settled.verdict == Verdict.UNKNOWN else StepState.SETTLED,
    }
    if outcome is not None:
        values |= {"answer": outcome.answer, "http_status": outcome.http_status, "request_id": outcome.request_id}
        values |= {"was_accepted": outcome.status == "accepted"}
    with amend.sessions.begin() as session:
        session.connection(execution_options={"durable": True})
        session.execute(update(Step).where(Step.id == step.id, Step.state != StepState.SETTLED).values(values))
    return settled
