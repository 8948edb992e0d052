"""What a text of Zoho's timeline stands for as a value: one that can be sent, or in words why nobody can tell.

The timeline gives what people see: labels of picklists, names of people and records. Zoho documents no more than "values are
strings" (crm.md of the dossier, section 12), so what could mean two things means none here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from changes.candidates import find_candidates, target_of
from changes.drafts import Opened
from zoho.errors import ZohoError
from zoho.fields import Field, FieldError, Kind, Wire
from zoho.fields.choices import NONE, id_of, truth
from zoho.fields.cut import may_be_cut
from zoho.fields.shown import lf, name_in, text_of
from zoho.fields.times import instant
from zoho.runtime import Amend

ID_DIGITS = 16
"""A telephone number has at most 15 digits, a Zoho id rarely fewer than 16."""
SEPARATORS = (";", ",")
"""With which the values of a multi-select may be joined: Zoho does not say."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text of the timeline about a field of an opened record; ``id`` where Zoho gave one beside the name."""

    field: Field
    text: str
    id: str
    opened: Opened

    def parse(self, *posted: str) -> Wire:
        """As if typed into the form. Raises FieldError."""
        try:
            return self.field.parse(posted, self.opened.zone, self.field.read(self.opened.record))
        except FieldError as why:
            raise FieldError(f"It was {_quoted(self.text)} then, which cannot be sent: {why}" if self.text else str(why)) from why


def value_of(amend: Amend, told: Told) -> Wire:
    """The value to send so that the field holds what was told. Raises FieldError with why nobody can tell."""
    if told.field.is_masked:
        raise FieldError("Zoho masks its values, so nobody here knows the earlier one.")
    if told.field.kind in _POINTING:
        return _pointed(amend, told)
    return _plain_value(told)


def tells(told: Told, wire: Wire) -> bool:
    """Whether the text is what Zoho's timeline would say of this value."""
    field = told.field
    if told.id:
        return id_of(wire) == told.id
    if not told.text:
        return field.same(None, wire)
    name = name_in(wire) if isinstance(wire, dict) else id_of(wire)
    if lf(told.text) in map(lf, (text_of(wire), field.show(wire, told.opened.zone), name)):
        return True
    try:
        return field.kind not in _POINTING and field.same(_plain_value(told), wire)
    except FieldError:
        return False


def _plain_value(told: Told) -> Wire:
    read = _READ.get(told.field.kind)
    if read is None:
        raise FieldError("Zoho's timeline tells of it only as text, from which its value cannot be made again.")
    if not told.text and told.field.kind != Kind.BOOLEAN:
        return told.parse("")
    return read(told)


def _typed(told: Told) -> Wire:
    return told.parse(told.text)


def _text(told: Told) -> Wire:
    if may_be_cut(told.text) or told.text.endswith(("...", "…")):
        raise FieldError("Zoho's timeline may show only the beginning of what it was.")
    return _typed(told)


def _truth(told: Told) -> Wire:
    held = truth(told.text)
    if held is None:
        raise FieldError(f"{_quoted(told.text) if told.text else 'Nothing'} is neither ticked nor unticked.")
    return told.parse("true" if held else "")


def _time(told: Told) -> Wire:
    at = instant(told.field, told.text)
    if at is None:
        raise FieldError(f"{_quoted(told.text)} is no time that is the same in every time zone.")
    return told.parse(at.isoformat())


def _option(told: Told) -> Wire:
    if told.text == NONE and told.field.product == "crm":
        return told.parse("")
    return told.parse(_one_option(told.field, told.text))


def _options(told: Told) -> Wire:
    found = {values for texts in _readings(told.text) if (values := _all_options(told.field, texts))}
    if len(found) != 1:
        raise FieldError(f"{_quoted(told.text)} cannot be told apart into the values that Zoho offers here.")
    return told.parse(*next(iter(found)))


def _all_options(field: Field, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The values of these texts; () when one of them is none."""
    try:
        return tuple(sorted({_one_option(field, text) for text in texts}))
    except FieldError:
        return ()


def _readings(text: str) -> Iterator[tuple[str, ...]]:
    yield (text,)
    for separator in SEPARATORS:
        yield tuple(part.strip() for part in text.split(separator) if part.strip())
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(listed, list) and listed and all(isinstance(each, str) for each in listed):
        yield tuple(listed)


def _one_option(field: Field, text: str) -> str:
    """The value whose value or label this is; for free text the text. Raises FieldError for none, and for several."""
    if not field.options and field.kind == Kind.PICKLIST:
        return text
    found = {option.value for option in field.options if text in (option.value, option.label)}
    if len(found) == 1:
        return found.pop()
    why = "is what several values are called" if found else "is not among the values that Zoho offers now"
    raise FieldError(f"{_quoted(text)} {why}.")


def _pointed(amend: Amend, told: Told) -> Wire:
    """A record or a person: by id where Zoho tells it, else by the one that has the name."""
    if told.id or not told.text:
        return told.parse(told.id)
    if told.text.isascii() and told.text.isdigit() and len(told.text) >= ID_DIGITS:
        return told.parse(told.text)
    target = target_of(told.field)
    if not target:
        raise FieldError(f"Zoho's timeline tells only a name, {_quoted(told.text)}, and not of what.")
    name = " ".join(told.text.split())
    try:
        found = find_candidates(amend, told.opened.connection, told.field.product, target, name)
    except ZohoError as error:
        raise FieldError(f"Zoho's timeline tells only a name, {_quoted(name)}, which cannot be looked up: {error.summary}") from error
    same = [row for row in found.rows if row.name == name]
    if len(same) != 1 or found.notice:
        many = "more than one is" if len(same) > 1 else "others may be" if same else "nobody and nothing that can be found now is"
        raise FieldError(f"Zoho's timeline tells only a name, {_quoted(name)}, and {many} called so.")
    if same[0].warning:
        raise FieldError(f"{_quoted(name)} is {same[0].warning}.")
    return told.parse(same[0].id)


def _quoted(text: str) -> str:
    return f"“{text[:79]}…”" if len(text) > 80 else f"“{text}”"


_POINTING = (Kind.OWNER, Kind.LOOKUP)
_READ: dict[Kind, Callable[[Told], Any]] = {
    **dict.fromkeys((Kind.TEXT, Kind.TEXTAREA, Kind.EMAIL, Kind.PHONE, Kind.WEBSITE), _text),
    **dict.fromkeys((Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.CURRENCY, Kind.PERCENT, Kind.DATE), _typed),
    Kind.BOOLEAN: _truth,
    Kind.DATETIME: _time,
    Kind.PICKLIST: _option,
    Kind.MULTISELECT: _options,
}
"""Every other kind is more than a text can tell: rows, links, files, formatted text."""
