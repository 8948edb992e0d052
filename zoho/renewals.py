"""When a renewal may be tried: counted against Zoho's limit, spaced out after failures, left to a person after four days.

Zoho allows ten access tokens per refresh token in ten minutes and locks out who asks for more. All of it is kept in the
connection's row, so that threads, processes and hosts keep to it together.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from zoho.connections import Connection, Status
from zoho.errors import (
    InvalidGrantError,
    MisconfiguredError,
    RenewalFailingError,
    ThrottledError,
    TokenNotSavedError,
    UnreachableError,
    UnreadableAnswerError,
    ZohoDownError,
    ZohoError,
)

PROVED_WITHIN = timedelta(minutes=1)
BUDGET = 10
WINDOW = timedelta(minutes=10, seconds=30)
"""Zoho's ten minutes, and the longest that a call can be under way before Zoho counts it."""
LONGEST_WORD = timedelta(minutes=15)
"""Zoho's throttle lasts ten: a time further ahead was noted by a clock that stood wrong, and would lock out for as long."""
LONGEST_PAUSE_SECONDS = 600
PATIENCE = timedelta(days=4)
"""For so long a failing renewal may recover by itself."""
UNTRIED = timedelta(days=2)
"""After so long without a try nobody knows that it failed all the time."""

_KINDS: dict[str, type[ZohoError]] = {
    kind.code: kind
    for kind in (
        InvalidGrantError, MisconfiguredError, ThrottledError, TokenNotSavedError, UnreachableError, UnreadableAnswerError, ZohoDownError,
    )
}  # fmt: skip
"""What a failed try may have been noted as."""


def check(connection: Connection, now: datetime, *, by_hand: bool) -> None:
    """Nothing, when a renewal may be tried now. A person's try waits for Zoho's limit alone.

    Raises InvalidGrantError, RenewalFailingError, ThrottledError (``retry_at``), or the last failure's own class with the time
    of the next try in its advice.
    """
    if not by_hand and connection.status == Status.RECONNECT_NEEDED:
        raise InvalidGrantError(f"connection {connection.id} is waiting to be reconnected", zoho_code="invalid_code")
    if not by_hand and connection.status == Status.FAILING:
        raise RenewalFailingError(_detail(connection), summary=last_words(connection))
    until = waits_until(connection, now)
    if until:
        used = len(counted(connection, now))
        raise ThrottledError(f"{used} of {BUDGET} renewals are used; Zoho was not asked again", retry_at=until)
    next_try = next_try_at(connection)
    if not by_hand and next_try and next_try > now:
        raise _last_failure(connection, next_try)


def waits_until(connection: Connection, now: datetime) -> datetime | None:
    """The time before which no renewal is tried at all, by Zoho's word or when the count is full; None when there is none."""
    used = counted(connection, now)
    told = connection.refresh_not_before or now
    if told - now > LONGEST_WORD:
        told = now
    free = datetime.fromtimestamp(used[-BUDGET], UTC) + WINDOW if len(used) >= BUDGET else now
    return max(told, free) if max(told, free) > now else None


def counted(connection: Connection, now: datetime) -> list[int]:
    """The tries that count against the budget now, as Unix seconds, oldest first."""
    at = now.timestamp()
    return sorted(tried for tried in connection.renewals or () if isinstance(tried, int) and abs(at - tried) < WINDOW.total_seconds())


def stamp(now: datetime) -> int:
    """``now`` as it is counted, never too early."""
    return math.ceil(now.timestamp())


def next_try_at(connection: Connection) -> datetime | None:
    """When Amend tries again by itself after a failure, in 2, 4, 8 … seconds, at most in 10 minutes; None when it works."""
    if not connection.failing_since or not connection.last_failure_at:
        return None
    return connection.last_failure_at + timedelta(seconds=min(2 ** min(connection.failure_count, 20), LONGEST_PAUSE_SECONDS))


def failure(connection: Connection, error: ZohoError, now: datetime) -> dict[str, Any]:
    """The columns that a failed try changes. The connection needs a person at ``invalid_code``, else after four days."""
    last = connection.last_failure_at
    was_tried = last is not None and now - last < UNTRIED
    since = connection.failing_since if connection.failing_since and was_tried else now
    values: dict[str, Any] = {
        "last_failure_at": now,
        "last_failure_code": error.code,
        "last_failure_detail": str(error)[:500],
        "failing_since": since,
        "failure_count": connection.failure_count + 1,
    }
    if isinstance(error, ThrottledError):
        values["refresh_not_before"] = error.retry_at
    if connection.status in (Status.ACTIVE, Status.FAILING):
        if isinstance(error, InvalidGrantError):
            values["status"] = Status.RECONNECT_NEEDED
        elif now - since >= PATIENCE:
            values["status"] = Status.FAILING
    return values


def success(connection: Connection, now: datetime) -> dict[str, Any]:
    """The columns that a renewal changes besides the token's own; it revives what was given up."""
    values: dict[str, Any] = {"refreshed_at": now, "refresh_not_before": None, "failing_since": None, "failure_count": 0}
    if connection.status in (Status.RECONNECT_NEEDED, Status.FAILING):
        values["status"] = Status.ACTIVE
    return values


def is_test(connection: Connection) -> bool:
    """Whether the last renewal is the one that was made right after connecting, to prove the grant."""
    at, connected_at = connection.refreshed_at, connection.connected_at
    return at is not None and connected_at is not None and timedelta() <= at - connected_at < PROVED_WITHIN


def last_words(connection: Connection) -> str:
    """As in "Renewing has failed for four days, last because: Zoho cannot be reached."."""
    return f"Renewing has failed for four days, last because: {reason(connection)}"


def reason(connection: Connection) -> str:
    """Why the last try failed, as a sentence for a page."""
    return _kind(connection).summary


def _kind(connection: Connection) -> type[ZohoError]:
    return _KINDS.get(connection.last_failure_code or "", ZohoError)


def _last_failure(connection: Connection, next_try: datetime) -> ZohoError:
    kind = _kind(connection)
    advice = f"{kind.advice} Amend tries again at {next_try:%H:%M:%S} UTC; Refresh now does not wait."
    return kind(_detail(connection), advice=advice)


def _detail(connection: Connection) -> str:
    """The renewal's own words, so that whoever notes them again changes nothing."""
    return connection.last_failure_detail or f"renewing connection {connection.id} failed"
