"""How a connection was over time, and how alerts fare: the small parts of pages that speak of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from changes import alerts
from changes.alerts import Alert
from web.connection_view import TONES, ConnectionView
from zoho import data_centers, watch
from zoho.health import Health
from zoho.runtime import Amend

WAYS = {"email": "e-mail", "webhook": "webhook"}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of state as the page shows it."""

    at: datetime
    was: str
    word: str
    tone: str
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """A connection over time. ``break_it`` is the address of the sandbox's menu of faults, '' for a real Zoho."""

    checked_at: datetime | None
    next_check_at: datetime | None
    changes: tuple[ChangeRow, ...]
    break_it: str


@dataclass(frozen=True, slots=True)
class AlertsView:
    """Where alerts go, the last ones, and whether the newest of a way could not be sent."""

    ways: tuple[str, ...]
    last: tuple[Alert, ...]
    grace_minutes: int

    @property
    def failed(self) -> tuple[Alert, ...]:
        """Of each way the newest alert, if it was not sent."""
        newest = {alert.channel: alert for alert in reversed(self.last)}
        return tuple(alert for alert in newest.values() if alert.error)


def course(amend: Amend, connection: ConnectionView) -> Course:
    """What was kept of a connection that is the operator's: the caller has checked."""
    with amend.reading() as session:
        seen = watch.last_seen(session, [connection.id]).get(connection.id)
        rows = watch.list_changes(session, connection.id)
    center = amend.data_centers.get(data_centers.SANDBOX)
    break_it = f"{center.accounts}/_sandbox/break" if center and connection.is_sandbox else ""
    return Course(seen.checked_at if seen else None, seen.next_check_at if seen else None, tuple(map(_row, rows)), break_it)


def _row(change: watch.HealthChange) -> ChangeRow:
    was, state = Health(change.was), Health(change.state)
    return ChangeRow(change.at, was.words if was != Health.UNKNOWN else "", state.words, TONES[state], change.reason)


def alerts_view(amend: Amend) -> AlertsView:
    """How alerts are set up and how they fare."""
    settings = amend.settings
    to = {"email": f"e-mail to {', '.join(settings.alert_to)}", "webhook": f"webhook at {settings.webhook_host}"}
    return AlertsView(tuple(to[way] for way in settings.alert_channels), tuple(alerts.list_alerts(amend)), settings.alert_grace_minutes)


def tried(made: Sequence[Alert]) -> tuple[str, str]:
    """What to say after a test, and the tone."""
    if not made:
        return "Nothing was sent: neither AMEND_SMTP_HOST nor AMEND_WEBHOOK_URL is set.", "error"
    said = [f"{WAYS[each.channel].capitalize()}: {each.error or 'sent.'}" for each in made]
    return " ".join(said), "error" if any(each.error for each in made) else "success"
