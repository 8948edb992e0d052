"""Beside a record: its timeline, its blueprint, its lock."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.crm_reads import number_param
from sandbox.crm_spec import Module, meta_id
from sandbox.crm_store import crm_refusal
from sandbox.people import BY_ID, PEOPLE
from sandbox.wire import Call, Json, Route, dumps, json_answer, no_content


def _record(call: Call) -> tuple[Module, Json]:
    module = call.world.crm.get_module(call.args["module"])
    record = call.world.crm.records(module.api_name).get(call.args["id"])
    if record is None:
        raise crm_refusal("INVALID_DATA", 400, {"resource_path_index": 1}, "the id given seems to be invalid")
    return module, record


def _as_text(value: Any) -> str | None:
    """Timeline values are strings."""
    if isinstance(value, dict):
        return str(value.get("name"))
    if value is None or isinstance(value, str):
        return value
    return dumps(value)


def _entry(call: Call, module: Module, record: Json, at: int, happened: Json) -> Json:
    person = BY_ID[happened["by"]]
    ids = {entry["api_name"]: entry for entry in call.world.crm.fields(module)}
    history = [
        {
            "api_name": name,
            "field_label": ids[name]["field_label"],
            "data_type": ids[name]["data_type"],
            "enable_colour_code": ids[name]["enable_colour_code"],
            "_value": {"new": _as_text(new), "old": _as_text(old)},
            "id": ids[name]["id"],
            "pick_list_values": [],
        }
        for name, old, new in happened["changes"]
        if name in ids
    ]
    return {
        "id": str(int(record["id"]) + 7_000_000_000 + at),
        "audited_time": call.world.crm.local(happened["at"]),
        "action": happened.get("action", "updated"),
        "source": happened["source"],
        "done_by": {
            "name": person.name,
            "id": person.id,
            "type__s": "Regular User",
            "profile": {"name": person.profile, "id": "5725767000000026011"},
        },
        "record": {
            "module": {"api_name": module.api_name, "id": call.world.crm.module_ids()[module.api_name]},
            "id": record["id"],
            "name": record[module.name_field],
        },
        "related_record": None,
        "automation_details": None,
        "field_history": history,
    }


def timeline(call: Call) -> Response:
    """GET …/__timeline: newest first."""
    module, record = _record(call)
    per_page = number_param(call, "per_page", 10, 200)
    added = {"at": record["Created_Time"], "by": PEOPLE[0].id, "source": "crm_ui", "action": "added", "changes": []}
    happened = [added, *call.world.crm.history.get(record["id"], [])]
    entries = [_entry(call, module, record, at, each) for at, each in enumerate(happened)][::-1]
    info = {
        "per_page": per_page,
        "page": 1,
        "count": min(per_page, len(entries)),
        "more_records": len(entries) > per_page,
        "next_page_token": None,
    }
    return json_answer({"__timeline": entries[:per_page], "info": info})


def blueprint(call: Call) -> Response:
    """GET …/actions/blueprint: the process of the record, with its transitions."""
    module, record = _record(call)
    if call.world.crm.state_of(module, record["id"]) != "blueprint" or not module.process_field:
        raise crm_refusal("RECORD_NOT_IN_PROCESS")
    field = next(entry for entry in call.world.crm.fields(module) if entry["api_name"] == module.process_field)
    process: Json = {key: field[key] for key in ("api_name", "field_label", "column_name")}
    process |= {
        "field_id": field["id"],
        "id": meta_id(module.number, 6000),
        "name": "Qualification process",
        "is_continuous": False,
        "continuous": False,
    }
    process |= {"field_value": record[module.process_field], "field_name": field["field_label"], "escalation": None}
    steps = [value["actual_value"] for value in field["pick_list_values"] if value["type"] == "used"][1:4]
    transitions = [
        {
            "id": meta_id(module.number, 6001, at),
            "name": f"To {value}",
            "type": "manual",
            "next_field_value": value,
            "criteria_matched": True,
            "criteria_message": None,
            "percent_partial_save": 0,
            "execution_time": None,
            "next_transitions": [],
            "data": {},
            "fields": [],
        }
        for at, value in enumerate(steps)
    ]
    return json_answer({"blueprint": {"process_info": process, "transitions": transitions}})


def locking(call: Call) -> Response:
    """GET …/Locking_Information__s: 204 while nobody holds a lock."""
    module, record = _record(call)
    if not call.world.crm.is_locked(module, record):
        return no_content()
    by = {"name": PEOPLE[1].name, "id": PEOPLE[1].id}
    entry = {
        "id": str(int(record["id"]) + 8_000_000_000),
        "Locked_By__s": by,
        "Locked_For__s": {
            "name": record[module.name_field],
            "id": record["id"],
            "module": {"api_name": module.api_name, "id": call.world.crm.module_ids()[module.api_name]},
        },
        "Locked_Reason__s": "Under audit until the end of the quarter",
        "Locked_Time__s": call.world.crm.local(record["Modified_Time"]),
        "Lock_Source__s": "Manual",
        "Record_Locking_Configuration_Id__s": None,
        "$editable": True,
    }
    return json_answer({"data": [entry], "info": {"per_page": 200, "count": 1, "page": 1, "more_records": False}})


_READ = "ZohoCRM.modules.{module}.READ"
ROUTES = (
    Route("GET", "/crm/v8/<module>/<int:id>/__timeline", timeline, (_READ,)),
    Route("GET", "/crm/v8/<module>/<int:id>/actions/blueprint", blueprint, (_READ,)),
    Route("GET", "/crm/v8/<module>/<int:id>/Locking_Information__s", locking, (_READ, "ZohoCRM.modules.lockinginformation.READ")),
)
