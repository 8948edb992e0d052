"""Where a refusal of CRM is shown: at its field, its row, its record of a batch, whatever shape Zoho gives it."""

from __future__ import annotations

from typing import Any

import pytest
from requests_mock import Mocker

from zoho.answers import WriteOutcome
from zoho.crm import CrmClient
from zoho.errors import RateLimitedError, WrongDataCenterError
from zoho.http import Http

API = "https://www.zohoapis.eu"
SENT = [("1", {"Email": "a@example.com"}), ("2", {"Items": [{"Price": "1"}, {"Price": "x" * 41}]}), ("3", {"Phone": "3"})]


def client() -> CrmClient:
    return CrmClient(Http(retries=0), API, lambda rejected: "t-fresh" if rejected else "t-stale")


def error(code: str, message: str = "invalid data", **details: Any) -> dict[str, Any]:
    return {"code": code, "details": details, "message": message, "status": "error"}


def success(**details: Any) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": details, "message": "record updated", "status": "success"}


def several(*errors: dict[str, Any]) -> dict[str, Any]:
    return error("MULTIPLE_OR_MULTI_ERRORS", "Multiple errors in the request", errors=list(errors))


def many(requests_mock: Mocker, status: int, body: Any) -> list[WriteOutcome]:
    requests_mock.put(f"{API}/crm/v8/Leads", status_code=status, json=body)
    return client().update_many("Leads", SENT)


def fields(outcome: WriteOutcome) -> list[str | None]:
    return [refusal.field for refusal in outcome.refusals]


@pytest.mark.parametrize("status", [200, 202, 207, 400])
def test_a_record_of_a_batch_is_refused_alone_whatever_the_status(requests_mock: Mocker, status: int) -> None:
    refused = error("INVALID_DATA", json_path="$.data[1].Items[1].Price", maximum_length=40)

    first, second, third = many(requests_mock, status, {"data": [success(id="1"), refused, success(id="3")]})

    assert (first.status, second.status, third.status) == ("accepted", "refused", "accepted")
    assert second.refusals[0].field == "Items"
    assert second.refusals[0].message == "Row 2, Price: Zoho accepts at most 40 characters here (you typed 41)."


def test_errors_nested_twice_in_a_batch_stand_each_at_its_field_and_row(requests_mock: Mocker) -> None:
    inner = several(error("INVALID_DATA", json_path="$.data[1].Items[0].Price"), error("MANDATORY_NOT_FOUND", json_path="$.data[1].City"))
    row = several(error("DUPLICATE_DATA", api_name="Email", json_path="$.data[1].Email"), inner)

    _, second, _ = many(requests_mock, 207, {"data": [success(id="1"), row, success(id="3")]})

    assert fields(second) == ["Email", "Items", "City"]
    assert [refusal.message.partition(": ")[0] for refusal in second.refusals][1] == "Row 1, Price"


def test_errors_of_a_whole_batch_stand_at_the_records_they_name(requests_mock: Mocker) -> None:
    body = several(error("DUPLICATE_DATA", json_path="$.data[0].Email"), error("INVALID_DATA", json_path="$.data[2].Phone"))

    first, second, third = many(requests_mock, 400, body)

    assert (fields(first), fields(second), fields(third)) == (["Email"], [None], ["Phone"])
    assert second.refusals[0].message == "Zoho refused the whole call because of another record in it."


def test_a_row_that_is_missing_from_the_answer_leaves_its_own_record_unknown(requests_mock: Mocker) -> None:
    refused = error("INVALID_DATA", json_path="$.data[2].Phone")

    outcomes = many(requests_mock, 207, {"data": [success(id="2"), refused]})

    assert [outcome.status for outcome in outcomes] == ["unknown", "accepted", "refused"]


def test_rows_that_name_nobody_prove_nothing_when_their_number_differs(requests_mock: Mocker) -> None:
    assert {outcome.status for outcome in many(requests_mock, 200, {"data": [success(), success()]})} == {"unknown"}


def test_success_of_another_record_is_not_ours(requests_mock: Mocker) -> None:
    requests_mock.put(f"{API}/crm/v8/Leads/1", json={"data": [success(id="2")]})

    assert client().update("Leads", "1", {"City": "Bern"}).status == "unknown"


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"json_path": "$.data[0].Items[2].Price[0].Deep", "api_name": "Deep"}, "Items"),
        ({"json_path": "$.data[0]", "api_name": "Phone"}, "Phone"),
        ({"json_path": "$.data[0]"}, None),
        ({"json_path": "$.data"}, None),
        ({"json_path": "Phone", "api_name": "Phone"}, "Phone"),
        ({"json_path": ["$"], "api_name": {"a": 1}}, None),
        ({"resource_path_index": 1}, None),
        ({"json_path": "$.data[99999999999999999999].Phone"}, None),
    ],
)
def test_what_cannot_be_placed_falls_to_the_record(requests_mock: Mocker, details: dict[str, Any], field: str | None) -> None:
    requests_mock.put(f"{API}/crm/v8/Leads/1", status_code=400, json={"data": [error("NOT_APPROVED", "in approval", **details)]})

    (refusal,) = client().update("Leads", "1", {"Items": []}).refusals

    assert refusal.field == field


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("picklist not found in record layout", "This value is not in the list of the record's layout. Choose one of the listed values."),
        ("Pipeline doesn't contain the Stage", "The pipeline does not have this stage."),
        ("The record under merge is locked", "The record is being merged with another one."),
        ("Non Subordinate User Found", "The record cannot be given to this user."),
    ],
)
def test_a_message_that_says_more_than_its_code_is_put_into_plain_words(requests_mock: Mocker, message: str, words: str) -> None:
    requests_mock.put(f"{API}/crm/v8/Leads/1", status_code=400, json={"data": [error("INVALID_DATA", message, api_name="Stage")]})

    (refusal,) = client().update("Leads", "1", {"Stage": "x"}).refusals

    assert refusal.message.startswith(words)
    assert f'Zoho says: "{message}"' in refusal.message


@pytest.mark.parametrize("status", [200, 400, 429])
def test_the_older_shape_of_the_429_is_a_limit_and_not_a_refusal(requests_mock: Mocker, status: int) -> None:
    body = {"code": 429, "error": "TOO_MANY_REQUESTS", "error_info": "API calls exceeded in the past 24 hours.", "details": []}

    with pytest.raises(RateLimitedError) as caught:
        many(requests_mock, status, body)

    assert (caught.value.zoho_code, caught.value.kind) == ("TOO_MANY_REQUESTS", "credits")


def test_an_unknown_module_in_the_path_is_not_an_unknown_record(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/Leads/1", status_code=404, json=error("INVALID_URL_PATTERN", resource_path_index=0))

    with pytest.raises(WrongDataCenterError):
        client().get("Leads", "1")
