"""What a script must choose: asked before anything is written, answered by the same call with the answer filled in."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from changes import execute_tool
from changes.plans import Verdict
from sandbox.desk_records import desk_id
from tests.walk import connect
from zoho.answers import Done, Question, Refused

PUT, PATCH = "PUT /crm/v8/{module}/{id}", "PATCH /api/v1/{module}/{id}"


@pytest.fixture
def connection_id(amend, sandbox, ana):
    return connect(amend, ana, more_scopes=("Desk.contracts.READ",)).connection_id


@pytest.fixture
def ask(amend, sandbox, connection_id):
    return lambda tool, /, **params: execute_tool(amend, connection_id, tool, params)


@pytest.fixture
def change(ask, lead):
    """An update of one lead's fields; an answer goes under the question's name."""
    return lambda fields, answers=None: ask("crm.update_record", module="Leads", id=lead, fields=fields, **(answers or {}))


def test_which_john_smith_is_asked_with_what_tells_them_apart_and_then_done(sandbox, ask):
    ids = [id_ for id_ in sandbox.ids("Leads") if sandbox.record("Leads", id_)["Full_Name"] == "John Smith"]
    wanted = {"module": "Leads", "name": "john smith", "fields": {"City": "Bern"}}

    question = ask("crm.update_record", **wanted)

    assert isinstance(question, Question)
    assert {option.value for option in question.options} == set(ids)
    for option in question.options:
        record = sandbox.record("Leads", option.value)
        assert option.label == "John Smith"
        assert all(part in option.detail for part in (record["Email"], record["Company"], record["City"], record["Owner"]["name"]))
    assert question.schema["properties"]["id"]["enum"] == [option.value for option in question.options]
    assert sandbox.calls(PUT) == 0
    answer = ask("crm.update_record", **wanted, **{question.name: ids[1]})
    assert answer.value.verdict == Verdict.STORED
    assert [id_ for id_ in ids if sandbox.record("Leads", id_)["City"] == "Bern"] == [ids[1]]


def test_a_name_that_one_record_has_needs_no_question(sandbox, ask):
    record = sandbox.record("Leads", sandbox.ids("Leads")[3])

    by_name = ask("crm.get_record", module="Leads", name=record["Full_Name"].upper())
    by_email = ask("crm.get_record", module="Leads", search=record["Email"])

    assert by_email.value["id"] == record["id"]
    assert isinstance(by_name, Question) or by_name.value["Full_Name"] == record["Full_Name"]


def test_a_name_that_nobody_has_is_refused_and_nothing_is_written(sandbox, ask):
    answer = ask("crm.update_record", module="Leads", name="Nobody At All", fields={"City": "Bern"})

    assert isinstance(answer, Refused)
    assert "Nobody At All" in answer.refusals[0].message
    assert sandbox.calls(PUT) == 0


def test_of_many_twenty_are_shown_and_it_is_said_that_there_are_more(ask):
    question = ask("crm.get_record", module="Leads", name="customer")

    assert isinstance(question, Question)
    assert len(question.options) == 20
    assert "There are more" in question.prompt
    assert "enum" not in question.schema["properties"]["id"]


def test_a_desk_record_is_found_by_name_too(sandbox, ask):
    id_ = desk_id("accounts", 3)
    sandbox.edit("accounts", id_, accountName="Only One Of These")

    answer = ask("desk.update_account", name="only one of these", fields={"fax": "12"})

    assert (answer.value.verdict, answer.value.record_id) == (Verdict.STORED, id_)
    question = ask("desk.get_ticket", name="Invoice shows the wrong address")
    assert isinstance(question, Question)
    assert question.options[0].detail.split(" · ")[0].isdigit()


def test_contracts_have_no_search_and_say_so(ask):
    answer = ask("desk.get_contract", name="Service")

    assert isinstance(answer, Refused)
    assert "give the id" in answer.refusals[0].message


@pytest.mark.parametrize("typed", ["shutdown", "shut  down", "Shút Down", "Shut Dwon"])
def test_a_picklist_value_that_nearly_matches_is_asked_never_guessed(sandbox, change, lead, typed):
    question = change({"Rating": typed})

    assert isinstance(question, Question)
    assert [(option.value, option.label, option.detail) for option in question.options] == [("ShutDown", "Shut Down", "stored as ShutDown")]
    assert sandbox.calls(PUT) == 0
    assert change({"Rating": typed}, {question.name: "ShutDown"}).value.verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)["Rating"] == "ShutDown"


def test_what_zoho_shows_is_written_as_what_zoho_stores(sandbox, change, lead):
    assert change({"Rating": "Market failed", "Interests": ["Chess; and Go", "Opera"]}).value.verdict == Verdict.STORED

    record = sandbox.record("Leads", lead)
    assert (record["Rating"], record["Interests"]) == ("MarketFailed", ["Chess_Go", "Opera"])


def test_a_typo_never_becomes_a_new_picklist_value(sandbox, change):
    answer = change({"Rating": "Splendid"})

    assert isinstance(answer, Refused)
    assert answer.refusals[0].field == "Rating"
    assert "Acquired" in answer.refusals[0].message
    assert sandbox.calls(PUT) == 0


def test_one_of_several_values_is_asked_by_its_place(sandbox, change, lead):
    fields = {"Interests": "Opera;cafe societi"}

    question = change(fields)

    assert question.name == "fields.Interests.1"
    assert change(fields, {question.name: "Café society"}).value.verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)["Interests"] == ["Opera", "Café society"]


@pytest.mark.parametrize("who", ["Ana Ruiz", "ana@zylker.example", "ANA  RUIZ"])
def test_an_owner_is_given_by_name_or_address(sandbox, change, lead, who):
    assert change({"Owner": who}).value.verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)["Owner"]["name"] == "Ana Ruiz"


def test_an_owner_who_is_not_quite_named_is_asked_with_addresses(sandbox, change, lead):
    question = change({"Owner": "Anna Ruiz"})

    assert [(option.label, "ana@zylker.example" in option.detail) for option in question.options] == [("Ana Ruiz", True)]
    assert change({"Owner": "Anna Ruiz"}, {question.name: question.options[0].value}).value.verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)["Owner"]["name"] == "Ana Ruiz"


def test_an_owner_whom_nobody_knows_is_refused(sandbox, change):
    answer = change({"Owner": "Zebedee"})

    assert answer.refusals[0].field == "Owner"
    assert sandbox.calls(PUT) == 0


def test_an_owner_cannot_be_named_where_nobody_may_be_listed(amend, ask, lead):
    with amend.sessions.begin() as session:
        granted = '["ZohoCRM.modules.ALL", "ZohoCRM.settings.ALL"]'
        session.execute(text("UPDATE zoho_connections SET scopes_granted = :s"), {"s": granted})

    answer = ask("crm.update_record", module="Leads", id=lead, fields={"Owner": "Ana Ruiz"})

    assert "Give the id" in answer.refusals[0].message


def test_a_linked_record_is_given_by_name(sandbox, ask):
    deal, account = sandbox.ids("Deals")[0], sandbox.ids("Accounts")[5]
    sandbox.edit("Accounts", account, Account_Name="Only One Of These")

    answer = ask("crm.update_record", module="Deals", id=deal, fields={"Account_Name": "Only One Of These"})

    assert answer.value.verdict == Verdict.STORED
    assert sandbox.record("Deals", deal)["Account_Name"]["id"] == account
    missing = ask("crm.update_record", module="Deals", id=deal, fields={"Account_Name": "Nothing Like This"})
    assert missing.refusals[0].field == "Account_Name"


def test_which_linked_record_is_asked_and_answered(sandbox, ask):
    deal, accounts = sandbox.ids("Deals")[0], sandbox.ids("Accounts")[5:7]
    for account in accounts:
        sandbox.edit("Accounts", account, Account_Name="Twins Ltd")
    wanted = {"module": "Deals", "id": deal, "fields": {"Account_Name": "Twins Ltd"}}

    question = ask("crm.update_record", **wanted)

    assert {option.value for option in question.options} == set(accounts)
    assert ask("crm.update_record", **wanted, **{question.name: accounts[1]}).value.verdict == Verdict.STORED
    assert sandbox.record("Deals", deal)["Account_Name"]["id"] == accounts[1]


def test_desk_agents_contacts_and_picklists_are_given_in_words(sandbox, ask):
    ticket, contact = next(iter(sandbox.tickets)), desk_id("contacts", 4)
    sandbox.edit("contacts", contact, lastName="Onlyone", firstName="Of These")

    answer = ask("desk.update_ticket", id=ticket, fields={"assigneeId": "Ana Ruiz", "contactId": "Onlyone"})

    assert isinstance(answer, Done), answer
    assert answer.value.verdict == Verdict.STORED
    assert sandbox.tickets[ticket]["contactId"] == contact
    question = ask("desk.update_ticket", id=ticket, fields={"priority": "high"})
    assert [option.value for option in question.options] == ["High"]


def test_the_answer_to_which_desk_organization_is_stored_and_the_call_goes_on(amend, sandbox, ask):
    sandbox.config.desk_orgs, sandbox.config.desk_org_bound = 2, False
    with amend.sessions.begin() as session:
        session.execute(text("UPDATE zoho_connections SET desk_org_id = ''"))
    question = ask("desk.list_tickets")

    assert isinstance(ask("desk.list_tickets", **{question.name: "999"}), Refused)
    assert isinstance(ask("desk.list_tickets", **{question.name: question.options[0].value}), Done)
    assert isinstance(ask("desk.list_tickets"), Done)
    other = ask("desk.list_tickets", **{question.name: question.options[1].value})
    assert "its page" in other.refusals[0].message
    assert isinstance(ask("desk.list_tickets", **{question.name: question.options[0].value}), Done)


@pytest.mark.parametrize("path", ["fields.Nothing", "fields.Interests.9", "fields.Interests.x", "id.x.y", "nowhere.at.all"])
def test_an_answer_to_no_question_is_refused(sandbox, change, path):
    answer = change({"Interests": ["Opera"]}, {path: "x"})

    assert [refusal.field for refusal in answer.refusals] == [path]
    assert sandbox.calls(PUT) == 0


def test_values_that_need_no_choice_cost_no_call(sandbox, change):
    change({"City": "Bern"})
    sandbox.forget_calls()

    assert change({"City": "Basel", "Rating": "Active", "Owner": {"id": "5725767000000411002"}, "Segment": None}).value.verdict == "stored"

    assert len(sandbox.requests) == 3  # the record, the write, the record again
