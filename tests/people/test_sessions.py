"""Signing in: right, wrong, locked, idle, ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

import people
from people import Operator
from people.sessions import ABSOLUTE, IDLE, LOCK, MAX_FAILURES, SignInSession
from people.users import User, find_by_email
from tests.conftest import EMAIL, PASSWORD, Clock
from zoho.runtime import Amend

pytestmark = pytest.mark.both_databases


def sign_in(amend: Amend, password: str = PASSWORD, email: str = EMAIL) -> Operator | None:
    return people.sign_in(amend.sessions, amend.now, email, password)


def stored_user(amend: Amend) -> User:
    with amend.sessions() as session:
        found = find_by_email(session, EMAIL)
    assert found is not None
    return found


def find(amend: Amend, operator: Operator) -> Operator | None:
    return people.find_operator(amend.sessions, amend.now, operator.get_id())


@pytest.mark.parametrize("email", [EMAIL, "  Ana@Example.COM "])
def test_the_right_password_opens_a_session_that_is_found_again(amend: Amend, user: User, email: str) -> None:
    operator = sign_in(amend, email=email)
    assert operator is not None
    assert (operator.id, operator.email, operator.name) == (user.id, EMAIL, "Ana Ruiz")
    assert find(amend, operator) == operator


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        (EMAIL, ""),
        (EMAIL, PASSWORD + "\0"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("\ud800@x", "\ud800"),
        (EMAIL, "x" * 2000),
    ],
)
def test_what_is_wrong_opens_nothing(amend: Amend, user: User, email: str, password: str) -> None:
    assert sign_in(amend, password, email) is None
    with amend.sessions() as session:
        assert session.scalars(select(SignInSession)).all() == []


def test_ten_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(amend: Amend, user: User, clock: Clock) -> None:
    for _ in range(MAX_FAILURES):
        assert sign_in(amend, "wrong") is None
    assert sign_in(amend) is None
    clock.advance(seconds=LOCK.total_seconds() + 1)
    assert sign_in(amend) is not None
    assert (stored_user(amend).failed_count, stored_user(amend).locked_until) == (0, None)


def test_tries_during_the_lock_do_not_make_it_longer(amend: Amend, user: User, clock: Clock) -> None:
    for _ in range(MAX_FAILURES):
        sign_in(amend, "wrong")
    until = stored_user(amend).locked_until
    clock.advance(minutes=10)
    sign_in(amend, "wrong")
    assert stored_user(amend).locked_until == until


def test_after_a_lock_the_count_begins_anew(amend: Amend, user: User, clock: Clock) -> None:
    for _ in range(MAX_FAILURES):
        sign_in(amend, "wrong")
    clock.advance(minutes=16)
    sign_in(amend, "wrong")
    assert (stored_user(amend).failed_count, stored_user(amend).locked_until) == (1, None)


def test_a_right_password_forgives_the_wrong_ones_before(amend: Amend, user: User) -> None:
    for _ in range(MAX_FAILURES - 1):
        sign_in(amend, "wrong")
    assert sign_in(amend) is not None
    sign_in(amend, "wrong")
    assert stored_user(amend).failed_count == 1


def test_a_weak_hash_of_old_is_made_anew_at_sign_in(amend: Amend, user: User) -> None:
    with amend.sessions.begin() as session:
        row = session.get_one(User, user.id)
        row.password_hash = weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert sign_in(amend) is not None
    assert stored_user(amend).password_hash != weak
    assert sign_in(amend) is not None


def test_a_session_ends_when_idle_and_when_old(amend: Amend, operator: Operator, clock: Clock) -> None:
    clock.advance(seconds=IDLE.total_seconds() - 1)
    assert find(amend, operator) is not None
    clock.advance(seconds=IDLE.total_seconds() + 1)
    assert find(amend, operator) is None


def test_a_session_in_daily_use_ends_after_two_weeks(amend: Amend, operator: Operator, clock: Clock) -> None:
    for _ in range(ABSOLUTE // timedelta(hours=11)):
        clock.advance(hours=11)
        assert find(amend, operator) is not None
    clock.advance(hours=11)
    assert find(amend, operator) is None


def test_an_ended_session_is_ended_for_every_holder_of_its_token(amend: Amend, operator: Operator) -> None:
    people.end_session(amend.sessions, amend.now, operator.session_id)
    assert find(amend, operator) is None


@pytest.mark.parametrize("token", ["", "x", "\ud800", "' OR 1=1 --"])
def test_a_made_up_token_is_nobody(amend: Amend, operator: Operator, token: str) -> None:
    assert people.find_operator(amend.sessions, amend.now, token) is None


def test_the_token_is_neither_in_the_database_nor_in_a_repr(amend: Amend, operator: Operator) -> None:
    with amend.sessions() as session:
        row = session.get_one(SignInSession, operator.session_id)
    assert operator.get_id() not in (row.token_hash, repr(row), repr(operator))


def test_looking_up_who_signs_in_does_not_wait_for_a_writer(amend: Amend, user: User) -> None:
    with amend.sessions.begin():
        assert sign_in(amend, email="nobody@example.com") is None
        assert not people.is_set_up_open(amend.sessions, amend.now, "guess")
