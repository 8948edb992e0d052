"""The form under the hands: picklists that follow, the keyboard, paper, and every width."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from sandbox.server import Sandbox
from tests.browser.conftest import Visit
from tests.browser.steps import control, expect_comforts, expect_verdict, open_record, press

OFFERED = "select => [...select.options].filter(option => !option.hidden && !option.disabled).map(option => option.label)"


@pytest.fixture
def deal(sandbox: Sandbox) -> str:
    return next(id_ for id_ in sandbox.ids("Deals")[3:60] if sandbox.record("Deals", id_)["Stage"] == "Qualification")


def test_a_picklist_follows_its_parent_and_nothing_is_chosen_for_the_person(
    visit: Visit, connection_id: UUID, sandbox: Sandbox, deal: str
) -> None:
    page = visit.enter()
    open_record(page, connection_id, "Deals", deal)
    stage = control(page, "Stage")
    assert stage.evaluate(OFFERED) == ["Qualification", "Proposal", "Negotiation", "Won", "Lost"]

    control(page, "Pipeline").select_option(label="Renewal")

    expect(page.get_by_role("status").filter(has_text="“Qualification” does not go with Pipeline “Renewal”")).to_be_visible()
    expect(stage).to_have_value("Qualification")
    stage.select_option(label="Negotiation")
    assert stage.evaluate(OFFERED) == ["Negotiation", "Won", "Lost"]
    expect(page.get_by_text("does not go with")).to_have_count(0)
    press(page, "Save")
    expect_verdict(page, "Stored. Zoho now shows")
    assert sandbox.record("Deals", deal)["Stage"] == "Negotiation"


def test_without_javascript_a_button_shows_the_options_for_the_parent(
    visit: Visit, connection_id: UUID, sandbox: Sandbox, deal: str
) -> None:
    page = visit.enter(java_script_enabled=False)
    open_record(page, connection_id, "Deals", deal)
    control(page, "Pipeline").select_option(label="Renewal")
    press(page, "Show options for Pipeline")
    control(page, "Stage").select_option(label="Lost")
    press(page, "Save")

    expect_verdict(page, "Stored. Zoho now shows")
    assert (sandbox.record("Deals", deal)["Pipeline"], sandbox.record("Deals", deal)["Stage"]) == ("Renewal", "Closed Lost")


def test_the_keyboard_goes_from_change_to_change_and_help_says_how(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    page = visit.enter()
    open_record(page, connection_id, "Leads", sandbox.ids("Leads")[6])
    control(page, "City").fill("Bern")
    control(page, "Phone").fill("+41 1")
    expect(page.locator("[data-pending]")).to_contain_text("2 changes")

    page.keyboard.press("Alt+PageDown")
    expect(control(page, "City")).to_be_focused()
    page.keyboard.press("Alt+PageDown")
    expect(control(page, "Phone")).to_be_focused()
    page.keyboard.press("Alt+PageUp")
    expect(control(page, "City")).to_be_focused()
    page.get_by_role("button", name="Next change").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Go to the next changed field")


def test_not_to_notify_the_customer_is_asked_when_a_status_closes_the_ticket(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    page = visit.enter()
    open_record(page, connection_id, "tickets", next(id_ for id_, one in sandbox.tickets.items() if one["status"] == "Open"))
    expect_comforts(page)
    quiet = page.get_by_label("Do not notify the customer")
    expect(quiet).to_be_hidden()

    control(page, "Status").select_option(label="Closed")
    expect(quiet).to_be_visible()
    quiet.check()
    control(page, "Status").select_option(label="Open")
    expect(quiet).to_be_hidden()
    expect(quiet).not_to_be_checked()


def test_on_paper_there_are_labels_and_values(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    page = visit.enter()
    open_record(page, connection_id, "Leads", sandbox.ids("Leads")[6])
    page.emulate_media(media="print")

    expect(page.get_by_role("button", name="Save", exact=True)).to_be_hidden()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(control(page, "Last Name")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_the_form_fits_every_width(visit: Visit, connection_id: UUID, sandbox: Sandbox, width: int) -> None:
    page: Page = visit.enter(viewport={"width": width, "height": 900})
    for record_id in (sandbox.special("Leads", "long"), *sandbox.hostile("Leads")[:2]):
        open_record(page, connection_id, "Leads", record_id)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
