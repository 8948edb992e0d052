"""What was typed survives: a refusal, somebody else's change, the end of a session, a dead token."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from sandbox.server import Sandbox
from tests.browser.conftest import Visit, sign_in
from tests.browser.steps import control, expect_verdict, follow, open_record, press

PUT = "PUT /crm/v8/{module}/{id}"
TYPED = {"First Name": "Noémie", "Short Note": "two\nlines", "Budget": "1234.5", "Next Call": "2026-12-24T18:00:30"}


@pytest.fixture
def lead(sandbox: Sandbox) -> str:
    return sandbox.ids("Leads")[6]


@pytest.fixture
def page(visit: Visit, connection_id: UUID, lead: str) -> Page:
    """The edit page of a lead, with something of every kind typed."""
    page = visit.enter()
    open_record(page, connection_id, "Leads", lead)
    for label, text in TYPED.items():
        control(page, label).fill(text)
    control(page, "Newsletter").check()
    control(page, "Interests").select_option(label=["Opera"])
    return page


def expect_typed(page: Page) -> None:
    for label, text in TYPED.items():
        expect(control(page, label)).to_have_value(text)
    expect(control(page, "Newsletter")).to_be_checked()
    expect(control(page, "Interests")).to_have_values(["Opera"])


def test_a_refusal_at_the_field_keeps_everything_typed(page: Page, sandbox: Sandbox, lead: str) -> None:
    control(page, "Phone").fill("1" * 41)
    press(page, "Save")

    alert = page.get_by_role("alert").filter(has_text="Not saved")
    expect(alert).to_be_focused()
    expect_typed(page)
    expect(control(page, "Phone")).to_have_accessible_description("Zoho accepts at most 30 characters here (you typed 41).")
    follow(page, "Phone")
    expect(control(page, "Phone")).to_be_focused()
    control(page, "Phone").fill("+41 44 1")
    press(page, "Save")

    expect_verdict(page, "Stored. Zoho now shows")
    assert (sandbox.record("Leads", lead)["Phone"], sandbox.record("Leads", lead)["Interests"]) == ("+41 44 1", ["Opera"])


def test_a_conflict_is_settled_on_the_page(page: Page, sandbox: Sandbox, lead: str) -> None:
    control(page, "Phone").fill("+41 44 1")
    sandbox.edit("Leads", lead, by="Noor Haddad", Phone="+41 44 2", City="Bern")
    press(page, "Save")

    alert = page.get_by_role("alert").filter(has_text="Noor Haddad changed this record")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("is now +41 44 2, yours +41 44 1")
    assert sandbox.record("Leads", lead)["Phone"] == "+41 44 2"
    expect_typed(page)
    press(page, "Use mine: Phone")
    expect_typed(page)
    press(page, "Save")

    expect_verdict(page, "Stored. Zoho now shows")
    stored = sandbox.record("Leads", lead)
    assert (stored["Phone"], stored["City"], stored["First_Name"]) == ("+41 44 1", "Bern", "Noémie")


def test_a_session_that_ended_in_another_tab_gives_the_typed_values_back(page: Page, sandbox: Sandbox) -> None:
    other = page.context.new_page()
    other.goto("/")
    press(other, "Sign out")
    press(page, "Save")
    sign_in(page)

    expect_verdict(page, "What you typed was kept")
    expect_typed(page)
    assert sandbox.calls(PUT) == 0
    press(page, "Save")
    expect_verdict(page, "Stored. Zoho now shows")


def test_a_dead_token_is_mended_and_the_typed_values_come_back(page: Page, sandbox: Sandbox, lead: str) -> None:
    sandbox.revoke_all()
    press(page, "Save")
    expect(page.get_by_role("alert").filter(has_text="What you typed is kept")).to_be_focused()
    expect_typed(page)
    edit = page.url

    page.get_by_role("alert").get_by_role("link", name="Reconnect").click()
    press(page, "Reconnect")
    press(page, "Accept")
    expect_verdict(page, "Reconnected.")
    page.goto(edit)
    follow(page, "Restore it")

    expect_typed(page)
    press(page, "Save")
    expect_verdict(page, "Stored. Zoho now shows")
    assert sandbox.record("Leads", lead)["First_Name"] == "Noémie"


def test_a_window_asks_before_it_closes_only_while_something_would_be_lost(page: Page) -> None:
    expect(page.get_by_text("Kept as a draft")).to_be_visible()
    page.route("**/draft", lambda route: route.fulfill(status=503))
    control(page, "City").fill("Bern")
    expect(page.get_by_text("not kept yet")).to_be_visible()
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    assert not page.is_closed()

    page.unroute("**/draft")
    control(page, "City").fill("Basel")
    expect(page.get_by_text("Kept as a draft")).to_be_visible()
    with page.expect_event("close"):
        page.close(run_before_unload=True)


def test_a_browser_that_was_closed_left_everything_behind(page: Page, visit: Visit, connection_id: UUID, lead: str) -> None:
    context = page.context
    page.close()

    again = context.new_page()
    open_record(again, connection_id, "Leads", lead)
    expect_verdict(again, "never stored: First Name")
    follow(again, "Restore it")
    expect_typed(again)


def test_two_tabs_keep_their_drafts_apart(page: Page, connection_id: UUID, lead: str, sandbox: Sandbox) -> None:
    expect(page.get_by_text("Kept as a draft")).to_be_visible()
    other = page.context.new_page()
    open_record(other, connection_id, "Leads", lead)
    control(other, "City").fill("Bern")
    press(other, "Save")
    expect_verdict(other, "Stored. Zoho now shows")

    press(page, "Save")

    expect(page.get_by_role("alert").filter(has_text="changed this record")).to_be_focused()
    expect_typed(page)
    press(page, "Save")
    expect_verdict(page, "Stored. Zoho now shows")
    assert (sandbox.record("Leads", lead)["City"], sandbox.record("Leads", lead)["First_Name"]) == ("Bern", "Noémie")
