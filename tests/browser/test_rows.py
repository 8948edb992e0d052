"""Rows, files, links and rich text in Chromium: with JavaScript and without, and untouched ones stay out of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from people.users import User
from sandbox.server import Sandbox
from tests import walk
from tests.browser.conftest import Visit
from tests.web.editing import edit_path
from zoho.runtime import Amend

PUT = "PUT /crm/v8/{module}/{id}"


@pytest.fixture
def van(sandbox: Sandbox) -> str:
    return sandbox.ids("Vehicles")[2]


@pytest.fixture
def address(amend: Amend, user: User, van: str) -> str:
    connection_id: UUID | None = walk.connect(amend, user.id, location="us", more_scopes=("ZohoCRM.files.CREATE",)).connection_id
    assert connection_id is not None
    return edit_path(connection_id, "crm", "Vehicles", van)


def edit(page: Page, tmp_path: Path) -> None:
    """Change a row, add one, remove one, attach a file, remove a driver."""
    (tmp_path / "contract.pdf").write_bytes(b"%PDF-1.7")
    page.get_by_label("Service History, row 1, Garage").fill("Garage Rossi")
    page.get_by_label("Service History, new row 3, Garage").fill("Garage Bianchi")
    page.get_by_label("Remove row 2").check()
    page.get_by_label("Photos: add files").set_input_files(tmp_path / "contract.pdf")
    page.locator("#f_Drivers").get_by_label("Remove").first.check()


@pytest.mark.browser
@pytest.mark.parametrize("has_script", [True, False])
def test_rows_and_files_are_edited_by_hand(
    visit: Visit, sandbox: Sandbox, address: str, van: str, tmp_path: Path, has_script: bool
) -> None:
    page = visit.enter(java_script_enabled=has_script)
    page.goto(address)
    edit(page, tmp_path)
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".review")).to_contain_text("2. removed")
    expect(page.locator(".review")).to_contain_text("added: contract.pdf (8 B)")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").first).to_contain_text("Stored")
    record = sandbox.record("Vehicles", van)
    assert [row["Garage"] for row in record["Service_History"]] == ["Garage Rossi", "Garage Bianchi"]
    assert record["Photos"][-1]["File_Name__s"] == "contract.pdf"
    assert len(record["Drivers"]) == 1


@pytest.mark.browser
def test_chromium_sends_nothing_of_rows_that_nobody_touched(visit: Visit, sandbox: Sandbox, address: str) -> None:
    page = visit.enter()
    page.goto(address)
    expect(page.locator("[data-pending]")).to_have_text("No changes yet.")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert sandbox.matching(PUT) == []


@pytest.mark.browser
def test_more_rows_come_without_javascript_at_the_place_where_they_were_asked_for(visit: Visit, address: str) -> None:
    page = visit.enter(java_script_enabled=False)
    page.goto(address)
    page.get_by_label("Service History, new row 3, Garage").fill("Garage Bianchi")

    page.get_by_role("button", name="Add rows").click()

    expect(page.get_by_label("Service History, new row 3, Garage")).to_have_value("Garage Bianchi")
    expect(page.get_by_label("Service History, new row 6, Garage")).to_be_in_viewport()


@pytest.mark.browser
def test_rich_text_reads_in_a_frame_of_its_own_in_which_nothing_runs(visit: Visit, address: str) -> None:
    page = visit.enter()
    page.goto(address)
    page.get_by_label("Brief", exact=True).fill(
        "<p>Dear <b>Ana</b></p><script>parent.document.title='x'</script><img src=/static/amend.svg>"
    )

    page.get_by_role("button", name="Review").click()

    frame = page.frame_locator("iframe[title^='Brief']").locator("body")
    expect(frame).to_contain_text("Dear Ana")
    expect(frame.locator("script, img")).to_have_count(0)
    expect(page).not_to_have_title("x")


@pytest.mark.browser
@pytest.mark.parametrize("has_script", [True, False])
def test_a_link_and_a_record_of_any_module_are_chosen_by_typing_a_name(
    visit: Visit, sandbox: Sandbox, address: str, van: str, has_script: bool
) -> None:
    linked = {driver["Drivers"]["id"] for driver in sandbox.record("Vehicles", van)["Drivers"]}
    driver = next(one for one in map(partial(sandbox.record, "Contacts"), sandbox.ids("Contacts")) if one["id"] not in linked)
    account = sandbox.record("Accounts", sandbox.ids("Accounts")[3])
    page = visit.enter(java_script_enabled=has_script)
    page.goto(address)
    added = page.locator("#f_Drivers").get_by_role("combobox" if has_script else "textbox")
    related = page.get_by_label("Related To", exact=True)

    page.get_by_label("Related To: kind of record").select_option("Account")
    choose(added, driver["Last_Name"], driver["id"], has_script=has_script)
    choose(related, account["Account_Name"], account["id"], has_script=has_script)
    if not has_script:  # the names are refused, and what they may mean is offered at each
        page.get_by_role("button", name="Review").click()
        for wanted in (driver, account):
            page.get_by_role("radio", name=wanted["id"]).check()
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".review")).to_contain_text(f"{driver['Full_Name']} ({driver['id']})")
    expect(page.locator(".review")).to_contain_text(f"{account['Account_Name']} ({account['id']})")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").first).to_contain_text("Stored")
    assert sandbox.record("Vehicles", van)["Drivers"][-1]["Drivers"]["id"] == driver["id"]
    assert sandbox.record("Vehicles", van)["What_Id"]["id"] == account["id"]


def choose(box: Locator, text: str, record_id: str, *, has_script: bool) -> None:
    """Type a text, and with JavaScript choose the record among the candidates."""
    box.fill("")
    box.press_sequentially(text)
    if has_script:
        box.page.get_by_role("option").filter(has_text=record_id).click()
