"""What stands in the rows of a CRM field: the columns of a subform, the one lookup of a linking row.

Source: the dossier's crm.md sections 3 and 4. Zoho has spelt a multi-select lookup in two ways, v7 and 2026; both are read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from zoho.fields.field import Field
from zoho.fields.form import ANY_MODULE, Form, dicts, part, with_field, word
from zoho.fields.words import Kind, Option

UNKNOWN = "Zoho does not say what stands in these rows, so they are changed in Zoho."
_SYSTEM = frozenset(
    "id Parent_Id Owner Created_By Modified_By Created_Time Modified_Time Last_Activity_Time Layout Tag Locked__s Record_Image".split()
)
_ONE_CELL = frozenset({Kind.SUBFORM, Kind.LINKS, Kind.FILES, Kind.ANY_LOOKUP, Kind.SCHEDULE})
"""What a cell cannot hold."""


def subform_modules(fields: list[dict[str, Any]]) -> dict[str, str]:
    """Subform field → the module whose fields are its columns."""
    found: dict[str, str] = {}
    for meta in dicts(fields):
        if meta.get("data_type") == "subform" and (name := word(meta.get("api_name"))):
            module = word(part(meta, "associated_module").get("module"), part(meta, "subform").get("module"))
            if module.isidentifier() and module.isascii():
                found[name] = module
    return found


def with_columns(form: Form, name: str, columns: tuple[Field, ...]) -> Form:
    """The form with the columns of one subform; without any it is only shown. What a cell cannot hold is shown as text."""
    field = form.by_name.get(name)
    if field is None:
        return form
    shown = tuple(_cell(column) for column in columns if column.name not in _SYSTEM and not column.name.startswith("$"))
    if not shown:
        return with_field(form, replace(field, is_editable=False, why_read_only=field.why_read_only or UNKNOWN))
    return with_field(form, replace(field, columns=shown))


def is_any_module(meta: dict[str, Any]) -> bool:
    """True for a lookup whose module each record names itself."""
    return bool(word(part(part(meta, "lookup"), "module").get("api_name")) == ANY_MODULE)


def with_modules(form: Form, modules: tuple[Option, ...]) -> Form:
    """The form with the kinds of record that such a lookup may name."""
    for field in form.by_name.values():
        if field.lookup_module == ANY_MODULE and not field.modules:
            form = with_field(form, replace(field, modules=modules))
    return form


def link_column(meta: dict[str, Any], label: str) -> tuple[Field, ...]:
    """The lookup of a linking row, by the name it has there: v7 says it at the top, 2026 in ``linking_details``."""
    is_people = meta.get("data_type") == "multiuserlookup"
    said = part(meta, "multiuserlookup") or part(meta, "multiselectlookup")
    theirs = part(part(said, "linking_details"), "connected_lookup_field")
    name = word(said.get("connectedlookup_apiname"), theirs.get("api_name"))
    module = word(part(said, "connected_module").get("api_name"), part(part(said, "connected_details"), "module").get("api_name"))
    if not name:
        return ()
    kind = Kind.OWNER if is_people else Kind.LOOKUP
    return (Field(name, label, kind, path=(name,), json_type="jsonobject", lookup_module=module or None),)


def _cell(column: Field) -> Field:
    if column.kind not in _ONE_CELL:
        return replace(column, is_cell=True)
    return replace(column, is_editable=False, why_read_only="This is changed in Zoho.")
