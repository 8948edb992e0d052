"""CRM's field metadata and layouts as a Form for one record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoho.fields.crm_rows import UNKNOWN, link_column
from zoho.fields.crm_types import DECIMALS, TEXT_KINDS, kind_of, whole_digits, why_read_only
from zoho.fields.dependencies import Dependency, dependencies_of
from zoho.fields.field import Field
from zoho.fields.form import ANY_MODULE, Form, Section, by_name, count, dicts, part, settled_form, word
from zoho.fields.shown import is_scalar, text_of
from zoho.fields.words import Kind, Option

Meta = dict[str, Any]
HIDDEN = frozenset({"Wizard"})
"""It passes every rule for an editable field, and is none."""
ONE_SECTION = "Fields"
DOWN = "top_to_bottom"
_LARGEST = {"small": 2_000, "large": 32_000, "rich_text": 50_000}
_WITH_DECIMALS = frozenset({Kind.DECIMAL, Kind.CURRENCY, Kind.PERCENT})


def crm_form(fields: list[Meta], layouts: list[Meta], record: Meta) -> Form:
    """The form for ``record``, as read, or ``{}``: the template of its layout, settled for what the record holds."""
    return settled_form(crm_template(fields, layouts, layout_id(record)), record)


def layout_id(record: Meta) -> str:
    """The id of the record's layout, ``""`` when it names none."""
    return word(part(record, "Layout").get("id"))


def crm_template(fields: list[Meta], layouts: list[Meta], layout_id: str) -> Form:
    """What all records of a layout share: its sections, mandatory fields and options, everything else from the fields.

    ``fields`` is ``GET /settings/fields``, ``layouts`` ``GET /settings/layouts``, either may be empty. Tolerates missing keys,
    null, and names that come twice. Source: the dossier's crm.md sections 3 to 5.
    """
    known: dict[str, Meta] = {}
    for meta in dicts(fields):
        if (name := _name(meta)) and name not in HIDDEN:
            known.setdefault(name, meta)
    layout = _layout(dicts(layouts), layout_id)
    if layout is None:
        every = tuple(_field(meta) for meta in known.values())
        shown = tuple(field for field in every if known[field.name].get("visible") is not False)
        return Form((Section(ONE_SECTION, shown),), (), by_name(every))
    sections = _sections(layout, known)
    on_layout = by_name(field for section in sections for field in section.fields)
    others = by_name(_field(meta) for name, meta in known.items() if name not in on_layout)
    rest = tuple(field for field in others.values() if known[field.name].get("visible") is not False)
    return Form(sections, rest, {**on_layout, **others})


def crm_dependencies(fields: list[Meta], layouts: list[Meta], layout_id: str) -> dict[str, Dependency]:
    """Which picklists of the record's layout follow another, by the follower's name."""
    layout = _layout(dicts(layouts), layout_id)
    sections = dicts(layout.get("sections")) if layout else ()
    known = {_name(meta): meta for meta in dicts(fields)}
    entries = [_merged(known.get(_name(entry), {}), entry) for one in sections for entry in dicts(one.get("fields"))]
    return dependencies_of(entries if sections else fields)


def used_layout_id(layouts: list[Meta], layout_id: str) -> str:
    """The id of the layout that a form of such a record is built from; "" for none."""
    found = word((_layout(dicts(layouts), layout_id) or {}).get("id"))
    return found if found.isascii() and found.isdigit() else ""


def _layout(layouts: Sequence[Meta], layout_id: str) -> Meta | None:
    """The record's layout; when it names none, the first that is in use. None when its own is not among those we may see."""
    if layout_id:
        return next((layout for layout in layouts if word(layout.get("id")) == layout_id), None)
    used = (layout for layout in layouts if layout.get("visible") is not False and layout.get("status") in (None, "active"))
    return next(used, layouts[0] if layouts else None)


def _sections(layout: Meta, known: dict[str, Meta]) -> tuple[Section, ...]:
    seen: set[str] = set()
    sections: list[Section] = []
    for section in _in_order(dicts(layout.get("sections"))):
        if section.get("type") == "unused":
            continue
        rows: list[Field] = []
        for entry in _in_order(dicts(section.get("fields"))):
            name = _name(entry)
            if name and name not in HIDDEN and name not in seen and _belongs(entry, section):
                seen.add(name)
                meta = _merged(known.get(name, {}), entry) | {"maximum_rows": part(section, "properties").get("maximum_rows")}
                if meta.get("visible") is not False:
                    rows.append(_field(meta))
        if rows:
            name = word(section.get("display_label"), section.get("name"), section.get("api_name"))
            sections.append(Section(name, tuple(rows), count(section.get("column_count")) or 1, section.get("tab_traversal") == DOWN))
    return tuple(sections)


def _belongs(entry: Meta, section: Meta) -> bool:
    """A subform's section may list the subform's columns, which are fields of another module."""
    return section.get("isSubformSection") is not True or entry.get("data_type") == "subform"


def _merged(meta: Meta, entry: Meta) -> Meta:
    """The field as the layout has it. What either of them forbids stays forbidden; no options in the layout are those of the field."""
    merged = {**meta, **{key: value for key, value in entry.items() if value is not None}}
    if not merged.get("pick_list_values"):
        merged["pick_list_values"] = meta.get("pick_list_values")
    merged["read_only"] = meta.get("read_only") is True or entry.get("read_only") is True
    merged["visible"] = meta.get("visible") is not False and entry.get("visible") is not False
    merged["system_mandatory"] = meta.get("system_mandatory") is True or entry.get("system_mandatory") is True
    for key in ("operation_type", "view_type"):
        merged[key] = {**part(entry, key), **{flag: False for flag, value in part(meta, key).items() if value is False}} or part(meta, key)
    return merged


def _field(meta: Meta) -> Field:
    name, kind, modules = _name(meta), kind_of(meta), _modules(meta)
    length, json_type = count(meta.get("length")), word(meta.get("json_type"))
    why, label = why_read_only(meta, kind), word(meta.get("field_label"), meta.get("display_label"), name)
    columns = link_column(meta, label) if kind == Kind.LINKS else ()
    if kind == Kind.LINKS and not columns:
        why = why or UNKNOWN
    if kind == Kind.LOOKUP and (len(modules) > 1 or _lookup_module(meta) == ANY_MODULE):
        kind = Kind.ANY_LOOKUP
    return Field(
        name=name,
        label=label,
        kind=kind,
        path=(name,),
        data_type=word(meta.get("data_type")),
        json_type=json_type,
        is_required=meta.get("required") is True or meta.get("system_mandatory") is True,
        is_editable=why is None,
        why_read_only=why,
        max_length=_max_length(meta, kind, length),
        digits=whole_digits(kind, length),
        decimal_places=_places(meta, json_type) if kind in _WITH_DECIMALS else None,
        options=_options(meta) if kind in (Kind.PICKLIST, Kind.MULTISELECT) else (),
        lookup_module=_lookup_module(meta),
        is_filtered=bool(part(part(meta, "lookup"), "query_details").get("criteria")),
        tooltip=word(part(meta, "tooltip").get("value")) or None,
        is_custom=meta.get("custom_field") is True,
        is_masked=bool(part(meta, "mask_details")),
        columns=columns,
        max_rows=_max_rows(meta, kind, length),
        modules=modules,
    )


def crm_columns(fields: list[Meta]) -> tuple[Field, ...]:
    """The fields of a subform's own module, as the cells of its rows."""
    return tuple(by_name(_field(meta) for meta in dicts(fields) if _name(meta) and meta.get("visible") is not False).values())


def _modules(meta: Meta) -> tuple[Option, ...]:
    """Those that a lookup may point into, where Zoho lists them."""
    rows = dicts(part(meta, "multi_module_lookup").get("modules"))
    return tuple(Option(name, word(row.get("module_name"), name)) for row in rows if (name := word(row.get("api_name"))))


def _max_rows(meta: Meta, kind: Kind, length: int | None) -> int | None:
    """A subform's is told by its layout, a file field's by its length."""
    return length if kind == Kind.FILES else count(meta.get("maximum_rows")) if kind == Kind.SUBFORM else None


def _options(meta: Meta) -> tuple[Option, ...]:
    """Those in use; the actual value is sent, the display value shown."""
    found: dict[str, Option] = {}
    for row in dicts(meta.get("pick_list_values")):
        actual = row.get("actual_value")
        value = text_of(actual) if is_scalar(actual) else word(row.get("display_value"))
        if row.get("type") != "unused" and value:
            colour = row.get("colour_code")
            found.setdefault(value, Option(value, word(row.get("display_value"), value), colour if isinstance(colour, str) else None))
    return tuple(found.values())


def _lookup_module(meta: Meta) -> str | None:
    """The module that a lookup points to; ``se_module`` for one that each record names itself."""
    module = word(part(part(meta, "lookup"), "module").get("api_name"))
    several = dicts(part(meta, "multi_module_lookup").get("modules"))
    if not module and len(several) == 1:
        module = word(several[0].get("api_name"))
    return module or None


def _max_length(meta: Meta, kind: Kind, length: int | None) -> int | None:
    if kind in TEXT_KINDS or kind == Kind.PICKLIST:
        return length or _LARGEST.get(word(part(meta, "textarea").get("type")))
    return None


def _places(meta: Meta, json_type: str) -> int:
    places = meta.get("decimal_place")
    if json_type == "integer":
        return 0
    return places if isinstance(places, int) and not isinstance(places, bool) and 0 <= places <= DECIMALS else DECIMALS


def _in_order(entries: list[Meta]) -> list[Meta]:
    """By sequence number; an entry without one stays behind its neighbour."""
    place, placed = 0, list[tuple[int, Meta]]()
    for entry in entries:
        number = entry.get("sequence_number")
        place = 0 if number == 0 else count(number) or place
        placed.append((place, entry))
    return [entry for _, entry in sorted(placed, key=lambda pair: pair[0])]


def _name(meta: Meta) -> str:
    name = meta.get("api_name")
    return name if isinstance(name, str) else ""
