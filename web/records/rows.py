"""A field as a row of the form: its control, what it holds, what it held, what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from changes.drafts import Opened
from changes.snapshots import Typed
from web.records.lookups import Picker, picker
from zoho.answers import Refusal
from zoho.fields import ABSENT, Field, Kind

PREFIX = "f_"
"""Of the HTML names of fields, so that a field called ``action`` is no button."""
EMPTY = "empty"
"""How an empty value is shown: never as nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a select."""

    value: str
    label: str
    is_selected: bool


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
    picker: Picker | None = None

    @property
    def id(self) -> str:
        """HTML id and name of the control."""
        return PREFIX + self.name

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
            kept[name] = list(posted)
    return kept


def groups(opened: Opened, typed: Typed, errors: Mapping[str, Refusal]) -> tuple[tuple[Group, ...], tuple[Row, ...]]:
    """The sections of the form, and the fields that the layout leaves out."""
    form = opened.record_form.form
    seen: set[str] = set()
    sections = tuple(
        Group(section.name, tuple(_rows(section.fields, opened, typed, errors, seen))) for section in form.sections if section.fields
    )
    return sections, tuple(_rows(form.off_layout, opened, typed, errors, seen))


def _rows(fields: Iterable[Field], opened: Opened, typed: Typed, errors: Mapping[str, Refusal], seen: set[str]) -> Iterable[Row]:
    for field in fields:
        wire = wire_of(field, opened.record)
        is_twin = field.label in seen
        seen.add(field.label)
        if not field.is_editable or field.input_type(wire) == "readonly":
            yield _text(field, wire, opened, errors, is_twin)
        else:
            yield _control(field, wire, opened, typed.get(field.name), errors, is_twin)


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


def _control(field: Field, wire: Any, opened: Opened, posted: Sequence[str] | None, errors: Mapping[str, Refusal], is_twin: bool) -> Row:
    control = field.input_type(wire)
    held = field.control(wire, opened.zone)
    values = [held] if isinstance(held, str) else list(held)
    is_changed = posted is not None and not field.is_untouched(posted, wire, opened.zone)
    current = list(posted) if posted is not None and is_changed else values
    shown = field.show(wire, opened.zone)
    lookup = picker(opened, field, wire, current, control)
    return Row(
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
        picker=lookup,
    )


NUMBERS = frozenset({Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.CURRENCY, Kind.PERCENT})


def _choices(field: Field, values: Sequence[str], current: Sequence[str], control: str) -> tuple[Choice, ...]:
    """The field's options; one to clear it unless it must be filled; and what it holds or was typed though it is no option."""
    if not control.startswith("select"):
        return ()
    labels = {option.value: option.label for option in field.options}
    if control == "select" and not (field.is_required and any(values)):
        labels = {"": EMPTY, **labels}
    labels |= {value: f"{value} (not in the list)" for value in (*values, *current) if value and value not in labels}
    chosen = set(current) or {""}
    return tuple(Choice(value, label, value in chosen) for value, label in labels.items())


def _note(field: Field, opened: Opened) -> str:
    if field.kind == Kind.DATETIME:
        return f"Time zone: {opened.zone.key}"
    if field.is_masked:
        return "Zoho shows this value masked; what you type replaces it whole."
    return ""


def _beside(field: Field, wire: Any, shown: str) -> str:
    """A lookup is edited by its id: the name of what it points to stands below."""
    if field.kind not in (Kind.LOOKUP, Kind.OWNER):
        return ""
    where = f" in {field.lookup_module}" if field.lookup_module else ""
    return f"Id of a record{where}." + (f" Now: {shown}" if any(character.isalpha() for character in shown) else "")
