"""What state a record is in, by what it tells of itself: locked, in a process, converted. No call is made for it.

Source: the dossier's crm.md sections 6, 11 and 12, desk.md section 3; the words of ``$approval_state`` are those of Zoho's OpenAPI file
of the search. A key that is missing says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zoho.fields.form import is_true, part, word

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Became:
    """A record that this one became: what to call it, and where it is. ``name`` is Zoho's text."""

    label: str
    module: str
    record_id: str
    name: str


@dataclass(frozen=True, slots=True)
class RecordState:
    """One thing to know before editing. ``is_barring``: Zoho takes no edit at all. ``since``: an instant, where the record tells it."""

    key: str
    headline: str
    advice: str
    is_barring: bool = False
    since: datetime | None = None
    became: tuple[Became, ...] = ()


def states_of(product: str, record: Record, codes: Iterable[str | None] = ()) -> tuple[RecordState, ...]:
    """The states of a record, each once, those that bar editing first; ``codes``: those with which Zoho refused to change it just now."""
    checks = _CRM if product == "crm" else _DESK
    found = {state.key: state for check in checks if (state := check(record)) is not None}
    for code in codes:
        if product == "crm" and code in _BY_CODE:
            found.setdefault(_BY_CODE[code].key, _BY_CODE[code])
    if len(found) > 1 and any(state.is_barring for state in found.values() if state.key != RIGHT.key):
        found.pop(RIGHT.key, None)  # a lock takes the right to edit away: one reason is enough
    return tuple(sorted(found.values(), key=lambda state: not state.is_barring))


LOCKED = RecordState(
    "locked",
    "This record is locked.",
    "Zoho takes no change until it is unlocked: by whoever locked it or an administrator, in Zoho CRM.",
    is_barring=True,
)
LOCKED_FOR_OTHERS = RecordState("locked", "This record is locked, but not for you.", "The connected Zoho user may still change it.")
MERGING = RecordState(
    "merging", "This record is being merged with another.", "Wait until Zoho is done, then open it again.", is_barring=True
)
TRASHED = RecordState("trashed", "This record is in Zoho's recycle bin.", "Restore it there, then open it again.", is_barring=True)
DRAFT = RecordState("draft", "This record is a draft.", "Changes are stored in the draft; it is published in Zoho CRM.")
CONVERTED = RecordState(
    "converted", "This lead was converted.", "Zoho takes no more changes. Edit what it became instead.", is_barring=True
)
RIGHT = RecordState(
    "no_right",
    "The connected Zoho user may not edit this record.",
    "Ask for the right in Zoho (profile, role or sharing rule), or connect as somebody who has it.",
    is_barring=True,
)
BLUEPRINT = RecordState(
    "blueprint",
    "This record is in a blueprint.",
    "The field that the blueprint guards moves by its transitions alone; the others can be edited.",
)
_TAKES_NONE = "Zoho may refuse changes until then."
APPROVAL = RecordState("approval", "This record waits for approval.", f"It is approved or rejected in Zoho CRM. {_TAKES_NONE}")
MY_APPROVAL = RecordState(
    "approval",
    "This record waits for approval by the connected Zoho user.",
    f"Approve or reject it in Zoho CRM. {_TAKES_NONE}",
)
NOT_APPROVED = RecordState("approval", "The approval of this record was rejected.", "Correct it and submit it again in Zoho CRM.")
REVIEW = RecordState("review", "This record waits for review.", f"The review is finished in Zoho CRM. {_TAKES_NONE}")
NOT_REVIEWED = RecordState("review", "The review of this record rejected it.", "Correct what was found, and finish the review in Zoho CRM.")
IMAGE_CHECK = RecordState("image_check", "Zoho is checking an image of this record.", f"It takes a moment. {_TAKES_NONE}")
_APPROVALS = {
    "merge_pending": MERGING,
    "approval_process_pending": APPROVAL,
    "webform_unapproved": APPROVAL,
    "webform_invalid_approval": APPROVAL,
    "in_approval": APPROVAL,
    "approval_process_rejected": NOT_APPROVED,
    "review_process_pending": REVIEW,
    "review_process_rejected": NOT_REVIEWED,
    "zia_vision_pending": IMAGE_CHECK,
    "zia_vision_validation": IMAGE_CHECK,
}
_BY_CODE: dict[str | None, RecordState] = {
    "RECORD_LOCKED": LOCKED,
    "LOCKED": LOCKED,
    "RECORD_IN_BLUEPRINT": BLUEPRINT,
    "NOT_APPROVED": APPROVAL,
    "NOT_REVIEWED": REVIEW,
    "CONVERTED_RECORD": CONVERTED,
    "ID_ALREADY_CONVERTED": CONVERTED,
}


def _lock(record: Record) -> RecordState | None:
    if is_true(record.get("$locked_for_me")):
        return LOCKED
    if not is_true(record.get("Locked__s")):
        return None
    return LOCKED_FOR_OTHERS if "$locked_for_me" in record else LOCKED


def _status(record: Record) -> RecordState | None:
    return {"trash": TRASHED, "draft": DRAFT}.get(word(record.get("Record_Status__s")).lower())


def _converted(record: Record) -> RecordState | None:
    if not (is_true(record.get("Converted__s")) or is_true(record.get("$converted"))):
        return None
    return RecordState(CONVERTED.key, CONVERTED.headline, CONVERTED.advice, is_barring=True, became=tuple(_became(record)))


def _became(record: Record) -> Iterator[Became]:
    """What a lead became, as a lookup of the record or, by id alone, in ``$converted_detail``."""
    detail = part(dict(record), "$converted_detail")
    for label, module in (("contact", "Contacts"), ("account", "Accounts"), ("deal", "Deals")):
        lookup = part(dict(record), f"Converted_{label.capitalize()}")
        record_id = word(lookup.get("id"), detail.get(label))
        if record_id.isascii() and record_id.isdigit():
            yield Became(label, module, record_id, word(lookup.get("name")))


def _right(record: Record) -> RecordState | None:
    return RIGHT if record.get("$editable") in (False, "false") else None


def _approval(record: Record) -> RecordState | None:
    asked = part(dict(record), "$approval")
    if is_true(asked.get("approve")) or is_true(asked.get("reject")):
        return MY_APPROVAL
    if is_true(asked.get("resubmit")):
        return NOT_APPROVED
    return None


def _review(record: Record) -> RecordState | None:
    asked = part(dict(record), "$review_process")
    return REVIEW if any(is_true(asked.get(key)) for key in ("approve", "reject", "resubmit")) else None


def _named(record: Record) -> RecordState | None:
    return _APPROVALS.get(word(record.get("$approval_state")).lower())


def _flag(key: str, state: RecordState) -> Callable[[Record], RecordState | None]:
    return lambda record: state if is_true(record.get(key)) else None


_CRM: tuple[Callable[[Record], RecordState | None], ...] = (
    _lock,
    _named,
    _flag("$in_merge", MERGING),
    _status,
    _converted,
    _approval,
    _review,
    _flag("$process_flow", BLUEPRINT),
    _right,
)
"""A later one of the same key knows it better."""

DESK_TRASHED = RecordState("trashed", "This is in Desk's recycle bin.", "Restore it in Zoho Desk, then open it again.", is_barring=True)
ARCHIVED = RecordState("archived", "This ticket is archived.", "Desk may refuse changes; if it does, reopen the ticket in Zoho Desk.")
SPAM = RecordState("spam", "This is marked as spam.", "Changes are taken. In Zoho Desk it can be marked as not being spam.")


def _ticket_lock(record: Record) -> RecordState | None:
    text = word(record.get("lockedTime"))
    if not text:
        return None
    advice = "Desk may refuse changes; if it does, create a follow-up ticket in Zoho Desk."
    return RecordState("locked", "This ticket is locked.", advice, since=instant(text))


_DESK: tuple[Callable[[Record], RecordState | None], ...] = (
    _ticket_lock,
    _flag("isTrashed", DESK_TRASHED),
    _flag("isDeleted", DESK_TRASHED),
    _flag("isArchived", ARCHIVED),
    _flag("isSpam", SPAM),
)


def instant(text: object) -> datetime | None:
    """An instant of Zoho's as such; None for anything else, and for a time without a zone."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
