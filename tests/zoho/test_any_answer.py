"""Whatever answers, and however: a client raises ZohoErrors alone, shows no secret, and believes no write that no row confirms.

Every public method of both clients and every call of the authorization server is taken by introspection, so a new one is covered
when it is written. Each gets ANSWERS answers: together more than ten thousand cases.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from tests.zoho import wire
from zoho import data_centers, oauth
from zoho.answers import Page, WriteOutcome
from zoho.crm import CrmClient
from zoho.desk import DeskClient
from zoho.errors import ZohoError
from zoho.http import Http
from zoho.oauth import Credentials, Token

ANSWERS = int(os.environ.get("AMEND_FUZZ_EXAMPLES", "600"))
ID = "5725767000000524157"
SECRETS = {
    "access token": "1000.bbbbbbaaaaaaaaaaaaaaaaaaaaaaaaaa.5ec2e7bbbbbbbbbbbbbbbbbbbbbbbbbb",
    "refresh token": "1000.ddddddcccccccccccccccccccccccccc.5ec2e7dddddddddddddddddddddddddd",
    "code": "1000.ffffffeeeeeeeeeeeeeeeeeeeeeeeeee.5ec2e7ffffffffffffffffffffffffff",
    "client secret": "5ec2e7111111111111111111111111111111111111",
}
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CENTER = data_centers.load(None, None)["eu"]
US = Credentials("1000.CLIENT", SECRETS["client secret"], "http://127.0.0.1:8000/connect/callback")


# Answers near and far from Zoho's own

echoes = st.sampled_from([value for name, value in SECRETS.items() if name != "client secret"])
named = st.sampled_from([f"client_secret={SECRETS['client secret']}", *(f"Zoho-oauthtoken {value}" for value in SECRETS.values())])
hostile = echoes | named | st.just("said " + SECRETS["access token"] + " is not valid")


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row of an answer, with a secret of ours in one of its texts."""
    details = {"api_name": draw(wire.texts), "id": draw(st.sampled_from([ID, "2", None, 3])), "json_path": draw(wire.texts)}
    return {
        "code": draw(st.sampled_from(wire.CODES)),
        "status": draw(st.sampled_from(["success", "error", None, True])),
        "message": draw(hostile | wire.texts),
        "details": draw(st.sampled_from([details, {"errors": [{"code": "INVALID_DATA", "details": details}]}, [], None, "x"])),
        "access_token": SECRETS["access token"],
    }


@st.composite
def envelopes(draw: st.DrawFn) -> bytes:
    """An answer of the right build, one of whose keys holds what it should not."""
    key = draw(st.sampled_from(["data", "users", "org", "modules", "fields", "layouts", "errors", "info", "access_token", "error"]))
    body = {key: draw(st.lists(rows(), max_size=3) | rows() | hostile | wire.anything), "message": draw(hostile)}
    body |= draw(st.fixed_dictionaries({}, optional={"code": hostile, "errorCode": st.sampled_from(wire.CODES), "id": st.just(ID)}))
    body |= draw(st.fixed_dictionaries({}, optional={"status": st.sampled_from(["success", "error", "failure"]), "error": hostile}))
    return json.dumps(body).encode()


ABSURD = [
    b"",
    b"\xef\xbb\xbf",
    b'\xef\xbb\xbf{"data":[]}',
    b'{"data":[{"status":"success","code":"SUCCESS"}],"data":null}',  # one key twice
    b'{"data":' + b"[" * 150 + b"]" * 150 + b"}",
    b'{"data":' + b'{"details":' * 900 + b"1" + b"}" * 900 + b"}",
    b"[" * 100_000,
    b'{"data":[{"id":' + b"9" * 5_000 + b"}]}",
    b'{"data":[{"id":1e99999}]}',
    b'{"data":[NaN,Infinity,-Infinity]}',
    b'{"data":[{"code":"\\ud800","message":"\\u0000\\udfff","details":{"api_name":"\\ud800"}}]}',
    '{"data":[{"code":"INVALID_DATA","message":"ä"}]}'.encode("latin-1"),
    '{"data":[{"code":"SUCCESS","status":"success"}]}'.encode("utf-16"),
    b"<html><title>Zoho - Error</title>" + b"x" * 100_000,
    b'{"data":"' + b"x" * 300_000 + b'"}',
]
plain = wire.bodies | envelopes() | st.sampled_from(ABSURD)
bodies = plain | st.tuples(plain, st.integers(0, 60)).map(lambda cut: cut[0][: -cut[1] or None])
answers = st.fixed_dictionaries({"status": st.sampled_from(wire.STATUSES) | st.integers(100, 599), "body": bodies, "headers": wire.headers})


class Wire(BaseAdapter):
    """The network's end of a session: one answer for every call; ``sent`` counts the writes."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: dict[str, Any] = {}

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        raw = HTTPResponse(
            BytesIO(self.answer["body"]), headers=self.answer["headers"], status=self.answer["status"], preload_content=False
        )
        response = requests.Response()
        response.status_code, response.raw, response.url, response.request = raw.status, raw, request.url or "", request
        response.headers.update(self.answer["headers"])
        return response

    def close(self) -> None:
        """Nothing is open."""


END, HTTP = Wire(), Http(retries=0)
for scheme in ("http://", "https://"):
    HTTP.session().mount(scheme, END)


def token(rejected: str | None) -> str:
    return SECRETS["access token"].replace("b", "a") if rejected else SECRETS["access token"]


CRM = CrmClient(HTTP, "https://www.zohoapis.eu", token)
DESK = DeskClient(HTTP, "https://desk.zoho.eu", "600", token)


# Every method there is

GIVEN: dict[str, Any] = {
    "module": "Leads",
    "id": ID,
    "layout_id": ID,
    "record_id": ID,
    "fields": ["Last_Name"],
    "word": "maria",
    "text": "maria",
    "values": {"Phone": "1", "Items": [{"Price": 1}]},
    "records": [(ID, {"Phone": "1"}), ("2", {}), ("3", {"City": "x"})],
    "query": "select id from Leads where id is not null",
    "select": "select id from Leads where id is not null",
    "page": 1,
    "content": b"%PDF-1.7",
}
"""What a parameter is given by its name; one that is not here and has no default is given by its type."""


def argument(parameter: inspect.Parameter) -> Any:
    if parameter.name in GIVEN:
        return GIVEN[parameter.name]
    written = str(parameter.annotation)
    by_type = {"str": ID, "int": 1, "bool": True, "Sequence[str]": ["Last_Name"], "Mapping[str, Any]": {"Phone": "1"}}
    assert written in by_type, f"say in GIVEN what {parameter} is to be given"
    return by_type[written]


def call_of(client: Any, name: str) -> Callable[[], Any]:
    method = getattr(client, name)
    needed = [each for each in inspect.signature(method).parameters.values() if each.default is each.empty or each.name == "word"]
    module = "tickets" if client is DESK else "Leads"
    given = {each.name: module if each.name == "module" else argument(each) for each in needed}
    return lambda: method(**given)


def public(client: Any) -> Iterator[str]:
    return (name for name, _ in inspect.getmembers(type(client), inspect.isfunction) if not name.startswith("_"))


CALLS: dict[str, Callable[[], Any]] = {
    f"{type(client).__name__}.{name}": call_of(client, name) for client in (CRM, DESK) for name in public(client)
} | {
    "exchange": lambda: oauth.exchange(HTTP, CENTER, US, SECRETS["code"], NOW),
    "refresh": lambda: oauth.refresh(HTTP, CENTER, US, SECRETS["refresh token"], NOW),
    "revoke": lambda: oauth.revoke(HTTP, CENTER, SECRETS["refresh token"]),
    "user_info": lambda: oauth.user_info(HTTP, CENTER, SECRETS["access token"]),
}


GROUPS = {"crm": "CrmClient.", "desk": "DeskClient.", "oauth": ""}
"""One answer is put to every call of a group: the cases are answers times calls."""


def calls_of(prefix: str) -> dict[str, Callable[[], Any]]:
    return {name: act for name, act in CALLS.items() if name.startswith(prefix) and ("." in name) == bool(prefix)}


def test_the_cases_are_more_than_ten_thousand() -> None:
    groups = [calls_of(prefix) for prefix in GROUPS.values()]

    assert sum(map(len, groups)) == len(CALLS)
    assert len(CALLS) * ANSWERS > 10_000 or "AMEND_FUZZ_EXAMPLES" in os.environ
    assert {"CrmClient.update", "CrmClient.update_many", "DeskClient.update", "DeskClient.get", "refresh"} <= CALLS.keys()


@pytest.mark.parametrize("group", GROUPS)
def test_whatever_zoho_answers_only_zoho_errors_come_out_and_no_secret(group: str) -> None:
    calls = calls_of(GROUPS[group])

    @settings(max_examples=ANSWERS, deadline=None, suppress_health_check=[*HealthCheck], report_multiple_bugs=False)
    @given(answer=answers)
    def play(answer: dict[str, Any]) -> None:
        END.answer = answer
        for name, act in calls.items():
            note(name)
            try:
                outcome = act()
            except ZohoError as error:
                check_error(error)
            else:
                check_value(outcome, answer, name)

    play()


def check_error(error: ZohoError) -> None:
    """All that a page or a log may be given of an error."""
    seen = (str(error), error.summary, error.advice, error.zoho_message, error.zoho_code, error.request_id, repr(error))
    check_secrets(*seen, *(getattr(error, name, None) for name in ("scopes", "setting", "retry_at", "retry_after_seconds")))
    assert error.summary
    assert error.advice
    assert len(str(error)) < 5_000


def check_value(outcome: Any, answer: dict[str, Any], name: str) -> None:
    """A value has the type that its users count on; that of a write says no more than a row of the answer."""
    for each in outcome if isinstance(outcome, list) else [outcome]:
        if isinstance(each, WriteOutcome):
            check_secrets(repr(each))
            assert each.status != "accepted" or confirms(answer, is_itself_row=name == "CrmClient.transition")
            assert (each.status == "refused") == bool(each.refusals)
            assert (each.status == "unknown") == bool(each.note)
        if isinstance(each, Token):
            check_secrets(repr(each))
            assert each.access_token
            assert 0 <= each.expires_in_seconds <= 3600
    if isinstance(outcome, Page):
        assert all(isinstance(record, dict) for record in outcome.records)


def check_secrets(*texts: object) -> None:
    assert "5ec2e7" not in " ".join(str(text) for text in texts)


def confirms(answer: dict[str, Any], *, is_itself_row: bool) -> bool:
    """An independent reading: a 2xx to 4xx answer in UTF-8 that holds a row of success, or Desk's record itself.

    ``is_itself_row``: of a transition, the whole answer is the row.
    """
    try:
        body = json.loads(answer["body"].decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    data = body.get("data") if isinstance(body, dict) else None
    found = [*(data if isinstance(data, list) else [data]), *([body] if is_itself_row else [])]
    is_row = any(isinstance(row, dict) and "SUCCESS" in (row.get("code"), str(row.get("status")).upper()) for row in found)
    is_record = isinstance(body, dict) and str(body.get("id")).strip() == ID and "errorCode" not in body and answer["status"] < 300
    return answer["status"] < 500 and (is_row or is_record)
