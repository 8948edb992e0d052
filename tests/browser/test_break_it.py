"""The tour of a fault: switched on in the sandbox, explained by Amend, mended with its button, switched off."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from people.users import User
from sandbox.server import Sandbox
from service.settings import Settings
from tests import walk
from tests.browser.conftest import Visit
from tests.browser.steps import press
from tests.browser.test_every_page import judge
from tests.conftest import Clock
from zoho.runtime import Amend


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    """As ./run starts it: one port, and no client of a real Zoho beside it."""
    with Sandbox(now=clock) as running:
        yield running


@pytest.fixture
def settings(sandbox: Sandbox, url: str, tmp_path: Path, empty_database: Path) -> Settings:
    instance = tmp_path / "instance"
    instance.mkdir()
    shutil.copy(empty_database, instance / "amend.db")
    return Settings.load({}, instance_dir=instance, public_url=url, sandbox_port=urlsplit(sandbox.url).port)


@pytest.fixture
def connection_id(amend: Amend, user: User) -> UUID:
    found = walk.connect(amend, user.id).connection_id
    assert found is not None
    return found


def switch(menu: Page, to: str, title: str) -> None:
    menu.get_by_role("button", name=f"Switch {to} {title}").click()


def test_revoked_explained_reconnected_and_over(visit: Visit, connection_id: UUID) -> None:
    page = visit.enter()
    page.goto(f"/connections/{connection_id}")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Break it").click()
    menu = opened.value
    assert judge(menu, "menu of faults") == []
    switch(menu, "on", "Access revoked")
    expect(menu.get_by_role("status")).to_have_text("1 of 10 switched on.")
    assert judge(menu, "menu of faults, one on") == []

    page.reload()
    expect(page.locator("main")).to_contain_text("Zoho no longer accepts our refresh token")
    course = page.get_by_role("region", name="Over time")
    expect(course).to_contain_text(re.compile("healthy.+to needs you"))
    assert judge(page, "connection, with a course") == []
    press(page, "Reconnect")
    press(page, "Reconnect")
    press(page, "Accept")
    expect(course.get_by_role("listitem").first).to_contain_text(re.compile("needs you.+to healthy"))
    menu.reload()
    expect(menu.get_by_role("status")).to_have_text("Nothing is broken.")


def test_profile_explained_and_over_when_switched_off(visit: Visit, connection_id: UUID, sandbox: Sandbox) -> None:
    page = visit.enter()
    menu = visit.open()
    menu.goto(f"{sandbox.url}/_sandbox/break")
    switch(menu, "on", "Profile without API access")
    page.goto(f"/connections/{connection_id}")
    expect(page.locator("main")).to_contain_text("profile does not allow access by API")
    page.goto("/")
    expect(page.get_by_role("row").filter(has_text="Zylker Demo")).to_contain_text("needs you")
    press(menu, "All off")
    expect(menu.get_by_role("status")).to_have_text("Nothing is broken.")
    page.goto(f"/connections/{connection_id}")
    expect(page.get_by_role("region", name="Over time").get_by_role("listitem").first).to_contain_text(re.compile("needs you.+to healthy"))
    page.goto("/")
    expect(page.get_by_role("row").filter(has_text="Zylker Demo")).to_contain_text("healthy")
