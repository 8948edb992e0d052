"""PUT /crm/v8/{module} and /{module}/{id}: an envelope for each record, 200, 207, 400 or 412 around them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from sandbox.crm_checks import Invalid, Problem, check, merge_rows
from sandbox.crm_spec import ROWS, Module, Spec
from sandbox.crm_store import MESSAGES, crm_refusal, parse_time
from sandbox.crm_tables import PIPELINES
from sandbox.people import Person
from sandbox.wire import Call, Json, Refused, Route, json_answer, loads

MAX_RECORDS = 100
TRIGGERS = ("approval", "workflow", "blueprint", "pathfinder", "orchestration")
LAYOUT_RULE = {"name": "Active leads need a phone", "id": "5725767000000761547"}
_IGNORED = ("id", "Tag", "Wizard", "Record_Image")
_STATES = {
    "converted": ("CONVERTED_RECORD", "can't update the converted record"),
    "in_approval": ("NOT_APPROVED", "the record is in approval process"),
    "in_review": ("NOT_REVIEWED", "the record is in review process"),
    "in_merge": ("RECORD_LOCKED", "The record under merge is locked"),
    "not_editable": ("NO_PERMISSION", "permission denied"),
}


class RecordRefused(Exception):
    """One record of the call is refused with this item of ``data``."""

    def __init__(self, code: str, message: str, details: Json) -> None:
        super().__init__(code)
        self.item = {"code": code, "details": details, "message": message, "status": "error"}


def _body(call: Call) -> Json:
    try:
        body = loads(call.request.get_data())
    except ValueError as exc:
        raise crm_refusal("UNABLE_TO_PARSE_DATA_TYPE") from exc
    if not isinstance(body, dict) or "data" not in body:
        raise crm_refusal("MANDATORY_NOT_FOUND", 400, {"api_name": "data", "json_path": "$.data"})
    data = body["data"]
    if not isinstance(data, list) or not data:
        raise crm_refusal("INVALID_DATA", 400, {"expected_data_type": "jsonarray", "api_name": "data", "json_path": "$.data"})
    trigger = body.get("trigger", [])
    if not isinstance(trigger, list) or not set(map(str, trigger)) <= set(TRIGGERS):
        raise crm_refusal("INVALID_DATA", 400, {"supported_values": list(TRIGGERS), "api_name": "trigger", "json_path": "$.trigger"})
    return body


def update_one(call: Call) -> Response:
    """PUT /crm/v8/{module}/{id}."""
    body = _body(call)
    if len(body["data"]) > 1:
        raise crm_refusal("LIMIT_EXCEEDED", 400, {"maximum_length": 1, "api_name": "data", "json_path": "$.data"})
    return _update(call, body, call.args["id"])


def update_many(call: Call) -> Response:
    """PUT /crm/v8/{module}, up to a hundred records with their ids."""
    body = _body(call)
    if len(body["data"]) > MAX_RECORDS:
        raise crm_refusal("LIMIT_EXCEEDED", 400, {"maximum_length": MAX_RECORDS, "api_name": "data", "json_path": "$.data"})
    return _update(call, body, None)


def _update(call: Call, body: Json, path_id: str | None) -> Response:
    header = call.request.headers.get("If-Unmodified-Since")
    since = parse_time(header) if header is not None else None
    if header is not None and since is None:
        raise crm_refusal("INVALID_DATA", 400, {"expected_data_type": "datetime", "header": "If-Unmodified-Since"})
    module = call.world.crm.get_module(call.args["module"])
    poison = call.world.config.poison_record
    if poison is not None and any(isinstance(sent, dict) and sent.get("id") == poison for sent in body["data"]):
        raise crm_refusal("INVALID_DATA", 400, {"expected_data_type": "jsonobject", "api_name": "data"})
    items = []
    for index, sent in enumerate(body["data"]):
        try:
            items.append(_Write(call, module, body, index, sent, path_id, since).carry_out())
        except RecordRefused as refusal:
            items.append(refusal.item)
    codes = {item["code"] for item in items}
    status = 200 if codes == {"SUCCESS"} else 207 if "SUCCESS" in codes else 412 if codes == {"ALREADY_MODIFIED"} else 400
    if "SUCCESS" in codes:
        call.world.note_writes(sum(item["code"] == "SUCCESS" for item in items))
    return json_answer({"data": items}, status)


class _Write:
    """One record of an update."""

    def __init__(self, call: Call, module: Module, body: Json, index: int, sent: Any, path_id: str | None, since: datetime | None) -> None:
        self.world, self.module, self.body, self.index, self.sent = call.world, module, body, index, sent
        self.store = call.world.crm
        self.path_id, self.since = path_id, since
        self.person: Person = call.granted.person
        self.path = f"$.data[{index}]"

    def carry_out(self) -> Json:
        """Check and store; the item for ``data``. Raises RecordRefused."""
        if not isinstance(self.sent, dict):
            raise RecordRefused(
                "INVALID_DATA", "invalid data", {"expected_data_type": "jsonobject", "json_path": self.path, "api_name": "data"}
            )
        record = self._find()
        self._check_state(record)
        values = self._values(record)
        stored = self.store.write(self.module, record["id"], values, self.person)
        self._automate(stored, values)
        return {
            "code": "SUCCESS",
            "details": self._details(stored) | {"$approval_state": "approved"},
            "message": "record updated",
            "status": "success",
        }

    def _find(self) -> Json:
        where = {"api_name": "id", "json_path": f"{self.path}.id"}
        id_ = self.path_id or self.sent.get("id")
        if id_ is None:
            raise RecordRefused("MANDATORY_NOT_FOUND", "required field not found", where)
        record = self.store.records(self.module.api_name).get(id_) if isinstance(id_, str) else None
        if record is None:
            raise RecordRefused("INVALID_DATA", "the id given seems to be invalid", where)
        return record

    def _details(self, record: Json) -> Json:
        people = {name: {key: record[name][key] for key in ("name", "id")} for name in ("Modified_By", "Created_By")}
        times = {name: self.store.local(record[name]) for name in ("Modified_Time", "Created_Time")}
        return {**times, **people, "id": record["id"]}

    def _check_state(self, record: Json) -> None:
        if self.since is not None and datetime.fromisoformat(record["Modified_Time"]) > self.since:
            raise RecordRefused(
                "ALREADY_MODIFIED", "record updated time has already passed if-unmodified-since time", self._details(record)
            )
        where = {"api_name": "id", "json_path": f"{self.path}.id"}
        if self.store.is_locked(self.module, record):
            raise RecordRefused("RECORD_LOCKED", MESSAGES["RECORD_LOCKED"], {**where, "action": "record_locking"})
        state = self.store.state_of(self.module, record["id"])
        if state in _STATES:
            code, message = _STATES[state]
            raise RecordRefused(code, message, where)
        if state == "blueprint" and self.module.process_field and self.module.process_field in self.sent:
            raise RecordRefused("RECORD_IN_BLUEPRINT", "The record is in blue print", where)

    def _values(self, record: Json) -> Json:
        """What is stored of what was sent. All problems are told at once."""
        values: Json = {}
        errors: list[Json] = []
        layout = self._layout()
        for name, value in self.sent.items():
            spec = self.module.find(name)
            if name.startswith("$") or name in _IGNORED or (spec is not None and not spec.is_writable):
                continue  # Zoho takes no notice of what nobody may write
            try:
                if spec is None:
                    raise _named(Problem(message="the field api name given seems to be invalid"))
                if layout is not None and (spec.section is None or name in layout.without) and name != "Layout":
                    continue  # with a Layout in the write, fields off it are silently dropped
                values[name] = self._checked(record, spec, value)
            except Invalid as error:
                errors.append(error.problem.as_json(name, f"{self.path}.{name}"))
        errors += self._rules(record, values) if not errors else []
        if errors:
            one = errors[0] if len(errors) == 1 else None
            if one is not None:
                raise RecordRefused(one["code"], one["message"], one["details"])
            raise RecordRefused("MULTIPLE_OR_MULTI_ERRORS", "Multiple errors in the request", {"errors": errors})
        return values

    def _layout(self) -> Any:
        wanted = self.sent.get("Layout")
        ids = {self.module.layout_id(index): layout for index, layout in enumerate(self.module.layouts)}
        return ids.get(str(wanted.get("id"))) if isinstance(wanted, dict) else None

    def _checked(self, record: Json, spec: Spec, value: Any) -> Any:
        if spec.type in ROWS:
            return merge_rows(self.store, self.module, spec, record[spec.name] or [], value)
        append = self.sent.get("$append_values")
        stored = check(self.store, self.module, spec, value, strict_picklists=self.world.config.strict_picklists)
        if spec.type == "multiselectpicklist" and isinstance(append, dict) and append.get(spec.name) is True:
            stored = list(dict.fromkeys([*(record[spec.name] or []), *stored]))
        return stored

    def _rules(self, record: Json, values: Json) -> list[Json]:
        """Rules over the whole record: layout, layout rules if asked for, pipelines, unique fields."""
        after = {**record, **values}
        layout = self._layout()
        errors = []
        for name in layout.required if layout is not None else ():
            if after[name] in (None, ""):
                errors.append(Problem("MANDATORY_NOT_FOUND").as_json(name, f"{self.path}.{name}"))
        asked = {each.get("name") for each in self.body.get("apply_feature_execution") or [] if isinstance(each, dict)}
        if "layout_rules" in asked and self.module.api_name == "Leads" and after["Rating"] == "Active" and not after["Phone"]:
            errors.append(Problem("MANDATORY_NOT_FOUND", {"layout_rule": LAYOUT_RULE}).as_json("Phone", f"{self.path}.Phone"))
        if (
            "Pipeline" in after
            and {"Stage", "Pipeline"} & set(values)
            and after["Stage"] not in PIPELINES.get(after["Pipeline"], (after["Stage"],))
        ):
            mismatch = Problem("MAPPING_MISMATCH", {"mapped_field": "Pipeline"}, "Pipeline doesn't contain the Stage")
            errors.append(mismatch.as_json("Stage", f"{self.path}.Stage"))
        return errors + self._duplicates(record, values)

    def _duplicates(self, record: Json, values: Json) -> list[Json]:
        errors = []
        module_ref = {"api_name": self.module.api_name, "id": self.store.module_ids()[self.module.api_name]}
        for spec in self.module.fields:
            value = values.get(spec.name)
            if not spec.is_unique or not isinstance(value, str):
                continue
            for other in self.store.records(self.module.api_name).values():
                if other["id"] != record["id"] and str(other[spec.name] or "").casefold() == value.casefold():
                    owner = {key: other["Owner"][key] for key in ("name", "id")}
                    found = {"Owner": owner, "module": module_ref, "id": other["id"]}
                    details = {"duplicate_record": found, "more_records": False}
                    errors.append(Problem("DUPLICATE_DATA", details, "duplicate data").as_json(spec.name, f"{self.path}.{spec.name}"))
                    break
        return errors

    def _automate(self, record: Json, values: Json) -> None:
        """A workflow rewrites fields when it may run: no ``trigger`` key runs everything, ``[]`` nothing."""
        rules = self.world.config.automation
        if not rules or ("trigger" in self.body and "workflow" not in self.body["trigger"]):
            return
        if isinstance(rules, dict):
            rewritten = dict(rules.get(self.module.api_name, {}))
        else:
            rewritten = {name: re.sub(r"[\s().-]", "", values[name]) for name in ("Phone", "Mobile") if values.get(name)}
        if rewritten:
            self.store.write(self.module, record["id"], rewritten, self.person, "workflow")


def _named(problem: Problem) -> Invalid:
    error = Invalid()
    error.problem = problem
    return error


def not_built(_call: Call) -> Response:
    """POST, DELETE: this sandbox makes and deletes no records."""
    raise Refused(
        {"code": "NOT_SUPPORTED", "details": {}, "message": "the sandbox does not make or delete records", "status": "error"}, 400
    )


_UPDATE = ("ZohoCRM.modules.{module}.UPDATE",)
ROUTES = (
    Route("PUT", "/crm/v8/<module>", update_many, _UPDATE),
    Route("PUT", "/crm/v8/<module>/<int:id>", update_one, _UPDATE),
    Route("POST", "/crm/v8/<module>", not_built, ("ZohoCRM.modules.{module}.CREATE",)),
    Route("DELETE", "/crm/v8/<module>/<int:id>", not_built, ("ZohoCRM.modules.{module}.DELETE",)),
)
