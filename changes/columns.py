"""The columns of a list: what records are known by unless the person chose others, and what else may stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from changes.drafts import CRM_NAMES
from zoho import metadata
from zoho.connections import Connection
from zoho.fields import ABSENT, Field, Kind, crm_form
from zoho.runtime import Amend

USUAL, MOST = 5, 12
"""How many columns a list has by itself, and at most; Zoho takes 50 fields, of which the name needs a few."""
PREFERRED = (
    "Company Account_Name Email Phone Stage Amount Closing_Date Status Lead_Status Due_Date Priority Start_DateTime Owner Modified_Time"
).split()
SHORT = (Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.PICKLIST, Kind.DATE, Kind.CURRENCY, Kind.INTEGER, Kind.DECIMAL, Kind.LOOKUP)
LISTED = (*SHORT, Kind.OWNER, Kind.DATETIME, Kind.BOOLEAN, Kind.PERCENT, Kind.BIGINT, Kind.WEBSITE, Kind.MULTISELECT, Kind.TEXTAREA)
"""Kinds of which a list shows something useful: no rows, files or rich text, which Zoho leaves out of lists or cuts."""
_TIMES = {"createdTime": "Created"}
DESK_COLUMNS: dict[str, dict[str, str]] = {
    "tickets": {"ticketNumber": "Number", "status": "Status", "priority": "Priority", "email": "Email", "dueDate": "Due", **_TIMES},
    "contacts": {"email": "Email", "phone": "Phone", "mobile": "Mobile", "type": "Type", **_TIMES},
    "accounts": {"phone": "Phone", "website": "Website", "industry": "Industry", **_TIMES},
    "tasks": {"status": "Status", "priority": "Priority", "dueDate": "Due", **_TIMES},
    "calls": {"status": "Status", "direction": "Direction", "startTime": "Start", **_TIMES},
    "events": {"status": "Status", "category": "Category", "startTime": "Start", **_TIMES},
    "products": {"productCode": "Code", "unitPrice": "Price", **_TIMES},
    "contracts": {"contractNumber": "Number", "startDate": "Start", "endDate": "End", **_TIMES},
}
"""What Desk's lists carry without being asked, and show unless the person chose otherwise."""
DESK_MORE: dict[str, dict[str, str]] = {
    "tickets": {"phone": "Phone", "channel": "Channel", "category": "Category", "statusType": "Kind of status", "closedTime": "Closed"},
    "contacts": {"title": "Title", "city": "City", "country": "Country", "secondaryEmail": "Second e-mail"},
    "accounts": {"fax": "Fax", "city": "City", "country": "Country", "annualrevenue": "Annual revenue"},
}
"""What can be chosen besides. A list shows neither custom fields nor descriptions."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column by the field's API name."""

    name: str
    label: str
    field: Field | None = None

    def cell(self, record: Mapping[str, Any], zone: ZoneInfo) -> str:
        """What the record holds, as a short text; "" for nothing."""
        if self.field is None:
            value = record.get(self.name)
            return _time(value, zone) or str(value) if isinstance(value, str | int) else ""
        wire = self.field.read(record)
        if isinstance(wire, dict) and isinstance(wire.get("name"), str):
            return str(wire["name"])  # without the id that a form shows beside it
        return "" if wire is ABSENT or wire is None else self.field.show(wire, zone)


@dataclass(frozen=True, slots=True)
class Columns:
    """``shown`` are the columns of a list, ``choices`` all that could be; ``names`` are the fields that make a record's name."""

    names: tuple[str, ...]
    shown: tuple[Column, ...]
    choices: tuple[Column, ...]


def columns(amend: Amend, connection: Connection, product: str, module: str, chosen: Sequence[str] = ()) -> Columns:
    """The columns that were ``chosen``, those that still exist; else the usual ones. Raises the ZohoErrors of a read."""
    if product == "desk":
        names: tuple[str, ...] = ()
        usual = list(own := DESK_COLUMNS.get(module, _TIMES))
        known = {name: Column(name, label) for name, label in (own | DESK_MORE.get(module, {})).items()}
    else:
        fields = crm_form(metadata.crm_fields(amend, connection, module), [], {}).by_name
        names = tuple(part for name in CRM_NAMES for part in name.split("+") if part in fields)
        known = {name: Column(name, field.label, field) for name, field in fields.items() if field.kind in LISTED and name != "id"}
        usual = _usual(known, names)
    shown = [known[name] for name in chosen if name in known][:MOST] or [known[name] for name in usual]
    return Columns(names, tuple(shown), tuple(known.values()))


def _usual(known: Mapping[str, Column], names: Sequence[str]) -> list[str]:
    chosen = [name for name in PREFERRED if name in known and name not in names][:USUAL]
    if len(chosen) < 4:
        rest = (name for name, one in known.items() if one.field and one.field.kind in SHORT and one.field.is_editable)
        chosen = [*dict.fromkeys(name for name in rest if name not in (*names, *chosen))][: 4 - len(chosen)] + chosen
    return chosen


def _time(value: object, zone: ZoneInfo) -> str | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        return None
    try:
        at = datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
