"""How often Zoho is asked: credits are counted, and a person waits for each call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from changes import execute_tool
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.editing import open_form, press
from zoho.runtime import Amend


def plain_lead(sandbox: Sandbox) -> str:
    """One without a text that Zoho cuts: that would cost a call more."""
    return next(one for one in sandbox.ids("Leads") if len(sandbox.record("Leads", one).get("Brief") or "") < 400)


@pytest.fixture(params=["crm", "desk"])
def record(request: pytest.FixtureRequest, sandbox: Sandbox) -> tuple[str, str, str]:
    if request.param == "crm":
        return "crm", "Leads", plain_lead(sandbox)
    return "desk", "tickets", next(iter(sandbox.tickets))


@pytest.fixture
def calls(sandbox: Sandbox) -> Callable[[], list[str]]:
    """What was asked since the last look."""
    seen = 0

    def look() -> list[str]:
        nonlocal seen
        new = [f"{request.method} {request.path}" for request in sandbox.requests[seen:]]
        seen += len(new)
        return new

    return look


def test_opening_takes_four_calls_cold_and_one_warm(
    client: Visitor, connection_id: UUID, record: tuple[str, str, str], sandbox: Sandbox, calls: Callable[[], list[str]]
) -> None:
    """A subform has its columns in a module of their own: one call more, cold."""
    calls()
    open_form(client, connection_id, *record)
    cold = calls()
    open_form(client, connection_id, *record)
    assert len(cold) <= 4 + (record[1] == "Leads"), cold
    assert len(calls()) == 1


def test_saving_takes_two_calls_in_crm_and_three_in_desk(
    client: Visitor, connection_id: UUID, record: tuple[str, str, str], sandbox: Sandbox, calls: Callable[[], list[str]]
) -> None:
    form = open_form(client, connection_id, *record)
    calls()
    assert press(client, form.type("Phone", "044 123 45 67")).status_code == 303
    assert len(calls()) == {"crm": 2, "desk": 3}[record[0]]


def test_a_script_pays_for_one_read_more_than_the_form(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, calls: Callable[[], list[str]]
) -> None:
    lead = plain_lead(sandbox)
    for city in ("Bern", "Basel"):
        calls()
        execute_tool(amend, connection_id, "crm.update_record", {"module": "Leads", "id": lead, "fields": {"City": city}})
    assert calls() == [f"GET /crm/v8/Leads/{lead}", f"PUT /crm/v8/Leads/{lead}", f"GET /crm/v8/Leads/{lead}"]


def test_fields_are_read_again_after_an_hour_or_when_asked_for(
    client: Visitor, connection_id: UUID, record: tuple[str, str, str], sandbox: Sandbox, clock: Clock, calls: Callable[[], list[str]]
) -> None:
    open_form(client, connection_id, *record)
    clock.advance(minutes=59)
    form = open_form(client, connection_id, *record).type("Phone", "044 999")
    calls()
    answer = press(client, form, "refresh")
    page = client.get(answer.location)
    assert any("fields" in line for line in calls())
    assert 'value="044 999"' in page.text  # what was typed is still there
    clock.at += timedelta(minutes=61)
    open_form(client, connection_id, *record)
    assert any("fields" in line for line in calls())


def test_the_page_says_how_old_its_fields_are(
    client: Visitor, connection_id: UUID, record: tuple[str, str, str], sandbox: Sandbox, clock: Clock
) -> None:
    open_form(client, connection_id, *record)
    read_at = clock()
    clock.advance(minutes=30)
    product, module, record_id = record
    page = client.get(f"/connections/{connection_id}/records/{product}/{module}/{record_id}")
    assert f'<time datetime="{read_at.isoformat()}"' in page.text
    assert "Ask Zoho again" in text_of(page)


def test_a_part_that_zoho_refuses_is_not_asked_for_at_every_opening(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Clock, calls: Callable[[], list[str]]
) -> None:
    body = {"code": "NO_PERMISSION", "details": {}, "message": "permission denied", "status": "error"}
    sandbox.fail_next("GET /crm/v8/settings/layouts", status=403, body=body, times=None)
    lead = ("crm", "Leads", plain_lead(sandbox))
    open_form(client, connection_id, *lead)
    calls()
    open_form(client, connection_id, *lead)
    assert len(calls()) == 1
    clock.advance(minutes=11)
    open_form(client, connection_id, *lead)
    assert any("layouts" in line for line in calls())
