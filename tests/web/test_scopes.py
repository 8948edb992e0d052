"""What to allow is chosen by what to do; the connection's page tells what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from app import create_app
from people import Operator
from sandbox.server import Sandbox
from service.settings import Settings
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.connecting import connected, store, stored, zoho_address
from tests.web.test_connect import browser, buttons
from zoho.runtime import Amend

MISMATCH = {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "no", "status": "error"}
SEARCH = "ZohoSearch.securesearch.READ"


def ticked(*keys: str, product: tuple[str, ...] = ("crm",), **more: Any) -> dict[str, Any]:
    """The form with these boxes ticked."""
    return {"features": "1", "product": list(product), "feature": list(keys), "location": "sandbox", **more}


def scope_text(html: str) -> list[str]:
    """What the page shows to paste."""
    found = re.search(r'<textarea[^>]*id="scope-text"[^>]*>([^<]*)</textarea>', html)
    assert found
    return unescape(found[1]).split(",")


def asked_of_zoho(url: str) -> list[str]:
    """What the address of the consent page carries."""
    return parse_qs(urlsplit(url).query)["scope"][0].split(",")


@pytest.fixture
def connection_id(client: Visitor, sandbox: Sandbox) -> UUID:
    return connected(client)


def section(page: Any) -> str:
    """The scopes of a connection's page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text.split('id="scopes-title"')[1])).split())


def test_the_boxes_are_ticked_so_that_everything_can_be_found_and_edited(client: Visitor, sandbox: Sandbox) -> None:
    page = client.get("/connect")

    on = re.findall(r'name="feature"[^>]*value="([\w.]+)" checked', page.text)
    assert on == ["crm.all", "crm.search", "crm.users", "crm.dependencies", "desk.tickets", "desk.contacts", "desk.search"]
    assert scope_text(page.text) == asked_of_zoho(zoho_address(client))


def test_without_javascript_a_button_shows_the_scopes_of_what_is_ticked_and_asks_nobody(client: Visitor, amend: Amend) -> None:
    assert "Show scopes" in buttons(client.get("/connect").text)

    page = client.post("/connect", ticked("crm.leads", show="1"))

    assert page.status_code == 200
    assert "ZohoCRM.modules.leads.UPDATE" in scope_text(page.text)
    assert not any(scope.startswith(("Desk", "ZohoSearch")) or scope == "ZohoCRM.modules.READ" for scope in scope_text(page.text))
    assert 'value="crm.leads" checked' in page.text
    assert stored(amend) == []


def test_what_is_shown_is_what_zoho_is_asked_for_and_what_the_connection_remembers(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    choice = ticked("crm.leads", "crm.search", "desk.activities", product=("crm", "desk"))
    shown = scope_text(client.post("/connect", choice | {"show": "1"}).text)

    assert asked_of_zoho(zoho_address(client, data=choice)) == shown
    connected(client, data=choice)

    (row,) = stored(amend)
    assert (row.features, row.scopes_requested) == (["crm.leads", "crm.search", "desk.activities"], shown)


@pytest.mark.parametrize("keys", [(), ("crm.search",), ("desk.tickets",), ("crm.nonsense",)])
def test_a_product_without_any_kind_of_record_is_refused_in_plain_words(client: Visitor, sandbox: Sandbox, keys: tuple[str, ...]) -> None:
    page = client.post("/connect", ticked(*keys))

    assert page.status_code == 422
    assert "Tick at least one kind of record of Zoho CRM, or untick Zoho CRM." in text_of(page)


def test_ticks_of_a_product_that_is_not_connected_count_for_nothing(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connected(client, data=ticked("crm.all", "desk.tickets", product=("desk",)))

    assert stored(amend)[0].features == ["desk.tickets"]
    assert not any("CRM" in scope for scope in stored(amend)[0].scopes_requested)


@pytest.fixture
def overridden(settings: Settings, clock: Clock, operator: Operator) -> Iterator[Visitor]:
    environ = {
        "ZOHO_CLIENT_ID": "1000.ABC",
        "ZOHO_CLIENT_SECRET": "x",
        "ZOHO_SCOPES": "ZohoCRM.settings.READ,ZohoCRM.modules.activities.ALL",
    }
    app = create_app(Settings.load(environ, instance_dir=settings.instance_dir), now=clock)
    yield browser(app, operator)
    app.extensions["amend"].sessions.kw["bind"].dispose()


def test_names_that_are_known_to_be_wrong_are_warned_of_before_leaving(overridden: Visitor) -> None:
    """One of them makes Zoho refuse the whole grant on a page of its own, and never come back."""
    words = text_of(overridden.get("/connect"))

    assert "Zoho may not know these names" in words
    assert "ZohoCRM.settings.fields.READ" in words
    assert "use tasks" in words or ".events" in words
    assert "misspelt in ZOHO_SCOPES" in words
    assert "Search by name" not in words


def test_the_page_says_what_to_do_when_zoho_did_not_send_people_back(client: Visitor) -> None:
    words = text_of(client.get("/connect"))

    assert "you are not sent back" in words
    assert "does not say which" in words
    assert "add them one by one" in words


def test_a_missing_scope_is_named_and_added_in_place_and_nothing_else_is_lost(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client, data=ticked("crm.leads", "desk.tickets", product=("crm", "desk")))
    client.post(f"/connections/{connection_id}/name", {"name": "My own name"})
    lead = sandbox.ids("Leads")[0]
    client.get(f"/connections/{connection_id}/records/crm/Leads/{lead}")
    before = stored(amend)[0]

    path = f"/connect?connection={connection_id}&scope={SEARCH}"
    page = client.get(path)
    assert 'value="crm.search" checked' in page.text
    assert set(before.scopes_requested) < set(scope_text(page.text))
    choice = ticked("crm.leads", "crm.search", "desk.tickets", product=("crm", "desk"))
    assert connected(client, path, choice) == connection_id

    (row,) = stored(amend)
    assert (row.id, row.name, row.features) == (before.id, "My own name", ["crm.leads", "crm.search", "desk.tickets"])
    assert (row.crm_org_id, row.zgid, row.desk_org_id) == (before.crm_org_id, before.zgid, before.desk_org_id)
    assert SEARCH in (row.scopes_granted or [])
    assert client.get(f"/connections/{connection_id}/records/crm/Leads/{lead}").status_code == 200


def test_adding_a_scope_of_a_product_that_was_left_out_brings_the_product(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client, data=ticked("crm.leads"))
    path = f"/connect?connection={connection_id}&scope=Desk.tickets.READ"

    page = client.get(path)

    assert 'id="product-desk" value="desk" checked' in page.text
    assert {"Desk.tickets.UPDATE", "Desk.basic.READ", "ZohoCRM.modules.leads.UPDATE"} <= set(scope_text(page.text))
    assert "ZohoCRM.modules.UPDATE" not in scope_text(page.text)


def test_a_scope_asked_for_by_name_can_be_unticked_at_the_next_reconnect(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client)
    odd = "ZohoCRM.modules.notes.READ"
    connected(client, f"/connect?connection={connection_id}&scope={odd}")
    assert f'value="{odd}" checked' in client.get(f"/connect?connection={connection_id}").text

    connected(client, f"/connect?connection={connection_id}", ticked("crm.all"))

    assert odd not in stored(amend)[0].scopes_requested


def test_old_connections_keep_what_they_had_when_they_are_reconnected(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    store(amend, connection_id, features=[], scopes_requested=["ZohoCRM.modules.ALL", "Desk.tickets.READ", "Desk.tickets.UPDATE"])

    page = client.get(f"/connect?connection={connection_id}")

    assert "ZohoCRM.modules.ALL" in scope_text(page.text)
    assert re.findall(r'name="feature"[^>]*value="([\w.]+)" checked', page.text) == ["crm.all", "desk.tickets"]


def test_what_lacks_stands_first_with_a_button_that_adds_it(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    granted = [scope for scope in stored(amend)[0].scopes_granted or [] if scope != SEARCH]
    store(amend, connection_id, scopes_granted=granted, scopes_refused=["ZohoCRM.modules.deals.UPDATE"])

    page = client.get(f"/connections/{connection_id}")

    said = section(page).split("Try what can be read")[0]
    assert f"search CRM records {SEARCH} not granted Add it" in said
    assert "edit Deals ZohoCRM.modules.deals.UPDATE refused by a call Add it" in said
    assert f'href="/connect?connection={connection_id}&amp;scope=ZohoCRM.modules.deals.UPDATE"' in page.text


def test_trying_tells_its_cost_first_reads_only_and_fills_the_column_with_its_time(
    client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID
) -> None:
    here = f"/connections/{connection_id}"
    said = re.search(r"Costs (\d+) calls", section(client.get(here)))
    assert said
    sandbox.forget_calls()

    answer = client.post(f"{here}/scopes", page="/connect")

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#scopes-title")
    assert len(sandbox.requests) == int(said[1])
    assert {seen.method for seen in sandbox.requests} == {"GET"}
    page = client.get(here)
    assert "worked" in text_of(page)
    assert "Last tried" in section(page)
    assert re.search(r"read Leads ZohoCRM.modules.leads.READ requested granted worked in a call 23 Nov 2026", section(page))
    assert "edit Leads ZohoCRM.modules.leads.UPDATE requested granted not checked" in section(page)


def test_a_scope_that_zoho_refuses_while_it_is_tried_is_told_as_refused(
    client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID
) -> None:
    sandbox.fail_next("GET /crm/v8/Deals", status=401, body=MISMATCH, times=None)

    client.post(f"/connections/{connection_id}/scopes", page="/connect")

    page = client.get(f"/connections/{connection_id}")
    assert "1 refused" in text_of(page)
    assert "read Deals ZohoCRM.modules.deals.READ refused by a call Add it" in section(page)


def test_trying_with_a_dead_grant_says_why_nothing_was_tried(client: Visitor, sandbox: Sandbox, clock: Clock, connection_id: UUID) -> None:
    sandbox.revoke_all()
    clock.advance(hours=2)

    client.post(f"/connections/{connection_id}/scopes", page="/connect")

    assert "Nothing was tried. Zoho no longer accepts our refresh token" in text_of(client.get("/"))


def test_zohos_own_list_is_shown_where_it_differs_with_what_calls_cost(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client, data=ticked("crm.leads", "crm.apis"))
    row = {
        "path": "/crm/v8/org",
        "operation_types": [{"method": "GET", "oauth_scope": "ZohoCRM.odd.READ", "min_credits": 1, "max_credits": 3}],
    }
    sandbox.fail_next("GET /crm/v8/__apis", status=200, body={"__apis": [row]})

    client.post(f"/connections/{connection_id}/scopes", page="/connect")

    said = section(client.get(f"/connections/{connection_id}"))
    assert "ZohoCRM.org.READ 1 to 3 credits Zoho says ZohoCRM.odd.READ" in said
    assert said.count("Zoho says Zoho") == 1
