"""The public door: ``execute_tool``, its refusals, its scopes and the Desk organization."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from changes import drafts, execute_tool, history
from changes.history import Filter
from changes.plans import Verdict
from sandbox.crm_spec import meta_id
from tests.walk import connect
from zoho import grants, orgs
from zoho.answers import Done, Question, Refused
from zoho.errors import ConflictError, MissingScopeError, UnknownToolError

PUT = "PUT /crm/v8/{module}/{id}"


def test_execute_tool_reads_straight_through(amend, sandbox, connection_id, lead):
    answer = execute_tool(amend, connection_id, "crm.get_record", {"module": "Leads", "id": lead})
    assert answer.value["id"] == lead


def test_execute_tool_writes_with_a_receipt_in_the_history(amend, sandbox, ana, connection_id, lead):
    answer = execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "record_id": lead, "fields": {"City": "Bern"}})
    assert isinstance(answer, Done)
    assert answer.value.verdict == Verdict.STORED
    assert history.list_receipts(amend, ana, Filter()).receipts[0].origin == "tool"


def test_execute_tool_updates_a_ticket(amend, sandbox, connection_id, ticket):
    answer = execute_tool(amend, connection_id, "desk.update_ticket", {"id": ticket, "fields": {"subject": "By script"}})
    assert answer.value.verdict == Verdict.STORED


def test_tools_that_are_not_listed_are_refused(amend, sandbox, connection_id):
    with pytest.raises(UnknownToolError):
        execute_tool(amend, connection_id, "crm.delete_everything", {})


@pytest.mark.parametrize(
    "params",
    [{}, {"module": "Leads"}, {"module": "../x", "id": "1", "fields": {"a": 1}}, {"module": "Leads", "id": 1.5, "fields": {"City": "x"}},
     {"module": "Leads", "id": "1", "fields": {}}, {"module": "Leads", "id": "1", "fields": {"City": "x"}, "surprise": 1}],
)  # fmt: skip
def test_bad_parameters_are_refused_by_name(amend, sandbox, connection_id, params):
    answer = execute_tool(amend, connection_id, "crm.update_record", params)
    assert isinstance(answer, Refused)
    assert sandbox.calls(PUT) == 0


@pytest.mark.parametrize("name", ["Cty", "city", "CITY"])
def test_a_misspelt_field_is_refused_and_not_dropped(amend, sandbox, connection_id, lead, name):
    answer = execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "id": lead, "fields": {name: "x"}})
    assert isinstance(answer, Refused)
    assert answer.refusals[0].field == name


@pytest.mark.parametrize("number", [5725767000000123456, 5725767000000123456.0])
def test_an_id_that_went_through_a_number_is_refused_for_it_may_have_lost_digits(amend, sandbox, connection_id, number):
    answer = execute_tool(amend, connection_id, "crm.get_record", {"module": "Leads", "id": number})
    assert isinstance(answer, Refused)
    assert answer.refusals[0].field == "id"


def test_a_converted_lead_is_refused_in_words_and_not_listed(amend, sandbox, connection_id):
    converted = sandbox.special("Leads", "converted")
    listed = execute_tool(amend, connection_id, "crm.list_records", {"module": "Leads", "per_page": 200}).value.records
    assert converted not in {record["id"] for record in listed}
    answer = execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "id": converted, "fields": {"City": "x"}})
    assert isinstance(answer, Refused)
    assert "converted" in answer.refusals[0].message


def test_a_list_of_more_than_two_thousand_goes_on_by_its_token(amend, sandbox, connection_id):
    sandbox.config.pages_by_number = 1
    first = execute_tool(amend, connection_id, "crm.list_records", {"module": "Deals", "per_page": 150}).value
    more = {"module": "Deals", "per_page": 150, "page_token": first.next_token}
    rest = execute_tool(amend, connection_id, "crm.list_records", more).value
    assert (len(first.records), len(rest.records), rest.more) == (150, 50, False)


def test_a_query_finds_exactly_what_a_search_also_contains(amend, sandbox, ana):
    connection_id = connect(amend, ana, more_scopes=("ZohoCRM.coql.READ",)).connection_id
    ids = sandbox.ids("Accounts")[:2]
    for id_, name in zip(ids, ("ABC", "ABC Inc"), strict=True):
        sandbox.edit("Accounts", id_, Account_Name=name)
    searched = execute_tool(amend, connection_id, "crm.search_records", {"module": "Accounts", "criteria": "(Account_Name:equals:ABC)"})
    queried = execute_tool(amend, connection_id, "crm.query", {"query": "select id from Accounts where Account_Name = 'ABC'"})
    named = execute_tool(amend, connection_id, "crm.get_record", {"module": "Accounts", "name": "abc"})
    assert {record["id"] for record in searched.value.records} == set(ids)
    assert [record["id"] for record in queried.value.records] == ids[:1]
    assert named.value["id"] == ids[0]


def test_a_ticket_found_in_a_list_is_read_whole_before_it_is_changed(amend, sandbox, connection_id):
    row = execute_tool(amend, connection_id, "desk.list_tickets", {}).value.records[0]
    assert "description" not in row
    before = sandbox.tickets[row["id"]]["description"]
    receipt = execute_tool(amend, connection_id, "desk.update_ticket", {"id": row["id"], "fields": {"subject": "By script"}}).value
    assert (receipt.changes[0].before, sandbox.tickets[row["id"]]["description"]) == (row["subject"], before)


def test_a_script_that_names_the_version_it_read_does_not_overwrite_a_newer_one(amend, sandbox, connection_id, lead):
    version = sandbox.record("Leads", lead)["Modified_Time"]
    sandbox.edit("Leads", lead, City="B")
    params = {"module": "Leads", "id": lead, "fields": {"City": "C"}, "unmodified_since": version}
    with pytest.raises(ConflictError):
        execute_tool(amend, connection_id, "crm.update_record", params)
    assert sandbox.record("Leads", lead)["City"] == "B"


def test_a_scope_known_to_be_missing_is_refused_before_the_call(amend, sandbox, ana, connection_id, lead):
    with amend.sessions.begin() as session:
        session.execute(
            text("UPDATE zoho_connections SET scopes_granted = :s"), {"s": '["ZohoCRM.modules.READ", "ZohoCRM.settings.fields.READ"]'}
        )
    with pytest.raises(MissingScopeError) as caught:
        execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "id": lead, "fields": {"City": "x"}})
    assert caught.value.scopes == ("ZohoCRM.modules.leads.UPDATE",)
    assert sandbox.calls(PUT) == 0


def test_an_unknown_grant_is_tried_and_learned_from(amend, sandbox, ana, connection_id, lead):
    with amend.sessions.begin() as session:
        session.execute(text("UPDATE zoho_connections SET scopes_granted = NULL"))
    refusal = {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "invalid oauth scope to access this URL", "status": "error"}
    sandbox.fail_next(PUT, status=401, body=refusal)
    for _ in range(2):
        with pytest.raises(MissingScopeError) as caught:
            execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "id": lead, "fields": {"City": "x"}})
        assert caught.value.scopes == ("ZohoCRM.modules.leads.UPDATE",)
    assert sandbox.calls(PUT) == 1
    connect(amend, ana)
    assert (
        execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "id": lead, "fields": {"City": "x"}}).value.verdict
        == "stored"
    )


# The Desk organization


def blank_org(amend):
    with amend.sessions.begin() as session:
        session.execute(text("UPDATE zoho_connections SET desk_org_id = '  '"))


def test_a_blank_desk_organization_is_discovered_stored_and_the_call_goes_on(amend, sandbox, connection_id, ticket):
    blank_org(amend)
    assert isinstance(execute_tool(amend, connection_id, "desk.get_ticket", {"id": ticket}), Done)
    with amend.reading() as session:
        assert orgs.is_org_id(session.execute(text("SELECT desk_org_id FROM zoho_connections")).scalar())


def test_several_desk_organizations_are_a_question(amend, sandbox, ana, connection_id, ticket):
    sandbox.config.desk_orgs, sandbox.config.desk_org_bound = 2, False
    blank_org(amend)
    answer = execute_tool(amend, connection_id, "desk.get_ticket", {"id": ticket})
    assert isinstance(answer, Question)
    assert len(answer.options) == 2
    assert orgs.choose_desk_org_by_id(amend, ana, connection_id, answer.options[0].value)
    assert isinstance(execute_tool(amend, connection_id, "desk.get_ticket", {"id": ticket}), Done)


def test_a_discovery_refused_for_lack_of_desk_basic_read_says_exactly_that(amend, sandbox, connection_id, ticket):
    blank_org(amend)
    sandbox.fail_next("GET /api/v1/organizations", status=403, body={"errorCode": "SCOPE_MISMATCH", "message": "no"}, times=2)
    with pytest.raises(Exception, match=r"Desk\.basic\.READ") as caught:
        execute_tool(amend, connection_id, "desk.get_ticket", {"id": ticket})
    assert caught.value.code == "desk_org_unknown"
    assert "Desk.basic.READ" in caught.value.summary


def test_nothing_is_called_for_a_disconnected_connection(amend, sandbox, ana, connection_id, lead):
    grants.disconnect(amend, ana, connection_id)
    sandbox.forget_calls()
    with pytest.raises(Exception, match="disconnected"):
        execute_tool(amend, connection_id, "crm.get_record", {"module": "Leads", "id": lead})
    assert sandbox.requests == []


def test_one_mismatch_on_a_search_does_not_forbid_reading(amend, sandbox, connection_id, lead):
    with amend.sessions.begin() as session:
        session.execute(text("UPDATE zoho_connections SET scopes_granted = NULL, scopes_confirmed = '[]'"))
    refusal = {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "invalid oauth scope", "status": "error"}
    sandbox.fail_next("GET /crm/v8/{module}/search", status=401, body=refusal)
    with pytest.raises(MissingScopeError):
        execute_tool(amend, connection_id, "crm.search_records", {"module": "Leads", "word": "maria"})
    assert isinstance(execute_tool(amend, connection_id, "crm.get_record", {"module": "Leads", "id": lead}), Done)


def test_a_custom_module_is_asked_for_by_the_scope_that_zoho_lists(amend, sandbox, connection_id):
    with amend.sessions.begin() as session:
        session.execute(text("UPDATE zoho_connections SET scopes_granted = '[\"ZohoCRM.settings.fields.READ\"]'"))
    with pytest.raises(MissingScopeError) as caught:
        execute_tool(amend, connection_id, "crm.get_record", {"module": "Vehicles", "id": "1"})
    assert caught.value.scopes == ("ZohoCRM.modules.custom.READ",)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1: 2}])
def test_values_that_are_not_json_are_refused(amend, sandbox, connection_id, lead, value):
    answer = execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "id": lead, "fields": {"City": value}})
    assert isinstance(answer, Refused)


def test_another_desk_organization_brings_its_own_fields(amend, sandbox, ana, connection_id, ticket):
    drafts.open_record(amend, ana, connection_id, "desk", "tickets", ticket)
    sandbox.forget_calls()
    orgs.choose_desk_org_by_id(amend, ana, connection_id, orgs.own_desk_orgs(amend, ana, connection_id)[0].id)
    drafts.open_record(amend, ana, connection_id, "desk", "tickets", ticket)
    assert sandbox.calls("GET /api/v1/fields") == 1


# A blueprint's transition


def transition(sandbox, **data):
    deal = sandbox.special("Deals", "blueprint")
    sandbox.edit("Deals", deal, Stage="Negotiation")
    return {"module": "Deals", "id": deal, "transition_id": meta_id(4, 6001, 2), "data": data}


def test_a_transition_is_taken_as_a_plan_of_one_step(amend, sandbox, connection_id):
    answer = execute_tool(amend, connection_id, "crm.take_transition", transition(sandbox, Description="By a tool"))

    assert (answer.value.origin, answer.value.verdict) == ("tool", Verdict.STORED)
    assert [(change.name, change.after) for change in answer.value.changes] == [("Stage", "Closed Won"), ("Description", "By a tool")]
    assert not answer.value.is_undoable


@pytest.mark.parametrize(("data", "field"), [({}, "Description"), ({"City": "x"}, "City"), ({"Description": {"a": 1}}, "Description")])
def test_a_transition_refuses_what_it_does_not_ask_for_and_misses_what_it_does(amend, sandbox, connection_id, data, field):
    params = transition(sandbox, **data)
    sandbox.edit("Deals", params["id"], Description=None)

    answer = execute_tool(amend, connection_id, "crm.take_transition", params)

    assert isinstance(answer, Refused)
    assert [refusal.field for refusal in answer.refusals] == [field]
    assert sandbox.calls("PUT *") == 0
