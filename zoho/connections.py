"""Table ``zoho_connections`` and its queries, nothing else. Tokens are written by tokens.py and grants.py alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from store import Base, UtcDateTime
from zoho.errors import NotConnectedError


class Status(StrEnum):
    """Where a connection stands. ``pending``: a grant was received and is not yet anyone's connection. ``failing``: renewing
    it has failed for days, and waits for a person."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILING = "failing"
    RECONNECT_NEEDED = "reconnect_needed"
    DISCONNECTED = "disconnected"


class Connection(Base):
    """One resource owner's grant, kept as a sealed refresh token, and what we learned of its organizations."""

    __tablename__ = "zoho_connections"
    __table_args__ = (Index("ix_zoho_connections_user_id_status", "user_id", "status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(20), default=Status.PENDING)

    access_token: Mapped[str | None] = mapped_column(Text)  # sealed
    refresh_token: Mapped[str | None] = mapped_column(Text)  # sealed; written and opened by tokens.py alone
    token_expires_at: Mapped[int | None] = mapped_column(BigInteger)  # Unix seconds
    api_domain: Mapped[str | None] = mapped_column(String(255))
    api_domain_refused: Mapped[str | None] = mapped_column(String(255))  # what Zoho answered, when the table does not know it
    location: Mapped[str] = mapped_column(String(20))
    accounts_server: Mapped[str] = mapped_column(String(255))

    products: Mapped[list[str]] = mapped_column(JSON, default=list)
    features: Mapped[list[str]] = mapped_column(JSON, default=list)  # what the operator wants to do; the scopes follow from it
    scopes_requested: Mapped[list[str]] = mapped_column(JSON, default=list)
    scopes_granted: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # None: Zoho did not say
    scopes_confirmed: Mapped[list[str]] = mapped_column(JSON, default=list)
    scopes_refused: Mapped[list[str]] = mapped_column(JSON, default=list)  # learned from a scope mismatch

    zuid: Mapped[str | None] = mapped_column(String(40))
    zoho_user_name: Mapped[str | None] = mapped_column(String(400))
    zoho_user_email: Mapped[str | None] = mapped_column(String(320))
    time_zone: Mapped[str | None] = mapped_column(String(80))
    crm_org_id: Mapped[str | None] = mapped_column(String(40))
    crm_org_name: Mapped[str | None] = mapped_column(String(400))
    crm_domain_name: Mapped[str | None] = mapped_column(String(200))
    zgid: Mapped[str | None] = mapped_column(String(40))
    environment: Mapped[str | None] = mapped_column(String(20))
    desk_org_id: Mapped[str | None] = mapped_column(String(40))
    desk_org_name: Mapped[str | None] = mapped_column(String(400))
    desk_portal_name: Mapped[str | None] = mapped_column(String(200))

    refresh_lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refresh_not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)  # Zoho's throttle
    refreshed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by a renewal; None while it has only the exchange's token
    renewals: Mapped[list[int]] = mapped_column(JSON, default=list)  # Unix seconds of the last ten tried with this refresh token
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # renewals have failed since then, without a success between
    failure_count: Mapped[int] = mapped_column(default=0)  # of renewals, one after another
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_code: Mapped[str | None] = mapped_column(String(60))
    last_failure_detail: Mapped[str | None] = mapped_column(String(500))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("zoho_connections.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    connected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_usable(self) -> bool:
        """True when calls may be tried."""
        return self.status == Status.ACTIVE

    def __repr__(self) -> str:
        return f"<Connection {self.id} {self.status}>"


def get_own(session: Session, connection_id: UUID, user_id: UUID, *, locked: bool = False) -> Connection:
    """The operator's connection; another's is as absent as none at all. ``locked``: nobody else writes it before the commit.

    Raises NotConnectedError.
    """
    query = select(Connection).where(Connection.id == connection_id, Connection.user_id == user_id)
    found = session.scalar(query.with_for_update() if locked else query)
    if found is None:
        raise NotConnectedError(f"no connection {connection_id} of user {user_id}")
    return found


def get(session: Session, connection_id: UUID) -> Connection:
    """The connection, whoever's it is: for the layers below the operator. Raises NotConnectedError."""
    found = session.get(Connection, connection_id)
    if found is None:
        raise NotConnectedError(f"no connection {connection_id}")
    return found


def list_own(session: Session, user_id: UUID) -> Sequence[Connection]:
    """All of an operator's connections but the disconnected ones, by name."""
    query = select(Connection).where(Connection.user_id == user_id, Connection.status != Status.DISCONNECTED)
    return session.scalars(query.order_by(func.lower(Connection.name), Connection.created_at)).all()


def list_disconnected(session: Session, user_id: UUID) -> Sequence[Connection]:
    """An operator's connections that were ended here, by name: each can be reconnected in place."""
    query = select(Connection).where(Connection.user_id == user_id, Connection.status == Status.DISCONNECTED)
    return session.scalars(query.order_by(func.lower(Connection.name), Connection.created_at)).all()


def find_same_grant(session: Session, pending: Connection) -> Connection | None:
    """The connection that a new grant belongs to: same operator, location, Zoho user, and CRM or else Desk organization.

    A grant whose Zoho user is not known belongs only to a connection whose user is not known either.
    """
    if pending.crm_org_id:
        org = Connection.crm_org_id == pending.crm_org_id
    elif pending.desk_org_id:
        org = Connection.crm_org_id.is_(None) & (Connection.desk_org_id == pending.desk_org_id)
    elif pending.zuid:
        org = Connection.crm_org_id.is_(None) & Connection.desk_org_id.is_(None)
    else:
        return None  # neither person nor organization is known: it could be anybody's
    query = select(Connection).where(
        Connection.user_id == pending.user_id,
        Connection.id != pending.id,
        Connection.location == pending.location,
        Connection.zuid == pending.zuid,
        Connection.status != Status.PENDING,
        org,
    )
    return session.scalar(query.order_by(Connection.created_at).limit(1).with_for_update())


def claim_refresh(session: Session, connection_id: UUID, *, now: datetime, until: datetime) -> bool:
    """Take the right to refresh; False while another worker holds it. One UPDATE: it cannot be won twice."""
    free = or_(Connection.refresh_lease_until.is_(None), Connection.refresh_lease_until <= now)
    claim = update(Connection).where(Connection.id == connection_id, free).values(refresh_lease_until=until).returning(Connection.id)
    return session.execute(claim).scalar_one_or_none() is not None


def free_refresh(session: Session, connection_id: UUID, *, until: datetime) -> None:
    """Give the right back, if it is still ours (``until`` is the claim's own)."""
    held = (Connection.id == connection_id) & (Connection.refresh_lease_until == until)
    session.execute(update(Connection).where(held).values(refresh_lease_until=None))
