"""COQL and what stands beside a record: timeline, blueprint, lock, dependencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from requests_mock import ANY, Mocker

from tests.zoho import wire
from zoho.answers import WriteOutcome
from zoho.crm import CrmClient
from zoho.errors import MissingScopeError, NoPermissionError, RecordNotFoundError, RequestRefusedError, ZohoError
from zoho.http import Call, Http

API = "https://www.zohoapis.eu"
ID = "5725767000000524157"
BLUEPRINT = f"{API}/crm/v8/Deals/{ID}/actions/blueprint"
DONE = {"code": "SUCCESS", "message": "transition updated successfully", "status": "success", "details": {}}


def client(http: Http | None = None) -> CrmClient:
    return CrmClient(http or Http(retries=0), API, lambda _rejected: "token", org="7")


def refused(code: str, status: int = 400, message: str = "m", **details: Any) -> dict[str, Any]:
    return {"status_code": status, "json": {"code": code, "message": message, "status": "error", "details": details}}


def test_a_query_is_posted_and_counts_against_the_smaller_limit(requests_mock: Mocker) -> None:
    seen: list[Call] = []
    requests_mock.post(f"{API}/crm/v8/coql", json={"data": [{"id": ID}], "info": {"more_records": True}})

    http = Http(retries=0, record=lambda exchange: seen.append(exchange.call))
    page = client(http).query("select id from Deals where id is not null")

    assert (page.records, page.more) == ([{"id": ID}], True)
    assert requests_mock.last_request.json() == {"select_query": "select id from Deals where id is not null"}
    assert [call.is_heavy for call in seen] == [True]


def test_a_query_without_rows_is_empty_and_a_bad_one_is_refused_in_words(requests_mock: Mocker) -> None:
    requests_mock.post(f"{API}/crm/v8/coql", [{"status_code": 204}, refused("SYNTAX_ERROR", 400, "error", near="form")])

    assert client().query("select id from Deals where id = '1'").records == []
    with pytest.raises(RequestRefusedError, match="SYNTAX_ERROR"):
        client().query("select id form Deals")


def test_the_size_of_a_page_goes_with_the_first_page_of_a_timeline_alone(requests_mock: Mocker) -> None:
    body = {"__timeline": [{"id": "1"}], "info": {"more_records": True, "next_page_token": "t"}}
    requests_mock.get(f"{API}/crm/v8/Deals/{ID}/__timeline", json=body)

    first = client().timeline("Deals", ID, per_page=500)
    client().timeline("Deals", ID, page_token=first.next_token)

    assert [call.qs for call in requests_mock.request_history] == [{"per_page": ["200"]}, {"page_token": ["t"]}]


@pytest.mark.parametrize("reply", [{"status_code": 204}, refused("RECORD_NOT_IN_PROCESS"), {"json": {"blueprint": None}}])
def test_a_record_in_no_process_has_no_blueprint(reply: dict[str, Any], requests_mock: Mocker) -> None:
    requests_mock.get(BLUEPRINT, **reply)

    assert client().blueprint("Deals", ID) is None


def test_a_blueprint_has_its_transitions(requests_mock: Mocker) -> None:
    requests_mock.get(BLUEPRINT, json={"blueprint": {"process_info": {}, "transitions": [{"id": "1"}]}})

    found = client().blueprint("Deals", ID)

    assert found is not None
    assert found["transitions"] == [{"id": "1"}]


@pytest.mark.parametrize(
    "read", [lambda crm: crm.blueprint("Deals", ID), lambda crm: crm.timeline("Deals", ID), lambda crm: crm.lock("Deals", ID)]
)
def test_a_record_that_is_not_there_is_said_to_be_missing(read: Callable[[CrmClient], Any], requests_mock: Mocker) -> None:
    requests_mock.get(ANY, **refused("INVALID_DATA", 400, "the id given seems to be invalid", resource_path_index=1))

    with pytest.raises(RecordNotFoundError):
        read(client())


def test_nobody_holds_a_lock_or_somebody_does(requests_mock: Mocker) -> None:
    requests_mock.get(
        f"{API}/crm/v8/Deals/{ID}/Locking_Information__s", [{"status_code": 204}, {"json": {"data": [{"Locked_Reason__s": "x"}]}}]
    )

    assert client().lock("Deals", ID) is None
    assert client().lock("Deals", ID) == {"Locked_Reason__s": "x"}


def transition(requests_mock: Mocker, data: dict[str, Any] | None = None, **reply: Any) -> WriteOutcome:
    requests_mock.put(BLUEPRINT, **reply)
    return client().transition("Deals", ID, "9", data)


def test_a_transition_sends_its_data_once(requests_mock: Mocker) -> None:
    outcome = transition(requests_mock, {"Description": "x"}, json=DONE)

    assert outcome.status == "accepted"
    assert requests_mock.last_request.json() == {"blueprint": [{"transition_id": "9", "data": {"Description": "x"}}]}
    assert requests_mock.call_count == 1


def test_a_transition_saved_partially_is_not_called_done(requests_mock: Mocker) -> None:
    outcome = transition(requests_mock, json={**DONE, "message": "transition saved partially"})

    assert outcome.status == "unknown"
    assert "has not moved on" in outcome.note


@pytest.mark.parametrize("code", ["RECORD_NOT_IN_PROCESS", "RECORD_LOCKED"])
def test_a_transition_that_zoho_refuses_says_why(code: str, requests_mock: Mocker) -> None:
    outcome = transition(requests_mock, **refused(code))

    assert outcome.status == "refused"
    assert outcome.refusals[0].zoho_code == code


def test_an_invalid_transition_is_a_refusal_in_zohos_words(requests_mock: Mocker) -> None:
    where = {"api_name": "transition_id", "json_path": "$.blueprint[0].transition_id"}

    outcome = transition(requests_mock, **refused("INVALID_DATA", 400, "invalid transition", **where))

    assert outcome.status == "refused"
    assert "invalid transition" in outcome.refusals[0].message


@pytest.mark.parametrize(
    "reply", [{"exc": requests.ReadTimeout("slow")}, {"status_code": 502, "text": "<html>"}, {"text": ""}, {"json": []}]
)
def test_a_transition_whose_fate_is_not_told_is_unknown(reply: dict[str, Any], requests_mock: Mocker) -> None:
    assert transition(requests_mock, **reply).status == "unknown"
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("code", "status", "kind"), [("OAUTH_SCOPE_MISMATCH", 401, MissingScopeError), ("NO_PERMISSION", 403, NoPermissionError)]
)
def test_a_transition_that_may_not_be_made_raises(code: str, status: int, kind: type[ZohoError], requests_mock: Mocker) -> None:
    with pytest.raises(kind):
        transition(requests_mock, **refused(code, status))


def test_dependencies_come_from_all_pages(requests_mock: Mocker) -> None:
    pages = [
        {"map_dependency": [{"id": "1"}], "info": {"more_records": True}},
        {"map_dependency": [{"id": "2"}], "info": {"more_records": False}},
    ]
    requests_mock.get(f"{API}/crm/v8/settings/layouts/7/map_dependency", [{"json": page} for page in pages])

    assert [row["id"] for row in client().dependencies("Deals", "7")] == ["1", "2"]
    assert requests_mock.last_request.qs["module"] == ["deals"]


def test_a_dependency_that_is_not_there_is_said_to_be_missing(requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/crm/v8/settings/layouts/7/map_dependency/8", status_code=204)

    with pytest.raises(RequestRefusedError, match="nothing"):
        client().dependency("Deals", "7", "8")


@pytest.mark.parametrize(
    "call",
    [
        lambda crm: crm.timeline("../x", ID),
        lambda crm: crm.blueprint("Deals", "x"),
        lambda crm: crm.transition("Deals", ID, "9/../8"),
        lambda crm: crm.lock("Deals", ""),
        lambda crm: crm.dependencies("Deals", "x"),
        lambda crm: crm.dependency("Deals", "7", "8?"),
    ],
)
def test_path_is_built_from_names_and_digits_alone(call: Callable[[CrmClient], Any], requests_mock: Mocker) -> None:
    with pytest.raises(RequestRefusedError):
        call(client())
    assert not requests_mock.called


@wire.fuzz
@given(answer=wire.answers)
def test_no_answer_to_a_transition_escapes(answer: dict[str, Any]) -> None:
    wire.check_outcome(wire.play(answer, client().transition, "Deals", ID, "9", {"Description": "x"}), answer)
