"""Desk's records over HTTP: one, list, search, update."""

from __future__ import annotations

from functools import partial

from werkzeug.wrappers import Response

from sandbox.desk_checks import checked_body
from sandbox.desk_records import TEXT_FIELD
from sandbox.desk_settings import listed
from sandbox.desk_spec import DeskModule
from sandbox.desk_store import desk_refusal
from sandbox.desk_tables import MODULES
from sandbox.people import PEOPLE, find_person
from sandbox.wire import Call, Json, Route, json_answer, no_content

MAX_FROM = 4999
MAX_FIELDS = 30
_LEFT_OUT = ("modifiedTime", "modifiedBy", "description", "resolution", "cf", "customFields")  # of a ticket in a list
_LIST_PARAMS = (
    "from",
    "limit",
    "sortBy",
    "include",
    "fields",
    "departmentId",
    "status",
    "priority",
    "channel",
    "assignee",
    "viewId",
    "orgId",
)
_SEARCH_PARAMS = (
    "_all",
    "id",
    "from",
    "limit",
    "sortBy",
    "orgId",
    "modifiedTimeRange",
    "createdTimeRange",
    *(f"customField{n}" for n in range(1, 11)),
)


def _known_params(call: Call, known: tuple[str, ...]) -> None:
    for name in call.query:
        if name not in known:
            raise desk_refusal("UNPROCESSABLE_ENTITY", 422, f"Extra query parameter '{name}' is present in the input.")


def _number(call: Call, name: str, default: int, least: int, most: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise desk_refusal("UNPROCESSABLE_ENTITY", 422, f"The value passed for the '{name}' query parameter is invalid.")
    return int(text)


def get_one(module: DeskModule, call: Call) -> Response:
    """GET /{module}/{id}: the bare object."""
    _known_params(call, ("include", "orgId"))
    return json_answer(
        call.world.desk.present(module, call.world.desk.get(module, call.args["id"]), call.query.get("include", "").split(","))
    )


def _sorted(call: Call, rows: list[Json]) -> list[Json]:
    key = call.query.get("sortBy", "-createdTime")
    return sorted(rows, key=lambda row: str(row.get(key.lstrip("-")) or ""), reverse=key.startswith("-"))


def list_some(module: DeskModule, call: Call) -> Response:
    """GET /{module}: ``from`` counts from 1, and 0 is taken too; a ticket is shown without half of its keys."""
    _known_params(call, _LIST_PARAMS)
    limit = _number(call, "limit", 10, 1, module.max_limit)
    offset = max(0, _number(call, "from", 1, 0, MAX_FROM) - 1)
    extra = [name for name in call.query.get("fields", "").split(",") if name]
    if len(extra) > MAX_FIELDS:
        raise desk_refusal("UNPROCESSABLE_ENTITY", 422, "The value passed for the 'fields' query parameter is invalid.")
    rows = list(call.world.desk.records(module.name).values())
    for name in ("departmentId", "status", "priority", "channel"):
        if name in call.query:
            rows = [row for row in rows if row.get(name) in call.query[name].split(",")]
    shown = [call.world.desk.present(module, row) for row in _sorted(call, rows)[offset : offset + limit]]
    return listed([_narrow(module, row, extra) for row in shown])


def _narrow(module: DeskModule, row: Json, extra: list[str]) -> Json:
    if module.name != "tickets":
        return row
    custom = {name: row["cf"][name] for name in extra if name in row["cf"]}
    narrow = {name: value for name, value in row.items() if name not in _LEFT_OUT or name in extra}
    return narrow | ({"cf": custom} if custom else {})


def search(module: DeskModule, call: Call) -> Response:
    """GET /{module}/search: wildcards in text, exact for the rest; ``from`` counts from 0."""
    _known_params(call, (*_SEARCH_PARAMS, *module.searchable))
    limit = _number(call, "limit", 10, 1, module.max_limit)
    offset = _number(call, "from", 0, 0, 999)
    found = [row for row in call.world.desk.records(module.name).values() if _matches(module, row, call.query)]
    if not found:
        return no_content()
    rows = [call.world.desk.present(module, row) for row in _sorted(call, found)[offset : offset + limit]]
    return json_answer({"data": rows, "count": len(found)}) if rows else no_content()


def _matches(module: DeskModule, row: Json, query: dict[str, str]) -> bool:
    texts = [*module.searchable, TEXT_FIELD[module.name]]
    for name, wanted in query.items():
        word = wanted.strip("*").casefold()
        if name == "_all" and not any(word in str(row.get(text) or "").casefold() for text in texts):
            return False
        if name.startswith("customField"):
            api_name, _, value = wanted.partition(":")
            if value.strip("*").casefold() not in str(row["cf"].get(api_name) or "").casefold():
                return False
        if name == "id" or name in module.searchable:
            field = module.find(name)
            is_text = field is not None and field.type in ("Text", "Email", "Phone", "LargeText", "URL")
            held = str(row.get(name) or "").casefold()
            if (word not in held) if is_text else (word != held):
                return False
    return True


def update(module: DeskModule, call: Call) -> Response:
    """PATCH /{module}/{id}: only the given keys change. Closing a ticket tells the customer, unless asked not to."""
    _known_params(call, ("disableClosureNotification", "orgId") if module.name == "tickets" else ("orgId",))
    desk = call.world.desk
    record = desk.get(module, call.args["id"])
    values = checked_body(call, module)
    was_closed = record.get("statusType") == "Closed"
    person = call.granted.person
    stored = desk.write(module, record["id"], values, person)
    if stored.get("statusType") == "Closed" and not was_closed and call.query.get("disableClosureNotification") != "true":
        desk.notices.append({"ticket": record["id"], "to": stored.get("email")})
    rules = call.world.config.automation
    if isinstance(rules, dict):
        stored = desk.write(module, record["id"], rules[module.name], person) if module.name in rules else stored
    elif rules and values.get("phone"):
        stored = desk.write(module, record["id"], {"phone": values["phone"].replace(" ", "")}, person)
    call.world.changed()
    return json_answer(desk.present(module, stored))


def history(call: Call) -> Response:
    """GET /tickets/{id}/History: newest first; a field's change is a transition of its value."""
    _known_params(call, ("from", "limit", "eventFilter", "fieldName", "agentId", "orgId"))
    limit, offset = _number(call, "limit", 10, 1, 50), max(0, _number(call, "from", 1, 0, MAX_FROM) - 1)
    ticket = call.world.desk.get(MODULES["tickets"], call.args["id"])
    events = [{"at": ticket["createdTime"], "by": PEOPLE[0].agent_id, "changes": []}, *call.world.desk.history.get(ticket["id"], [])]
    shown = [_event(each, "TicketUpdated" if at else "TicketCreated") for at, each in enumerate(events)][::-1]
    return listed(shown[offset : offset + limit])


def customer_history(key: str, call: Call) -> Response:
    """GET /contacts/{id}/history and that of accounts: what happened to their tickets, not which of their fields changed."""
    _known_params(call, ("from", "limit", "orgId"))
    limit, offset = _number(call, "limit", 10, 1, 50), max(0, _number(call, "from", 1, 0, MAX_FROM) - 1)
    desk = call.world.desk
    desk.get(MODULES["contacts" if key == "contactId" else "accounts"], call.args["id"])
    tickets = [ticket for ticket in desk.records("tickets").values() if ticket.get(key) == call.args["id"]]
    told = [_told(ticket, "TicketCreated", ticket["createdTime"], PEOPLE[0].name) for ticket in tickets]
    for ticket in tickets:
        for each in desk.history.get(ticket["id"], []):
            told.append(_told(ticket, "TicketUpdated", each["at"], (find_person(each["by"]) or PEOPLE[0]).name))
    told.sort(key=lambda each: str(each["eventTime"]), reverse=True)
    return listed(told[offset : offset + limit])


def _told(ticket: Json, operation: str, at: str, by: str) -> Json:
    shown = {"ticketId": ticket["id"], "ticketNumber": ticket["ticketNumber"], "status": ticket["status"]}
    return {**shown, "operation": operation, "eventTime": at, "author": {"name": by}}


def _event(happened: Json, name: str) -> Json:
    person = find_person(happened["by"]) or PEOPLE[0]
    info = [
        {
            "propertyName": name,
            "propertyType": "ValueTransition",
            "systemProperty": True,
            "propertyValue": {"previousValue": old, "updatedValue": new},
        }
        for name, old, new in happened["changes"]
    ]
    actor = {"type": "Agent", "id": person.agent_id, "name": person.name}
    return {"eventName": name, "eventTime": happened["at"], "actor": actor, "source": "API", "eventInfo": info, "actorInfo": []}


def _routes(module: DeskModule) -> tuple[Route, ...]:
    base, read, write = f"/api/v1/{module.name}", f"{module.scope}.READ", f"{module.scope}.UPDATE"
    if module.name in ("accounts", "tasks", "calls", "events"):
        other = "Desk.accounts" if module.name == "accounts" else f"Desk.activities.{module.name}"
        read, write = f"{read}|{other}.READ", f"{write}|{other}.UPDATE"
    found = (Route("GET", f"{base}/search", partial(search, module), (read, "Desk.search.READ")),) if module.searchable else ()
    return (
        Route("GET", base, partial(list_some, module), (read,)),
        *found,
        Route("GET", f"{base}/<int:id>", partial(get_one, module), (read,)),
        Route("PATCH", f"{base}/<int:id>", partial(update, module), (write,)),
    )


ROUTES = (
    Route("GET", "/api/v1/tickets/<int:id>/History", history, ("Desk.tickets.READ",)),
    Route("GET", "/api/v1/contacts/<int:id>/history", partial(customer_history, "contactId"), ("Desk.contacts.READ",)),
    Route("GET", "/api/v1/accounts/<int:id>/history", partial(customer_history, "accountId"), ("Desk.contacts.READ|Desk.accounts.READ",)),
    *(route for module in MODULES.values() for route in _routes(module)),
)
