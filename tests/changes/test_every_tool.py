"""Every tool of the registry: what it does, and how it says no."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from changes import execute_tool
from changes.plans import Receipt, Verdict
from sandbox.crm_spec import meta_id
from sandbox.desk_records import desk_id
from sandbox.desk_tables import MODULES
from sandbox.scopes import is_known
from tests.changes.test_requests import unpublished
from tests.oas import needs_oas
from tests.walk import connect
from zoho import clients, tools
from zoho.answers import Done, Page, Refused
from zoho.errors import MissingScopeError, NoPermissionError, ZohoError
from zoho.tools.desk import MODULES as DESK_MODULES

SCOPES = (
    *"ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.users.READ ZohoCRM.org.READ ZohoCRM.apis.READ ZohoCRM.coql.READ".split(),
    *"ZohoCRM.files.CREATE ZohoSearch.securesearch.READ Desk.basic.READ Desk.search.READ".split(),
    *(f"Desk.{module}.{verb}" for module in DESK_MODULES for verb in ("READ", "UPDATE")),
)
READS = [scope.replace("ALL", "READ") for scope in SCOPES if not scope.endswith("UPDATE")]
LAYOUT, DEPENDENCY = meta_id(4, 9000), meta_id(4, 7000, 1)
CHANGES = {
    "tickets": {"subject": "By a tool"},
    "contacts": {"lastName": "By a tool"},
    "accounts": {"accountName": "By a tool"},
    "tasks": {"subject": "By a tool", "priority": "Low"},
    "calls": {"direction": "outbound", "subject": "By a tool"},
    "events": {"subject": "By a tool"},
    "products": {"productName": "By a tool"},
    "contracts": {"contractName": "By a tool", "endDate": "2031-02-03"},
}


@pytest.fixture
def connection_id(amend, sandbox, ana):
    return connect(amend, ana, more_scopes=SCOPES).connection_id


@pytest.fixture
def params(sandbox) -> dict[str, dict[str, Any]]:
    """Good parameters for every tool."""
    deal = sandbox.special("Deals", "blueprint")
    one, layout = {"module": "Deals", "id": deal}, {"module": "Deals", "layout_id": LAYOUT}
    made: dict[str, dict[str, Any]] = {
        **{key: {} for key in ("crm.get_organization", "crm.get_current_user", "crm.list_users", "crm.list_apis", "crm.list_modules")},
        **{key: {"module": "Deals"} for key in ("crm.list_fields", "crm.list_layouts", "crm.list_views")},
        "crm.list_dependencies": layout,
        "crm.get_dependency": {**layout, "id": DEPENDENCY},
        **dict.fromkeys(("crm.get_record", "crm.get_timeline", "crm.get_blueprint"), one),
        "crm.get_lock": {"module": "Deals", "id": sandbox.special("Deals", "locked")},
        "crm.list_records": {"module": "Deals"},
        "crm.search_records": {"module": "Deals", "criteria": "(Stage:equals:Proposal)"},
        "crm.query": {"query": "select Deal_Name from Deals where Stage = 'Proposal'"},
        "crm.upload_file": {"name": "offer.pdf", "content": "JVBERi0xLjc="},
        "crm.take_transition": {"module": "Leads", "id": sandbox.special("Leads", "blueprint"), "transition_id": meta_id(1, 6001, 0)},
        "crm.update_record": {"module": "Deals", "id": sandbox.ids("Deals")[0], "fields": {"Amount": 5}},
        **{
            key: {}
            for key in ("desk.list_organizations", "desk.get_my_info", "desk.list_departments", "desk.list_teams", "desk.list_agents")
        },
        **{key: {"module": "tasks"} for key in ("desk.list_fields", "desk.list_layouts")},
        "desk.get_layout": {"layout_id": MODULES["tasks"].layout_id},
        "desk.get_ticket_history": {"id": desk_id("tickets", 0)},
        "desk.get_contact_history": {"id": desk_id("contacts", 0)},
        "desk.get_account_history": {"id": desk_id("accounts", 0)},
    }
    for module, one_of_them in DESK_MODULES.items():
        id_ = desk_id(module, 0)
        made |= {f"desk.get_{one_of_them}": {"id": id_}, f"desk.list_{module}": {}, f"desk.search_{module}": {"text": "e"}}
        made |= {f"desk.update_{one_of_them}": {"id": id_, "fields": CHANGES[module]}}
    del made["desk.search_contracts"]
    return made


def each(params: dict[str, dict[str, Any]], problem: Callable[[tools.Tool, dict[str, Any]], str | None]) -> dict[str, str]:
    """What is wrong with which tool."""
    return {tool.name: found for tool in tools.all_tools() if (found := problem(tool, params[tool.name]))}


def test_there_are_parameters_for_every_tool(params):
    assert set(params) == {tool.name for tool in tools.all_tools()}


def test_every_tool_does_what_it_says(amend, sandbox, connection_id, params):
    def problem(tool, given):
        answer = execute_tool(amend, connection_id, tool.name, given)
        if not isinstance(answer, Done):
            return repr(answer)
        found = answer.value.records if isinstance(answer.value, Page) else answer.value
        if isinstance(found, Receipt):
            return None if found.verdict == Verdict.STORED and tool.writes else found.verdict
        return None if found and not tool.writes else f"nothing: {found!r}"

    assert each(params, problem) == {}


@needs_oas
def test_every_tool_asks_crm_in_the_shape_that_zoho_publishes(amend, sandbox, connection_id, params):
    sandbox.forget_calls()
    for name, given in params.items():
        if name.startswith("crm.") and name != "crm.upload_file":  # no published file has it
            execute_tool(amend, connection_id, name, given)
    deal, transition = sandbox.special("Deals", "blueprint"), {"Description": "x"}
    assert clients.crm_client(amend, clients.load(amend, connection_id)).transition("Deals", deal, meta_id(4, 6001, 1), transition)

    assert unpublished(sandbox.requests) == {}


def test_no_tool_asks_for_a_scope_that_only_looks_right():
    asked = {scope.replace("{module}", "Leads") for tool in tools.all_tools() for group in tool.scopes for scope in group}

    assert [scope for scope in sorted(asked) if not is_known(scope)] == []


def test_every_tool_refuses_a_parameter_that_it_does_not_know_by_name(amend, sandbox, connection_id, params):
    sandbox.forget_calls()

    def problem(tool, given):
        answer = execute_tool(amend, connection_id, tool.name, {**given, "surprise": 1})
        is_named = isinstance(answer, Refused) and [refusal.field for refusal in answer.refusals] == ["surprise"]
        return None if is_named else repr(answer)

    assert each(params, problem) == {}
    assert sandbox.requests == []


def test_every_tool_names_the_scope_that_is_known_to_be_missing_and_does_not_call(amend, sandbox, connection_id, params):
    execute_tool(amend, connection_id, "desk.get_my_info", {})

    def grant(scopes):
        with amend.sessions.begin() as session:
            session.execute(text("UPDATE zoho_connections SET scopes_granted = :s, scopes_confirmed = '[]'"), {"s": json.dumps(scopes)})

    def problem(tool, given):
        grant(READS if tool.writes else [])
        needed = tool.needs(tool.model.model_validate(given))
        wanted = needed.groups[0][:1] if tool.writes else tuple(group[0] for group in needed.groups)
        sandbox.forget_calls()
        try:
            answer = execute_tool(amend, connection_id, tool.name, given)
        except MissingScopeError as error:
            is_sent = [seen for seen in sandbox.requests if not tool.writes or seen.method != "GET"]
            return None if error.scopes == wanted and not is_sent else f"{error.scopes} {is_sent}"
        return repr(answer)

    assert each(params, problem) == {}


def test_every_tool_says_when_zoho_does_not_permit_it(amend, sandbox, connection_id, params):
    bodies = {
        "crm": {
            "code": "NO_PERMISSION",
            "details": {"permissions": ["Crm_Implied_View"]},
            "message": "permission denied",
            "status": "error",
        },
        "desk": {"errorCode": "FORBIDDEN", "message": "You are not authorized to access this resource."},
    }

    def problem(tool, given):
        product, method = tool.product, "*" if not tool.writes else {"crm": "PUT", "desk": "PATCH"}[tool.product]
        sandbox.fail_next(f"{method} /{'crm' if product == 'crm' else 'api'}/*", status=403, body=bodies[product])
        try:
            answer = execute_tool(amend, connection_id, tool.name, given)
        except NoPermissionError as error:
            return None if error.summary and error.advice else "no words"
        except ZohoError as error:
            return repr(error)
        finally:
            sandbox.clear_faults()
        return repr(answer)

    assert each(params, problem) == {}


def test_the_schema_of_every_tool_names_its_parameters(params):
    for tool in tools.all_tools():
        schema = tool.schema
        assert set(schema.get("required", [])) <= set(params[tool.name]) <= set(schema.get("properties", {})), tool.name
        assert schema["additionalProperties"] is False, tool.name
        assert tool.about, tool.name


def test_a_name_is_not_taken_past_the_door_that_asks(amend, sandbox, connection_id):
    answer = tools.run(amend, connection_id, "crm.get_record", {"module": "Leads", "name": "John Smith"})

    assert isinstance(answer, Refused)
    assert answer.refusals[0].field == "id"


@pytest.mark.parametrize(
    ("query", "scope"),
    [
        ("select id from Leads where Last_Name = 'x from Deals'", "ZohoCRM.modules.leads.READ"),
        ("SELECT Last_Name\nFROM Contacts WHERE id is not null", "ZohoCRM.modules.contacts.READ"),
        ("select 'it\\'s from Deals' from Vehicles where id = 1", "ZohoCRM.modules.custom.READ"),
    ],
)
def test_a_query_needs_the_scope_of_the_module_that_it_asks(query, scope):
    tool = tools.find("crm.query")

    assert [group[0] for group in tool.needs(tool.model.model_validate({"query": query})).groups] == ["ZohoCRM.coql.READ", scope]


@pytest.mark.parametrize("query", ["delete from Leads where id = 1", "select id where Name = ' from Leads '", "select id from"])
def test_what_is_no_query_is_refused_before_the_call(amend, sandbox, connection_id, query):
    sandbox.forget_calls()

    assert isinstance(execute_tool(amend, connection_id, "crm.query", {"query": query}), Refused)
    assert sandbox.requests == []
