"""Finding anything: many modules at once, the box on the home page, views, orders, columns, and pages past the last number."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import update

from people import Operator
from sandbox.desk_records import desk_id
from sandbox.server import Sandbox
from tests import walk
from tests.pages import Visitor, text_of
from tests.web.editing import open_form, press
from zoho.connections import Connection
from zoho.data_centers import BUILTIN
from zoho.runtime import Amend

RECORD = "5725767000000999001"
SEARCH = "GET /crm/v8/{module}/search"
VIEWS = "ZohoCRM.settings.custom_views.READ"


@pytest.fixture
def connection_id(amend: Amend, operator: Operator, sandbox: Sandbox) -> UUID:
    found = walk.connect(amend, operator.id, more_scopes=(VIEWS,)).connection_id
    assert found is not None
    return found


def path(connection_id: UUID, **query: Any) -> str:
    return f"/connections/{connection_id}/records?{urlencode(query)}"


def change(amend: Amend, connection_id: UUID, **values: Any) -> None:
    with amend.sessions.begin() as session:
        session.execute(update(Connection).where(Connection.id == connection_id).values(**values))


def test_a_name_is_looked_for_in_several_modules_of_both_products(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(path(connection_id, q="maria"))

    for place in ("crm/Leads", "crm/Contacts", "desk/contacts"):
        assert f"/records/{place}/" in page.text
    assert "records for “ maria ”" in text_of(page)
    assert len(sandbox.matching(SEARCH)) <= 8


def test_a_module_that_fails_does_not_hide_the_others(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    sandbox.fail_next("GET /crm/v8/Deals/search", status=500, times=None)

    page = client.get(path(connection_id, q="maria"))

    assert re.search(r"Deals : Zoho reports an error of its own", text_of(page))
    assert "/records/crm/Leads/" in page.text


def test_the_module_on_whose_page_the_box_stands_comes_first(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    assert 'name="beside" value="crm/Vehicles"' in client.get(path(connection_id, product="crm", module="Vehicles")).text
    name = sandbox.record("Vehicles", sandbox.ids("Vehicles")[0])["Name"]

    page = client.get(path(connection_id, q=name.split()[0], beside="crm/Vehicles"))

    assert re.findall(r'class="found-in"[^>]*><bdi>([^<]+)', page.text)[:1] == ["Vehicles"]


def test_an_id_is_looked_for_in_all_modules_and_leads_to_the_record(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    vehicle, ticket = sandbox.ids("Vehicles")[0], desk_id("tickets", 0)

    assert client.get(path(connection_id, q=vehicle)).location == f"/connections/{connection_id}/records/crm/Vehicles/{vehicle}"
    assert client.get(path(connection_id, q=ticket)).location == f"/connections/{connection_id}/records/desk/tickets/{ticket}"


def test_an_id_that_no_module_has_is_said(client: Visitor, connection_id: UUID) -> None:
    nobody = "5725767000000999999"

    assert f"No record of this connection has the id {nobody}" in text_of(client.get(path(connection_id, q=nobody)))


def test_what_was_just_saved_is_named_beside_a_search_that_may_not_know_it(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Any
) -> None:
    lead = sandbox.ids("Leads")[4]
    sandbox.config.search_lag_seconds = 120
    press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Last Name", "Quintessence"))
    link = f'href="/connections/{connection_id}/records/crm/Leads/{lead}"'

    page = client.get(path(connection_id, q="Quintessence"))
    assert "may not know yet what you saved" in text_of(page)
    assert link in page.text
    clock.advance(minutes=10)
    assert "may not know yet what you saved" not in text_of(client.get(path(connection_id, q="Quintessence")))


def test_the_box_of_the_home_page_leads_to_the_results(client: Visitor, connection_id: UUID) -> None:
    assert 'action="/find"' in client.get("/").text

    assert client.get("/find?q=maria").location == path(connection_id, q="maria")


def test_of_several_connections_the_one_used_last_is_searched_unless_another_is_chosen(
    client: Visitor, amend: Amend, operator: Operator, connection_id: UUID, clock: Any
) -> None:
    clock.advance(minutes=1)
    other = walk.connect(amend, operator.id, choices={"crm_org": "2"}, products=("desk",)).connection_id
    assert other is not None
    change(amend, other, last_success_at=amend.now(), name="Second")
    change(amend, connection_id, last_success_at=None)

    assert client.get("/find?q=maria").location == path(other, q="maria")
    assert client.get(f"/find?q=maria&connection={connection_id}").location == path(connection_id, q="maria")
    home = client.get("/").text
    assert home.index(f'value="{other}"') < home.index(f'value="{connection_id}"')


def test_a_crm_address_finds_the_connection_that_edits_crm(client: Visitor, amend: Amend, operator: Operator, connection_id: UUID) -> None:
    other = walk.connect(amend, operator.id, products=("desk",)).connection_id
    assert other is not None
    change(amend, connection_id, last_success_at=None, products=["crm"])
    change(amend, other, last_success_at=amend.now(), products=["desk"])
    address = f"https://crm.zoho.eu/crm/org1/tab/Leads/{RECORD}"

    assert str(connection_id) in client.get("/find", query_string={"q": address}).location


def test_the_box_leads_home_when_nothing_is_connected(client: Visitor, sandbox: Sandbox) -> None:
    assert client.get("/find?q=maria").location == "/"


def test_the_box_is_closed_to_anonymous_people(anonymous: Visitor) -> None:
    assert "/sign-in" in anonymous.get("/find?q=maria").location


def test_another_operators_connection_is_never_searched(client: Visitor, amend: Amend, connection_id: UUID, sandbox: Sandbox) -> None:
    theirs = walk.connect(amend, walk.add(amend, "stranger@example.com")).connection_id

    assert client.get(f"/find?q=maria&connection={theirs}").location == path(connection_id, q="maria")


HOSTS = {
    "us": "zoho.com", "eu": "zoho.eu", "in": "zoho.in", "au": "zoho.com.au", "jp": "zoho.jp", "ca": "zohocloud.ca", "sa": "zoho.sa",
    "uk": "zoho.uk", "sg": "zoho.sg", "ae": "zoho.ae", "cn": "zoho.com.cn",
}  # fmt: skip


@pytest.mark.parametrize("center", BUILTIN, ids=lambda center: center.location)
@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"https://crm.HOST/crm/org808232144/tab/Leads/{RECORD}", "crm/Leads"),
        (f"https://crmplus.HOST/acme/index.do/cxapp/crm/org1/tab/Contacts/{RECORD}", "crm/Contacts"),
        (f"https://one.HOST/zohoone/acme/home/cxapp/crm/org1/tab/Contacts/{RECORD}", "crm/Contacts"),
        (f"https://desk.HOST/agent/acme/support/tickets/details/{RECORD}", "desk/tickets"),
        (f"https://desk.HOST/support/acme/ShowHomePage.do#Cases/dv/{RECORD}", "desk/tickets"),
    ],
)
def test_addresses_of_every_data_centre_lead_to_the_record_and_others_are_named(
    client: Visitor, amend: Amend, connection_id: UUID, center: Any, address: str, place: str
) -> None:
    client.get(path(connection_id))  # what the modules are called is known from now on
    change(amend, connection_id, location=center.location)
    own = client.get(path(connection_id, q=address.replace("HOST", HOSTS[center.location])))
    strange = client.get(path(connection_id, q=address.replace("HOST", "zoho.eu" if center.location != "eu" else "zoho.in")))

    assert own.location == f"/connections/{connection_id}/records/{place}/{RECORD}"
    assert f"and this connection is of {center.name}." in text_of(strange)
    assert f'href="/connections/{connection_id}/records/{place}/{RECORD}">Open it here anyway' in strange.text


@pytest.mark.parametrize(
    ("host", "environment", "is_right"),
    [
        ("crmsandbox.zoho.eu", "sandbox", True),
        ("sandbox.crm.zoho.eu", "production", False),
        ("developer.crm.zoho.eu", "developer", True),
        ("crm.acme.example", "production", True),
    ],
)
def test_an_address_of_another_environment_is_named(
    client: Visitor, amend: Amend, connection_id: UUID, host: str, environment: str, is_right: bool
) -> None:
    client.get(path(connection_id))
    change(amend, connection_id, location="eu", environment=environment)

    answer = client.get(path(connection_id, q=f"https://{host}/crm/org1/tab/Leads/{RECORD}"))

    assert (answer.status_code == 303) is is_right
    assert is_right or "This address is of a Zoho sandbox" in text_of(answer)


def test_zohos_list_views_can_be_chosen_and_keep_their_own_order(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(path(connection_id, product="crm", module="Leads"))
    view = re.search(r'<option value="(\d+)">My Leads', page.text)
    assert view is not None

    client.get(path(connection_id, product="crm", module="Leads", view=view[1], sort="-Modified_Time"))

    asked = sandbox.matching("GET /crm/v8/{module}")[-1].query
    assert asked["cvid"] == view[1]
    assert "sort_by" not in asked
    assert "Leads changed &lt;b&gt;this&lt;/b&gt; week" in page.text


def test_without_the_scope_there_are_no_views_and_the_list_is_there(
    client: Visitor, amend: Amend, operator: Operator, sandbox: Sandbox
) -> None:
    plain = walk.connect(amend, operator.id).connection_id
    assert plain is not None

    page = client.get(path(plain, product="crm", module="Leads"))

    assert 'name="view"' not in page.text
    assert "/records/crm/Leads/" in page.text


def test_a_list_is_sorted_by_what_zoho_can_sort(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    lead = sandbox.ids("Leads")[3]
    sandbox.edit("Leads", lead, Phone="12")
    first = r'<tbody>\s*<tr><th scope="row">(?:<input[^>]*> )?<a href="[^"]*/(\d+)"'

    page = client.get(path(connection_id, product="crm", module="Leads", sort="-Modified_Time"))
    tickets = client.get(path(connection_id, product="desk", module="tickets", sort="dueDate"))

    assert re.search(first, page.text)[1] == lead  # type: ignore[index]
    assert "Last changed first: Leads" in text_of(page)
    assert sandbox.matching("GET /api/v1/tickets")[-1].query["sortBy"] == "dueDate"
    assert "Due first: Tickets" in text_of(tickets)


def test_the_columns_are_chosen_by_each_person_and_kept(client: Visitor, connection_id: UUID) -> None:
    here = path(connection_id, product="crm", module="Leads")
    columns = f"/connections/{connection_id}/records/columns"
    choice = {"product": "crm", "module": "Leads", "back": here, "column": ["City", "Referred_By", "Ghost"]}

    answer = client.post(columns, choice, page=here)
    chosen = client.get(here)
    client.post(columns, {**choice, "usual": "1"}, page=here)

    assert answer.location == here
    assert re.findall(r'<th scope="col">([^<]+)', chosen.text) == ["Lead", "City", "Referred By"]
    assert "Company" in re.findall(r'<th scope="col">([^<]+)', client.get(here).text)


def test_columns_of_no_module_are_refused_and_strangers_choose_nothing(
    client: Visitor, anonymous: Visitor, amend: Amend, connection_id: UUID
) -> None:
    here, theirs = path(connection_id), walk.connect(amend, walk.add(amend, "stranger@example.com")).connection_id
    choice = {"product": "crm", "module": "../x", "column": "City"}

    assert client.post(f"/connections/{connection_id}/records/columns", choice, page=here).status_code == 400
    assert client.post(f"/connections/{theirs}/records/columns", choice, page=here).status_code == 404
    assert anonymous.client.post(f"/connections/{connection_id}/records/columns").status_code in (303, 400)


def test_pages_past_the_last_number_are_reached_by_token(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    info = {"per_page": 200, "count": 1, "more_records": True, "next_page_token": "t200-2"}
    sandbox.fail_next("GET /crm/v8/{module}", status=200, body={"data": [{"id": "1", "Full_Name": "Ana"}], "info": info})

    page = client.get(path(connection_id, product="crm", module="Leads", page="11", token="t200-1"))

    assert sandbox.matching("GET /crm/v8/{module}")[-1].query["page_token"] == "t200-1"
    assert "page" not in sandbox.matching("GET /crm/v8/{module}")[-1].query
    assert "Page 11" in page.text
    assert 'rel="prev"' in page.text
    assert "token=t200-2" in page.text


@pytest.mark.parametrize("token", ["T2000", None])
def test_two_thousand_records_are_paged_by_number_and_then_by_token_or_the_end_is_told(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, token: str | None
) -> None:
    """Zoho gives the token with its 2,000th record, and not before."""
    info = {"per_page": 200, "count": 1, "more_records": True, "page": 9}
    answers = [info, {**info, "page": 10, "next_page_token": token}]
    for one in answers:
        body = {"data": [{"id": "1", "Full_Name": "Ana"}], "info": one}
        sandbox.fail_next("GET /crm/v8/{module}", status=200, body=body)

    ninth, tenth = (client.get(path(connection_id, product="crm", module="Leads", page=page)) for page in ("9", "10"))

    asked = [call.query for call in sandbox.matching("GET /crm/v8/{module}")]
    assert [(query["page"], query["per_page"]) for query in asked] == [("9", "200"), ("10", "200")]
    assert "page=10" in ninth.text
    assert ("page=11&amp;token=T2000" in tenth.text) is bool(token)
    assert ("gives apps no way on from here" in text_of(tenth)) is not bool(token)


def test_a_token_that_is_over_is_explained_and_the_tabs_stay(client: Visitor, connection_id: UUID) -> None:
    page = client.get(path(connection_id, product="crm", module="Leads", page="11", token="expired"))

    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "Vehicles" in page.text
