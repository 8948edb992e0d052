"""Opened records: the form of a snapshot, and what the person changed in it. Nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from changes import verify
from changes.snapshots import KEPT, Snapshot, Typed, plain
from zoho import connections
from zoho.answers import Done, Question
from zoho.connections import Connection
from zoho.errors import NotFoundError
from zoho.fields import ABSENT, Field, FieldError, Kind, Option
from zoho.fields.cells import read_cells
from zoho.fields.choices import NONE
from zoho.record_forms import RecordForm, record_form
from zoho.runtime import Amend


@dataclass(frozen=True, slots=True)
class Entry:
    """A field that the person changed: the wire value it had and the one to send."""

    field: Field
    before: Any
    sent: Any


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a posted form comes to."""

    entries: tuple[Entry, ...]
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Opened:
    """A record on a person's screen."""

    snapshot_id: UUID
    connection: Connection
    product: str
    module: str
    record_id: str
    record: dict[str, Any]
    record_form: RecordForm
    zone: ZoneInfo
    opened_at: datetime
    typed: Typed
    conflicts: dict[str, Any]
    step_id: UUID | None = None

    @property
    def name(self) -> str:
        """The record by name, for a title: never empty."""
        return record_name(self.product, self.record, self.record_id)

    @property
    def version(self) -> str | None:
        """Zoho's modification time, as it wrote it."""
        return verify.version_of(self.product, self.record)

    def parse(self, typed: Typed) -> Parsed:
        """The changed fields among ``typed``. Untouched ones are never sent, whatever their control made of the value."""
        entries: list[Entry] = []
        errors: dict[str, str] = {}
        for name, posted in typed.items():
            field = self.record_form.form.by_name.get(name)
            if field is None or not field.is_editable:
                continue
            was = field.read(self.record)
            before = None if was is ABSENT else was
            if field.is_untouched(posted, before, self.zone):
                continue
            try:
                sent = field.parse(posted, self.zone, before)
            except FieldError as error:
                errors[name] = str(error)
                continue
            if not field.same(before, sent):
                entries.append(Entry(_named(field, posted), before, sent))
        changed = {entry.field.name for entry in entries}
        return Parsed(tuple(entries), {**dict(self._mismatches(typed, changed)), **errors})

    def offered(self, typed: Typed) -> dict[str, frozenset[str]]:
        """For each picklist that follows another: the values that fit what the other holds, or what was typed there."""
        found: dict[str, frozenset[str]] = {}
        for name, dependency in self.record_form.dependencies.items():
            held = self._held(dependency.parent, typed)
            allowed = None if held is None else dependency.allowed("".join(held[:1]))
            if allowed is not None:
                found[name] = allowed
        return found

    def _mismatches(self, typed: Typed, changed: set[str]) -> Iterator[tuple[str, str]]:
        """Pairs that do not go together, of which one was changed: what stood so before is none of this edit's business."""
        fields = self.record_form.form.by_name
        for name, allowed in self.offered(typed).items():
            parent, child = fields[self.record_form.dependencies[name].parent], fields.get(name)
            wrong = [value for value in self._held(name, typed) or () if value not in (*allowed, "", NONE)]
            if child is None or not wrong or not changed & {name, parent.name}:
                continue
            labels = {option.value: option.label for option in child.options}
            chosen = parent.show("".join(self._held(parent.name, typed) or ()), self.zone) or "empty"
            fitting = ", ".join(label for value, label in labels.items() if value in allowed)
            message = f"“{labels.get(wrong[0], wrong[0])}” does not go with {parent.label} “{chosen}”. It allows: {fitting}."
            yield (name if child.is_editable else parent.name), message

    def _held(self, name: str, typed: Typed) -> Sequence[str] | None:
        """What a picklist holds: as posted, else as the record has it; None when that is not known."""
        field, posted = self.record_form.form.by_name.get(name), typed.get(name)
        if field is None or posted or (posted is not None and field.kind == Kind.MULTISELECT):
            return posted if field else None
        was = field.read(self.record)
        held = "" if was is ABSENT else field.control(was, self.zone)
        return None if was is ABSENT else (held,) if isinstance(held, str) else held


def _named(field: Field, posted: Sequence[str]) -> Field:
    """The field with names for what was chosen in it or in its rows, where the form sent the name before the id."""
    if field.columns:
        cells = read_cells(posted).values.items()
        columns = [_knowing(column, [values for (_, name), values in cells if name == column.name]) for column in field.columns]
        return replace(field, columns=tuple(columns))
    if field.kind == Kind.ANY_LOOKUP:
        posted = [text.removeprefix("id=") for text in posted if text.startswith("id=")]
    return _knowing(field, [posted])


def _knowing(field: Field, chosen: Sequence[Sequence[str]]) -> Field:
    if field.kind not in (Kind.LOOKUP, Kind.OWNER, Kind.ANY_LOOKUP):
        return field
    known = {option.value for option in (*field.held, *field.options)}
    names = {values[-1]: values[0] for values in chosen if len(values) > 1 and values[-1] not in known}
    return replace(field, held=(*field.held, *(Option(value, name) for value, name in names.items()))) if names else field


def open_record(amend: Amend, user_id: UUID, connection_id: UUID, product: str, module: str, record_id: str) -> Opened | Question:
    """Read the record and its form, and keep a snapshot. A Question when the Desk organization must be chosen first.

    Raises NotConnectedError, RecordNotFoundError and the other ZohoErrors of a read.
    """
    with amend.reading() as session:
        connection = connections.get_own(session, connection_id, user_id)
    answer = verify.read_record(amend, connection, product, module, record_id)
    if not isinstance(answer, Done):
        return answer if isinstance(answer, Question) else _impossible(answer)
    return keep(amend, user_id, connection, product, module, record_id, answer.value)


def keep(
    amend: Amend,
    user_id: UUID,
    connection: Connection,
    product: str,
    module: str,
    record_id: str,
    record: dict[str, Any],
    typed: Typed | None = None,
) -> Opened:
    """Store a snapshot of a record that has just been read, and give it with its form."""
    now = amend.now()
    row = Snapshot(
        id=uuid4(),
        user_id=user_id,
        connection_id=connection.id,
        product=product,
        module=module,
        record_id=record_id,
        record=record,
        opened_at=now,
        typed=plain(typed) if typed else None,
        conflicts={},
    )
    with amend.sessions.begin() as session:
        session.execute(delete(Snapshot).where(Snapshot.opened_at < now - KEPT))
        session.add(row)
    return _opened(amend, connection, row)


def reopen(amend: Amend, user_id: UUID, snapshot_id: UUID) -> Opened:
    """The snapshot again, with what was typed. Raises NotFoundError when it is another's or older than two weeks."""
    with amend.reading() as session:
        row = session.scalar(select(Snapshot).where(Snapshot.id == snapshot_id, Snapshot.user_id == user_id))
    if row is None:
        raise NotFoundError(f"no opened record {snapshot_id}")
    with amend.reading() as session:
        connection = connections.get(session, row.connection_id)
    return _opened(amend, connection, row)


def keep_conflicts(amend: Amend, opened: Opened, conflicts: dict[str, Any]) -> Opened:
    """Remember the fields that the person must decide on, each with the value it had when they first opened the record."""
    with amend.sessions.begin() as session:
        session.execute(update(Snapshot).where(Snapshot.id == opened.snapshot_id).values(conflicts=conflicts))
    return replace(opened, conflicts=conflicts)


ALL = "*"
"""In place of a field's name: every one of them."""


def decide(amend: Amend, opened: Opened, name: str, *, is_mine: bool, typed: Typed) -> Opened:
    """Settle one conflicting field, or ALL: keep what the person typed, or take what Zoho holds now."""
    settled = set(opened.conflicts) if name == ALL else {name}
    left = {key: value for key, value in opened.conflicts.items() if key not in settled}
    kept = {key: value for key, value in plain(typed).items() if is_mine or key not in settled}
    with amend.sessions.begin() as session:
        session.execute(update(Snapshot).where(Snapshot.id == opened.snapshot_id).values(typed=kept, conflicts=left))
    return replace(opened, typed=kept, conflicts=left)


def record_name(product: str, record: Mapping[str, Any], record_id: str) -> str:
    """How people call this record: the first filled of the usual name fields, else its id."""
    keys = CRM_NAMES if product == "crm" else _DESK_NAMES
    for key in keys:
        text = " ".join(part for name in key.split("+") if isinstance(part := record.get(name), str) and part.strip()).strip()
        if text:
            return " ".join(text.split())[:200]
    return record_id


CRM_NAMES = (
    "Full_Name First_Name+Last_Name Account_Name Deal_Name Product_Name Subject Event_Title Campaign_Name Vendor_Name Price_Book_Name "
    "Solution_Title Name"
).split()
_DESK_NAMES = "subject firstName+lastName accountName productName name".split()


def _opened(amend: Amend, connection: Connection, row: Snapshot) -> Opened:
    return Opened(
        snapshot_id=row.id,
        connection=connection,
        product=row.product,
        module=row.module,
        record_id=row.record_id,
        record=row.record,
        record_form=record_form(amend, connection, row.product, row.module, row.record),
        zone=zone_of(connection),
        opened_at=row.opened_at,
        typed=row.typed or {},
        conflicts=row.conflicts or {},
        step_id=row.step_id,
    )


def zone_of(connection: Connection) -> ZoneInfo:
    """The time zone of the Zoho user, in which Zoho's own screens show times; UTC when it is not known."""
    try:
        return ZoneInfo(connection.time_zone or "UTC")
    except (KeyError, ValueError, OSError):  # what Zoho calls a zone need not be one
        return ZoneInfo("UTC")


def _impossible(answer: object) -> Opened:
    raise NotFoundError(f"not a record: {answer!r:.100}")
