"""Set fields of many records: which records, which fields, and for each a value given through the field's own control.

What was typed hangs on a snapshot of no record, as the draft of an edit hangs on the record that was opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from flask import url_for
from werkzeug.datastructures import MultiDict

from changes import drafts, find, proposals, snapshots
from changes.cells import Cells, why_not
from changes.drafts import Opened
from changes.history import last_options
from changes.proposals import MOST_LISTED, Proposal
from web.propose.asked import LISTED, Asked, keep, read
from web.records.offers import meant
from web.records.rows import Row, cell
from zoho import connections, metadata
from zoho.answers import Refusal
from zoho.errors import NotFoundError, ZohoError
from zoho.fields import Field, FieldError, Kind
from zoho.runtime import Amend

NO_RECORD = "*"
"""Stands where a snapshot has the id of its record."""
SHOWN_WRONG = 5


@dataclass(frozen=True, slots=True)
class Place:
    """The module whose records are to be changed, and who asks."""

    user_id: UUID
    connection_id: UUID
    product: str
    module: str

    def url_with(self, snapshot_id: UUID | None) -> str:
        """Path of the page that restores what was typed."""
        return url_for("propose.new", connection_id=self.connection_id, product=self.product, module=self.module, draft=snapshot_id)


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that can be set. ``is_twin``: another before it has the same label."""

    name: str
    label: str
    is_chosen: bool
    is_twin: bool


@dataclass(frozen=True, slots=True)
class NewPage:
    """Everything that templates/propose/new.html shows. ``rows``: each chosen field with its control, and whether it is emptied."""

    opened: Opened
    asked: Asked
    labels: tuple[str, str]
    which: str
    choices: tuple[Choice, ...]
    rows: tuple[tuple[Row, bool], ...]
    refusals: tuple[Refusal, ...] = ()
    notice: str = ""
    status: int = 200

    @property
    def wrong_ids(self) -> Refusal | None:
        """What is wrong with the ids."""
        return next((one for one in self.refusals if one.field == "ids"), None)

    def label_of(self, name: str | None) -> str:
        """Of a field that is wrong."""
        return next((one.label for one in self.choices if one.name == name), "Record ids" if name == "ids" else "")


@dataclass(frozen=True, slots=True)
class Kept:
    """The page cannot be shown for now; what was typed waits on the server."""

    error: ZohoError
    back: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """The plan that was made."""

    plan_id: UUID


Answer = NewPage | Kept | Proposed


def show(amend: Amend, place: Place, draft: UUID | None) -> NewPage:
    """The page of a GET: empty, or as it was left. Raises the ZohoErrors of a read."""
    opened = _open(amend, place, draft)
    asked = read(MultiDict([(name, value) for name, values in opened.typed.items() for value in values]))
    return _page(amend, place, opened, asked, notice="What you typed was kept." if opened.typed else "")


def submit(amend: Amend, place: Place, asked: Asked, snapshot_id: UUID | None) -> Answer:
    """Show the controls of the chosen fields, or make the plan. Raises NotConnectedError."""
    keep(amend, asked, snapshot_id, place.user_id)
    try:
        opened = _open(amend, place, snapshot_id)
        if asked.action != "preview":
            return _page(amend, place, opened, asked)
        found = _values(opened, asked)
        if isinstance(found, tuple):
            return _page(amend, place, opened, asked, refusals=found, status=422)
        return _propose(amend, place, opened, asked, found)
    except ZohoError as error:
        if snapshot_id is None or isinstance(error, NotFoundError):
            raise
        return Kept(error, place.url_with(snapshot_id))


def _open(amend: Amend, place: Place, snapshot_id: UUID | None) -> Opened:
    """The snapshot, if it is this person's and of this module; else a new one."""
    try:
        found = drafts.reopen(amend, place.user_id, snapshot_id) if snapshot_id else None
    except NotFoundError:
        found = None
    where = (place.connection_id, place.product, place.module, NO_RECORD)
    if found is not None and (found.connection.id, found.product, found.module, found.record_id) == where:
        return found
    with amend.reading() as session:
        connection = connections.get_own(session, place.connection_id, place.user_id)
    return drafts.keep(amend, place.user_id, connection, place.product, place.module, NO_RECORD, {})


def _page(amend: Amend, place: Place, opened: Opened, asked: Asked, **more: Any) -> NewPage:
    labels = labels_of(amend, place)
    fields = settable(opened)
    errors = {refusal.field: refusal for refusal in reversed(more.get("refusals", ()))}
    rows = [_row(amend, opened, fields[name], asked, errors.get(name)) for name in asked.names if name in fields]
    return NewPage(opened, asked, labels, _which(amend, opened, asked, labels), _choices(fields, asked.names), tuple(rows), **more)


def labels_of(amend: Amend, place: Place) -> tuple[str, str]:
    """What Zoho calls one record of the module, and many; its API name while that is not known."""
    known = metadata.known_module(amend, place.connection_id, place.product, place.module)
    return (known.singular, known.plural) if known else (place.module, place.module)


def settable(opened: Opened) -> dict[str, Field]:
    """The fields that one value can be given to, in the order of the form."""
    form = opened.record_form.form
    shown = [one for section in form.sections for one in section.fields] + list(form.off_layout)
    return {one.name: one for one in shown if why_not(one) is None}


def _choices(fields: Mapping[str, Field], chosen: Sequence[str]) -> tuple[Choice, ...]:
    labels = [one.label for one in fields.values()]
    return tuple(Choice(one.name, one.label, one.name in chosen, labels.count(one.label) > 1) for one in fields.values())


def _row(amend: Amend, opened: Opened, one: Field, asked: Asked, error: Refusal | None) -> tuple[Row, bool]:
    row = cell(one, one.name, "", None, opened, asked.typed.get(one.name))
    note = f"Time zone: {opened.zone.key}" if one.kind == Kind.DATETIME else ""
    row = replace(row, was=None, error=error, note=note, tooltip=one.tooltip or "")
    return meant(amend, opened, row) if error else row, one.name in asked.emptied


def _which(amend: Amend, opened: Opened, asked: Asked, labels: tuple[str, str]) -> str:
    """Which records, in words that go on from the fields that are set."""
    if asked.listing is None:
        count = len(_ids(asked.ids))
        return f"{count:,} {labels[count != 1]}" if count else labels[1]
    plural = labels[1]
    text, view, _ = (asked.listing[name] for name in LISTED)
    if text:
        return f"all {plural} that Zoho finds for “{text}”"
    views = find.list_views(amend, opened.connection, opened.module) if view and opened.product == "crm" else ()
    label = next((one.label for one in views if one.id == view), "")
    return f"all {plural} of the view “{label}”" if label else f"all {plural}"


def _ids(text: str) -> list[str]:
    return [*dict.fromkeys(part.removeprefix("zcrm_") for part in re.split(r"[\s,;]+", text) if part)]


@dataclass(frozen=True, slots=True)
class _Set:
    """What to set: field → value, and the labels."""

    values: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


def _values(opened: Opened, asked: Asked) -> _Set | tuple[Refusal, ...]:
    """A value for each chosen field, checked as far as it can be without a record; or what is wrong, at the fields."""
    wrong, found, fields = [*_wrong_ids(asked)], _Set(), settable(opened)
    for name in asked.names:
        if (one := fields.get(name)) is None:
            continue
        try:
            found.values[name] = _value(opened, one, asked)
            found.labels[name] = one.label
        except FieldError as error:
            wrong.append(Refusal(field=name, message=str(error)))
    if not asked.names or not (found.values or wrong):
        wrong.append(Refusal(field=None, message="Choose at least one field to set."))
    return tuple(wrong) or found


def _wrong_ids(asked: Asked) -> list[Refusal]:
    if asked.listing is not None:
        return []
    ids = _ids(asked.ids)
    if not ids:
        return [Refusal(field="ids", message="No record is chosen: tick some in a list of records, or paste their ids here.")]
    if len(ids) > MOST_LISTED:
        return [Refusal(field="ids", message=f"At most {MOST_LISTED:,} ids can be pasted. Upload a file for more.")]
    wrong = [refusal for id in ids if (refusal := proposals.check_id(id))]
    said = [Refusal(field="ids", message=refusal.message) for refusal in wrong[:SHOWN_WRONG]]
    more = [Refusal(field="ids", message=f"{len(wrong) - SHOWN_WRONG} more are no ids either.")] if len(wrong) > SHOWN_WRONG else []
    return said + more


def _value(opened: Opened, one: Field, asked: Asked) -> Any:
    """What the plan says for a field: None empties it. Raises FieldError."""
    if one.name in asked.emptied:
        if one.is_required:
            raise FieldError(f"{one.label} cannot be empty.")
        return None
    held = list(asked.typed.get(one.name, ()))
    control = one.input_type(None)
    given: Any = held if control == "select-multiple" else held[-1] if held else ""
    if control == "checkbox":
        given = "true" if any(text not in ("", "false") for text in held) else "false"
    elif one.kind == Kind.MULTISELECT and isinstance(given, str):
        given = given.splitlines()
    if not (given if isinstance(given, list) else given.strip()):
        raise FieldError(f"Give a value, or tick “Make {one.label} empty”.")
    Cells(one, opened.zone).to_wire(given, None)
    return given


def _propose(amend: Amend, place: Place, opened: Opened, asked: Asked, found: _Set) -> Proposed:
    which = _which(amend, opened, asked, labels_of(amend, place))
    records: dict[str, Any] = {"kind": "ids", "ids": _ids(asked.ids)}
    if asked.listing is not None:
        records = {"kind": "listing", "text": asked.listing["q"], "view": asked.listing["view"], "sort": asked.listing["sort"]}
    proposal = Proposal(
        place.connection_id,
        place.product,
        place.module,
        f"{titled(found.labels.values())} of {which}",
        {**records, "set": found.values},
        last_options(amend, place.user_id, place.connection_id, place.product),
        found.labels,
    )
    plan_id = proposals.propose(amend, place.user_id, proposal)
    snapshots.forget(amend, place.user_id, opened.snapshot_id)
    return Proposed(plan_id)


def titled(labels: Any) -> str:
    """Some fields in few words."""
    names = [str(label)[:40] for label in labels]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
