"""The list of connections, the page of one, and its buttons.

Long, for each button of the page has its outcomes; scopes, places and diagnostics have files of their own.
"""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from people import Operator
from people.users import User
from sandbox.server import Sandbox
from tests import walk
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.connecting import connected, store, stored, zoho_address
from tests.web.test_connect import buttons, come_back
from web.connection_view import state
from zoho.connections import Connection, Status
from zoho.data_centers import SANDBOX
from zoho.runtime import Amend

REVOKE = "POST /oauth/v2/token/revoke"
LONG = "ا" * 190
ROUTES = ["", "/refresh", "/name", "/desk-organization", "/finish", "/keep", "/disconnect"]


@pytest.fixture
def connection_id(client: Visitor, sandbox: Sandbox) -> UUID:
    return connected(client)


def of(connection_id: UUID, rest: str = "") -> str:
    return f"/connections/{connection_id}{rest}"


def test_an_empty_home_offers_the_sandbox_and_zoho(client: Visitor) -> None:
    words = text_of(client.get("/"))

    assert "Try it with the sandbox" in words
    assert "Connect Zoho" in words
    assert "Sandbox: nothing here reaches Zoho." in words


def test_the_sandbox_card_leads_to_a_connection_in_one_press(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    card = dict.fromkeys(re.findall(r'name="product" value="(\w+)"', client.get("/").text))

    connected(client, data={"product": list(card), "location": "sandbox"})

    assert stored(amend)[0].products == ["crm", "desk"]


def test_the_list_names_person_organizations_state_and_one_next_step(client: Visitor, connection_id: UUID) -> None:
    page = client.get("/")

    words = text_of(page)
    for expected in ("Zylker Demo", "Zylker Support", "Maria García", "Sandbox", "healthy"):
        assert expected in words
    assert f'href="{of(connection_id)}/records"' in page.text
    assert words.count("Open records") == 1
    assert "Try it with the sandbox" not in words


def test_a_pending_grant_can_be_finished_or_discarded_from_the_list(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    store(amend, connection_id, status=Status.PENDING)

    assert {"Finish", "Discard"} <= set(buttons(client.get("/").text))


def test_the_page_says_whom_where_and_until_when(client: Visitor, connection_id: UUID) -> None:
    page = client.get(of(connection_id))

    words = text_of(page)
    for expected in (
        "Maria García",
        "maria@zylker.example",
        "Zylker Demo",
        "5725767000000020005",
        "808232144",
        "3981311",
        "Zylker Support",
    ):
        assert expected in words
    assert "renews in 58 min, renewed once as a test: ok" in words
    assert "fewer than 120 seconds" in words
    assert "Sandbox: nothing here reaches Zoho." in words
    for once in ("Reconnect", "Disconnect", "Refresh now"):
        assert sum(once in name for name in buttons(page.text)) == 1


def test_the_page_shows_every_finding_with_its_outcome_in_words(client: Visitor, connection_id: UUID) -> None:
    words = text_of(client.get(of(connection_id)))

    assert re.search(r"Checks .*\d+ ok", words)
    assert "ok Encryption key" in words


def test_no_token_is_on_any_page(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    secrets = [sandbox.grants[0].refresh_token, *sandbox.grants[0].access_tokens]

    for path in (
        "/",
        of(connection_id),
        of(connection_id, "/name"),
        of(connection_id, "/disconnect"),
        f"/connect?connection={connection_id}",
    ):
        page = client.get(path).text
        assert not any(secret in page for secret in secrets)


def test_the_scope_matrix_tells_requested_granted_and_confirmed_in_words(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    store(amend, connection_id, scopes_granted=None, scopes_refused=["ZohoCRM.modules.deals.UPDATE"])

    words = text_of(client.get(of(connection_id)))

    assert "Read Leads ZohoCRM.modules.leads.READ requested" in words.replace("read Leads", "Read Leads")
    assert "Zoho did not say" in words
    assert "refused by a call" in words
    assert "worked in a call" in words


def test_a_dead_connection_needs_you_and_is_never_green(client: Visitor, sandbox: Sandbox, clock: Clock, connection_id: UUID) -> None:
    sandbox.revoke_all()
    clock.advance(hours=2)

    page = client.get(of(connection_id))

    words = text_of(page)
    assert "needs you" in words
    assert "failed" in words
    assert "Connect again" in words
    assert [name for name in buttons(page.text) if "Reconnect" in name] == ["Reconnect"]
    assert "needs you" in text_of(client.get("/"))
    assert "healthy" not in text_of(client.get("/"))


def test_refresh_now_renews_and_says_so(client: Visitor, sandbox: Sandbox, clock: Clock, connection_id: UUID) -> None:
    before = sandbox.calls("POST /oauth/v2/token")
    clock.advance(minutes=30)

    answer = client.post(of(connection_id, "/refresh"), page=of(connection_id))

    assert answer.status_code == 303
    assert sandbox.calls("POST /oauth/v2/token") == before + 1
    words = text_of(client.get(of(connection_id)))
    assert "Renewed: Zoho gave a new access token." in words
    assert "renews in 58 min" in words


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"fault": "throttled"}, "Zoho allows 10 renewals in 10 minutes and they are used up."),
        ({"status": 503}, "Zoho reports an error of its own."),
        ({"fault": "reset_before"}, "Zoho cannot be reached."),
        ({"status": 200, "body": {"error": "invalid_client_secret"}}, "Check ZOHO_CLIENT_SECRET"),
        ({"status": 200, "body": {"error": "invalid_code"}}, "Zoho no longer accepts our refresh token"),
    ],
)
def test_a_failed_refresh_is_told_apart_and_the_token_is_kept(
    client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID, fault: dict[str, object], words: str
) -> None:
    page = client.get(of(connection_id))
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    kept = stored(amend)[0].access_token
    sandbox.fail_next("POST /oauth/v2/token", **fault)

    client.client.post(of(connection_id, "/refresh"), data={"csrf_token": token[1]})

    said = text_of(client.get("/"))
    assert "Not renewed." in said
    assert words in said
    assert stored(amend)[0].access_token == kept


def test_renaming_shows_the_new_name_everywhere(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    answer = client.post(of(connection_id, "/name"), {"name": "  Acme EU  "})

    assert answer.status_code == 303
    assert stored(amend)[0].name == "Acme EU"
    assert "Acme EU" in client.get("/").text


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "Give the connection a name."), ("x" * 201, "at most 200 characters here (you typed 201)"), ("a\x00b", "control characters")],
)
def test_a_name_that_cannot_be_kept_is_refused_at_the_field(
    client: Visitor, amend: Amend, connection_id: UUID, name: str, message: str
) -> None:
    page = client.post(of(connection_id, "/name"), {"name": name})

    assert page.status_code == 422
    assert message in text_of(page)
    assert stored(amend)[0].name == "Zylker Demo"


@pytest.mark.parametrize("name", [LONG, "<b>&amp;\"'", "x" * 200, "שלום עולם"])
def test_names_of_any_script_and_length_are_shown_as_they_are(client: Visitor, amend: Amend, connection_id: UUID, name: str) -> None:
    client.post(of(connection_id, "/name"), {"name": name})

    page = client.get(of(connection_id))
    assert page.status_code == 200
    assert name in text_of(page)
    assert "<b>" not in page.text


def test_a_desk_organization_that_zoho_does_not_name_is_refused(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    page = client.post(of(connection_id, "/desk-organization"), {"organization": "1"})

    assert page.status_code == 422
    assert "Choose one of the organizations of the list" in text_of(page)
    assert stored(amend)[0].desk_org_id == "3981311"


def test_choosing_a_desk_organization_while_desk_refuses_is_explained(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    sandbox.fail_next("GET /api/v1/organizations", status=403, body={"errorCode": "SCOPE_MISMATCH", "message": "no"}, times=None)

    page = client.get(of(connection_id, "/desk-organization"))

    assert page.status_code == 409
    assert "Desk.basic.READ" in text_of(page)


def test_disconnecting_asks_once_then_revokes_and_forgets(client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID) -> None:
    asked = client.get(of(connection_id, "/disconnect"))
    assert buttons(asked.text).count("Disconnect") == 1
    assert sandbox.calls(REVOKE) == 0

    answer = client.post(of(connection_id, "/disconnect"))

    assert answer.status_code == 303
    assert sandbox.grants == []
    (row,) = stored(amend)
    assert (row.status, row.access_token, row.refresh_token) == (Status.DISCONNECTED, None, None)
    page = client.get(of(connection_id))
    assert "Disconnected. Zoho revoked the access." in text_of(page)
    assert "Reconnect" in buttons(page.text)
    assert not any("Disconnect" in name for name in buttons(page.text))
    assert "1 disconnected" in text_of(client.get("/"))


def test_disconnecting_while_zoho_is_down_says_what_is_left_to_do(
    client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID
) -> None:
    sandbox.fail_next(REVOKE, status=503)

    client.post(of(connection_id, "/disconnect"))

    assert stored(amend)[0].refresh_token is None
    assert "Zoho could not be reached to revoke the access" in text_of(client.get(of(connection_id)))


def test_a_disconnected_connection_comes_back_in_place(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    client.post(of(connection_id, "/disconnect"))

    assert connected(client, f"/connect?connection={connection_id}") == connection_id
    assert [row.status for row in stored(amend)] == [Status.ACTIVE]


def somebody_else(client: Visitor, connection_id: UUID) -> str:
    """Reconnect, but as Ana Ruiz: the page it ends on."""
    url = zoho_address(client, f"/connect?connection={connection_id}")
    return come_back(client, walk.consent(url, person="808233919")).headers["Location"]


def test_somebody_else_on_reconnect_waits_for_an_answer_and_leaves_the_old_alone(
    client: Visitor, amend: Amend, connection_id: UUID
) -> None:
    [before] = stored(amend)

    page = client.get(somebody_else(client, connection_id))

    assert "You reconnected Zylker Demo as Ana Ruiz" in text_of(page)
    assert {"Keep as a new connection", "Discard"} <= set(buttons(page.text))
    assert before.refresh_token in {row.refresh_token for row in stored(amend) if row.id == connection_id}


def test_somebody_else_can_be_kept_as_a_connection_of_their_own(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    pending = somebody_else(client, connection_id)

    answer = client.post(f"{pending}/keep", page=pending)

    assert answer.status_code == 303
    assert {(row.status, row.zoho_user_name) for row in stored(amend)} == {("active", "Maria García"), ("active", "Ana Ruiz")}


def test_somebody_else_can_be_discarded(client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID) -> None:
    pending = somebody_else(client, connection_id)

    answer = client.post(f"{pending}/disconnect", page=pending)

    assert answer.headers["Location"] == "/"
    assert [row.id for row in stored(amend)] == [connection_id]
    assert len(sandbox.grants) == 1


@pytest.mark.parametrize("rest", ROUTES)
def test_another_persons_connection_is_a_404_on_every_route(
    client: Visitor, amend: Amend, connection_id: UUID, password_hash: str, rest: str
) -> None:
    other = User(email="bob@example.com", name="Bob", password_hash=password_hash, failed_count=0, created_at=amend.now())
    with amend.sessions.begin() as session:
        session.add(other)
    store(amend, connection_id, user_id=other.id)

    for target in (of(connection_id, rest), of(uuid4(), rest)):
        if rest not in ("/refresh", "/finish", "/keep"):
            assert client.get(target).status_code == 404
        if rest:
            assert client.post(target, {"name": "stolen", "organization": "3981311"}, page="/connect").status_code == 404
    assert stored(amend)[0].name == "Zylker Demo"
    assert stored(amend)[0].status == Status.ACTIVE


@pytest.mark.parametrize("rest", ROUTES)
def test_anonymous_people_see_no_connection(anonymous: Visitor, rest: str) -> None:
    target = of(uuid4(), rest)
    answer = anonymous.post(target) if rest in ("/refresh", "/finish", "/keep") else anonymous.get(target)

    assert answer.status_code in (303, 400)
    assert "Location" not in answer.headers or answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("rest", ["/refresh", "/name", "/desk-organization", "/finish", "/keep", "/disconnect"])
def test_every_button_wants_its_csrf_token(client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID, rest: str) -> None:
    assert client.client.post(of(connection_id, rest), data={"name": "x"}).status_code == 400
    assert stored(amend)[0].status == Status.ACTIVE


NOW = Clock().at


def row(operator: Operator, clock: Clock, **values: object) -> Connection:
    given: dict[str, object] = {"status": Status.ACTIVE, "refresh_token": "sealed", "last_success_at": clock(), "location": SANDBOX}
    return Connection(id=uuid4(), user_id=operator.id, **(given | values))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "healthy"),
        ({"last_success_at": None}, "not used yet"),
        ({"refresh_token": None}, "needs you"),
        ({"status": Status.RECONNECT_NEEDED}, "needs you"),
        ({"status": Status.PENDING}, "unfinished"),
        ({"status": Status.DISCONNECTED}, "disconnected"),
        ({"last_failure_code": "unreachable", "minutes": 1}, "may recover"),
        ({"last_failure_code": "misconfigured", "minutes": 1}, "needs you"),
        ({"last_failure_code": "record_not_found", "minutes": 1}, "healthy"),
        ({"last_failure_code": "unreachable", "minutes": -1}, "healthy"),
        ({"last_failure_code": "unreachable", "minutes": -1, "failing_since": NOW}, "may recover"),
        ({"last_failure_code": "misconfigured", "minutes": -1, "failing_since": NOW}, "needs you"),
        ({"last_failure_code": "unreachable", "minutes": -1, "failing_since": NOW, "status": Status.FAILING}, "needs you"),
        ({"renewals": [int(NOW.timestamp())] * 10}, "may recover"),
        ({"throttled": 5}, "may recover"),
        ({"throttled": -5}, "healthy"),
        ({"days": 2}, "not checked"),
    ],
)
def test_the_state_is_green_only_for_what_worked_lately(operator: Operator, clock: Clock, values: dict[str, object], word: str) -> None:
    given = dict(values)
    minutes, throttled, days = given.pop("minutes", None), given.pop("throttled", None), given.pop("days", None)
    if isinstance(minutes, int):
        given["last_failure_at"] = clock() + timedelta(minutes=minutes)
    if isinstance(throttled, int):
        given["refresh_not_before"] = clock() + timedelta(minutes=throttled)
    if isinstance(days, int):
        given["last_success_at"] = clock() - timedelta(days=days)

    found = state(row(operator, clock, **given), clock())

    assert found.word == word
    assert (found.tone == "success") == (word == "healthy")


def test_a_page_with_a_failed_check_does_not_call_the_connection_healthy(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    store(amend, connection_id, crm_org_id="5725767000000099999")

    words = text_of(client.get(of(connection_id)))

    assert "failed CRM organization" in words
    assert "needs you" in words
    assert "healthy" not in words


def test_a_production_connection_has_no_sandbox_band(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    store(amend, connection_id, location="eu", environment="production", status=Status.DISCONNECTED)

    page = client.get(of(connection_id))

    assert "nothing here reaches Zoho" not in page.text
    assert "Europe" in page.text
    assert "production" in page.text


def test_a_grant_of_somebody_else_is_to_be_decided_not_finished(client: Visitor, connection_id: UUID) -> None:
    somebody_else(client, connection_id)

    page = client.get("/")

    assert "Decide" in text_of(page)
    assert "Finish" not in buttons(page.text)


def test_four_days_of_failing_say_why_with_refresh_now_which_revives_and_reconnect(
    client: Visitor, amend: Amend, sandbox: Sandbox, clock: Clock, connection_id: UUID
) -> None:
    why = {"last_failure_code": "zoho_down", "last_failure_detail": "sandbox token endpoint, HTTP 503", "failure_count": 9}
    since = clock() - timedelta(days=4)
    store(amend, connection_id, status=Status.FAILING, failing_since=since, last_failure_at=clock(), **why)

    page = client.get(of(connection_id))

    assert "Renewing has failed for four days, last because: Zoho reports an error of its own." in text_of(page)
    assert {"Refresh now", "Reconnect"} <= set(buttons(page.text))
    answer = client.post(of(connection_id, "/refresh"), page=of(connection_id))
    assert "Renewed" in text_of(client.get(answer.headers["Location"]))
    assert stored(amend)[0].status == Status.ACTIVE


def test_a_new_connection_whose_test_renewal_failed_shows_the_cause_and_is_not_green(
    client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID
) -> None:
    sandbox.fail_next("POST /oauth/v2/token", fault="slow", seconds=0)  # the exchange
    sandbox.fail_next("POST /oauth/v2/token", status=503)

    words = text_of(client.get(of(connected(client))))

    assert "may recover" in words
    assert "Its access token could not be renewed. Zoho reports an error of its own." in words
    assert "healthy" not in words
