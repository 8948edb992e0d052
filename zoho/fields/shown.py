"""Any JSON value as plain text, however absurd: nothing here raises, and nothing grows without end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

MAX_TEXT = 100_000
"""Longest text shown whole, in characters; twice what any Zoho field holds."""
MAX_OBJECT = 2_000
MAX_DEPTH = 4
MAX_ITEMS = 50
MAX_PLAIN_EXPONENT = 4_300
_NAMES = ("name", "display_value", "label", "full_name", "accountName", "productName", "contractName", "layoutName")
_TITLES = ("subject", "email", "emailId", "title")


def lf(text: str) -> str:
    """``text`` with every line end as LF: browsers post CRLF, Zoho answers either."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """``text``, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_scalar(wire: Any) -> bool:
    """Text, number or truth value: what a control can hold."""
    return isinstance(wire, str | int | Decimal | float)


def is_blank(wire: Any) -> bool:
    """None, ``""``, ``[]``, ``{}``: Zoho writes each of them for nothing."""
    return wire is None or (isinstance(wire, str | list | tuple | dict) and not wire)


def text_of(wire: Any) -> str:
    """A scalar exactly, ``0.10`` as ``0.10`` and true as ``true``; anything else compactly; None as ``""``."""
    if isinstance(wire, str):
        return wire
    if wire is None:
        return ""
    if isinstance(wire, bool):
        return "true" if wire else "false"
    if isinstance(wire, int):
        return _int_text(wire)
    if isinstance(wire, Decimal | float):
        return _decimal_text(wire)
    return compact(wire)


def compact(wire: Any) -> str:
    """A list by its items, an object by its name or else its members, as one short line."""
    return cut(" ".join(_compact(wire, 0).split()), MAX_OBJECT)


def name_in(wire: dict[Any, Any]) -> str:
    """What people call this object; ``""`` when it does not say."""
    for key in _NAMES:
        if isinstance(found := wire.get(key), str) and found.strip():
            return found
    parts = [part for key in ("firstName", "lastName") if isinstance(part := wire.get(key), str) and part.strip()]
    if parts:
        return " ".join(parts)
    return next((found for key in _TITLES if isinstance(found := wire.get(key), str) and found.strip()), "")


def _compact(wire: Any, depth: int) -> str:
    if not isinstance(wire, list | tuple | dict):
        return cut(text_of(wire) if is_scalar(wire) or wire is None else repr(wire), MAX_OBJECT)
    if depth >= MAX_DEPTH:
        return "…"
    if isinstance(wire, dict):
        return _object(wire, depth)
    more = ["…"] if len(wire) > MAX_ITEMS else []
    return ", ".join([_compact(item, depth + 1) for item in wire[:MAX_ITEMS]] + more)


def _object(wire: dict[Any, Any], depth: int) -> str:
    name = name_in(wire)
    if name:
        return cut(name, MAX_OBJECT)
    members = [f"{key}: {_compact(wire[key], depth + 1)}" for key in list(wire)[:MAX_ITEMS] if not is_blank(wire[key])]
    return "; ".join(members)


def _int_text(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # more digits than Python turns into text
        return hex(number)


def _decimal_text(wire: Decimal | float) -> str:
    number = wire if isinstance(wire, Decimal) else Decimal(repr(wire))
    if not number.is_finite() or abs(int(number.as_tuple().exponent)) > MAX_PLAIN_EXPONENT:
        return str(number)
    return format(number, "f")
