"""The log of requests to Zoho: what was sent, what came back, how long it took; redacted, of bounded size."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store import Base, UtcDateTime


class LoggedRequest(Base):
    """One call. ``connection_id`` has no constraint: the log outlives what it tells of."""

    __tablename__ = "zoho_requests"
    __table_args__ = (Index("ix_zoho_requests_connection_id_id", "connection_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    connection_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(String(10))
    host: Mapped[str] = mapped_column(String(255))
    path: Mapped[str] = mapped_column(String(1000))  # with the query, redacted
    org: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(60))  # of ours, when no usable answer came
    duration_ms: Mapped[int]
    attempts: Mapped[int]  # reads may be sent again
    request_id: Mapped[str | None] = mapped_column(String(200))
    sent: Mapped[str | None] = mapped_column(Text)
    answered: Mapped[str | None] = mapped_column(Text)
