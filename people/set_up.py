"""How the first user gets in: by AMEND_ADMIN_EMAIL and AMEND_ADMIN_PASSWORD, else by a link that works once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from people import users
from people.operators import Operator, hash_token, new_token
from people.sessions import open_session
from people.users import UserRefusedError
from service.settings import Settings
from store import Base, UtcDateTime, reading, wait_alone

VALID = timedelta(hours=24)
FIRST_USER = "first user"
"""What a start and a set-up do one after the other."""


class SetUpLink(Base):
    """A link that makes the first user. There is one at most: the one that the last start printed."""

    __tablename__ = "set_up_links"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def ensure_first_user(sessions: sessionmaker[Session], settings: Settings, now: Callable[[], datetime]) -> str | None:
    """See to it that somebody can sign in; run at every start.

    With users, or with AMEND_ADMIN_EMAIL and AMEND_ADMIN_PASSWORD to make the first: None. Otherwise the whole URL
    ``<public>/set-up/<token>`` to print; it works once, for 24 hours, until the next start. Raises UserRefusedError.
    """
    with reading(sessions) as session:
        if not users.is_empty(session):
            return None
    if settings.admin_email and settings.admin_password:
        _add_admin(sessions, now, settings.admin_email, settings.admin_password.get_secret_value())
        return None
    token = new_token()
    with sessions.begin() as session:
        wait_alone(session, FIRST_USER)
        session.execute(delete(SetUpLink))
        session.add(SetUpLink(token_hash=hash_token(token), created_at=now()))
    return f"{settings.public_url}/set-up/{token}"


def is_set_up_open(sessions: sessionmaker[Session], now: Callable[[], datetime], token: str) -> bool:
    """True while the link makes the first user."""
    with reading(sessions) as session:
        return _find_link(session, token, now()) is not None


def complete_set_up(
    sessions: sessionmaker[Session], now: Callable[[], datetime], token: str, *, email: str, name: str, password: str
) -> Operator | None:
    """Make the first user and sign them in; None when the link no longer works.

    Raises UserRefusedError, whose ``problems`` belong at the fields; the link then still works.
    """
    problems = users.find_problems(email, name, password)
    if problems:
        raise UserRefusedError(problems)
    if not is_set_up_open(sessions, now, token):
        return None
    user = users.new_user(email, name, password, now())
    with sessions.begin() as session:
        wait_alone(session, FIRST_USER)
        link = _find_link(session, token, now())
        if link is None:
            return None
        session.delete(link)
        session.add(user)
        session.flush()
        return open_session(session, user, now())


def _find_link(session: Session, token: str, at: datetime) -> SetUpLink | None:
    link = session.scalar(select(SetUpLink).where(SetUpLink.token_hash == hash_token(token), SetUpLink.created_at > at - VALID))
    return link if link is not None and users.is_empty(session) else None


def _add_admin(sessions: sessionmaker[Session], now: Callable[[], datetime], email: str, password: str) -> None:
    problems = users.find_problems(email, "", password)
    if problems:
        said = {field: f"AMEND_ADMIN_{field.upper()}: {problem}" for field, problem in problems.items()}
        raise UserRefusedError(said)
    user = users.new_user(email, "", password, now())
    with sessions.begin() as session:
        wait_alone(session, FIRST_USER)
        if users.is_empty(session):
            session.add(user)
