"""What happened to a record, in the words that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from changes import timeline
from changes.happening import Entry
from changes.plans import Receipt
from changes.timeline import Of, Timeline
from web import verdicts
from web.errors import status_of
from web.records.saving import Place
from web.records.state import Told
from zoho.answers import Question, Refused
from zoho.errors import NotConnectedError, ZohoError
from zoho.runtime import Amend

SOURCES = {
    "crm_ui": "in Zoho CRM",
    "crm_api": "by an app",
    "api": "by an app",
    "mass_update": "by a mass update",
    "bulkapi": "by an import",
    "import": "by an import",
    "workflow": "by a workflow",
    "blueprint": "by a blueprint",
    "approval_process": "by an approval process",
    "review_process": "by a review process",
    "convert": "by converting a lead",
    "custom_function": "by a function",
    "assignment_rule": "by an assignment rule",
    "web": "in Zoho Desk",
}
"""Zoho's words for where a change came from; another one is shown as it is."""
ACTIONS = {
    "added": "created it",
    "updated": "changed",
    "owner_assigned": "gave it an owner",
    "tag_added": "added a tag",
    "tag_removed": "removed a tag",
    "ticketcreated": "created it",
    "ticketupdated": "changed",
}
"""Zoho's words for what was done, by the action in lower case."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A part of the list; ``with_zoho``: Zoho's timeline is in it, or ``problem`` says why it is not."""

    timeline: Timeline | None
    with_zoho: bool
    error: ZohoError | None = None
    problem: str = ""
    status: int = 200
    is_newest: bool = True
    """The part that begins with what happened last."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What happened, newest first."""
        return self.timeline.entries if self.timeline else ()

    def can_rewind(self, entry: Entry, place: Place) -> bool:
        """Whether something of the record's fields is known to have happened after this entry of Zoho's."""
        if entry.at is None or not entry.is_in_zoho or not timeline.tells_fields(place.product, place.module):
            return False
        newest = self.entries[0].at if self.is_newest else None
        return newest is None or entry.at < newest

    @property
    def older(self) -> dict[str, str]:
        """What the address of the next older part carries; nothing at the end."""
        if self.timeline is None or not (self.timeline.token or self.timeline.before):
            return {}
        before = self.timeline.before.isoformat() if self.timeline.before else ""
        more = {"zoho": "1" if self.with_zoho else "", "token": self.timeline.token or "", "before": before}
        return {key: text for key, text in more.items() if text}


def happened(amend: Amend, of: Of, arguments: Mapping[str, str]) -> Happened:
    """The part that the address asks for. What Zoho cannot tell does not hide our own. Raises NotConnectedError."""
    before = instant_of(arguments.get("before", ""))
    if not arguments.get("zoho"):
        return Happened(timeline.ours(amend, of, before), with_zoho=False)
    try:
        found = timeline.merged(amend, of, arguments.get("token") or None, before)
    except NotConnectedError:
        raise
    except ZohoError as error:
        return Happened(timeline.ours(amend, of, before), with_zoho=True, error=error, status=status_of(error))
    if isinstance(found, Timeline):
        return Happened(found, with_zoho=True, is_newest=not arguments.get("token"))
    return Happened(timeline.ours(amend, of, before), with_zoho=True, problem=_why(found), status=409)


def ran(amend: Amend, of: Of, receipt: Receipt) -> Told:
    """The automations that ran after an edit, as entries. Raises NotConnectedError."""
    try:
        found = timeline.automations(amend, of, receipt)
    except NotConnectedError:
        raise
    except ZohoError as error:
        return Told(error=error)
    return Told(found if isinstance(found, tuple) else ())


def _why(found: Question | Refused) -> str:
    return found.prompt if isinstance(found, Question) else " ".join(refusal.message for refusal in found.refusals)


def by(entry: Entry) -> str:
    """Where a change came from, in words: the automation by name, where Zoho names it."""
    if entry.receipt is not None:
        transition = entry.receipt.options.get("transition")
        how = f"by the transition “{transition['name']}”" if transition else verdicts.ORIGINS.get(entry.receipt.origin)
        return f"with Amend, {how}" if how else "with Amend"
    words = SOURCES.get(entry.source, f"by {entry.source.replace('_', ' ')}" if entry.source else "")
    return f"{words} “{entry.rule}”" if entry.rule else words


def did(entry: Entry) -> str:
    """What was done, in words; another action than those we know is shown as Zoho calls it."""
    return ACTIONS.get(entry.action.lower(), entry.action.replace("_", " "))


def instant_of(text: str) -> datetime | None:
    """An instant of an address; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
