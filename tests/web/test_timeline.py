"""A record's history: Zoho's own timeline beside our edits, each thing once, and what ran after an edit."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from sandbox.desk_records import desk_id
from sandbox.names import HOSTILE
from sandbox.server import Sandbox
from tests import walk
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.editing import edit_path, open_form, press, receipt_of
from zoho.connections import Connection
from zoho.runtime import Amend

TIMELINE = "GET /crm/v8/{module}/{id}/__timeline"
ROW = re.compile(r"<li[^>]*>\s*<div class=\"what\">.*?</li>", re.DOTALL)
NO_RIGHT = {"status": 403, "body": {"code": "NO_PERMISSION", "details": {}, "message": "permission denied", "status": "error"}}


@pytest.fixture
def page_of(connection_id: UUID, lead: str) -> str:
    return edit_path(connection_id, "crm", "Leads", lead) + "/history"


def edit(client: Visitor, connection_id: UUID, record_id: str, product: str = "crm", module: str = "Leads", **typed: str) -> str:
    """Save fields by their API names; the path of the receipt."""
    form = open_form(client, connection_id, product, module, record_id)
    for name, text in typed.items():
        form.type(f"f_{name}", text)
    answer = press(client, form)
    receipt_of(client, answer)
    return answer.location


def rows(client: Visitor, path: str, **query: str) -> list[str]:
    """What each entry says, newest first."""
    answer = client.get(path, query_string=query)
    assert answer.status_code == 200
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in ROW.findall(answer.text)]


def test_our_edits_alone_need_no_call(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, page_of: str) -> None:
    edit(client, connection_id, lead, City="Bern")
    sandbox.forget_calls()

    (row,) = rows(client, page_of)

    assert "City" in row
    assert "Bern" in row
    assert sandbox.requests == []


def test_an_edit_of_ours_stands_once_among_what_zoho_tells(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Clock, lead: str, page_of: str
) -> None:
    sandbox.edit("Leads", lead, by="Jonas Weber", City="Olten")
    clock.advance(hours=1)
    edit(client, connection_id, lead, City="Bern", Phone="+41 44 1")
    clock.advance(hours=1)
    sandbox.edit("Leads", lead, by="Jonas Weber", City="Chur")

    found = rows(client, page_of, zoho="1")

    assert len(found) == 4
    assert "Chur" in found[0]
    assert "in Zoho CRM" in found[0]
    assert "Ana Ruiz with Amend, in Zoho as" in found[1]
    assert "Receipt" in found[1]
    assert "Olten" in found[2]
    assert "created it" in found[3]


def test_another_app_that_writes_the_same_field_at_the_same_time_is_not_hidden(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, page_of: str
) -> None:
    edit(client, connection_id, lead, City="Bern")
    sandbox.edit("Leads", lead, City="Overwritten")

    found = rows(client, page_of, zoho="1")

    assert len(found) == 3
    assert any("Overwritten" in row and "with Amend" not in row for row in found)


@pytest.mark.parametrize("typed", [{"Next_Call": "2027-01-02T10:00"}, {"Budget": "1234.50"}, {"Newsletter": ""}, {"City": ""}])
def test_an_edit_is_recognised_whatever_its_type(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, page_of: str, typed: dict[str, str]
) -> None:
    sandbox.edit("Leads", lead, Newsletter=True, City="Chur")
    form = open_form(client, connection_id, "crm", "Leads", lead)
    for name, text in typed.items():
        form.type(f"f_{name}", *([text] if text or name != "Newsletter" else []))
    receipt_of(client, press(client, form))

    assert sum("with Amend" in row for row in rows(client, page_of, zoho="1")) == 1
    assert len(rows(client, page_of, zoho="1")) == 3


def test_our_edits_are_undone_from_there(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, page_of: str) -> None:
    before = sandbox.record("Leads", lead)["City"]
    receipt = edit(client, connection_id, lead, City="Bern")
    page = client.get(page_of, query_string={"zoho": "1"})
    assert f'action="{receipt}/undo"' in page.text

    answer = client.post(f"{receipt}/undo", page=page_of)

    assert answer.status_code == 303
    assert sandbox.record("Leads", lead)["City"] == before
    assert "undone" in " ".join(rows(client, page_of))


def test_older_entries_follow_by_zohos_token_and_nothing_is_shown_twice(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Clock, lead: str, page_of: str
) -> None:
    for number in range(70):
        clock.advance(minutes=10)
        if number % 10:
            sandbox.edit("Leads", lead, City=f"Town {number}")
        else:
            edit(client, connection_id, lead, City=f"Town {number}")

    seen: list[str] = []
    path = f"{page_of}?zoho=1"
    while path:
        answer = client.get(path)
        seen += re.findall(r"<ins>.*?(Town \d+)<", answer.text)
        link = re.search(r'rel="next" href="([^"]+)"', answer.text)
        path = link[1].replace("&amp;", "&") if link else ""

    assert seen == [f"Town {number}" for number in reversed(range(70))]


def test_hostile_values_are_shown_as_text(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, page_of: str) -> None:
    for text in HOSTILE:
        sandbox.edit("Leads", lead, Description=text)

    page = client.get(page_of, query_string={"zoho": "1"})

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


ABSURD: list[Any] = [{}, {"id": "1", "action": "updated", "field_history": [None, {}, {"api_name": 7, "_value": 3}], "done_by": "x"}]
ABSURD += [{"action": {"a": 1}, "audited_time": "never", "source": ["x"], "automation_details": [], "field_history": {"a": 1}}]
ABSURD += [
    {"action": "updated", "audited_time": "2026-01-01T00:00:00", "field_history": [{"api_name": "City", "_value": {"new": {"x": 1}}}]}
]


def test_absurd_entries_break_nothing(client: Visitor, connection_id: UUID, sandbox: Sandbox, page_of: str) -> None:
    sandbox.fail_next(TIMELINE, status=200, body={"__timeline": ABSURD, "info": {"more_records": True, "next_page_token": 5}})

    assert client.get(page_of, query_string={"zoho": "1"}).status_code == 200


@pytest.mark.parametrize("query", [{"token": "nonsense"}, {"token": "x y"}, {"token": "t" * 3000}, {"before": "yesterday"}])
def test_an_address_that_was_made_up_is_answered(client: Visitor, connection_id: UUID, page_of: str, query: dict[str, str]) -> None:
    assert client.get(page_of, query_string={"zoho": "1"} | query).status_code in (200, 400, 409, 422, 502)


def test_our_history_stays_when_zoho_refuses(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, page_of: str) -> None:
    edit(client, connection_id, lead, City="Bern")
    sandbox.fail_next(TIMELINE, times=2, **NO_RIGHT)

    whole = client.get(page_of, query_string={"zoho": "1"})
    part = client.get(page_of, query_string={"zoho": "1"}, headers={"HX-Request": "true"})

    assert (whole.status_code, part.status_code) == (403, 200)
    for page in (whole, part):
        assert "Zoho's timeline is missing" in text_of(page)
        assert "Bern" in page.text


def test_a_tickets_history_is_beside_ours(client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Clock) -> None:
    ticket = next(iter(sandbox.tickets))
    edit(client, connection_id, ticket, "desk", "tickets", subject="By us")
    clock.advance(hours=1)
    sandbox.edit("tickets", ticket, subject="By them")

    found = rows(client, edit_path(connection_id, "desk", "tickets", ticket) + "/history", zoho="1")

    assert len(found) == 3
    assert "By them" in found[0]
    assert "with Amend" in found[1]
    assert "created it" in found[2]


def test_what_desk_keeps_of_a_contact_is_said(client: Visitor, connection_id: UUID) -> None:
    path = edit_path(connection_id, "desk", "contacts", desk_id("contacts", 3)) + "/history"

    page = text_of(client.get(path, query_string={"zoho": "1"}))

    assert "Desk keeps no history of the fields of contacts" in page
    assert "(ticket " in page


def test_the_history_is_linked_from_the_record_and_the_receipt(client: Visitor, connection_id: UUID, lead: str, page_of: str) -> None:
    receipt = edit(client, connection_id, lead, City="Bern")

    for path in (edit_path(connection_id, "crm", "Leads", lead), receipt):
        assert f'href="{page_of}' in client.get(path).text


def test_what_ran_after_an_edit_is_told_on_demand(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    sandbox.config.automation = {"Leads": {"City": "By a rule"}}
    receipt = edit(client, connection_id, lead, Phone="+41 44 1")
    assert f'hx-get="{receipt}/automations"' in client.get(receipt).text

    page = text_of(client.get(f"{receipt}/automations"))

    assert "by a workflow" in page
    assert "By a rule" in page


def test_that_nothing_ran_is_told_too(client: Visitor, connection_id: UUID, lead: str) -> None:
    receipt = edit(client, connection_id, lead, Phone="+41 44 1")

    assert "Zoho's timeline shows no automation" in text_of(client.get(f"{receipt}/automations"))


def test_what_ran_is_not_told_to_anybody_else(
    app: Flask, amend: Amend, client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    receipt = edit(client, connection_id, lead, Phone="+41 44 1")
    sandbox.fail_next(TIMELINE, **NO_RIGHT)
    assert client.get(f"{receipt}/automations").status_code == 403
    assert Visitor(app.test_client()).get(f"{receipt}/automations").status_code == 303
    assert client.get("/history/00000000-0000-4000-8000-000000000000/automations").status_code == 404
    with amend.sessions.begin() as session:
        session.execute(update(Connection).values(user_id=walk.add(amend, "eve@example.com")))

    assert client.get(f"{receipt}/automations").status_code == 404
