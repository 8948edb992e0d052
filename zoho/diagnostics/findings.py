"""What a check says: outcome, evidence, cause, one next step; and what an error of ours comes to as a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import get_args

from zoho.errors import (
    Action,
    InvalidGrantError,
    MisconfiguredError,
    MissingScopeError,
    RateLimitedError,
    RequestRefusedError,
    ThrottledError,
    UnreadableAnswerError,
    ZohoError,
)

RECONNECT: Action = "reconnect"
ADD_SCOPE: Action = "add_scope"
CHOOSE_ORGANIZATION: Action = "choose_organization"
REFRESH_NOW: Action = "refresh_now"
FINISH: Action = "finish"
FIX_SETTING: Action = "fix_setting"
CHECK_AGAIN: Action = "check_again"
OPEN_ZOHO: Action = "open_zoho"
ACTIONS: tuple[Action, ...] = get_args(Action)
"""What a page makes one button of each."""


class Outcome(StrEnum):
    """``broke``: the check itself raised or did not come back, so nobody knows."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"
    BROKE = "broke"


BAD = (Outcome.FAILED, Outcome.BROKE)
"""After these, the checks that need this one are not tried."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one check saw. ``next`` is one step; ``scopes`` are those that the action add_scope asks for."""

    outcome: Outcome
    evidence: str
    cause: str = ""
    next: str = ""
    action: Action | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """An observation with the check's slug and title, made at a time (aware UTC). Holds no secret."""

    check: str
    title: str
    outcome: Outcome
    evidence: str
    cause: str
    next: str
    action: Action | None
    at: datetime
    scopes: tuple[str, ...] = ()


def ok(evidence: str) -> Observation:
    """Seen to be well."""
    return Observation(Outcome.OK, evidence)


def warning(evidence: str, cause: str, next: str, action: Action | None, scopes: tuple[str, ...] = ()) -> Observation:
    """Works, or will again by itself, but somebody should know."""
    return Observation(Outcome.WARNING, evidence, cause, next, action, scopes)


def failed(evidence: str, cause: str, next: str, action: Action | None, scopes: tuple[str, ...] = ()) -> Observation:
    """Seen to be wrong."""
    return Observation(Outcome.FAILED, evidence, cause, next, action, scopes)


def not_checked(cause: str, next: str = "", action: Action | None = None, scopes: tuple[str, ...] = (), evidence: str = "") -> Observation:
    """Nothing was seen, and why."""
    return Observation(Outcome.NOT_CHECKED, evidence, cause, next, action, scopes)


def broke(evidence: str, cause: str) -> Observation:
    """The check did not do its work."""
    return Observation(Outcome.BROKE, evidence, cause, "Check again; if it breaks again, Amend's log says more.", CHECK_AGAIN)


INSTEAD: dict[type[ZohoError], str] = {
    ZohoError: "Check again; if it persists, Amend's log says more.",
    RequestRefusedError: "Look Zoho's words up under “Explain this error”; if they do not help, Amend's log says more.",
    UnreadableAnswerError: "Check again in a minute; if it persists, ask whoever runs the network what answers for Zoho.",
}
"""For an advice to open the diagnostics, which is where a finding stands."""


def from_error(error: ZohoError, now: datetime) -> Observation:
    """A failed call as an observation. Its evidence is the error's detail, which holds no secret."""
    evidence = f"{error} (request {error.request_id})" if error.request_id else str(error)
    cause, advice = error.summary, error.advice
    if advice == type(error).advice:
        advice = INSTEAD.get(type(error), advice)
    lacking = error if isinstance(error, MissingScopeError) else error.__cause__
    if isinstance(lacking, MissingScopeError):
        action = ADD_SCOPE if lacking.scopes else RECONNECT
        return failed(evidence, cause, advice, action, lacking.scopes)
    if isinstance(error, InvalidGrantError):
        advice = "Reconnect the account."
    if isinstance(error, ThrottledError):
        advice = f"Wait until {moment(error.retry_at)}; nothing is lost, and reconnecting would not help." if error.retry_at else advice
    if isinstance(error, MisconfiguredError) and error.setting:
        cause = f"{cause} The setting to look at is {error.setting}."
    if isinstance(error, RateLimitedError):
        if error.retry_after_seconds:
            advice = f"{advice} Calls may go out again at {moment(now + timedelta(seconds=error.retry_after_seconds))}."
        return warning(evidence, cause, advice, CHECK_AGAIN)
    return failed(evidence, cause, advice, error.action)


def moment(at: datetime | None) -> str:
    """A time as evidence shows it, zone and all."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"


def span(seconds: float) -> str:
    """A length of time in the two units that matter: ``41 min``, ``3 h 5 min``, ``2 days``."""
    minutes = int(abs(seconds)) // 60
    if minutes < 1:
        return f"{int(abs(seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"
