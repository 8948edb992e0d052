"""What CRM checks of a value in an update, type by type: crm.md section 4 of the dossier."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.crm_spec import FILES, LINKS, PLACES, Module, Spec
from sandbox.crm_store import MESSAGES, CrmStore
from sandbox.people import ACTIVE, BY_ID
from sandbox.wire import Json

_EMAIL = re.compile(r"[\w.+'&*/=?^{}~!#$%-]+@(?:[\w-]+\.)+[^\W\d_]{2,22}")
_PHONE = re.compile(r"(?![.\-])[\w+\-.()#,; ]+")
_WEBSITE = re.compile(r"(?:(?:https?|ftp)://)?[^\s.<>\"]+(?:\.[^\s.<>\"]+)+")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_BIGINT = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True)
class Problem:
    """Why a value is refused; ``path`` goes behind the field's JSON path."""

    code: str = "INVALID_DATA"
    details: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    path: str = ""

    def as_json(self, name: str, json_path: str) -> Json:
        """The error as it stands in ``data`` or in ``details.errors``."""
        details = {**self.details, "api_name": name, "json_path": json_path + self.path}
        return {
            "code": self.code,
            "details": details,
            "message": self.message or MESSAGES.get(self.code, "invalid data"),
            "status": "error",
        }


class Invalid(Exception):
    """Carries the Problem out of a check."""

    def __init__(self, **details: Any) -> None:
        super().__init__(str(details))
        self.problem = Problem(details=details)


def _expects(type_: str) -> Invalid:
    return Invalid(expected_data_type=type_)


def check(store: CrmStore, module: Module, spec: Spec, value: Any, *, strict_picklists: bool) -> Any:
    """The value as it is stored. Raises Invalid. ``None`` clears, an empty text too."""
    if value is None or (value == "" and spec.json_type == "string"):
        if spec.is_mandatory or spec.name == "Owner":
            error = Invalid()
            error.problem = Problem("MANDATORY_NOT_FOUND")
            raise error
        return {"boolean": False, "multiselectpicklist": []}.get(spec.type)
    if spec.type == "picklist":
        return _picklist(spec, value, strict=strict_picklists or spec.name in ("Stage", "Pipeline"))
    if spec.type in ("lookup", "multi_module_lookup", "ownerlookup", "userlookup", "layout"):
        return _reference(store, module, spec, value)
    return _CHECKS[spec.type](spec, value)


def _limited(spec: Spec, value: Any, type_: str) -> str:
    if not isinstance(value, str):
        raise _expects(type_)
    if len(value) > spec.limit:
        raise Invalid(maximum_length=spec.limit)
    return value


def _text(spec: Spec, value: Any) -> str:
    return _limited(spec, value, "text")


def _pattern(pattern: re.Pattern[str], type_: str) -> Callable[[Spec, Any], str]:
    def checked(spec: Spec, value: Any) -> str:
        text = _limited(spec, value, type_)
        if not pattern.fullmatch(text):
            raise _expects(type_)
        return text

    return checked


def _integer(spec: Spec, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _expects("integer")
    if len(str(abs(value))) > spec.limit:
        raise Invalid(maximum_length=spec.limit)
    return value


def _bigint(spec: Spec, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not re.fullmatch(r"-?\d+", str(value)):
        raise _expects("bigint")
    if not _BIGINT.fullmatch(str(value)):
        raise Invalid(maximum_length=spec.limit)
    return str(value)


def _number(spec: Spec, value: Any) -> int | Decimal:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise _expects("double")
    _sign, digits, exponent = Decimal(value).normalize().as_tuple()
    places = max(0, -int(exponent))
    if len(digits) + int(exponent) > spec.limit:
        raise Invalid(maximum_length=spec.limit)
    if places > PLACES[spec.type]:
        raise Invalid(maximum_decimal_length=PLACES[spec.type])
    return value


def _boolean(_spec: Spec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _expects("boolean")
    return value


def _date(_spec: Spec, value: Any) -> str:
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        date.fromisoformat(value)
    except ValueError as exc:
        raise _expects("date") from exc
    return value


def _datetime(_spec: Spec, value: Any) -> str:
    """With a numeric offset and without milliseconds."""
    try:
        if not isinstance(value, str) or not _DATETIME.fullmatch(value):
            raise ValueError
        datetime.fromisoformat(value)
    except ValueError as exc:
        raise _expects("datetime") from exc
    return value


def _picklist(spec: Spec, value: Any, *, strict: bool) -> str | None:
    """An unknown value is stored as well: Zoho documents that it takes new ones."""
    if not isinstance(value, str):
        raise _expects("text")
    if len(value) > spec.limit:
        raise Invalid(maximum_length=spec.limit)
    if strict and value not in {option.actual for option in spec.options}:
        error = Invalid()
        error.problem = Problem(message="picklist not found in record layout")
        raise error
    return None if value == "-None-" else value


def _multiselect(_spec: Spec, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _expects("jsonarray")
    return list(dict.fromkeys(value))


def _no_such_id() -> Invalid:
    error = Invalid()
    error.problem = Problem(message="the id given seems to be invalid", path=".id")
    return error


def _reference(store: CrmStore, module: Module, spec: Spec, value: Any) -> Json:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise _expects("jsonobject")
    id_ = value["id"]
    if spec.type == "layout":
        names = {module.layout_id(index): layout.name for index, layout in enumerate(module.layouts)}
        if id_ not in names:
            raise _no_such_id()
        return {"name": names[id_], "id": id_}
    if spec.type in ("lookup", "multi_module_lookup", "multiselectlookup"):
        return _record(store, spec, id_)
    person = BY_ID.get(id_)
    if person is None:
        raise _no_such_id()
    if person not in ACTIVE:
        error = Invalid()
        error.problem = Problem(message="Non Subordinate User Found", path=".id")
        raise error
    return {"name": person.name, "id": person.id, "email": person.email}


def _record(store: CrmStore, spec: Spec, id_: str) -> Json:
    """Name and id of a record, of whichever module the lookup may point into."""
    for name in tuple(store.modules()) if spec.lookup == "se_module" else spec.targets:
        record = store.records(name).get(id_)
        if record is not None:
            found = {"name": record[store.get_module(name).name_field], "id": id_}
            return found if spec.type == "multiselectlookup" or name == spec.lookup else found | {"module": {"api_name": name}}
    raise _no_such_id()


_CHECKS: dict[str, Callable[[Spec, Any], Any]] = {
    "text": _text,
    "textarea": _text,
    "email": _pattern(_EMAIL, "email"),
    "phone": _pattern(_PHONE, "phone"),
    "website": _pattern(_WEBSITE, "website"),
    "integer": _integer,
    "bigint": _bigint,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "multiselectpicklist": _multiselect,
}


def merge_rows(store: CrmStore, module: Module, spec: Spec, stored: list[Json], value: Any) -> list[Json]:
    """A subform, file or linking field after a write: a row without id is appended, ``_delete`` removes, ``[]`` empties."""
    if value is None or value == []:
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise _expects("jsonarray")
    rows = {row["id"]: dict(row) for row in stored}
    for sent in value:
        id_ = sent.get("id")
        if id_ is not None and id_ not in rows:
            raise _no_such_id()
        if "_delete" in sent:
            rows.pop(str(id_), None)
            continue
        if id_ is None:
            id_ = store.new_id()
            rows[id_] = {"id": id_, **{each.name: None for each in spec.rows}}
        rows[id_] |= _cells(store, module, spec, sent, rows[id_])
    if len(rows) > spec.limit:
        raise Invalid(maximum_length=spec.limit)
    return list(rows.values())


def _cells(store: CrmStore, module: Module, spec: Spec, sent: Json, row: Json) -> Json:
    if spec.type in FILES:
        return _file(store, spec, sent, row)
    if spec.type in LINKS:
        return {spec.name: _reference(store, module, spec, sent[spec.name])} if spec.name in sent else {}
    given = {column: sent[column.name] for column in spec.rows if column.name in sent and column.is_writable}
    return {
        column.name: None if value in (None, "") else check(store, module, column, value, strict_picklists=False)
        for column, value in given.items()
    }


def _file(store: CrmStore, spec: Spec, sent: Json, row: Json) -> Json:
    """A file that was uploaded before; its id goes on to the record."""
    id_ = sent.get("File_Id__s", row.get("File_Id__s"))
    held = store.files.get(id_) if isinstance(id_, str) else None
    if held is None:
        if id_ is not None and id_ == row.get("File_Id__s"):
            return {}
        error = Invalid()
        error.problem = Problem(message="the file id given seems to be invalid", path=".File_Id__s")
        raise error
    place = {"Sequence_Number__s": sent.get("Sequence_Number__s", 1)} if spec.type == "imageupload" else {}
    return {"File_Id__s": id_, "File_Name__s": held["name"], "Size__s": str(held["size"]), **place}
