"""Desk's field metadata and layout as a Form for one record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from zoho.fields import desk_types
from zoho.fields.crm_types import TEXT_KINDS
from zoho.fields.field import Field
from zoho.fields.form import Form, Section, by_name, comparable, count, dicts, is_true, left_out, part, settled, word
from zoho.fields.shown import is_blank, is_scalar, name_in, text_of
from zoho.fields.words import Kind, Option

Meta = dict[str, Any]
ONE_SECTION = "Fields"
_PEOPLE = ("assigneeId", "ownerId")


def desk_form(module: str, fields: list[Meta], layout: Meta | None, record: Meta) -> Form:
    """The form for ``record`` of ``module`` (``tickets``, ``contacts``, …).

    ``fields`` is ``GET /fields?module=``, ``layout`` the answer of ``/myForm`` or ``/layouts/{id}``; each may be
    empty. With neither fields nor layout, the form is made of what the record holds. What may be edited: custom
    fields, and the standard keys that a PATCH of this module takes, unless the agent's profile only reads them.
    """
    known: dict[str, Meta] = {}
    for meta in dicts(fields):
        if name := _name(meta):
            known.setdefault(name, meta)
    record = record if isinstance(record, dict) else {}
    for owner, name in desk_types.ID_LISTS if known else ():
        if owner == module and name in record:
            known.setdefault(name, {"apiName": name, "displayLabel": _spoken(name), "type": "MultiLookup"})
    parts = dicts(layout.get("sections")) if isinstance(layout, dict) else []
    if not parts:
        rows = known.values() or _guessed(module, record)
        shown = tuple(by_name(_field(module, meta, record) for meta in rows).values())
        return Form((Section(ONE_SECTION, shown),), (), by_name(shown))
    sections = _sections(module, parts, known, record)
    on_layout = by_name(field for section in sections for field in section.fields)
    others = by_name(comparable(_field(module, meta, record), record) for name, meta in known.items() if name not in on_layout)
    return Form(sections, left_out(others.values(), record), {**on_layout, **others})


def _sections(module: str, parts: Sequence[Meta], known: dict[str, Meta], record: Meta) -> tuple[Section, ...]:
    seen: set[str] = set()
    sections: list[Section] = []
    for one in parts:
        rows: list[Field] = []
        for entry in dicts(one.get("fields")):
            name = _name(entry)
            if name and name not in seen:
                seen.add(name)
                rows.append(_field(module, _merged(known.get(name, {}), entry), record))
        if rows:
            sections.append(Section(word(one.get("name"), one.get("displayLabel")), tuple(rows)))
    return tuple(sections)


def _merged(meta: Meta, entry: Meta) -> Meta:
    """The field as the layout has it. Some portals send layouts without values, others fields without: whichever has them."""
    merged = {**meta, **{key: value for key, value in entry.items() if value is not None}}
    merged["isReadOnly"] = is_true(meta.get("isReadOnly")) or is_true(entry.get("isReadOnly"))
    merged["isMandatory"] = any(is_true(one.get(key)) for one in (meta, entry) for key in ("isMandatory", "isSystemMandatory"))
    return merged


def _guessed(module: str, record: Meta) -> list[Meta]:
    """Fields made from the record, when Zoho shows no metadata: standard keys first, custom ones as text."""
    updatable = desk_types.UPDATABLE.get(module, frozenset())
    rows: list[Meta] = [
        {"apiName": key, "displayLabel": _spoken(key), "type": desk_types.STANDARD_TYPES.get(key, "Text")}
        for key in record
        if key in updatable
    ]
    custom = part(record, "cf")
    return rows + [{"apiName": key, "displayLabel": _spoken(key), "type": "Text", "isCustomField": True} for key in custom]


def _field(module: str, meta: Meta, record: Meta) -> Field:
    name, data_type = _name(meta), word(meta.get("type"))
    is_custom = is_true(meta.get("isCustomField")) or name.startswith("cf_")
    module_there = word(part(part(meta, "lookup"), "module").get("apiName")) or desk_types.LOOKUP_MODULES.get(name)
    kind = desk_types.TYPES.get(data_type.lower(), Kind.OTHER)
    most_ids = desk_types.ID_LISTS.get((module, name))
    if most_ids:
        kind = Kind.IDS
    if kind == Kind.LOOKUP and (name in _PEOPLE or module_there == "agents"):
        kind = Kind.OWNER
    wire_name = desk_types.WIRE_NAMES.get((module, name), name)
    why = _why_read_only(module, meta, kind, wire_name, is_custom=is_custom)
    length = count(meta.get("maxLength"))
    most = desk_types.DIGITS.get(kind)
    field = Field(
        name=name,
        label=word(meta.get("displayLabel"), meta.get("i18NLabel"), meta.get("name"), name),
        kind=kind,
        product="desk",
        path=("cf", name) if is_custom else (wire_name,),
        data_type=data_type,
        json_type="string" if is_custom else desk_types.JSON_TYPES.get(kind, "string"),
        is_required=any(is_true(meta.get(key)) for key in ("isMandatory", "isSystemMandatory")),
        is_editable=why is None,
        why_read_only=why,
        max_length=length if kind in TEXT_KINDS or kind == Kind.PICKLIST else None,
        digits=min(length, most) if most and length else most,
        decimal_places=_places(meta) if kind in (Kind.DECIMAL, Kind.CURRENCY, Kind.PERCENT) else None,
        options=_options(meta) if kind in (Kind.PICKLIST, Kind.MULTISELECT) else (),
        lookup_module=module_there if kind in (Kind.LOOKUP, Kind.OWNER) else None,
        tooltip=word(meta.get("toolTip")) or None,
        is_custom=is_custom,
        is_masked=is_true(meta.get("isEncryptedField")),
        max_rows=most_ids,
    )
    return settled(field, record, _included(field, record))


def _why_read_only(module: str, meta: Meta, kind: Kind, wire_name: str, *, is_custom: bool) -> str | None:
    data_type = word(meta.get("type"))
    if kind == Kind.OTHER:
        unknown = f"Amend does not know fields of the type “{data_type or 'none'}”; this one is changed in Zoho."
        return desk_types.WHY.get(data_type.lower(), unknown)
    if is_true(meta.get("isComputed")):
        return desk_types.WHY["formula"]
    if is_true(meta.get("isReadOnly")):
        return "Your Zoho profile may read this field, but not change it."
    if not is_custom and wire_name not in desk_types.UPDATABLE.get(module, frozenset()):
        return "Zoho does not let apps change this field."
    return None


def _options(meta: Meta) -> tuple[Option, ...]:
    """``-None-`` is a real value here. Values are texts, or objects with a ``value``."""
    found: dict[str, Option] = {}
    for key in ("allowedValues", "pickListValues"):
        rows = meta.get(key)
        for row in rows if isinstance(rows, list) and not found else ():
            raw = row.get("value") if isinstance(row, dict) else row
            value = text_of(raw) if is_scalar(raw) else ""
            if value:
                more = row if isinstance(row, dict) else {}
                colour = word(more.get("colorCode"), more.get("hexCode")) or None
                found.setdefault(value, Option(value, word(more.get("displayValue"), more.get("label"), value), colour))
        if found:
            break
    return tuple(found.values())


def _included(field: Field, record: Meta) -> tuple[Option, ...]:
    """What an id points to, by name, when the record carries it: ``assignee`` beside ``assigneeId``."""
    if field.kind not in (Kind.OWNER, Kind.LOOKUP) or not field.name.endswith("Id"):
        return ()
    wire, key = field.read(record), field.name.removesuffix("Id")
    for there in (part(record, key), part(part(record, "contact"), key)):
        name = name_in(there)
        if name and is_scalar(wire) and (is_blank(there.get("id")) or word(there.get("id")) == text_of(wire)):
            return (Option(text_of(wire), name),)
    return ()


def _places(meta: Meta) -> int | None:
    places = text_of(meta.get("decimalPlaces")) if is_scalar(meta.get("decimalPlaces")) else ""
    return int(places) if places in tuple("0123456789") else 9


def _spoken(key: str) -> str:
    """``subCategory`` as ``Sub Category``, ``cf_model_name`` as ``Model Name``, ``assigneeId`` as ``Assignee``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key.removeprefix("cf_").removesuffix("Id")).replace("_", " ").split()
    return " ".join(one[:1].upper() + one[1:] for one in words) or key


def _name(meta: Meta) -> str:
    name = meta.get("apiName")
    return name if isinstance(name, str) else ""
