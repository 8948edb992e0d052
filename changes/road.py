"""The one road of a write: propose, preview, approve, apply, verify, receipt. A form save is a plan of one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from changes import apply, drafts, plans, resolve, snapshots, verify
from changes.apply import Settled
from changes.drafts import Entry, Opened
from changes.plans import Change, Receipt, Target, Verdict
from changes.snapshots import Typed
from zoho import connections, metadata, tools
from zoho.answers import Done, Question, Refusal, Refused, ToolAnswer
from zoho.errors import ConflictError, RequestRefusedError, ZohoError
from zoho.fields import ABSENT, Field, unknown_field
from zoho.runtime import Amend

LATE = timedelta(minutes=5)
"""Longer than waiting for a token, renewing it, sending and being told to renew again can take: nothing is on its way any more."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A field that somebody else changed: as it was opened, as it is now, and what this person typed, if they did."""

    name: str
    label: str
    was_text: str
    now_text: str
    yours_text: str | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The record changed after it was opened. ``opened`` is it anew, with everything that was typed."""

    opened: Opened
    moved: tuple[Moved, ...]
    changed_by: str | None
    changed_at: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Before → after of what would be sent."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class AlreadySent:
    """This form, or this undo, was sent before: nothing was sent now. ``is_same``: with the same values."""

    receipt: Receipt
    is_same: bool


Saved = Receipt | AlreadySent | Refused | Conflict | Question


def preview(opened: Opened, typed: Typed) -> Preview | Refused:
    """What a save would send, or why it cannot."""
    parsed = opened.parse(typed)
    if parsed.errors:
        return _refused(parsed.errors)
    return Preview(tuple(_change(entry, opened) for entry in parsed.entries))


def save(
    amend: Amend, user_id: UUID, opened: Opened, typed: Typed, options: dict[str, Any] | None = None, *, origin: str = "form"
) -> Saved:
    """Send the changed fields of a form, and prove what Zoho stored. What was typed is kept until it is stored.

    Raises the ZohoErrors that mean *nothing was stored*.
    """
    snapshots.keep_typed(amend, opened.snapshot_id, typed, user_id)
    parsed = opened.parse(typed)
    open_conflicts = [entry.field.name for entry in parsed.entries if entry.field.name in opened.conflicts]
    if parsed.errors or open_conflicts:
        return _refused({**dict.fromkeys(open_conflicts, UNDECIDED), **parsed.errors})
    if not parsed.entries:
        return Refused((Refusal(field=None, message="Nothing was changed, so nothing was sent."),))
    return _write(amend, user_id, opened, parsed.entries, options or {}, origin)


UNDECIDED = "Somebody else changed this too. Choose whose value to keep."


def write_entries(
    amend: Amend, user_id: UUID, opened: Opened, entries: Sequence[Entry], options: dict[str, Any], *, undoes_id: UUID
) -> Saved:
    """The same road for changes that were not typed: an undo, with the automations of the edit it undoes."""
    return _write(amend, user_id, opened, entries, options, "undo", undoes_id)


def _write(
    amend: Amend,
    user_id: UUID,
    opened: Opened,
    entries: Sequence[Entry],
    options: dict[str, Any],
    origin: str,
    undoes_id: UUID | None = None,
) -> Saved:
    target = Target(opened.product, opened.module, opened.record_id, opened.name)
    changes = [_change(entry, opened) for entry in entries]
    fields = {entry.field.name: entry.field for entry in entries}
    connection_id = opened.connection.id
    with amend.sessions.begin() as session:
        step = plans.propose(
            session, user_id, connection_id, target, changes,
            origin=origin, version=opened.version, now=amend.now(), options=options, undoes_id=undoes_id,
        )  # fmt: skip
        other = snapshots.claim(session, opened.snapshot_id, step.id) or plans.find_undo(session, undoes_id, step)
        if other is not None:
            session.rollback()
    if other is not None:
        return _already(amend, user_id, other, entries)
    try:
        settled = apply.apply(amend, connection_id, step, fields, opened.record, opened.zone)
    except ZohoError:
        snapshots.release(amend, step.id)
        raise
    if isinstance(settled, Settled) and settled.verdict not in (Verdict.REFUSED, Verdict.CONFLICT):
        if settled.verdict in (Verdict.STORED, Verdict.STORED_DIFFERENTLY):
            snapshots.forget_sent(amend, step.id)
        return get_receipt(amend, user_id, step.id)
    snapshots.release(amend, step.id)
    if isinstance(settled, Question):
        return settled
    return Refused(settled.refusals) if settled.verdict == Verdict.REFUSED else _conflict(amend, user_id, opened, entries, settled)


def _already(amend: Amend, user_id: UUID, step_id: UUID, entries: Sequence[Entry]) -> AlreadySent:
    receipt = get_receipt(amend, user_id, step_id)
    sent = {change.name: change.sent for change in receipt.changes}
    mine = {entry.field.name: entry for entry in entries}
    return AlreadySent(receipt, sent.keys() == mine.keys() and all(mine[name].field.same(mine[name].sent, sent[name]) for name in sent))


def get_receipt(amend: Amend, user_id: UUID, step_id: UUID) -> Receipt:
    """Raises NotFoundError."""
    with amend.reading() as session:
        return plans.receipts(session, [plans.get_own(session, step_id, user_id)])[0]


def check(amend: Amend, user_id: UUID, step_id: UUID) -> Receipt:
    """Settle an *unknown* by reading the record now; a settled receipt stays as it is.

    Raises NotFoundError and the ZohoErrors of a read.
    """
    receipt = get_receipt(amend, user_id, step_id)
    if not receipt.is_open:
        return receipt
    answer = verify.read_record(amend, receipt.connection_id, receipt.product, receipt.module, receipt.record_id)
    if not isinstance(answer, Done):
        return receipt
    with amend.reading() as session:
        step, connection = plans.get_own(session, step_id, user_id), connections.get(session, receipt.connection_id)
    form = metadata.record_form(amend, connection, receipt.product, receipt.module, answer.value).form
    fields = {change.name: form.by_name.get(change.name) or unknown_field(receipt.product, change.name) for change in receipt.changes}
    is_late = receipt.sent_at is None or amend.now() - receipt.sent_at >= LATE
    settled = apply.check(amend, step, fields, answer.value, drafts.zone_of(connection), is_late=is_late)
    if settled.verdict in (Verdict.STORED, Verdict.STORED_DIFFERENTLY):
        snapshots.forget_sent(amend, step_id)
    return get_receipt(amend, user_id, step_id)


def execute_tool(amend: Amend, connection_id: UUID, name: str, params: Mapping[str, Any]) -> ToolAnswer:
    """The public door: a read passes through; a write becomes a plan of one step and returns ``Done(Receipt)``.

    ``Question`` when a choice must be made, ``Refused`` with each reason at its field. Raises UnknownToolError,
    NotConnectedError, ConflictError (the record moved meanwhile) and the other ZohoErrors.
    """
    tool = tools.find(name)
    meant = resolve.which_record(amend, connection_id, tool, params)
    if isinstance(meant, Question | Refused):
        return meant
    if not tool.writes:
        return tools.run(amend, connection_id, name, meant)
    checked = tools.validate(tool, meant)
    if isinstance(checked, Refused):
        return checked
    module = str(tool.module or getattr(checked, "module", ""))
    return _write_tool(amend, connection_id, tool.product, module, checked)


def _write_tool(amend: Amend, connection_id: UUID, product: str, module: str, params: Any) -> ToolAnswer:
    with amend.reading() as session:
        user_id = plans.owner_of(session, connection_id)
    opened = drafts.open_record(amend, user_id, connection_id, product, module, params.id)
    if isinstance(opened, Question):
        return opened
    asked = getattr(params, "unmodified_since", None)
    if asked is not None:
        opened = replace(opened, record={**opened.record, "Modified_Time": asked})
    fields = {key: _field(opened, key) for key in params.fields}
    locked = {key: field.why_read_only or "This field cannot be edited." for key, field in fields.items() if not field.is_editable}
    if locked:
        return _refused(locked)
    values = resolve.which_values(amend, opened, params.fields)
    if isinstance(values, Question | Refused):
        return values
    entries = [Entry(field, _known(field.read(opened.record)), values[key]) for key, field in fields.items()]
    options = {key: value for key in ("trigger", "quiet_close") if (value := getattr(params, key, None)) not in (None, False)}
    saved = _write(amend, user_id, opened, entries, options, "tool")
    if isinstance(saved, Conflict):
        raise ConflictError("somebody changed the record between our reading and our writing")
    if isinstance(saved, AlreadySent):
        return Done(saved.receipt)
    return Done(saved) if isinstance(saved, Receipt) else saved


def _conflict(amend: Amend, user_id: UUID, opened: Opened, entries: Sequence[Entry], settled: Settled) -> Conflict:
    """Open the record anew beside what was typed, and name every field that moved."""
    fresh = _reopen(amend, user_id, opened, settled.record)
    mine = {entry.field.name: entry for entry in entries}
    moved: list[Moved] = []
    for field in fresh.record_form.form.by_name.values():
        was, is_ = field.read(opened.record), field.read(fresh.record)
        if (was is ABSENT and is_ is ABSENT) or field.same(was, is_):
            continue
        entry = mine.get(field.name)
        yours = field.show(entry.sent, opened.zone) if entry else None
        was_text, now_text = field.show(_known(was), opened.zone), field.show(_known(is_), opened.zone)
        moved.append(Moved(field.name, field.label, was_text, now_text, yours))
    contested = {row.name: _known(mine[row.name].field.read(opened.record)) for row in moved if _is_contested(mine.get(row.name), fresh)}
    fresh = drafts.keep_conflicts(amend, fresh, contested)
    return Conflict(fresh, tuple(moved), *_who(opened.product, fresh.record, settled))


def _is_contested(entry: Entry | None, fresh: Opened) -> bool:
    """Both changed it, to different values: the same form sent twice is no quarrel."""
    return entry is not None and not entry.field.same(entry.sent, entry.field.read(fresh.record))


def _reopen(amend: Amend, user_id: UUID, opened: Opened, record: dict[str, Any] | None) -> Opened:
    where = (opened.connection.id, opened.product, opened.module, opened.record_id)
    if record is None:
        answer = verify.read_record(amend, *where)
        if not isinstance(answer, Done):
            raise RequestRefusedError("the record could not be read again after a conflict")
        record = answer.value
    return drafts.keep(amend, user_id, *where, record, snapshots.take_typed(amend, opened.snapshot_id))


def _who(product: str, record: Mapping[str, Any], settled: Settled) -> tuple[str | None, str | None]:
    """Who changed the record, and when, as Zoho says it."""
    by = record.get("Modified_By" if product == "crm" else "modifiedBy")
    name = by.get("name") if isinstance(by, dict) else by if isinstance(by, str) and not by.isdigit() else None
    if name is None and settled.outcome is not None:
        name = settled.outcome.modified_by
    return (str(name) if name else None), verify.version_of(product, record)


def _change(entry: Entry, opened: Opened) -> Change:
    show = entry.field.show
    return Change(
        name=entry.field.name,
        label=entry.field.label,
        before=entry.before,
        sent=entry.sent,
        before_text=show(entry.before, opened.zone),
        sent_text=show(entry.sent, opened.zone),
    )


def _field(opened: Opened, name: str) -> Field:
    return opened.record_form.form.by_name.get(name) or unknown_field(opened.product, name)


def _known(value: Any) -> Any:
    return None if value is ABSENT else value


def _refused(errors: Mapping[str, str]) -> Refused:
    return Refused(tuple(Refusal(field=name, message=message) for name, message in errors.items()))
