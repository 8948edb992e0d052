"""CRM's refusals of values, placed at fields and put into plain words with the limits that Zoho names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zoho.answers import Refusal
from zoho.calls import rows, text_of
from zoho.crm.errors import read
from zoho.errors import explain
from zoho.redaction import redact, redact_json

MAX_SHOWN = 20
MAX_REFUSALS = 200
MAX_NESTING = 5
_STEP = re.compile(r"\.(\w+)|\[(\d{1,6})\]", re.ASCII)
_TYPES = {
    "integer": "a whole number",
    "bigint": "a whole number",
    "long": "a whole number",
    "double": "a number",
    "decimal": "a number",
    "currency": "an amount",
    "percent": "a percentage",
    "string": "text",
    "text": "text",
    "boolean": "yes or no",
    "date": "a date",
    "datetime": "a date and time",
    "email": "an e-mail address",
    "phone": "a phone number",
    "website": "a web address",
    "jsonarray": "a list of values",
    "jsonobject": "a record or a group of values",
    "picklist": "one of the listed values",
}
_EMPTY_WORDS = frozenset({"", "invalid data", "multiple errors in the request", "required field not found", "duplicate data"})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where Zoho found a fault: ``$.data[1].Items[2].Price`` is record 1 of the call, then Items, 2, Price."""

    record: int | None
    steps: tuple[str | int, ...]

    @property
    def field(self) -> str | None:
        """The API name of the field in the form: of a value inside a subform or lookup, the field that holds it."""
        return str(self.steps[0]) if self.steps and self.steps[0] not in ("id", "data") else None

    @property
    def inside(self) -> str:
        """The row and column inside the field, as in ``Row 3, Price: ``; empty for the field itself."""
        parts = [f"row {step + 1}" if isinstance(step, int) else step for step in self.steps[1:] if step not in ("id", "name")]
        text = ", ".join(parts)
        return f"{text[0].upper()}{text[1:]}: " if text else ""

    def find(self, values: Any) -> Any:
        """What was sent there, or None."""
        for step in self.steps:
            held = values if isinstance(values, Mapping) else dict(enumerate(values)) if isinstance(values, list) else {}
            values = held.get(step)
        return values


def refusals(row: Mapping[str, Any], values: Mapping[str, Any], record: int | None = None) -> tuple[Refusal, ...]:
    """The refusals of one failed row, at least one; those of MULTIPLE_OR_MULTI_ERRORS each on its own.

    ``record``: the row speaks of a whole call, and only what it says of this one of its records is wanted.
    """
    errors = [*islice(_flatten(row), MAX_REFUSALS)]
    mine = [error for error in errors if record is None or _place(read(error).details).record in (None, record)]
    if not mine:
        return (Refusal(None, "Zoho refused the whole call because of another record in it.", read(row).code),)
    return tuple(_refusal(error, values) for error in mine)


def record_of(details: Mapping[str, Any]) -> int | None:
    """Which record of the call an error's details speak of, counted from 0; None when they do not say."""
    return _place(details).record


def _flatten(row: Mapping[str, Any], level: int = 0) -> Iterator[Mapping[str, Any]]:
    details = row.get("details")
    nested = rows(details.get("errors")) if isinstance(details, dict) and level < MAX_NESTING else None
    if not nested:
        yield row
    for error in nested or []:
        yield from _flatten(error, level + 1)


def _refusal(row: Mapping[str, Any], values: Mapping[str, Any]) -> Refusal:
    words = read(row)
    place = _place(words.details)
    specific = " ".join(_specific(words.code, words.details, place.find(values)))
    found = explain("crm", words.code, words.message)
    general = f"{found.meaning} {found.next_step}" if found else "Zoho refused this."
    message = place.inside + (specific or general)
    said = (words.message or "").strip()
    if said.lower() not in _EMPTY_WORDS:
        message += f' Zoho says: "{redact(said)[:300]}"'
    return Refusal(place.field, message, words.code, redact_json(words.details))


def _place(details: Mapping[str, Any]) -> _Place:
    path = text_of(details.get("json_path")) or ""
    record, steps = None, [name or int(number) for name, number in _STEP.findall(path)] if path.startswith("$") else []
    if len(steps) > 1 and steps[0] == "data" and isinstance(steps[1], int):
        record, steps = steps[1], steps[2:]
    elif steps:  # of the request, not of a record
        return _Place(None, ())
    name = text_of(details.get("api_name"))
    if not steps and name is None and (expected := rows(details.get("expected_fields"))):
        return _place(expected[0])
    return _Place(record, tuple(steps) or ((name,) if name else ()))


def _specific(code: str | None, details: Mapping[str, Any], value: Any) -> Iterator[str]:
    """The sentences that Zoho's details allow."""
    limit = text_of(details.get("maximum_length"))
    if limit:
        yield _length(limit, value)
    if kind := text_of(details.get("expected_data_type")):
        yield f"Zoho expects {_TYPES.get(kind.lower(), kind)} here."
    if supported := _list(details.get("supported_values")):
        yield f"Zoho accepts here only: {supported}."
    if code == "MANDATORY_NOT_FOUND":
        rule = details.get("layout_rule")
        name = text_of(rule.get("name")) if isinstance(rule, dict) else None
        yield f'Zoho needs a value here (layout rule "{name}").' if name else "Zoho needs a value here."
    if code == "DUPLICATE_DATA":
        yield _duplicate(details)
    if code == "MAPPING_MISMATCH" and (mapped := text_of(details.get("mapped_field"))):
        yield f"This value does not go with the value of {mapped}."
    dependee = details.get("dependee")
    if isinstance(dependee, dict) and (name := text_of(dependee.get("api_name"))):
        yield f"This value depends on {name}: change both together."
    if expected := _list([row.get("api_name") for row in rows(details.get("expected_fields")) or []]):
        yield f"Zoho needs one of these: {expected}."
    if permissions := _list(details.get("permissions")):
        yield f"The connected Zoho user lacks the permission {permissions}."


def _length(limit: str, value: Any) -> str:
    if isinstance(value, str):
        return f"Zoho accepts at most {limit} characters here (you typed {len(value)})."
    if isinstance(value, list):
        return f"Zoho accepts at most {limit} values here (there are {len(value)})."
    return f"Zoho accepts at most {limit} {'characters' if value is None else 'digits'} here."


def _duplicate(details: Mapping[str, Any]) -> str:
    other = details.get("duplicate_record")
    other = other if isinstance(other, dict) else {}
    module, owner = other.get("module"), other.get("Owner")
    where = text_of(module.get("api_name")) if isinstance(module, dict) else text_of(module)
    who = text_of(owner.get("name")) if isinstance(owner, dict) else None
    id = text_of(other.get("id")) or text_of(details.get("id"))
    name = " ".join(part for part in (where, id) if part)
    return f"Another record already has this value{f': {name}' if name else ''}{f', owned by {who}' if who else ''}."


def _list(value: Any) -> str:
    items = [text for item in value if (text := text_of(item))] if isinstance(value, list) else []
    return ", ".join(items[:MAX_SHOWN]) + (", …" if len(items) > MAX_SHOWN else "")
