"""One entry of a record's timeline: a row of Zoho's, or a receipt of ours, in one form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from changes.plans import Receipt
from zoho.fields.choices import id_of
from zoho.fields.form import dicts, part, word
from zoho.fields.shown import text_of
from zoho.record_state import instant

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
    old_id: str = ""
    new_id: str = ""
    """Where Zoho told more than a name."""


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


def of_receipt(receipt: Receipt) -> Entry:
    """Our edit, as if Zoho knew nothing of it."""
    moved = tuple(Moved(change.label, change.name, change.before_text, change.sent_text) for change in receipt.changes)
    return Entry(receipt.sent_at or receipt.created_at, "", receipt.origin, "amend", moved, receipt=receipt, is_in_zoho=False)


def of_zoho(product: str, row: Mapping[str, Any]) -> Entry | None:
    """A row of CRM's timeline or Desk's history; None for one that says nothing."""
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
    return _moved_from(word(each.get("field_label"), name), name, values, "old", "new")


def _moved_from(label: str, name: str, values: Mapping[str, Any], old: str, new: str) -> Moved:
    ids = (id_of(value) if isinstance(value := values.get(key), dict) else "" for key in (old, new))
    return Moved(label, name, _text(values, old), _text(values, new), *ids)


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
            yield _moved_from(name, name, value, "previousValue", "updatedValue")
        else:
            yield Moved(name, name, None, name_of(value) if isinstance(value, dict) else text_of(value))


def _text(values: Mapping[str, Any], key: str) -> str | None:
    """A value as text; one that is an object by its name. None when Zoho does not tell it."""
    return text_of(values[key]) if key in values else None


def name_of(row: Mapping[str, Any]) -> str:
    """What the row calls its record, or itself."""
    return word(part(dict(row), "record").get("name"), row.get("name"))
