"""The engine loses nothing, and gives back what was put in."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from store import ExactJson, UtcDateTime, make_engine, make_sessions

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
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/test.db"
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return url


def add(url: str) -> None:
    sessions = make_sessions(make_engine(url))
    for _ in range(ROUNDS):
        with sessions.begin() as session:
            counter = session.get(Counter, 1)
            assert counter is not None
            counter.n += 1


def test_eight_processes_that_read_add_and_write_lose_nothing(url: str) -> None:
    sessions = make_sessions(make_engine(url))
    with sessions.begin() as session:
        session.add(Counter(id=1, n=0))
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=add, args=(url,)) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * PROCESSES
    with sessions() as session:
        assert session.scalar(select(Counter.n)) == PROCESSES * ROUNDS


def test_a_reader_is_not_held_up_by_a_writer(url: str) -> None:
    sessions = make_sessions(make_engine(url))
    with sessions.begin() as writer, sessions() as reader:
        writer.add(Counter(id=1, n=1))
        writer.flush()
        reader.connection(execution_options={"sqlite_begin": "DEFERRED"})
        assert reader.scalar(select(Counter.n)) is None


def test_a_durable_transaction_is_synced_fully_and_the_next_is_not(url: str) -> None:
    sessions = make_sessions(make_engine(url))
    for durable, level in ((False, 1), (True, 2), (False, 1)):
        with sessions.begin() as session:
            session.connection(execution_options={"durable": True} if durable else {})
            assert session.scalar(text("PRAGMA synchronous")) == level


def test_foreign_keys_hold(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE child (parent INTEGER REFERENCES counter (id))"))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO child VALUES (99)"))


def test_an_instant_comes_back_aware_and_in_utc(url: str) -> None:
    sessions = make_sessions(make_engine(url))
    zurich = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=1)))
    with sessions.begin() as session:
        session.add(Note(id=1, at=zurich))
    with sessions() as session:
        at = session.scalar(select(Note.at).where(Note.at == zurich))
    assert at == zurich
    assert at is not None
    assert at.tzinfo is UTC


def test_a_naive_datetime_is_refused(url: str) -> None:
    sessions = make_sessions(make_engine(url))
    with pytest.raises(StatementError, match="naive"), sessions.begin() as session:
        session.add(Note(id=1, at=datetime(2026, 11, 23, tzinfo=UTC).replace(tzinfo=None)))


@pytest.mark.parametrize("body", [None, {"a": [Decimal("0.10"), 4876876000000333014, "\U0001f600"]}, [], "", Decimal("1.0")])
def test_json_comes_back_with_every_digit(url: str, body: Any) -> None:
    sessions = make_sessions(make_engine(url))
    with sessions.begin() as session:
        session.add(Note(id=1, body=body))
    with sessions() as session:
        back = session.scalar(select(Note.body))
    assert back == body
    assert repr(back) == repr(body)
