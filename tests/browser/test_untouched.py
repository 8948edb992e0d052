"""A form that nobody touched sends nothing: what Chromium makes of every hostile value is no change."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import expect

from sandbox.desk_records import COUNT, HOSTILE_FROM, LONG_TICKET, desk_id
from sandbox.names import HOSTILE
from sandbox.server import Sandbox
from tests.browser.conftest import Visit
from tests.browser.steps import expect_verdict, open_record, press
from tests.web.editing import edit_path

CRM = ("Leads", "Contacts", "Accounts", "Deals", "Vehicles")
DESK = ("tickets", "contacts", "accounts")
UNUSUAL = ("nulls", "limits", "negative", "long", "locked", "blueprint", "converted", "in_approval")

REVIEW_ALL = """async (paths) => {
  const wrong = [];
  for (const path of paths) {
    const opened = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
    const form = opened.getElementById("edit");
    if (!form) { wrong.push([path, "no form"]); continue; }
    const body = new FormData(form);
    body.set("action", "review");
    const answer = await (await fetch(path, { method: "POST", body })).text();
    const review = new DOMParser().parseFromString(answer, "text/html").querySelector(".review");
    if (!review?.textContent.includes("Nothing was changed yet")) wrong.push([path, review?.textContent ?? answer.slice(-2000)]);
  }
  return wrong;
}"""
"""Opens and sends each form without painting it. Chromium parses the page, sanitises every control's value, says which
option is chosen, and encodes what it posts, line ends too."""


@pytest.fixture
def hostile(connection_id: UUID, sandbox: Sandbox) -> list[str]:
    """Paths of the edit pages of all records that hold something nasty."""
    crm = [
        edit_path(connection_id, "crm", module, id_)
        for module in CRM
        for id_ in (*sandbox.hostile(module), *(sandbox.special(module, what) for what in UNUSUAL))
    ]
    desk = [
        edit_path(connection_id, "desk", module, desk_id(module, at))
        for module in DESK
        for at in range(HOSTILE_FROM, min(COUNT[module], HOSTILE_FROM + len(HOSTILE)))
    ]
    return [*crm, *desk, edit_path(connection_id, "desk", "tickets", desk_id("tickets", LONG_TICKET))]


def test_what_chromium_makes_of_hostile_records_is_no_change(visit: Visit, hostile: list[str], sandbox: Sandbox) -> None:
    page = visit.enter()

    wrong = page.evaluate(REVIEW_ALL, hostile)

    assert wrong == []
    assert sandbox.calls("PUT *") == sandbox.calls("PATCH *") == 0


def test_pressing_a_button_at_once_sends_nothing(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    page = visit.enter()
    for module, at in zip(CRM, (0, 5, 10, 15, 17), strict=True):
        open_record(page, connection_id, module, sandbox.hostile(module)[at])
        expect(page.get_by_text("No changes yet.")).to_be_visible()
        press(page, "Review")
        expect(page.get_by_text("Nothing was changed yet")).to_be_visible()
        press(page, "Save")
        expect(page.get_by_role("alert").filter(has_text="Nothing was changed")).to_be_visible()

    assert sandbox.calls("PUT *") == 0


def test_a_form_of_three_hundred_fields_can_be_edited(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    sandbox.config.wide_module = True
    record_id = sandbox.ids("Wide")[3]
    page = visit.enter()
    open_record(page, connection_id, "Wide", record_id)
    page.get_by_label("Filter fields").fill("wide 290")
    expect(page.get_by_label("Wide 289", exact=True)).to_be_hidden()
    page.get_by_label("Wide 290", exact=True).fill("the last but nine")
    press(page, "Save")

    expect_verdict(page, "Stored. Zoho now shows Wide 290 = the last but nine.")
    assert sandbox.record("Wide", record_id)["Wide_290"] == "the last but nine"
