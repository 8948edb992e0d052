"""Number kinds. Typed strictly, as digits, one minus and one point: ``1.234`` must not be a thousand in one country."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Unspaced, last, wants_text
from zoho.fields.shown import is_scalar, text_of
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field

_TYPED = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)
_WHOLE = re.compile(r"(-?)(\d+)", re.ASCII)
_STORED = re.compile(r"[+-]?\d{1,4000}(?:\.\d{1,4000})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


class Number(Unspaced):
    """Decimal, currency, percent: exact, never a float."""

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """Decimal or int, or text where Zoho keeps numbers as text; None for blanks."""
        text = last(posted).strip()
        if not text:
            return None
        found = _TYPED.fullmatch(text)
        if found is None:
            raise FieldError("Write a number in digits with a decimal point, such as 1234.50, without spaces, commas or currency signs.")
        sign, whole, fraction = found[1], found[2].lstrip("0") or "0", found[3] or ""
        _check_digits(whole, field.digits, "digits before the decimal point" if field.decimal_places != 0 else "digits")
        plain = whole + _fraction(fraction, field.decimal_places)
        plain = sign + plain if plain.strip("0.") else plain
        if wants_text(field, was):
            return plain
        return int(plain) if field.decimal_places == 0 else Decimal(plain)

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The number, whether it came as a number or as text."""
        if not is_scalar(wire):
            return None
        number = number_of(wire)
        return text_of(wire).strip() if number is None else number


class Whole(Number):
    """A whole number."""

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """int, or text where Zoho keeps numbers as text; None for blanks."""
        text = last(posted).strip()
        if not text:
            return None
        found = _WHOLE.fullmatch(text)
        if found is None:
            raise FieldError("Write a whole number in digits, such as 1234, without spaces, commas or a decimal point.")
        digits = found[2].lstrip("0") or "0"
        _check_digits(digits, field.digits, "digits")
        number = int(found[1] + digits)
        return str(number) if wants_text(field, was) else number


class Big(Number):
    """A number too long for JSON's readers, so text on the wire; its leading zeros count."""

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """Text of digits; None for blanks."""
        text = last(posted).strip()
        if not text:
            return None
        found = _WHOLE.fullmatch(text)
        if found is None:
            raise FieldError("Write a whole number in digits, such as 1234567890, without spaces, commas or a decimal point.")
        _check_digits(found[2], field.digits or 18, "digits")
        return text if wants_text(field, was, default=True) else int(text)

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """Its digits."""
        return text_of(wire).strip() if is_scalar(wire) else None


def number_of(wire: Any) -> Decimal | None:
    """The exact number that a wire value stands for, or None."""
    if isinstance(wire, bool):
        return None
    if isinstance(wire, int):
        return Decimal(wire)
    if isinstance(wire, float):
        wire = Decimal(repr(wire))
    if isinstance(wire, Decimal):
        return wire if wire.is_finite() else None
    text = wire.strip() if isinstance(wire, str) and len(wire) < 9000 else ""
    return Decimal(text) if _STORED.fullmatch(text) else None


def _fraction(typed: str, places: int | None) -> str:
    """The part behind the point, with the point. Zeros beyond what Zoho takes are dropped: they say nothing."""
    significant = typed.rstrip("0")
    if places is not None and len(significant) > places:
        if places == 0:
            raise FieldError("Zoho accepts whole numbers only here.")
        raise FieldError(f"Zoho accepts at most {places} digits after the decimal point here (you typed {len(significant)}).")
    kept = typed if places is None or len(typed) <= places else significant
    return f".{kept[:4000]}" if kept else ""


def _check_digits(whole: str, limit: int | None, what: str) -> None:
    limit = limit or 4000
    if len(whole) > limit:
        raise FieldError(f"Zoho accepts at most {limit} {what} here (you typed {len(whole)}).")
