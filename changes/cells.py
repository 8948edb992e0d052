"""What a cell of a sheet, or a value of a plan's file, means for a field. Asks nobody: what is not certain is refused with words.

A cell was written by a spreadsheet, not in a form: a picklist's label, ``yes``, a person's e-mail or ``1.234,50`` are understood where
they can mean one thing only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import lru_cache
from typing import Any

from changes.ids import read_id
from changes.meant import Ambiguous, Unknown, folded, options_like, people_like, plain
from changes.numerals import plain_number
from zoho.answers import Choice
from zoho.fields import Field, FieldError, Kind, Wire
from zoho.fields.choices import id_of, option_value
from zoho.fields.shown import is_blank, lf, text_of

Posted = tuple[str, ...]
"""What a form would post."""
REMEMBERED = 2_048
"""Texts of a column whose meaning is kept, none longer than LONG."""
LONG = 2_000
GUESSES = 500
"""Wrong values of one column for which near ones are sought: a column given to the wrong field may hold a million."""
_TICKED = dict.fromkeys("true yes y 1 on x j ja si oui o vrai wahr ✓ ✔".split(), "true") | dict.fromkeys(
    "false no n 0 off nein nao non faux falsch".split(), "false"
)
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_YEAR_FIRST = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)
_NO_CELL = {
    Kind.SUBFORM: "rows",
    Kind.LINKS: "links to several records",
    Kind.FILES: "files",
    Kind.ANY_LOOKUP: "a record of a module that is chosen first",
    Kind.SCHEDULE: "a repetition or a reminder",
    Kind.OTHER: "something that Zoho does not describe",
}


def to_wire(field: Field, given: Any, zone: tzinfo, was: Wire) -> Wire:
    """One cell, as ``Cells.to_wire``; for a column make one ``Cells``."""
    return Cells(field, zone).to_wire(given, was)


def why_not(field: Field) -> str | None:
    """Why no column of a sheet can be given to this field; None when one can."""
    if not field.is_editable:
        return field.why_read_only or "This field cannot be edited."
    if field.is_masked:
        return f"Zoho shows {field.label} masked: it is changed on the record's own page only."
    what = _NO_CELL.get(field.kind)
    return f"{field.label} holds {what}, which no cell can: change it on the record's own page." if what else None


class Cells:
    """The cells of one field. Times without an offset are in ``zone``."""

    def __init__(self, field: Field, zone: tzinfo) -> None:
        self.field, self._zone = field, zone
        self._refusal = why_not(field)
        self._read = _READ.get(field.kind, _text)
        self._guesses = GUESSES
        self._values = {option.value for option in field.options}
        self._by_text = _unlike_texts(field) if field.kind in _CHOSEN else {}
        self._known = lru_cache(REMEMBERED)(self._meaning) if field.kind in _CHOSEN else self._meaning

    def to_wire(self, given: Any, was: Wire) -> Wire:
        """The value to send for ``given`` where ``was`` stands: ``was`` itself when that means the same, None to empty the field.

        ``given`` is the text of a cell, None for an empty one, or a value of a plan's file: bool, int, Decimal, list or object. Raises
        FieldError, in words for the person, and nothing else.
        """
        if self._refusal and (isinstance(given, str) or self.field.is_masked or not self.field.is_editable):
            raise FieldError(self._refusal)
        if self.field.kind in _NO_CELL:
            return self._merged(given, was)
        if is_blank(given):
            return self.field.parse([""], self._zone, was)
        found = self._known(given) if isinstance(given, str) and len(given) <= LONG else self._meaning(given)
        if isinstance(found, str):
            raise FieldError(found)
        posted, field = found
        return field.parse(posted, self._zone, was)

    def option(self, text: str) -> str:
        """The value of the option that a text names. Raises FieldError."""
        value = option_value(self.field, text)
        if value not in self._values:
            value = self._by_text.get(plain(text), "")
        return value or self._nearest(options_like, text.strip())

    def person(self, text: str) -> str:
        """The id of the person whose id, name or e-mail a text is. Raises FieldError."""
        if text.strip().isdigit() or text.strip().startswith("zcrm_"):
            return read_id(text)
        value = option_value(self.field, text.strip())
        return value if value.isdigit() else self._nearest(people_like, text.strip())

    def _meaning(self, given: Any) -> tuple[Posted, Field] | str:
        """What a form would post, and the field with no more options than it takes to read that; or why there is no such thing."""
        try:
            posted = self._read(self, given if isinstance(given, list | dict) else text_of(given))
        except FieldError as why:
            return str(why)
        return posted, _narrowed(self.field, posted) if self._by_text else self.field

    def _nearest(self, seek: Callable[[Field, str, str], str], text: str) -> str:
        if self._guesses <= 0:
            raise FieldError(f"“{text[:80]}” is not one of the values that Zoho offers here.")
        self._guesses -= 1
        try:
            return seek(self.field, text, self.field.name)
        except Unknown as why:
            raise FieldError(str(why)) from why
        except Ambiguous as which:
            raise FieldError(f"“{text[:80]}” is not exactly one of the values. Write {_either(which.question.options)}.") from which

    def _merged(self, given: Any, was: Wire) -> Wire:
        merged = self.field.merged(was, given)
        if is_blank(merged) and self.field.is_required:
            raise FieldError(f"{self.field.label} cannot be empty.")
        return merged


def _text(cells: Cells, given: Any) -> Posted:
    if isinstance(given, list | dict):
        raise FieldError(f"One plain value belongs into {cells.field.label}, no list or object.")
    return (str(given),)


def _stripped(cells: Cells, given: Any) -> Posted:
    return (_text(cells, given)[0].strip(),)


def _number(cells: Cells, given: Any) -> Posted:
    return (plain_number(_text(cells, given)[0], cells.field.kind),)


def _boolean(cells: Cells, given: Any) -> Posted:
    (text,) = _text(cells, given)
    ticked = _TICKED.get(folded(text))
    if ticked is None:
        raise FieldError(f"Write yes or no: “{text.strip()[:80]}” is neither.")
    return (ticked,)


def _date(cells: Cells, given: Any) -> Posted:
    (text,) = _stripped(cells, given)
    if found := _DATE.fullmatch(text):
        return (found[1],)
    if _YEAR_FIRST.match(text):
        raise FieldError(f"“{text[:40]}” has a time, and only a date belongs here: write 2026-11-27.")
    raise FieldError(f"“{text[:40]}” is not certain to be one day: write 2026-11-27, for the 27th of November.")


def _datetime(cells: Cells, given: Any) -> Posted:
    (text,) = _stripped(cells, given)
    if _YEAR_FIRST.match(text):
        return (text,)
    if found := _DATE.fullmatch(text):
        return (f"{found[1]}T00:00",)
    raise FieldError(f"“{text[:40]}” is not certain to be one time: write 2026-11-27 14:30, for half past two on the 27th of November.")


def _picklist(cells: Cells, given: Any) -> Posted:
    (text,) = _text(cells, given)
    return (cells.option(text) if cells.field.options else text,)


def _multiselect(cells: Cells, given: Any) -> Posted:
    if isinstance(given, dict):
        raise FieldError(f"A list of values belongs into {cells.field.label}, no object.")
    texts = [text_of(one) for one in given] if isinstance(given, list) else _parts(cells.field, given)
    if not texts:
        raise FieldError(f"“{text_of(given)[:80]}” names no value: leave the cell blank to say nothing.")
    if not cells.field.options:
        return ("\n".join(texts),)
    return tuple(cells.option(text) for text in texts)


def _ids(cells: Cells, given: Any) -> Posted:
    texts = [id_of(one) for one in given] if isinstance(given, list) else re.split(r"[;,\s]+", id_of(given).strip(" ;,"))
    return ("\n".join(read_id(text) for text in texts),)


def _owner(cells: Cells, given: Any) -> Posted:
    return (cells.person(_one_id(cells, given)),)


def _lookup(cells: Cells, given: Any) -> Posted:
    text = option_value(cells.field, _one_id(cells, given))
    if any(option.value == text for option in cells.field.options):
        return (text,)
    return (read_id(text),)


def _one_id(cells: Cells, given: Any) -> str:
    """The text, or the id of an object."""
    if isinstance(given, dict) and not id_of(given):
        raise FieldError(f"An object for {cells.field.label} needs the id of the record under “id”.")
    return id_of(given) if isinstance(given, dict) else _text(cells, given)[0].strip()


def _parts(field: Field, text: str) -> list[str]:
    """The values of one cell, split at semicolons and line ends; at commas where no option holds one."""
    if option_value(field, text) != text or any(option.value == text for option in field.options):
        return [text]
    parts = re.split(r"[;\n]", lf(text))
    if len(parts) == 1 and not any("," in option.value + option.label for option in field.options):
        parts = text.split(",")
    return [part.strip() for part in parts if part.strip()]


def _unlike_texts(field: Field) -> dict[str, str]:
    """Option values by what people type for them, case and blanks apart: those that only one option has."""
    known: dict[str, set[str]] = {}
    for option in field.options:
        for text in (option.value, option.label):
            known.setdefault(plain(text), set()).add(option.value)
    return {text: values.pop() for text, values in known.items() if len(values) == 1}


def _narrowed(field: Field, posted: Sequence[str]) -> Field:
    """The field with the options that were posted: reading hundreds for each of a million cells takes minutes."""
    kept = tuple(option for option in field.options if option.value in posted or ";" in option.value)
    return replace(field, options=kept) if kept else field


def _either(choices: Sequence[Choice]) -> str:
    texts = [f"{choice.label} ({choice.detail})" if choice.detail else choice.label for choice in choices]
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


_CHOSEN = frozenset({Kind.PICKLIST, Kind.MULTISELECT, Kind.OWNER})
_READ: Mapping[Kind, Callable[[Cells, Any], Posted]] = {
    Kind.EMAIL: _stripped,
    Kind.PHONE: _stripped,
    Kind.WEBSITE: _stripped,
    Kind.INTEGER: _number,
    Kind.BIGINT: _number,
    Kind.DECIMAL: _number,
    Kind.CURRENCY: _number,
    Kind.PERCENT: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.PICKLIST: _picklist,
    Kind.MULTISELECT: _multiselect,
    Kind.OWNER: _owner,
    Kind.LOOKUP: _lookup,
    Kind.IDS: _ids,
}
