"""The checks arrive while Zoho is slow, and what needs somebody stands above what is well."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import expect
from sqlalchemy import update

from sandbox.server import Sandbox
from tests.browser.conftest import Visit
from tests.browser.steps import press
from tests.browser.test_every_page import judge
from zoho.connections import Connection
from zoho.runtime import Amend


def test_near_checks_are_on_the_screen_while_a_far_one_hangs(visit: Visit, connection_id: UUID, amend: Amend, sandbox: Sandbox) -> None:
    with amend.sessions.begin() as session:
        row = update(Connection).where(Connection.id == connection_id)
        session.execute(row.values(scopes_refused=["ZohoCRM.modules.UPDATE"]))
    sandbox.fail_next("GET /crm/v8/org", fault="hang", times=None)
    page = visit.enter(java_script_enabled=False)

    page.goto(f"/connections/{connection_id}", wait_until="commit")

    expect(page.locator("#check-database")).to_be_visible()
    expect(page.get_by_text("Checking, nearest first")).to_be_visible()
    expect(page.locator(".verdict")).to_have_count(0)
    expect(page.locator(".verdict")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Checking, nearest first")).to_be_hidden()
    tops = [
        (page.locator(place).bounding_box() or {})["y"] for place in (".verdict", "#check-crm_scopes", "#check-crm_org", "#check-settings")
    ]
    assert tops == sorted(tops)


def test_explain_this_error_is_readable_on_every_screen(visit: Visit, connection_id: UUID) -> None:
    page = visit.enter()
    page.goto(f"/connections/{connection_id}")
    page.get_by_text("Explain an error of Zoho's").click()
    wrong = judge(page, "connection, box to explain")
    page.get_by_label("A code, a JSON body").fill("FLUX_CAPACITOR_EMPTY")
    press(page, "Explain")
    expect(page.get_by_role("heading", name="Amend does not know this error")).to_be_visible()
    for text in ('{"errorCode":"OAUTH_ORG_MISMATCH"}', "x" * 5000):
        page.locator("#text").fill(text)
        press(page, "Explain")
        expect(page.get_by_role("status").first).to_be_visible()
        wrong += judge(page, f"explain, {text[:20]}")
    assert wrong == []
