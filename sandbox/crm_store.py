"""The CRM's records in memory: made when first asked for, edited, presented as the current user sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.config import Config
from sandbox.crm_metadata import field_json
from sandbox.crm_records import COUNT, STATES, make_record, record_id
from sandbox.crm_spec import Module, Spec, meta_id
from sandbox.crm_tables import build_modules, subform_system
from sandbox.people import Person
from sandbox.wire import Json, Refused

MESSAGES = {
    "AUTHENTICATION_FAILURE": "Authentication failed",
    "INVALID_TOKEN": "invalid oauth token",
    "INVALID_OAUTHTOKEN": "invalid oauth token",
    "OAUTH_SCOPE_MISMATCH": "invalid oauth scope to access this URL",
    "NO_PERMISSION": "permission denied",
    "INVALID_URL_PATTERN": "Please check if the URL trying to access is a correct one",
    "INVALID_REQUEST_METHOD": "The http request method type is not a valid one",
    "INVALID_MODULE": "the module name given seems to be invalid",
    "REQUIRED_PARAM_MISSING": "One of the expected parameter is missing",
    "EXPECTED_PARAM_MISSING": "One of the expected parameter is missing",
    "LIMIT_EXCEEDED": "limit exceeded",
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED": "discrete pagination limit exceeded; use page_token",
    "AMBIGUITY_DURING_PROCESSING": "ambiguity while processing the request",
    "TOKEN_BOUND_DATA_MISMATCH": "The page_token given seems to be invalid or input param is added or altered or deleted",
    "INVALID_DATA": "invalid data",
    "MANDATORY_NOT_FOUND": "required field not found",
    "UNABLE_TO_PARSE_DATA_TYPE": "either the request body or parameters is in wrong format",
    "INVALID_QUERY": "invalid query formed",
    "RECORD_LOCKED": "Sorry, you cannot perform this operation as the record is locked.",
    "RECORD_NOT_IN_PROCESS": "record not in process",
}
RICH_CUT = 500
APPROVAL_STATES = {"in_approval": "approval_process_pending", "in_review": "review_process_pending", "in_merge": "merge_pending"}
SHOWN_AS_STATE = {"locked": "$locked_for_me", "blueprint": "$process_flow"}


def crm_refusal(code: str, status: int = 400, details: Mapping[str, Any] | None = None, message: str | None = None) -> Refused:
    """A refusal of the whole request: no ``data`` around it."""
    return Refused({"code": code, "details": dict(details or {}), "message": message or MESSAGES[code], "status": "error"}, status)


def parse_time(text: str) -> datetime | None:
    """ISO 8601 with offset, else None."""
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else None


class CrmStore:
    """Records by module and id. The caller holds the sandbox's lock."""

    def __init__(self, config: Config, now: Callable[[], datetime], started_at: datetime) -> None:
        self._config = config
        self._now = now
        self._started_at = started_at
        self._modules = build_modules()
        self._records: dict[str, dict[str, Json]] = {}
        self._saved: dict[str, dict[str, Json]] = {}
        self._dirty: dict[str, set[str]] = {}
        self.history: dict[str, list[Json]] = {}
        self.files: dict[str, Json] = {}
        self._next_id = 5725768000000000001

    def new_id(self) -> str:
        """An id for a new subform row."""
        self._next_id += 1
        return str(self._next_id)

    def modules(self) -> dict[str, Module]:
        """The modules that are visible now."""
        hidden = {self._config.hide_module} | (set() if self._config.wide_module else {"Wide"})
        return {name: module for name, module in self._modules.items() if name not in hidden}

    def module_ids(self) -> dict[str, str]:
        """API name → id."""
        return {name: meta_id(module.number, 0, 99999) for name, module in self._modules.items()}

    def get_module(self, name: str) -> Module:
        """The module, or INVALID_MODULE."""
        module = self.modules().get(name)
        if module is None:
            raise crm_refusal("INVALID_MODULE", 400, {"resource_path_index": 0})
        return module

    def fields(self, module: Module) -> list[Json]:
        """All field entries of a module."""
        shown = not self._config.no_customize
        return [field_json(module, index, self.module_ids(), profiles_shown=shown) for index in range(len(module.fields))]

    def columns(self, name: str) -> list[Json] | None:
        """The field entries of a subform's own module; None for what is no subform."""
        for module in self.modules().values():
            for spec in module.fields:
                if spec.rows and f"{spec.name}__s" == name:
                    inside = Module(
                        40 + module.number, name, name, spec.label, spec.label, spec.rows[0].name, (*spec.rows, *subform_system())
                    )
                    return [field_json(inside, at, self.module_ids()) for at in range(len(inside.fields))]
        return None

    def records(self, name: str) -> dict[str, Json]:
        """The module's records by id, made on the first call."""
        if name not in self._records:
            module = self._modules[name]
            made = (make_record(module, index, self._started_at, self._name_of) for index in range(COUNT))
            self._records[name] = {record["id"]: record for record in made}
            self._records[name].update(deepcopy(self._saved.get(name, {})))
        return self._records[name]

    def _name_of(self, name: str, index: int) -> Json | None:
        """Name and id of a record, without making its module."""
        module = self._modules[name]
        record = make_record(module, index, self._started_at, lambda _module, _index: None)
        return {"name": record[module.name_field], "id": record_id(module, index)}

    def state_of(self, module: Module, id_: str) -> str:
        """One of STATES, or nothing."""
        return next(
            (
                state
                for state, index in STATES.items()
                if record_id(module, index) == id_ and (state != "converted" or module.api_name == "Leads")
            ),
            "",
        )

    def is_locked(self, module: Module, record: Json) -> bool:
        """Whether the record is locked now."""
        return bool(record.get("Locked__s"))

    def write(self, module: Module, id_: str, values: Json, by: Person, source: str = "crm_api") -> Json:
        """Store values, move Modified_Time by at least a second, and keep the history."""
        record = self.records(module.api_name)[id_]
        before = {name: record.get(name) for name in values}
        record.update(values)
        if module.find("Full_Name"):
            record["Full_Name"] = f"{record['First_Name'] or ''} {record['Last_Name'] or ''}".strip()
        last = datetime.fromisoformat(record["Modified_Time"])
        moment = max(self._now().astimezone(UTC).replace(microsecond=0), last + timedelta(seconds=1))
        record |= {
            "Modified_Time": moment.isoformat(),
            "Last_Activity_Time": moment.isoformat(),
            "Modified_By": {"name": by.name, "id": by.id, "email": by.email},
        }
        self._dirty.setdefault(module.api_name, set()).add(id_)
        changes = [(name, before[name], value) for name, value in values.items() if before[name] != value]
        self.history.setdefault(id_, []).append({"at": moment.isoformat(), "by": by.id, "source": source, "changes": changes})
        return record

    def present(self, module: Module, record: Json, wanted: list[str] | None, *, whole: bool = False) -> Json:
        """The record on the wire: wanted fields (all: None), rich text cut unless ``whole``, times in the user's zone."""
        shown: Json = {}
        if any(spec.lookup == "se_module" for spec in module.fields) and (wanted is None or "$se_module" in wanted):
            shown["$se_module"] = self._module_of(record.get("What_Id"))
        for spec in module.fields:
            if spec.name != "id" and wanted is not None and spec.name not in wanted:
                continue
            shown[spec.name] = self._shown(spec, record[spec.name], whole=whole)
        if wanted is None or any(name.startswith("$") for name in wanted):
            state = self.state_of(module, record["id"])
            marks: Json = {
                "$editable": not self.is_locked(module, record) and state != "not_editable",
                "$locked_for_me": self.is_locked(module, record),
                "$process_flow": state == "blueprint",
                "$approval_state": APPROVAL_STATES.get(state, "approved"),
                "$approval": dict.fromkeys(("delegate", "approve", "reject", "resubmit"), False),
                "$review_process": dict.fromkeys(("approve", "reject", "resubmit"), False),
                "$in_merge": state == "in_merge",
                "Record_Status__s": "Draft" if state == "draft" else "Available",
                "$currency_symbol": "CHF",
                "$sharing_permission": "full_access",
            }
            shown |= {name: value for name, value in marks.items() if wanted is None or name in wanted}
        return shown

    def _module_of(self, linked: Any) -> str | None:
        """The module of a record that a lookup into any module names."""
        id_ = linked.get("id") if isinstance(linked, dict) else None
        return next((name for name in self.modules() if id_ in self.records(name)), None) if id_ else None

    def _shown(self, spec: Spec, value: Any, *, whole: bool) -> Any:
        if spec.is_restricted:
            return None
        if spec.is_masked and isinstance(value, str):
            return "*" * max(0, len(value) - 4) + value[-4:]
        if spec.kind == "rich_text" and isinstance(value, str) and not whole:
            return value[:RICH_CUT]
        if spec.type == "datetime" and isinstance(value, str):
            return self.local(value)
        return deepcopy(value)

    def local(self, text: str) -> str:
        """An instant with the offset of the current user."""
        return datetime.fromisoformat(text).astimezone(ZoneInfo(self._config.time_zone)).isoformat(timespec="seconds")

    def dump(self) -> Json:
        """The records that were changed, and their history."""
        changed = {name: {id_: self._records[name][id_] for id_ in ids} for name, ids in self._dirty.items()}
        merged = {name: {**self._saved.get(name, {}), **changed.get(name, {})} for name in {*self._saved, *changed}}
        return {"records": merged, "history": self.history, "files": self.files, "next_id": self._next_id}

    def load(self, state: Json, started_at: datetime) -> None:
        """Take up a dump."""
        self._saved = {str(name): dict(records) for name, records in state["records"].items()}
        if not set(self._saved) <= set(self._modules) or not all(
            "Modified_Time" in record for records in self._saved.values() for record in records.values()
        ):
            raise ValueError("records that are none")
        self.history = {str(id_): list(entries) for id_, entries in state["history"].items()}
        self.files = dict(state.get("files", {}))
        self._next_id = int(state["next_id"])
        self._started_at = started_at
        self._records = {}
