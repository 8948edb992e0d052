"""What a plan of many would change: each row read, checked against the metadata, before → after; and whether that still holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from changes import road, rows, verify
from changes.batches import Records
from changes.cells import to_wire
from changes.drafts import Entry
from changes.plans import Change, Step, StepState, Verdict, read_changes, to_rows
from changes.rows import Row
from changes.undo import reverse
from zoho.answers import Refusal
from zoho.fields import ABSENT, Field, FieldError
from zoho.runtime import Amend

DIGEST_CHUNK = 2_000
GONE = "Zoho has no record with this id in this module, or does not show it to this connection."
_EMPTY: dict[str, Any] = {"refusals": [], "note": None, "verdict": None, "version": None, "changes": []}
Values = dict[str, Any]


def preview(amend: Amend, records: Records, taken: Sequence[Row]) -> list[tuple[Row, Values]]:
    """The columns of each row as they follow from its record as it is now. Raises the ZohoErrors of a read."""
    undone = _undone(amend, [row.undoes_id for row in taken if row.undoes_id])
    names = {name for row in taken for name in _names(row, undone)}
    found = records.read([*dict.fromkeys(row.record_id for row in taken)], [*names], is_named=True).records
    return [(row, _values(records, row, found.get(row.record_id), undone)) for row in taken]


def has_moved(records: Records, taken: Sequence[Row]) -> list[tuple[Row, Values]]:
    """Those of the rows whose record is not as it was previewed, as faulty rows with what each field holds now. Raises as a read."""
    names = {change["name"] for row in taken for change in row.changes}
    found = records.read([row.record_id for row in taken], [*names]).records
    moved = []
    for row in taken:
        record = found.get(row.record_id)
        if record is None:
            moved.append((row, {**_kept(row), "note": GONE}))
        elif not is_as_previewed(records, row, record):
            note = f"The record was changed after the preview{who(records, record)}."
            moved.append((row, {**_kept(row), "note": note, "changes": to_rows(as_now(records, row, record))}))
    return moved


def is_as_previewed(records: Records, row: Row, record: dict[str, Any]) -> bool:
    """Whether the record is the version that was shown, and holds what was shown."""
    if row.version is not None and records.version_of(record) not in (None, row.version):
        return False
    changes = row.read_changes()
    fields = records.known_fields(record, [change.name for change in changes])
    return all(_holds(fields[change.name], record, change.before) for change in changes)


def as_now(records: Records, row: Row, record: dict[str, Any]) -> tuple[Change, ...]:
    """The changes of a row with the third value: what each field holds now."""
    changes = row.read_changes()
    fields = records.known_fields(record, [change.name for change in changes])
    return tuple(replace(one, verdict=None) for one in verify.compare(changes, fields, record, records.zone))


def who(records: Records, record: Mapping[str, Any]) -> str:
    """By whom and when the record was changed last, as far as Zoho shows it: `` by Ana Ruiz at …``."""
    by = record.get("Modified_By")
    name = by.get("name") if isinstance(by, dict) else None
    at = records.version_of(record)
    return (f" by {name}" if name else "") + (f" at {at}" if at else "")


def digest(amend: Amend, plan_id: UUID, options: Mapping[str, Any]) -> str:
    """A hash over what will be sent, to which record, on which version of it: what an approval is bound to."""
    found = hashlib.sha256(repr(sorted(options.items())).encode())
    after = -1
    while chunk := rows.raw(amend, plan_id, after, DIGEST_CHUNK):
        for position, record_id, version, changes in chunk:
            found.update(f"{position} {record_id} {version} {changes}\n".encode("utf-8", "surrogatepass"))
        after = chunk[-1][0]
    return found.hexdigest()


def _kept(row: Row) -> Values:
    return {"state": StepState.FAULTY, "verdict": Verdict.CONFLICT.value, "note": None, "changes": row.changes}


def _holds(field: Field, record: Mapping[str, Any], before: Any) -> bool:
    now = field.read(record)
    return now is ABSENT or field.same(now, before)


def _undone(amend: Amend, ids: Sequence[UUID]) -> dict[UUID, tuple[Change, ...]]:
    """The changes of the steps that are to be taken back."""
    if not ids:
        return {}
    with amend.reading() as session:
        return {step.id: read_changes(step) for step in session.scalars(select(Step).where(Step.id.in_(ids)))}


def _names(row: Row, undone: Mapping[UUID, tuple[Change, ...]]) -> list[str]:
    if row.undoes_id:
        return [change.name for change in undone.get(row.undoes_id, ())]
    return [*(row.given or {})]


def _values(records: Records, row: Row, record: dict[str, Any] | None, undone: Mapping[UUID, tuple[Change, ...]]) -> Values:
    if record is None:
        return _faulty(row.record_name, [Refusal(field=None, message=GONE)])
    name = records.name_of(record, row.record_id)[:400]
    make = _undo if row.undoes_id else _set
    values = make(records, row, record, undone)
    return {**_EMPTY, "version": records.version_of(record), **values, "record_name": name}


def _set(records: Records, row: Row, record: dict[str, Any], _undone: Mapping[UUID, tuple[Change, ...]]) -> Values:
    given = row.given or {}
    fields = records.fields(record, [*given])
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    for name, value in given.items():
        field = fields.get(name)
        entry = _entry(records, field, name, value, record)
        if isinstance(entry, str):
            refusals.append(Refusal(field=name, message=entry))
        elif not entry.field.same(entry.before, entry.sent):
            entries.append(entry)
    changes = to_rows(road.changes_of(entries, records.zone))
    if refusals:
        return _faulty(row.record_name, refusals) | {"changes": changes}
    if not entries:
        return {"state": StepState.DROPPED, "note": "The record holds these values already."}
    return {"state": StepState.READY, "changes": changes}


def _entry(records: Records, field: Field | None, name: str, value: Any, record: dict[str, Any]) -> Entry | str:
    if field is None:
        return f"There is no field {name} in this module."
    if not field.is_editable:
        return field.why_read_only or "This field cannot be edited."
    was = road.known(field.read(record))
    try:
        return Entry(field, was, to_wire(field, value, records.zone, was))
    except FieldError as error:
        return str(error)


def _undo(records: Records, row: Row, record: dict[str, Any], undone: Mapping[UUID, tuple[Change, ...]]) -> Values:
    original = undone.get(row.undoes_id, ()) if row.undoes_id else ()
    fields = records.fields(record, [change.name for change in original])
    entries: list[Entry] = []
    left: list[str] = []
    for change in original:
        entry = reverse(change, fields.get(change.name), record, records.zone)
        if isinstance(entry, str):
            left.append(f"{change.label} is left alone: {entry}.")
        else:
            entries.append(entry)
    note = " ".join(left) or None
    if not entries:
        return {"state": StepState.DROPPED, "verdict": Verdict.SKIPPED.value, "note": note}
    return {"state": StepState.READY, "changes": to_rows(road.changes_of(entries, records.zone)), "note": note}


def _faulty(name: str, refusals: Sequence[Refusal]) -> Values:
    told = [asdict(refusal) for refusal in refusals]
    return {**_EMPTY, "state": StepState.FAULTY, "verdict": Verdict.REFUSED.value, "refusals": told, "record_name": name}
