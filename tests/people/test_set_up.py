"""How the first user gets in."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

import people
from people import Operator, UserRefusedError, ensure_first_user
from people.users import User
from service.settings import Settings
from tests.conftest import EMAIL, PASSWORD, Clock
from zoho.runtime import Amend

pytestmark = pytest.mark.both_databases


def link(amend: Amend) -> str:
    url = ensure_first_user(amend.sessions, amend.settings, amend.now)
    assert url is not None
    assert url.startswith(f"{amend.settings.public_url}/set-up/")
    return url.rpartition("/")[2]


def complete(amend: Amend, token: str, email: str = EMAIL) -> Operator | None:
    return people.complete_set_up(amend.sessions, amend.now, token, email=email, name="", password=PASSWORD)


def is_open(amend: Amend, token: str) -> bool:
    return people.is_set_up_open(amend.sessions, amend.now, token)


def with_admin(settings: Settings, email: str = EMAIL, password: str = PASSWORD) -> Settings:
    return settings.model_copy(update={"admin_email": email, "admin_password": SecretStr(password)})


def test_the_link_makes_the_first_user_and_signs_them_in_once(amend: Amend) -> None:
    token = link(amend)
    operator = complete(amend, token)
    assert operator is not None
    assert people.find_operator(amend.sessions, amend.now, operator.get_id()) == operator
    assert not is_open(amend, token)
    assert complete(amend, token, "eve@example.com") is None
    assert ensure_first_user(amend.sessions, amend.settings, amend.now) is None


def test_each_start_prints_a_fresh_link_and_older_ones_die(amend: Amend) -> None:
    first, second = link(amend), link(amend)
    assert not is_open(amend, first)
    assert is_open(amend, second)


def test_a_link_lives_for_a_day(amend: Amend, clock: Clock) -> None:
    token = link(amend)
    clock.advance(hours=23, minutes=59)
    assert is_open(amend, token)
    clock.advance(minutes=2)
    assert not is_open(amend, token)
    assert complete(amend, token) is None


def test_a_link_dies_when_a_user_is_added_another_way(amend: Amend) -> None:
    token = link(amend)
    people.add_user(amend.sessions, amend.now, EMAIL, PASSWORD)
    assert not is_open(amend, token)


def test_what_is_wrong_with_the_user_leaves_the_link_alive(amend: Amend) -> None:
    token = link(amend)
    with pytest.raises(UserRefusedError):
        complete(amend, token, "not an address")
    assert is_open(amend, token)


@pytest.mark.parametrize("token", ["", "x", "\ud800"])
def test_a_made_up_link_is_none(amend: Amend, token: str) -> None:
    link(amend)
    assert not is_open(amend, token)


def test_the_settings_make_the_first_user_and_a_second_start_leaves_them_alone(amend: Amend) -> None:
    for password in (PASSWORD, "another password"):
        assert ensure_first_user(amend.sessions, with_admin(amend.settings, password=password), amend.now) is None
    assert people.sign_in(amend.sessions, amend.now, EMAIL, PASSWORD) is not None


def test_the_settings_add_nobody_where_somebody_is(amend: Amend, user: User) -> None:
    ensure_first_user(amend.sessions, with_admin(amend.settings, "eve@example.com"), amend.now)
    assert people.sign_in(amend.sessions, amend.now, "eve@example.com", PASSWORD) is None


def test_a_weak_password_in_the_settings_stops_the_start_and_names_the_setting(amend: Amend) -> None:
    with pytest.raises(UserRefusedError, match="AMEND_ADMIN_PASSWORD"):
        ensure_first_user(amend.sessions, with_admin(amend.settings, password="short"), amend.now)
