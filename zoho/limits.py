"""What an organization allows at a time and in a day, shared by all processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from store import Base, UtcDateTime


class OrgLimit(Base):
    """What is known of one organization's limits. ``org`` is ``crm:`` or ``desk:`` and Zoho's id."""

    __tablename__ = "zoho_limits"

    org: Mapped[str] = mapped_column(String(60), primary_key=True)
    edition: Mapped[str | None] = mapped_column(String(60))
    credits_left: Mapped[int | None] = mapped_column(BigInteger)  # None: Zoho did not say, which is not "unlimited"
    credits_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)  # Zoho refuses calls until then
    reason: Mapped[str | None] = mapped_column(String(20))  # of that: credits or concurrency
