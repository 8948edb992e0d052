"""The find page as data: one box, modules as tabs, results of several modules or a compact table of one, and what went wrong in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import url_for

from changes import find, history, preferences
from changes.find import Found, Listing, Tab, View, Wanted
from changes.history import Filter
from changes.plans import Receipt
from web.records import whose
from web.records.address import Address, NoRecord, Number, Typed, Words, recognise
from zoho.answers import Question, Refused
from zoho.connections import Connection
from zoho.errors import ZohoError
from zoho.runtime import Amend

PRODUCT_NAMES = {"crm": "Zoho CRM", "desk": "Zoho Desk"}
OLD_NAMES = {"Potentials": "Deals", "Meetings": "Events", "Activities": "Tasks"}
"""What Zoho's addresses call modules whose API name is another one."""
COLUMNS = "columns"
"""The name of the preference."""
LAG = timedelta(minutes=5)
"""How long Zoho's search may not know of an edit."""
MAX_TOKEN = 2_000


@dataclass(frozen=True, slots=True)
class FindPage:
    """Everything that templates/records/find.html shows. ``found``: of several modules; ``listing``: of ``tab`` alone."""

    connection: Connection
    tabs: tuple[Tab, ...]
    tab: Tab | None
    text: str
    wanted: Wanted = find.NEWEST
    is_everywhere: bool = False
    listing: Listing | None = None
    found: tuple[Found, ...] = ()
    views: tuple[View, ...] = ()
    just_saved: tuple[Receipt, ...] = ()
    question: Question | None = None
    message: str | None = None
    anyway: str = ""
    """Where to go in spite of the message."""
    errors: tuple[ZohoError, ...] = ()

    @property
    def groups(self) -> tuple[tuple[str, tuple[Tab, ...]], ...]:
        """The tabs by product, with the product's name."""
        found = ((name, tuple(tab for tab in self.tabs if tab.product == product)) for product, name in PRODUCT_NAMES.items())
        return tuple((name, tabs) for name, tabs in found if tabs)

    @property
    def sorts(self) -> dict[str, str]:
        """The orders that this list can have, in words."""
        return find.sorts(self.tab.product, self.tab.module) if self.tab else {}

    @property
    def hit_count(self) -> int:
        """How many records a search through several modules shows."""
        return sum(len(one.answer.hits) for one in self.found if isinstance(one.answer, Listing))

    @property
    def has_more(self) -> bool:
        """True when a module has more than its first page."""
        return any(one.answer.more for one in self.found if isinstance(one.answer, Listing))

    def url(self, tab: Tab, page: int = 1, token: str = "") -> str:
        """Path of a tab with the text that was searched for; of the own one with its view and order."""
        own = self.wanted if tab == self.tab else find.NEWEST
        more = {"view": own.view, "sort": own.sort, "page": page if page > 1 else None, "token": token}
        given: dict[str, Any] = {"product": tab.product, "module": tab.module, "q": self.text, **more}
        return url_for("records.find", connection_id=self.connection.id, **{key: value for key, value in given.items() if value})

    def edit_url(self, record_id: str, tab: Tab | None = None) -> str:
        """Path of the edit page of a record, by default of this tab."""
        where = tab or self.tab
        return edit_url(self.connection.id, where, record_id) if where else ""


def edit_url(connection_id: UUID, tab: Tab, record_id: str) -> str:
    """Path of the edit page."""
    return url_for("records.edit", connection_id=connection_id, product=tab.product, module=tab.module, record_id=record_id)


def find_page(amend: Amend, user_id: UUID, connection: Connection, arguments: Mapping[str, str]) -> FindPage | str:
    """The page, or the path of the record that was named outright. Raises nothing of Zoho's: it is part of the page."""
    text = arguments.get("q", "").strip()
    typed = recognise(text)
    tabs = find.list_tabs(amend, connection)
    tab = _chosen(tabs.tabs, arguments)
    page = FindPage(connection, tabs.tabs, tab, text[:300], _wanted(typed, arguments, tab), errors=tabs.errors)
    asked = arguments.get("module", "")
    if asked and tabs.tabs and (tab is None or tab.module != asked):
        return _said(page, f"This connection has no module {asked[:100]} that can be edited. Choose one of those above.")
    if isinstance(typed, NoRecord):
        return _said(page, typed.message)
    if isinstance(typed, Address):
        return _go(amend, page, typed)
    if tab is None:
        return page if page.errors else _said(page, "No module of this connection can be edited.")
    if len(typed.text) == 1:
        return _said(page, "Type at least two characters.")
    if typed.text and not asked:
        return _everywhere(amend, user_id, page, typed, _beside(tabs.tabs, arguments))
    try:
        if isinstance(typed, Number) and (typed.is_sure or find.has_record(amend, connection.id, tab.product, tab.module, typed.text)):
            return edit_url(connection.id, tab, typed.text)
        return _listed(amend, user_id, page, tab)
    except ZohoError as error:
        return replace(page, errors=(*page.errors, error))


def keep_columns(amend: Amend, user_id: UUID, connection: Connection, product: str, module: str, names: Sequence[str]) -> None:
    """Remember which columns this person wants to see; none are the usual ones again."""
    preferences.keep(amend, user_id, connection.id, product, module, COLUMNS, [*dict.fromkeys(names)][:50])


def _everywhere(amend: Amend, user_id: UUID, page: FindPage, typed: Number | Words, beside: Tab | None) -> FindPage | str:
    """Several modules at once: by id for a number, which leads to the record when one module has it, else by a search."""
    ordered, text = find.in_order(page.tabs, beside), page.wanted.text
    page = replace(page, is_everywhere=True, tab=None)
    if isinstance(typed, Number):
        having, errors = find.find_by_id(amend, page.connection, ordered if typed.is_sure else ordered[: find.AT_ONCE], text)
        if len(having) == 1:
            return edit_url(page.connection.id, having[0], text)
        if having:  # one number in both products
            links = tuple(Found(tab, Listing((), (), (find.Hit(text, text, ()),), 1, more=False)) for tab in having)
            return replace(page, found=links)
        if typed.is_sure:
            message = f"No record of this connection has the id {text}, or the connected Zoho user may not see it."
            return replace(_said(page, message), errors=(*page.errors, *errors[:1]))
    found = find.search_everywhere(amend, page.connection, ordered[: find.AT_ONCE], text)
    return replace(page, found=tuple(found), just_saved=_just_saved(amend, user_id, page.connection))


def _just_saved(amend: Amend, user_id: UUID, connection: Connection) -> tuple[Receipt, ...]:
    """What this person saved in the last minutes: Zoho's search may not know it yet."""
    latest = history.list_receipts(amend, user_id, Filter(connection_id=connection.id), limit=5).receipts
    recent = {(one.module, one.record_id): one for one in reversed(latest) if amend.now() - one.created_at < LAG}
    return tuple(recent.values())[::-1]


def _listed(amend: Amend, user_id: UUID, page: FindPage, tab: Tab) -> FindPage:
    chosen = preferences.find(amend, user_id, page.connection.id, tab.product, tab.module, COLUMNS) or ()
    wanted = replace(page.wanted, columns=tuple(chosen))
    answer = find.list_records(amend, page.connection, tab.product, tab.module, wanted)
    if isinstance(answer, Question):
        return replace(page, question=answer)
    if isinstance(answer, Refused):
        return _said(page, " ".join(refusal.message for refusal in answer.refusals))
    views = find.list_views(amend, page.connection, tab.module) if tab.product == "crm" and not wanted.text else ()
    just_saved = _just_saved(amend, user_id, page.connection) if wanted.text else ()
    return replace(page, listing=answer, views=views, just_saved=just_saved)


def _go(amend: Amend, page: FindPage, address: Address) -> FindPage | str:
    if address.product not in page.connection.products:
        return _said(page, f"This is a record of {PRODUCT_NAMES[address.product]}, which this connection does not edit.")
    name = OLD_NAMES.get(address.module, address.module)
    tabs = [tab for tab in page.tabs if tab.product == address.product]
    tab = next((tab for tab in tabs if name in (tab.module, tab.web_name) or address.module == tab.web_name), None)
    if tab is None and address.product == "desk":
        return _said(page, f"Amend does not edit {name} of Zoho Desk.")
    url = edit_url(page.connection.id, tab or Tab(address.product, name, name, name, name), address.record_id)
    wrong = whose.misplaced(amend, page.connection, address)
    return replace(_said(page, wrong), anyway=url) if wrong else url


def _chosen(tabs: Sequence[Tab], arguments: Mapping[str, str]) -> Tab | None:
    """The tab that was asked for; else the first that people use most."""
    product, module = arguments.get("product", ""), arguments.get("module", "")
    asked = next((tab for tab in tabs if tab.module == module and tab.product == (product or tab.product)), None)
    usual = (tab for name in ("Leads", "Contacts", "tickets") for tab in tabs if tab.module == name)
    return asked or next(usual, tabs[0] if tabs else None)


def _beside(tabs: Sequence[Tab], arguments: Mapping[str, str]) -> Tab | None:
    """The tab on which the box stood: it is looked through before the others."""
    product, _, module = arguments.get("beside", "").partition("/")
    return next((tab for tab in tabs if (tab.product, tab.module) == (product, module)), None)


def _wanted(typed: Typed, arguments: Mapping[str, str], tab: Tab | None) -> Wanted:
    text = typed.text if isinstance(typed, Number | Words) else ""
    if tab is None:
        return Wanted(text)
    sort, view, token = (arguments.get(name, "") for name in ("sort", "view", "token"))
    is_view = tab.product == "crm" and view.isascii() and view.isdigit() and len(view) <= 30
    is_token = tab.product == "crm" and token.isascii() and token.isprintable() and " " not in token and len(token) <= MAX_TOKEN
    return Wanted(
        text=text,
        page=_page_number(arguments, 10_000 if is_token and token else find.LAST_PAGE[tab.product]),
        token=token if is_token and not text else "",
        view=view if is_view and not text else "",
        sort=sort if sort in find.sorts(tab.product, tab.module) and not text and not (is_view and view) else "",
    )


def _page_number(arguments: Mapping[str, str], last: int) -> int:
    text = arguments.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    return min(max(number, 1), last)


def _said(page: FindPage, message: str) -> FindPage:
    return replace(page, message=message)
