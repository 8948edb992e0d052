"""Zoho's own timeline of a record beside our history: one list by time, in which an edit of ours stands once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from changes import history
from changes.history import Filter
from changes.plans import Change, Receipt
from zoho import connections, tools
from zoho.answers import Done, Page, Question, Refused
from zoho.fields.form import dicts, part, word
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
AUTOMATIC = frozenset(
    "workflow blueprint approval_process review_process custom_function function assignment_rule escalation scoring_rule "
    "pathfinder orchestration cadences cadence macro schedule automation".split()
)


@dataclass(frozen=True, slots=True)
class Moved:
    """A field that changed, with both values as texts; None where Zoho did not tell."""

    label: str
    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``receipt``: it was an edit of ours, and ``is_in_zoho`` says whether Zoho lists it too.

    ``who`` is the person or thing in Zoho's eyes, ``source`` Zoho's word for where it came from, ``rule`` the automation that did it.
    All these texts are Zoho's and may hold anything.
    """

    at: datetime | None
    who: str
    action: str
    source: str
    moved: tuple[Moved, ...]
    rule: str = ""
    receipt: Receipt | None = None
    is_in_zoho: bool = True

    @property
    def texts(self) -> tuple[tuple[str, str, str | None, str | None], ...]:
        """Label, name, old and new of each field that changed."""
        return tuple((one.label, one.name, one.old, one.new) for one in self.moved)

    @property
    def is_automatic(self) -> bool:
        """True for what no person did."""
        return self.source in AUTOMATIC or bool(self.rule)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A part of a record's list, newest first. ``token`` and ``before`` lead to the next older part; both None at its end."""

    entries: tuple[Entry, ...]
    token: str | None
    before: datetime | None
    record_name: str


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
    return Timeline(tuple(_of_receipt(receipt) for receipt in page.receipts), None, page.before, name)


def merged(amend: Amend, of: Of, token: str | None = None, before: datetime | None = None) -> Timeline | Question | Refused:
    """A page of Zoho's entries, with our edits of the same stretch of time. Raises NotFoundError and the ZohoErrors of a read."""
    if token is None and before is not None:  # Zoho's end here, ours go on
        return ours(amend, of, before)
    with amend.reading() as session:
        connections.get_own(session, of.connection_id, of.user_id)
    page = _page(amend, of, token)
    if not isinstance(page, Page):
        return page
    theirs = [entry for row in page.records if (entry := _of_zoho(of.product, row)) is not None]
    following = _next_token(of.product, page, token)
    dated = [entry.at for entry in theirs if entry.at is not None]
    oldest = min(dated) if following and dated else None
    receipts = history.list_receipts(amend, of.user_id, _filter(of), before, limit=MOST)
    entries, since = _woven(theirs, receipts.receipts, oldest)
    names = [receipt.record_name for receipt in receipts.receipts] + [_name(row) for row in page.records]
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
    found = (_of_zoho(of.product, row) for row in page.records)
    return tuple(entry for entry in found if entry and entry.is_automatic and entry.at and start <= entry.at <= start + SOON)


def _filter(of: Of) -> Filter:
    """Through whichever connection: ids of records are Zoho's, and no two records share one."""
    return Filter(record=(of.product, of.module, of.record_id))


def _page(amend: Amend, of: Of, token: str | None) -> Page | Question | Refused:
    if of.product == "crm":
        params: dict[str, Any] = {"module": of.module, "id": of.record_id} | ({"page_token": token} if token else {})
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
    left, shown = list(receipts), list[Entry]()
    since = oldest
    for entry in theirs:
        receipt = next((one for one in left if _is_same(one, entry)), None)
        if receipt is None:
            shown.append(entry)
            continue
        left.remove(receipt)
        since = min(since, receipt.created_at) if since else None
        shown.append(replace(_of_receipt(receipt), at=entry.at, is_in_zoho=True, source=entry.source, who=entry.who))
    shown += [_of_receipt(receipt) for receipt in left if since is None or receipt.created_at >= since]
    return tuple(sorted(shown, key=lambda entry: entry.at or _NEVER, reverse=True)), since


_NEVER = datetime.min.replace(tzinfo=UTC)


def _is_same(receipt: Receipt, entry: Entry) -> bool:
    """Whether Zoho's entry is this edit of ours: sent then, by the API, with a field and its new value in common.

    To hide somebody else's change is worse than to show ours twice.
    """
    if receipt.sent_at is None or entry.at is None or entry.source not in OURS:
        return False
    if not receipt.sent_at - SLACK <= entry.at <= (receipt.settled_at or receipt.sent_at) + SLACK:
        return False
    new = {moved.name: moved.new for moved in entry.moved}
    changes = [change for change in receipt.changes if change.name in new]
    return any(_is_value(change, new[change.name]) for change in changes)


def _is_value(change: Change, text: str | None) -> bool:
    wire = change.sent.get("name") if isinstance(change.sent, dict) else change.sent
    texts = {change.sent_text, change.after_text, text_of(wire), text_of(change.after)}
    at = instant(change.sent)
    return (text or "") in texts or (at is not None and instant(text) == at)


def _of_receipt(receipt: Receipt) -> Entry:
    moved = tuple(Moved(change.label, change.name, change.before_text, change.sent_text) for change in receipt.changes)
    return Entry(receipt.sent_at or receipt.created_at, "", receipt.origin, "amend", moved, receipt=receipt, is_in_zoho=False)


def _of_zoho(product: str, row: Mapping[str, Any]) -> Entry | None:
    entry = _of_crm(row) if product == "crm" else _of_desk(row)
    return entry if entry.action or entry.moved else None


def _of_crm(row: Mapping[str, Any]) -> Entry:
    by, rule = part(dict(row), "done_by"), part(dict(row), "automation_details")
    moved = (_moved(each) for each in dicts(row.get("field_history")))
    return Entry(
        at=instant(row.get("audited_time")),
        who=word(by.get("name"), by.get("id")),
        action=word(row.get("action"), row.get("type")),
        source=word(row.get("source")).lower(),
        moved=tuple(each for each in moved if each.name),
        rule=word(part(rule, "rule").get("name"), rule.get("name")),
    )


def _moved(each: dict[str, Any]) -> Moved:
    values = part(each, "_value")
    name = word(each.get("api_name"))
    return Moved(word(each.get("field_label"), name), name, *(_text(values, key) for key in ("old", "new")))


def _of_desk(row: Mapping[str, Any]) -> Entry:
    actor = part(dict(row), "actor") or part(dict(row), "author")
    number = word(row.get("ticketNumber"))
    operation = word(row.get("eventName"), row.get("operation"))
    return Entry(
        at=_moment(row.get("eventTime")),
        who=word(actor.get("name"), row.get("author"), actor.get("id")),
        action=f"{operation} (ticket {number})" if number else operation,
        source=word(row.get("source")).lower(),
        moved=tuple(_moved_in_desk(dicts(row.get("eventInfo")))),
        rule="" if word(actor.get("type")).lower() in ("", "agent", "enduser", "end_user", "contact") else word(actor.get("name")),
    )


def _moment(value: Any) -> datetime | None:
    """Desk writes ISO 8601, and in older answers seconds or milliseconds since 1970."""
    text = text_of(value)
    if text.isascii() and text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    return instant(value)


def _moved_in_desk(info: Iterable[dict[str, Any]]) -> Iterable[Moved]:
    for each in info:
        name, value = word(each.get("propertyName")), each.get("propertyValue")
        if not name:
            continue
        if isinstance(value, dict) and ("previousValue" in value or "updatedValue" in value):
            yield Moved(name, name, _text(value, "previousValue"), _text(value, "updatedValue"))
        else:
            yield Moved(name, name, None, _name(value) if isinstance(value, dict) else text_of(value))


def _text(values: Mapping[str, Any], key: str) -> str | None:
    """A value as text; one that is an object by its name. None when Zoho does not tell it."""
    return text_of(values[key]) if key in values else None


def _name(row: Mapping[str, Any]) -> str:
    return word(part(dict(row), "record").get("name"), row.get("name"))
