"""Many records by a person with a browser: ticked in a list and given a value, or pasted from a sheet."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from changes import jobs, rows, runner
from sandbox.server import Sandbox
from tests.browser.conftest import Visit
from tests.browser.steps import control, press
from tests.browser.test_every_page import judge
from zoho.runtime import Amend


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.enter()


def previewed(amend: Amend, page: Page) -> dict[str, dict[str, object] | None]:
    """What the plan that the page shows will set, by record, once a worker has read it."""
    page.wait_for_url("**/plans/*")
    plan_id = UUID(page.url.rpartition("/")[2])
    runner.run(amend, plan_id)
    assert jobs.load(amend, plan_id).state == "previewed"
    return {row.record_id: row.given for row in rows.page(amend, plan_id, -1, 100)}


def test_ticked_leads_get_a_city(page: Page, amend: Amend, connection_id: UUID, sandbox: Sandbox) -> None:
    page.goto(f"/connections/{connection_id}/records?product=crm&module=Leads")
    boxes = page.get_by_role("checkbox", name="Select ")
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(page.get_by_text(f"{boxes.count() - 1} selected")).to_be_visible()
    page.get_by_role("checkbox", name="Select all on this page").uncheck()
    ticked = [boxes.nth(at) for at in (1, 3)]
    for box in ticked:
        box.check()
    ids = [box.get_attribute("value") for box in ticked]
    wrong = judge(page, "list with ticked rows")

    press(page, "Change the selected records")
    wrong += judge(page, "fields to set")
    page.get_by_role("searchbox", name="Filter fields").fill("cit")
    expect(page.get_by_role("checkbox", name="Set Company")).to_be_hidden()
    page.get_by_role("checkbox", name="Set City", exact=True).check()
    press(page, "Set these fields")
    press(page, "Preview")
    expect(page.get_by_role("alert")).to_contain_text("Give a value")
    wrong += judge(page, "values, with one missing")
    control(page, "City").fill("Zürich")
    press(page, "Preview")

    assert previewed(amend, page) == {id: {"City": "Zürich"} for id in ids}
    assert wrong == []


def test_cells_pasted_from_a_sheet_are_given_to_fields(page: Page, amend: Amend, connection_id: UUID, sandbox: Sandbox) -> None:
    ids = sandbox.ids("Leads")[5:7]
    page.goto(f"/connections/{connection_id}/plans")
    wrong = judge(page, "ways to a plan")
    page.get_by_role("link", name="Upload or paste").click()
    control(page, "Records of").select_option(label="Leads")
    press(page, "Go on to the columns")
    expect(page.get_by_role("alert")).to_contain_text("Choose a file, or paste cells")
    wrong += judge(page, "upload, with nothing in it")
    control(page, "Or paste cells from a spreadsheet").fill("Record Id\tTown\n" + "".join(f"{id}\tBern\n" for id in ids))
    press(page, "Go on to the columns")
    wrong += judge(page, "columns")
    control(page, "Town goes to").select_option(label="City")
    press(page, "Preview")

    assert previewed(amend, page) == {id: {"City": "Bern"} for id in ids}
    assert wrong == []
