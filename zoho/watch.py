"""Looks after connections over time: when each is checked next, how it is, and what changed.

A connection that is well is checked within the day; one that is not, soon and then ever more seldom. Whoever checks, the worker
or somebody who opens a connection's page, notes the result here. Several workers share the work: a check is claimed first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, Integer, String, and_, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store import Base, UtcDateTime, wait_alone
from zoho import clients, diagnostics, health
from zoho.connections import Connection, Status
from zoho.diagnostics import Finding
from zoho.errors import ZohoError
from zoho.health import Health, Verdict
from zoho.runtime import Amend

WATCHED = (Status.ACTIVE, Status.FAILING, Status.RECONNECT_NEEDED)
CHECK_EVERY = timedelta(hours=23)
"""At least daily, with an hour for whatever comes between."""
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""Between checks of a connection that is not well: as long as that has lasted so far, which doubles the time at each."""
LEASE = timedelta(minutes=2)
"""For a check, which has a deadline of seconds: a worker that was killed at it delays it by no more."""
KEPT_CHANGES = 100
"""Of each connection."""


class ConnectionHealth(Base):
    """How a connection was at its last check. ``told`` is what people were last alerted of: see changes/alerts.py."""

    __tablename__ = "connection_health"

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("zoho_connections.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    since: Mapped[datetime] = mapped_column(UtcDateTime)  # the state's begin
    bad_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # not healthy since, through all states
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_check_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    told: Mapped[str] = mapped_column(String(20))


class HealthChange(Base):
    """From one state to another."""

    __tablename__ = "health_changes"
    __table_args__ = (Index("ix_health_changes_connection_id_id", "connection_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("zoho_connections.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    was: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))


@dataclass(frozen=True, slots=True)
class Due:
    """A check to be made. ``next_check_at`` as it was read, None for the first check: what the claim compares."""

    connection_id: UUID
    next_check_at: datetime | None


def check_next(amend: Amend) -> bool:
    """Check the connection whose check is due longest; False when none is."""
    due = find_due(amend)
    if due is None:
        return False
    if claim(amend, due):
        note(amend, due.connection_id, diagnostics.examine(amend, due.connection_id, with_own=False))
    return True


def find_due(amend: Amend) -> Due | None:
    """The connection whose turn it is: never checked, due, or well until a call failed since."""
    with amend.reading() as session:
        columns = select(Connection.id, ConnectionHealth.next_check_at)
        query = columns.join(ConnectionHealth, isouter=True).where(_is_due(amend.now()))
        row = session.execute(query.order_by(ConnectionHealth.next_check_at.nulls_first()).limit(1)).first()
    return Due(*row) if row else None


def count_due(amend: Amend, *, for_longer_than: timedelta = timedelta()) -> int:
    """How many checks wait."""
    with amend.reading() as session:
        query = select(func.count()).select_from(Connection).join(ConnectionHealth, isouter=True)
        return session.scalar(query.where(_is_due(amend.now() - for_longer_than))) or 0


def _is_due(now: datetime) -> ColumnElement[bool]:
    telling = [kind.code for kind in ZohoError.__subclasses__() if kind.lasts is not None]
    has_failed_since = and_(
        ConnectionHealth.state == Health.HEALTHY,
        ConnectionHealth.checked_at <= now - SHORTEST_PAUSE,
        Connection.last_failure_at > ConnectionHealth.checked_at,
        Connection.last_failure_code.in_(telling),
    )
    is_new = and_(ConnectionHealth.connection_id.is_(None), Connection.created_at <= now)
    return and_(Connection.status.in_(WATCHED), or_(is_new, ConnectionHealth.next_check_at <= now, has_failed_since))


def claim(amend: Amend, due: Due) -> bool:
    """Take the right to check; False when another worker was quicker."""
    now = amend.now()
    with amend.sessions.begin() as session:
        row = _locked(session, due.connection_id)
        if row is None:
            session.add(_begun(due.connection_id, now, now + LEASE))
            return True
        if row.next_check_at != due.next_check_at:
            return False
        row.next_check_at = now + LEASE
        return True


def note(amend: Amend, connection_id: UUID, findings: Sequence[Finding]) -> None:
    """Keep what a check found: the state, since when, and the change, if it is one. Raises NotConnectedError."""
    connection, now = clients.load(amend, connection_id), amend.now()
    if connection.status not in WATCHED:
        return
    verdict = health.judge(connection, findings, now)
    with amend.sessions.begin() as session:
        row = _locked(session, connection_id)
        if row is None:
            row = _begun(connection_id, now, now)
            session.add(row)
        if verdict.health not in (Health.UNKNOWN, row.state):
            _change(session, row, verdict, now)
        row.checked_at, row.reason = now, verdict.reason[:500]
        row.next_check_at = now + _pause(row.bad_since, now, timedelta(minutes=amend.settings.alert_grace_minutes))


def _locked(session: Session, connection_id: UUID) -> ConnectionHealth | None:
    wait_alone(session, f"health of {connection_id}")
    return session.get(ConnectionHealth, connection_id, with_for_update=True)


def _begun(connection_id: UUID, now: datetime, next_check_at: datetime) -> ConnectionHealth:
    unknown = Health.UNKNOWN
    return ConnectionHealth(connection_id=connection_id, state=unknown, reason="", since=now, next_check_at=next_check_at, told=unknown)


def _change(session: Session, row: ConnectionHealth, verdict: Verdict, now: datetime) -> None:
    reason = verdict.reason[:500]
    session.add(HealthChange(connection_id=row.connection_id, at=now, was=row.state, state=verdict.health, reason=reason))
    row.state, row.since = verdict.health, now
    row.bad_since = (row.bad_since or now) if verdict.health.is_bad else None
    of_this = HealthChange.connection_id == row.connection_id
    newest = select(HealthChange.id).where(of_this).order_by(HealthChange.id.desc()).limit(KEPT_CHANGES)
    session.execute(delete(HealthChange).where(of_this, HealthChange.id.not_in(newest)))


def _pause(bad_since: datetime | None, now: datetime, grace: timedelta) -> timedelta:
    """The end of the grace period is not slept through: then somebody is alerted of what is seen."""
    if bad_since is None:
        return CHECK_EVERY
    lasted = now - bad_since
    pause = min(max(lasted, SHORTEST_PAUSE), LONGEST_PAUSE)
    return min(pause, grace - lasted) if lasted < grace else pause


def last_seen(session: Session, connection_ids: Sequence[UUID]) -> dict[UUID, ConnectionHealth]:
    """How these connections were at their last check; none of those that were never checked."""
    query = select(ConnectionHealth).where(ConnectionHealth.connection_id.in_(connection_ids), ConnectionHealth.checked_at.is_not(None))
    return {row.connection_id: row for row in session.scalars(query)}


def list_changes(session: Session, connection_id: UUID, limit: int = 10) -> Sequence[HealthChange]:
    """The last changes, newest first. Whose connection it is, the caller has checked."""
    query = select(HealthChange).where(HealthChange.connection_id == connection_id)
    return session.scalars(query.order_by(HealthChange.id.desc()).limit(limit)).all()
