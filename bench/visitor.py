"""Somebody who is signed in to an app with an empty database."""

from __future__ import annotations

from flask import Flask

from people.sessions import open_session
from people.users import User
from tests.pages import Visitor
from zoho.runtime import Amend


def sign_in(app: Flask) -> tuple[User, Visitor]:
    """A new user, and their browser."""
    amend: Amend = app.extensions["amend"]
    user = User(email="bench@example.com", name="Bench", password_hash="none", failed_count=0, created_at=amend.now())
    with amend.sessions.begin() as session:
        session.add(user)
    with amend.sessions.begin() as session:
        operator = open_session(session, user, amend.now())
    visitor = Visitor(app.test_client())
    with visitor.client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = operator.get_id(), True
    return user, visitor
