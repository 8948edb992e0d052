"""The list views of CRM: what there is, and which records each shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from werkzeug.wrappers import Response

from sandbox.crm_spec import Module, meta_id
from sandbox.crm_store import crm_refusal
from sandbox.people import PEOPLE
from sandbox.wire import Call, Json, Route, json_answer


@dataclass(frozen=True)
class View:
    """A list view; ``title`` holds ``{}`` where the module's plural stands."""

    title: str
    category: str
    shows: Callable[[Call, Json], bool]
    is_default: bool = False


def _is_mine(call: Call, record: Json) -> bool:
    return bool((record.get("Owner") or {}).get("id") == call.granted.person.id)


def _is_recent(call: Call, record: Json) -> bool:
    return bool(datetime.fromisoformat(record["Modified_Time"]) > call.world.now() - timedelta(days=7))


VIEWS = (
    View("All {}", "public_views", lambda _call, _record: True, is_default=True),
    View("My {}", "public_views", _is_mine),
    View("{} changed <b>this</b> week", "created_by_me", _is_recent),
)


def view_id(module: Module, index: int) -> str:
    """The id of a module's n-th view."""
    return meta_id(module.number, 8000, index)


def shown(call: Call, module: Module, rows: list[Json]) -> list[Json]:
    """The records of the view that ``cvid`` names; a view has an order of its own."""
    id_ = call.query["cvid"]
    if "sort_by" in call.query:
        raise crm_refusal("AMBIGUITY_DURING_PROCESSING", 400, {"ambiguity_due_to": [{"param_name": "cvid"}, {"param_name": "sort_by"}]})
    view = next((view for index, view in enumerate(VIEWS) if view_id(module, index) == id_), None)
    if view is None:
        raise crm_refusal("INVALID_DATA", 400, {"param_name": "cvid"})
    return [row for row in rows if view.shows(call, row)]


def _view(call: Call, module: Module, index: int, view: View) -> Json:
    title, at = view.title.format(module.plural), call.world.crm.local(call.world.started_at.isoformat())
    person = {"name": PEOPLE[0].name, "id": PEOPLE[0].id}
    return {
        "id": view_id(module, index),
        "name": title,
        "display_value": title,
        "system_name": "ALLVIEWS" if view.is_default else None,
        "system_defined": view.is_default,
        "category": view.category,
        "default": view.is_default,
        "favorite": None,
        "locked": False,
        "offline": True,
        "access_type": "public",
        "shared_to": None,
        "criteria": None,
        "fields": [{"api_name": module.name_field, "id": meta_id(module.number, 0), "_pin": False}],
        "sort_by": None,
        "sort_order": None,
        "module": {"api_name": module.api_name, "id": meta_id(module.number, 9999)},
        "created_by": person,
        "modified_by": person,
        "created_time": at,
        "modified_time": at,
        "last_accessed_time": at,
    }


def custom_views(call: Call) -> Response:
    """GET /crm/v8/settings/custom_views?module=Leads."""
    if "module" not in call.query:
        raise crm_refusal("REQUIRED_PARAM_MISSING", 400, {"param_name": "module"})
    module = call.world.crm.get_module(call.query["module"])
    rows = [_view(call, module, index, view) for index, view in enumerate(VIEWS)]
    words = {
        "public_views": "Public Views",
        "other_users_views": "Other Users Views",
        "shared_with_me": "Shared With Me",
        "created_by_me": "Created By Me",
    }
    info = {"per_page": 200, "count": len(rows), "page": 1, "more_records": False, "default": rows[0]["id"], "translation": words}
    return json_answer({"custom_views": rows, "info": info})


ROUTES = (Route("GET", "/crm/v8/settings/custom_views", custom_views, ("ZohoCRM.settings.custom_views.READ",)),)
