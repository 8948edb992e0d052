"""The main job, by what a person sees: with a mouse, with the keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from people.users import User
from sandbox.people import PEOPLE
from sandbox.server import Sandbox
from tests.browser.conftest import Visit, sign_in
from tests.browser.steps import control, expect_comforts, expect_verdict, follow, press, retype, tab_to
from tests.conftest import EMAIL, PASSWORD

JAMES = PEOPLE[2]
TYPED = {
    "First Name": "Zoë",
    "Short Note": "First line\nsecond line",
    "Email": "zoe.new@customer.example",
    "Phone": "+41 44 123 45 67",
    "Homepage": "https://www.alpenglow.example",
    "Head Count": "1250",
    "Ledger Number": "999999999999999999",
    "Score": "12.5",
    "Budget": "98765.43",
    "Discount": "15",
    "First Contact": "2026-11-02",
    "Next Call": "2026-12-01T09:30:00",
}
CHOSEN = {"Lead Source": ["Online Store"], "Interests": ["Opera", "Café society"]}
STORED = {
    "First_Name": "Zoë",
    "Short_Note": "First line\nsecond line",
    "Email": "zoe.new@customer.example",
    "Phone": "+41 44 123 45 67",
    "Homepage": "https://www.alpenglow.example",
    "Head_Count": 1250,
    "Ledger_Number": "999999999999999999",
    "Score": 12.5,
    "Discount": 15,
    "First_Contact": "2026-11-02",
    "Next_Call": "2026-12-01T09:30:00+01:00",
    "Lead_Source": "OnlineStore",
    "Interests": ["Opera", "Café society"],
}
MOVES = ("Modified_Time", "Modified_By", "Last_Activity_Time")


@pytest.fixture
def lead(sandbox: Sandbox) -> str:
    return sandbox.ids("Leads")[5]


def without_moves(record: dict[str, Any]) -> dict[str, Any]:
    """What an undo brings back; a time in whatever zone."""
    kept = {name: value for name, value in record.items() if name not in MOVES}
    return kept | {"Next_Call": datetime.fromisoformat(record["Next_Call"])}


def connect(page: Page, sandbox: Sandbox, site: str) -> None:
    """Over the consent page, which is on another origin, and back."""
    follow(page, "Go to the three steps")
    press(page, "Connect Zoho")
    expect(page).to_have_url(re.compile(re.escape(sandbox.accounts_url)))
    press(page, "Accept")
    expect(page).to_have_url(re.compile(f"{re.escape(site)}/connections/[0-9a-f-]+$"))


def fill(page: Page, contact: str) -> None:
    for label, text in TYPED.items():
        control(page, label).fill(text)
    control(page, "Newsletter").click()
    for label, options in CHOSEN.items():
        control(page, label).select_option(label=options)
    control(page, "Lead Owner").select_option(JAMES.id)
    control(page, "Referred By").fill(contact)


def test_from_signing_in_to_a_stored_edit_its_undo_and_the_end_of_the_connection(
    visit: Visit, sandbox: Sandbox, site: str, lead: str
) -> None:
    before = dict(sandbox.record("Leads", lead))
    contact = sandbox.ids("Contacts")[8]
    page = visit.open()
    page.goto("/")
    sign_in(page)
    connect(page, sandbox, site)
    follow(page, "Find and edit records")
    page.get_by_label("Find a record").fill(before["Email"])
    press(page, "Find")
    page.get_by_role("region", name="Leads").get_by_role("link", name=before["Full_Name"], exact=True).click()

    fill(page, contact)
    press(page, "Review")
    expect(page.get_by_role("status").filter(has_text="Nothing has been sent yet")).to_contain_text("+41 44 123 45 67")
    assert sandbox.record("Leads", lead)["Phone"] == before["Phone"]
    press(page, "Save")

    expect_verdict(page, "Stored. Zoho now shows")
    now = sandbox.record("Leads", lead)
    assert {name: now[name] for name in STORED} == STORED
    assert str(now["Budget"]) == "98765.43"
    assert now["Newsletter"] is not before["Newsletter"]
    assert (now["Owner"]["name"], now["Referred_By"]["id"]) == (JAMES.name, contact)
    untouched = [name for name in before if name not in {*STORED, *MOVES, "Budget", "Newsletter", "Owner", "Referred_By", "Full_Name"}]
    assert {name: now[name] for name in untouched} == {name: before[name] for name in untouched}

    page.get_by_role("navigation", name="Main").get_by_role("link", name="History").click()
    page.get_by_role("row").filter(has_text="stored").get_by_role("link").click()
    press(page, "Undo")
    expect_verdict(page, "Stored. Zoho now shows")
    assert without_moves(sandbox.record("Leads", lead)) == without_moves(before)

    follow(page, "Connections")
    page.get_by_role("link", name="Open records").click()
    page.get_by_role("navigation", name="Zoho Desk").get_by_role("link", name="Tickets", exact=True).click()
    page.get_by_role("row").nth(2).get_by_role("link").click()
    control(page, "Subject").fill("The parcel has arrived after all")
    control(page, "Priority").select_option(label="Low")
    press(page, "Save")
    expect_verdict(page, "Stored. Zoho now shows")
    ticket = page.locator("dl .id").inner_text()
    assert (sandbox.tickets[ticket]["subject"], sandbox.tickets[ticket]["priority"]) == ("The parcel has arrived after all", "Low")

    follow(page, "Connections")
    page.get_by_role("row").nth(1).get_by_role("rowheader").get_by_role("link").click()
    press(page, "Disconnect")
    press(page, "Disconnect")
    expect(page.get_by_text("Amend holds no token for this connection any more")).to_be_visible()
    assert sandbox.grants == []


def test_signing_in_finding_editing_and_saving_need_no_mouse(visit: Visit, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    name = sandbox.record("Leads", lead)["Full_Name"]
    page = visit.open()
    page.goto("/sign-in")
    expect(control(page, "Email")).to_be_focused()
    page.keyboard.type(EMAIL)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("Connections"))
    tab_to(page, "Open records for Zylker Demo")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("Leads"))
    expect_comforts(page)
    page.keyboard.press("/")
    retype(page, sandbox.record("Leads", lead)["Email"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("records for “")).to_be_visible(timeout=30_000)  # of eight modules, the first time
    tab_to(page, name)
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile(re.escape(name)))

    expect_comforts(page)
    tab_to(page, "Phone")
    retype(page, "+41 44 123 45 67")
    tab_to(page, "Lead Source")
    page.keyboard.type("Trade")
    page.keyboard.press("Control+Enter")

    expect_verdict(page, "Stored. Zoho now shows Phone = +41 44 123 45 67")
    assert (sandbox.record("Leads", lead)["Phone"], sandbox.record("Leads", lead)["Lead_Source"]) == ("+41 44 123 45 67", "Trade Show")


def test_enter_in_a_field_reviews_and_sends_nothing(visit: Visit, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    page = visit.enter()
    page.goto(f"/connections/{connection_id}/records/crm/Leads/{lead}")
    control(page, "Phone").fill("+41 1")
    control(page, "Phone").press("Enter")

    expect_verdict(page, "Nothing has been sent yet")
    assert sandbox.calls("PUT /crm/v8/{module}/{id}") == 0


def test_the_same_edit_works_without_javascript(visit: Visit, user: User, sandbox: Sandbox, site: str, lead: str) -> None:
    contact = sandbox.ids("Contacts")[8]
    page = visit.open(java_script_enabled=False)
    page.goto("/")
    sign_in(page)
    connect(page, sandbox, site)
    follow(page, "Find and edit records")
    page.get_by_label("Find a record").fill(lead)
    press(page, "Find")

    fill(page, contact)
    press(page, "Review")
    expect(page.get_by_role("status").filter(has_text="Nothing has been sent yet")).to_contain_text("+41 44 123 45 67")
    press(page, "Save")

    expect_verdict(page, "Stored. Zoho now shows")
    now = sandbox.record("Leads", lead)
    assert {name: now[name] for name in STORED} == STORED
