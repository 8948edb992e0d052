"""Table ``sign_in_sessions``: signing in and out. A session lives here, not in the cookie, so that signing out ends it everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from people import passwords, users
from people.operators import Operator, hash_token, new_token
from people.users import User
from store import Base, UtcDateTime, reading

IDLE, ABSOLUTE = timedelta(hours=12), timedelta(days=14)
SEEN_EVERY = timedelta(minutes=1)
"""How exact ``last_seen_at`` is: not every page need write."""
MAX_FAILURES, LOCK = 10, timedelta(minutes=15)


class SignInSession(Base):
    """One sign-in, from one browser."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def sign_in(sessions: sessionmaker[Session], now: Callable[[], datetime], email: str, password: str) -> Operator | None:
    """A new session for the right e-mail and password; None for wrong ones and for an account that is locked.

    Ten wrong passwords in a row lock an account for 15 minutes. Whether an address is a user's cannot be told from the answer or
    its time: the password is always hashed, with no transaction open meanwhile.
    """
    with reading(sessions) as session:
        user = users.find_by_email(session, users.normal_email(email))
    is_right = passwords.verify(user.password_hash if user else None, password)
    if user is None:
        return None
    better = passwords.hash_password(password) if is_right and passwords.needs_rehash(user.password_hash) else None
    with sessions.begin() as session:
        current = session.get(User, user.id, with_for_update=True)
        if current is None or _is_locked(current, now()):
            return None
        if not is_right:
            _count_failure(current, now())
            return None
        current.failed_count, current.locked_until = 0, None
        current.password_hash = better or current.password_hash
        return open_session(session, current, now())


def open_session(session: Session, user: User, at: datetime) -> Operator:
    """A new session in the database; its token is in the Operator and nowhere else."""
    token = new_token()
    row = SignInSession(id=uuid4(), user_id=user.id, token_hash=hash_token(token), created_at=at, last_seen_at=at)
    session.add(row)
    return Operator(id=user.id, email=user.email, name=user.name, session_id=row.id, token=token)


def find_operator(sessions: sessionmaker[Session], now: Callable[[], datetime], token: str) -> Operator | None:
    """Whose session the token is; None when it ended, was idle for 12 hours or is 14 days old."""
    at = now()
    live = (SignInSession.ended_at.is_(None), SignInSession.last_seen_at > at - IDLE, SignInSession.created_at > at - ABSOLUTE)
    query = select(SignInSession, User).join(User).where(SignInSession.token_hash == hash_token(token), *live)
    with reading(sessions) as session:
        found = session.execute(query).one_or_none()
    if found is None:
        return None
    row, user = found
    if at - row.last_seen_at >= SEEN_EVERY:
        with sessions.begin() as session:
            session.execute(update(SignInSession).where(SignInSession.id == row.id).values(last_seen_at=at))
    return Operator(id=user.id, email=user.email, name=user.name, session_id=row.id, token=token)


def end_session(sessions: sessionmaker[Session], now: Callable[[], datetime], session_id: UUID) -> None:
    """Sign out: whoever holds a copy of the cookie is signed out too."""
    open_still = (SignInSession.id == session_id) & SignInSession.ended_at.is_(None)
    with sessions.begin() as session:
        session.execute(update(SignInSession).where(open_still).values(ended_at=now()))


def _is_locked(user: User, at: datetime) -> bool:
    return user.locked_until is not None and user.locked_until > at


def _count_failure(user: User, at: datetime) -> None:
    if user.locked_until is not None:  # that lock has run out
        user.failed_count, user.locked_until = 0, None
    user.failed_count += 1
    if user.failed_count >= MAX_FAILURES:
        user.locked_until = at + LOCK
