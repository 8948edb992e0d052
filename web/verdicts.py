"""What became of an edit, in the words that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from changes.plans import Change, Receipt, Verdict
from zoho.connections import Connection
from zoho.crm.writes import TRIGGERS
from zoho.data_centers import DataCenters

TONES: dict[Verdict, str] = {
    Verdict.STORED: "success",
    Verdict.STORED_DIFFERENTLY: "warning",
    Verdict.NOT_STORED: "danger",
    Verdict.REFUSED: "danger",
    Verdict.CONFLICT: "warning",
    Verdict.UNKNOWN: "warning",
    Verdict.SKIPPED: "secondary",
}
"""Tone of the pill: it only underlines the word."""
ORIGINS = {"undo": "by undo", "tool": "by a tool", "rewind": "by rewind", "plan": "by a plan", "retry": "by a retry"}
"""How an edit came to be that was not typed into the form."""
MOST = 3
LONGEST = 80
CHANGED_BACK = "An automation or rule may have changed it back."


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict as a sentence, what follows from it, and its tone."""

    text: str
    more: str
    tone: str


def tone(verdict: str) -> str:
    """Tone of a verdict's pill."""
    return TONES.get(Verdict(verdict), "secondary") if verdict in set(Verdict) else "secondary"


def headline(receipt: Receipt) -> Headline:
    """What a person wants to know first."""
    text, more = _WORDS[receipt.verdict](receipt)
    return Headline(text, more, TONES[receipt.verdict])


def _stored(receipt: Receipt) -> tuple[str, str]:
    return f"Stored. Zoho now shows {_list(receipt.changes)}.", receipt.note or ""


def _stored_differently(receipt: Receipt) -> tuple[str, str]:
    kept = [change for change in receipt.changes if change.verdict == Verdict.NOT_STORED]
    other = [change for change in receipt.changes if change.verdict == Verdict.STORED_DIFFERENTLY]
    stored = [change for change in receipt.changes if change.verdict == Verdict.STORED]
    said = [f"Zoho accepted the change but kept {_list(kept)}."] if kept else []
    if other:
        said.append(f"Zoho {'also ' if kept else 'accepted the change but '}stored a different value: {_list(other)}.")
    more = [CHANGED_BACK] if kept else ["A rule, a format or an automation in Zoho may have changed it."]
    if stored:
        more.append(f"Stored as sent: {', '.join(change.label for change in stored)}.")
    return " ".join(said), " ".join((*more, receipt.note or "")).strip()


def _not_stored(receipt: Receipt) -> tuple[str, str]:
    was_accepted = any(change.verdict == Verdict.NOT_STORED for change in receipt.changes)
    if was_accepted:
        return f"Zoho accepted the change but kept {_list(receipt.changes)}.", " ".join((CHANGED_BACK, receipt.note or "")).strip()
    return "Not stored.", receipt.note or "Nothing was sent to Zoho."


def _refused(receipt: Receipt) -> tuple[str, str]:
    return "Zoho refused this edit. Nothing was stored.", receipt.note or ""


def _conflict(receipt: Receipt) -> tuple[str, str]:
    return "Not sent over somebody else's change.", receipt.note or "Nothing was overwritten."


def _unknown(receipt: Receipt) -> tuple[str, str]:
    reason = (receipt.note or "The app stopped before Zoho's answer was read.").strip()
    reason = reason[:1].upper() + reason[1:]
    return "We do not know whether Zoho stored this.", f"{reason} It was sent once and is not sent again by itself."


def _skipped(receipt: Receipt) -> tuple[str, str]:
    return "Skipped. Nothing was sent.", receipt.note or ""


_WORDS = {
    Verdict.STORED: _stored,
    Verdict.STORED_DIFFERENTLY: _stored_differently,
    Verdict.NOT_STORED: _not_stored,
    Verdict.REFUSED: _refused,
    Verdict.CONFLICT: _conflict,
    Verdict.UNKNOWN: _unknown,
    Verdict.SKIPPED: _skipped,
}


def _list(changes: Sequence[Change]) -> str:
    """``Phone = +41 44 123 45 67, City = empty and 4 more``."""
    shown = [f"{change.label} = {_short(_in_a_line(change))}" for change in changes[:MOST]]
    rest = len(changes) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _in_a_line(change: Change) -> str:
    """Rows stand in lines of their own."""
    return change.after_text.replace("\n", "; ") if isinstance(change.after, list) else change.after_text


def _short(text: str) -> str:
    text = " ".join(text.split())
    return (text[: LONGEST - 1] + "…" if len(text) > LONGEST else text) or "empty"


def automations(product: str, options: Mapping[str, Any]) -> str:
    """Which of Zoho's automations were let run with a write that has these options."""
    if product == "desk":
        quiet = "; the customer was not notified of the closing" if options.get("quiet_close") else ""
        return f"Desk's own rules{quiet}"
    transition = options.get("transition")
    if transition:
        return f"Those of the transition “{transition['name']}” of the blueprint “{transition['process']}”"
    trigger = options.get("trigger")
    if trigger is None:
        return "All (Zoho's default)"
    return f"Only: {', '.join(TRIGGERS.get(name, str(name)) for name in trigger)}" if trigger else "None: all were left out"


WEB_NAMES = {"Deals": "Potentials"}
"""What Zoho's addresses call modules by another name than the API's."""
DESK_TABS = {"tickets": "tickets", "contacts": "contacts", "accounts": "accounts"}


class OneRecord(Protocol):
    """Whatever names a record of Zoho."""

    @property
    def product(self) -> str: ...  # noqa: D102
    @property
    def module(self) -> str: ...  # noqa: D102
    @property
    def record_id(self) -> str: ...  # noqa: D102


def zoho_link(centers: DataCenters, connection: Connection, record: OneRecord) -> str | None:
    """The record's page in Zoho; None where there is none (the sandbox) or its address is not known.

    Only the table of data centres names the host. The forms of the paths are what Zoho's pages are seen to have.
    """
    center = centers.get(connection.location)
    if center is None or center.is_sandbox:
        return None
    if record.product == "desk":
        tab = DESK_TABS.get(record.module)
        portal = connection.desk_portal_name
        return f"{center.desk_web}/agent/{quote(portal, safe='')}/all/{tab}/details/{record.record_id}" if portal and tab else None
    if connection.environment not in (None, "production"):
        return None
    name = WEB_NAMES.get(record.module, record.module)
    if connection.crm_domain_name:
        return f"{center.crm_web}/crm/{quote(connection.crm_domain_name, safe='')}/tab/{name}/{record.record_id}"
    return f"{center.crm_web}/crm/EntityInfo.do?module={name}&id={record.record_id}"
