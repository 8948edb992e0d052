"""A lookup by the keyboard alone and with the mouse, the box of the home page, and pages that axe finds nothing wrong with."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.server import Sandbox
from tests.browser.conftest import Visit
from tests.browser.steps import control, expect_verdict, press
from tests.browser.test_every_page import judge


@pytest.fixture
def lead(sandbox: Sandbox) -> str:
    return sandbox.ids("Leads")[6]


@pytest.fixture
def box(visit: Visit, connection_id: UUID, lead: str) -> Locator:
    page = visit.enter()
    page.goto(f"/connections/{connection_id}/records/crm/Leads/{lead}")
    return control(page, "Referred By")


def candidates(page: Page) -> Locator:
    """The list while it is open."""
    return page.get_by_role("listbox", name="Candidates")


def options(page: Page) -> Locator:
    return candidates(page).get_by_role("option")


def search(box: Locator, text: str) -> None:
    """Type a text in place of what is there, and wait for the list."""
    box.fill("")
    box.press_sequentially(text)
    expect(options(box.page).first).to_be_visible()


def test_a_record_is_chosen_with_the_keyboard_and_stored(box: Locator, sandbox: Sandbox, lead: str) -> None:
    page, wanted = box.page, sandbox.record("Contacts", sandbox.ids("Contacts")[2])
    search(box, wanted["Last_Name"][:4])
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))  # nothing is chosen for the person

    box.press("End")
    box.press("Home")
    box.press("ArrowUp")
    box.press("ArrowDown")
    active = candidates(page).locator("[aria-selected=true]")
    expect(active).to_have_count(1)
    while wanted["id"] not in active.inner_text():
        box.press("ArrowDown")
    box.press("Enter")

    expect(box).to_have_value(wanted["Full_Name"])
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.locator("[data-pending]")).to_contain_text(wanted["id"])
    press(page, "Save")
    expect_verdict(page, "stored")
    assert sandbox.record("Leads", lead)["Referred_By"]["id"] == wanted["id"]


def test_escape_closes_the_list_and_then_brings_back_what_was_chosen(box: Locator) -> None:
    before = box.input_value()
    search(box, "mar")

    box.press("Escape")
    expect(candidates(box.page)).to_have_count(0)
    expect(box).to_have_value("mar")
    box.press("Escape")

    expect(box).to_have_value(before)
    expect(box.page.locator("[data-pending]")).to_have_text("No changes yet.")


def test_leaving_the_input_chooses_nothing_and_saving_offers_the_candidates(box: Locator, sandbox: Sandbox, lead: str) -> None:
    page, before = box.page, sandbox.record("Leads", lead)["Referred_By"]
    search(box, "mar")
    box.press("Tab")
    expect(page.get_by_text("not chosen yet", exact=True)).to_be_visible()

    press(page, "Save")
    expect(page.get_by_role("group", name="“mar” may be")).to_be_visible()
    assert sandbox.record("Leads", lead)["Referred_By"] == before
    wrong = judge(page, "lookup, refused")
    page.get_by_role("radio").first.check()
    chosen = box.input_value()
    press(page, "Save")
    expect_verdict(page, "stored")

    assert sandbox.record("Leads", lead)["Referred_By"]["name"] == chosen
    assert wrong == []


def test_a_pasted_id_is_saved_without_a_list_in_the_way(box: Locator, sandbox: Sandbox, lead: str) -> None:
    wanted = sandbox.ids("Contacts")[5]
    box.fill(wanted)
    press(box.page, "Save")
    expect_verdict(box.page, "stored")

    assert sandbox.record("Leads", lead)["Referred_By"]["id"] == wanted


def test_a_mouse_chooses_too_and_hostile_names_stay_text(box: Locator, sandbox: Sandbox) -> None:
    wanted = sandbox.ids("Contacts")[2]
    sandbox.edit("Contacts", wanted, Last_Name="Qwerty <img src=x onerror=alert(1)>", Full_Name="Qwerty <img src=x onerror=alert(1)>")
    search(box, "qwerty")
    wrong = judge(box.page, "lookup, open")
    expect(candidates(box.page).locator("img")).to_have_count(0)

    options(box.page).first.click()

    expect(box).to_have_value(re.compile(r"Qwerty <img src=x onerror=alert\(1\)>$"))
    assert wrong == []


def test_whoever_is_signed_out_meanwhile_is_told_and_keeps_what_they_typed(box: Locator) -> None:
    box.page.context.clear_cookies()
    box.fill("")
    box.press_sequentially("mar")

    expect(candidates(box.page)).to_contain_text("you are signed out")
    expect(box).to_have_value("mar")


def test_from_the_home_page_a_name_is_found_in_two_keystrokes(visit: Visit, connection_id: UUID) -> None:
    page = visit.enter()
    page.goto("/")
    wrong = judge(page, "home with its box")

    page.keyboard.press("/")
    page.keyboard.type("maria")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="records for “maria”")).to_be_visible(
        timeout=30_000
    )  # of eight modules, the first time
    wrong += judge(page, "found in several modules")
    page.goto(f"/connections/{connection_id}/records?product=crm&module=Leads")
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="City").check()
    wrong += judge(page, "list, columns unfolded")
    press(page, "Show these columns")
    expect(page.get_by_role("columnheader", name="City")).to_be_visible()
    assert wrong == []
