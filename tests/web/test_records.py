"""Finding a record: the box, the tabs, the table, and what is said when Zoho says no."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people import Operator
from sandbox.server import Sandbox
from tests import walk
from tests.pages import Visitor, text_of
from web.records.address import Address, NoRecord, Number, Words, recognise
from zoho.runtime import Amend


def path(connection_id: UUID, **query: str) -> str:
    return f"/connections/{connection_id}/records?{urlencode(query)}"


def test_find_lists_the_newest_records_with_links_to_edit_them(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(path(connection_id))

    assert page.status_code == 200
    newest = max(sandbox.ids("Leads"), key=int)
    assert f"/connections/{connection_id}/records/crm/Leads/{newest}" in page.text
    assert "Find a record" in page.text


def test_tabs_carry_the_labels_that_zoho_uses(client: Visitor, connection_id: UUID) -> None:
    text = text_of(client.get(path(connection_id)))

    for label in ("Zoho CRM", "Leads", "Deals", "Vehicles", "Zoho Desk", "Tickets"):
        assert label in text


@pytest.mark.parametrize("module", ["tickets", "contacts", "accounts"])
def test_desk_modules_are_listed(client: Visitor, connection_id: UUID, module: str) -> None:
    page = client.get(path(connection_id, product="desk", module=module))

    assert page.status_code == 200
    assert f"/records/desk/{module}/" in page.text


@pytest.mark.parametrize("module", ["Leads", "Contacts", "Accounts", "Deals", "Vehicles"])
def test_crm_modules_are_listed_and_paged(client: Visitor, connection_id: UUID, module: str) -> None:
    assert f"/records/crm/{module}/" in client.get(path(connection_id, product="crm", module=module)).text
    assert client.get(path(connection_id, product="crm", module=module, page="2")).status_code == 200


def test_a_name_an_address_and_a_phone_number_find_the_record(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    record = sandbox.record("Leads", sandbox.ids("Leads")[3])

    for text in (record["Last_Name"], record["Email"], record["Phone"]):
        if text:
            assert f"/records/crm/Leads/{record['id']}" in client.get(path(connection_id, q=text, product="crm", module="Leads")).text


def test_a_search_without_result_says_so(client: Visitor, connection_id: UUID) -> None:
    here = path(connection_id, q="nobody-of-that-name", product="crm", module="Leads")
    assert "Nothing found for “ nobody-of-that-name ” in Leads" in text_of(client.get(here))


def test_one_letter_is_not_searched_for(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(path(connection_id, q="x"))

    assert "Type at least two characters" in page.text
    assert not sandbox.matching("GET /crm/v8/{module}/search")


def test_an_id_goes_straight_to_the_record(client: Visitor, connection_id: UUID) -> None:
    answer = client.get(path(connection_id, q="5725767000000999001", product="crm", module="Deals"))

    assert (answer.status_code, answer.location) == (303, f"/connections/{connection_id}/records/crm/Deals/5725767000000999001")


def test_digits_that_are_no_id_are_searched_as_a_phone_number(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(path(connection_id, q="0445551234", product="crm", module="Leads"))

    assert page.status_code == 200
    assert "Nothing found" in page.text or "/records/crm/Leads/" in page.text
    assert sandbox.matching("GET /crm/v8/{module}/search")


@pytest.mark.parametrize(
    ("text", "product", "module"),
    [
        ("https://crm.zoho.eu/crm/org808232144/tab/Leads/5725767000000999001", "crm", "Leads"),
        ("https://crm.zoho.com/crm/tab/Potentials/5725767000000999001?sub_module=x", "crm", "Deals"),
        ("crm.zoho.in/crm/org1/tab/CustomModule3/5725767000000999001/canvas/77", "crm", "Vehicles"),
        ("https://crmplus.zoho.com/x/index.do/cxapp/crm/org1/tab/Contacts/5725767000000999001", "crm", "Contacts"),
        ("https://crm.zoho.com/crm/EntityInfo.do?module=Leads&id=5725767000000999001", "crm", "Leads"),
        ("https://desk.zoho.com/support/zylker/ShowHomePage.do#Cases/dv/5725767000000999001", "desk", "tickets"),
        ("https://help.example.org/agent/zylker/support/tickets/details/5725767000000999001", "desk", "tickets"),
        ("https://desk.zoho.eu/agent/zylker/support/contacts/5725767000000999001", "desk", "contacts"),
    ],
)
def test_an_address_copied_from_zoho_goes_to_the_record(client: Visitor, connection_id: UUID, text: str, product: str, module: str) -> None:
    answer = client.get(f"/connections/{connection_id}/records", query_string={"q": text})

    assert (answer.status_code, answer.location) == (303, f"/connections/{connection_id}/records/{product}/{module}/5725767000000999001")


def test_an_address_that_leads_to_no_record_is_explained(client: Visitor, connection_id: UUID) -> None:
    page = client.get(
        f"/connections/{connection_id}/records", query_string={"q": "https://crm.zoho.com/crm/org1/tab/Leads/custom-view/12/list"}
    )

    assert page.status_code == 200
    assert "does not lead to one record" in page.text


def test_the_address_of_a_product_that_is_not_connected_is_explained(
    client: Visitor, amend: Amend, operator: Operator, sandbox: Sandbox
) -> None:
    only_crm = walk.connect(amend, operator.id, products=("crm",)).connection_id
    address = "https://desk.zoho.com/agent/z/all/tickets/details/12345678"
    page = client.get(f"/connections/{only_crm}/records", query_string={"q": address})

    assert "Zoho Desk, which this connection does not edit" in text_of(page)


def test_an_error_of_zoho_is_shown_in_the_page_and_the_tabs_stay(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    client.get(path(connection_id))
    sandbox.fail_next("GET /crm/v8/{module}", status=500, times=None)

    page = client.get(path(connection_id))

    assert page.status_code == 200
    assert "Zoho reports an error of its own" in page.text
    assert "Vehicles" in page.text


def test_several_desk_organizations_are_asked_for_and_the_answer_lists_the_tickets(
    client: Visitor, amend: Amend, operator: Operator, sandbox: Sandbox
) -> None:
    sandbox.config.desk_orgs, sandbox.config.desk_org_bound = 2, False
    connection_id = walk.connect(amend, operator.id, products=("desk",)).connection_id
    here = f"/connections/{connection_id}/records?product=desk&module=tickets"
    page = client.get(here)
    if "Which one" not in page.text:
        pytest.skip("the organization was settled at connect")

    answer = client.post(f"/connections/{connection_id}/records", {"desk_org_id": "3981312", "back": here}, page=here)

    assert answer.location == here
    assert "/records/desk/tickets/" in client.get(here).text


def test_hostile_names_are_escaped(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(path(connection_id, product="crm", module="Leads", page="1"))

    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


def test_another_operators_connection_is_not_found(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    stranger = walk.add(amend, "stranger@example.com")
    theirs = walk.connect(amend, getattr(stranger, "id", stranger)).connection_id

    assert client.get(f"/connections/{theirs}/records").status_code == 404
    assert client.get(f"/connections/{theirs}/records/crm/Leads/{sandbox.ids('Leads')[0]}").status_code == 404


def test_find_is_closed_to_anonymous_people(anonymous: Visitor, connection_id: UUID) -> None:
    assert anonymous.get(path(connection_id)).status_code == 303


@given(text=st.text(max_size=60))
def test_whatever_is_typed_is_recognised_as_something(text: str) -> None:
    found = recognise(text)

    assert isinstance(found, Address | NoRecord | Number | Words)
    if isinstance(found, Address):
        assert found.record_id.isascii()
        assert found.record_id.isdigit()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(max_size=40), product=st.sampled_from(["crm", "desk", "x"]), module=st.text(max_size=12), page=st.text(max_size=6))
def test_no_query_makes_the_page_fail(client: Visitor, connection_id: UUID, q: str, product: str, module: str, page: str) -> None:
    query = {"q": q, "product": product, "module": module, "page": page}

    assert client.get(f"/connections/{connection_id}/records", query_string=query).status_code in (200, 303)


@pytest.mark.parametrize("module", ["Ghost", "settings", "users", "org", "coql", "NaN", "leads"])
def test_an_address_of_no_module_leads_nowhere(client: Visitor, connection_id: UUID, module: str) -> None:
    assert client.get(f"/connections/{connection_id}/records/crm/{module}/1").status_code == 404


def test_a_module_that_is_not_there_is_said_and_not_swapped_for_another(client: Visitor, connection_id: UUID) -> None:
    assert "has no module Ghost" in text_of(client.get(f"/connections/{connection_id}/records?product=crm&module=Ghost"))
