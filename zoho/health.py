"""How a connection is: healthy, may recover, needs you; told from real calls alone, by what was noted of them or by a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from zoho import errors, renewals
from zoho.connections import Connection, Status
from zoho.diagnostics.findings import CHECK_AGAIN, REFRESH_NOW, Finding, Outcome

FRESH = timedelta(days=1)
"""How long a success speaks for the present."""
WAITING_HELPS = (CHECK_AGAIN, None)
"""Next steps that mend nothing: what they stand beside ends by itself."""
ABOUT_THE_ACCOUNT = frozenset(
    "connection key refresh_token data_center api_domain client throttle accounts_host api_host desk_host token renewal identity "
    "crm_scopes crm_org crm_user crm_modules crm_records crm_write crm_limits "
    "desk_scopes desk_org desk_agent desk_records desk_write desk_limits".split()
)
"""Checks whose failure is the connection's own. Of an expiry that is wrong nothing is left once the check is over."""
WARN_OF_CALLS = frozenset("token renewal identity crm_org crm_records desk_org desk_records".split())
"""Checks that ask Zoho: their warnings speak of calls that failed."""


class Health(StrEnum):
    """``unknown``: nothing was asked of Zoho, or not for a day."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    MAY_RECOVER = "may_recover"
    NEEDS_YOU = "needs_you"

    @property
    def is_bad(self) -> bool:
        """True when something failed."""
        return self in (Health.MAY_RECOVER, Health.NEEDS_YOU)

    @property
    def words(self) -> str:
        """As a person reads it."""
        return {"unknown": "not checked"}.get(self.value, self.value.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is one or more sentences without a time; ``lead`` leads over to ``at``, the time that is spoken of."""

    health: Health
    reason: str
    lead: str = ""
    at: datetime | None = None


def heard(connection: Connection, now: datetime) -> Verdict:
    """From what was last heard of Zoho. Healthy only when a call worked within a day, and none has failed since."""
    if is_dead(connection):
        revoked, missing = "Zoho no longer accepts its refresh token.", "It has no refresh token, so it cannot be renewed."
        at = connection.last_failure_at
        return Verdict(Health.NEEDS_YOU, revoked if connection.refresh_token else missing, "Noticed" if at else "", at)
    if connection.status == Status.FAILING:
        return Verdict(Health.NEEDS_YOU, renewals.last_words(connection), "Last tried:", connection.last_failure_at)
    if connection.status != Status.ACTIVE:
        return Verdict(Health.NEEDS_YOU, "Its state is none that Amend knows. The checks below say more.")
    return _failing(connection, now) or _working(connection, now)


def is_dead(connection: Connection) -> bool:
    """True when only a new consent helps."""
    return connection.status == Status.RECONNECT_NEEDED or not connection.refresh_token


def _failing(connection: Connection, now: datetime) -> Verdict | None:
    good, bad = connection.last_success_at, connection.last_failure_at
    waits_until = renewals.waits_until(connection, now)
    if waits_until:
        reason = "Zoho allows 10 renewals in 10 minutes and they are used up; nothing is lost."
        return Verdict(Health.MAY_RECOVER, reason, "Next try:", waits_until)
    failure = errors.kind_of(connection.last_failure_code or "")
    if connection.failing_since and failure.lasts is False:
        reason = f"Its access token could not be renewed. {renewals.reason(connection)}"
        return Verdict(Health.MAY_RECOVER, reason, "Last tried:", bad)
    if bad and (good is None or bad >= good or connection.failing_since):
        if failure.lasts is False:
            return Verdict(Health.MAY_RECOVER, failure.summary, "Last tried:", bad)
        if failure.lasts:
            return Verdict(Health.NEEDS_YOU, failure.summary, "Noticed", bad)
    return None


def _working(connection: Connection, now: datetime) -> Verdict:
    good = connection.last_success_at
    if good is None:
        return Verdict(Health.UNKNOWN, "No call was made yet.")
    if now - good > FRESH:
        return Verdict(Health.UNKNOWN, "Nothing was asked of Zoho for more than a day.", "Last success:", good)
    return Verdict(Health.HEALTHY, "", "The last call to Zoho worked:", good)


def judge(connection: Connection, findings: Sequence[Finding], now: datetime) -> Verdict:
    """From a check that has just been made, and what it noted in the row; the worse of the two."""
    noted, seen = heard(connection, now), [_as_verdict(finding) for finding in findings if finding.check in ABOUT_THE_ACCOUNT]
    worst = {verdict.health: verdict for verdict in reversed([noted, *(each for each in seen if each)])}
    return worst.get(Health.NEEDS_YOU) or worst.get(Health.MAY_RECOVER) or noted


def _as_verdict(finding: Finding) -> Verdict | None:
    reason = f"{finding.title}: {finding.cause or finding.evidence}"
    match finding.outcome:
        case Outcome.FAILED if finding.action not in WAITING_HELPS:
            return Verdict(Health.NEEDS_YOU, reason, "Seen", finding.at)
        case Outcome.FAILED | Outcome.BROKE:
            return Verdict(Health.MAY_RECOVER, reason, "Seen", finding.at)
        case Outcome.WARNING if finding.check in WARN_OF_CALLS and finding.action in (*WAITING_HELPS, REFRESH_NOW):
            return Verdict(Health.MAY_RECOVER, reason, "Seen", finding.at)
    return None
