"""Table ``preferences``: what a person chose for their own pages, such as the columns of a list; it is theirs alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from store import Base, ExactJson
from zoho.runtime import Amend


class Preference(Base):
    """One choice of one person for one module of one connection."""

    __tablename__ = "preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("zoho_connections.id", ondelete="CASCADE"), primary_key=True, index=True)
    product: Mapped[str] = mapped_column(String(10), primary_key=True)
    module: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(ExactJson)


def find(amend: Amend, user_id: UUID, connection_id: UUID, product: str, module: str, name: str) -> Any:
    """What was chosen, as it was kept; None when nothing was."""
    with amend.reading() as session:
        row = session.get(Preference, (user_id, connection_id, product, module, name))
    return row.value if row else None


def keep(amend: Amend, user_id: UUID, connection_id: UUID, product: str, module: str, name: str, value: Any) -> None:
    """Remember a choice, in place of the one before. ``value`` is anything JSON can hold."""
    row = {"user_id": user_id, "connection_id": connection_id, "product": product, "module": module, "name": name}
    try:
        with amend.sessions.begin() as session:
            session.merge(Preference(**row, value=value))
    except IntegrityError:  # another tab was first to choose: the last choice stands
        with amend.sessions.begin() as session:
            session.merge(Preference(**row, value=value))
