"""Desk's records in memory, and its refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import datetime, timedelta

from sandbox.config import Config
from sandbox.desk_records import make_records, stamp
from sandbox.desk_spec import DeskModule
from sandbox.desk_tables import DEPARTMENTS, MODULES, STATUSES, TEAMS
from sandbox.people import PEOPLE, Person
from sandbox.wire import Json, Refused

INCLUDED = {
    "contacts": ("contact", "contactId", "contacts"),
    "accounts": ("account", "accountId", "accounts"),
    "products": ("product", "productId", "products"),
    "tickets": ("ticket", "ticketId", "tickets"),
    "departments": ("department", "departmentId", "departments"),
    "assignee": ("assignee", "assigneeId", "agents"),
    "owner": ("owner", "ownerId", "agents"),
    "team": ("team", "teamId", "teams"),
    "teams": ("team", "teamId", "teams"),
}
"""What ``include`` adds to a record: a key, from which id, of what."""
SHOWN_BESIDE = ("id", "firstName", "lastName", "email", "phone", "accountName", "website", "productName", "subject", "ticketNumber")
MESSAGES = {
    "UNAUTHORIZED": "You are not authenticated to perform this operation.",
    "INVALID_OAUTH": "The OAuth Token you provided is invalid.",
    "SCOPE_MISMATCH": "The OAuth Token does not have the scope for this operation.",
    "OAUTH_ORG_MISMATCH": "The OAuth Token you provided does not belong to this organization.",
    "FORBIDDEN": "You are not authorized to access this resource.",
    "URL_NOT_FOUND": "The URL you requested could not be found.",
    "METHOD_NOT_ALLOWED": "The HTTP method is not allowed for this URL.",
    "BAD_REQUEST": "The request could not be read.",
    "EMPTY_PAYLOAD": "The request payload is empty.",
    "UNSUPPORTED_MEDIA_TYPE": "The media type of the request is not supported.",
    "UNPROCESSABLE_ENTITY": "The request could not be processed.",
    "INVALID_DATA": "The data does not comply to the validation restrictions defined.",
    "INTERNAL_SERVER_ERROR": "An internal server error occurred while performing this operation.",
}


def desk_refusal(code: str, status: int, message: str | None = None, errors: list[Json] | None = None) -> Refused:
    """Desk's envelope: ``errorCode``, ``message`` and, for a 422, ``errors`` with JSON pointers."""
    body: Json = {"errorCode": code, "message": message or MESSAGES[code]}
    return Refused(body | ({"errors": errors} if errors else {}), status)


class DeskStore:
    """Records by module and id. The caller holds the sandbox's lock."""

    def __init__(self, config: Config, now: Callable[[], datetime], started_at: datetime) -> None:
        self._config = config
        self._now = now
        self._started_at = started_at
        self._records: dict[str, dict[str, Json]] = {}
        self._saved: dict[str, dict[str, Json]] = {}
        self._dirty: dict[str, set[str]] = {}
        self.notices: list[Json] = []  # mails that closing a ticket sent
        self.history: dict[str, list[Json]] = {}

    def records(self, name: str) -> dict[str, Json]:
        """A module's records by id, made on the first call."""
        if name not in self._records:
            self._records[name] = make_records(MODULES[name], self._started_at) | deepcopy(self._saved.get(name, {}))
        return self._records[name]

    def get(self, module: DeskModule, id_: str) -> Json:
        """The record, or URL_NOT_FOUND."""
        record = self.records(module.name).get(id_)
        if record is None:
            raise desk_refusal("URL_NOT_FOUND", 404)
        return record

    def exists(self, target: str, id_: str) -> bool:
        """Whether a lookup may point there."""
        fixed = {
            "departments": {each[0] for each in DEPARTMENTS},
            "teams": {each[0] for each in TEAMS},
            "agents": {each.agent_id for each in PEOPLE},
        }
        return id_ in (fixed[target] if target in fixed else self.records(target))

    def write(self, module: DeskModule, id_: str, values: Json, by: Person) -> Json:
        """Store values, ``cf`` key by key, and move modifiedTime by at least a second."""
        record = self.records(module.name)[id_]
        custom = values.get("cf") or {}
        sent = {**{name: value for name, value in values.items() if name != "cf"}, **custom}
        changes = [(name, old, new) for name, new in sent.items() if (old := record.get(name, record["cf"].get(name))) != new]
        record.update({name: value for name, value in values.items() if name != "cf"})
        record["cf"].update(custom)
        last = datetime.fromisoformat(record["modifiedTime"])
        record |= {"modifiedTime": stamp(max(self._now(), last + timedelta(seconds=1))), "modifiedBy": by.agent_id}
        if module.name == "tickets" and "status" in values:
            record["statusType"] = STATUSES.get(record["status"], "Open")
            record["closedTime"] = record["modifiedTime"] if record["statusType"] == "Closed" else None
        self._dirty.setdefault(module.name, set()).add(id_)
        self.history.setdefault(id_, []).append({"at": record["modifiedTime"], "by": by.agent_id, "changes": changes})
        return record

    def present(self, module: DeskModule, record: Json, include: Sequence[str] = ()) -> Json:
        """What the agent's profile may see: hidden fields are silently missing. ``include``: what it points to, as objects beside."""
        hidden = set(self._config.desk_hidden_fields)
        shown = {name: deepcopy(value) for name, value in record.items() if name not in hidden}
        shown["cf"] = {name: value for name, value in shown["cf"].items() if name not in hidden}
        shown["customFields"] = {field.label: shown["cf"][field.name] for field in module.fields if field.name in shown["cf"]}
        if module.name == "tickets" and "departmentId" in shown:
            shown["department"] = {"id": record["departmentId"], "name": dict(DEPARTMENTS).get(record["departmentId"])}
        for name, id_key, target in (INCLUDED[word] for word in include if word in INCLUDED):
            if id_key in shown:
                shown[name] = self._pointed(target, shown[id_key])
        return shown

    def _pointed(self, target: str, id_: str | None) -> Json | None:
        if not id_ or not self.exists(target, id_):
            return None
        if target == "agents":
            who = next(each for each in PEOPLE if each.agent_id == id_)
            return {"id": id_, "firstName": who.first, "lastName": who.last, "email": who.email}
        if target in ("departments", "teams"):
            return {"id": id_, "name": dict(DEPARTMENTS if target == "departments" else TEAMS)[id_]}
        record = self.records(target)[id_]
        shown = {name: record[name] for name in SHOWN_BESIDE if name in record}
        account = self._pointed("accounts", record.get("accountId")) if target == "contacts" else None
        return shown | ({"account": account} if account else {})

    def dump(self) -> Json:
        """The records that were changed, and their history."""
        changed = {name: {id_: self._records[name][id_] for id_ in ids} for name, ids in self._dirty.items()}
        merged = {name: {**self._saved.get(name, {}), **changed.get(name, {})} for name in {*self._saved, *changed}}
        return {"records": merged, "history": self.history}

    def load(self, state: Json, started_at: datetime) -> None:
        """Take up a dump."""
        self._saved = {str(name): dict(records) for name, records in state["records"].items()}
        if not set(self._saved) <= set(MODULES) or not all(
            "modifiedTime" in record for records in self._saved.values() for record in records.values()
        ):
            raise ValueError("records that are none")
        self.history = {str(id_): list(entries) for id_, entries in state.get("history", {}).items()}
        self._started_at = started_at
        self._records = {}
