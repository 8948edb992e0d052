"""Who is told when a connection fails for longer than a blip, gets worse, or is well again.

Two steps, each taken by one worker however many there are: news is claimed by compare-and-set and written down as an alert for
each way of sending; then each alert is claimed, sent, and tried again while that fails. Nothing of it is kept in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from changes import alert_channels
from changes.alert_channels import Message, NotSentError
from store import Base, UtcDateTime
from zoho.connections import Connection
from zoho.health import Health
from zoho.runtime import Amend
from zoho.watch import WATCHED, ConnectionHealth

log = logging.getLogger(__name__)

TEST, RECOVERED = "test", "recovered"
SUPERSEDED = "Later news took its place."
MAX_TRIES = 10
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
KEPT_ALERTS = 200
RANKS = {Health.UNKNOWN: 0, Health.HEALTHY: 0, Health.MAY_RECOVER: 1, Health.NEEDS_YOU: 2}
EVENTS = {Health.HEALTHY: RECOVERED, Health.MAY_RECOVER: "may_recover", Health.NEEDS_YOU: "needs_you"}
SUBJECTS = {RECOVERED: "is well again", "may_recover": "has been failing, and may recover by itself", "needs_you": "needs you"}


class Alert(Base):
    """One message by one way of sending. ``next_try_at`` is None when it was sent or given up."""

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    connection_id: Mapped[UUID | None] = mapped_column(ForeignKey("zoho_connections.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    event: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(300))


def write_next(amend: Amend) -> bool:
    """Write down the alerts of one piece of news; False when there is none, or nobody to tell."""
    found = _find_news(amend) if amend.settings.alert_channels else None
    if found is not None:
        _claim_news(amend, found)
    return found is not None


def _claim_news(amend: Amend, found: ConnectionHealth) -> bool:
    """False when another worker was quicker, or the state has moved on."""
    same = (ConnectionHealth.connection_id == found.connection_id) & (ConnectionHealth.told == found.told)
    claim = update(ConnectionHealth).where(same, ConnectionHealth.state == found.state).values(told=found.state)
    with amend.sessions.begin() as session:
        if session.execute(claim.returning(ConnectionHealth.connection_id)).first() is None:
            return False
        event, reason, since = EVENTS[Health(found.state)], found.reason, found.bad_since or found.since
        channels = [channel for channel in amend.settings.alert_channels if _supersede(session, found.connection_id, channel, event)]
        _add(session, amend, channels, connection_id=found.connection_id, event=event, reason=reason, since=since)
        return True


def _supersede(session: Session, connection_id: UUID, channel: str, event: str) -> bool:
    """Let no older alert go out after this one. False when this one is the end of what nobody heard of by this channel."""
    ours = (Alert.connection_id == connection_id) & (Alert.channel == channel)
    latest = select(Alert.event).where(ours).order_by(Alert.id.desc()).limit(1)
    has_any, heard = session.scalar(latest), session.scalar(latest.where(Alert.sent_at.is_not(None)))
    waiting = update(Alert).where(ours, Alert.next_try_at.is_not(None), Alert.sent_at.is_(None))
    session.execute(waiting.values(next_try_at=None, error=func.coalesce(Alert.error, SUPERSEDED)))
    return event != RECOVERED or has_any is None or heard not in (None, RECOVERED)


def _find_news(amend: Amend) -> ConnectionHealth | None:
    """A state that people were not told of: worse than what they know, for longer than the grace period; or well again."""
    with amend.reading() as session:
        query = select(ConnectionHealth).join(Connection).where(Connection.status.in_(WATCHED))
        rows = session.scalars(query.where(ConnectionHealth.state != ConnectionHealth.told)).all()
    grace = timedelta(minutes=amend.settings.alert_grace_minutes)
    return next((row for row in rows if _is_news(row, grace)), None)


def _is_news(row: ConnectionHealth, grace: timedelta) -> bool:
    now, told = RANKS[Health(row.state)], RANKS[Health(row.told)]
    if row.bad_since is None or row.checked_at is None:
        return told > 0
    return now > told and row.checked_at - row.bad_since >= grace  # seen by a check at or after its end, not only before


def send_next(amend: Amend) -> bool:
    """Send the alert that waits longest; False when none waits. A failure is written into it, and told by the pages."""
    alert = _find_waiting(amend)
    if alert is None:
        return False
    tries = _claim(amend, alert)
    if tries is not None:
        _settle(amend, alert, tries, _try(amend, alert))
    return True


def _find_waiting(amend: Amend) -> Alert | None:
    with amend.reading() as session:
        query = select(Alert).where(Alert.next_try_at <= amend.now())
        return session.scalar(query.order_by(Alert.next_try_at, Alert.id).limit(1))


def _claim(amend: Amend, alert: Alert) -> int | None:
    """Which try this is; None when another worker was quicker. The next one comes also after a kill in the midst of this one."""
    tries = alert.tries + 1
    later = amend.now() + min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    same = (Alert.id == alert.id) & (Alert.next_try_at == alert.next_try_at)
    with amend.sessions.begin() as session:
        found = session.execute(update(Alert).where(same).values(tries=tries, next_try_at=later).returning(Alert.id)).first()
    return tries if found is not None else None


def _try(amend: Amend, alert: Alert) -> str | None:
    """Send it; why that failed, or None."""
    try:
        alert_channels.send(amend.settings, alert.channel, _message(amend, alert))
    except NotSentError as error:
        log.warning("alert %s was not sent by %s: %s", alert.id, alert.channel, error)
        return str(error)
    return None


def _settle(amend: Amend, alert: Alert, tries: int, error: str | None) -> None:
    values: dict[str, Any] = {"error": error[:300]} if error else {"error": None, "sent_at": amend.now()}
    if error is None or tries >= MAX_TRIES or alert.event == TEST:
        values["next_try_at"] = None
    with amend.sessions.begin() as session:
        session.execute(update(Alert).where(Alert.id == alert.id).values(values))


def send_test(amend: Amend) -> Sequence[Alert]:
    """Send a test alert by every way that is set up, now, once. What became of each; empty when none is set up."""
    with amend.sessions.begin() as session:
        made = _add(session, amend, amend.settings.alert_channels, event=TEST, reason="", since=amend.now(), next_try_at=None)
    for alert in made:
        _settle(amend, alert, 1, _try(amend, alert))
    with amend.reading() as session:
        return session.scalars(select(Alert).where(Alert.id.in_([alert.id for alert in made])).order_by(Alert.id)).all()


def list_alerts(amend: Amend, limit: int = 10) -> Sequence[Alert]:
    """The last alerts, newest first."""
    with amend.reading() as session:
        return session.scalars(select(Alert).order_by(Alert.id.desc()).limit(limit)).all()


def count_waiting(amend: Amend, *, for_longer_than: timedelta = timedelta()) -> int:
    """How many wait to be sent, or to be tried again, now."""
    with amend.reading() as session:
        query = select(func.count()).select_from(Alert).where(Alert.next_try_at <= amend.now() - for_longer_than)
        return session.scalar(query) or 0


def _add(session: Session, amend: Amend, channels: Sequence[str], **values: Any) -> list[Alert]:
    now = amend.now()
    made = [Alert(**({"channel": channel, "at": now, "next_try_at": now} | values)) for channel in channels]
    session.add_all(made)
    session.flush()
    newest = select(Alert.id).order_by(Alert.id.desc()).limit(KEPT_ALERTS)
    session.execute(delete(Alert).where(Alert.id.not_in(newest)))
    return made


def _message(amend: Amend, alert: Alert) -> Message:
    public_url = amend.settings.public_url
    fields: dict[str, Any] = {"id": str(alert.id), "event": alert.event, "at": alert.at.isoformat(), "sent_by": public_url}
    if alert.connection_id is None:
        lines = ("This is a test: alerts of Amend arrive here.", "", public_url)
        return Message("Amend: a test alert", lines, fields, amend.now())
    with amend.reading() as session:
        name = session.scalar(select(Connection.name).where(Connection.id == alert.connection_id)) or "A connection without a name"
    url = f"{public_url}/connections/{alert.connection_id}"
    fields |= {"connection": {"id": str(alert.connection_id), "name": name, "url": url}}
    fields |= {"reason": alert.reason, "since": alert.since.isoformat()}
    told = f"{name} {SUBJECTS[alert.event]}."
    when = f"{'Well' if alert.event == RECOVERED else 'Not well'} since {alert.since:%Y-%m-%d %H:%M} UTC."
    reason = (alert.reason,) if alert.reason else ()
    return Message(f"Amend: {told[:-1]}", (told, *reason, when, "", url), fields, amend.now())
