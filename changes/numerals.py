"""Numbers as spreadsheets write them, in whatever country: understood where they can mean one number only."""

from __future__ import annotations

import re

from zoho.fields import FieldError, Kind

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE | re.ASCII)
_TWO_NUMBERS = re.compile(r"(-?[1-9]\d{0,2})([.,])(\d{3})", re.ASCII)
_FORMS = tuple(
    re.compile(rf"-?\d{{1,3}}{form}", re.ASCII)
    for form in (
        r"(?:(?P<thousands>,)\d{3})+\.\d+",
        r"(?:(?P<thousands>\.)\d{3})+,\d+",
        r"(?P<thousands>[,.])\d{3}(?:(?P=thousands)\d{3})+",
        r"(?P<thousands>['’ \u00a0\u2009\u202f])\d{3}(?:(?P=thousands)\d{3})*(?:[.,]\d+)?",
        r"(?P<thousands>)\d*,\d+",
    )
)


def plain_number(text: str, kind: Kind) -> str:
    """Digits, one minus and one point. Raises FieldError for what may be two numbers; what is none at all is returned as it is.

    ``1,234.5``, ``1.234,5`` and ``1'234.5`` are one number, ``1,234`` is two: a thousand, or one and a bit. ``1.234`` is what it says, as
    in a form; but not where a whole number belongs. Zeros behind the point of a whole number are dropped: databases add them.
    """
    typed = text.strip().replace("\u2212", "-").removeprefix("+")
    if kind is Kind.PERCENT:
        typed = typed.removesuffix("%").rstrip()
    if _SCIENTIFIC.fullmatch(typed):
        raise FieldError(f"“{typed[:40]}” may have lost digits: format the column as a number without exponent, or as text.")
    is_whole = kind in (Kind.INTEGER, Kind.BIGINT)
    found = _TWO_NUMBERS.fullmatch(typed)
    if found and (is_whole or found[2] == ","):
        raise FieldError(f"“{typed[:40]}” may be {found[1]}{found[3]} or {found[1]}.{found[3]}: write it without a separator of thousands.")
    number = _pointed(typed)
    whole, _, fraction = number.partition(".")
    return whole if is_whole and fraction and not fraction.strip("0") else number


def _pointed(typed: str) -> str:
    for form in _FORMS:
        if found := form.fullmatch(typed):
            return typed.replace(found["thousands"], "").replace(",", ".") if found["thousands"] else typed.replace(",", ".")
    return typed
