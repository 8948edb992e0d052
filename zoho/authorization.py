"""Table ``authorization_requests``: one row per trip to Zoho's consent page. The state is single use and lives ten minutes."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from store import Base, UtcDateTime
from store.exact_json import storable
from zoho.errors import BadStateError

LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=1)


class AuthorizationRequest(Base):
    """What was asked for, by whom, in which sign-in session, and what came of it."""

    __tablename__ = "authorization_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[UUID]
    location: Mapped[str] = mapped_column(String(20))
    products: Mapped[list[str]] = mapped_column(JSON)
    features: Mapped[list[str]] = mapped_column(JSON, default=list)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    reconnects_id: Mapped[UUID | None] = mapped_column(ForeignKey("zoho_connections.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    connection_id: Mapped[UUID | None] = mapped_column(ForeignKey("zoho_connections.id", ondelete="SET NULL"))


def open_request(
    session: Session,
    user_id: UUID,
    session_id: UUID,
    *,
    now: datetime,
    location: str,
    products: list[str],
    features: list[str],
    scopes: list[str],
    reconnects_id: UUID | None,
) -> AuthorizationRequest:
    """A new row with a fresh state; rows older than a day go."""
    session.execute(delete(AuthorizationRequest).where(AuthorizationRequest.created_at < now - KEPT))
    row = AuthorizationRequest(
        state=secrets.token_urlsafe(32),
        user_id=user_id,
        session_id=session_id,
        location=location,
        products=products,
        features=features,
        scopes=scopes,
        reconnects_id=reconnects_id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(row)
    session.flush()
    return row


def get_open(session: Session, request_id: UUID, user_id: UUID, session_id: UUID, now: datetime) -> AuthorizationRequest:
    """A request that may still leave for Zoho. Raises BadStateError."""
    row = session.get(AuthorizationRequest, request_id)
    if row is None or (row.user_id, row.session_id) != (user_id, session_id) or row.used_at or row.expires_at <= now:
        raise BadStateError("this trip to Zoho is over, or was somebody else's")
    return row


def take(session: Session, state: str, user_id: UUID, session_id: UUID, code: str, now: datetime) -> tuple[AuthorizationRequest, bool]:
    """Use up the state: the row, and True when this is a reload of the callback that already used it.

    One UPDATE: of two callbacks with one state, one wins. Raises BadStateError.
    """
    row = session.scalar(select(AuthorizationRequest).where(AuthorizationRequest.state == state)) if state else None
    if row is None:
        raise BadStateError("the state is not one of ours")
    if (row.user_id, row.session_id) != (user_id, session_id):
        raise BadStateError("the state belongs to another sign-in session")
    digest = sha256(code.encode()).hexdigest()
    unused = (AuthorizationRequest.id == row.id) & AuthorizationRequest.used_at.is_(None)
    won = session.execute(
        update(AuthorizationRequest).where(unused).values(used_at=now, code_hash=digest).returning(AuthorizationRequest.id)
    ).scalar_one_or_none()
    if won is None:
        session.refresh(row)
        if code and hmac.compare_digest(row.code_hash or "", digest):
            return row, True
        raise BadStateError("the state was already used")
    if row.expires_at <= now:
        raise BadStateError("the state is older than ten minutes")
    return row, False


def find_reconnects(session: Session, state: str, user_id: UUID) -> UUID | None:
    """The connection that a trip, also a failed one, was to reconnect."""
    mine = (AuthorizationRequest.state == storable(state)) & (AuthorizationRequest.user_id == user_id)
    return session.scalar(select(AuthorizationRequest.reconnects_id).where(mine))


def settle(session: Session, request_id: UUID, connection_id: UUID | None) -> None:
    """Remember which connection came of it, for a reload of the callback."""
    session.execute(update(AuthorizationRequest).where(AuthorizationRequest.id == request_id).values(connection_id=connection_id))


def hand_over(session: Session, pending_id: UUID, connection_id: UUID) -> None:
    """A pending connection becomes part of another: reloads of its callback shall lead there."""
    row = AuthorizationRequest
    session.execute(update(row).where(row.connection_id == pending_id).values(connection_id=connection_id))
