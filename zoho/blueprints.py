"""A record's blueprint: where it stands, and what each possible transition asks for. Source: crm.md section 11 of the dossier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zoho.fields import Field, crm_template
from zoho.fields.form import dicts, is_true, part, word

IN_ZOHO = "This transition asks for something that can only be given in Zoho CRM: {what}. Take it there."


@dataclass(frozen=True, slots=True)
class Transition:
    """One way on. ``fields`` can be filled here; ``others`` names what is asked for besides, and can be left out.

    ``why_not``: why it cannot be taken from here, None when it can.
    """

    id: str
    name: str
    next_value: str
    fields: tuple[Field, ...]
    others: tuple[str, ...]
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A process, the field it guards with the value it holds now, and the transitions in Zoho's order."""

    name: str
    field_name: str
    field_label: str
    value: str
    transitions: tuple[Transition, ...]

    def find(self, transition_id: str) -> Transition | None:
        """The transition of this id, if the record can still take it."""
        return next((each for each in self.transitions if each.id == transition_id), None)


def read(body: Mapping[str, Any], known: Mapping[str, Field] | None = None) -> Blueprint:
    """The answer of ``CrmClient.blueprint``; ``known`` are the record's own fields, which tell more than the transition does.

    Tolerates missing keys: a widget or a note has no ``api_name``, and is nothing that a form can fill.
    """
    process = part(dict(body), "process_info")
    return Blueprint(
        name=word(process.get("name")),
        field_name=word(process.get("api_name")),
        field_label=word(process.get("field_label"), process.get("field_name"), process.get("api_name")),
        value=word(process.get("field_value"), part(process, "current_picklist").get("value")),
        transitions=tuple(_transition(row, known or {}) for row in dicts(body.get("transitions")) if word(row.get("id"))),
    )


def _transition(row: dict[str, Any], known: Mapping[str, Field]) -> Transition:
    asked = sorted(dicts(row.get("fields")), key=_sequence)
    filled = [(meta, _field(meta, known)) for meta in asked]
    fields = {field.name: field for _, field in filled if field is not None}
    missing = [meta for meta, field in filled if field is None]
    must = [_label(meta) for meta in missing if is_true(meta.get("mandatory"))]
    return Transition(
        id=word(row.get("id")),
        name=word(row.get("name"), row.get("next_field_value"), row.get("id")),
        next_value=word(row.get("next_field_value")),
        fields=tuple(fields.values()),
        others=tuple(_label(meta) for meta in missing),
        why_not=_why_not(row, must),
    )


def _why_not(row: dict[str, Any], must: list[str]) -> str | None:
    if word(row.get("type")).lower() == "automatic":
        return "Zoho takes this transition by itself."
    if row.get("criteria_matched") in (False, "false"):
        said = word(row.get("criteria_message"))
        return f"The record does not meet its condition.{f' Zoho says: “{said[:300]}”' if said else ''}"
    return IN_ZOHO.format(what=", ".join(must)) if must else None


def _field(meta: dict[str, Any], known: Mapping[str, Field]) -> Field | None:
    """The field as the record's form has it, mandatory when the transition says so; None for what no control can hold."""
    name = word(meta.get("api_name"))
    if not name or word(meta.get("_type")) not in ("", "fields", "field"):
        return None
    field = known.get(name)
    if field is None:  # what the transition itself says of it: there, "visible" is about the layout
        field = crm_template([{key: value for key, value in meta.items() if key != "visible"}], [], "").by_name.get(name)
    if field is None or not field.is_editable:
        return None
    return replace(field, is_required=field.is_required or is_true(meta.get("mandatory")))


def _label(meta: dict[str, Any]) -> str:
    return word(meta.get("field_label"), meta.get("display_label"), meta.get("api_name"), meta.get("_type"), meta.get("data_type")) or "?"


def _sequence(meta: dict[str, Any]) -> int:
    number = meta.get("transition_sequence")
    return number if isinstance(number, int) else 0
