"""Find a record to edit: modules as Zoho calls them, a list of one, or a search through several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from changes.columns import Column, Columns, columns
from changes.door import execute_tool
from changes.drafts import record_name, zone_of
from changes.meant import folded
from changes.resolve import search_terms
from zoho import clients, metadata, scopes
from zoho.answers import Done, Page, Question, Refused
from zoho.connections import Connection
from zoho.errors import RecordNotFoundError, ZohoError
from zoho.metadata import Source
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES
from zoho.tools.desk import UNSEARCHED

T = TypeVar("T")
PRODUCTS = ("crm", "desk")
LAST_PAGE = {"crm": 10, "desk": 100}
"""Zoho's lists end here; those of CRM go on by page token."""
LARGEST_PAGE = 200
"""CRM gives the token with its 2,000th record: smaller pages would end before it, and nothing would lead on."""
CRM_SORTS = {
    "-id": "Newest first",
    "-Modified_Time": "Last changed first",
    "Modified_Time": "Longest unchanged first",
    "id": "Oldest first",
}
TICKET_SORTS = {
    "-createdTime": "Newest first",
    "-recentThread": "Last heard of first",
    "dueDate": "Due first",
    "createdTime": "Oldest first",
}
"""What Zoho can sort a list by, its own order first: any CRM module, and of Desk the tickets."""
AT_ONCE = 8
"""Modules that one search looks through: each is a call of its own."""
WORKERS = 4
"""Calls at a time: Zoho's smallest edition allows five, and others work too."""
FIRST = ("Leads", "Contacts", "Accounts", "Deals", "tickets", "contacts", "accounts")
"""Where people look first."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A module that can be chosen. ``web_name`` is what Zoho's own addresses call it."""

    product: str
    module: str
    label: str
    singular: str
    web_name: str


@dataclass(frozen=True, slots=True)
class Tabs:
    """The modules of a connection's products, and what kept a product's list away."""

    tabs: tuple[Tab, ...]
    errors: tuple[ZohoError, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: without ``text`` a page of the module, of one of Zoho's ``view``s or in an order; with it what a search finds.

    ``token`` leads to a page past the last numbered one. ``columns``: API names, by default the usual ones.
    """

    text: str = ""
    page: int = 1
    token: str = ""
    view: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()


NEWEST = Wanted()


@dataclass(frozen=True, slots=True)
class Hit:
    """One record of a list: how people call it, and a text for each column."""

    record_id: str
    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of records. ``columns`` without the name's own, ``choices`` what else could be one. ``next_token``: the page has no number."""

    columns: tuple[Column, ...]
    choices: tuple[Column, ...]
    hits: tuple[Hit, ...]
    page: int
    more: bool
    next_token: str = ""
    previous_token: str = ""
    is_cut: bool = False
    """Zoho has more, and gives no way on."""


@dataclass(frozen=True, slots=True)
class View:
    """One of Zoho's list views."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one module has for a text: a listing, or what was said instead."""

    tab: Tab
    answer: Listing | Question | Refused | ZohoError


def list_tabs(amend: Amend, connection: Connection) -> Tabs:
    """Every module of the chosen products. One product's failure does not hide the other."""
    tabs: list[Tab] = []
    errors: list[ZohoError] = []
    for product in PRODUCTS:
        if product not in connection.products:
            continue
        try:
            rows = metadata.modules(amend, connection, product)
        except ZohoError as error:
            errors.append(error)
            continue
        tabs += [Tab(product, row.api_name, row.plural, row.singular, row.web_name or row.api_name) for row in rows]
    return Tabs(tuple(tabs), tuple(errors))


def list_views(amend: Amend, connection: Connection, module: str) -> tuple[View, ...]:
    """Zoho's list views of a CRM module; none where the connection may not see them. Raises the ZohoErrors of a read."""
    client = clients.crm_client(amend, connection)
    source = Source(f"crm/{module}/views", scopes.CRM_VIEWS, lambda: client.list_views(module), "Zoho's list views are not known")
    rows = metadata.read(amend, connection, [source])[0].body
    texts = ((_id(row), row.get("display_value") or row.get("name")) for row in rows)
    return tuple(View(id_, text) for id_, text in texts if id_ and isinstance(text, str))


def sorts(product: str, module: str) -> dict[str, str]:
    """The orders that a list can have, in words; the first is the one it has by itself."""
    return CRM_SORTS if product == "crm" else TICKET_SORTS if module == "tickets" else {}


def list_records(amend: Amend, connection: Connection, product: str, module: str, wanted: Wanted = NEWEST) -> Listing | Question | Refused:
    """The records of a module that are wanted. Raises the ZohoErrors of a read."""
    chosen = columns(amend, connection, product, module, wanted.columns)
    make = _crm_call if product == "crm" else _desk_call
    name, params = make(module, wanted, chosen)
    answer = execute_tool(amend, connection.id, name, {key: value for key, value in params.items() if value})
    if not isinstance(answer, Done):
        return answer
    return _listing(answer.value, product, chosen, connection, wanted)


def search_everywhere(amend: Amend, connection: Connection, tabs: Sequence[Tab], text: str) -> list[Found]:
    """What each of these modules has for a text, in their order. One that fails does not hide the others."""

    def look(tab: Tab) -> Listing | Question | Refused:
        return list_records(amend, connection, tab.product, tab.module, Wanted(text))

    return [Found(tab, answer) for tab, answer in _at_once(tabs, look)]


def find_by_id(amend: Amend, connection: Connection, tabs: Sequence[Tab], record_id: str) -> tuple[list[Tab], list[ZohoError]]:
    """The modules that have a record of this id, and what kept others from saying."""

    def look(tab: Tab) -> bool:
        return has_record(amend, connection.id, tab.product, tab.module, record_id)

    answers = _at_once(tabs, look)
    return [tab for tab, answer in answers if answer is True], [one for _, one in answers if isinstance(one, ZohoError)]


def has_record(amend: Amend, connection_id: UUID, product: str, module: str, record_id: str) -> bool:
    """Whether a number is the id of a record of this module. Raises the ZohoErrors of a read but that of a missing record."""
    name, params = ("crm.get_record", {"module": module}) if product == "crm" else (f"desk.get_{DESK_MODULES[module]}", {})
    try:
        return isinstance(execute_tool(amend, connection_id, name, {**params, "id": record_id}), Done)
    except RecordNotFoundError:
        return False


def in_order(tabs: Sequence[Tab], first: Tab | None = None) -> list[Tab]:
    """The modules that can be searched, those where people look first before the others; ``first`` before all."""
    usual = {name: place for place, name in enumerate(FIRST)}
    searched = [tab for tab in tabs if tab.product == "crm" or tab.module not in UNSEARCHED]
    return sorted(searched, key=lambda tab: (tab != first, usual.get(tab.module, len(usual))))


def _at_once(tabs: Sequence[Tab], look: Callable[[Tab], T]) -> list[tuple[Tab, T | ZohoError]]:
    def guarded(tab: Tab) -> tuple[Tab, T | ZohoError]:
        try:
            return tab, look(tab)
        except ZohoError as error:
            return tab, error

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(guarded, tabs))


def _crm_call(module: str, wanted: Wanted, chosen: Columns) -> tuple[str, dict[str, Any]]:
    page = {"module": module, "page": 0 if wanted.token else wanted.page}
    if wanted.text:
        return "crm.search_records", {**page, **search_terms(wanted.text)}
    names = tuple(dict.fromkeys(("id", *chosen.names, *(column.name for column in chosen.shown))))[:50]
    sort = "" if wanted.view or wanted.sort == next(iter(CRM_SORTS)) else wanted.sort
    return "crm.list_records", {
        **page,
        "fields": names,
        "page_token": wanted.token,
        "view": wanted.view,
        "sort": sort,
        "per_page": LARGEST_PAGE,
    }


def _desk_call(module: str, wanted: Wanted, _chosen: Columns) -> tuple[str, dict[str, Any]]:
    if wanted.text:
        return f"desk.search_{module}", {"text": wanted.text, "page": wanted.page}
    return f"desk.list_{module}", {"page": wanted.page, "sort": wanted.sort}


def _listing(found: Page, product: str, chosen: Columns, connection: Connection, wanted: Wanted) -> Listing:
    zone = zone_of(connection)
    hits = [
        Hit(_id(row), record_name(product, row, _id(row)), tuple(column.cell(row, zone) for column in chosen.shown))
        for row in found.records
        if _id(row)
    ]
    if wanted.text:  # a search also finds the words in other fields
        hits.sort(key=lambda hit: not _is_called(hit.name, wanted.text))
    is_last = wanted.page >= LAST_PAGE[product]
    token = (found.next_token or "") if is_last and not wanted.text else ""
    more = found.more and bool(token or not is_last)
    is_cut = found.more and not more
    return Listing(chosen.shown, chosen.choices, tuple(hits), wanted.page, more, token, found.previous_token or "", is_cut)


def _is_called(name: str, text: str) -> bool:
    """Whether each word of a text begins a word of the name."""
    words = folded(name).split()
    return all(any(word.startswith(typed) for word in words) for typed in folded(text).split())


def _id(record: Mapping[str, Any]) -> str:
    text = str(record.get("id") or "")
    return text if text.isascii() and text.isdigit() else ""
