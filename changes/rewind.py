"""Rewind a record to a time, by what Zoho's timeline tells, whoever changed it since. What cannot be given back is named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from changes import road, timeline, told
from changes.apply import REWOUND_TO
from changes.drafts import Entry, Opened
from changes.happening import Entry as Happening
from changes.happening import Moved
from changes.plans import Change
from changes.road import Saved
from changes.timeline import SLACK, Of, Since
from changes.told import Told
from zoho.answers import Question, Refused
from zoho.fields import ABSENT, Field, FieldError
from zoho.runtime import Amend

ORIGIN = "rewind"
HIDDEN = "Changed in a way that the timeline does not show."
NO_HISTORY = (
    "Desk keeps no history of the fields of {}, so nothing can be rewound. Edits made with Amend can be undone from their receipts."
)
NOTHING_TOLD = "Zoho's timeline of this record is empty, so nobody can tell what it held then."
TOO_FAR = "Zoho's timeline does not reach back that far, so nobody can tell what it held then."
TOO_LONG = f"More than {timeline.LARGEST_PAGE * timeline.MOST_PAGES:,} things happened since, or Zoho tells them in too many parts to read."
CREATED = frozenset({"added", "ticketcreated"})
"""Zoho's words for the beginning of a record, in lower case."""


@dataclass(frozen=True, slots=True)
class Back:
    """A field and the value it held then. ``doubt``: why it is offered and not chosen; "" when timeline and record agree."""

    entry: Entry
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Rewind:
    """What it takes to put a record back to how it was at ``to``. ``missing``: label and reason of what cannot be given back;
    ``same``: labels of fields that changed since and hold the same again. ``why_not``: why there is nothing to put back at all;
    ``earliest``: the time back to which it could be."""

    opened: Opened
    to: datetime
    backs: tuple[Back, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    same: tuple[str, ...] = ()
    why_not: str = ""
    earliest: datetime | None = None


def prepare(amend: Amend, user_id: UUID, opened: Opened, to: datetime) -> Rewind | Question | Refused:
    """Read back through Zoho's timeline and our history to ``to``. Raises the ZohoErrors of a read."""
    if not timeline.tells_fields(opened.product, opened.module):
        return Rewind(opened, to, why_not=NO_HISTORY.format(opened.module))
    of = Of(user_id, opened.connection.id, opened.product, opened.module, opened.record_id)
    since = timeline.since(amend, of, to)
    if not isinstance(since, Since):
        return since
    if not since.reaches:
        return _too_far(opened, to, since)
    return _sorted_out(amend, opened, to, _courses(opened, since.entries, to))


def apply(amend: Amend, user_id: UUID, rewind: Rewind, names: Collection[str], options: Mapping[str, Any]) -> Saved:
    """Send the chosen fields, as they were shown, on the one road. Raises the ZohoErrors that mean *nothing was stored*."""
    entries = [back.entry for back in rewind.backs if back.entry.field.name in names]
    chosen = {**options, REWOUND_TO: rewind.to.isoformat()}
    return road.write_entries(amend, user_id, rewind.opened, entries, chosen, origin=ORIGIN)


def back(opened: Opened, known: Field, then: Any, doubt: str) -> Back:
    """A field of the opened record and the value to put back."""
    return Back(Entry(known, road.known(known.read(opened.record)), then), doubt)


@dataclass(slots=True)
class _Course:
    """What happened to one field since, newest first: of our edits with the exact values."""

    known: Field | None
    moves: list[tuple[Moved, Change | None]] = field(default_factory=list)
    why_unclear: str = ""


def _courses(opened: Opened, entries: Iterable[Happening], to: datetime) -> dict[str, _Course]:
    courses: dict[str, _Course] = {}
    for entry in entries:
        exact = {change.name: change for change in entry.receipt.changes} if entry.receipt else {}
        for moved in entry.moved:
            known = _field(opened, moved.name)
            name = known.name if known else moved.name
            course = courses.setdefault(name, _Course(known))
            course.moves.append((moved, exact.get(name)))
            course.why_unclear = course.why_unclear or _why_unclear(entry, to)
    return courses


def _why_unclear(entry: Happening, to: datetime) -> str:
    if entry.at is None:
        return "It changed at a time that Zoho does not tell."
    if not entry.is_in_zoho and entry.at <= to + SLACK:
        return "It was edited with Amend at about that time, and Zoho's timeline does not show whether before or after."
    return ""


def _too_far(opened: Opened, to: datetime, since: Since) -> Rewind:
    if since.oldest is None:
        return Rewind(opened, to, why_not=NOTHING_TOLD)
    if since.oldest.action.lower() in CREATED:
        return Rewind(opened, to, why_not="The record was created after that.", earliest=since.oldest.at)
    labels = {moved.name: moved.label for entry in since.entries for moved in entry.moved}
    missing = tuple((label, "What it was then is not told any more.") for label in labels.values())
    return Rewind(opened, to, missing=missing, why_not=TOO_LONG if since.is_cut else TOO_FAR, earliest=since.oldest.at)


def _sorted_out(amend: Amend, opened: Opened, to: datetime, courses: Mapping[str, _Course]) -> Rewind:
    backs, missing, same = list[Back](), list[tuple[str, str]](), list[str]()
    for course in courses.values():
        label = course.known.label if course.known else course.moves[0][0].label
        try:
            found = _back(amend, opened, course)
        except FieldError as why:
            missing.append((label, str(why)))
            continue
        if found is None:
            same.append(label)
        else:
            backs.append(found)
    why_not = "" if courses else "Nothing of this record changed after that, as far as Zoho's timeline tells."
    return Rewind(opened, to, tuple(backs), tuple(missing), tuple(same), why_not)


def _field(opened: Opened, name: str) -> Field | None:
    """By its API name; Desk's history may call it by its label."""
    fields = opened.record_form.form.by_name
    if name in fields or opened.product != "desk":
        return fields.get(name)
    called = [one for one in fields.values() if one.label.casefold() == name.casefold()]
    return called[0] if len(called) == 1 else None


def _back(amend: Amend, opened: Opened, course: _Course) -> Back | None:
    """None when the field holds the same again. Raises FieldError with why the earlier value cannot be given."""
    known = course.known
    if known is None:
        raise FieldError("Zoho does not list it among the fields of this record.")
    if not known.is_editable:
        raise FieldError(known.why_read_only or "It cannot be edited.")
    now = known.read(opened.record)
    if now is ABSENT:
        raise FieldError("Zoho does not show what it holds now.")
    if course.why_unclear:
        raise FieldError(course.why_unclear)
    then = _then(amend, opened, known, *course.moves[-1])
    if known.same(now, then):
        return None
    return back(opened, known, then, "" if _is_followed(opened, known, *course.moves[0]) else HIDDEN)


def _then(amend: Amend, opened: Opened, known: Field, moved: Moved, change: Change | None) -> Any:
    """What the field held before its first change since. Our own receipt knows exactly, where Zoho does not contradict it."""
    zohos = None if moved.old is None else Told(known, moved.old, moved.old_id, opened)
    if change is not None and _agrees(zohos, change):
        return known.restore(change.before, known.read(opened.record), opened.zone)
    if zohos is None or (moved.old, moved.old_id) == (moved.new, moved.new_id):
        raise FieldError("Zoho's timeline says that it changed, and not what it was before.")
    return told.value_of(amend, zohos)


def _is_followed(opened: Opened, known: Field, moved: Moved, change: Change | None) -> bool:
    """Whether the record holds what its newest change left: if not, something changed it that nobody told of."""
    if change is not None and known.same(known.read(opened.record), change.after):
        return True
    return moved.new is not None and told.tells(Told(known, moved.new, moved.new_id, opened), known.read(opened.record))


def _agrees(zohos: Told | None, change: Change) -> bool:
    return zohos is None or zohos.text == change.before_text or told.tells(zohos, change.before)
