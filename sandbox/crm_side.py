"""Beside a record: its timeline, its blueprint, its lock."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.crm_reads import number_param
from sandbox.crm_spec import Module, Spec, meta_id
from sandbox.crm_store import crm_refusal
from sandbox.people import BY_ID, PEOPLE
from sandbox.wire import Call, Json, Route, dumps, json_answer, loads, no_content


def _record(call: Call) -> tuple[Module, Json]:
    module = call.world.crm.get_module(call.args["module"])
    record = call.world.crm.records(module.api_name).get(call.args["id"])
    if record is None:
        raise crm_refusal("INVALID_DATA", 400, {"resource_path_index": 1}, "the id given seems to be invalid")
    return module, record


def _as_text(call: Call, spec: Spec, value: Any) -> str | None:
    """Timeline values are strings, and what people see: labels of options, names of records, times in the user's zone."""
    labels = {option.actual: option.display for option in spec.options}
    if isinstance(value, dict):
        return str(value.get("name"))
    if isinstance(value, list) and labels:
        return ";".join(labels.get(str(each), str(each)) for each in value)
    if isinstance(value, str) and spec.type == "datetime":
        return call.world.crm.local(value)
    if value is None or isinstance(value, str):
        return labels.get(value, value) if value is not None else None
    return dumps(value)


def _entry(call: Call, module: Module, record: Json, at: int, happened: Json) -> Json:
    person = BY_ID[happened["by"]]
    ids = {entry["api_name"]: entry for entry in call.world.crm.fields(module)}
    specs = {spec.name: spec for spec in module.fields}
    history = [
        {
            "api_name": name,
            "field_label": ids[name]["field_label"],
            "data_type": ids[name]["data_type"],
            "enable_colour_code": ids[name]["enable_colour_code"],
            "_value": {"new": _as_text(call, specs[name], new), "old": _as_text(call, specs[name], old)},
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
    """GET …/__timeline: newest first; ``per_page`` goes with the first page alone."""
    module, record = _record(call)
    token = call.query.get("page_token")
    if token is not None and "per_page" in call.query:
        raise crm_refusal(
            "AMBIGUITY_DURING_PROCESSING", 400, {"ambiguity_due_to": [{"param_name": "per_page"}, {"param_name": "page_token"}]}
        )
    size, _, start = (token or "").partition("-")
    if token is not None and not (size.isdigit() and start.isdigit()):
        raise crm_refusal("TOKEN_BOUND_DATA_MISMATCH", 400, {"param_name": "page_token"})
    per_page, offset = (int(size), int(start)) if token else (number_param(call, "per_page", 10, 200), 0)
    added = {"at": record["Created_Time"], "by": PEOPLE[0].id, "source": "crm_ui", "action": "added", "changes": []}
    happened = [added, *call.world.crm.history.get(record["id"], [])]
    entries = [_entry(call, module, record, at, each) for at, each in enumerate(happened)][::-1]
    shown, end = entries[offset : offset + per_page], offset + per_page
    more = len(entries) > end
    info: Json = {"per_page": per_page, "page": offset // per_page + 1, "count": len(shown), "more_records": more}
    info |= {"next_page_token": f"{per_page}-{end}" if more else None}
    return json_answer({"__timeline": shown, "info": info}) if shown else no_content()


def _process_field(call: Call) -> tuple[Module, Json, Json]:
    """The record, and the picklist that its blueprint governs, or RECORD_NOT_IN_PROCESS."""
    module, record = _record(call)
    if call.world.crm.state_of(module, record["id"]) != "blueprint" or not module.process_field:
        raise crm_refusal("RECORD_NOT_IN_PROCESS")
    return module, record, next(entry for entry in call.world.crm.fields(module) if entry["api_name"] == module.process_field)


def _transitions(module: Module, record: Json, field: Json) -> list[Json]:
    """Where the record can go; the last transition asks for a description."""
    steps = [value["actual_value"] for value in field["pick_list_values"] if value["type"] == "used"][1:4]
    asked: Json = {
        "api_name": "Description",
        "field_label": "Description",
        "data_type": "textarea",
        "json_type": "string",
        "_type": "fields",
    }
    asked |= {"mandatory": True, "transition_sequence": 1, "content": None, "pick_list_values": []}
    return [
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
            "fields": [asked] if at == 2 else [],
        }
        for at, value in enumerate(steps)
        if value != record[module.process_field]
    ]


def blueprint(call: Call) -> Response:
    """GET …/actions/blueprint: the process of the record, with its transitions."""
    module, record, field = _process_field(call)
    process: Json = {key: field[key] for key in ("api_name", "field_label", "column_name")}
    process |= {
        "field_id": field["id"],
        "id": meta_id(module.number, 6000),
        "name": "Qualification process",
        "is_continuous": False,
        "continuous": False,
    }
    process |= {"field_value": record[module.process_field], "field_name": field["field_label"], "escalation": None}
    return json_answer({"blueprint": {"process_info": process, "transitions": _transitions(module, record, field)}})


def transit(call: Call) -> Response:
    """PUT …/actions/blueprint: data that is not complete is kept, and the record stays where it is."""
    module, record, field = _process_field(call)
    try:
        (wanted,) = loads(call.request.get_data())["blueprint"]
        id_, data = str(wanted["transition_id"]), dict(wanted.get("data") or {})
    except (ValueError, TypeError, KeyError) as exc:
        raise crm_refusal("INVALID_DATA", 400, {"api_name": "blueprint", "json_path": "$.blueprint"}) from exc
    if call.world.crm.is_locked(module, record):
        raise crm_refusal("RECORD_LOCKED", 400, {"action": "record_locking"})
    chosen = next((each for each in _transitions(module, record, field) if each["id"] == id_), None)
    if chosen is None:
        raise crm_refusal(
            "INVALID_DATA", 400, {"api_name": "transition_id", "json_path": "$.blueprint[0].transition_id"}, "invalid transition"
        )
    is_complete = all(data.get(each["api_name"]) for each in chosen["fields"])
    values = {name: value for name, value in data.items() if (spec := module.find(name)) is not None and spec.is_writable}
    values |= {module.process_field: chosen["next_field_value"]} if is_complete else {}
    call.world.crm.write(module, record["id"], values, call.granted.person, "blueprint")
    call.world.changed()
    message = "transition updated successfully" if is_complete else "transition saved partially"
    return json_answer({"code": "SUCCESS", "details": {}, "message": message, "status": "success"})


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
    Route("PUT", "/crm/v8/<module>/<int:id>/actions/blueprint", transit, ("ZohoCRM.modules.{module}.UPDATE",)),
    Route("GET", "/crm/v8/<module>/<int:id>/Locking_Information__s", locking, (_READ, "ZohoCRM.modules.lockinginformation.READ")),
)
