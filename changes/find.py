"""Find a record to edit: modules as Zoho calls them, recent records, search by what was typed, by id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from changes.door import execute_tool
from changes.drafts import CRM_NAMES, record_name, zone_of
from changes.resolve import search_terms
from zoho import metadata
from zoho.answers import Done, Page, Question, Refused
from zoho.connections import Connection
from zoho.errors import RecordNotFoundError, ZohoError
from zoho.fields import ABSENT, Field, Kind, crm_form
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES

PRODUCTS = ("crm", "desk")
MAX_COLUMNS = 5
LAST_PAGE = {"crm": 10, "desk": 100}
"""Zoho's lists end here: 2,000 CRM records without a page token."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A module that can be chosen. ``web_name`` is what Zoho's own addresses call it."""

    product: str
    module: str
    label: str
    singular: str
    web_name: str


@dataclass(frozen=True, slots=True)
class Tabs:
    """The modules of a connection's products, and what kept a product's list away."""

    tabs: tuple[Tab, ...]
    errors: tuple[ZohoError, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One record of a list: how people call it, and a text for each column."""

    record_id: str
    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of records. ``columns`` are labels, without the name's own."""

    columns: tuple[str, ...]
    hits: tuple[Hit, ...]
    page: int
    more: bool


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    label: str
    field: Field | None = None


def list_tabs(amend: Amend, connection: Connection) -> Tabs:
    """Every module of the chosen products. One product's failure does not hide the other."""
    tabs: list[Tab] = []
    errors: list[ZohoError] = []
    for product in PRODUCTS:
        if product not in connection.products:
            continue
        try:
            rows = metadata.modules(amend, connection, product)
        except ZohoError as error:
            errors.append(error)
            continue
        tabs += [Tab(product, row.api_name, row.plural, row.singular, row.web_name or row.api_name) for row in rows]
    return Tabs(tuple(tabs), tuple(errors))


def list_records(amend: Amend, connection: Connection, product: str, module: str, text: str, page: int) -> Listing | Question | Refused:
    """The newest records of a module, or those that ``text`` finds. Raises the ZohoErrors of a read."""
    if product == "desk":
        return _desk(amend, connection, module, text, page)
    columns = _crm_columns(amend, connection, module)
    if text:
        answer = execute_tool(amend, connection.id, "crm.search_records", {"module": module, "page": page, **search_terms(text)})
    else:
        names = tuple(dict.fromkeys(("id", *(column.name for column in columns))))[:50]
        answer = execute_tool(amend, connection.id, "crm.list_records", {"module": module, "page": page, "fields": names})
    shown = [column for column in columns if column.label]
    return _listing(answer, product, shown, zone_of(connection), page)


def has_record(amend: Amend, connection_id: UUID, product: str, module: str, record_id: str) -> bool:
    """Whether a number is the id of a record of this module. Raises the ZohoErrors of a read but that of a missing record."""
    name, params = ("crm.get_record", {"module": module}) if product == "crm" else (f"desk.get_{DESK_MODULES[module]}", {})
    try:
        return isinstance(execute_tool(amend, connection_id, name, {**params, "id": record_id}), Done)
    except RecordNotFoundError:
        return False


def _desk(amend: Amend, connection: Connection, module: str, text: str, page: int) -> Listing | Question | Refused:
    if text:
        answer = execute_tool(amend, connection.id, f"desk.search_{module}", {"text": text, "page": page})
    else:
        answer = execute_tool(amend, connection.id, f"desk.list_{module}", {"page": page})
    columns = [_Column(name, label) for name, label in DESK_COLUMNS[module].items()]
    return _listing(answer, "desk", columns, zone_of(connection), page)


DESK_COLUMNS: dict[str, dict[str, str]] = {
    "tickets": {
        "ticketNumber": "Number",
        "status": "Status",
        "priority": "Priority",
        "email": "Email",
        "dueDate": "Due",
        "createdTime": "Created",
    },
    "contacts": {"email": "Email", "phone": "Phone", "mobile": "Mobile", "type": "Type", "createdTime": "Created"},
    "accounts": {"phone": "Phone", "website": "Website", "industry": "Industry", "createdTime": "Created"},
    "tasks": {"status": "Status", "priority": "Priority", "dueDate": "Due", "createdTime": "Created"},
    "calls": {"status": "Status", "direction": "Direction", "startTime": "Start", "createdTime": "Created"},
    "events": {"status": "Status", "category": "Category", "startTime": "Start", "createdTime": "Created"},
    "products": {"productCode": "Code", "unitPrice": "Price", "productCategory": "Category", "createdTime": "Created"},
}
"""What Desk's lists carry without being asked; a list does not show custom fields."""


def _listing(answer: Any, product: str, columns: Sequence[_Column], zone: ZoneInfo, page: int) -> Listing | Question | Refused:
    if not isinstance(answer, Done):
        return answer  # type: ignore[no-any-return]
    found: Page = answer.value
    hits = tuple(_hit(product, record, columns, zone) for record in found.records if _id(record))
    return Listing(tuple(column.label for column in columns), hits, page, found.more and page < LAST_PAGE[product])


def _hit(product: str, record: dict[str, Any], columns: Sequence[_Column], zone: ZoneInfo) -> Hit:
    record_id = _id(record)
    return Hit(record_id, record_name(product, record, record_id), tuple(_cell(column, record, zone) for column in columns))


def _id(record: Mapping[str, Any]) -> str:
    text = str(record.get("id") or "")
    return text if text.isascii() and text.isdigit() else ""


def _cell(column: _Column, record: Mapping[str, Any], zone: ZoneInfo) -> str:
    if column.field is not None:
        wire = column.field.read(record)
        if isinstance(wire, dict) and isinstance(wire.get("name"), str):
            return str(wire["name"])  # without the id that a form shows beside it
        return "" if wire is ABSENT or wire is None else column.field.show(wire, zone)
    value = record.get(column.name)
    return _time(value, zone) or str(value) if isinstance(value, str | int) else ""


def _time(value: object, zone: ZoneInfo) -> str | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        return None
    try:
        at = datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


PREFERRED = (
    "Company Account_Name Email Phone Stage Amount Closing_Date Status Lead_Status Due_Date Priority Start_DateTime Owner Modified_Time"
).split()
SHORT = (Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.PICKLIST, Kind.DATE, Kind.CURRENCY, Kind.INTEGER, Kind.DECIMAL, Kind.LOOKUP)


def _crm_columns(amend: Amend, connection: Connection, module: str) -> list[_Column]:
    """Names first, without a label since they make the name, then what people know a record by."""
    by_name = crm_form(metadata.crm_fields(amend, connection, module), [], {}).by_name
    names = [part for name in CRM_NAMES for part in name.split("+") if part in by_name]
    chosen = [name for name in PREFERRED if name in by_name and name not in names][:MAX_COLUMNS]
    if len(chosen) < 4:
        more = (name for name, field in by_name.items() if field.kind in SHORT and field.is_editable)
        chosen = [*dict.fromkeys(name for name in more if name not in (*names, *chosen))][: 4 - len(chosen)] + chosen
    shown = [_Column(name, by_name[name].label, by_name[name]) for name in chosen]
    return [*(_Column(name, "") for name in names), *shown]
