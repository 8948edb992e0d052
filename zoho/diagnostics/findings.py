"""What a check says: outcome, evidence, cause, one next step; and what an error of ours comes to as a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from zoho.errors import (
    DeskOrgUnknownError,
    InvalidGrantError,
    KeyLostError,
    MisconfiguredError,
    MissingScopeError,
    NoPermissionError,
    NoRefreshTokenError,
    NotConnectedError,
    OrgMismatchError,
    RateLimitedError,
    RenewalFailingError,
    ThrottledError,
    TokenRejectedError,
    UnknownHostError,
    WrongDataCenterError,
    ZohoError,
)

Action = str
RECONNECT, ADD_SCOPE, CHOOSE_ORGANIZATION, REFRESH_NOW = "reconnect", "add_scope", "choose_organization", "refresh_now"
FINISH, FIX_SETTING, CHECK_AGAIN, OPEN_ZOHO = "finish", "fix_setting", "check_again", "open_zoho"
ACTIONS: tuple[Action, ...] = (
    RECONNECT, ADD_SCOPE, CHOOSE_ORGANIZATION, REFRESH_NOW, FINISH, FIX_SETTING, CHECK_AGAIN, OPEN_ZOHO,
)  # fmt: skip
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


_ACTIONS: tuple[tuple[tuple[type[ZohoError], ...], Action | None], ...] = (
    ((InvalidGrantError, NoRefreshTokenError, NotConnectedError, KeyLostError), RECONNECT),
    ((TokenRejectedError, WrongDataCenterError, UnknownHostError), RECONNECT),
    ((RenewalFailingError,), REFRESH_NOW),
    ((MisconfiguredError,), FIX_SETTING),
    ((DeskOrgUnknownError, OrgMismatchError), CHOOSE_ORGANIZATION),
    ((NoPermissionError,), OPEN_ZOHO),
    ((ThrottledError,), None),
)


def from_error(error: ZohoError) -> Observation:
    """A failed call as an observation. Its evidence is the error's detail, which holds no secret."""
    evidence = f"{error} (request {error.request_id})" if error.request_id else str(error)
    cause, advice = error.summary, error.advice
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
        return warning(evidence, cause, advice, CHECK_AGAIN)
    action_ = next((action for kinds, action in _ACTIONS if isinstance(error, kinds)), CHECK_AGAIN)
    return failed(evidence, cause, advice, action_)


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
