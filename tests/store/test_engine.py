"""The engine loses nothing, and gives back what was put in, on either database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from store import ExactJson, UtcDateTime, make_engine, make_sessions, wait_alone

pytestmark = pytest.mark.both_databases
PROCESSES, ROUNDS = 8, 25


class Base(DeclarativeBase):
    metadata = MetaData()


class Counter(Base):
    __tablename__ = "counter"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    body: Mapped[Any] = mapped_column(ExactJson, nullable=True)


@pytest.fixture
def sessions(url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    yield make_sessions(engine)
    engine.dispose()


def add(url: str) -> None:
    sessions = make_sessions(make_engine(url))
    for _ in range(ROUNDS):
        with sessions.begin() as session:
            session.get_one(Counter, 1, with_for_update=True).n += 1


def add_once(url: str) -> None:
    with make_sessions(make_engine(url)).begin() as session:
        wait_alone(session, "the only counter")
        if session.scalar(select(func.count()).select_from(Counter)) == 0:
            session.add(Counter(n=0))


def run_at_once(target: Callable[[str], None], url: str) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=target, args=(url,)) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * PROCESSES


def test_eight_processes_that_read_add_and_write_lose_nothing(sessions: sessionmaker[Session], url: str) -> None:
    with sessions.begin() as session:
        session.add(Counter(id=1, n=0))
    run_at_once(add, url)
    with sessions() as session:
        assert session.scalar(select(Counter.n)) == PROCESSES * ROUNDS


def test_of_eight_processes_that_add_what_is_missing_one_adds_it(sessions: sessionmaker[Session], url: str) -> None:
    run_at_once(add_once, url)
    with sessions() as session:
        assert session.scalars(select(Counter.n)).all() == [0]


def test_a_reader_is_not_held_up_by_a_writer(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as writer, sessions() as reader:
        writer.add(Counter(id=1, n=1))
        writer.flush()
        reader.connection(execution_options={"sqlite_begin": "DEFERRED"})
        assert reader.scalar(select(Counter.n)) is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_durable_transaction_is_synced_fully_and_the_next_is_not(sessions: sessionmaker[Session]) -> None:
    for durable, level in ((False, 1), (True, 2), (False, 1)):
        with sessions.begin() as session:
            session.connection(execution_options={"durable": True} if durable else {})
            assert session.scalar(text("PRAGMA synchronous")) == level


def test_foreign_keys_hold(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.execute(text("CREATE TABLE child (parent INTEGER REFERENCES counter (id))"))
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.execute(text("INSERT INTO child VALUES (99)"))


def test_an_instant_comes_back_aware_and_in_utc(sessions: sessionmaker[Session]) -> None:
    zurich = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=1)))
    with sessions.begin() as session:
        session.add(Note(id=1, at=zurich))
    with sessions() as session:
        at = session.scalar(select(Note.at).where(Note.at == zurich))
    assert at == zurich
    assert at is not None
    assert at.tzinfo is UTC


def test_a_naive_datetime_is_refused(sessions: sessionmaker[Session]) -> None:
    with pytest.raises(StatementError, match="naive"), sessions.begin() as session:
        session.add(Note(id=1, at=datetime(2026, 11, 23, tzinfo=UTC).replace(tzinfo=None)))


@pytest.mark.parametrize("body", [None, {"a": [Decimal("0.10"), 4876876000000333014, "\U0001f600"]}, [], "", Decimal("1.0")])
def test_json_comes_back_with_every_digit(sessions: sessionmaker[Session], body: Any) -> None:
    with sessions.begin() as session:
        session.add(Note(id=1, body=body))
    with sessions() as session:
        back = session.scalar(select(Note.body))
    assert back == body
    assert repr(back) == repr(body)
