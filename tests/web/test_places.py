"""Data centres, environments and organizations as a person meets them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import requests_mock
from flask import Flask

from app import create_app
from people import Operator
from sandbox.server import Sandbox
from service.settings import Settings
from tests import walk
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.connecting import come_back, connected, store, stored, zoho_address
from tests.web.test_connect import browser
from tests.web.test_connections import buttons, of, somebody_else
from tests.zoho.test_data_centers import EXPECTED
from zoho.data_centers import DataCenters
from zoho.runtime import Amend

BOUND = {"errorCode": "OAUTH_ORG_MISMATCH", "message": "no"}


@pytest.fixture
def connection_id(client: Visitor, sandbox: Sandbox) -> UUID:
    return connected(client)


@pytest.fixture
def worldwide(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """An Amend whose client is registered everywhere, with a secret for each data centre."""
    environ = {"ZOHO_CLIENT_ID": "1000.ABC", "ZOHO_CLIENT_SECRET": "secret-of-all"}
    environ |= {f"ZOHO_CLIENT_SECRET_{location.upper()}": f"secret-of-{location}" for location in EXPECTED}
    app = create_app(Settings.load(environ, instance_dir=settings.instance_dir), now=clock)
    yield app
    app.extensions["amend"].sessions.kw["bind"].dispose()


def play_zoho(zoho: requests_mock.Mocker, location: str, api: str) -> None:
    """The three hosts of one data centre; nobody else answers."""
    accounts, _, desk = EXPECTED[location]
    token = {"access_token": "1000.at", "refresh_token": "1000.rt", "api_domain": api, "expires_in": 3600, "token_type": "Bearer"}
    zoho.post(f"{accounts}/oauth/v2/token", json=token)
    zoho.get(f"{accounts}/oauth/user/info", json={"ZUID": 1, "Email": "ana@zylker.example", "Display_Name": "Ana"})
    zoho.get(f"{api}/crm/v8/users", json={"users": [{"zuid": "1", "full_name": "Ana"}]})
    zoho.get(f"{api}/crm/v8/org", json={"org": [{"id": "10", "zgid": "20", "company_name": "Zylker"}]})
    zoho.get(f"{desk}/api/v1/organizations", json={"data": [{"id": "30", "companyName": "Zylker Desk", "portalName": "zylker"}]})


def travel(app: Flask, operator: Operator, location: str, api: str) -> tuple[list[Any], UUID]:
    """Connect at this data centre: the requests that left, and the connection."""
    visitor = browser(app, operator)
    accounts = EXPECTED[location][0]
    url = urlsplit(zoho_address(visitor, data={"product": ["crm", "desk"], "location": location}))
    assert f"{url.scheme}://{url.netloc}" == accounts
    with requests_mock.Mocker() as zoho:
        play_zoho(zoho, location, api)
        answer = come_back(
            visitor, {"code": "1000.a.b", "state": parse_qs(url.query)["state"][0], "location": location, "accounts-server": accounts}
        )
    assert answer.status_code == 303, answer.text
    return zoho.request_history, UUID(answer.headers["Location"].rsplit("/", 1)[1])


@pytest.mark.parametrize("location", EXPECTED)
def test_people_of_every_data_centre_connect_at_their_own_hosts_with_their_own_secret(
    worldwide: Flask, operator: Operator, location: str
) -> None:
    """Canada is zohocloud.ca for accounts and Desk, and zohoapis.ca for CRM."""
    requests, connection_id = travel(worldwide, operator, location, EXPECTED[location][1])

    assert {f"https://{sent.netloc}" for sent in requests} == set(EXPECTED[location])
    posted = parse_qs(requests[0].text)
    assert posted["client_secret"] == [f"secret-of-{location}"]
    (row,) = stored(worldwide.extensions["amend"])
    assert (row.id, row.location, row.api_domain, row.accounts_server) == (
        connection_id,
        location,
        EXPECTED[location][1],
        EXPECTED[location][0],
    )
    assert (row.crm_org_id, row.zgid, row.desk_org_id) == ("10", "20", "30")


@pytest.mark.parametrize(
    ("environment", "words"), [("sandbox", "Zoho sandbox"), ("developer", "Zoho developer environment"), ("www", "production")]
)
def test_sandboxes_and_developer_environments_are_shown_as_such_wherever_one_looks(
    worldwide: Flask, operator: Operator, environment: str, words: str
) -> None:
    requests, connection_id = travel(worldwide, operator, "eu", f"https://{environment}.zohoapis.eu")
    amend = worldwide.extensions["amend"]
    store(amend, connection_id, status="disconnected")  # else the page asks Zoho, which is not there
    visitor = browser(worldwide, operator)

    line = '<section class="connection-line'
    for path in (of(connection_id), of(connection_id, "/disconnect"), f"/connect?connection={connection_id}"):
        page = visitor.get(path, follow_redirects=True)
        assert words in page.text.split(line)[1].split("</section>")[0], path
        assert ("is-production" in page.text) == (environment == "www")
    store(amend, connection_id, status="active")
    assert words in text_of(visitor.get("/"))
    assert {f"https://{sent.netloc}" for sent in requests if "/crm/" in sent.url} == {f"https://{environment}.zohoapis.eu"}


def test_an_api_host_that_zoho_names_and_the_table_does_not_know_gets_no_token(worldwide: Flask, operator: Operator) -> None:
    with requests_mock.Mocker() as zoho:
        play_zoho(zoho, "us", "https://www.zohoapis.com")
        zoho.post(
            "https://accounts.zoho.com/oauth/v2/token",
            json={"access_token": "1000.at", "refresh_token": "r", "api_domain": "https://evil.example"},
        )
        visitor = browser(worldwide, operator)
        url = urlsplit(zoho_address(visitor, data={"product": ["crm"], "location": "us"}))
        come_back(visitor, {"code": "1000.a.b", "state": parse_qs(url.query)["state"][0]})

    assert not any("evil" in sent.url for sent in zoho.request_history)
    row = stored(worldwide.extensions["amend"])[0]
    assert (row.api_domain, row.api_domain_refused) == ("https://www.zohoapis.com", "https://evil.example")


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        (
            "* /crm/v8/*",
            {"status": 401, "body": {"code": "INVALID_TOKEN", "message": "invalid oauth token", "status": "error", "details": {}}},
        ),
        ("* /crm/v8/*", {"fault": "html", "status": 404}),
        ("* /crm/v8/*", {"status": 404, "body": {"code": "INVALID_URL_PATTERN", "message": "no", "status": "error", "details": {}}}),
        ("* /api/v1/*", {"fault": "html", "status": 401}),
        ("* /api/v1/*", {"status": 404, "body": {"errorCode": "URL_NOT_FOUND", "message": "no"}}),
    ],
)
def test_a_host_that_does_not_know_the_account_is_explained_as_the_wrong_data_centre(
    client: Visitor, sandbox: Sandbox, clock: Clock, connection_id: UUID, route: str, fault: dict[str, Any]
) -> None:
    clock.advance(minutes=10)
    sandbox.fail_next(route, times=None, **fault)

    page = client.get(of(connection_id))

    assert "wrong Zoho data centre" in text_of(page)
    assert "Connect again" in text_of(page)


def listed(sandbox: Sandbox, locations: Any) -> None:
    sandbox.fail_next("GET /oauth/serverinfo", status=200, body={"result": "success", "locations": locations}, times=None)


def test_zohos_list_of_data_centres_agrees_with_the_table(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    listed(sandbox, {location: hosts[0] for location, hosts in EXPECTED.items()})

    assert re.search(r"ok Zoho's data centres .*the table agrees", text_of(client.get(of(connection_id))))


@pytest.mark.parametrize(
    ("location", "host", "words"),
    [
        ("mars", "https://accounts.zoho.mars", "'mars' at 'https://accounts.zoho.mars' is not in the table"),
        ("ca", "https://accounts.zoho.ca", "ca is 'https://accounts.zoho.ca' for Zoho, https://accounts.zohocloud.ca in the table"),
    ],
)
def test_a_data_centre_that_zoho_names_and_the_table_does_not_is_news_and_no_host(
    client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID, location: str, host: str, words: str
) -> None:
    listed(sandbox, {"us": "https://accounts.zoho.com", location: host})

    said = text_of(client.get(of(connection_id)))

    assert words in said
    assert "No token and no secret is sent to them." in said
    assert amend.data_centers.find_accounts(host) is None


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404},
        {"fault": "html", "status": 200},
        {"fault": "reset_before"},
        {"status": 200, "body": []},
        {"status": 200, "body": {"locations": {}}},
        {"status": 503},
    ],
)
def test_a_list_that_cannot_be_had_is_not_checked_and_nothing_is_wrong(
    client: Visitor, sandbox: Sandbox, connection_id: UUID, fault: dict[str, Any]
) -> None:
    sandbox.fail_next("GET /oauth/serverinfo", times=None, **fault)

    said = text_of(client.get(of(connection_id)))

    assert "not checked Zoho's data centres" in said
    assert "failed" not in said.split("Whom you are")[0]


def test_the_three_numbers_of_an_organization_are_each_sent_where_they_belong(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client)
    (row,) = stored(amend)
    assert len({row.crm_org_id, row.zgid, row.desk_org_id}) == 3
    sandbox.forget_calls()

    text_of(client.get(of(connection_id)))  # the page is sent while it is made: read to its end

    desk = [seen.headers.get("Orgid") for seen in sandbox.requests if seen.path.startswith("/api/v1/") and "organizations" not in seen.path]
    assert set(desk) == {row.desk_org_id}
    assert not any("Orgid" in seen.headers for seen in sandbox.requests if not seen.path.startswith("/api/v1/"))


def test_the_number_of_the_crm_organization_in_desks_place_is_recognised(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    store(amend, connection_id, desk_org_id=stored(amend)[0].crm_org_id)

    said = text_of(client.get(of(connection_id)))

    assert "This is the CRM organization's number; Desk has one of its own." in said
    assert "Choose organization" in said


@pytest.mark.parametrize("value", [None, "", "   ", "\t", "zylker", "3981311x"])
def test_an_organization_id_that_is_none_is_replaced_by_the_right_one(
    client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID, value: str | None
) -> None:
    """Zoho answers a blank one with 422 and a word with an opaque 500."""
    store(amend, connection_id, desk_org_id=value)

    assert "found and stored Zylker Support (3981311)" in text_of(client.get(of(connection_id)))
    assert stored(amend)[0].desk_org_id == "3981311"


def test_of_several_desk_organizations_one_is_chosen_remembered_and_changed(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    sandbox.config.desk_orgs, sandbox.config.desk_org_bound = 2, False
    connection_id = connected(client)
    assert stored(amend)[0].desk_org_id is None
    assert "Choose organization" in text_of(client.get(of(connection_id)))
    chooser = client.get(of(connection_id, "/desk-organization"))
    assert {"Zylker Support", "Zylker Iberia"} <= set(re.findall(r"Zylker \w+(?= \(portal)", chooser.text))

    for org_id, name in (("3981312", "Zylker Iberia"), ("3981311", "Zylker Support")):
        assert client.post(of(connection_id, "/desk-organization"), {"organization": org_id}).status_code == 303
        assert (stored(amend)[0].desk_org_id, stored(amend)[0].desk_org_name) == (org_id, name)
        assert f'<option value="{org_id}" selected>' in client.get(of(connection_id, "/desk-organization")).text


def test_a_portal_that_the_grant_does_not_reach_is_refused_with_the_way_to_it(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    sandbox.config.desk_orgs = 2
    connection_id = connected(client)

    page = client.post(of(connection_id, "/desk-organization"), {"organization": "3981312"})

    assert page.status_code == 422
    assert "Zoho granted this connection for another portal than Zylker Iberia" in text_of(page)
    assert f'href="/connect?connection={connection_id}">Reconnect' in page.text
    assert stored(amend)[0].desk_org_id is None


def test_a_connection_to_another_portal_says_so_and_offers_the_choice(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    sandbox.fail_next("GET /api/v1/tickets", status=403, body=BOUND, times=None)

    said = text_of(client.get(of(connection_id)))

    assert "granted for another Zoho organization than the one chosen here" in said
    assert "Choose organization" in said


def test_a_desk_sandbox_is_shown_as_one(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    row = {"id": "3981311", "companyName": "Zylker Support", "portalName": "zylker", "isSandboxPortal": "true"}
    sandbox.fail_next("GET /api/v1/organizations", status=200, body={"data": [row]}, times=None)

    connected(client, data={"product": ["desk"], "location": "sandbox"})

    assert stored(amend)[0].environment == "sandbox"


def test_somebody_else_on_reconnect_is_shown_beside_whom_it_was_with_two_buttons(client: Visitor, connection_id: UUID) -> None:
    page = client.get(somebody_else(client, connection_id))

    said = text_of(page).split("What shall become of this one?")[1]
    assert "Zoho user Maria García Ana Ruiz" in said
    assert "E-mail maria@zylker.example ana@zylker.example" in said
    assert [name for name in buttons(page.text) if name in ("Keep as a new connection", "Discard")] == [
        "Keep as a new connection",
        "Discard",
    ]


def test_another_organization_of_the_same_person_is_somebody_else_too(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    sandbox.config.crm_orgs = 2
    connection_id = connected(client, data={"product": ["crm"], "location": "sandbox"})
    url = zoho_address(client, f"/connect?connection={connection_id}", {"product": ["crm"], "location": "sandbox"})

    page = client.get(come_back(client, walk.consent(url, crm_org="5725767000000020006")).headers["Location"])

    assert "Organization Zylker Demo Zylker Rehearsal" in text_of(page)
    assert stored(amend)[0].crm_org_name == "Zylker Demo"


def test_a_data_centre_that_left_the_table_is_named(client: Visitor, app: Flask, amend: Amend, connection_id: UUID) -> None:
    rows = {location: row for location, row in amend.data_centers.items() if location != "sandbox"}
    app.extensions["amend"] = dataclasses.replace(app.extensions["amend"], data_centers=DataCenters(rows))

    assert "no longer in the table of data centres" in text_of(client.get(of(connection_id)))
