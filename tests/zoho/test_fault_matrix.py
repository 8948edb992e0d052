"""Every fault of the network and of Zoho, against everything that calls: the right words, nothing lost, nothing written twice.

The table says what each comes to: the code of the error, or what the call gave. A write is *unknown* only while nobody knows;
the reading back, or a later check, settles it by what the record holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from changes import execute_tool, road
from changes.plans import Receipt, Verdict
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.walk import add, connect
from web.verdicts import headline
from zoho import clients, metadata, tokens
from zoho.errors import ZohoError
from zoho.http import Http
from zoho.runtime import Amend

TABLE = """
fault                | refresh             | read              | update one        | update many       | metadata
429 with Retry-After | throttled           | rate_limited      | rate_limited      | rate_limited      | rate_limited
429 without          | throttled           | rate_limited      | rate_limited      | rate_limited      | rate_limited
500                  | zoho_down           | zoho_down         | unknown           | unknown           | zoho_down
HTML                 | unreadable_answer   | unreadable_answer | unknown           | unknown           | unreadable_answer
empty 200            | unreadable_answer   | unreadable_answer | unknown           | unknown           | unreadable_answer
reset before         | unreachable         | unreachable       | unknown           | unknown           | unreachable
reset after          | unreachable         | unreachable       | stored            | unknown           | unreachable
truncated            | unreachable         | unreachable       | stored            | unknown           | unreachable
hang                 | unreachable         | unreachable       | unknown           | unknown           | unreachable
slow body            | unreachable         | unreachable       | stored            | unknown           | unreachable
401 once             | unreadable_answer   | read              | stored            | accepted          | metadata
revoked              | invalid_grant       | invalid_grant     | invalid_grant     | invalid_grant     | invalid_grant
no access_token      | unreadable_answer   | unreadable_answer | unreadable_answer | unreadable_answer | unreadable_answer
invalid_code         | invalid_grant       | invalid_grant     | invalid_grant     | invalid_grant     | invalid_grant
Access Denied        | throttled           | throttled         | throttled         | throttled         | throttled
data-centre change   | wrong_data_center   | wrong_data_center | wrong_data_center | wrong_data_center | wrong_data_center
"""
WORDS = {
    "throttled": "10 renewals in 10 minutes",
    "rate_limited": "Too many calls to Zoho run at the same time.",
    "zoho_down": "Zoho reports an error of its own.",
    "unreadable_answer": "Zoho's answer could not be read.",
    "unreachable": "Zoho cannot be reached.",
    "invalid_grant": "Zoho no longer accepts our refresh token",
    "wrong_data_center": "points to the wrong Zoho data centre",
    "unknown": "not know whether Zoho stored this",
    "stored": "Stored. Zoho now shows City = Bern",
}
"""What the page says of each."""
SAID = {("HTML", "refresh"): "A web page came instead of Zoho's answer"}
"""Where the words say more than the kind of error."""

TOKEN = "POST /oauth/v2/token"
ROUTES = {
    "refresh": TOKEN,
    "read": "GET /crm/v8/Leads/{id}",
    "update one": "PUT /crm/v8/Leads/{id}",
    "update many": "PUT /crm/v8/Leads",
    "metadata": "GET /crm/v8/settings/fields",
}
BUSY = {"code": "TOO_MANY_REQUESTS", "details": {}, "message": "concurrency limit of the user for the app", "status": "error"}
REJECTED = {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}
DOWN = {"code": "INTERNAL_ERROR", "details": {}, "message": "Internal Server Error", "status": "error"}
ELSEWHERE = {"Location": "https://accounts.zoho.eu/oauth/v2/token"}


@dataclass
class Fault:
    """``answer`` is what the sandbox makes of the call; ``is_of_token``: of the renewal that a dead access token needs first."""

    answer: dict[str, Any]
    is_of_token: bool = False
    before: Callable[[Sandbox], Any] = field(default=lambda sandbox: None)
    mends: bool = True
    """When the fault is over, the same call works."""


FAULTS = {
    "429 with Retry-After": Fault({"status": 429, "body": BUSY, "headers": {"Retry-After": "60"}}),
    "429 without": Fault({"status": 429, "body": BUSY}),
    "500": Fault({"status": 500, "body": DOWN}),
    "HTML": Fault({"fault": "html", "status": 200}),
    "empty 200": Fault({"fault": "empty"}),
    "reset before": Fault({"fault": "reset_before"}),
    "reset after": Fault({"fault": "reset_after"}),
    "truncated": Fault({"fault": "truncated"}),
    "hang": Fault({"fault": "hang", "seconds": 4}),
    "slow body": Fault({"fault": "drip", "seconds": 0.02}),
    "401 once": Fault({"status": 401, "body": REJECTED, "times": 1}),
    "revoked": Fault({}, before=Sandbox.revoke_all, mends=False),
    "no access_token": Fault({"status": 200, "body": {"token_type": "Bearer", "expires_in": 3600}}, is_of_token=True),
    "invalid_code": Fault({"status": 200, "body": {"error": "invalid_code"}}, is_of_token=True, mends=False),
    "Access Denied": Fault({"fault": "throttled"}, is_of_token=True),
    "data-centre change": Fault({"status": 401, "body": REJECTED}),
}
CHANGED = {"data-centre change": {"refresh": {"status": 301, "headers": ELSEWHERE}}}
"""Where a fault has another face at one route."""


def cells() -> list[tuple[str, str, str]]:
    head, *rows = ([cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines())
    return [(row[0], call, expected) for row in rows for call, expected in zip(head[1:], row[1:], strict=True)]


@dataclass
class Place:
    """A connection, and the three leads of the calls."""

    amend: Amend
    user_id: UUID
    connection_id: UUID
    leads: list[str]

    def call(self, name: str) -> Any:
        match name:
            case "refresh":
                return "token" if tokens.access_token(self.amend, self.connection_id) else ""
            case "read":
                execute_tool(self.amend, self.connection_id, "crm.get_record", {"module": "Leads", "id": self.leads[0]})
                return "read"
            case "update one":
                params = {"module": "Leads", "id": self.leads[0], "fields": {"City": "Bern"}}
                return execute_tool(self.amend, self.connection_id, "crm.update_record", params).value
            case "update many":
                client = clients.crm_client(self.amend, clients.load(self.amend, self.connection_id))
                return client.update_many("Leads", [(lead, {"City": "Bern"}) for lead in self.leads])
        connection = clients.load(self.amend, self.connection_id)
        metadata.forget(self.amend, self.connection_id, "crm")
        return "metadata" if metadata.crm_fields(self.amend, connection, "Leads") else "nothing"


@pytest.fixture
def place(amend: Amend, sandbox: Sandbox) -> Place:
    ana = add(amend)
    leads = [id_ for id_ in sandbox.ids("Leads") if id_ not in sandbox.hostile("Leads")][:3]
    connection_id = connect(amend, ana).connection_id
    metadata.crm_fields(amend, clients.load(amend, connection_id), "Leads")
    brisk = replace(amend, http=Http(timeout=(1.0, 1.0), deadline_seconds=2.0, retries=1))
    return Place(brisk, ana, connection_id, leads)


def came_to(act: Callable[[], Any]) -> tuple[str, str, Any]:
    """The word of the table, what the page says, and what was given."""
    try:
        given = act()
    except ZohoError as error:
        return error.code, f"{error.summary} {error.advice}", error
    if isinstance(given, Receipt):
        told = headline(given)
        return given.verdict.value, f"{told.text} {told.more}", given
    if isinstance(given, list):
        (status,) = {outcome.status for outcome in given}
        return status, "We do not know whether Zoho stored this." if status == "unknown" else "", given
    return given, "", given


@pytest.mark.parametrize(("fault", "call", "expected"), cells())
def test_each_fault_is_told_as_it_is_and_loses_and_doubles_nothing(
    fault: str, call: str, expected: str, place: Place, sandbox: Sandbox, clock: Clock
) -> None:
    happens = FAULTS[fault]
    answer = {"times": None} | CHANGED.get(fault, {}).get(call, happens.answer)
    if call == "refresh":
        clock.advance(hours=2)
    elif happens.is_of_token:
        sandbox.expire_access_tokens()
    happens.before(sandbox)
    if happens.answer:
        sandbox.fail_next(TOKEN if happens.is_of_token else ROUTES[call], **answer)

    word, said, given = came_to(lambda: place.call(call))

    assert word == expected
    assert SAID.get((fault, call), WORDS.get(word, "")) in said
    sandbox.clear_faults()
    check_writes(place, sandbox, word, call)
    if isinstance(given, Receipt):
        check_receipt(place, sandbox, clock, given)
    elif happens.mends and call != "update many":
        clock.advance(minutes=11)
        assert came_to(lambda: place.call(call))[0] in ("token", "read", "metadata", "stored")


def check_writes(place: Place, sandbox: Sandbox, word: str, call: str) -> None:
    """By Zoho's own record of what it carried out: never twice, and stored or not as was said."""
    for lead in place.leads:
        written = [write for write in sandbox.writes(lead) if write["source"] == "crm_api"]
        assert len(written) <= 1
        is_there = sandbox.record("Leads", lead)["City"] == "Bern"
        if call == "update many" or (call == "update one" and lead == place.leads[0]):
            assert is_there or word not in ("stored", "accepted")
            assert not is_there or word in ("stored", "accepted", "unknown")
        else:
            assert not written


def check_receipt(place: Place, sandbox: Sandbox, clock: Clock, receipt: Receipt) -> None:
    """What is unknown is settled later, by what the record holds."""
    clock.advance(minutes=6)
    settled = road.check(place.amend, place.user_id, receipt.id)
    is_there = sandbox.record("Leads", place.leads[0])["City"] == "Bern"
    assert settled.verdict == (Verdict.STORED if is_there else Verdict.NOT_STORED)
