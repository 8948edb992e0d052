"""The rewind page: what is shown is what is sent, and the receipt says to when."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sandbox.desk_records import desk_id
from sandbox.names import HOSTILE
from sandbox.server import Sandbox
from tests import walk
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.editing import edit_path, open_form, press, receipt_of
from zoho.runtime import Amend

TIMELINE = "GET /crm/v8/{module}/{id}/__timeline"
PUT = "PUT /crm/v8/{module}/{id}"
REWIND = re.compile(r'href="([^"]+/rewind\?to=[^"]+)"')
NO_RIGHT = {"status": 403, "body": {"code": "NO_PERMISSION", "details": {}, "message": "permission denied", "status": "error"}}


@pytest.fixture
def here(connection_id: UUID, lead: str) -> str:
    return edit_path(connection_id, "crm", "Leads", lead)


@pytest.fixture
def chur(sandbox: Sandbox, clock: Clock, lead: str) -> None:
    """James made it Chur, then Noor Olten and another phone."""
    sandbox.edit("Leads", lead, by="James O'Connor", City="Chur", Phone="+41 1")
    clock.advance(hours=1)
    sandbox.edit("Leads", lead, by="Noor Haddad", City="Olten", Phone="+41 2")


def links(client: Visitor, here: str) -> list[str]:
    """Addresses of "Rewind to here", newest first."""
    return [unescape(found) for found in REWIND.findall(client.get(f"{here}/history?zoho=1").text)]


def ticked(page: TestResponse) -> list[str]:
    return re.findall(r'name="field" value="(\w+)" checked', page.text)


def rewind(client: Visitor, path: str, *names: str, **more: str) -> TestResponse:
    """Open the page, and press its button with these fields ticked (by default as it came)."""
    page = client.get(path)
    return send(client, page, path, *(names or ticked(page)), **more)


def send(client: Visitor, page: TestResponse, path: str, *names: str, **more: str) -> TestResponse:
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return client.client.post(path, data={**{key: unescape(text) for key, text in hidden.items()}, "field": list(names), **more})


@pytest.mark.usefixtures("chur")
def test_a_record_goes_back_to_an_entry_of_the_timeline(client: Visitor, sandbox: Sandbox, lead: str, here: str) -> None:
    path = links(client, here)[0]
    page = client.get(path)
    assert "Rewind 2 fields" in text_of(page)
    assert ticked(page) == ["City", "Phone"]

    receipt = receipt_of(client, rewind(client, path))

    assert (sandbox.record("Leads", lead)["City"], sandbox.record("Leads", lead)["Phone"]) == ("Chur", "+41 1")
    assert "Stored." in text_of(receipt)
    assert "Rewound to" in text_of(receipt)
    assert "(by rewind)" in text_of(receipt)
    assert " · rewind" in text_of(client.get("/history"))
    assert "with Amend, by rewind" in text_of(client.get(f"{here}/history?zoho=1"))


@pytest.mark.usefixtures("chur")
def test_a_rewind_is_undone_like_any_edit(client: Visitor, sandbox: Sandbox, lead: str, here: str) -> None:
    receipt = rewind(client, links(client, here)[0]).location

    undone = client.post(f"{receipt}/undo", page=receipt)

    assert sandbox.record("Leads", lead)["City"] == "Olten"
    assert "Rewound" not in text_of(client.get(undone.location))


@pytest.mark.usefixtures("chur")
def test_only_what_is_ticked_goes_back(client: Visitor, sandbox: Sandbox, lead: str, here: str) -> None:
    receipt_of(client, rewind(client, links(client, here)[0], "Phone"))

    assert (sandbox.record("Leads", lead)["City"], sandbox.record("Leads", lead)["Phone"]) == ("Olten", "+41 1")


@pytest.mark.usefixtures("chur")
def test_automations_are_chosen_as_in_the_form(client: Visitor, sandbox: Sandbox, here: str) -> None:
    receipt = receipt_of(client, rewind(client, links(client, here)[0], automations="none"))

    assert "None: all were left out" in text_of(receipt)
    assert sandbox.matching(PUT)[-1].body["trigger"] == []


@pytest.mark.usefixtures("chur")
def test_nothing_ticked_sends_nothing(client: Visitor, sandbox: Sandbox, here: str) -> None:
    path = links(client, here)[0]

    answer = send(client, client.get(path), path)

    assert answer.status_code == 422
    assert "Nothing was ticked" in text_of(answer)
    assert sandbox.calls(PUT) == 0


@pytest.mark.usefixtures("chur")
def test_a_record_that_changed_meanwhile_is_not_overwritten(client: Visitor, sandbox: Sandbox, clock: Clock, lead: str, here: str) -> None:
    path = links(client, here)[0]
    page = client.get(path)
    clock.advance(minutes=5)
    sandbox.edit("Leads", lead, by="James O'Connor", City="Aarau")

    answer = send(client, page, path, "City", "Phone")

    assert answer.status_code == 409
    assert "James O'Connor changed this record" in text_of(answer)
    assert "Aarau" in text_of(answer)
    assert sandbox.record("Leads", lead)["City"] == "Aarau"
    receipt_of(client, send(client, answer, path, *ticked(answer)))
    assert sandbox.record("Leads", lead)["City"] == "Chur"


@pytest.mark.usefixtures("chur")
def test_the_same_page_sent_twice_writes_once(client: Visitor, sandbox: Sandbox, here: str) -> None:
    path = links(client, here)[0]
    page = client.get(path)

    answers = [send(client, page, path, "City") for _ in range(2)]

    assert answers[0].location == answers[1].location
    assert sandbox.calls(PUT) == 1


@pytest.mark.usefixtures("chur")
def test_a_page_that_was_altered_sends_nothing(client: Visitor, sandbox: Sandbox, here: str) -> None:
    path = links(client, here)[0]

    answer = send(client, client.get(path), path, "City", sealed="made up")

    assert answer.status_code == 409
    assert "too old to compare with" in text_of(answer)
    assert sandbox.calls(PUT) == 0


@pytest.mark.usefixtures("chur")
def test_what_zoho_refuses_is_said_on_the_page(client: Visitor, sandbox: Sandbox, here: str) -> None:
    path = links(client, here)[0]
    error = {"code": "INVALID_DATA", "details": {"api_name": "Phone"}, "message": "invalid data", "status": "error"}
    sandbox.fail_next(PUT, status=400, body={"data": [error]})
    refused = rewind(client, path)
    sandbox.fail_next(PUT, **NO_RIGHT)
    forbidden = rewind(client, path)

    assert (refused.status_code, forbidden.status_code) == (422, 403)
    assert "Not rewound" in text_of(refused)
    for page in (refused, forbidden):
        assert ticked(page) == ["City", "Phone"]
    receipt_of(client, send(client, forbidden, path, "City"))


def test_there_is_nothing_to_rewind_to_at_the_newest_entry(client: Visitor, sandbox: Sandbox, clock: Clock, lead: str, here: str) -> None:
    sandbox.edit("Leads", lead, City="Chur")
    newest = datetime.fromisoformat(sandbox.record("Leads", lead)["Modified_Time"])

    page = client.get(f"{here}/rewind", query_string={"to": newest.isoformat()})

    assert len(links(client, here)) == 1
    assert "Nothing of this record changed after that" in text_of(page)
    assert "<form" not in page.text.split("<main")[1].split("</main")[0]


def test_a_time_before_the_record_was_is_told_with_the_earliest(client: Visitor, sandbox: Sandbox, lead: str, here: str) -> None:
    sandbox.edit("Leads", lead, City="Chur")

    page = client.get(f"{here}/rewind", query_string={"to": "2001-01-01T00:00:00+00:00"})

    assert "The record was created after that." in text_of(page)
    assert "Rewind 1 field" in text_of(client.get(unescape(REWIND.findall(page.text)[0])))


def test_hostile_values_go_back_whole_and_are_shown_as_text(client: Visitor, sandbox: Sandbox, clock: Clock, lead: str, here: str) -> None:
    for text in HOSTILE:
        sandbox.edit("Leads", lead, Description=text)
        clock.advance(hours=1)
        sandbox.edit("Leads", lead, Description="Harmless")
        path = links(client, here)[0]

        page = client.get(path)
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        receipt_of(client, send(client, page, path, "Description"))

        assert sandbox.record("Leads", lead)["Description"].replace("\r\n", "\n") == text.replace("\r\n", "\n")
        clock.advance(hours=1)


def test_a_ticket_goes_back_by_its_history(client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Clock) -> None:
    ticket = next(iter(sandbox.tickets))
    before = sandbox.tickets[ticket]["subject"]
    sandbox.edit("tickets", ticket, subject="By them")
    path = links(client, edit_path(connection_id, "desk", "tickets", ticket))[0]

    receipt = receipt_of(client, rewind(client, path, quiet_close="1"))

    assert sandbox.tickets[ticket]["subject"] == before
    assert "the customer was not notified" in text_of(receipt)


def test_customers_of_desk_have_nothing_to_be_rewound_by(client: Visitor, connection_id: UUID) -> None:
    here = edit_path(connection_id, "desk", "contacts", desk_id("contacts", 3))

    page = client.get(f"{here}/rewind", query_string={"to": "2026-01-01T00:00:00+00:00"})

    assert links(client, here) == []
    assert "Desk keeps no history of the fields of contacts" in text_of(page)


@pytest.mark.parametrize("to", ["", "yesterday", "2026-01-01T00:00:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_is_none_has_no_page(client: Visitor, here: str, to: str) -> None:
    assert client.get(f"{here}/rewind", query_string={"to": to}).status_code == 404


def test_a_timeline_that_zoho_refuses_is_said(client: Visitor, sandbox: Sandbox, here: str) -> None:
    sandbox.fail_next(TIMELINE, **NO_RIGHT)

    assert client.get(f"{here}/rewind", query_string={"to": "2026-01-01T00:00:00+00:00"}).status_code == 403


@pytest.mark.usefixtures("chur")
def test_a_rewind_is_nobody_elses(app: Flask, amend: Amend, client: Visitor, anonymous: Visitor, here: str) -> None:
    path = links(client, here)[0]
    assert anonymous.get(path).status_code == 303
    walk.add(amend, "eve@example.com")
    elsewhere = path.replace(here.split("/")[2], "00000000-0000-4000-8000-000000000000")

    assert client.get(elsewhere).status_code == 404


@pytest.mark.usefixtures("chur")
def test_a_locked_record_shows_what_bars_it(client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Clock) -> None:
    locked = sandbox.special("Leads", "locked")
    sandbox.edit("Leads", locked, City="Chur")
    here = edit_path(connection_id, "crm", "Leads", locked)

    page = client.get(links(client, here)[0])

    assert "None of what changed since can be put back." in text_of(page)
    assert "City" in text_of(page)


def test_our_own_edits_go_back_by_their_receipts(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, clock: Clock, lead: str, here: str
) -> None:
    before = sandbox.record("Leads", lead)["Brief"]
    clock.advance(hours=1)
    form = open_form(client, connection_id, "crm", "Leads", lead)
    form.type("f_Brief", "<p>By us</p>")
    receipt_of(client, press(client, form))

    receipt_of(client, rewind(client, links(client, here)[0]))

    assert sandbox.record("Leads", lead)["Brief"] == before
