"""Signing in and out, as a person meets it."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from people import ensure_first_user
from people.sessions import MAX_FAILURES
from people.users import User
from tests.conftest import EMAIL, PASSWORD, Clock
from tests.pages import Visitor, text_of
from web.open_pages import is_own_path
from zoho.runtime import Amend


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.get("/sign-in").status_code == 303


def test_the_page_says_whose_sign_in_it_is_and_names_its_fields(anonymous: Visitor) -> None:
    page = anonymous.get("/sign-in")
    assert page.status_code == 200
    assert "This is the sign-in for Amend, not for Zoho." in text_of(page)
    assert '<label class="form-label" for="email">Email</label>' in page.text
    assert '<label class="form-label" for="password">Password</label>' in page.text
    assert page.text.count("<h1>") == 1


def test_the_right_password_leads_to_the_connections(anonymous: Visitor, user: User) -> None:
    answer = anonymous.sign_in(EMAIL, PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(anonymous)


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "not my password"), ("nobody@example.com", PASSWORD)])
def test_a_wrong_sign_in_keeps_the_email_and_does_not_tell_which_was_wrong(
    anonymous: Visitor, user: User, email: str, password: str
) -> None:
    answer = anonymous.sign_in(email, password)
    assert answer.status_code == 422
    assert f'value="{email}"' in answer.text
    assert password not in answer.text
    assert 'role="alert"' in answer.text
    assert "Email or password is wrong." in text_of(answer)
    assert not is_signed_in(anonymous)


def test_who_is_not_signed_in_comes_back_to_the_page_they_asked_for(anonymous: Visitor, user: User, app: Flask) -> None:
    app.add_url_rule("/closed", "closed", lambda: "secret")
    answer = anonymous.get("/closed?page=2&word=a%20b")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/closed?page%3D2%26word%3Da%2520b"
    page = anonymous.get(answer.location)
    data = {"email": EMAIL, "password": PASSWORD, "csrf_token": anonymous.token(answer.location)}
    assert page.status_code == 200
    assert anonymous.client.post(answer.location, data=data).location == "/closed?page=2&word=a%20b"


OWN = ["/", "/history", "/connections/1/records?word=a%20b&next=http%3A%2F%2Fx", "/a#b", "/a/%E2%82%AC", "/%25"]
FOREIGN = [
    "", "history", "http://evil.example", "https:/evil.example", "//evil.example", "///evil.example", "/\\evil.example",
    "\\\\evil.example", "/%2fevil.example", "/%2Fevil.example", "/%5cevil.example", "/%252fevil.example", "/%25252fevil.example",
    "/a\\b", "javascript:alert(1)", " /a", "/\t/evil.example", "/a\r\nSet-Cookie: x=1", "/%0d%0aSet-Cookie:x", "/%09/evil.example",
    "/\u2028/evil", "data:text/html,x", "//[", "/" + "a" * 2001, "?next=//evil.example", "@evil.example", "/\ud800",
]  # fmt: skip


@pytest.mark.parametrize("target", OWN)
def test_a_path_of_ours_is_gone_to(client: Visitor, target: str) -> None:
    assert client.get("/sign-in", query_string={"next": target}).location == target


@pytest.mark.parametrize("target", FOREIGN[:-1])
def test_an_address_elsewhere_is_never_gone_to(client: Visitor, target: str) -> None:
    assert client.get("/sign-in", query_string={"next": target}).location == "/"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example/"])
def test_signing_in_never_leads_elsewhere(anonymous: Visitor, user: User, target: str) -> None:
    assert anonymous.sign_in(EMAIL, PASSWORD, next_path=target).location == "/"


@pytest.mark.parametrize("target", FOREIGN)
def test_an_address_elsewhere_is_told_apart(target: str) -> None:
    assert not is_own_path(target)


@pytest.mark.parametrize("target", ["/sign-in", "/sign-in?next=/sign-in", "/sign-out"])
def test_signing_in_does_not_lead_back_to_the_sign_in(client: Visitor, target: str) -> None:
    assert client.get("/sign-in", query_string={"next": target}).location == "/"


def test_signing_out_ends_a_stolen_cookie_too(app: Flask, client: Visitor) -> None:
    thief = Visitor(app.test_client())
    stolen = client.client.get_cookie("amend_session", domain="127.0.0.1")
    assert stolen is not None
    thief.client.set_cookie("amend_session", stolen.value, domain="127.0.0.1")
    assert is_signed_in(thief)

    answer = client.post("/sign-out", page="/closed-page-that-is-not-there")

    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert "You are signed out of Amend." in text_of(client.get("/sign-in"))
    assert not is_signed_in(client)
    assert not is_signed_in(thief)


def test_signing_in_takes_nothing_of_the_session_before_along(anonymous: Visitor, user: User) -> None:
    with anonymous.client.session_transaction() as session:
        session["planted"] = "by somebody"
    anonymous.sign_in(EMAIL, PASSWORD)
    with anonymous.client.session_transaction() as session:
        assert "planted" not in session
        assert session["_user_id"]


def test_signing_in_again_gives_another_session_and_ends_the_first(app: Flask, client: Visitor) -> None:
    first = client.client.get_cookie("amend_session", domain="127.0.0.1")
    assert first is not None
    data = {"email": EMAIL, "password": PASSWORD, "csrf_token": client.token("/nowhere")}
    assert client.client.post("/sign-in", data=data).status_code == 303
    old = Visitor(app.test_client())
    old.client.set_cookie("amend_session", first.value, domain="127.0.0.1")
    assert is_signed_in(client)
    assert not is_signed_in(old)


def test_an_idle_session_is_asked_to_sign_in_again(client: Visitor, clock: Clock) -> None:
    clock.advance(hours=13)
    assert not is_signed_in(client)


def test_an_address_that_keeps_being_wrong_is_told_when_to_try_again(anonymous: Visitor, user: User) -> None:
    token = anonymous.token()
    answers = [anonymous.client.post("/sign-in", data={"csrf_token": token, "email": f"{n}@x.example", "password": "x"}) for n in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert "Too many tries" in text_of(answers[-1])
    assert "Try again at" in text_of(answers[-1])
    assert "<time datetime=" in answers[-1].text
    assert anonymous.client.post("/sign-in", data={"csrf_token": token, "email": EMAIL, "password": PASSWORD}).status_code == 429


def test_right_sign_ins_are_not_counted(app: Flask, user: User) -> None:
    for _ in range(12):
        assert Visitor(app.test_client()).sign_in(EMAIL, PASSWORD).status_code == 303


def test_a_locked_account_refuses_the_right_password_from_any_address(app: Flask, anonymous: Visitor, user: User) -> None:
    token = anonymous.token()
    for n in range(MAX_FAILURES):
        data = {"csrf_token": token, "email": EMAIL, "password": "wrong"}
        anonymous.client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": f"192.0.2.{n}"})
    answer = anonymous.sign_in(EMAIL, PASSWORD)
    assert answer.status_code == 422
    assert "rests for 15 minutes" in text_of(answer)


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(email=st.text(max_size=300), password=st.text(max_size=40), next_path=st.text(max_size=40))
def test_whatever_is_typed_is_answered(app: Flask, email: str, password: str, next_path: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # the token has its own tests
    email, next_path = (text.encode("utf-8", "replace").decode() for text in (email, next_path))
    data = {"email": email, "password": password.encode("utf-8", "replace").decode()}
    answer = app.test_client().post("/sign-in", query_string={"next": next_path}, data=data)
    assert answer.status_code in (422, 429)


@pytest.mark.parametrize("field", ["email", "password"])
def test_an_absurdly_long_field_is_only_wrong(anonymous: Visitor, user: User, field: str) -> None:
    answer = anonymous.post("/sign-in", {"email": EMAIL, "password": PASSWORD} | {field: "x" * 1_000_000})
    assert answer.status_code == 422


def test_the_set_up_link_asks_and_signs_in(anonymous: Visitor, amend: Amend) -> None:
    url = ensure_first_user(amend.sessions, amend.settings, amend.now) or ""
    path = url.removeprefix(amend.settings.public_url)
    assert "Nobody can sign in yet." in text_of(anonymous.get(path))

    refused = anonymous.post(path, {"email": EMAIL, "name": "Ana", "password": "short"})
    assert refused.status_code == 422
    assert "Use at least 12 characters (you typed 5)." in text_of(refused)
    assert f'value="{EMAIL}"' in refused.text

    answer = anonymous.post(path, {"email": EMAIL, "name": "Ana", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(anonymous)

    over = anonymous.get(path)
    assert over.status_code == 410
    assert "no longer works" in text_of(over)


def test_a_made_up_set_up_link_is_over(anonymous: Visitor) -> None:
    assert anonymous.get("/set-up/guess").status_code == 410
