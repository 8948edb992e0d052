"""What a person does on our pages, by the names they see."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from tests.web.editing import edit_path


def press(page: Page, name: str) -> None:
    """Press the one button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def control(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def open_record(page: Page, connection_id: UUID, module: str, record_id: str) -> None:
    product = "crm" if module[0].isupper() else "desk"
    page.goto(edit_path(connection_id, product, module, record_id))


def expect_verdict(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def expect_comforts(page: Page) -> None:
    """Wait until the page's shortcuts work: its own button for them is then shown."""
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()


FOCUSED = """() => {
  const at = document.activeElement;
  return (at.labels?.[0] ?? at).textContent.trim();
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"Tab never reaches {name}")


def retype(page: Page, text: str) -> None:
    """Replace what the focused control holds."""
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
