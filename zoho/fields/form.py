"""A form: the fields of a record in the sections of its layout; and what both products need to build one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zoho.fields.choices import id_of, items
from zoho.fields.cut import has_more, is_cut
from zoho.fields.field import Field
from zoho.fields.shown import is_scalar, name_in, text_of
from zoho.fields.words import ABSENT, Kind, Option

NOT_IN_LAYOUT = "(not in this layout)"
NOT_IN_LIST = "(not in the list)"
ROWS = frozenset({Kind.SUBFORM, Kind.LINKS, Kind.FILES})
UNSEEN = "Zoho did not show this value, so an edit could not be compared with it."
ANY_MODULE = "se_module"
"""CRM's name for a lookup whose module each record names itself, as an activity's What_Id."""


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading."""

    name: str
    fields: tuple[Field, ...]
    columns: int = 1
    is_downward: bool = False
    """Several columns are read one after the other, not line by line."""


@dataclass(frozen=True, slots=True)
class Form:
    """Each field once: in a section, or left out by the layout (the editable ones first), or known by name alone."""

    sections: tuple[Section, ...]
    off_layout: tuple[Field, ...]
    by_name: Mapping[str, Field]

    @property
    def not_shown(self) -> tuple[Field, ...]:
        """Fields known by name alone: the profile of the Zoho user hides them."""
        shown = {field.name for fields in (*(one.fields for one in self.sections), self.off_layout) for field in fields}
        return tuple(field for name, field in self.by_name.items() if name not in shown)


def with_options(form: Form, name: str, options: Sequence[Option]) -> Form:
    """The form with other options for one field, such as the people who may own a record. What the record holds stays among them."""
    field = form.by_name.get(name)
    if field is None:
        return form
    listed = {option.value for option in options}
    held = tuple(option for option in field.held if option.value not in listed)
    more = tuple(Option(option.value, f"{option.label} {NOT_IN_LIST}") for option in held)
    return with_field(form, replace(field, options=(*options, *more), held=held))


def with_field(form: Form, new: Field) -> Form:
    """The form with another field in place of the one of that name."""
    name = new.name
    sections = tuple(
        replace(part, fields=_swapped(part.fields, new)) if any(one.name == name for one in part.fields) else part for part in form.sections
    )
    return Form(sections, _swapped(form.off_layout, new), {**form.by_name, name: new})


def settled_form(template: Form, record: Mapping[str, Any]) -> Form:
    """The template's fields for this record."""
    fields = {name: settled(field, record) for name, field in template.by_name.items()}
    sections = tuple(replace(one, fields=tuple(fields[field.name] for field in one.fields)) for one in template.sections)
    known = (fields[field.name] for field in template.off_layout)
    rest = by_name(comparable(field, record) if record else field for field in known)
    return Form(sections, left_out(rest.values(), record), {**fields, **rest})


def settled(field: Field, record: Mapping[str, Any], names: Sequence[Option] = ()) -> Field:
    """The field for this record: locked when no control can hold its value, and with a name for what it holds beyond its options."""
    if field.lookup_module == ANY_MODULE:
        field = _in_its_module(field, record)
    wire = field.read(record)
    if wire is ABSENT or wire is None:
        return field
    if not field.fits(wire):
        why = field.why_read_only or "Zoho holds something here that cannot be edited as text."
        return replace(field, is_editable=False, why_read_only=why)
    if field.kind in ROWS and has_more(record, field.name):
        return replace(field, is_partial=True, max_rows=None)
    if field.kind == Kind.RICH_TEXT and is_cut(record, field.name, wire):
        return replace(field, is_editable=False, why_read_only="Zoho showed only the beginning of this text.")
    if field.kind in (Kind.OWNER, Kind.LOOKUP):
        return _with_name(field, wire, names)
    if not field.options or field.kind not in (Kind.PICKLIST, Kind.MULTISELECT):
        return field
    listed = {option.value for option in field.options}
    held = tuple(Option(value, value) for value in _values(field, wire) if value not in listed)
    if not held:
        return field
    return replace(field, held=held, options=(*field.options, *(Option(one.value, f"{one.value} {NOT_IN_LAYOUT}") for one in held)))


def comparable(field: Field, record: Mapping[str, Any]) -> Field:
    """A field that neither the layout nor the record shows may be hidden from the person: it is not written blindly."""
    if field.is_editable and field.read(record) is ABSENT:
        return replace(field, is_editable=False, why_read_only=UNSEEN)
    return field


def left_out(fields: Iterable[Field], record: Mapping[str, Any]) -> tuple[Field, ...]:
    """What the layout leaves out: first what can be edited, then what is only to be read and has been shown by Zoho."""
    rows = [field for field in fields if field.is_editable or field.read(record) is not ABSENT]
    return tuple(sorted(rows, key=lambda field: not field.is_editable))


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list | tuple) else []


def part(value: Any, key: str) -> dict[str, Any]:
    """``value[key]`` as an object: Zoho writes ``{}`` or null for none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def word(*candidates: Any) -> str:
    """The first that is text, or can be."""
    return next((text for one in candidates if is_scalar(one) and (text := text_of(one)).strip()), "")


def count(value: Any) -> int | None:
    """A positive number, also as text; else None."""
    text = text_of(value) if is_scalar(value) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else None


def is_true(value: Any) -> bool:
    """True, also as text: Desk is not of one mind."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def by_name(fields: Iterable[Field]) -> dict[str, Field]:
    """The first field of each name."""
    found: dict[str, Field] = {}
    for field in fields:
        found.setdefault(field.name, field)
    return found


def _in_its_module(field: Field, record: Mapping[str, Any]) -> Field:
    """A lookup into any module: the record names which, and a write must name it again beside the id."""
    module = word(record.get("$se_module")) if isinstance(record, Mapping) else ""
    if not module and not field.modules:
        why = field.why_read_only or "Zoho does not say in which module this record stands, so another cannot be named here."
        return replace(field, lookup_module=None, is_editable=False, why_read_only=why)
    listed = any(option.value == module for option in field.modules) or not module
    modules = field.modules if listed else (*field.modules, Option(module, module))
    return replace(field, lookup_module=module or None, companions=(("$se_module", module),), modules=modules)


def _with_name(field: Field, wire: Any, names: Sequence[Option]) -> Field:
    record_id = id_of(wire)
    if not record_id or any(option.value == record_id for option in field.options):
        return field
    name = name_in(wire) if isinstance(wire, dict) else next((one.label for one in names if one.value == record_id), "")
    held = Option(record_id, name or record_id)
    more = (Option(held.value, f"{held.label} {NOT_IN_LIST}"),) if field.options else ()
    return replace(field, held=(held,) if name or more else (), options=(*field.options, *more))


def _values(field: Field, wire: Any) -> tuple[str, ...]:
    return items(field, wire) if field.kind == Kind.MULTISELECT else tuple(items(field, [wire]))


def _swapped(fields: tuple[Field, ...], new: Field) -> tuple[Field, ...]:
    return tuple(new if field.name == new.name else field for field in fields)
