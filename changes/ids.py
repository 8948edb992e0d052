"""The id of a record as it stands in a sheet: text of digits, all of them."""

from __future__ import annotations

import re

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
