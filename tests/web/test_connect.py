"""The connect page, the trip to Zoho, and every way it can end."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app import create_app
from people import Operator
from sandbox.server import Sandbox
from service.settings import Settings
from tests import walk
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.connecting import BOTH, come_back, connected, store, stored, zoho_address
from zoho.connections import Status
from zoho.runtime import Amend

TOKEN_CALL = "POST /oauth/v2/token"


def buttons(html: str) -> list[str]:
    """Their names."""
    return [" ".join(re.sub(r"<[^>]*>", "", name).split()) for name in re.findall(r"<button[^>]*>(.*?)</button>", html, re.DOTALL)]


def browser(app: Flask, operator: Operator) -> Visitor:
    visitor = Visitor(app.test_client())
    with visitor.client.session_transaction() as session:
        session["_user_id"] = operator.get_id()
        session["_fresh"] = True
    return visitor


@pytest.fixture
def configured(settings: Settings, clock: Clock, operator: Operator) -> Iterator[Visitor]:
    """Ana's browser at an Amend with a client of its own, started in Europe."""
    environ = {"ZOHO_CLIENT_ID": "1000.ABC", "ZOHO_CLIENT_SECRET": "s3cr3t-of-the-client", "ZOHO_DATA_CENTER": "eu"}
    app = create_app(Settings.load(environ, instance_dir=settings.instance_dir), now=clock)
    yield browser(app, operator)
    app.extensions["amend"].sessions.kw["bind"].dispose()


def test_the_connect_page_shows_what_to_register_and_has_one_button(client: Visitor, settings: Settings) -> None:
    page = client.get("/connect")

    assert page.status_code == 200
    assert buttons(page.text).count("Connect Zoho") == 1
    assert re.search(rf'<input[^>]*value="{re.escape(settings.redirect_uri)}"[^>]*readonly', page.text)
    words = text_of(page)
    assert "Server-based Applications" in words
    assert "ZOHO_CLIENT_ID not set" in words
    assert "ZohoCRM.modules.UPDATE edit CRM records" in words
    assert "delete CRM records" not in words
    assert "If Zoho shows an error page and you are not sent back" in words


def test_without_a_client_only_the_sandbox_is_on_offer(client: Visitor, sandbox: Sandbox) -> None:
    page = client.get("/connect")

    assert re.findall(r'<option value="(\w+)"', page.text.split('id="location"')[1].split("</select>")[0]) == ["sandbox"]


def test_a_configured_client_is_named_and_its_secret_is_not(configured: Visitor) -> None:
    page = configured.get("/connect")

    assert "1000.ABC" in page.text
    assert "s3cr3t-of-the-client" not in page.text
    assert '<option value="eu" selected>' in page.text
    assert 'value="sandbox"' not in page.text
    assert "https://api-console.zoho.eu/" in page.text


def test_the_trip_begins_with_offline_access_consent_and_comma_separated_scopes(configured: Visitor) -> None:
    url = urlsplit(zoho_address(configured, data={"product": ["desk"], "location": "eu"}))

    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.netloc == "accounts.zoho.eu"
    assert (query["access_type"], query["prompt"], query["client_id"]) == ("offline", "consent", "1000.ABC")
    assert "Desk.tickets.UPDATE" in query["scope"].split(",")
    assert "ZohoCRM" not in query["scope"]


def test_the_page_that_leaves_has_a_link_for_who_waits(client: Visitor, sandbox: Sandbox) -> None:
    answer = client.post("/connect", BOTH)

    page = client.get(answer.headers["Location"])
    assert "Continue to Zoho" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_another_session_cannot_leave_on_a_trip_it_did_not_begin(
    client: Visitor, anonymous: Visitor, sandbox: Sandbox, user: object
) -> None:
    trip = client.post("/connect", BOTH).headers["Location"]
    anonymous.sign_in("ana@example.com", "correct horse battery")

    page = anonymous.get(trip)

    assert page.status_code == 400
    assert "Connect again" in page.text
    assert sandbox.url not in page.text


@pytest.mark.parametrize(
    "path", ["/connect", "/connect/leave/00000000-0000-0000-0000-000000000000", "/connect/callback?code=1000.x&state=y"]
)
def test_anonymous_people_are_sent_to_sign_in(anonymous: Visitor, path: str) -> None:
    answer = anonymous.get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
    assert "1000.x" not in answer.headers["Location"]


def test_connecting_without_the_csrf_token_is_refused(client: Visitor, amend: Amend) -> None:
    assert client.client.post("/connect", data=BOTH).status_code == 400


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"location": "sandbox"}, "Tick at least one product"),
        ({"product": ["books"], "location": "sandbox"}, "There is no product “books”"),
        ({"product": ["crm"], "location": "moon"}, "Choose a data centre of the list"),
        ({"product": ["crm"], "location": "eu"}, "Choose a data centre of the list"),
    ],
)
def test_a_bad_choice_is_said_at_the_form_and_nothing_is_lost(
    client: Visitor, sandbox: Sandbox, data: dict[str, object], message: str
) -> None:
    page = client.post("/connect", data)

    assert page.status_code == 422
    assert message in text_of(page)
    assert buttons(page.text).count("Connect Zoho") == 1
    assert ('id="product-crm" value="crm" checked' in page.text) == ("crm" in data.get("product", ()))  # type: ignore[operator]


def test_connecting_ends_on_the_connections_page_without_the_code_in_its_address(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client)

    page = client.get(f"/connections/{connection_id}")
    assert page.status_code == 200
    words = text_of(page)
    assert "Connected." in words
    assert "Maria García" in words
    assert "5725767000000020005" in words
    assert [row.status for row in stored(amend)] == [Status.ACTIVE]


def test_connecting_a_second_time_updates_the_same_row(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    first = connected(client)
    old_token = sandbox.grants[0].refresh_token

    assert connected(client) == first

    assert len(stored(amend)) == 1
    assert "Reconnected" in client.get(f"/connections/{first}").text
    assert [grant.refresh_token for grant in sandbox.grants] != [old_token]
    assert len(sandbox.grants) == 1  # the one replaced was revoked


def test_reloading_the_callback_is_harmless(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    query = walk.consent(zoho_address(client))
    first = come_back(client, query)

    calls = sandbox.calls(TOKEN_CALL)

    again = come_back(client, query)

    assert again.status_code == 303
    assert again.headers["Location"] == first.headers["Location"]
    assert sandbox.calls(TOKEN_CALL) == calls
    assert len(stored(amend)) == 1


def test_a_state_works_once_and_only_with_its_code(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    query = walk.consent(zoho_address(client))
    come_back(client, query)
    calls = sandbox.calls(TOKEN_CALL)

    page = come_back(client, query | {"code": "1000.another.code"})

    assert page.status_code == 400
    assert sandbox.calls(TOKEN_CALL) == calls
    assert "Connect again" in page.text


@pytest.mark.parametrize("state", ["", "made-up", "x" * 5000])
def test_a_state_that_is_not_ours_is_refused_before_anything_is_sent(client: Visitor, sandbox: Sandbox, state: str) -> None:
    page = come_back(client, {"state": state, "code": "1000.aaaaaaaaaa.bbbbbbbbbb", "accounts-server": sandbox.url})

    assert page.status_code == 400
    assert sandbox.calls(TOKEN_CALL) == 0


def test_neither_code_nor_state_is_shown_or_logged_when_the_trip_fails(
    client: Visitor, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.fail_next(TOKEN_CALL, status=200, body={"error": "invalid_code"})
    query = walk.consent(zoho_address(client))

    with caplog.at_level(logging.DEBUG):
        page = come_back(client, query)

    assert page.status_code == 400
    assert query["code"] not in page.text
    assert query["state"] not in page.text
    ours = [record.getMessage() for record in caplog.records if record.name == "app"]
    assert ours
    assert not any(query["code"] in line or query["state"] in line for line in ours)


def test_a_state_older_than_ten_minutes_is_refused(client: Visitor, sandbox: Sandbox, clock: Clock) -> None:
    query = walk.consent(zoho_address(client))
    clock.advance(minutes=11)

    page = come_back(client, query)

    assert page.status_code == 400
    assert "more than ten minutes" in text_of(page)


def test_the_client_secret_is_not_posted_to_an_unknown_accounts_server(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    with Sandbox() as stranger:
        query = walk.consent(zoho_address(client)) | {"accounts-server": stranger.url, "location": "us"}

        page = come_back(client, query)

        assert stranger.requests == []
    assert page.status_code == 400
    assert "The client secret was not sent there" in text_of(page)
    assert sandbox.calls(TOKEN_CALL) == 0
    assert stored(amend) == []


def test_a_refused_consent_is_explained_with_the_next_click(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    page = come_back(client, walk.consent(zoho_address(client), "reject"))

    assert page.status_code == 400
    words = text_of(page)
    assert "Access was not granted on Zoho's page" in words
    assert "Connect again" in words
    assert stored(amend) == []


def test_a_grant_without_a_refresh_token_is_refused_and_nothing_is_kept(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    sandbox.config.give_refresh_token = False

    page = come_back(client, walk.consent(zoho_address(client)))

    assert page.status_code == 409
    assert "no refresh token" in text_of(page)
    assert stored(amend) == []


def test_a_throttled_exchange_says_when_to_try_again(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    sandbox.fail_next(TOKEN_CALL, fault="throttled")

    page = come_back(client, walk.consent(zoho_address(client)))

    assert page.status_code == 429
    assert 'datetime="2026-11-23T10:10:00+00:00"' in page.text
    assert stored(amend) == []


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"status": 503}, 502, "Zoho answered with an error of its own"),
        ({"fault": "reset_before"}, 504, "Zoho cannot be reached"),
        ({"fault": "html", "status": 200}, 502, "A web page came instead of Zoho's answer"),
        ({"status": 200, "body": {"error": "invalid_client_secret"}}, 503, "ZOHO_CLIENT_SECRET"),
        ({"status": 200, "body": {"error": "invalid_code"}}, 400, "no longer valid"),
        ({"status": 200, "body": {"error": "invalid_redirect_uri"}}, 503, "AMEND_PUBLIC_URL"),
    ],
)
def test_what_the_token_endpoint_answers_is_told_in_plain_words(
    client: Visitor, amend: Amend, sandbox: Sandbox, fault: dict[str, object], status: int, words: str
) -> None:
    sandbox.fail_next(TOKEN_CALL, **fault)

    page = come_back(client, walk.consent(zoho_address(client)))

    assert page.status_code == status
    assert words in text_of(page)
    assert "Connect again" in page.text
    assert stored(amend) == []


def test_a_grant_whose_owner_cannot_be_asked_waits_to_be_finished(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    for route in ("GET /oauth/user/info", "GET /crm/v8/users", "GET /crm/v8/org", "GET /api/v1/organizations", "GET /api/v1/myinfo"):
        sandbox.fail_next(route, status=503, times=None)
    connection_id = connected(client)
    page = client.get(f"/connections/{connection_id}")
    assert {"Finish", "Discard"} <= set(buttons(page.text))

    sandbox.clear_faults()
    answer = client.post(f"/connections/{connection_id}/finish", page=f"/connections/{connection_id}")

    assert answer.status_code == 303
    assert [row.status for row in stored(amend)] == [Status.ACTIVE]
    assert "Maria García" in client.get(answer.headers["Location"]).text


def test_reconnecting_keeps_the_connection_and_asks_for_the_scope_that_was_added(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client)
    path = f"/connect?connection={connection_id}&scope=ZohoCRM.modules.notes.READ"
    page = client.get(path)
    assert buttons(page.text).count("Reconnect") == 1
    assert "Connect Zoho" not in buttons(page.text)
    assert "ZohoCRM.modules.notes.READ" in text_of(page)

    assert connected(client, path) == connection_id

    assert "ZohoCRM.modules.notes.READ" in stored(amend)[0].scopes_requested
    assert "ZohoCRM.modules.notes.READ" in client.get(f"/connect?connection={connection_id}").text  # the next reconnect keeps it


def test_reconnecting_brings_a_dead_connection_back_in_place(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client)
    store(amend, connection_id, status=Status.RECONNECT_NEEDED, name="My own name")

    connected(client, f"/connect?connection={connection_id}")

    (row,) = stored(amend)
    assert (row.id, row.status, row.name) == (connection_id, Status.ACTIVE, "My own name")


@pytest.mark.parametrize("scope", ["<script>", "ZohoCRM", "a.b.c;d", "ZohoCRM..READ"])
def test_a_scope_that_zoho_would_not_write_is_named_and_left_out(client: Visitor, sandbox: Sandbox, scope: str) -> None:
    page = client.get("/connect", query_string={"scope": scope})

    assert page.status_code == 422
    assert scope in text_of(page)
    assert "<script>" not in page.text.split("<main")[1]


@pytest.mark.parametrize("connection", ["00000000-0000-0000-0000-000000000000", "nonsense"])
def test_reconnecting_what_is_not_there_is_a_404(client: Visitor, connection: str) -> None:
    assert client.get(f"/connect?connection={connection}").status_code == 404


def test_a_failed_reconnect_offers_to_reconnect_the_same_connection(client: Visitor, sandbox: Sandbox) -> None:
    connection_id = connected(client)

    page = come_back(client, walk.consent(zoho_address(client, f"/connect?connection={connection_id}"), "reject"))

    assert f'href="/connect?connection={connection_id}"' in page.text


def test_scopes_from_the_settings_are_shown_as_such(settings: Settings, clock: Clock, operator: Operator) -> None:
    environ = {"ZOHO_CLIENT_ID": "1000.ABC", "ZOHO_CLIENT_SECRET": "s3cr3t-of-the-client", "ZOHO_SCOPES": "ZohoCRM.modules.leads.READ"}
    app = create_app(Settings.load(environ, instance_dir=settings.instance_dir), now=clock)

    words = text_of(browser(app, operator).get("/connect"))

    app.extensions["amend"].sessions.kw["bind"].dispose()
    assert "ZOHO_SCOPES is set" in words
    assert "ZohoCRM.modules.leads.READ read CRM records (leads)" in words
    assert "Desk.tickets.READ" not in words


def test_a_callback_with_a_nul_is_refused(client: Visitor) -> None:
    assert client.get("/connect/callback?state=%00x&code=%00&location=%00&accounts-server=%00").status_code == 400


def test_a_reconnect_of_whom_zoho_does_not_name_can_be_finished_later(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    connection_id = connected(client)
    for route in ("GET /oauth/user/info", "GET /crm/v8/users", "GET /crm/v8/org", "GET /api/v1/organizations", "GET /api/v1/myinfo"):
        sandbox.fail_next(route, status=503, times=None)

    pending = connected(client, f"/connect?connection={connection_id}")

    page = client.get(f"/connections/{pending}")
    assert {"Finish", "Keep as a new connection", "Discard"} <= set(buttons(page.text))
    assert "as somebody else" not in text_of(page)
    sandbox.clear_faults()
    answer = client.post(f"/connections/{pending}/finish", page=f"/connections/{pending}")
    assert answer.headers["Location"] == f"/connections/{connection_id}"
