"""Writing to CRM: what is sent, and what each answer means for the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import given
from requests_mock import Mocker

from tests.zoho import wire
from tests.zoho.loopback import RawServer, answer, reset
from zoho.answers import Refusal, WriteOutcome
from zoho.crm import CrmClient
from zoho.errors import (
    MissingScopeError,
    NoPermissionError,
    RateLimitedError,
    RecordNotFoundError,
    RequestRefusedError,
    TokenRejectedError,
    UnreachableError,
    WrongDataCenterError,
    ZohoError,
)
from zoho.http import Http

API = "https://www.zohoapis.eu"
ID = "5725767000000524157"
URL = f"{API}/crm/v8/Leads/{ID}"
SUCCESS = {
    "code": "SUCCESS",
    "details": {"Modified_Time": "2023-05-10T01:10:47-07:00", "Modified_By": {"name": "Patricia Boyle", "id": "5"}, "id": ID},
    "message": "record updated",
    "status": "success",
}


def client(token: Callable[[str | None], str] = lambda rejected: "t-fresh" if rejected else "t-stale", base: str = API) -> CrmClient:
    return CrmClient(Http(retries=0, timeout=(1.0, 1.0)), base, token)


def row(code: str, message: str = "invalid data", **details: Any) -> dict[str, Any]:
    return {"code": code, "details": details, "message": message, "status": "error"}


def at(field: str, **details: Any) -> dict[str, Any]:
    return {"api_name": field, "json_path": f"$.data[0].{field}", **details}


def update(requests_mock: Mocker, status: int, body: Any, values: dict[str, Any] | None = None) -> WriteOutcome:
    requests_mock.put(URL, status_code=status, json=body)
    return client().update("Leads", ID, values or {"Phone": "1"})


def only(outcome: WriteOutcome) -> Refusal:
    assert outcome.status == "refused"
    (refusal,) = outcome.refusals
    return refusal


def test_update_sends_the_values_alone_unless_more_is_asked(requests_mock: Mocker) -> None:
    update(requests_mock, 200, {"data": [SUCCESS]}, {"Amount": Decimal("0.10"), "Owner": {"id": "1"}})

    assert requests_mock.last_request.body == b'{"data":[{"Amount":0.10,"Owner":{"id":"1"}}]}'
    assert "If-Unmodified-Since" not in requests_mock.last_request.headers


@pytest.mark.parametrize("since", ["2023-05-10T01:10:47-07:00", datetime(2023, 5, 10, 8, 10, 47, tzinfo=UTC)])
def test_update_is_conditional_on_the_version_that_was_read(since: Any, requests_mock: Mocker) -> None:
    requests_mock.put(URL, json={"data": [SUCCESS]})

    client().update("Leads", ID, {"Phone": "1"}, unmodified_since=since)

    expected = since if isinstance(since, str) else "2023-05-10T08:10:47+00:00"
    assert requests_mock.last_request.headers["If-Unmodified-Since"] == expected


@pytest.mark.parametrize("trigger", [[], ["workflow", "approval"]])
def test_automations_that_run_are_sent_also_when_there_are_none(trigger: list[str], requests_mock: Mocker) -> None:
    requests_mock.put(URL, json={"data": [SUCCESS]})

    client().update("Leads", ID, {"Phone": "1"}, trigger=trigger)

    assert requests_mock.last_request.json()["trigger"] == trigger


@pytest.mark.parametrize("status", [200, 202, 207])
def test_success_of_the_row_is_acceptance_with_its_time(status: int, requests_mock: Mocker) -> None:
    outcome = update(requests_mock, status, {"data": [SUCCESS]})

    assert (outcome.status, outcome.modified_at, outcome.http_status) == ("accepted", "2023-05-10T01:10:47-07:00", status)
    assert outcome.answer == SUCCESS


@pytest.mark.parametrize("status", [200, 202, 207, 400])
def test_error_of_the_row_is_a_refusal_at_the_field_whatever_the_status(status: int, requests_mock: Mocker) -> None:
    body = {"data": [row("INVALID_DATA", **at("Phone", maximum_length=30))]}

    refusal = only(update(requests_mock, status, body, {"Phone": "0" * 41}))

    assert refusal.field == "Phone"
    assert refusal.message == "Zoho accepts at most 30 characters here (you typed 41)."
    assert (refusal.zoho_code, refusal.details["maximum_length"]) == ("INVALID_DATA", 30)


@pytest.mark.parametrize(
    ("code", "details", "value", "message"),
    [
        ("INVALID_DATA", at("F", maximum_length=2), 123, "Zoho accepts at most 2 digits here."),
        ("INVALID_DATA", at("F", maximum_length=2), ["a", "b", "c"], "Zoho accepts at most 2 values here (there are 3)."),
        ("INVALID_DATA", at("F", expected_data_type="integer"), "x", "Zoho expects a whole number here."),
        ("INVALID_DATA", at("F", expected_data_type="jsonarray"), "x", "Zoho expects a list of values here."),
        ("INVALID_DATA", at("F", expected_data_type="newtype"), "x", "Zoho expects newtype here."),
        ("INVALID_DATA", at("F", supported_values=["A", "B"]), "x", "Zoho accepts here only: A, B."),
        ("MANDATORY_NOT_FOUND", at("F"), None, "Zoho needs a value here."),
        ("MANDATORY_NOT_FOUND", at("F", layout_rule={"name": "Rule", "id": "1"}), None, 'Zoho needs a value here (layout rule "Rule").'),
        ("MAPPING_MISMATCH", at("F", mapped_field="Pipeline"), "x", "This value does not go with the value of Pipeline."),
        ("DEPENDENT_FIELD_MISSING", at("F", dependee={"api_name": "Stage"}), "x", "This value depends on Stage: change both together."),
        (
            "DUPLICATE_DATA",
            at("F", duplicate_record={"id": "7", "module": {"api_name": "Leads"}, "Owner": {"name": "Ana"}}),
            "x",
            "Another record already has this value: Leads 7, owned by Ana.",
        ),
        ("DUPLICATE_DATA", at("F", id="7"), "x", "Another record already has this value: 7."),
        ("INVALID_DATA", at("F"), "x", "Zoho does not accept this value. Correct the value and save again."),
    ],
)
def test_refusal_names_the_limit_in_plain_words(
    code: str, details: dict[str, Any], value: Any, message: str, requests_mock: Mocker
) -> None:
    refusal = only(update(requests_mock, 400, {"data": [row(code, **details)]}, {"F": value}))

    assert (refusal.field, refusal.message) == ("F", message)


def test_zohos_own_words_follow_where_they_say_more(requests_mock: Mocker) -> None:
    body = {"data": [row("INVALID_DATA", "picklist not found in record layout", **at("Stage"))]}

    assert only(update(requests_mock, 400, body)).message.endswith('Zoho says: "picklist not found in record layout"')


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"api_name": "Phone"}, "Phone"),
        ({"json_path": "$.data[0].Phone"}, "Phone"),
        ({"api_name": "Quantity", "json_path": "$.data[0].Products[2].Quantity"}, "Products"),
        ({"api_name": "id", "json_path": "$.data[0].Account_Name.id"}, "Account_Name"),
        ({"api_name": "id", "json_path": "$.data[0].id", "action": "record_locking"}, None),
        ({"api_name": "trigger", "json_path": "$.trigger[0]"}, None),
        ({"expected_fields": [{"api_name": "Email"}, {"api_name": "Phone"}]}, "Email"),
        ({"api_name": 7}, "7"),
        ({}, None),
    ],
)
def test_refusal_is_placed_at_the_field_of_the_form(details: dict[str, Any], field: str | None, requests_mock: Mocker) -> None:
    assert only(update(requests_mock, 400, {"data": [row("CANNOT_PROCESS", **details)]})).field == field


def test_several_errors_are_placed_each_at_its_field(requests_mock: Mocker) -> None:
    inner = {"errors": [row("DUPLICATE_DATA", **at("Mobile")), row("INVALID_DATA", **at("City", maximum_length=5))]}
    errors = [row("DUPLICATE_DATA", **at("Email")), row("MULTIPLE_OR_MULTI_ERRORS", **inner)]

    outcome = update(requests_mock, 400, {"data": [row("MULTIPLE_OR_MULTI_ERRORS", errors=errors)]})

    assert [refusal.field for refusal in outcome.refusals] == ["Email", "Mobile", "City"]


@pytest.mark.parametrize(
    "code", ["RECORD_LOCKED", "RECORD_IN_BLUEPRINT", "NOT_APPROVED", "CONVERTED_RECORD", "NO_PERMISSION", "ALREADY_SCHEDULED", "NEW_CODE"]
)
def test_state_of_the_record_is_a_refusal_of_the_whole_record(code: str, requests_mock: Mocker) -> None:
    refusal = only(update(requests_mock, 400, {"data": [row(code, "own words")]}))

    assert (refusal.field, refusal.zoho_code) == (None, code)
    assert refusal.message.endswith('Zoho says: "own words"')


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "RECORD_LOCKED"),
        (400, "MANDATORY_NOT_FOUND"),
        (200, "INVALID_MODULE"),
        (403, "NOT_ALLOWED"),
        (400, "NEW_CODE"),
        (413, "FILE_TOO_LARGE"),
    ],
)
def test_refusal_of_the_request_is_read_like_one_of_the_row(status: int, code: str, requests_mock: Mocker) -> None:
    refusal = only(update(requests_mock, status, row(code, "x", api_name="Phone")))

    assert (refusal.field, refusal.zoho_code) == ("Phone", code)


@pytest.mark.parametrize("enveloped", [True, False])
def test_record_changed_meanwhile_is_a_conflict_with_who_and_when(enveloped: bool, requests_mock: Mocker) -> None:
    error = row("ALREADY_MODIFIED", Modified_Time="2023-06-04T12:00:24+05:30", Modified_By={"name": "Senthilkumar", "id": "4"})

    outcome = update(requests_mock, 412, {"data": [error]} if enveloped else error)

    assert (outcome.status, outcome.modified_at, outcome.modified_by) == ("conflict", "2023-06-04T12:00:24+05:30", "Senthilkumar")


@pytest.mark.parametrize(
    "body",
    [
        {"data": [row("INVALID_DATA", "the id given seems to be invalid", **at("id"))]},
        {"data": [row("INVALID_DATA", "the id given seems to be invalid", id=ID)]},
        row("INVALID_DATA", "the id given seems to be invalid", resource_path_index=1),
        row("RESOURCE_NOT_FOUND"),
    ],
)
def test_update_of_an_unknown_id_finds_no_record(body: Any, requests_mock: Mocker) -> None:
    with pytest.raises(RecordNotFoundError):
        update(requests_mock, 404 if body.get("code") == "RESOURCE_NOT_FOUND" else 400, body)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, row("OAUTH_SCOPE_MISMATCH"), MissingScopeError),
        (401, row("INVALID_OAUTHTOKEN"), TokenRejectedError),
        (401, row("INVALID_TOKEN"), WrongDataCenterError),
        (403, row("NO_PERMISSION"), NoPermissionError),
        (404, row("INVALID_URL_PATTERN"), WrongDataCenterError),
        (429, row("TOO_MANY_REQUESTS"), RateLimitedError),
    ],
)
def test_update_raises_where_nothing_was_stored_and_no_field_is_at_fault(
    status: int, body: Any, kind: type[ZohoError], requests_mock: Mocker
) -> None:
    with pytest.raises(kind):
        update(requests_mock, status, body)


@pytest.mark.parametrize(
    "reply",
    [
        {"exc": requests.ReadTimeout("slow")},
        {"exc": requests.ConnectionError(ConnectionResetError("Connection aborted."))},
        {"exc": requests.exceptions.ChunkedEncodingError("cut")},
        {"status_code": 500, "json": row("INTERNAL_ERROR")},
        {"status_code": 502, "text": "<html>Bad gateway"},
        {"status_code": 503, "json": {"data": [SUCCESS]}},
        {"status_code": 408, "text": ""},
        {"status_code": 200, "text": ""},
        {"status_code": 204},
        {"status_code": 200, "text": "<html>Maintenance"},
        {"status_code": 200, "text": '{"data": [{"code": "SUCC'},
        {"status_code": 200, "json": {"data": None}},
        {"status_code": 200, "json": {"data": []}},
        {"status_code": 200, "json": {"data": ["x"]}},
        {"status_code": 200, "json": {"data": [{}]}},
        {"status_code": 200, "json": {"data": [{"code": "SUCCESS", "status": "error"}]}},
        {"status_code": 200, "json": {"data": [row("INTERNAL_ERROR")]}},
        {"status_code": 200, "json": []},
        {"status_code": 200, "json": 7},
        {"status_code": 400, "text": "nonsense"},
        {"status_code": 302, "headers": {"Location": "/login"}},
    ],
)
def test_write_whose_fate_is_not_told_is_unknown_with_the_reason(reply: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.put(URL, **reply)

    outcome = client().update("Leads", ID, {"Phone": "1"})

    assert outcome.status == "unknown"
    assert outcome.note
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("fault", [requests.ConnectTimeout("x"), requests.exceptions.SSLError("x")])
def test_write_that_was_never_sent_raises(fault: Exception, requests_mock: Mocker) -> None:
    requests_mock.put(URL, exc=fault)

    with pytest.raises(UnreachableError) as caught:
        client().update("Leads", ID, {"Phone": "1"})
    assert not caught.value.is_ambiguous


def test_write_is_never_sent_twice_when_the_connection_is_reset() -> None:
    with RawServer(answer(b'{"data": [{"id": "1"}]}'), reset) as server:
        crm = client(base=server.url)
        crm.get("Leads", "1")
        outcome = crm.update("Leads", ID, {"Phone": "1"})

    assert outcome.status == "unknown"
    assert sum(request.startswith(b"PUT") for request in server.requests) == 1


def test_write_is_repeated_after_a_401_since_nothing_was_stored(requests_mock: Mocker) -> None:
    requests_mock.put(URL, [{"status_code": 401, "json": row("INVALID_TOKEN")}, {"json": {"data": [SUCCESS]}}])

    assert client().update("Leads", ID, {"Phone": "1"}).status == "accepted"
    assert requests_mock.call_count == 2


def test_token_that_cannot_be_had_is_no_unknown_write(requests_mock: Mocker) -> None:
    def lost(rejected: str | None) -> str:
        raise UnreachableError("token endpoint: no complete answer in time", is_ambiguous=True)

    with pytest.raises(UnreachableError) as caught:
        client(lost).update("Leads", ID, {"Phone": "1"})
    assert not caught.value.is_ambiguous
    assert not requests_mock.called


def test_value_that_is_not_json_is_refused_unsent(requests_mock: Mocker) -> None:
    with pytest.raises(RequestRefusedError):
        client().update("Leads", ID, {"Amount": Decimal("NaN")})
    assert not requests_mock.called


def test_answer_kept_for_the_receipt_holds_no_token(requests_mock: Mocker) -> None:
    outcome = update(requests_mock, 200, {"data": [SUCCESS | {"details": {"access_token": "hush", "id": ID}}]})

    assert "hush" not in repr(outcome)


def test_many_records_get_an_outcome_each_in_order(requests_mock: Mocker) -> None:
    failed = row("INVALID_DATA", api_name="Phone", json_path="$.data[1].Phone", maximum_length=30)
    moved = row("ALREADY_MODIFIED", Modified_Time="t", id="3")
    requests_mock.put(f"{API}/crm/v8/Leads", status_code=207, json={"data": [SUCCESS, failed, moved]})

    outcomes = client().update_many("Leads", [(ID, {"Phone": "1"}), ("2", {"Phone": "2" * 31}), ("3", {}), ("4", {})])

    assert [outcome.status for outcome in outcomes] == ["accepted", "refused", "conflict", "unknown"]
    assert outcomes[1].refusals[0].message == "Zoho accepts at most 30 characters here (you typed 31)."
    assert requests_mock.last_request.json()["data"][1] == {"Phone": "2" * 31, "id": "2"}


@pytest.mark.parametrize("count", [0, 101])
def test_many_records_are_one_to_a_hundred(count: int) -> None:
    with pytest.raises(RequestRefusedError):
        client().update_many("Leads", [("1", {})] * count)


def test_many_records_are_all_unknown_when_the_answer_is_lost(requests_mock: Mocker) -> None:
    requests_mock.put(f"{API}/crm/v8/Leads", exc=requests.ReadTimeout("slow"))

    assert [outcome.status for outcome in client().update_many("Leads", [("1", {}), ("2", {})])] == ["unknown", "unknown"]


@wire.fuzz
@given(answer=wire.answers)
def test_no_answer_makes_a_write_raise_anything_but_a_zoho_error(answer: dict[str, Any]) -> None:
    wire.check_outcome(
        wire.play(answer, client().update, "Leads", ID, {"Phone": "1"}, unmodified_since="2023-05-10T01:10:47-07:00"), answer
    )
    many = wire.play(answer, client().update_many, "Leads", [(ID, {"Phone": "1"}), ("2", {})])
    for outcome in many if isinstance(many, list) else [many]:
        wire.check_outcome(outcome, answer)
