"""Zoho's own timeline of a record beside our history: one list by time, in which an edit of ours stands once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from changes import history
from changes.happening import Entry, Moved, name_of, of_receipt, of_zoho
from changes.history import Filter
from changes.plans import Change, Receipt, Verdict
from zoho import connections, tools
from zoho.answers import Done, Page, Question, Refused
from zoho.fields.choices import id_of
from zoho.fields.shown import text_of
from zoho.record_state import instant
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES

SLACK = timedelta(minutes=1)
"""Zoho's clock and ours may differ by this much."""
SOON = timedelta(minutes=10)
"""Automations that run because of an edit do so within this time; those that Zoho schedules for later are not looked for."""
MOST = 200
"""Of our own edits in one part of the list."""
WITH_HISTORY = frozenset({"tickets", "contacts", "accounts"})
"""The Desk modules whose records Zoho keeps a history of."""
OURS = frozenset({"crm_api", "blueprint", "api", ""})
"""Sources under which Zoho files an edit of ours."""
LARGEST_PAGE = 200
"""Of Zoho's entries; Desk gives 50."""
MOST_PAGES = 10
"""That are read to look back."""
STORED = (Verdict.STORED, Verdict.STORED_DIFFERENTLY)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A part of a record's list, newest first. ``token`` and ``before`` lead to the next older part; both None at its end."""

    entries: tuple[Entry, ...]
    token: str | None
    before: datetime | None
    record_name: str


@dataclass(frozen=True, slots=True)
class Since:
    """What happened to a record after a time, newest first, by anybody. ``oldest`` is the last entry that was read, None when there is
    none; ``reaches``: the list goes back to that time; ``is_cut``: it goes further than it was read. Of an edit of ours the entry carries
    the receipt."""

    entries: tuple[Entry, ...]
    oldest: Entry | None
    reaches: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Of:
    """The record whose list it is, and who asks."""

    user_id: UUID
    connection_id: UUID
    product: str
    module: str
    record_id: str


def ours(amend: Amend, of: Of, before: datetime | None = None) -> Timeline:
    """Our own edits alone: no call to Zoho. Raises NotFoundError when the connection is not the operator's."""
    with amend.reading() as session:
        connections.get_own(session, of.connection_id, of.user_id)
    page = history.list_receipts(amend, of.user_id, _filter(of), before)
    name = page.receipts[0].record_name if page.receipts else ""
    return Timeline(tuple(of_receipt(receipt) for receipt in page.receipts), None, page.before, name)


def merged(amend: Amend, of: Of, token: str | None = None, before: datetime | None = None) -> Timeline | Question | Refused:
    """A page of Zoho's entries, with our edits of the same stretch of time. Raises NotFoundError and the ZohoErrors of a read."""
    if token is None and before is not None:  # Zoho's end here, ours go on
        return ours(amend, of, before)
    with amend.reading() as session:
        connections.get_own(session, of.connection_id, of.user_id)
    page = _page(amend, of, token)
    if not isinstance(page, Page):
        return page
    theirs = [entry for row in page.records if (entry := of_zoho(of.product, row)) is not None]
    following = _next_token(of.product, page, token)
    dated = [entry.at for entry in theirs if entry.at is not None]
    oldest = min(dated) if following and dated else None
    receipts = history.list_receipts(amend, of.user_id, _filter(of), before, limit=MOST)
    entries, since = _woven(theirs, receipts.receipts, oldest)
    names = [receipt.record_name for receipt in receipts.receipts] + [name_of(row) for row in page.records]
    last = since if following else receipts.before
    return Timeline(entries, following, last, next((name for name in names if name), ""))


def automations(
    amend: Amend, of: Of, receipt: Receipt, within: timedelta = timedelta(minutes=10)
) -> tuple[Entry, ...] | Question | Refused:
    """What ran by itself in the minutes after an edit of ours, newest first, as far as the newest page of Zoho's timeline tells."""
    page = _page(amend, of, None)
    if not isinstance(page, Page):
        return page
    start = (receipt.sent_at or receipt.created_at) - SLACK
    found = (of_zoho(of.product, row) for row in page.records)
    return tuple(entry for entry in found if entry and entry.is_automatic and entry.at and start <= entry.at <= start + SOON)


def tells_fields(product: str, module: str) -> bool:
    """Whether Zoho tells which fields changed. Of Desk's customers it tells what happened to their tickets, of the rest nothing."""
    return product == "crm" or module == "tickets"


def since(amend: Amend, of: Of, at: datetime) -> Since | Question | Refused:
    """Everything after ``at`` that Zoho or our history tells, and what nobody dates; our edits from a minute before it, for clocks differ.

    Raises the ZohoErrors of a read.
    """
    theirs, token, size = list[Entry](), None, LARGEST_PAGE
    for _ in range(MOST_PAGES):
        page = _page(amend, of, token, size)
        if not isinstance(page, Page):
            return page
        theirs += [entry for row in page.records if (entry := of_zoho(of.product, row)) is not None]
        token = _next_token(of.product, page, token)
        if token is None or any(entry.at and entry.at <= at for entry in theirs):
            break
    stored = [one for one in history.list_receipts(amend, of.user_id, _filter(of), limit=MOST).receipts if one.verdict in STORED]
    pairs, left = _paired(theirs, stored)
    told = [_with_receipt(entry, receipt) if receipt else entry for entry, receipt in pairs]
    told = [entry for entry in told if entry.at is None or entry.at > at]
    told += [entry for entry in map(of_receipt, left) if entry.at and entry.at > at - SLACK]
    oldest = min((entry for entry in theirs if entry.at), key=_when, default=None)
    reaches = oldest is not None and oldest.at is not None and oldest.at <= at
    return Since(tuple(sorted(told, key=_when, reverse=True)), oldest, reaches, token is not None)


def _with_receipt(entry: Entry, receipt: Receipt) -> Entry:
    """Zoho's entry with what only the receipt tells: Zoho lists no rows of a subform, and we no fields that changed beside ours."""
    names = {moved.name for moved in entry.moved}
    more = (moved for moved in of_receipt(receipt).moved if moved.name not in names)
    return replace(entry, moved=(*entry.moved, *more), receipt=receipt)


def _filter(of: Of) -> Filter:
    """Through whichever connection: ids of records are Zoho's, and no two records share one."""
    return Filter(record=(of.product, of.module, of.record_id))


def _page(amend: Amend, of: Of, token: str | None, size: int = 50) -> Page | Question | Refused:
    if of.product == "crm":
        params: dict[str, Any] = {"module": of.module, "id": of.record_id} | ({"page_token": token} if token else {"per_page": size})
        answer = tools.run(amend, of.connection_id, "crm.get_timeline", params)
    elif of.module in WITH_HISTORY:
        number = int(token) if token and token.isascii() and token.isdigit() and len(token) < 4 else 1
        answer = tools.run(amend, of.connection_id, f"desk.get_{DESK_MODULES[of.module]}_history", {"id": of.record_id, "page": number})
    else:
        return Page([], more=False)
    return answer.value if isinstance(answer, Done) else answer


def _next_token(product: str, page: Page, token: str | None) -> str | None:
    if not page.more or not page.records:
        return None
    return page.next_token if product == "crm" else str(int(token or 1) + 1)


def _woven(theirs: Sequence[Entry], receipts: Sequence[Receipt], oldest: datetime | None) -> tuple[tuple[Entry, ...], datetime | None]:
    """Both by time; and the time of the oldest receipt that is shown, before which the next part begins.

    An edit of ours is sent a moment before Zoho notes it: one that matches the last entry of a page belongs to that page.
    """
    pairs, left = _paired(theirs, receipts)
    since, shown = oldest, list[Entry]()
    for entry, receipt in pairs:
        if receipt is None:
            shown.append(entry)
            continue
        since = min(since, receipt.created_at) if since else None
        shown.append(replace(of_receipt(receipt), at=entry.at, is_in_zoho=True, source=entry.source, who=entry.who))
    shown += [of_receipt(receipt) for receipt in left if since is None or receipt.created_at >= since]
    return tuple(sorted(shown, key=_when, reverse=True)), since


_NEVER = datetime.min.replace(tzinfo=UTC)


def _when(entry: Entry) -> datetime:
    return entry.at or _NEVER


def _paired(theirs: Sequence[Entry], receipts: Sequence[Receipt]) -> tuple[list[tuple[Entry, Receipt | None]], list[Receipt]]:
    """Zoho's entries, each with our receipt of it, and the receipts of which Zoho lists nothing."""
    left, pairs = list(receipts), list[tuple[Entry, Receipt | None]]()
    for entry in theirs:
        receipt = next((one for one in left if _is_same(one, entry)), None)
        if receipt is not None:
            left.remove(receipt)
        pairs.append((entry, receipt))
    return pairs, left


def _is_same(receipt: Receipt, entry: Entry) -> bool:
    """Whether Zoho's entry is this edit of ours: sent then, by the API, with a field and its new value in common.

    To hide somebody else's change is worse than to show ours twice.
    """
    if receipt.sent_at is None or entry.at is None or entry.source not in OURS:
        return False
    if not receipt.sent_at - SLACK <= entry.at <= (receipt.settled_at or receipt.sent_at) + SLACK:
        return False
    new = {moved.name: moved for moved in entry.moved}
    changes = [change for change in receipt.changes if change.name in new]
    return any(_is_value(change, new[change.name]) for change in changes)


def _is_value(change: Change, moved: Moved) -> bool:
    if moved.new_id:
        return id_of(change.sent) == moved.new_id
    wire = change.sent.get("name") if isinstance(change.sent, dict) else change.sent
    texts = {change.sent_text, change.after_text, text_of(wire), text_of(change.after)}
    at = instant(change.sent)
    return (moved.new or "") in texts or (at is not None and instant(moved.new) == at)
