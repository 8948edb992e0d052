"""What the fake CRM says of itself: the shapes of Zoho's own answers, as wide as a bench asks."""

from __future__ import annotations

from functools import cache
from typing import Any

WIDTHS = {"Leads": 50, "Wide": 250}
"""Fields of each module: Wide has 200 more."""
MODIFIED = "2026-01-05T09:00:00+00:00"
USER = {
    "id": "5725767000000411001",
    "zuid": "808233918",
    "full_name": "Patricia Boyle",
    "email": "patricia@example.com",
    "status": "active",
    "time_zone": "Europe/Zurich",
}
ORG = {
    "id": "5725767000000020005",
    "zgid": "808232144",
    "company_name": "Bench",
    "domain_name": "org808232144",
    "type": "production",
    "time_zone": "Europe/Zurich",
    "license_details": {"paid": True, "paid_type": "enterprise"},
}
_WHO = '{"name":"Patricia Boyle","id":"5725767000000411001"}'
ROW = (
    f'{{"code":"SUCCESS","details":{{"Modified_Time":"%s","Modified_By":{_WHO},"Created_Time":"{MODIFIED}",'
    f'"id":"%s","Created_By":{_WHO},"$approval_state":"approved"}},"message":"record updated","status":"success"}}'
)
"""The row of a record that was updated; takes time and id."""
_KNOWN = {
    "Last_Name": "text",
    "City": "text",
    "Email": "email",
    "Phone": "phone",
    "No_of_Employees": "integer",
    "Lead_Status": "picklist",
}
_OPTIONS = ("Not Contacted", "Contacted", "Junk Lead", "Lost Lead", "Pre-Qualified")
_VALUES = {"integer": 12, "picklist": "Contacted", "email": "ana@example.com", "phone": "+41 31 555 01 23"}
_LAYOUT = {"id": "5725767000000000055", "name": "Standard", "display_label": "Standard"}


@cache
def fields(module: str) -> list[dict[str, Any]]:
    """``GET /settings/fields``."""
    kinds = {**_KNOWN, **{f"Field_{number}": "text" for number in range(WIDTHS[module] - len(_KNOWN))}}
    return [_field(number, name, kind) for number, (name, kind) in enumerate(kinds.items())]


def layouts(module: str) -> list[dict[str, Any]]:
    """``GET /settings/layouts``: one, with everything in one section."""
    section = {"name": "Information", "display_label": "Information", "type": "used", "sequence_number": 1, "isSubformSection": False}
    return [{**_LAYOUT, "status": "active", "visible": True, "sections": [{**section, "fields": fields(module)}]}]


@cache
def record(module: str) -> dict[str, Any]:
    """Any record before it was written to."""
    values = {field["api_name"]: _value(field["data_type"]) for field in fields(module)}
    who = {"name": USER["full_name"], "id": USER["id"]}
    return {"Owner": {**who, "email": USER["email"]}, **values, "Modified_Time": MODIFIED, "Modified_By": who, "Layout": _LAYOUT}


def _value(kind: str) -> Any:
    return _VALUES.get(kind, "A text of some length")


def _field(number: int, name: str, kind: str) -> dict[str, Any]:
    label = name.replace("_", " ")
    options = [{"display_value": text, "actual_value": text, "id": f"57257{at:014}", "type": "used"} for at, text in enumerate(_OPTIONS)]
    return {
        "id": f"5725767000{number:09}",
        "api_name": name,
        "field_label": label,
        "display_label": label,
        "data_type": kind,
        "json_type": "integer" if kind == "integer" else "string",
        "length": 9 if kind == "integer" else 255,
        "type": "used",
        "visible": True,
        "read_only": False,
        "field_read_only": False,
        "system_mandatory": False,
        "custom_field": name not in _KNOWN,
        "sequence_number": number,
        "pick_list_values": options if kind == "picklist" else [],
        "view_type": {"view": True, "edit": True, "quick_create": False, "create": True},
        "operation_type": {"web_update": True, "api_create": True, "web_create": True, "api_update": True},
    }
