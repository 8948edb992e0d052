"""Metadata as Zoho sends it, cut to what a test is about."""

from __future__ import annotations

from typing import Any

from zoho.fields import Field, Kind, Option


def crm_meta(name: str, data_type: str = "text", json_type: str = "string", **more: Any) -> dict[str, Any]:
    """An entry of CRM's ``GET /settings/fields`` that can be edited."""
    return {
        "api_name": name,
        "field_label": name.replace("_", " "),
        "display_label": "Old " + name,
        "data_type": data_type,
        "json_type": json_type,
        "length": 100,
        "visible": True,
        "read_only": False,
        "field_read_only": False,
        "system_mandatory": False,
        "operation_type": {"api_update": True, "api_create": True},
        "view_type": {"edit": True, "view": True},
        "lookup": {},
        "mask_details": None,
        "pick_list_values": [],
        **more,
    }


def pick(actual: Any, display: str | None = None, **more: Any) -> dict[str, Any]:
    """A picklist value."""
    return {"actual_value": actual, "display_value": display or str(actual), "type": "used", "colour_code": None, **more}


def layout(*fields: dict[str, Any], layout_id: str = "1", **more: Any) -> dict[str, Any]:
    """A CRM layout of one section."""
    rows = [{"sequence_number": at + 1, **field} for at, field in enumerate(fields)]
    section = {"display_label": "Information", "sequence_number": 1, "type": "used", "fields": rows}
    return {"id": layout_id, "visible": True, "status": "active", "sections": [section], **more}


def crm(kind: Kind, **more: Any) -> Field:
    """A CRM field of a kind."""
    return Field("X", "Field X", kind, "crm", ("X",), **more)


def desk(kind: Kind, **more: Any) -> Field:
    """A Desk field of a kind."""
    return Field("x", "Field x", kind, "desk", ("x",), **more)


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, value) for value in values)
