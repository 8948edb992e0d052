"""Picklists of a layout that decide what another offers: Industry and Segment, on Deals also Pipeline and Stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from sandbox.crm_settings import module_param, which_layout
from sandbox.crm_spec import Module, meta_id
from sandbox.crm_store import crm_refusal
from sandbox.crm_tables import PIPELINES, SEGMENTS
from sandbox.wire import Call, Json, Route, json_answer, no_content

_PAIRS: tuple[tuple[str, str, Mapping[str, tuple[str, ...]], int], ...] = (
    ("Industry", "Segment", SEGMENTS, 0),
    ("Pipeline", "Stage", PIPELINES, 1),
)


def _brief(value: Json) -> Json:
    return {key: value[key] for key in ("display_value", "actual_value", "id")}


def _entries(call: Call) -> list[Json]:
    module = module_param(call)
    which_layout(call, module)
    by_name = {entry["api_name"]: entry for entry in call.world.crm.fields(module)}
    return [_entry(module, by_name, at) for at, (parent, child, _map, _category) in enumerate(_PAIRS) if {parent, child} <= set(by_name)]


def _entry(module: Module, by_name: dict[str, Json], at: int) -> Json:
    parent, child, fitting, category = _PAIRS[at]
    children = by_name[child]["pick_list_values"]
    values = [
        {**_brief(value), "maps": [_brief(each) for each in children if each["actual_value"] in fitting.get(value["actual_value"], ())]}
        for value in by_name[parent]["pick_list_values"]
    ]
    entry: dict[str, Any] = {"id": meta_id(module.number, 7000, at), "internal": False, "active": True, "source": 1, "sub_module": None}
    ends = {"parent": {"api_name": parent, "id": by_name[parent]["id"]}, "child": {"api_name": child, "id": by_name[child]["id"]}}
    return entry | ends | {"category": category, "pick_list_values": values}


def list_dependencies(call: Call) -> Response:
    """GET /crm/v8/settings/layouts/{id}/map_dependency?module=…"""
    entries = _entries(call)
    info = {"per_page": 200, "count": len(entries), "page": 1, "more_records": False}
    return json_answer({"map_dependency": entries, "info": info}) if entries else no_content()


def one_dependency(call: Call) -> Response:
    """GET …/map_dependency/{dependency_id}?module=…"""
    found = [entry for entry in _entries(call) if entry["id"] == call.args["dependency"]]
    if not found:
        raise crm_refusal("INVALID_DATA", 400, {"resource_path_index": 4}, "the id given seems to be invalid")
    return json_answer({"map_dependency": found})


_NEEDS = ("ZohoCRM.settings.map_dependency.READ",)
ROUTES = (
    Route("GET", "/crm/v8/settings/layouts/<int:id>/map_dependency", list_dependencies, _NEEDS),
    Route("GET", "/crm/v8/settings/layouts/<int:id>/map_dependency/<int:dependency>", one_dependency, _NEEDS),
)
