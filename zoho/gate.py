"""The gate before every call that counts against an organization's limits: a place for it, and credits left.

Nothing here opens a transaction for a call. What the database knows is looked up every other second; what Zoho's headers tell is
handed to the thread that writes the request log.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from store import reading
from zoho import limits
from zoho.errors import RateLimitedError
from zoho.hooks import Call
from zoho.http import Answer
from zoho.slots import Line, Locks

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 2.0
HEADERS = {"crm": "X-API-CREDITS-REMAINING", "desk": "X-Rate-Limit-Remaining-v3"}
WORTH_A_WRITE = 0.01
"""Of the credits last written down, or a minute: what differs less is not worth it."""
A_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class _Known:
    """Of one organization, by this process; ``looked_at`` in monotonic seconds."""

    looked_at: float
    size: int
    not_before: datetime | None
    written: tuple[int, datetime] | None
    seen: tuple[int, datetime] | None = None
    is_open_again: bool = False


class Gate:
    """The hook of http.py. One a process; ``now`` is the app's clock, waiting goes by the monotonic one."""

    def __init__(
        self, sessions: sessionmaker[Session], now: Callable[[], datetime], locks: Locks, look_every_seconds: float = LOOK_EVERY_SECONDS
    ) -> None:
        self._sessions, self._now, self._locks, self._look_every = sessions, now, locks, look_every_seconds
        self._lines: dict[str, Line] = {}
        self._known: dict[str, _Known] = {}
        forget = weakref.WeakMethod(self._forget)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    def enter(self, call: Call, seconds: float) -> Callable[[], None]:
        """See hooks.Gate: raises RateLimitedError of kind credits at once, of kind concurrency after so many seconds."""
        org = call.org or ""
        known = self._look(org)
        if known.not_before is not None and known.not_before > self._now():
            raise _closed(known.not_before, self._now())
        until = monotonic() + seconds
        if not call.is_heavy:
            return self._take(org, known.size, until, call)
        give_back = self._take(f"{org}:heavy", limits.HEAVY_AT_ONCE, until, call)
        try:
            also = self._take(org, known.size, until, call)
        except BaseException:
            give_back()
            raise
        return lambda: (also(), give_back())[0]

    def learn(self, org: str, answer: Answer) -> None:
        """See hooks.Gate. Costs no input and no output."""
        known = self._known.get(org)
        if known is None:
            return
        if known.not_before is not None and answer.status < 400:
            known.not_before, known.is_open_again = None, True
        text = answer.headers.get(HEADERS.get(org.partition(":")[0], ""), "")
        if text and len(text) < 16 and text.strip().isascii() and text.strip().isdigit():
            known.seen = int(text), self._now()

    def refuse(self, org: str, host: str, error: RateLimitedError) -> int | None:
        """See hooks.Gate: credits that are used up close the gate, here and in every process."""
        if error.kind != "credits":
            return error.retry_after_seconds
        now, until = self._now(), None
        if error.retry_after_seconds is not None:
            until = now + timedelta(seconds=error.retry_after_seconds)
        elif org.startswith("desk:"):
            until = limits.midnight(host, now)
        try:
            with self._sessions.begin() as session:
                until = limits.close(session, org, until, now)
        except SQLAlchemyError:
            log.exception("that the credits of %s are used up could not be noted", org)
            until = until or now + limits.FIRST_PAUSE
        known = self._look(org)
        known.not_before, known.seen = until, None
        return max(1, ceil((until - now).total_seconds()))

    def save(self, session: Session) -> None:
        """Write down what the headers told since, where it differs noticeably. Called by the thread that writes the log."""
        for org, known in list(self._known.items()):
            if known.is_open_again:
                known.is_open_again = False
                limits.reopen(session, org)
            seen, written = known.seen, known.written
            if seen is not None and (written is None or _differs(seen, written)):
                known.written = seen
                limits.note_credits(session, org, *seen)

    def close(self) -> None:
        """Give back what this process holds of files and sessions; the next call opens them again."""
        self._locks.close()

    def _take(self, name: str, size: int, until: float, call: Call) -> Callable[[], None]:
        line = self._lines.get(name) or self._lines.setdefault(name, Line(self._locks, name))
        place = line.take(size, until, is_bulk=call.is_bulk)
        if place is None:
            raise RateLimitedError(
                f"{name}: none of {size} places came free in time; {call.method} was not sent",
                kind="concurrency",
                summary="Too many calls to Zoho run at the same time, and none of them ended in time. Nothing was sent.",
                advice="Try again in a moment; nothing is lost.",
            )
        return lambda: line.give_back(place)

    def _look(self, org: str) -> _Known:
        known, at = self._known.get(org), monotonic()
        if known is not None and at - known.looked_at < self._look_every:
            return known
        if known is None:
            known = self._known.setdefault(org, _Known(at, limits.AT_ONCE_UNKNOWN, None, None))
        known.looked_at = at  # before asking, so that the other threads need not
        try:
            with reading(self._sessions) as session:
                row = limits.find(session, org)
        except SQLAlchemyError:
            log.exception("the limits of %s could not be read; those known before are kept", org)
            return known
        known.size = limits.at_once(org, row.edition if row else None)
        if not known.is_open_again:
            known.not_before = row.not_before if row else None
        if row is not None and row.credits_left is not None and row.credits_seen_at is not None:
            known.written = row.credits_left, row.credits_seen_at
        return known

    def _forget(self) -> None:
        """A forked child holds nothing."""
        self._locks.forget()
        self._lines, self._known = {}, {}


def _differs(seen: tuple[int, datetime], written: tuple[int, datetime]) -> bool:
    return abs(seen[0] - written[0]) > written[0] * WORTH_A_WRITE or (seen[0] != written[0] and seen[1] - written[1] >= A_MINUTE)


def _closed(until: datetime, now: datetime) -> RateLimitedError:
    return RateLimitedError(
        f"the credits are used up until {until:%Y-%m-%d %H:%M:%S} UTC; nothing was sent",
        retry_after_seconds=max(1, ceil((until - now).total_seconds())),
        kind="credits",
        summary="The organization's API credits of the day are used up. Nothing was sent.",
        advice=f"Amend tries again from {until.astimezone(UTC):%d %b, %H:%M} UTC on; nothing is lost. More credits can be bought at Zoho.",
    )
