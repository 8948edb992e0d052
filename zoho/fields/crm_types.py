"""CRM's data types as kinds, and why a field cannot be edited, in plain words.

Source: the dossier's crm.md sections 3 and 4. ``json_type`` is trusted over ``data_type``: a Tag is a text, and a JSON array.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from zoho.fields.form import part, word
from zoho.fields.words import Kind

DATA_TYPES = MappingProxyType(
    {
        "text": Kind.TEXT,
        "textarea": Kind.TEXTAREA,
        "email": Kind.EMAIL,
        "phone": Kind.PHONE,
        "website": Kind.WEBSITE,
        "integer": Kind.INTEGER,
        "bigint": Kind.BIGINT,
        "double": Kind.DECIMAL,
        "currency": Kind.CURRENCY,
        "percent": Kind.PERCENT,
        "boolean": Kind.BOOLEAN,
        "date": Kind.DATE,
        "datetime": Kind.DATETIME,
        "picklist": Kind.PICKLIST,
        "multiselectpicklist": Kind.MULTISELECT,
        "ownerlookup": Kind.OWNER,
        "userlookup": Kind.OWNER,
        "lookup": Kind.LOOKUP,
        "multi_module_lookup": Kind.LOOKUP,
        "subform": Kind.SUBFORM,
        "multiselectlookup": Kind.LINKS,
        "multiuserlookup": Kind.LINKS,
        "fileupload": Kind.FILES,
        "imageupload": Kind.FILES,
        "event_reminder": Kind.SCHEDULE,
        "multireminder": Kind.SCHEDULE,
        "ALARM": Kind.SCHEDULE,
        "RRULE": Kind.SCHEDULE,
    }
)
TEXT_KINDS = frozenset({Kind.TEXT, Kind.TEXTAREA, Kind.RICH_TEXT, Kind.EMAIL, Kind.PHONE, Kind.WEBSITE})
_NUMBERS = frozenset({"integer", "double", "string"})
_LINKS = frozenset({"jsonobject", "string", "integer"})
_JSON_TYPES = MappingProxyType(
    dict.fromkeys(TEXT_KINDS, frozenset({"string"}))
    | dict.fromkeys((Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.CURRENCY, Kind.PERCENT), _NUMBERS)
    | {
        Kind.BOOLEAN: frozenset({"boolean", "string"}),
        Kind.DATE: frozenset({"string"}),
        Kind.DATETIME: frozenset({"string"}),
        Kind.PICKLIST: frozenset({"string", "integer", "double", "boolean"}),
        Kind.MULTISELECT: frozenset({"jsonarray", "string"}),
        Kind.OWNER: _LINKS,
        Kind.LOOKUP: _LINKS,
        Kind.ANY_LOOKUP: _LINKS,
    }
    | dict.fromkeys((Kind.SUBFORM, Kind.LINKS, Kind.FILES), frozenset({"jsonarray"}))
)
"""What each kind can be on the wire."""
_OTHERWISE = MappingProxyType(
    dict.fromkeys(((kind, "integer") for kind in TEXT_KINDS), Kind.INTEGER)
    | dict.fromkeys(((kind, "double") for kind in TEXT_KINDS), Kind.DECIMAL)
    | dict.fromkeys(((kind, "boolean") for kind in TEXT_KINDS), Kind.BOOLEAN)
    | {(Kind.PICKLIST, "jsonarray"): Kind.MULTISELECT}
)
_WHOLE = MappingProxyType({Kind.INTEGER: 9, Kind.BIGINT: 18, Kind.DECIMAL: 16, Kind.CURRENCY: 16, Kind.PERCENT: 16})
"""Most digits before the point that Zoho documents; a percent's own length is 5."""
DECIMALS = 9

_COMPUTED = "Zoho works this value out itself."
_REMINDERS = "Reminders and repetitions are changed in Zoho: it keeps them as rules, and lets apps set them only for a new record."
_WHY = MappingProxyType(
    {
        "formula": _COMPUTED,
        "rollup_summary": _COMPUTED,
        "autonumber": "Zoho numbers its records itself.",
        "profileimage": "The picture of a record is changed in Zoho, at the top of the record's page.",
        "consent_lookup": "Consent is recorded in Zoho, in the record's Data Privacy section.",
        "territories": "Territories are assigned in Zoho, by rule or with “Assign territory” on the record's page.",
        "linetax": "Taxes of line items are changed in Zoho, in the record's item list.",
        "time_range": "A range of times is changed in Zoho, on the record's page.",
        "layout": "The layout decides which fields a record has; it is changed in Zoho.",
        "module": "Which kind of record this belongs to is decided when it is made.",
    }
)
_SYSTEM = frozenset("id Created_Time Modified_Time Created_By Modified_By Last_Activity_Time".split())


def kind_of(meta: dict[str, Any]) -> Kind:
    """The kind of a field; OTHER for what cannot be edited in a form, and for types that we have never seen."""
    kind = DATA_TYPES.get(word(meta.get("data_type")), Kind.OTHER)
    if kind == Kind.TEXTAREA and part(meta, "textarea").get("type") == "rich_text":
        kind = Kind.RICH_TEXT
    json_type = word(meta.get("json_type"))
    if not json_type or json_type in _JSON_TYPES.get(kind, {json_type}):
        return kind
    return _OTHERWISE.get((kind, json_type), Kind.OTHER)


def whole_digits(kind: Kind, length: int | None) -> int | None:
    """How many digits a number may have before its point; None for what is no number."""
    most = _WHOLE.get(kind)
    return min(length, most) if most and length else most


def why_read_only(meta: dict[str, Any], kind: Kind) -> str | None:
    """Why nobody may edit this field, or None when one may. Flags that are missing say nothing, and the others decide.

    ``field_read_only`` counts only when nothing else is known: Zoho sets it on Owner, which can be edited.
    """
    if kind == Kind.SCHEDULE:
        return _REMINDERS
    if kind == Kind.OTHER:
        return _why_other(meta)
    return _why_by_nature(meta) or _why_protected(meta) or _why_by_right(meta)


def _why_other(meta: dict[str, Any]) -> str:
    data_type = word(meta.get("data_type"))
    if data_type in _WHY:
        return _WHY[data_type]
    if meta.get("child_fields"):
        return "This is put together from its parts, which are edited one by one."
    if meta.get("api_name") == "Tag":
        return "Tags are changed in Zoho, beside the record's name."
    if data_type in DATA_TYPES:
        return f"This field holds a structure ({word(meta.get('json_type'))}) that is changed in Zoho."
    return f"Amend does not know fields of the type “{data_type or 'none'}”; this one is changed in Zoho."


def _why_by_nature(meta: dict[str, Any]) -> str | None:
    name = word(meta.get("api_name"))
    if name in _SYSTEM or name.startswith("$"):
        return "Zoho sets this value itself."
    if meta.get("element_type") == "mirror_field":
        return "This value belongs to the record that is looked up; it is changed there."
    return None


def _why_protected(meta: dict[str, Any]) -> str | None:
    if part(meta, "private").get("restricted") is True or part(meta, "hipaa_compliance").get("restricted") is True:
        return "Zoho withholds this personal data from apps, so it cannot be edited here."
    if part(meta, "crypt").get("status") == 2:
        return "Zoho is encrypting or decrypting this field now; try again later."
    return None


def _why_by_right(meta: dict[str, Any]) -> str | None:
    api_update, edit = part(meta, "operation_type").get("api_update"), part(meta, "view_type").get("edit")
    if meta.get("visible") is False:
        return "Your Zoho profile does not show this field."
    if meta.get("read_only") is True:
        return "Your Zoho profile may read this field, but not change it."
    if api_update is False and meta.get("data_type") != "subform":  # Zoho says so of every subform, and takes its rows all the same
        return "Zoho does not let apps change this field."
    if edit is False:
        return "Zoho does not offer this field for editing."
    if api_update is None and edit is None and meta.get("field_read_only") is True and meta.get("data_type") != "ownerlookup":
        return "Zoho says that this field is read-only."
    return None
