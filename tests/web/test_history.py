"""The history and its receipts: verdicts in words, undo, check, and who may see them."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID, uuid4

import pytest

from changes.plans import Verdict
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.editing import open_form, press, receipt_of
from web import verdicts
from zoho.runtime import Amend

PUT = "PUT /crm/v8/{module}/{id}"
GET = "GET /crm/v8/{module}/{id}"


def edit(client: Visitor, connection_id: UUID, lead: str, **typed: str) -> str:
    """Save fields by their API names; the path of the receipt."""
    form = open_form(client, connection_id, "crm", "Leads", lead)
    for name, text in typed.items():
        form.type(f"f_{name}", text)
    answer = press(client, form)
    receipt_of(client, answer)
    return answer.location


def test_an_empty_history_says_what_will_be_here(client: Visitor) -> None:
    assert "Nothing was edited yet." in text_of(client.get("/history"))


def test_an_edit_is_one_line_with_person_record_fields_and_verdict(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    receipt = edit(client, connection_id, lead, Phone="+41 1", City="Bern")

    page = client.get("/history")

    text = text_of(page)
    assert receipt in page.text
    for word in ("ana@example.com", sandbox.record("Leads", lead)["Last_Name"], "Phone, City", "stored", "Leads"):
        assert word in text


def test_the_history_is_filtered_by_connection_verdict_and_record(client: Visitor, connection_id: UUID, lead: str) -> None:
    receipt = edit(client, connection_id, lead, Phone="+41 1")

    for query in (f"connection={connection_id}", "verdict=stored", f"product=crm&module=Leads&record={lead}"):
        assert receipt in client.get(f"/history?{query}").text
    for query in (f"connection={uuid4()}", "verdict=refused", "product=crm&module=Leads&record=1"):
        assert "No edit matches." in client.get(f"/history?{query}").text
    for query in ("connection=x&verdict=y&before=z&record=", "before=2026-01-01", "before=9999-99-99T00:00:00Z"):
        assert client.get(f"/history?{query}").status_code == 200


def test_older_edits_are_a_page_away(
    client: Visitor, connection_id: UUID, lead: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = edit(client, connection_id, lead, Phone="+41 1")
    for number in range(50):
        clock.advance(minutes=1)
        edit(client, connection_id, lead, Phone=f"+41 {number}2")

    page = client.get("/history")
    older = re.search(r'rel="next" href="([^"]+)"', page.text)

    assert older is not None
    assert first not in page.text
    assert first in client.get(unescape(older[1])).text


def test_the_receipt_says_what_zoho_shows_now_and_how_it_came_about(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    before = sandbox.record("Leads", lead)["Phone"]
    page = client.get(edit(client, connection_id, lead, Phone="+41 44 123 45 67"))

    assert re.search(r'role="status">\s*<h1[^>]*>Stored\. Zoho now shows Phone = \+41 44 123 45 67\.', page.text)
    text = text_of(page)
    for word in (
        before,
        "Field",
        "Before",
        "Sent",
        "Zoho now",
        "All (Zoho's default)",
        "ana@example.com",
        "Zoho's answer",
        "SUCCESS",
        "Undo",
        "Edit again",
    ):
        assert word in text
    assert "Open in Zoho" not in text


def test_a_receipt_hides_tokens(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    page = client.get(edit(client, connection_id, lead, Phone="+41 1"))

    assert "1000." not in page.text


def test_undo_puts_the_earlier_value_back_and_both_receipts_know(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock
) -> None:
    before = sandbox.record("Leads", lead)["Phone"]
    receipt = edit(client, connection_id, lead, Phone="+41 1")
    clock.advance(minutes=1)

    answer = client.post(f"{receipt}/undo", page=receipt)

    assert answer.status_code == 303
    assert sandbox.record("Leads", lead)["Phone"] == before
    undone, undoing = client.get(receipt), client.get(answer.location)
    assert answer.location in undone.text
    assert receipt in undoing.text
    assert ">Undo</button>" not in undone.text


def test_undo_leaves_a_field_alone_that_was_changed_since(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock
) -> None:
    city = sandbox.record("Leads", lead)["City"]
    receipt = edit(client, connection_id, lead, Phone="+41 1", City="Chur")
    clock.advance(minutes=1)
    sandbox.edit("Leads", lead, Phone="+41 99")

    answer = client.post(f"{receipt}/undo", page=receipt)

    assert (sandbox.record("Leads", lead)["Phone"], sandbox.record("Leads", lead)["City"]) == ("+41 99", city)
    assert "Phone was left alone: it was changed since, and is now +41 99." in text_of(client.get(answer.location))


def test_undo_with_nothing_left_to_undo_says_so(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock) -> None:
    receipt = edit(client, connection_id, lead, Phone="+41 1")
    clock.advance(minutes=1)
    sandbox.edit("Leads", lead, Phone="+41 99")

    page = client.post(f"{receipt}/undo", page=receipt)

    assert page.status_code == 422
    assert "Nothing was sent" in page.text
    assert "Phone: it was changed since, and is now +41 99." in text_of(page)


def test_an_undo_that_zoho_cannot_do_now_says_why_on_the_receipt(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    receipt = edit(client, connection_id, lead, Phone="+41 1")
    sandbox.revoke_all()

    page = client.post(f"{receipt}/undo", page=receipt)

    assert page.status_code >= 400
    assert "Reconnect" in page.text
    assert "Stored. Zoho now shows" in page.text


def test_an_unknown_edit_is_settled_by_check_now(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    sandbox.fail_next(PUT, fault="reset_after")
    sandbox.fail_next(GET, status=500, times=None)
    receipt = press(client, form).location
    assert "We do not know whether Zoho stored this" in client.get(receipt).text
    assert receipt in client.get("/history?verdict=unknown").text

    early = client.post(f"{receipt}/check", page=receipt)
    assert early.status_code == 502
    sandbox.clear_faults()
    clock.advance(minutes=2)
    client.post(f"{receipt}/check", page=receipt)

    assert "Stored. Zoho now shows Phone = +41 1." in text_of(client.get(receipt))
    assert len(sandbox.matching(PUT)) == 1


def test_a_change_that_an_automation_took_back_is_told(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    before = sandbox.record("Leads", lead)["City"]
    sandbox.config.automation = {"Leads": {"City": before}}

    text = text_of(client.get(edit(client, connection_id, lead, City="Chur")))

    assert f"Zoho accepted the change but kept City = {before}." in text
    assert "An automation or rule may have changed it back." in text


def test_a_value_that_zoho_stored_differently_is_told(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    sandbox.config.automation = {"Leads": {"City": "CHUR"}}

    text = text_of(client.get(edit(client, connection_id, lead, City="Chur", Phone="+41 1")))

    assert "Zoho accepted the change but stored a different value: City = CHUR." in text
    assert "Stored as sent: Phone." in text


def test_a_refused_edit_is_in_the_history_with_zohos_reason(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    details = {"api_name": "Phone", "maximum_length": 2}
    sandbox.fail_next(
        PUT, status=400, body={"data": [{"code": "INVALID_DATA", "status": "error", "message": "invalid data", "details": details}]}
    )
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    press(client, form)

    page = client.get("/history?verdict=refused")
    receipt = re.search(r'href="(/history/[0-9a-f-]{36})"', page.text)

    assert receipt is not None
    assert "Zoho refused this edit. Nothing was stored." in client.get(receipt[1]).text
    assert "INVALID_DATA" in client.get(receipt[1]).text


@pytest.mark.parametrize("path", ["", "/undo", "/check"])
def test_another_operators_receipt_is_not_found(
    client: Visitor, anonymous: Visitor, connection_id: UUID, lead: str, amend: Amend, path: str
) -> None:
    missing = f"/history/{uuid4()}{path}"
    answer = client.post(missing, page="/history") if path else client.get(missing)

    assert answer.status_code == 404
    assert (anonymous.client.post(missing) if path else anonymous.get(missing)).status_code == 303


def test_every_verdict_has_words_and_a_tone() -> None:
    assert set(verdicts.TONES) == set(Verdict) == set(verdicts._WORDS)
    assert verdicts.tone("stored") == "success"
    assert verdicts.tone("no such word") == "secondary"
