"""The one road of a write: propose, preview, approve, apply, verify, receipt. A form save is a plan of one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from changes import apply, drafts, plans, resolve, snapshots, verify
from changes.apply import Applied, Edit, SentBefore, Settled
from changes.drafts import Entry, Opened
from changes.plans import Change, Receipt, Target, Verdict
from changes.resolve import Seen
from changes.snapshots import Typed
from zoho import clients, connections, tools
from zoho.answers import Done, Question, Refusal, Refused, ToolAnswer
from zoho.errors import ConflictError, RequestRefusedError
from zoho.fields import ABSENT, unknown_field
from zoho.record_forms import record_fields
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
    return Preview(_changes(parsed.entries, opened.zone))


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
    return _write(amend, user_id, opened, _edit(user_id, opened, parsed.entries, options or {}, origin))


UNDECIDED = "Somebody else changed this too. Choose whose value to keep."


def write_entries(
    amend: Amend, user_id: UUID, opened: Opened, entries: Sequence[Entry], options: dict[str, Any], *, undoes_id: UUID
) -> Saved:
    """The same road for changes that were not typed: an undo, with the automations of the edit it undoes."""
    return _write(amend, user_id, opened, replace(_edit(user_id, opened, entries, options, "undo"), undoes_id=undoes_id))


def _edit(user_id: UUID, opened: Opened, entries: Sequence[Entry], options: dict[str, Any], origin: str) -> Edit:
    return Edit(
        user_id=user_id,
        connection=opened.connection,
        target=Target(opened.product, opened.module, opened.record_id, opened.name),
        record=opened.record,
        changes=_changes(entries, opened.zone),
        fields={entry.field.name: entry.field for entry in entries},
        zone=opened.zone,
        origin=origin,
        options=options,
        snapshot_id=opened.snapshot_id,
    )


def _write(amend: Amend, user_id: UUID, opened: Opened, edit: Edit) -> Saved:
    done = apply.apply(amend, edit)
    match done:
        case SentBefore():
            return _already(amend, user_id, done.step_id, edit)
        case Question():
            return done
    if done.settled.verdict == Verdict.REFUSED:
        return Refused(done.settled.refusals)
    return _conflict(amend, user_id, opened, edit, done.settled) if done.settled.verdict == Verdict.CONFLICT else done.receipt


def _already(amend: Amend, user_id: UUID, step_id: UUID, edit: Edit) -> AlreadySent:
    receipt = get_receipt(amend, user_id, step_id)
    sent = {change.name: change.sent for change in receipt.changes}
    mine = {change.name: change.sent for change in edit.changes}
    return AlreadySent(receipt, sent.keys() == mine.keys() and all(edit.fields[name].same(mine[name], sent[name]) for name in sent))


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
    with amend.reading() as session:
        step, connection = plans.get_own(session, step_id, user_id), connections.get(session, receipt.connection_id)
    names = [change.name for change in receipt.changes]
    answer = verify.read_record(amend, connection, receipt.product, receipt.module, receipt.record_id, tuple(names))
    if not isinstance(answer, Done):
        return receipt
    known = record_fields(amend, connection, receipt.product, receipt.module, answer.value, names)
    fields = {name: known.get(name) or unknown_field(receipt.product, name) for name in names}
    is_late = receipt.sent_at is None or amend.now() - receipt.sent_at >= LATE
    apply.check(amend, step, fields, answer.value, drafts.zone_of(connection), is_late=is_late)
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
    connection = clients.load(amend, connection_id)
    answer = verify.read_record(amend, connection, product, module, params.id, tuple(params.fields))
    if not isinstance(answer, Done):
        return answer  # type: ignore[no-any-return]
    record: dict[str, Any] = answer.value
    asked = getattr(params, "unmodified_since", None)
    if asked is not None:
        record = {**record, "Modified_Time": asked}
    known = record_fields(amend, connection, product, module, record, list(params.fields))
    fields = {name: known.get(name) or unknown_field(product, name) for name in params.fields}
    locked = {name: field.why_read_only or "This field cannot be edited." for name, field in fields.items() if not field.is_editable}
    if locked:
        return _refused(locked)
    zone = drafts.zone_of(connection)
    values = resolve.which_values(amend, Seen(connection, product, record, zone), known, params.fields)
    if isinstance(values, Question | Refused):
        return values
    entries = [Entry(field, _known(field.read(record)), values[name]) for name, field in fields.items()]
    edit = Edit(
        user_id=connection.user_id,
        connection=connection,
        target=Target(product, module, params.id, drafts.record_name(product, record, params.id)),
        record=record,
        changes=_changes(entries, zone),
        fields=fields,
        zone=zone,
        origin="tool",
        options={key: value for key in ("trigger", "quiet_close") if (value := getattr(params, key, None)) not in (None, False)},
    )
    done = apply.apply(amend, edit)
    if not isinstance(done, Applied):  # a tool has no form that could have been sent before
        return done  # type: ignore[return-value]
    if done.settled.verdict == Verdict.CONFLICT:
        raise ConflictError("somebody changed the record between our reading and our writing")
    return Refused(done.settled.refusals) if done.settled.verdict == Verdict.REFUSED else Done(done.receipt)


def _conflict(amend: Amend, user_id: UUID, opened: Opened, edit: Edit, settled: Settled) -> Conflict:
    """Open the record anew beside what was typed, and name every field that moved."""
    fresh = _reopen(amend, user_id, opened, settled.record)
    mine = {change.name: change for change in edit.changes}
    moved: list[Moved] = []
    for field in fresh.record_form.form.by_name.values():
        was, is_ = field.read(opened.record), field.read(fresh.record)
        if (was is ABSENT and is_ is ABSENT) or field.same(was, is_):
            continue
        yours = mine[field.name].sent_text if field.name in mine else None
        was_text, now_text = field.show_change(was, is_, opened.zone)
        moved.append(Moved(field.name, field.label, was_text, now_text, yours))
    contested = {row.name: mine[row.name].before for row in moved if _is_contested(mine.get(row.name), fresh)}
    fresh = drafts.keep_conflicts(amend, fresh, contested)
    return Conflict(fresh, tuple(moved), *_who(opened.product, fresh.record, settled))


def _is_contested(change: Change | None, fresh: Opened) -> bool:
    """Both changed it, to different values: the same form sent twice is no quarrel."""
    if change is None:
        return False
    field = fresh.record_form.form.by_name[change.name]
    return not field.same(change.sent, field.read(fresh.record))


def _reopen(amend: Amend, user_id: UUID, opened: Opened, record: dict[str, Any] | None) -> Opened:
    where = (opened.connection, opened.product, opened.module, opened.record_id)
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


def _changes(entries: Sequence[Entry], zone: ZoneInfo) -> tuple[Change, ...]:
    return tuple(_change(entry, zone) for entry in entries)


def _change(entry: Entry, zone: ZoneInfo) -> Change:
    before_text, sent_text = entry.field.show_change(entry.before, entry.sent, zone)
    return Change(
        name=entry.field.name,
        label=entry.field.label,
        before=entry.before,
        sent=entry.sent,
        before_text=before_text,
        sent_text=sent_text,
    )


def _known(value: Any) -> Any:
    return None if value is ABSENT else value


def _refused(errors: Mapping[str, str]) -> Refused:
    return Refused(tuple(Refusal(field=name, message=message) for name, message in errors.items()))
