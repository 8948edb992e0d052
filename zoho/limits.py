"""What an organization allows at a time and in a day, as far as Zoho told: kept in the database, so that all processes know.

Sources: crm.md section 14 and desk.md section 9 of the dossier. What Zoho does not say is unknown, never unlimited.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from store import Base, UtcDateTime

if TYPE_CHECKING:
    from zoho.runtime import Amend

AT_ONCE = {
    "crm": {"ultimate": 25, "crmplus": 25, "enterprise": 20, "zohoone": 20, "professional": 15, "standard": 10, "starter": 10, "free": 5},
    "desk": {"enterprise": 25, "zohoone": 25, "crmplus": 25, "professional": 15, "standard": 10, "express": 10, "free": 5, "trial": 5},
}
"""Calls at a time of one app in one organization, by words in the edition's name."""
AT_ONCE_UNKNOWN = 5
HEAVY_AT_ONCE = 10
"""For every edition: writes of more than 10 records, COQL and their like."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
ZONES = {
    "eu": "Europe/Amsterdam",
    "in": "Asia/Kolkata",
    "com.au": "Australia/Sydney",
    "jp": "Asia/Tokyo",
    "ca": "America/Toronto",
    "sa": "Asia/Riyadh",
    "com.cn": "Asia/Shanghai",
    "ae": "Asia/Dubai",
    "uk": "Europe/London",
    "sg": "Asia/Singapore",
    "com": "America/Los_Angeles",
}
"""End of a Desk host's name → where its day ends at midnight. Zoho says "the data centre's time" and not which: where it stands."""


class OrgLimit(Base):
    """What is known of one organization's limits. ``org`` is ``crm:`` or ``desk:`` and Zoho's id."""

    __tablename__ = "zoho_limits"

    org: Mapped[str] = mapped_column(String(60), primary_key=True)
    edition: Mapped[str | None] = mapped_column(String(60))
    credits_left: Mapped[int | None] = mapped_column(BigInteger)  # None: Zoho did not say, which is not "unlimited"
    credits_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)  # Zoho refuses calls until then
    reason: Mapped[str | None] = mapped_column(String(20))  # of that: credits or concurrency


def at_once(org: str, edition: str | None) -> int:
    """How many calls this organization allows at the same time; the fewest when its edition is not known."""
    name = re.sub(r"[^a-z]", "", (edition or "").lower())
    table = AT_ONCE.get(org.partition(":")[0], {})
    return next((size for word, size in table.items() if word in name), AT_ONCE_UNKNOWN)


def find(session: Session, org: str) -> OrgLimit | None:
    """What is known of an organization, or None."""
    return session.get(OrgLimit, org)


def note_edition(amend: Amend, org: str, edition: object) -> None:
    """Keep an organization's edition, in Zoho's word; anything but a text is passed over."""
    if not isinstance(edition, str) or not edition.strip():
        return
    name = edition.strip()[:60]
    with amend.reading() as session:
        known = find(session, org)
    if known is None or known.edition != name:
        with amend.sessions.begin() as session:
            _row(session, org).edition = name


def note_credits(session: Session, org: str, left: int, at: datetime) -> None:
    """Keep how many credits are left, as Zoho said at that time."""
    row = _row(session, org)
    row.credits_left, row.credits_seen_at = left, at


def close(session: Session, org: str, until: datetime | None, now: datetime) -> datetime:
    """The credits are used up: no call before ``until``; where nobody says until when, after pauses that double up to an hour.

    Calls that were under way together lengthen it once.
    """
    row = _row(session, org)
    is_closed = row.reason == "credits" and row.not_before is not None and row.not_before > now
    if not is_closed or row.not_before is None:
        row.not_before = until or now + _pause(row)
    elif until is not None:
        row.not_before = until
    row.reason, row.credits_left, row.credits_seen_at = "credits", 0, now
    return row.not_before


def reopen(session: Session, org: str) -> None:
    """Zoho answers again."""
    row = _row(session, org)
    row.not_before = row.reason = None


def midnight(host: str, now: datetime) -> datetime:
    """The next end of the day at this Desk host's data centre."""
    name = host.partition(":")[0].lower()
    zone = next((ZoneInfo(zone) for end, zone in ZONES.items() if name.endswith(f".{end}")), now.tzinfo)
    return (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _pause(row: OrgLimit) -> timedelta:
    """Twice the last one, if this is a row of refusals."""
    if row.reason != "credits" or row.not_before is None or row.credits_seen_at is None:
        return FIRST_PAUSE
    return max(FIRST_PAUSE, min(LONGEST_PAUSE, 2 * (row.not_before - row.credits_seen_at)))


def _row(session: Session, org: str) -> OrgLimit:
    """The organization's row, locked for us; made if it is not there."""
    row = session.get(OrgLimit, org, with_for_update=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(row := OrgLimit(org=org))
        except IntegrityError:  # made by another process at this moment
            row = session.get_one(OrgLimit, org, with_for_update=True)
    return row
