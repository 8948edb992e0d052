"""The id of a record as it stands in a sheet: text of digits, all of them."""

from __future__ import annotations

import re
from array import array

from zoho.fields import FieldError
from zoho.fields.choices import MAX_ID

EXACT = 2**53
"""Above, a sheet's number no longer holds every whole number."""
EXCEL_DIGITS = 15
"""Digits that Excel keeps of a number; the rest it writes as zeros."""
LOST = "lost digits: format the column as text, and fill in the ids again."
_PREFIX = re.compile(r"zcrm_(?=\d)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)


def read_id(text: str, *, is_number: bool = False) -> str:
    """The digits of an id, without the ``zcrm_`` of Zoho's exports. ``is_number`` says that the sheet held a number, not a text.

    Raises FieldError for what is no id, and for one of which a spreadsheet has dropped the last digits.
    """
    plain = _PREFIX.sub("", text.strip().removeprefix("'"), count=1)
    if _SCIENTIFIC.fullmatch(plain) or (is_number and _has_lost_digits(plain)):
        raise FieldError(f"The id {plain[:40]} has {LOST}")
    if plain.startswith("="):
        raise FieldError("This id is a formula: put the id itself into the cell.")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= MAX_ID):
        raise FieldError(f"“{plain[:80]}” is no id: give the id of the record, which is digits only, at most {MAX_ID}.")
    return plain


def _has_lost_digits(text: str) -> bool:
    digits = text.lstrip("-")
    if not digits.isdigit():
        return True
    return len(digits) > EXCEL_DIGITS and (int(digits[:40]) > EXACT or digits.endswith("0"))


class Duplicates:
    """Finds ids that were seen before, and where. A hash table of two arrays: a million take 24 MiB, and 36 while it grows."""

    def __init__(self) -> None:
        self._ids, self._lines, self._used = array("Q", [0]) * 1024, array("I", [0]) * 1024, 0
        self._long: dict[int, int] = {}

    def first_line(self, record_id: str, line: int) -> int | None:
        """The line where this id stood first; None when it is here, at ``line``, for the first time."""
        number = int(record_id)
        if not 0 < number < 1 << 64:
            first = self._long.setdefault(number, line)
            return first if first != line else None
        at = self._place(number)
        if self._ids[at]:
            return self._lines[at]
        self._ids[at], self._lines[at] = number, line
        self._used += 1
        if self._used * 3 > len(self._ids) * 2:
            self._grow()
        return None

    def _place(self, number: int) -> int:
        """Where the id stands, or is to stand: the first free place behind the one that its digits say."""
        ids, last = self._ids, len(self._ids) - 1
        at = (number * 0x9E3779B97F4A7C15 >> 24) & last
        while ids[at] and ids[at] != number:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        seen = zip(self._ids, self._lines, strict=True)
        size = len(self._ids) * 2
        self._ids, self._lines = array("Q", [0]) * size, array("I", [0]) * size
        for number, line in seen:
            if number:
                at = self._place(number)
                self._ids[at], self._lines[at] = number, line
