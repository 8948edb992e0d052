"""JSON without loss: 0.10 stays 0.10, ids of nineteen digits stay whole, and every string can be stored.

The standard library cannot write a Decimal as a number and simplejson would be a dependency for this one page; so the
reader is the standard library's, the writer is ours. What holds nothing but texts, integers, booleans and nulls, which is
nearly all that there is, is left to the standard library's encoder in C: ten times as fast.
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
REPLACEMENT = "\ufffd"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAY_BE_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_TEXT, _PLAIN, _NESTED = {str}, {str, int, bool, type(None)}, (dict, list)
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """``value`` as compact JSON text.

    Decimals and floats become plain numbers with every digit (``1E+2`` is ``100``); lone surrogates and NUL become U+FFFD,
    for neither UTF-8 nor PostgreSQL can store them. Raises ValueError for NaN, Infinity, a number of more than 4300 digits
    or nesting past 200; TypeError for what is not JSON.
    """
    parts: list[str] = []
    _write(value, parts, 0)
    return parts[0] if len(parts) == 1 else "".join(parts)


def loads(text: str | bytes) -> Any:
    """JSON text as Python values: numbers with a fraction or exponent are Decimal, the others int.

    Bytes are UTF-8, with or without a byte order mark. Strings are cleaned as in ``dumps``. Raises ValueError for what is not
    JSON, NaN and Infinity, absurd numbers and absurd nesting.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    try:
        value = _decode(text)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    is_suspect = ("\\u" in text and _MAY_BE_UNSTORABLE.search(text)) or not _is_utf8(text)
    return _clean(value) if is_suspect else value


def storable(text: str) -> str:
    """``text`` with NUL and lone surrogates replaced by U+FFFD."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def _is_utf8(text: str) -> bool:
    """False for text with lone surrogates. Encoding it is much quicker than looking at each character."""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write(value: Any, parts: list[str], depth: int) -> None:
    if _is_simple(value, depth) and "\\u0000" not in (text := _encode(value)) and _is_utf8(text):
        parts.append(text)
    elif isinstance(value, Mapping):
        _write_object(value, parts, _deeper(depth))
    elif isinstance(value, (list, tuple)):
        depth = _deeper(depth)
        for i, item in enumerate(value):
            parts.append("," if i else "[")
            _write(item, parts, depth)
        parts.append("]" if value else "[]")
    else:
        parts.append(_scalar(value))


def _is_simple(value: Any, depth: int) -> bool:
    """True for what the encoder in C writes as we do: no other number than integers, no other key than text, not too deep."""
    kind = type(value)
    if kind not in _NESTED:
        return kind in _PLAIN
    if kind is dict:
        if not _TEXT.issuperset(map(type, value)):
            return False
        value = value.values()
    if depth >= MAX_DEPTH:
        return False
    return _PLAIN.issuperset(map(type, value)) or all(_is_simple(item, depth + 1) for item in value)


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
    _check_size(number)
    return format(number, "f")


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
        level = [item for part in level for item in (part.values() if type(part) is dict else part) if type(item) in _NESTED]
        if not level:
            return
    raise ValueError("nested too deeply")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _clean(item) for key, item in value.items()}
    return value


_decode = json.JSONDecoder(parse_float=_decimal, parse_constant=_refuse_constant).decode
