"""POST /crm/v8/coql: ``select … from … where … order by … limit …``, a subset of Zoho's query language. Text compares exactly here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from werkzeug.wrappers import Response

from sandbox.crm_search import ordered
from sandbox.crm_spec import ROWS, Spec
from sandbox.crm_store import CrmStore, crm_refusal
from sandbox.gate import covers
from sandbox.wire import Call, Json, Route, json_answer, loads, no_content

Test = Callable[[Json], bool]
MAX_ROWS, DEFAULT_ROWS, MAX_CONDITIONS = 2000, 200, 25
_TOKEN = re.compile(r"\s*('(?:\\.|''|[^'\\])*'|[<>!]=|<>|[=<>(),]|[\w$!.:+-]+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_ORDERED = ("integer", "bigint", "double", "currency", "percent", "formula", "rollup_summary", "date", "datetime")


def coql(call: Call) -> Response:
    """Rows of a query: lookups as an id alone, ``Lookup.Field`` for a text of the record they point to."""
    try:
        text = loads(call.request.get_data())["select_query"]
    except (ValueError, TypeError, KeyError) as exc:
        raise crm_refusal("MANDATORY_NOT_FOUND", 400, {"api_name": "select_query", "json_path": "$.select_query"}) from exc
    query = _Query(call.world.crm, str(text))
    is_custom = query.module.is_custom
    if not covers(call.granted, "ZohoCRM.modules.{module}.READ", query.module.api_name, is_custom):
        raise crm_refusal("OAUTH_SCOPE_MISMATCH", 401)
    rows = [row for row in call.world.crm.records(query.module.api_name).values() if query.test(row)]
    for name, is_descending in reversed(query.order):
        rows.sort(key=partial(query.rank, name=name), reverse=is_descending)
    shown = rows[query.offset : query.offset + query.count]
    if not shown:
        return no_content()
    data = [{"id": row["id"], **{name: query.shown(row, name) for name in query.names}} for row in shown]
    return json_answer({"data": data, "info": {"count": len(data), "more_records": len(rows) > query.offset + len(data)}})


class _Query:
    """A parsed query. Raises SYNTAX_ERROR, INVALID_QUERY or LIMIT_EXCEEDED."""

    def __init__(self, store: CrmStore, text: str) -> None:
        self.store, self.text = store, text
        self.tokens = _tokens(text)
        self.at = self.conditions = 0
        self._take("select")
        names = self._listed()
        self._take("from")
        self.module = store.modules().get(name := self._next()) or self._no_column("module", name)
        self.names = names
        for each in names:
            self._spec(each)
        if not self._is("where"):
            raise crm_refusal("SYNTAX_ERROR", 400, {"clause": "where"}, "missing clause")
        self.test = self._any()
        self.order = self._order()
        self.offset, self.count = self._limit()
        if self.at < len(self.tokens):
            raise self._wrong()

    def _wrong(self) -> Exception:
        near = self.tokens[self.at] if self.at < len(self.tokens) else "end"
        return crm_refusal("SYNTAX_ERROR", 400, {"line": 1, "column": self.at, "near": near}, "error in syntax")

    def _no_column(self, what: str, name: str) -> Any:
        raise crm_refusal("INVALID_QUERY", 400, {f"{what}_name": name}, f"{what} given seems to be invalid")

    def _next(self) -> str:
        if self.at >= len(self.tokens):
            raise self._wrong()
        self.at += 1
        return self.tokens[self.at - 1]

    def _is(self, *words: str) -> bool:
        """Take these words if they come next."""
        if [token.lower() for token in self.tokens[self.at : self.at + len(words)]] == list(words):
            self.at += len(words)
            return True
        return False

    def _take(self, word: str) -> None:
        if not self._is(word):
            raise self._wrong()

    def _listed(self) -> list[str]:
        found = [self._next()]
        while self._is(","):
            found.append(self._next())
        return found

    def _spec(self, name: str) -> Spec:
        """The field of a column, of the record itself or of the one that a lookup points to."""
        first, _, second = name.partition(".")
        spec = self.module.find(first)
        if spec is not None and second:
            spec = self.store.modules()[spec.lookup].find(second) if spec.lookup in self.store.modules() else None
        if spec is None or spec.type in ROWS:
            self._no_column("column", name)
        assert spec is not None  # noqa: S101 - _no_column raises
        return spec

    def value(self, row: Json, name: str) -> Any:
        """A column's value; of a lookup its id."""
        first, _, second = name.partition(".")
        held = row.get(first)
        if second and isinstance(held, dict):
            spec = self.module.find(first)
            held = self.store.records(spec.lookup).get(held["id"], {}).get(second) if spec else None
        return held.get("id") if isinstance(held, dict) else held

    def rank(self, row: Json, name: str) -> tuple[bool, Any]:
        """Where a row stands in an order by this column: nothing comes first."""
        held = self.value(row, name)
        return (False, 0) if held in (None, "") else (True, _typed(self._spec(name), held))

    def shown(self, row: Json, name: str) -> Any:
        """A column on the wire, hidden and local as a record's own would be."""
        if "." in name:
            return self.value(row, name)
        shown = self.store.present(self.module, row, [name])[name]
        return {"id": shown["id"]} if isinstance(shown, dict) else shown

    def _any(self) -> Test:
        left = self._all()
        while self._is("or"):
            left = _either(left, self._all())
        return left

    def _all(self) -> Test:
        left = self._one()
        while self._is("and"):
            left = _both(left, self._one())
        return left

    def _one(self) -> Test:
        if self._is("("):
            inside = self._any()
            self._take(")")
            return inside
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise crm_refusal("LIMIT_EXCEEDED", 400, {"limit": MAX_CONDITIONS})
        name = self._next()
        spec = self._spec(name)
        if spec.type == "textarea":
            raise crm_refusal("INVALID_QUERY", 400, {"column_name": name, "data_type": spec.type}, "data type not supported")
        return self._condition(name, spec)

    def _condition(self, name: str, spec: Spec) -> Test:
        get = self.value
        if self._is("is", "not", "null"):
            return lambda row: get(row, name) not in (None, "")
        if self._is("is", "null"):
            return lambda row: get(row, name) in (None, "")
        if (is_not := self._is("not", "in")) or self._is("in"):
            self._take("(")
            wanted = [_typed(spec, _plain(each)) for each in self._listed()]
            self._take(")")
            return lambda row: (_typed(spec, get(row, name)) in wanted) is not is_not
        if (is_not := self._is("not", "like")) or self._is("like"):
            pattern = re.compile(".*".join(map(re.escape, _plain(self._next()).split("%"))), re.IGNORECASE | re.DOTALL)
            return lambda row: bool(pattern.fullmatch(str(get(row, name) or ""))) is not is_not
        compare = _COMPARE.get(self._next())
        if compare is None:
            self.at -= 1
            raise self._wrong()
        value = _typed(spec, _plain(self._next()))
        return lambda row: get(row, name) is not None and compare(_typed(spec, get(row, name)), value)

    def _order(self) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        if not self._is("order", "by"):
            return found
        while True:
            name = self._next()
            self._spec(name)
            found.append((name, self._is("desc")))
            self._is("asc")
            if not self._is(","):
                return found

    def _limit(self) -> tuple[int, int]:
        if not self._is("limit"):
            return 0, DEFAULT_ROWS
        numbers = self._listed()
        if self._is("offset"):
            numbers = [self._next(), *numbers]
        if len(numbers) > 2 or not all(number.isdigit() for number in numbers):
            raise self._wrong()
        offset, count = [0, *map(int, numbers)][-2:]
        if count > MAX_ROWS:
            raise crm_refusal("LIMIT_EXCEEDED", 400, {"limit": MAX_ROWS, "clause": "limit"})
        return offset, count


def _both(one: Test, other: Test) -> Test:
    return lambda row: one(row) and other(row)


def _either(one: Test, other: Test) -> Test:
    return lambda row: one(row) or other(row)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise crm_refusal("SYNTAX_ERROR", 400, {"line": 1, "column": at, "near": text[at : at + 20]}, "error in syntax")
        found.append(match[1])
        at = match.end()
    return found


def _plain(text: str) -> str:
    """A literal without its quotes."""
    return re.sub(r"\\(.)|''", lambda found: found[1] or "'", text[1:-1]) if text.startswith("'") else text


def _typed(spec: Spec, value: Any) -> Any:
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return ordered(spec.type, text) if spec.type in _ORDERED else text.casefold()


ROUTES = (Route("POST", "/crm/v8/coql", coql, ("ZohoCRM.coql.READ",)),)
