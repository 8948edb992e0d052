"""JSON without loss: 0.10 stays 0.10, ids of nineteen digits stay whole, and every string can be stored.

The standard library cannot write a Decimal as a number and simplejson would be a dependency for this one page; so the
reader is the standard library's, the writer is ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import Any

MAX_DEPTH = 200
MAX_DIGITS = 4300
"""Python's own limit for reading an integer; here for every number, written out."""
_FEW = 1_000
"""Digits that need no counting."""
REPLACEMENT = "\ufffd"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAY_BE_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")


def dumps(value: Any) -> str:
    """``value`` as compact JSON text.

    Decimals and floats become plain numbers with every digit (``1E+2`` is ``100``); lone surrogates and NUL become U+FFFD,
    for neither UTF-8 nor PostgreSQL can store them. Raises ValueError for NaN, Infinity, a number of more than 4300 digits
    or nesting past 200; TypeError for what is not JSON.
    """
    quick = _quick(value)
    if quick is not None:
        return quick
    parts: list[str] = []
    _write(value, parts, 0)
    return "".join(parts)


def loads(text: str | bytes) -> Any:
    """JSON text as Python values: numbers with a fraction or exponent are Decimal, the others int.

    Bytes are UTF-8, with or without a byte order mark. Strings are cleaned as in ``dumps``. Raises ValueError for what is not
    JSON, NaN and Infinity, absurd numbers and absurd nesting.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    try:
        value = json.loads(text, parse_float=_decimal, parse_constant=_refuse_constant)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    return _clean(value) if _MAY_BE_UNSTORABLE.search(text) else value


def storable(text: str) -> str:
    """``text`` with NUL and lone surrogates replaced by U+FFFD."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def _quick(value: Any) -> str | None:
    """The same text by the standard library's encoder, ten times as fast, for what it writes as we would; else None.

    It cannot write a Decimal as a number: each leaves as a text between NULs, which no storable text holds, and is put in after.
    """
    if not _is_ordinary(value):
        return None
    numbers: list[str] = []

    def place(number: Decimal) -> str:
        numbers.append(_plain(number))
        return f"\0{len(numbers) - 1}\0"

    text = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), default=place).encode(value)
    if text.count(r"\u0000") != 2 * len(numbers):
        return None  # a text that is not storable as it is, or that looks like it
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    return _PLACED.sub(lambda found: numbers[int(found[1])], text) if numbers else text


def _is_ordinary(value: Any) -> bool:
    """True for nothing but text keys, plain scalars, decimals, lists and dicts, not nested too deeply."""
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for part in level:
            if type(part) is dict and not _TEXT.issuperset(map(type, part)):
                return False
            items = part.values() if type(part) is dict else part
            others = set(map(type, items)) - _SCALARS
            if not others <= _OTHERS:
                return False
            if others:
                below += [item for item in items if type(item) is dict or type(item) is list]
        if not below:
            return True
        level = below
    return False


_PLACED = re.compile(r'"\\u0000(\d+)\\u0000"')
_TEXT = frozenset({str})
_SCALARS = frozenset({str, int, bool, type(None)})
_OTHERS = frozenset({dict, list, Decimal})


def _write(value: Any, parts: list[str], depth: int) -> None:
    if isinstance(value, Mapping):
        _write_object(value, parts, _deeper(depth))
    elif isinstance(value, (list, tuple)):
        depth = _deeper(depth)
        for i, item in enumerate(value):
            parts.append("," if i else "[")
            _write(item, parts, depth)
        parts.append("]" if value else "[]")
    else:
        parts.append(_scalar(value))


def _write_object(value: Mapping[Any, Any], parts: list[str], depth: int) -> None:
    for i, (key, item) in enumerate(value.items()):
        if not isinstance(key, str):
            raise TypeError(f"a key of a JSON object is text, not {type(key).__name__}")
        parts.append("," if i else "{")
        parts.append(encode_basestring(storable(key)) + ":")
        _write(item, parts, depth)
    parts.append("}" if value else "{}")


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return encode_basestring(storable(value))
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _plain(Decimal(float.__repr__(value)))
    if isinstance(value, Decimal):
        return _plain(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _deeper(depth: int) -> int:
    if depth >= MAX_DEPTH:
        raise ValueError("nested too deeply")
    return depth + 1


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError(f"{number} is not a JSON number")
    if not -_FEW < number.adjusted() < _FEW:
        _check_size(number)
    text = format(number, "f")
    if len(text) > _FEW:
        _check_size(number)
    return text


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as exc:
        raise ValueError("a number of absurd size") from exc
    _check_size(number)
    return number


def _check_size(number: Decimal) -> None:
    exponent = int(number.as_tuple().exponent)
    if max(len(number.as_tuple().digits) + exponent, -exponent, len(number.as_tuple().digits)) > MAX_DIGITS:
        raise ValueError("a number of absurd size")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for part in level for item in _children(part) if isinstance(item, (dict, list))]
        if not level:
            return
    raise ValueError("nested too deeply")


def _children(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    return part if isinstance(part, list) else []


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _clean(item) for key, item in value.items()}
    return value
