"""The search of CRM: words, addresses, numbers and criteria. ``equals`` behaves like contains for text, as at Zoho."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.crm_spec import Module
from sandbox.crm_store import crm_refusal, parse_time
from sandbox.wire import Json

Matches = Callable[[Json], bool]
_TEXT = ("text", "email", "phone", "website", "textarea", "autonumber")
_NUMBERS = ("integer", "bigint", "double", "currency", "percent", "formula", "rollup_summary", "date", "datetime")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "greater_than": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "less_than": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
}
_TOKEN = re.compile(r"[()]|(?<=\))\s*(?:and|or)\s*(?=\()|(?:\\.|[^()\\])+", re.IGNORECASE)
MAX_CRITERIA = 15


def matcher(module: Module, way: str, text: str) -> Matches:
    """A test over records for one of criteria, email, phone, word."""
    if way == "criteria":
        return _Criteria(module, text).parse()
    types = {"email": ("email",), "phone": ("phone",), "word": _TEXT}[way]
    names = [spec.name for spec in module.fields if spec.type in types and not (spec.is_encrypted or spec.is_restricted or spec.is_masked)]
    if way == "phone":
        digits = re.sub(r"\D", "", text)
        return lambda record: bool(digits) and any(digits in re.sub(r"\D", "", record[name] or "") for name in names)
    if way == "email":
        return lambda record: any((record[name] or "").casefold() == text.casefold() for name in names)
    words = text.casefold().split()
    return lambda record: all(any(_has_word(record[name], word) for name in names) for word in words)


def _has_word(value: Any, word: str) -> bool:
    folded = str(value or "").casefold()
    return folded.startswith(word) or any(part.startswith(word) for part in re.split(r"[\s@.,()'\"-]+", folded))


class _Criteria:
    """``((Last_Name:equals:Smith)and(City:starts_with:P))``; ``\\`` escapes ( ) , and itself."""

    def __init__(self, module: Module, text: str) -> None:
        self.module = module
        self.tokens = _TOKEN.findall(text)
        self.at = 0
        self.count = 0
        if "".join(self.tokens) != text:
            raise self._invalid()

    def _invalid(self) -> Exception:
        return crm_refusal("INVALID_QUERY", 400, {"reason": "invalid criteria", "operator": "", "api_name": ""})

    def _next(self) -> str:
        if self.at >= len(self.tokens):
            raise self._invalid()
        self.at += 1
        return str(self.tokens[self.at - 1])

    def parse(self) -> Matches:
        """The whole text, or INVALID_QUERY."""
        try:
            matches = self._group() if self.tokens[:1] == ["("] else self._comparison()
            while self.at < len(self.tokens):
                matches = self._join(self._next().strip().lower(), matches, self._group())
        except RecursionError as exc:
            raise self._invalid() from exc
        return matches

    def _group(self) -> Matches:
        if self._next() != "(":
            raise self._invalid()
        if self.tokens[self.at : self.at + 1] != ["("]:
            one = self._comparison()
            if self._next() != ")":
                raise self._invalid()
            return one
        matches = self._group()
        while True:
            word = self._next().strip().lower()
            if word == ")":
                return matches
            matches = self._join(word, matches, self._group())

    def _join(self, word: str, left: Matches, right: Matches) -> Matches:
        if word == "and":
            return lambda record: left(record) and right(record)
        if word == "or":
            return lambda record: left(record) or right(record)
        raise self._invalid()

    def _comparison(self) -> Matches:
        self.count += 1
        if self.count > MAX_CRITERIA:
            raise crm_refusal("LIMIT_EXCEEDED", 400, {"limit": MAX_CRITERIA, "param_name": "criteria"})
        name, _, rest = self._next().partition(":")
        operator, _, raw = rest.partition(":")
        spec = self.module.find(name)
        if spec is None or not operator or (spec.is_encrypted and operator != "equals"):
            raise crm_refusal("INVALID_QUERY", 400, {"reason": "invalid field or operator", "operator": operator, "api_name": name})
        values = [re.sub(r"\\(.)", r"\1", part) for part in re.split(r"(?<!\\),", raw)]
        test = _test(spec.type, operator, values)
        if test is None:
            raise crm_refusal("INVALID_QUERY", 400, {"reason": "invalid operator", "operator": operator, "api_name": name})
        return lambda record: test(record[name])


def _test(type_: str, operator: str, values: list[str]) -> Callable[[Any], bool] | None:
    if type_ in _NUMBERS:
        wanted = [ordered(type_, value) for value in values]
        if operator == "between" and len(wanted) == 2:
            return lambda value: value is not None and wanted[0] <= ordered(type_, value) <= wanted[1]
        if operator == "in":
            return lambda value: value is not None and ordered(type_, value) in wanted
        compare = _COMPARE.get(operator)
        return None if compare is None else lambda value: value is not None and compare(ordered(type_, value), wanted[0])
    folded = [value.casefold() for value in values]
    whole = ",".join(values).casefold()
    exact = type_ in ("picklist", "lookup", "boolean", "ownerlookup", "userlookup")
    tests: dict[str, Callable[[Any], bool]] = {
        "equals": lambda value: any(each == whole if exact else whole in each for each in _folded(value)),
        "not_equal": lambda value: whole not in _folded(value),
        "starts_with": lambda value: any(each.startswith(whole) for each in _folded(value)),
        "in": lambda value: any(each in folded for each in _folded(value)),
    }
    return tests.get(operator)


def _folded(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else [value.get("id"), value.get("name")] if isinstance(value, dict) else [value]
    return [str(part).casefold() for part in parts if part is not None]


def ordered(type_: str, value: Any) -> Any:
    """A number, date or time that can be compared. Raises INVALID_QUERY."""
    if type_ == "date":
        return str(value)
    if type_ == "datetime":
        moment = parse_time(str(value))
        if moment is None:
            raise crm_refusal("INVALID_QUERY", 400, {"reason": "invalid value", "api_name": ""})
        return moment
    try:
        return Decimal(str(value))
    except InvalidOperation as exc:
        raise crm_refusal("INVALID_QUERY", 400, {"reason": "invalid value", "api_name": ""}) from exc
