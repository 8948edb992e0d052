"""Table ``users``: who may sign in here. One person, one row, one lower-case e-mail address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import String, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from people import passwords
from store import Base, UtcDateTime

MAX_EMAIL, MAX_NAME = 254, 200


class User(Base):
    """Somebody who may sign in."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(MAX_EMAIL), unique=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    password_hash: Mapped[str] = mapped_column(String(255))
    failed_count: Mapped[int] = mapped_column(default=0)  # wrong passwords in a row
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<User {self.id}>"


class UserRefusedError(ValueError):
    """A user that cannot be added. ``problems`` says why, by ``email``, ``name`` or ``password``, in words for the page."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


def add_user(sessions: sessionmaker[Session], now: Callable[[], datetime], email: str, password: str, name: str = "") -> User:
    """Add somebody who may sign in; without a name it is the e-mail's first part. Raises UserRefusedError."""
    problems = find_problems(email, name, password)
    if problems:
        raise UserRefusedError(problems)
    user = new_user(email, name, password, now())
    try:
        with sessions.begin() as session:
            session.add(user)
    except IntegrityError as exc:
        raise UserRefusedError({"email": f"{user.email} is a user already."}) from exc
    return user


def find_problems(email: str, name: str, password: str) -> dict[str, str]:
    """What is wrong with a user to be, by field; empty when nothing is. Whether the e-mail is taken only the database knows."""
    found = {
        "email": None if _is_email(normal_email(email)) else "This is not an e-mail address.",
        "name": _name_problem(name),
        "password": passwords.problem(password),
    }
    return {field: problem for field, problem in found.items() if problem}


def new_user(email: str, name: str, password: str, at: datetime) -> User:
    """A row ready to be added; takes the tenth of a second that hashing takes, so no transaction may be open."""
    email = normal_email(email)
    name = name.strip() or email.split("@")[0]
    return User(id=uuid4(), email=email, name=name, password_hash=passwords.hash_password(password), failed_count=0, created_at=at)


def normal_email(typed: str) -> str:
    """As it is stored and looked up."""
    return typed.strip().lower()


def find_by_email(session: Session, email: str) -> User | None:
    """The user of a normal e-mail address."""
    return session.scalar(select(User).where(User.email == email)) if _is_email(email) else None


def is_empty(session: Session) -> bool:
    """True while nobody may sign in."""
    return not session.scalar(select(func.count()).select_from(User))


def _is_email(email: str) -> bool:
    """Plain on purpose: whether an address works is for the mail server to say."""
    local, at, domain = email.rpartition("@")
    return bool(local and at and domain) and "@" not in local and email.isprintable() and " " not in email and len(email) <= MAX_EMAIL


def _name_problem(name: str) -> str | None:
    if len(name) > MAX_NAME:
        return f"Use at most {MAX_NAME} characters (you typed {len(name)})."
    return None if name.isprintable() else "Use only printable characters."
