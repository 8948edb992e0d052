"""What Desk checks of a PATCH: no unknown key, types, lengths, picklists; each error with a JSON pointer."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.desk_spec import DeskModule, Field
from sandbox.desk_store import DeskStore, desk_refusal
from sandbox.wire import Call, Json, loads

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NULLABLE_TEXT = ("", "null")


def checked_body(call: Call, module: DeskModule) -> Json:
    """The values to store. Raises a 415, 400 or 422 refusal."""
    if not call.request.is_json:
        raise desk_refusal("UNSUPPORTED_MEDIA_TYPE", 415)
    try:
        body = loads(call.request.get_data() or b"null")
    except ValueError as exc:
        raise desk_refusal("BAD_REQUEST", 400) from exc
    if body is None or body == {}:
        raise desk_refusal("EMPTY_PAYLOAD", 422)
    if not isinstance(body, dict):
        raise desk_refusal("BAD_REQUEST", 400)
    values, errors = _checked(call.world.desk, module, body, set(call.world.config.desk_hidden_fields))
    if errors:
        raise desk_refusal("INVALID_DATA", 422, errors=errors)
    return values


def _error(pointer: str, message: str, kind: str = "invalid") -> Json:
    return {"fieldName": pointer, "errorType": kind, "errorMessage": message}


def _checked(desk: DeskStore, module: DeskModule, body: Json, hidden: set[str]) -> tuple[Json, list[Json]]:
    values: Json = {}
    errors: list[Json] = []
    labels = {field.label: field.name for field in module.fields if field.is_custom}
    custom = body.get("cf")
    if custom is None and isinstance(body.get("customFields"), dict):
        custom = {labels.get(label, label): value for label, value in body["customFields"].items()}
    for name, value in body.items():
        field = module.find(name)
        if name in ("cf", "customFields") or name in module.also:
            if name in module.also and name != "layoutId":
                values[name] = value
        elif field is None or field.is_custom or name in hidden:
            errors.append(_error(f"/{name}", f"An extra parameter '{name}' is found."))
        else:
            _one(desk, field, value, f"/{name}", values, errors)
    if custom is not None and not isinstance(custom, dict):
        errors.append(_error("/cf", "An object is expected."))
    elif custom:
        values["cf"] = _custom(desk, module, custom, hidden, errors)
    return values, errors


def _custom(desk: DeskStore, module: DeskModule, custom: Json, hidden: set[str], errors: list[Json]) -> Json:
    """``cf``: strings, whatever the field's type."""
    values: Json = {}
    for name, value in custom.items():
        field = module.find(name)
        if field is None or not field.is_custom or field.is_read_only or name in hidden:
            errors.append(_error(f"/cf/{name}", f"An extra parameter '{name}' is found."))
        elif value is not None and not isinstance(value, str):
            errors.append(_error(f"/cf/{name}", "A string is expected."))
        else:
            _one(desk, field, value, f"/cf/{name}", values, errors)
    return values


def _one(desk: DeskStore, field: Field, value: Any, pointer: str, into: Json, errors: list[Json]) -> None:
    if value is None or (field.type == "LookUp" and value in _NULLABLE_TEXT) or (value == "" and not field.is_mandatory):
        if field.is_mandatory:
            errors.append(_error(pointer, "A value is required.", "missing"))
        else:
            into[field.name] = None
        return
    problem = _problem(desk, field, value)
    if problem is not None:
        errors.append(_error(pointer, problem, "missing" if value == "" else "invalid"))
    else:
        into[field.name] = value


def _problem(desk: DeskStore, field: Field, value: Any) -> str | None:
    """Why a value is refused, in words, or None."""
    if not isinstance(value, str):
        return "A string is expected."
    if field.is_mandatory and not value.strip():
        return "A value is required."
    if len(value) > field.limit:
        return f"The value is longer than {field.limit} characters."
    if field.type == "LookUp" and not desk.exists(field.lookup, value):
        return "There is no such record."
    return _type_problem(field, value)


def _type_problem(field: Field, value: str) -> str | None:
    not_allowed = "The value is not one of the allowed values."
    match field.type:
        case "Picklist" if value not in field.options:
            return not_allowed
        case "Multiselect" if not set(value.split(";")) <= set(field.options):
            return not_allowed
        case "Email" if not _EMAIL.fullmatch(value):
            return "The value is not an email address."
        case "Boolean" if value not in ("true", "false"):
            return "The value is not true or false."
        case "DateTime" | "Date":
            return _time_problem(field.type, value)
        case "Number" | "Decimal" | "Currency" | "Percent":
            return _number_problem(field.type, value)
    return None


def _time_problem(type_: str, value: str) -> str | None:
    try:
        if type_ == "Date":
            if len(value) != 10:
                raise ValueError
            date.fromisoformat(value)
        else:
            if not _TIME.fullmatch(value):
                raise ValueError
            datetime.fromisoformat(value.split(".")[0].rstrip("Z"))
    except ValueError:
        return "A date is written yyyy-MM-dd." if type_ == "Date" else "A time is written yyyy-MM-ddTHH:mm:ss.SSSZ, in UTC."
    return None


def _number_problem(type_: str, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "The value is not a number."
    if not number.is_finite() or (type_ == "Number" and number != number.to_integral_value()):
        return "The value is not a whole number."
    return None
