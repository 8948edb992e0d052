"""Take a transition of a record's blueprint: a plan of one step, read back like any other edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from changes import drafts, road, snapshots
from changes.drafts import Entry, Opened
from changes.plans import Change
from changes.road import Preview, Saved
from changes.snapshots import Typed
from store.exact_json import storable
from zoho import blueprints, connections, tools
from zoho.answers import Done, Question, Refusal, Refused
from zoho.blueprints import Blueprint, Transition
from zoho.fields import Field, FieldError, unknown_field
from zoho.fields.form import Form, Section, by_name
from zoho.runtime import Amend

TOOL = "crm.take_transition"
GONE = "The record cannot take this transition any more: it moved on, or left its blueprint. Nothing was sent."
NO_BLUEPRINT = "The record is in no blueprint (any more)."


@dataclass(frozen=True, slots=True)
class Chosen:
    """A transition of an opened record. The form of ``opened`` has the fields that the transition asks for, and no others."""

    opened: Opened
    blueprint: Blueprint
    transition: Transition
    guarded: Field
    """The field that the transition moves."""


def find_blueprint(amend: Amend, user_id: UUID, connection_id: UUID, module: str, record_id: str) -> Blueprint | None:
    """Where the record stands and where it can go; None when it is in no blueprint. Raises NotFoundError and the ZohoErrors of a read."""
    with amend.reading() as session:
        connections.get_own(session, connection_id, user_id)
    body = _read(amend, connection_id, module, record_id)
    return blueprints.read(body) if body else None


def choose(amend: Amend, opened: Opened, transition_id: str) -> Chosen | Refused:
    """One of the transitions that the opened record can take now. Raises the ZohoErrors of a read."""
    body = _read(amend, opened.connection.id, opened.module, opened.record_id)
    if not body:
        return _refused(NO_BLUEPRINT)
    blueprint = blueprints.read(body, opened.record_form.form.by_name)
    transition = blueprint.find(transition_id)
    if transition is None:
        return _refused(GONE)
    if transition.why_not is not None:
        return _refused(transition.why_not)
    form = Form((Section("", transition.fields),), (), by_name(transition.fields))
    guarded = opened.record_form.form.by_name.get(blueprint.field_name) or unknown_field("crm", blueprint.field_name)
    return Chosen(replace(opened, record_form=replace(opened.record_form, form=form)), blueprint, transition, guarded)


def preview(chosen: Chosen, typed: Typed) -> Preview | Refused:
    """What taking the transition would change, or what it still asks for."""
    entries = _entries(chosen, typed)
    return entries if isinstance(entries, Refused) else Preview(road.changes_of(entries, chosen.opened.zone))


def take(amend: Amend, user_id: UUID, chosen: Chosen, typed: Typed, *, origin: str = "form") -> Saved:
    """Take it, once, and prove that the record moved. Raises the ZohoErrors that mean *nothing was stored*."""
    snapshots.keep_typed(amend, chosen.opened.snapshot_id, typed, user_id)
    entries = _entries(chosen, typed)
    if isinstance(entries, Refused):
        return entries
    transition, blueprint = chosen.transition, chosen.blueprint
    named = {"id": transition.id, "name": transition.name, "process": blueprint.name, "field": blueprint.field_name}
    options = {"transition": {key: storable(text) for key, text in named.items()}}
    return road.write_entries(amend, user_id, chosen.opened, entries, options, origin=origin)


def _entries(chosen: Chosen, typed: Typed) -> list[Entry] | Refused:
    """The move of the guarded field, then what the transition asks for: Zoho wants a mandatory field even if it stays as it is."""
    opened, transition = chosen.opened, chosen.transition
    entries, errors = [_move(chosen)], dict[str, str]()
    for field in transition.fields:
        before = road.known(field.read(opened.record))
        try:
            sent = field.parse(list(typed.get(field.name, ())), opened.zone, before)
        except FieldError as error:
            errors[field.name] = str(error)
            continue
        if field.is_required and sent in (None, "", []):
            errors[field.name] = f"{field.label} cannot be empty."
        elif field.is_required or not field.same(before, sent):
            entries.append(Entry(field, before, sent))
    return road.refused(errors) if errors else entries


def move(chosen: Chosen) -> Change:
    """What the transition does to the guarded field."""
    return road.changes_of([_move(chosen)], chosen.opened.zone)[0]


def _move(chosen: Chosen) -> Entry:
    """Zoho names the next value as people see it; what is stored may be spelled otherwise."""
    field, wanted = chosen.guarded, chosen.transition.next_value
    stored = {option.label: option.value for option in field.options}
    value = wanted if wanted in stored.values() else stored.get(wanted, wanted)
    return Entry(field, road.known(field.read(chosen.opened.record)), value)


def open_for(amend: Amend, user_id: UUID, connection_id: UUID, module: str, record_id: str) -> Opened | Question:
    """The record with a snapshot, to take a transition from. Raises NotFoundError and the ZohoErrors of a read."""
    return drafts.open_record(amend, user_id, connection_id, "crm", module, record_id)


def _read(amend: Amend, connection_id: UUID, module: str, record_id: str) -> Mapping[str, Any] | None:
    answer = tools.run(amend, connection_id, "crm.get_blueprint", {"module": module, "id": record_id})
    return answer.value if isinstance(answer, Done) else None


def from_wire(chosen: Chosen, data: Mapping[str, Any]) -> Typed | Refused:
    """Values as a tool gives them, as a form would have posted them."""
    fields, typed, errors = chosen.opened.record_form.form.by_name, dict[str, list[str]](), dict[str, str]()
    for name, value in data.items():
        field = fields.get(name)
        if field is None:
            errors[name] = "This transition does not ask for this field."
        elif not field.fits(value):
            errors[name] = "This is no value for this field."
        else:
            control = field.control(value, chosen.opened.zone)
            typed[name] = [control] if isinstance(control, str) else list(control)
    return road.refused(errors) if errors else typed


def _refused(message: str) -> Refused:
    return Refused((Refusal(field=None, message=message),))
