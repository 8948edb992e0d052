"""Every page in every state: axe finds nothing, light and dark, desktop and phone, and no page scrolls sideways."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from people import ensure_first_user
from people.users import User
from sandbox.server import Sandbox
from service.settings import Settings
from tests.browser.conftest import Visit
from tests.browser.steps import control, expect_verdict, follow, open_record, press
from tests.conftest import EMAIL, Clock
from zoho.runtime import Amend

AXE = (Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js").read_text()
RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const where = (node) => `${node.target.join(" ")} ${node.failureSummary}`;
  return found.violations.map((each) => `${each.id}: ${each.nodes.map(where).join("; ")}`);
}"""
FOUR = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))
TWO = (FOUR[0], FOUR[3])
"""Each width and each scheme once: no colour depends on the width. The busiest pages are looked at in all four."""
OVERFLOW = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
PUT = "PUT /crm/v8/{module}/{id}"
GET = "GET /crm/v8/{module}/{id}"


def judge(page: Page, state: str, variants: tuple[tuple[int, str], ...] = TWO) -> list[str]:
    """What is wrong with the page as it stands."""
    wrong = []
    page.evaluate(AXE)
    for width, scheme in variants:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wrong += [f"{state}, {width} {scheme}: {each}" for each in page.evaluate(RUN)]
    page.set_viewport_size({"width": 360, "height": 740})
    if page.evaluate(OVERFLOW) > 0:
        wrong.append(f"{state}: scrolls sideways at 360 px")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    return wrong


@pytest.fixture
def lead(sandbox: Sandbox) -> str:
    return sandbox.ids("Leads")[6]


def test_before_anybody_is_connected(visit: Visit, sandbox: Sandbox) -> None:
    page = visit.open()
    page.goto("/sign-in")
    wrong = judge(page, "sign-in")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill("wrong")
    press(page, "Sign in")
    wrong += judge(page, "sign-in, wrong password")
    page.goto("/set-up/never-made")
    wrong += judge(page, "set-up link that is over")
    page.close()

    page = visit.enter()
    wrong += judge(page, "nothing connected")
    page.goto("/history")
    wrong += judge(page, "history, empty")
    page.goto("/connect")
    for summary in page.locator("summary").all():
        summary.click()
    wrong += judge(page, "connect, all unfolded")
    for product in ("Zoho CRM", "Zoho Desk"):
        page.get_by_role("checkbox", name=product).uncheck()
    press(page, "Connect Zoho")
    wrong += judge(page, "connect, nothing chosen")
    page.goto("/nowhere")
    wrong += judge(page, "no such page")
    page.goto("/connect")
    press(page, "Connect Zoho")
    expect(page.get_by_role("button", name="Accept")).to_be_visible()
    wrong += judge(page, "the sandbox's consent page")
    press(page, "Reject")
    wrong += judge(page, "connect, rejected")
    assert wrong == []


def test_the_set_up_page(visit: Visit, amend: Amend) -> None:
    with amend.sessions.begin() as session:
        session.execute(delete(User))
    link = ensure_first_user(amend.sessions, amend.settings, amend.now)
    assert link is not None
    page = visit.open()
    page.goto(link)
    wrong = judge(page, "set-up")
    page.get_by_label("Email").fill("ana@example.com")
    page.get_by_label("Password").fill("short")
    press(page, "Set up")
    wrong += judge(page, "set-up, refused")
    assert wrong == []


def test_a_connection_in_each_state(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    page = visit.enter()
    wrong = judge(page, "connections")
    here = f"/connections/{connection_id}"
    page.goto(here)
    wrong += judge(page, "connection, healthy")
    control(page, "Name").fill("x" * 200)
    press(page, "Rename")
    wrong += judge(page, "connection, long name")
    page.goto(f"{here}/requests")
    for summary in page.locator("main summary").all():
        summary.click()
    wrong += judge(page, "requests, all unfolded")
    page.goto(f"{here}/requests?text=nothing+of+the+kind")
    wrong += judge(page, "requests, none matches")
    page.goto(f"{here}/records")
    wrong += judge(page, "records under a long name")
    page.goto(f"{here}/disconnect")
    wrong += judge(page, "disconnect?")
    sandbox.config.desk_orgs, sandbox.config.desk_org_bound = 2, False
    page.goto(f"{here}/desk-organization")
    wrong += judge(page, "Desk organization")
    page.goto(f"/connect?connection={connection_id}")
    wrong += judge(page, "reconnect")
    sandbox.revoke_all()
    page.goto(here)
    press(page, "Refresh now")
    wrong += judge(page, "connection, dead", FOUR)
    page.goto("/")
    wrong += judge(page, "connections, one dead")
    page.goto(f"{here}/records")
    wrong += judge(page, "records, dead token")
    page.goto(f"{here}/disconnect")
    press(page, "Disconnect")
    wrong += judge(page, "connection, disconnected")
    page.goto("/")
    wrong += judge(page, "connections, only a disconnected one")
    assert wrong == []


def test_what_stands_beside_a_record(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    page = visit.enter()
    deal = sandbox.special("Deals", "blueprint")
    sandbox.edit("Deals", deal, Stage="Negotiation", Short_Note="<b>bold</b> " + "x" * 400)
    wrong = []
    for what in ("converted", "in_approval", "not_editable"):
        open_record(page, connection_id, "Leads", sandbox.special("Leads", what))
        wrong += judge(page, f"edit, {what}")
    open_record(page, connection_id, "Deals", deal)
    follow(page, "Show what happened to this record")
    expect(page.get_by_text("created it")).to_be_visible()
    follow(page, "Show its transitions")
    expect(page.locator(".state .on-demand")).to_be_focused()
    wrong += judge(page, "edit, blueprint and history shown")
    follow(page, "To Closed Won")
    wrong += judge(page, "transition")
    control(page, "Description").fill("")
    press(page, "Take this transition")
    wrong += judge(page, "transition, refused")
    control(page, "Description").fill("Signed")
    press(page, "Take this transition")
    expect_verdict(page, "Stored. Zoho now shows Stage = Won")
    follow(page, "What ran in Zoho?")
    expect(page.get_by_text("Zoho's timeline shows")).to_be_visible()
    wrong += judge(page, "receipt, what ran")
    follow(page, "History of this record")
    wrong += judge(page, "history of a record, ours")
    follow(page, "Show Zoho's timeline too")
    wrong += judge(page, "history of a record")
    page.get_by_role("link", name="Rewind to here").last.click()
    wrong += judge(page, "rewind")
    boxes = page.locator("input[name=field]:checked")
    ticked = boxes.count()
    boxes.first.uncheck()
    expect(page.get_by_role("button", name=f"Rewind {ticked - 1} field")).to_be_visible()
    assert wrong == []


def test_finding_and_editing_in_each_state(visit: Visit, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    page = visit.enter()
    records = f"/connections/{connection_id}/records"
    page.goto(f"{records}?product=crm&module=Leads")
    wrong = judge(page, "records")
    page.goto(f"{records}?product=crm&module=Leads&page=5")
    wrong += judge(page, "records, hostile")
    page.goto(f"{records}?product=desk&module=tickets")
    wrong += judge(page, "tickets")
    page.get_by_label("Find a record").fill("nobody of this name")
    press(page, "Find")
    wrong += judge(page, "records, nothing found")
    for what in ("long", "nulls", "locked"):
        open_record(page, connection_id, "Leads", sandbox.special("Leads", what))
        wrong += judge(page, f"edit, {what}")
    open_record(page, connection_id, "tickets", next(iter(sandbox.tickets)))
    wrong += judge(page, "edit, ticket")
    open_record(page, connection_id, "Leads", "5725767000000999999")
    wrong += judge(page, "no such record")

    open_record(page, connection_id, "Leads", lead)
    page.get_by_label("API names").check()
    control(page, "City").fill("Bern")
    wrong += judge(page, "edit, changed, API names")
    press(page, "Review")
    wrong += judge(page, "edit, reviewed")
    control(page, "Phone").fill("1" * 41)
    press(page, "Save")
    wrong += judge(page, "edit, refused", FOUR)
    open_record(page, connection_id, "Leads", lead)
    wrong += judge(page, "edit, something was typed before")
    follow(page, "Restore it")
    control(page, "Phone").fill("+41 44 1")
    sandbox.edit("Leads", lead, by="Noor Haddad", Phone="+41 44 2")
    press(page, "Save")
    wrong += judge(page, "edit, conflict")
    sandbox.revoke_all()
    press(page, "Use mine: Phone")
    press(page, "Save")
    wrong += judge(page, "edit, dead token")
    assert wrong == []


def test_receipts_with_each_verdict_and_the_history(visit: Visit, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    page = visit.enter()
    wrong = []

    def save(typed: dict[str, str], state: str) -> None:
        open_record(page, connection_id, "Leads", lead)
        for label, text in typed.items():
            control(page, label).fill(text)
        press(page, "Save")
        expect_verdict(page, "Zoho")
        wrong.extend(judge(page, f"receipt, {state}"))

    save({"Phone": "+41 44 1"}, "stored")
    page.locator("details.fold summary").click()
    wrong += judge(page, "receipt, Zoho's answer unfolded")
    press(page, "Undo")
    wrong += judge(page, "receipt, undo")
    sandbox.config.automation = {"Leads": {"City": "Genf"}}
    save({"City": "Bern", "Phone": "+41 44 2", "Description": "Zylker has been a customer since 1998. " * 300}, "stored differently, long")
    sandbox.config.automation = False
    sandbox.fail_next(PUT, fault="reset_after")
    open_record(page, connection_id, "Leads", lead)
    control(page, "City").fill("Chur")
    sandbox.fail_next(GET, status=500, times=None)
    press(page, "Save")
    expect_verdict(page, "We do not know")
    wrong += judge(page, "receipt, unknown")
    page.goto("/history")
    expect(page.get_by_role("row")).to_have_count(5)
    wrong += judge(page, "history")
    page.goto("/history?verdict=refused")
    wrong += judge(page, "history, nothing matches")
    assert wrong == []


class TestWithTheSandboxAlone:
    """No client is registered: what a stranger meets in the first five minutes."""

    @pytest.fixture
    def sandbox(self, clock: Clock) -> Iterator[Sandbox]:
        with Sandbox(now=clock) as running:
            yield running

    @pytest.fixture
    def settings(self, sandbox: Sandbox, url: str, tmp_path: Path, empty_database: Path) -> Settings:
        (tmp_path / "instance").mkdir()
        shutil.copy(empty_database, tmp_path / "instance" / "amend.db")
        return Settings.load({}, instance_dir=tmp_path / "instance", public_url=url, sandbox_port=urlsplit(sandbox.url).port)

    def test_the_first_five_minutes(self, visit: Visit) -> None:
        page = visit.enter()
        wrong = judge(page, "nothing connected, sandbox alone", FOUR)
        page.goto("/connect")
        wrong += judge(page, "connect, nothing registered")
        page.goto("/")
        press(page, "Try the sandbox")
        press(page, "Accept")
        expect(page.get_by_text("Sandbox: nothing here reaches Zoho.")).to_be_visible()
        wrong += judge(page, "sandbox connection")
        follow(page, "Find and edit records")
        wrong += judge(page, "records of the sandbox")
        assert wrong == []


def test_a_form_of_three_hundred_fields(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    sandbox.config.wide_module = True
    page = visit.enter(viewport={"width": 390, "height": 800}, color_scheme="dark")
    open_record(page, connection_id, "Wide", sandbox.ids("Wide")[3])
    page.evaluate(AXE)

    assert page.evaluate(RUN) == []
    assert page.evaluate(OVERFLOW) == 0
