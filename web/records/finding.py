"""The find page as data: one box, modules as tabs, a compact table, and what went wrong in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from flask import url_for

from changes import find
from changes.find import Listing, Tab
from web.records.address import Address, NoRecord, Number, recognise
from zoho.answers import Question, Refused
from zoho.connections import Connection
from zoho.errors import ZohoError
from zoho.runtime import Amend

PRODUCT_NAMES = {"crm": "Zoho CRM", "desk": "Zoho Desk"}
OLD_NAMES = {"Potentials": "Deals", "Meetings": "Events", "Activities": "Tasks"}
"""What Zoho's addresses call modules whose API name is another one."""


@dataclass(frozen=True, slots=True)
class FindPage:
    """Everything that templates/records/find.html shows."""

    connection: Connection
    tabs: tuple[Tab, ...]
    tab: Tab | None
    text: str
    listing: Listing | None = None
    question: Question | None = None
    message: str | None = None
    errors: tuple[ZohoError, ...] = ()

    @property
    def groups(self) -> tuple[tuple[str, tuple[Tab, ...]], ...]:
        """The tabs by product, with the product's name."""
        found = ((name, tuple(tab for tab in self.tabs if tab.product == product)) for product, name in PRODUCT_NAMES.items())
        return tuple((name, tabs) for name, tabs in found if tabs)

    def url(self, tab: Tab, page: int | None = None) -> str:
        """Path of a tab; with the text that was searched for."""
        return url_for(
            "records.find",
            connection_id=self.connection.id,
            product=tab.product,
            module=tab.module,
            q=self.text or None,
            page=page if page and page > 1 else None,
        )

    def edit_url(self, record_id: str) -> str:
        """Path of the edit page of a record of this tab."""
        return edit_url(self.connection.id, self.tab, record_id) if self.tab else ""


def edit_url(connection_id: UUID, tab: Tab, record_id: str) -> str:
    """Path of the edit page."""
    return url_for("records.edit", connection_id=connection_id, product=tab.product, module=tab.module, record_id=record_id)


def find_page(amend: Amend, connection: Connection, arguments: Mapping[str, str]) -> FindPage | str:
    """The page, or the path of the record that was named outright. Raises nothing of Zoho's: it is part of the page."""
    found = find.list_tabs(amend, connection)
    text = arguments.get("q", "").strip()
    tab = _chosen(found.tabs, arguments)
    page = FindPage(connection, found.tabs, tab, text[:300], errors=found.errors)
    typed = recognise(text)
    asked = arguments.get("module", "")
    if asked and found.tabs and (tab is None or tab.module != asked):
        return _said(page, f"This connection has no module {asked[:100]} that can be edited. Choose one of those above.")
    if isinstance(typed, NoRecord):
        return _said(page, typed.message)
    if isinstance(typed, Address):
        return _go(page, typed)
    if tab is None:
        return page if page.errors else _said(page, "No module of this connection can be edited.")
    try:
        if isinstance(typed, Number) and (typed.is_sure or find.has_record(amend, connection.id, tab.product, tab.module, typed.text)):
            return edit_url(connection.id, tab, typed.text)
        return _listed(amend, page, tab, typed.text, _page_number(arguments, tab.product))
    except ZohoError as error:
        return replace(page, errors=(*page.errors, error))


def _listed(amend: Amend, page: FindPage, tab: Tab, text: str, number: int) -> FindPage:
    if len(text) == 1:
        return _said(page, "Type at least two characters.")
    answer = find.list_records(amend, page.connection, tab.product, tab.module, text, number)
    if isinstance(answer, Question):
        return replace(page, question=answer)
    if isinstance(answer, Refused):
        return _said(page, " ".join(refusal.message for refusal in answer.refusals))
    return replace(page, listing=answer)


def _go(page: FindPage, address: Address) -> FindPage | str:
    if address.product not in page.connection.products:
        return _said(page, f"This is a record of {PRODUCT_NAMES[address.product]}, which this connection does not edit.")
    name = OLD_NAMES.get(address.module, address.module)
    tabs = [tab for tab in page.tabs if tab.product == address.product]
    tab = next((tab for tab in tabs if name in (tab.module, tab.web_name) or address.module == tab.web_name), None)
    return edit_url(page.connection.id, tab or Tab(address.product, name, name, name, name), address.record_id)


def _chosen(tabs: Sequence[Tab], arguments: Mapping[str, str]) -> Tab | None:
    """The tab that was asked for; else the first that people use most."""
    product, module = arguments.get("product", ""), arguments.get("module", "")
    asked = next((tab for tab in tabs if tab.module == module and tab.product == (product or tab.product)), None)
    usual = (tab for name in ("Leads", "Contacts", "tickets") for tab in tabs if tab.module == name)
    return asked or next(usual, tabs[0] if tabs else None)


def _page_number(arguments: Mapping[str, str], product: str) -> int:
    text = arguments.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    return min(max(number, 1), find.LAST_PAGE[product])


def _said(page: FindPage, message: str) -> FindPage:
    return replace(page, message=message)
