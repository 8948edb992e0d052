"""Ticking a box shows at once what Zoho will be asked for."""

from __future__ import annotations

import re
from uuid import UUID

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.steps import press
from tests.browser.test_every_page import judge


def test_ticking_changes_the_scopes_at_once_and_the_focus_stays(visit: Visit) -> None:
    page = visit.enter()
    page.goto("/connect")
    text = page.get_by_label("Scopes as text")
    expect(text).to_have_value(re.compile(r"ZohoCRM\.modules\.READ"))
    expect(page.get_by_role("button", name="Show scopes")).to_have_count(0)
    expect(page.get_by_role("checkbox", name="Leads")).to_be_hidden()

    page.get_by_role("checkbox", name="All modules").uncheck()
    page.get_by_role("checkbox", name="Leads").check()

    expect(text).to_have_value(re.compile(r"ZohoCRM\.modules\.leads\.UPDATE"))
    expect(text).not_to_have_value(re.compile(r"ZohoCRM\.modules\.READ"))
    expect(page.get_by_role("checkbox", name="Leads")).to_be_focused()
    page.get_by_role("checkbox", name="Zoho Desk").uncheck()
    expect(page.get_by_role("checkbox", name="Tickets")).to_be_hidden()
    expect(text).not_to_have_value(re.compile("Desk"))
    page.get_by_text("What each of them allows").click()
    assert judge(page, "connect, narrowed") == []


def test_the_scopes_of_a_connection_are_readable_when_they_were_tried(visit: Visit, connection_id: UUID) -> None:
    page = visit.enter()
    page.goto(f"/connections/{connection_id}")
    press(page, "Try what can be read")
    expect(page.get_by_role("status").filter(has_text="Tried")).to_be_visible()
    for summary in page.locator("section:has(> #scopes-title) summary").all():
        summary.click()
    assert judge(page, "connection, scopes tried") == []
