"""Desk: what each call asks, and what is made of every kind of answer.

Long, for it follows the client method by method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from requests_mock import ANY, Mocker

from tests.zoho import wire
from zoho.answers import WriteOutcome
from zoho.desk import DeskClient
from zoho.desk.writes import field_of
from zoho.errors import (
    DeskOrgUnknownError,
    MissingScopeError,
    NoPermissionError,
    OrgMismatchError,
    RateLimitedError,
    RecordNotFoundError,
    RequestRefusedError,
    UnreachableError,
    UnreadableAnswerError,
    WrongDataCenterError,
    ZohoDownError,
    ZohoError,
)
from zoho.http import Http

BASE = "https://desk.zoho.eu"
API = f"{BASE}/api/v1"
ID = "1892000000094004"
TICKET = {"id": ID, "subject": "Help", "modifiedTime": "2026-11-23T10:00:00.000Z"}


def client(
    org_id: str | None = "3981311", token: Callable[[str | None], str] = lambda rejected: "t-fresh" if rejected else "t-stale"
) -> DeskClient:
    return DeskClient(Http(retries=0), BASE, org_id, token)


def refused(code: str, status: int, message: str = "m", **more: Any) -> dict[str, Any]:
    return {"status_code": status, "json": {"errorCode": code, "message": message, **more}}


READS: list[tuple[str, Callable[[DeskClient], Any]]] = [
    ("organizations", lambda desk: desk.organizations()),
    ("my_info", lambda desk: desk.my_info()),
    ("departments", lambda desk: desk.departments()),
    ("agents", lambda desk: desk.agents()),
    ("fields", lambda desk: desk.fields("tickets")),
    ("layouts", lambda desk: desk.layouts("tickets")),
    ("layout", lambda desk: desk.layout("7")),
    ("my_form", lambda desk: desk.my_form("7")),
    ("get", lambda desk: desk.get("tickets", ID)),
    ("list", lambda desk: desk.list("tickets")),
    ("search", lambda desk: desk.search("tickets", "help")),
    ("ticket_history", lambda desk: desk.ticket_history(ID)),
]
reads = pytest.mark.parametrize("read", [read for _, read in READS], ids=[name for name, _ in READS])
lists = pytest.mark.parametrize("read", [lambda d: d.organizations(), lambda d: d.layouts("tickets"), lambda d: d.list("tickets").records])


def test_every_call_carries_the_organization_but_the_one_that_finds_it(requests_mock: Mocker) -> None:
    requests_mock.get(ANY, json={"data": [], "id": "1"})
    for name, read in READS:
        read(client())
        assert requests_mock.last_request.headers.get("orgId") == (None if name == "organizations" else "3981311"), name
        assert requests_mock.last_request.headers["Authorization"] == "Zoho-oauthtoken t-stale"


@pytest.mark.parametrize("org_id", [None, "", "  ", "org1", "²", "12 34"])
def test_call_without_a_numeric_organization_is_not_made(org_id: str | None, requests_mock: Mocker) -> None:
    for call in (lambda: client(org_id).get("tickets", ID), lambda: client(org_id).update("tickets", ID, {"subject": "x"})):
        with pytest.raises(DeskOrgUnknownError):
            call()
    assert not requests_mock.called


def test_blanks_around_the_organization_do_not_matter(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/myinfo", json={"id": "1"})

    client(" 3981311 ").my_info()

    assert requests_mock.last_request.headers["orgId"] == "3981311"


@pytest.mark.parametrize(
    ("module", "include"),
    [
        ("tickets", "contacts,assignee,departments,products,team"),
        ("contacts", "accounts,owner"),
        ("accounts", "owner"),
        ("tasks", "assignee,tickets,contacts,teams"),
        ("calls", None),
    ],
)
def test_get_reads_the_names_of_lookups_along(module: str, include: str | None, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/{module}/{ID}", json=TICKET)

    assert client().get(module, ID) == TICKET
    assert requests_mock.last_request.qs == ({"include": [include]} if include else {})


def test_get_does_without_the_names_where_zoho_refuses_them(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/tickets/{ID}", [refused("UNPROCESSABLE_ENTITY", 422), {"json": TICKET}])

    assert client().get("tickets", ID) == TICKET
    assert "include" not in requests_mock.last_request.qs


def test_history_comes_in_pages_of_fifty_with_events_that_look_alike(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/tickets/{ID}/History", json={"data": [{"eventName": "TicketUpdated"}] * 50})

    page = client().ticket_history(ID, page=2, limit=99)

    assert (len(page.records), page.more) == (50, True)
    assert requests_mock.last_request.qs == {"from": ["50"], "limit": ["50"]}


def test_history_of_a_ticket_that_is_not_there_says_so(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/tickets/{ID}/History", **refused("URL_NOT_FOUND", 404))

    with pytest.raises(RecordNotFoundError):
        client().ticket_history(ID)


def test_list_starts_where_no_record_is_lost_and_shows_each_once(requests_mock: Mocker) -> None:
    rows = [{"id": "1"}, {"id": "2"}, {"id": "2"}, "x", None]
    requests_mock.get(f"{API}/tickets", json={"data": rows})

    first, second = client().list("tickets", limit=3), client().list("tickets", page=2, limit=3)

    assert [row["id"] for row in first.records] == ["1", "2"]
    assert first.more
    assert second.more
    assert [call.qs for call in requests_mock.request_history] == [{"limit": ["3"]}, {"from": ["3"], "limit": ["3"]}]


def test_search_counts_from_zero(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/tickets/search", json={"data": [TICKET], "count": "1"})

    page = client().search("tickets", "help me", page=3)

    assert (page.records, page.more) == ([TICKET], False)
    assert requests_mock.last_request.qs == {"_all": ["help me"], "from": ["100"], "limit": ["50"]}


def test_agents_come_from_all_pages_each_once(requests_mock: Mocker) -> None:
    everyone = [{"id": str(number)} for number in range(250)]
    requests_mock.get(f"{API}/agents", [{"json": {"data": everyone[:200]}}, {"json": {"data": everyone[199:]}}])

    assert len(client().agents()) == 250
    assert requests_mock.last_request.qs == {"from": ["200"], "limit": ["200"]}


def test_agents_end_when_zoho_repeats_itself(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/agents", json={"data": [{"id": str(number)} for number in range(200)]})

    assert len(client().agents()) == 200
    assert requests_mock.call_count == 2


@pytest.mark.parametrize("first", [refused("URL_NOT_FOUND", 404), refused("UNPROCESSABLE_ENTITY", 422), refused("SCOPE_MISMATCH", 403)])
def test_fields_come_from_the_older_service_where_the_new_one_is_refused(first: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/fields?module=tickets", **first)
    requests_mock.get(f"{API}/organizationFields?module=tickets", json={"data": [{"apiName": "subject"}]})

    assert client().fields("tickets") == [{"apiName": "subject"}]


def test_fields_fail_where_both_services_refuse(requests_mock: Mocker) -> None:
    requests_mock.get(ANY, **refused("SCOPE_MISMATCH", 403))

    with pytest.raises(MissingScopeError):
        client().fields("tickets")


@pytest.mark.parametrize("answer", [refused("UNPROCESSABLE_ENTITY", 422), refused("URL_NOT_FOUND", 404), {"status_code": 204}])
def test_form_of_the_agent_may_be_missing(answer: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/myForm?layoutId=7", **answer)

    assert client().my_form("7") is None


def test_form_of_the_agent_and_layout_are_objects(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/myForm?layoutId=7", json={"sections": []})
    requests_mock.get(f"{API}/layouts/7", json={"id": "7"})

    assert client().my_form("7") == {"sections": []}
    assert client().layout("7") == {"id": "7"}


@lists
@pytest.mark.parametrize("answer", [{"status_code": 204}, {"json": {"data": None}}, {"json": {}}, {"json": []}])
def test_nothing_is_an_empty_list(answer: dict[str, Any], read: Callable[[DeskClient], Any], requests_mock: Mocker) -> None:
    requests_mock.get(ANY, **answer)

    assert read(client()) == []


@lists
@pytest.mark.parametrize(
    "answer", [{"json": {"data": 7}}, {"json": "x"}, {"text": '{"data": ['}, {"text": "<html>"}, {"text": ""}, {"text": "  "}]
)
def test_list_of_the_wrong_kind_is_unreadable(answer: dict[str, Any], read: Callable[[DeskClient], Any], requests_mock: Mocker) -> None:
    requests_mock.get(ANY, **answer)

    with pytest.raises(UnreadableAnswerError):
        read(client())


@pytest.mark.parametrize("answer", [{"status_code": 204}, {"json": {}}, refused("URL_NOT_FOUND", 404), {"status_code": 404, "json": {}}])
def test_record_that_is_not_there_is_said_to_be_missing(answer: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/tickets/{ID}", **answer)

    with pytest.raises(RecordNotFoundError):
        client().get("tickets", ID)


@pytest.mark.parametrize("body", ["[]", "7", '"x"', "null"])
def test_record_that_is_no_object_is_unreadable_or_missing(body: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/tickets/{ID}", text=body)

    with pytest.raises((UnreadableAnswerError, RecordNotFoundError)):
        client().get("tickets", ID)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("SCOPE_MISMATCH", 403), MissingScopeError),
        (refused("SCOPE_MISMATCH", 401), MissingScopeError),
        (refused("OAUTH_ORG_MISMATCH", 403), OrgMismatchError),
        (refused("FORBIDDEN", 403), NoPermissionError),
        (refused("LICENSE_ACCESS_LIMITED", 403, feature="AGENTS"), RequestRefusedError),
        (refused("TOO_MANY_REQUESTS", 429), RateLimitedError),
        (refused("THRESHOLD_EXCEEDED", 429), RateLimitedError),
        (refused("BAD_REQUEST", 400), RequestRefusedError),
        (refused("SOMETHING_NEW", 422, "ungültig"), RequestRefusedError),
        (refused("INTERNAL_SERVER_ERROR", 500), ZohoDownError),
        ({"status_code": 503, "text": "<html>"}, ZohoDownError),
        ({"status_code": 404, "text": "<html>"}, WrongDataCenterError),
        ({"status_code": 403, "text": "<html>Blocked"}, UnreachableError),
        ({"status_code": 302, "headers": {"Location": "https://accounts.zoho.eu/signin"}}, WrongDataCenterError),
        ({"status_code": 403, "json": {}}, NoPermissionError),
    ],
)
def test_refusals_are_told_apart_by_zohos_code(answer: dict[str, Any], kind: type[ZohoError], requests_mock: Mocker) -> None:
    requests_mock.get(ANY, **answer)

    for read in (lambda d: d.organizations(), lambda d: d.get("tasks", ID), lambda d: d.list("tickets"), lambda d: d.agents()):
        with pytest.raises(ZohoError) as caught:
            read(client())
        assert type(caught.value) is kind


def test_unknown_address_of_a_list_points_to_the_data_center(requests_mock: Mocker) -> None:
    requests_mock.get(ANY, **refused("URL_NOT_FOUND", 404))

    with pytest.raises(WrongDataCenterError):
        client().organizations()


@pytest.mark.parametrize(
    ("code", "message", "kind", "seconds"),
    [
        ("THRESHOLD_EXCEEDED", "m", "credits", 3600),
        ("TOO_MANY_REQUESTS", "The maximum number of Concurrent API Calls that can be made has been exceeded.", "concurrency", None),
        ("TOO_MANY_REQUESTS", "zu viele", "concurrency", None),
    ],
)
def test_two_kinds_of_429_are_told_apart_by_their_code(
    code: str, message: str, kind: str, seconds: int | None, requests_mock: Mocker
) -> None:
    requests_mock.get(ANY, **refused(code, 429, message), headers={"Retry-After": str(seconds)} if seconds else {})

    with pytest.raises(RateLimitedError) as caught:
        client().list("tickets")

    assert (caught.value.kind, caught.value.retry_after_seconds) == (kind, seconds)


@pytest.mark.parametrize("code", ["INVALID_OAUTH", "UNAUTHORIZED"])
def test_rejected_token_is_renewed_once(code: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/tickets/{ID}", [refused(code, 401), {"json": TICKET}])

    assert client().get("tickets", ID) == TICKET
    assert requests_mock.last_request.headers["Authorization"] == "Zoho-oauthtoken t-fresh"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(refused("INVALID_OAUTH", 401), WrongDataCenterError), ({"status_code": 401, "text": "<html>"}, WrongDataCenterError)],
)
def test_token_rejected_again_after_its_renewal_gives_up(answer: dict[str, Any], kind: type[ZohoError], requests_mock: Mocker) -> None:
    requests_mock.get(ANY, **answer)

    with pytest.raises(kind):
        client().my_info()
    assert requests_mock.call_count == 2


# Writing


def update(requests_mock: Mocker, **reply: Any) -> WriteOutcome:
    requests_mock.patch(f"{API}/tickets/{ID}", **reply)
    return client().update("tickets", ID, {"subject": "Help"})


def test_update_patches_the_given_fields_alone(requests_mock: Mocker) -> None:
    outcome = update(requests_mock, json=TICKET)

    assert requests_mock.last_request.body == b'{"subject":"Help"}'
    assert requests_mock.last_request.qs == {}
    assert (outcome.status, outcome.modified_at, outcome.answer) == ("accepted", TICKET["modifiedTime"], TICKET)


@pytest.mark.parametrize(("module", "sent"), [("tickets", {"disableclosurenotification": ["true"]}), ("contacts", {})])
def test_ticket_can_be_closed_without_a_mail(module: str, sent: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.patch(f"{API}/{module}/{ID}", json={"id": ID})

    client().update(module, ID, {"status": "Closed"}, quiet_close=True)

    assert requests_mock.last_request.qs == sent


def test_every_field_error_is_placed_with_zohos_words(requests_mock: Mocker) -> None:
    entries = [
        {"fieldName": "/contactId", "errorType": "invalid", "errorMessage": ""},
        {"fieldName": "/cf/cf_x", "errorType": "missing", "errorMessage": "own words"},
        {"fieldName": "/email", "errorType": "duplicate"},
        {"fieldName": None, "errorType": "new"},
    ]

    outcome = update(requests_mock, **refused("INVALID_DATA", 422, "The data does not comply.", errors=entries))

    assert outcome.status == "refused"
    assert [(refusal.field, refusal.message) for refusal in outcome.refusals] == [
        ("contactId", "Zoho does not accept this value."),
        ("cf_x", 'Zoho needs a value here. Zoho says: "own words"'),
        ("email", "Another record already has this value."),
        (None, "Zoho does not accept this value."),
    ]
    assert outcome.refusals[0].zoho_code == "INVALID_DATA"


@pytest.mark.parametrize("code", ["UNPROCESSABLE_ENTITY", "EMPTY_PAYLOAD", "DUPLICATE_CONTRACT", "SOMETHING_NEW"])
def test_refusal_without_fields_is_of_the_record_with_zohos_words(code: str, requests_mock: Mocker) -> None:
    outcome = update(requests_mock, **refused(code, 422, "own words"))

    (refusal,) = outcome.refusals
    assert (refusal.field, refusal.zoho_code) == (None, code)
    assert refusal.message.endswith('Zoho says: "own words"')


@pytest.mark.parametrize("inside", [200, 422])
def test_error_inside_a_200_is_a_refusal(inside: int, requests_mock: Mocker) -> None:
    assert update(requests_mock, **refused("INVALID_DATA", inside)).status == "refused"


@pytest.mark.parametrize(
    "reply",
    [
        {"exc": requests.ReadTimeout("slow")},
        {"exc": requests.exceptions.ChunkedEncodingError("cut")},
        refused("INTERNAL_SERVER_ERROR", 500),
        {"status_code": 504, "text": "<html>"},
        {"status_code": 204},
        {"status_code": 200, "text": ""},
        {"status_code": 200, "text": "<html>"},
        {"status_code": 200, "text": '{"id": "1'},
        {"status_code": 200, "json": []},
        {"status_code": 200, "json": {}},
        {"status_code": 200, "json": {"id": "999"}},
        {"status_code": 302, "headers": {"Location": "/login"}},
    ],
)
def test_write_whose_fate_is_not_told_is_unknown_with_the_reason(reply: dict[str, Any], requests_mock: Mocker) -> None:
    outcome = update(requests_mock, **reply)

    assert outcome.status == "unknown"
    assert outcome.note
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ({"exc": requests.ConnectTimeout("x")}, UnreachableError),
        (refused("SCOPE_MISMATCH", 403), MissingScopeError),
        (refused("OAUTH_ORG_MISMATCH", 403), OrgMismatchError),
        (refused("FORBIDDEN", 403), NoPermissionError),
        (refused("URL_NOT_FOUND", 404), RecordNotFoundError),
        (refused("THRESHOLD_EXCEEDED", 429), RateLimitedError),
        (refused("INVALID_OAUTH", 401), WrongDataCenterError),
    ],
)
def test_update_raises_where_nothing_was_stored_and_no_field_is_at_fault(
    reply: dict[str, Any], kind: type[ZohoError], requests_mock: Mocker
) -> None:
    with pytest.raises(kind):
        update(requests_mock, **reply)


@pytest.mark.parametrize(("module", "id"), [("../tickets", ID), ("tickets/1", ID), ("", ID), ("tickets", "1/2"), ("tickets", "x")])
def test_path_is_built_from_names_and_digits_alone(module: str, id: str, requests_mock: Mocker) -> None:
    with pytest.raises(RequestRefusedError):
        client().get(module, id)
    with pytest.raises(RequestRefusedError):
        client().update(module, id, {})
    assert not requests_mock.called


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/contactId", "contactId"),
        ("/cf/cf_x", "cf_x"),
        ("/customFields/Label", "Label"),
        ("/contact/email", "contact"),
        ("/cf", "cf"),
        ("/cf/a~1b~0c", "a/b~c"),
        ("subject", "subject"),
        ("/", None),
        ("", None),
        (None, None),
    ],
)
def test_pointer_names_the_field_of_the_form(pointer: str | None, field: str | None) -> None:
    assert field_of(pointer) == field


@wire.fuzz
@given(answer=wire.answers)
def test_no_answer_makes_a_call_raise_anything_but_a_zoho_error(answer: dict[str, Any]) -> None:
    for _, read in READS:
        wire.play(answer, read, client())
    wire.check_outcome(wire.play(answer, client().update, "tickets", ID, {"subject": "x"}), answer)
