"""Undo a receipt: a plan with before and after swapped, for the fields that nobody has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from changes import drafts, road
from changes.drafts import Entry, Opened
from changes.plans import Change, Receipt
from changes.road import Saved
from zoho.answers import Question, Refused
from zoho.fields import ABSENT, Field, FieldError
from zoho.runtime import Amend


@dataclass(frozen=True, slots=True)
class Undo:
    """What an undo did: its own receipt, or why there is none, and the fields it left alone with what they hold now."""

    saved: Saved
    skipped: tuple[tuple[str, str], ...]


def undo(amend: Amend, user_id: UUID, step_id: UUID) -> Undo | Question:
    """Put the earlier values back, on the same road as any edit. Raises NotFoundError and the ZohoErrors of a read or write."""
    receipt = road.get_receipt(amend, user_id, step_id)
    if not receipt.is_undoable:
        return Undo(Refused.saying("There is nothing of this edit left to undo."), ())
    opened = drafts.open_record(amend, user_id, receipt.connection_id, receipt.product, receipt.module, receipt.record_id)
    if isinstance(opened, Question):
        return opened
    entries, skipped = _split(receipt, opened)
    if not entries:
        return Undo(
            Refused.saying("Every field of this edit was changed again since, or cannot be edited any more. Nothing was sent."), skipped
        )
    return Undo(road.write_entries(amend, user_id, opened, entries, receipt.options, undoes_id=receipt.id), skipped)


def _split(receipt: Receipt, opened: Opened) -> tuple[list[Entry], tuple[tuple[str, str], ...]]:
    entries: list[Entry] = []
    skipped: list[tuple[str, str]] = []
    for change in receipt.changes:
        entry = reverse(change, opened.record_form.form.by_name.get(change.name), opened.record, opened.zone)
        if isinstance(entry, str):
            skipped.append((change.label, entry))
        else:
            entries.append(entry)
    return entries, tuple(skipped)


def reverse(change: Change, field: Field | None, record: Mapping[str, Any], zone: ZoneInfo) -> Entry | str:
    """The opposite of a change for the record as it is now, or in words why it is left alone."""
    if field is None or not field.is_editable:
        return "it cannot be edited any more"
    now = field.read(record)
    if now is ABSENT or not field.same(now, change.after):
        return f"it was changed since, and is now {field.show(None if now is ABSENT else now, zone) or 'empty'}"
    if field.same(now, change.before):
        return "it already holds the earlier value"
    try:
        sent = field.restore(change.before, now, zone)
    except FieldError as error:
        return f"the earlier value would be refused: {error}"
    return Entry(field, now, sent)
