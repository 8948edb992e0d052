"""A plan of many in Chromium, from its preview to its undo; the worker's part is done between the clicks, as a worker does it."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import Page, expect

from changes import runner
from people.users import User
from sandbox.server import Sandbox
from tests.browser.conftest import Visit
from tests.browser.steps import control, expect_verdict, follow, press
from tests.browser.test_every_page import judge
from tests.changes import planning
from zoho.runtime import Amend


def propose(amend: Amend, user: User, connection_id: UUID, sandbox: Sandbox) -> str:
    """Three leads, of which one has a telephone number that is too long."""
    ids = [id for id in sandbox.ids("Leads") if id not in sandbox.hostile("Leads")][:3]
    records = [{"id": id, "fields": {"City": "Zürich", "Phone": "1" * (41 if id == ids[2] else 9)}} for id in ids]
    source = {"kind": "json", "records": records}
    plan_id = planning.propose(amend, user.id, connection_id, ids, {}, source=source, fields={"City": "City", "Phone": "Phone"})
    return f"/plans/{plan_id}"


def work(amend: Amend, page: Page) -> None:
    runner.run(amend, UUID(page.url.partition("/plans/")[2][:36]))


def test_a_plan_is_mended_approved_followed_and_undone(
    visit: Visit, amend: Amend, user: User, connection_id: UUID, sandbox: Sandbox
) -> None:
    path = propose(amend, user, connection_id, sandbox)
    page = visit.enter()
    page.goto(path)
    wrong = judge(page, "preview with a fault")
    control(page, "Phone").fill("+41 44 1")
    press(page, "Mend")
    expect_verdict(page, "not looked at yet")
    work(amend, page)
    expect_verdict(page, "3 will change")  # without a click: the page follows the plan
    press(page, "Approve and write 3 records")
    expect_verdict(page, "Approved.")
    wrong += judge(page, "checking")
    work(amend, page)
    expect_verdict(page, "3 stored")
    press(page, "Undo this plan")
    work(amend, page)
    expect_verdict(page, "3 will change")
    press(page, "Approve and write 3 records")
    work(amend, page)
    expect(page.get_by_role("button", name="Undo this plan")).to_be_visible()
    expect_verdict(page, "3 stored")
    wrong += judge(page, "done")
    follow(page, "the plan it is an undo of")
    expect(page.get_by_role("link", name="Undo of City")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Plans").click()
    wrong += judge(page, "list of plans")

    assert wrong == []


def test_what_is_typed_stays_while_the_page_follows_the_plan(
    visit: Visit, amend: Amend, user: User, connection_id: UUID, sandbox: Sandbox
) -> None:
    path = propose(amend, user, connection_id, sandbox)
    page = visit.enter()
    page.goto(path)
    press(page, "Approve and write 2 records")
    control(page, "Go to row").fill("12")
    work(amend, page)

    expect_verdict(page, "2 stored")
    expect(control(page, "Go to row")).to_have_value("12")
    expect(control(page, "Go to row")).to_be_focused()
    follow(page, "Show what is new")
    expect(page.get_by_role("link", name="2 stored")).to_be_visible()


def test_a_plan_works_without_scripts(visit: Visit, amend: Amend, user: User, connection_id: UUID, sandbox: Sandbox) -> None:
    path = propose(amend, user, connection_id, sandbox)
    page = visit.enter(java_script_enabled=False)
    page.goto(path)
    press(page, "Approve and write 2 records")
    expect_verdict(page, "Approved.")
    work(amend, page)

    expect_verdict(page, "2 stored")  # the page loads itself again
    expect(page.get_by_role("button", name="Undo this plan")).to_be_visible()
