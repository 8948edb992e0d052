"""Reading CRM: what each call asks, and what is made of every kind of answer.

Long, for it follows the client method by method; writes and what stands beside a record have files of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from requests_mock import ANY, Mocker

from tests.zoho import wire
from zoho.crm import CrmClient, Module, editable_modules
from zoho.errors import (
    InvalidGrantError,
    MissingScopeError,
    NoPermissionError,
    RateLimitedError,
    RecordNotFoundError,
    RequestRefusedError,
    TokenRejectedError,
    UnreachableError,
    UnreadableAnswerError,
    WrongDataCenterError,
    ZohoDownError,
    ZohoError,
)
from zoho.http import Http

API = "https://www.zohoapis.eu"
ID = "4150868000000002175"
RECORD = {"id": ID, "Last_Name": "Doe"}


def client(token: Callable[[str | None], str] = lambda rejected: "t-fresh" if rejected else "t-stale") -> CrmClient:
    return CrmClient(Http(retries=0), API, token)


def refused(code: str, status: int = 400, message: str = "m", **details: Any) -> dict[str, Any]:
    return {"status_code": status, "json": {"code": code, "message": message, "status": "error", "details": details}}


READS: list[tuple[str, Callable[[CrmClient], Any]]] = [
    ("org", lambda crm: crm.org()),
    ("current_user", lambda crm: crm.current_user()),
    ("users", lambda crm: crm.users()),
    ("modules", lambda crm: crm.modules()),
    ("fields", lambda crm: crm.fields("Leads")),
    ("layouts", lambda crm: crm.layouts("Leads")),
    ("get", lambda crm: crm.get("Leads", ID)),
    ("fetch_full_data", lambda crm: crm.fetch_full_data("Leads", ID)),
    ("list", lambda crm: crm.list("Leads", ["Last_Name"])),
    ("search", lambda crm: crm.search("Leads", word="Doe")),
    ("query", lambda crm: crm.query("select id from Leads where id is not null")),
    ("dependencies", lambda crm: crm.dependencies("Leads", "7")),
    ("dependency", lambda crm: crm.dependency("Leads", "7", "8")),
    ("timeline", lambda crm: crm.timeline("Leads", ID)),
    ("blueprint", lambda crm: crm.blueprint("Leads", ID)),
    ("lock", lambda crm: crm.lock("Leads", ID)),
    ("apis", lambda crm: crm.apis()),
]
reads = pytest.mark.parametrize("read", [read for _, read in READS], ids=[name for name, _ in READS])


def test_get_asks_for_the_record_with_the_token_in_the_header(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads/{ID}", json={"data": [RECORD]})

    assert client().get("Leads", ID, fields=["Last_Name", "Phone"]) == RECORD
    assert requests_mock.last_request.headers["Authorization"] == "Zoho-oauthtoken t-stale"
    assert requests_mock.last_request.query == "fields=last_name%2cphone"


def test_full_data_has_a_path_of_its_own(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads/{ID}/actions/fetch_full_data", json={"data": [RECORD]})

    assert client().fetch_full_data("Leads", ID) == RECORD


def test_list_asks_for_fields_and_says_whether_there_is_more(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads", json={"data": [RECORD], "info": {"more_records": True}})

    page = client().list("Leads", ["Last_Name"], page=2, per_page=500)

    assert (page.records, page.more) == ([RECORD], True)
    assert requests_mock.last_request.qs == {"fields": ["last_name"], "page": ["2"], "per_page": ["200"]}


def test_list_goes_on_by_token_without_a_page_number(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads", json={"data": [RECORD], "info": {"more_records": True, "next_page_token": "t2"}})

    page = client().list("Leads", ["Last_Name"], page=10)
    client().list("Leads", ["Last_Name"], page=99, page_token=page.next_token)

    assert page.next_token == "t2"
    assert requests_mock.last_request.qs == {"fields": ["last_name"], "page_token": ["t2"], "per_page": ["50"]}


@pytest.mark.parametrize("token", [None, 7, "", {}, "x" * 3_000])
def test_a_token_that_is_none_is_not_believed(token: Any, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads", json={"data": [RECORD], "info": {"more_records": "true", "next_page_token": token}})

    page = client().list("Leads", ["Last_Name"])

    assert (page.more, page.next_token) == (True, None)


@pytest.mark.parametrize("count", [0, 51])
def test_list_wants_one_to_fifty_fields(count: int, requests_mock: Mocker) -> None:
    with pytest.raises(RequestRefusedError, match=f"{count} fields"):
        client().list("Leads", ["F"] * count)
    assert not requests_mock.called


def test_search_sends_exactly_one_term(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads/search", json={"data": [RECORD]})

    assert client().search("Leads", email="a+b@example.com").records == [RECORD]
    assert requests_mock.last_request.qs["email"] == ["a+b@example.com"]
    for terms in ({}, {"word": "a", "phone": "b"}):
        with pytest.raises(RequestRefusedError):
            client().search("Leads", **terms)


def test_users_come_from_all_pages_each_once(requests_mock: Mocker) -> None:
    pages = [
        {"users": [{"id": "1"}, {"id": "2"}], "info": {"more_records": True}},
        {"users": [{"id": "2"}, {"id": "3"}], "info": {"more_records": False}},
    ]
    requests_mock.get(f"{API}/crm/v8/users", [{"json": page} for page in pages])

    assert [user["id"] for user in client().users()] == ["1", "2", "3"]
    assert requests_mock.last_request.qs["type"] == ["activeusers"]


def test_users_end_at_a_thousand_though_zoho_promises_more(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/users", json={"users": [{"id": "1"}], "info": {"more_records": True}})

    client().users()

    assert requests_mock.call_count == 5


def test_org_and_current_user_are_the_first_of_their_lists(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/org", json={"org": [{"id": "7", "zgid": "8"}]})
    requests_mock.get(f"{API}/crm/v8/users?type=CurrentUser", json={"users": [{"id": "9"}]})

    assert client().org() == {"id": "7", "zgid": "8"}
    assert client().current_user() == {"id": "9"}


@pytest.mark.parametrize(
    "answer", [{"status_code": 204}, {"status_code": 204, "text": "  "}, {"json": {"data": None, "modules": None}}, {"json": {}}]
)
def test_nothing_is_an_empty_list_and_a_missing_record(answer: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads", **answer)
    requests_mock.get(f"{API}/crm/v8/settings/modules", **answer)
    requests_mock.get(f"{API}/crm/v8/Leads/{ID}", **answer)

    assert client().list("Leads", ["id"]).records == []
    assert client().modules() == []
    with pytest.raises(RecordNotFoundError):
        client().get("Leads", ID)


@pytest.mark.parametrize(
    "answer",
    [
        {"json": {"data": "x"}},
        {"json": {"data": 7}},
        {"json": ["x"]},
        {"json": 7},
        {"text": '{"data": [{"id": "1'},
        {"text": "<html>Maintenance"},
        {"text": "Maintenance", "headers": {"Content-Type": "text/html"}},
    ],
)
def test_answer_of_the_wrong_kind_is_unreadable(answer: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads", **answer)

    with pytest.raises(UnreadableAnswerError):
        client().list("Leads", ["id"])


def test_rows_that_are_no_objects_are_left_out(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads", json={"data": [None, RECORD, 7, "x"]})

    assert client().list("Leads", ["id"]).records == [RECORD]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("OAUTH_SCOPE_MISMATCH", 401), MissingScopeError),
        (refused("OAUTH_SCOPE_MISMATCH", 403), MissingScopeError),
        (refused("OAUTH_SCOPE_MISMATCH", 200), MissingScopeError),
        (refused("NO_PERMISSION", 403, permissions=["Crm_Implied_View_Leads"]), NoPermissionError),
        (refused("AUTHORIZATION_FAILED", 400), NoPermissionError),
        (refused("INACTIVE_USER", 403), NoPermissionError),
        (refused("INVALID_URL_PATTERN", 404), WrongDataCenterError),
        ({"status_code": 404, "text": "<html>not here"}, WrongDataCenterError),
        ({"status_code": 403, "text": "<html>Blocked"}, UnreachableError),
        ({"status_code": 302, "headers": {"Location": "https://accounts.zoho.com/signin"}}, WrongDataCenterError),
        (refused("INVALID_MODULE", 400, resource_path_index=0), RequestRefusedError),
        (refused("INVALID_MODULE", 200), RequestRefusedError),
        (refused("SOMETHING_NEW", 400, "неверно"), RequestRefusedError),
        (refused("TOKEN_BOUND_DATA_MISMATCH", 400), RequestRefusedError),
        (refused("TOO_MANY_REQUESTS", 429), RateLimitedError),
        ({"status_code": 429, "text": "<html>"}, RateLimitedError),
        (refused("INTERNAL_ERROR", 500), ZohoDownError),
        ({"status_code": 502, "text": "<html>Bad gateway"}, ZohoDownError),
        ({"status_code": 503, "text": ""}, ZohoDownError),
        (
            {"status_code": 400, "json": {"data": [{"code": "INVALID_DATA", "status": "error", "details": {}, "message": "x"}]}},
            RequestRefusedError,
        ),
        ({"status_code": 400, "json": {}}, RequestRefusedError),
        ({"status_code": 403, "json": {}}, NoPermissionError),
        ({"status_code": 400, "text": "nonsense"}, UnreadableAnswerError),
    ],
)
@reads
def test_refusals_are_told_apart_by_zohos_code(
    answer: dict[str, Any], kind: type[ZohoError], read: Callable[[CrmClient], Any], requests_mock: Mocker
) -> None:
    requests_mock.register_uri(ANY, ANY, **answer)

    with pytest.raises(ZohoError) as caught:
        read(client())

    assert type(caught.value) is kind
    assert caught.value.http_status == answer.get("status_code", 200)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Number of API requests for the 24 hour period is exceeded", "credits"),
        ("You have crossed the concurrency limit of the user for the app", "concurrency"),
        ("sub-concurrency limit", "concurrency"),
        ("请求过多", "unknown"),
    ],
)
def test_causes_of_a_429_are_told_apart_by_the_message(message: str, kind: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/org", headers={"Retry-After": "60"}, **refused("TOO_MANY_REQUESTS", 429, message))

    with pytest.raises(RateLimitedError) as caught:
        client().org()

    assert (caught.value.kind, caught.value.retry_after_seconds) == (kind, 60)


def test_older_shape_of_a_429_is_understood(requests_mock: Mocker) -> None:
    body = {"code": 429, "error": "TOO_MANY_REQUESTS", "error_info": "You have crossed the limit in the past 24 hours.", "details": []}
    requests_mock.get(f"{API}/crm/v8/org", status_code=429, json=body)

    with pytest.raises(RateLimitedError) as caught:
        client().org()

    assert (caught.value.kind, caught.value.zoho_code) == ("credits", "TOO_MANY_REQUESTS")


def test_missing_api_access_names_the_setting_in_zoho(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/org", **refused("NO_PERMISSION", 403, permissions=["Crm_Implied_Api_Access"]))

    with pytest.raises(NoPermissionError) as caught:
        client().org()

    assert "Zoho CRM API Access" in caught.value.advice


def test_refusal_is_explained_from_the_dictionary(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Nope", **refused("INVALID_MODULE", 400, "the module name given seems to be invalid"))

    with pytest.raises(RequestRefusedError) as caught:
        client().list("Nope", ["id"])

    assert caught.value.summary.startswith("Zoho has no such module for this user.")
    assert caught.value.zoho_message == "the module name given seems to be invalid"


@pytest.mark.parametrize(
    "answer",
    [
        refused("INVALID_DATA", 400, "the id given seems to be invalid", resource_path_index=1),
        refused("INVALID_DATA", 400, "указан неверный идентификатор", id=ID),
        refused("INVALID_DATA", 400, "x", api_name="id"),
        refused("RESOURCE_NOT_FOUND", 404),
        {"status_code": 404, "json": {}},
        {"status_code": 200, "json": {"data": []}},
    ],
)
def test_unknown_id_is_a_missing_record(answer: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads/{ID}", **answer)

    with pytest.raises(RecordNotFoundError):
        client().get("Leads", ID)


@pytest.mark.parametrize("code", ["INVALID_TOKEN", "INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE", "SOMETHING_NEW"])
def test_rejected_token_is_renewed_once_and_the_call_repeated(code: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads/{ID}", [refused(code, 401), {"json": {"data": [RECORD]}}])

    assert client().get("Leads", ID) == RECORD
    assert [call.headers["Authorization"] for call in requests_mock.request_history] == [
        "Zoho-oauthtoken t-stale",
        "Zoho-oauthtoken t-fresh",
    ]


def test_missing_scope_does_not_cost_a_renewal(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/org", **refused("OAUTH_SCOPE_MISMATCH", 401))

    with pytest.raises(MissingScopeError):
        client().org()

    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("INVALID_OAUTHTOKEN", 401), TokenRejectedError),
        (refused("AUTHENTICATION_FAILURE", 401), TokenRejectedError),
        (refused("INVALID_TOKEN", 401), WrongDataCenterError),
        ({"status_code": 401, "text": "<html>"}, WrongDataCenterError),
    ],
)
def test_token_rejected_again_after_its_renewal_gives_up(answer: dict[str, Any], kind: type[ZohoError], requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/org", **answer)

    with pytest.raises(ZohoError) as caught:
        client().org()

    assert type(caught.value) is kind
    assert "www.zohoapis.eu" in str(caught.value)
    assert requests_mock.call_count == 2


def test_token_that_could_not_be_renewed_is_no_proof_of_a_wrong_data_center(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/org", **refused("INVALID_TOKEN", 401))

    with pytest.raises(TokenRejectedError):
        client(lambda rejected: "t-same").org()


def test_failure_of_the_token_supplier_passes_and_nothing_is_sent(requests_mock: Mocker) -> None:
    def dead(rejected: str | None) -> str:
        raise InvalidGrantError("invalid_code")

    with pytest.raises(InvalidGrantError):
        client(dead).org()
    assert not requests_mock.called


BAD_PATHS = [(name, ID) for name in ("", "Lea ds", "../org", "Leads/1", "1Leads", "Lädes", "L" * 200)] + [
    ("Leads", id) for id in ("x", "12/3", "", "²", "1" * 40, "12\n")
]


@pytest.mark.parametrize(("name", "id"), BAD_PATHS)
def test_path_is_built_from_names_and_digits_alone(name: str, id: str, requests_mock: Mocker) -> None:
    with pytest.raises(RequestRefusedError):
        client().get(name, id)
    with pytest.raises(RequestRefusedError):
        client().update(name, id, {"Phone": "1"})
    assert not requests_mock.called


def module(**changes: Any) -> dict[str, Any]:
    base = {"api_name": "Leads", "singular_label": "Lead", "plural_label": "Leads", "api_supported": True, "editable": True}
    return base | {"generated_type": "default", "status": "visible", "module_name": "Leads", "id": "1"} | changes


def test_modules_offered_are_those_that_the_api_edits_and_the_user_sees() -> None:
    offered = editable_modules(
        [
            module(),
            module(api_name="Events", module_name="Meetings", singular_label="Meeting", plural_label="Meetings"),
            module(api_name="Vehicles", module_name="CustomModule3", generated_type="custom", id="3"),
            module(api_name="Home", api_supported=False),
            module(api_name="Visits", editable=False),
            module(api_name="Quoted_Items", generated_type="subform"),
            module(api_name="A_X_B", generated_type="linking"),
            module(api_name="Notes"),
            module(api_name="Hidden", status="user_hidden"),
            module(api_name=None),
        ]
    )

    assert [found.api_name for found in offered] == ["Leads", "Events", "Vehicles"]
    assert offered[1] == Module("Events", "Meeting", "Meetings", id="1", web_name="Meetings")
    assert offered[2].is_custom


def test_module_without_labels_is_called_by_its_api_name() -> None:
    assert editable_modules([module(singular_label=None, plural_label="")])[0].plural == "Leads"


@reads
def test_lost_connection_is_unreachable(read: Callable[[CrmClient], Any], requests_mock: Mocker) -> None:
    requests_mock.register_uri(ANY, ANY, exc=ConnectionResetError("reset"))

    with pytest.raises(UnreachableError):
        read(client())


@wire.fuzz
@given(answer=wire.answers)
def test_no_answer_makes_a_read_raise_anything_but_a_zoho_error(answer: dict[str, Any]) -> None:
    for _, read in READS:
        wire.play(answer, read, client())
