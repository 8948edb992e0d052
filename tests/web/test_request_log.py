"""The page that shows what went over the wire for a connection."""

from __future__ import annotations

from uuid import UUID

import pytest

from sandbox.server import Sandbox
from tests import walk
from tests.pages import Visitor, text_of
from zoho import clients, limits
from zoho.request_log import PAGE_ROWS, LoggedRequest
from zoho.runtime import Amend


def log(amend: Amend, connection_id: UUID, count: int = 1, **values: object) -> None:
    """Rows as the writer makes them, oldest first; ``path`` may hold ``{}`` for a number."""
    amend.request_log.flush()
    plain = {"method": "GET", "host": "www.zohoapis.eu", "path": "/crm/v8/{}", "status": 200, "duration_ms": 120, "attempts": 1}
    with amend.sessions.begin() as session:
        for number in range(count):
            row = LoggedRequest(connection_id=connection_id, at=amend.now(), **(plain | values))  # type: ignore[arg-type]
            row.path = row.path.format(number)
            session.add(row)


def test_requests_stand_newest_first_with_status_time_tries_and_bodies(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    log(amend, connection_id, path="/first", request_id="r-17", sent='{"City":"Bern"}', answered='{"data":[]}', org="crm:42")
    log(amend, connection_id, path="/second", status=503, attempts=3)
    log(amend, connection_id, path="/third", status=None, error_code="unreachable", duration_ms=15_000)

    text = text_of(client.get(f"/connections/{connection_id}/requests"))

    assert text.index("/third") < text.index("/second") < text.index("/first")
    for word in ("unreachable", "503", "15,000 ms", "3 tries", "r-17", '{"City":"Bern"}', '{"data":[]}', "crm:42", "no answer"):
        assert word in text


def test_what_was_asked_of_zoho_a_moment_ago_is_there(client: Visitor, amend: Amend, app: object, connection_id: UUID) -> None:
    with client.client.application.app_context():
        inside: Amend = client.client.application.extensions["amend"]
        clients.crm_client(inside, clients.load(inside, connection_id)).current_user()

    assert "/crm/v8/users?type=CurrentUser" in text_of(client.get(f"/connections/{connection_id}/requests"))


def test_connection_that_has_asked_nothing_says_what_will_be_here(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    amend.request_log.flush()
    with amend.sessions.begin() as session:
        session.query(LoggedRequest).delete()

    assert "No request was made yet." in text_of(client.get(f"/connections/{connection_id}/requests"))


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("failures=1", ["/refused", "/lost"], ["/good"]),
        ("method=PUT", ["/refused"], ["/good", "/lost"]),
        ("text=R-99", ["/good"], ["/refused", "/lost"]),
        ("text=100%25", ["/lost"], ["/good", "/refused"]),
        ("text=nothing+of+the+kind", ["No request matches."], ["/good", "/refused", "/lost"]),
        ("method=NONSENSE&before=abc&failures=x&text=%00", ["/good", "/refused", "/lost"], []),
        ("before=99999999999999999999999", ["/good"], []),
        ("before=9223372036854775807", ["/good"], []),
    ],
)
def test_filters(query: str, shown: list[str], hidden: list[str], client: Visitor, amend: Amend, connection_id: UUID) -> None:
    log(amend, connection_id, path="/good", request_id="r-99")
    log(amend, connection_id, path="/refused", method="PUT", status=400)
    log(amend, connection_id, path="/lost", status=None, error_code="unreachable", sent="100% sure")

    answer = client.get(f"/connections/{connection_id}/requests?{query}")

    assert answer.status_code == 200
    text = text_of(answer)
    assert all(word in text for word in shown)
    assert not any(word in text for word in hidden)


def test_long_log_is_paged_without_repeating_a_row(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    log(amend, connection_id, PAGE_ROWS * 2, path="/row/{}.", method="PATCH")

    first = client.get(f"/connections/{connection_id}/requests?method=PATCH")
    older = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(older)

    assert "method=PATCH" in older
    rows = [number for number in range(PAGE_ROWS * 2) if f"/row/{number}." in first.text]
    more = [number for number in range(PAGE_ROWS * 2) if f"/row/{number}." in second.text]
    assert (min(rows), more) == (PAGE_ROWS, [*range(PAGE_ROWS)])
    assert 'rel="next"' not in second.text


def test_hostile_values_are_shown_as_text(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    evil = "<script>alert(1)</script>"
    log(amend, connection_id, path=f"/{evil}", sent=evil, answered=evil, request_id=evil, org=evil)

    page = client.get(f"/connections/{connection_id}/requests").text

    assert evil not in page
    assert page.count("&lt;script&gt;") >= 5


def test_limits_say_what_is_known_and_never_unlimited(client: Visitor, amend: Amend, sandbox: Sandbox, connection_id: UUID) -> None:
    clients.desk_client(amend, clients.load(amend, connection_id)).departments()
    amend.request_log.flush()

    text = text_of(client.get(f"/connections/{connection_id}/requests"))
    assert "20 calls at a time (edition enterprise ); Zoho has not said how many credits are left" in text
    assert "25 calls at a time" in text
    assert "99,000 credits left" in text

    with amend.sessions.begin() as session:
        limits.close(session, f"crm:{clients.load(amend, connection_id).crm_org_id}", None, amend.now())
    assert "its credits are used up: next call at 23 Nov 2026, 10:01" in text_of(client.get(f"/connections/{connection_id}/requests"))


def test_requests_of_another_operators_connection_are_not_found(client: Visitor, amend: Amend, sandbox: Sandbox) -> None:
    theirs = walk.connect(amend, walk.add(amend, "bob@example.com")).connection_id

    assert client.get(f"/connections/{theirs}/requests").status_code == 404


def test_connections_page_and_an_error_page_lead_there(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    assert f'href="/connections/{connection_id}/requests"' in client.get(f"/connections/{connection_id}").text

    lead = sandbox.ids("Leads")[0]
    refusal = {"code": "NO_PERMISSION", "message": "no", "status": "error", "details": {}}
    sandbox.fail_next("GET *", status=403, body=refusal, headers={"X-Request-Id": "r-4711"}, times=None)
    page = client.get(f"/connections/{connection_id}/records/crm/Leads/{lead}").text

    assert f"/connections/{connection_id}/requests?text=r-4711" in page
    assert "NO_PERMISSION" in text_of(client.get(f"/connections/{connection_id}/requests?text=r-4711"))
