"""A field as a row of the form: its control, what it holds, what it held, what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from changes.drafts import Opened
from changes.snapshots import Typed
from web.records import rich, tables
from web.records.lookups import PREFIX, Picker, module_picker, picker
from web.records.tables import Table
from zoho.answers import Refusal
from zoho.fields import ABSENT, Field, Kind
from zoho.fields.choices import NONE

EMPTY = "empty"
"""How an empty value is shown: never as nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a select."""

    value: str
    label: str
    is_selected: bool
    is_off: bool = False
    """It does not go with what the field that this one follows holds."""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One field, ready for the template. ``control`` None: it is text, and ``note`` says why it cannot be edited."""

    name: str
    label: str
    control: str | None
    value: str
    choices: tuple[Choice, ...]
    shown: str
    was: str | None
    held: str
    """What the control holds when nothing is changed; several values by line."""
    is_checked: bool
    is_required: bool
    is_number: bool
    note: str
    beside: str
    tooltip: str
    error: Refusal | None
    is_twin: bool
    """Another field before this one has the same label: the API name tells them apart."""
    follows: str = ""
    """Label of the picklist that decides what this one offers."""

    @property
    def is_coloured(self) -> bool:
        """Zoho gives its options colours."""
        return any(choice.colour for choice in self.choices)

    @property
    def colour(self) -> str:
        """Of what is chosen; "" when it has none."""
        return next((choice.colour for choice in self.choices if choice.is_selected), "")

    table: Table | None = None
    """Of a value that is rows."""
    preview: str = ""
    """Of a rich text: how it reads, as a document of its own that nothing can run in."""
    spoken: str = ""
    """The accessible name of a control that has no label of its own."""
    is_masked: bool = False
    picker: Picker | None = None

    @property
    def id(self) -> str:
        """HTML id and name of the control."""
        return PREFIX + self.name

    @property
    def key(self) -> str:
        """Name of the control without the prefix."""
        return f"{self.name}.id" if self.control == "any-lookup" else self.name

    @property
    def described_by(self) -> str:
        """Ids of what belongs to the control besides its label."""
        parts = (("e_", self.error), ("n_", self.note and self.control), ("b_", self.beside), ("t_", self.tooltip), ("a_", self.is_twin))
        return " ".join(prefix + self.name for prefix, is_there in parts if is_there)


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the layout."""

    name: str
    rows: tuple[Row, ...]
    columns: int = 1
    is_downward: bool = False


def wire_of(field: Field, record: Mapping[str, Any]) -> Any:
    """What the record holds, with None for what Zoho did not show."""
    wire = field.read(record)
    return None if wire is ABSENT else wire


def changed_only(opened: Opened, typed: Typed) -> dict[str, list[str]]:
    """What differs from the opened record.

    What the person left alone must not follow them to a newer snapshot, where it would undo somebody else's change.
    """
    fields = opened.record_form.form.by_name
    kept: dict[str, list[str]] = {}
    for name, posted in typed.items():
        field = fields.get(name)
        if field is not None and field.is_editable and not field.is_untouched(posted, wire_of(field, opened.record), opened.zone):
            kept[name] = field.trimmed(posted, wire_of(field, opened.record), opened.zone)
    return kept


def groups(
    opened: Opened, typed: Typed, errors: Mapping[str, Refusal], adding: str | None = None
) -> tuple[tuple[Group, ...], tuple[Row, ...]]:
    """The sections of the form, and the fields that the layout leaves out. ``adding``: the field that more empty rows are for."""
    form = opened.record_form.form
    seen: set[str] = set()
    sections = tuple(
        Group(section.name, tuple(_rows(section.fields, opened, typed, errors, seen, adding)), section.columns, section.is_downward)
        for section in form.sections
        if section.fields
    )
    return sections, tuple(_rows(form.off_layout, opened, typed, errors, seen, adding))


def _rows(
    fields: Iterable[Field], opened: Opened, typed: Typed, errors: Mapping[str, Refusal], seen: set[str], adding: str | None
) -> Iterable[Row]:
    for field in fields:
        wire = wire_of(field, opened.record)
        is_twin = field.label in seen
        seen.add(field.label)
        control = field.input_type(wire)
        if not field.is_editable or control == "readonly":
            yield _text(field, wire, opened, errors, is_twin)
        elif control in tables.CONTROLS:
            row = _control(field, wire, opened, typed.get(field.name), errors, is_twin)
            yield replace(row, table=tables.table(field, wire, opened, typed.get(field.name, ()), cell, is_adding=field.name == adding))
        else:
            row = _control(field, wire, opened, typed.get(field.name), errors, is_twin)
            yield _follow(row, opened, typed) if field.name in opened.record_form.dependencies else row


def _follow(row: Row, opened: Opened, typed: Typed) -> Row:
    """A picklist that offers what another's value allows. What is chosen stays in sight, fitting or not."""
    parent = opened.record_form.form.by_name.get(opened.record_form.dependencies[row.name].parent)
    allowed = opened.offered(typed).get(row.name)
    if parent is None or allowed is None:
        return replace(row, follows=parent.label if parent else "")
    free = {*allowed, "", NONE}
    choices = tuple(replace(choice, is_off=choice.value not in free and not choice.is_selected) for choice in row.choices)
    return replace(row, choices=choices, follows=parent.label)


def cell(field: Field, name: str, spoken: str, wire: Any, opened: Opened, posted: Sequence[str] | None) -> Row:
    """A cell of a table as a row of the form: ``name`` is that of its control, ``spoken`` its accessible name."""
    is_text = not field.is_editable or field.input_type(wire) in ("readonly", *tables.CONTROLS)
    row = _text(field, wire, opened, {}, False) if is_text else _control(field, wire, opened, posted, {}, False)
    return replace(row, name=name, label=field.label, spoken=spoken, tooltip="", note="", beside="")


def _text(field: Field, wire: Any, opened: Opened, errors: Mapping[str, Refusal], is_twin: bool) -> Row:
    return Row(
        name=field.name,
        label=field.label,
        control=None,
        value="",
        choices=(),
        shown=field.show(wire, opened.zone),
        was=None,
        held="",
        is_checked=False,
        is_required=False,
        is_number=False,
        note=field.why_read_only or "This field cannot be edited.",
        beside="",
        tooltip=field.tooltip or "",
        error=errors.get(field.name),
        is_twin=is_twin,
    )


def _control(
    field: Field,
    wire: Any,
    opened: Opened,
    posted: Sequence[str] | None,
    errors: Mapping[str, Refusal],
    is_twin: bool,
) -> Row:
    control = field.input_type(wire)
    held = field.control(wire, opened.zone)
    values = [held] if isinstance(held, str) else list(held)
    is_changed = posted is not None and not field.is_untouched(posted, wire, opened.zone)
    current = list(posted) if posted is not None and is_changed else values
    shown = field.show(wire, opened.zone)
    lookup = picker(opened, field, wire, current, control)
    row = Row(
        name=field.name,
        label=field.label,
        control=control,
        value=current[0] if current else "",
        choices=() if lookup else _choices(field, values, current, control),
        shown=shown,
        was=(shown or EMPTY) if is_changed else None,
        held="\n".join(values),
        is_checked=control == "checkbox" and any(value not in ("", "false") for value in current),
        is_required=field.is_required,
        is_number=field.kind in NUMBERS,
        note=_note(field, opened),
        beside=lookup.beside if lookup else _beside(field, wire, shown) if control == "text" else "",
        tooltip=field.tooltip or "",
        error=errors.get(field.name),
        is_twin=is_twin,
        preview=rich.document(current[0]) if field.kind == Kind.RICH_TEXT and current and current[0].strip() else "",
        is_masked=field.is_masked,
        picker=lookup,
    )
    return _with_modules(row, field, wire, opened, values, current) if control == "any-lookup" else row


def _with_modules(row: Row, field: Field, wire: Any, opened: Opened, held: Sequence[str], current: Sequence[str]) -> Row:
    """A lookup into one of several modules: the module is chosen, the record by its name or id."""
    was, now = (dict(part.partition("=")[::2] for part in parts) for parts in (held, current))
    labels = {"": "choose", **{option.value: option.label for option in field.modules}}
    chosen = now.get("module", "")
    choices = tuple(Choice(value, label, value == chosen) for value, label in labels.items() if value or not was.get("module"))
    texts = [text for name, _, text in (part.partition("=") for part in current) if name == "id"]
    lookup = module_picker(opened, field, wire, texts, chosen)
    return replace(row, value=now.get("id", ""), held=was.get("id", ""), choices=choices, beside=lookup.beside, picker=lookup)


NUMBERS = frozenset({Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.CURRENCY, Kind.PERCENT})


def _choices(field: Field, values: Sequence[str], current: Sequence[str], control: str) -> tuple[Choice, ...]:
    """The field's options; one to clear it unless it must be filled; and what it holds or was typed though it is no option."""
    if not control.startswith("select"):
        return ()
    labels = {option.value: option.label for option in field.options}
    if control == "select" and not (field.is_required and any(values)):
        doubled = {NONE} if field.product == "crm" else set()  # CRM's word for the same
        labels = {"": EMPTY, **{value: label for value, label in labels.items() if value not in doubled or value in (*values, *current)}}
    labels |= {value: f"{value} (not in the list)" for value in (*values, *current) if value and value not in labels}
    chosen = set(current) or {""}
    colours = {option.value: option.colour or "" for option in field.options}
    return tuple(Choice(value, label, value in chosen, colour=_colour(colours.get(value, ""))) for value, label in labels.items())


_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")


def _colour(text: str) -> str:
    """A colour of Zoho's, if it is one: it ends in an attribute of the page."""
    return text if _COLOUR.fullmatch(text) else ""


def _note(field: Field, opened: Opened) -> str:
    parts = [
        "Zoho did not show this value." if field.read(opened.record) is ABSENT else "",
        f"Time zone: {opened.zone.key}" if field.kind == Kind.DATETIME else "",
        "What you type replaces the whole value. Left empty, it stays as it is." if field.is_masked else "",
    ]
    return " ".join(filter(None, parts))


def _beside(field: Field, wire: Any, shown: str) -> str:
    """A lookup is edited by its id: the name of what it points to stands below."""
    if field.kind not in (Kind.LOOKUP, Kind.OWNER):
        return ""
    where = f" in {field.lookup_module}" if field.lookup_module else ""
    return f"Id of a record{where}." + (f" Now: {shown}" if any(character.isalpha() for character in shown) else "")
