"""Who may be a user."""

from __future__ import annotations

import pytest

from people import UserRefusedError, add_user
from people.users import User
from tests.conftest import EMAIL, PASSWORD
from zoho.runtime import Amend

pytestmark = pytest.mark.both_databases


def test_a_user_is_kept_by_the_lower_case_address_and_named_by_its_first_part(amend: Amend) -> None:
    user = add_user(amend.sessions, amend.now, " Ana.Ruiz@Example.com ", PASSWORD)
    assert (user.email, user.name) == ("ana.ruiz@example.com", "ana.ruiz")
    assert PASSWORD not in user.password_hash
    assert "example" not in repr(user)


def test_an_address_is_one_user(amend: Amend, user: User) -> None:
    with pytest.raises(UserRefusedError, match="is a user already") as refused:
        add_user(amend.sessions, amend.now, EMAIL.upper(), PASSWORD)
    assert set(refused.value.problems) == {"email"}


@pytest.mark.parametrize(
    "email", ["", "ana", "@example.com", "ana@", "a@b@c", "a b@c.d", "a\n@c.d", "a@c\0.d", "\ud800@c.d", "a" * 251 + "@c.d"]
)
def test_what_is_not_an_address_is_refused(amend: Amend, email: str) -> None:
    with pytest.raises(UserRefusedError, match="not an e-mail address"):
        add_user(amend.sessions, amend.now, email, PASSWORD)


@pytest.mark.parametrize(("password", "said"), [("", "at least 12"), ("x" * 11, "you typed 11"), ("x" * 1025, "at most 1024")])
def test_a_password_is_refused_for_its_length_alone(amend: Amend, password: str, said: str) -> None:
    with pytest.raises(UserRefusedError, match=said):
        add_user(amend.sessions, amend.now, EMAIL, password)


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", " " * 12, "пароль пароль", "x" * 1024])
def test_twelve_characters_of_any_kind_will_do(amend: Amend, password: str) -> None:
    assert add_user(amend.sessions, amend.now, EMAIL, password)


@pytest.mark.parametrize("name", ["x" * 201, "a\nb", "a\0"])
def test_a_name_that_cannot_be_shown_in_a_line_is_refused(amend: Amend, name: str) -> None:
    with pytest.raises(UserRefusedError) as refused:
        add_user(amend.sessions, amend.now, EMAIL, PASSWORD, name)
    assert set(refused.value.problems) == {"name"}
