"""Signing in and out of Amend, and the link that makes the first user."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

import people
from people import Operator
from people.users import find_problems
from web.open_pages import is_own_path
from web.runtime import amend, operator

bp = Blueprint("sign_in", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")
WRONG_PER_ADDRESS = "10 per minute; 60 per hour"


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The sign-in page."""

    email = StringField("Email")
    password = PasswordField("Password")


class SetUpForm(FlaskForm):  # type: ignore[misc]  # as above
    """The page behind the set-up link."""

    email = StringField("Email")
    name = StringField("Name")
    password = PasswordField("Password")

    def validate(self, extra_validators: Any = None) -> bool:
        """As Flask-WTF does; then by the rules for users, each problem at its field."""
        is_valid = bool(super().validate(extra_validators))
        for field, problem in find_problems(self.email.data or "", self.name.data or "", self.password.data or "").items():
            self[field].errors = [*self[field].errors, problem]
            is_valid = False
        return is_valid


def init_app(app: Flask) -> None:
    """Let Flask-Login find operators by their session's token, and brake guessing by address."""
    login_manager = LoginManager(app)
    login_manager.session_protection = None  # our sessions live in the database; see people.sessions
    login_manager.user_loader(_load_operator)
    limiter.init_app(app)


def _load_operator(token: str) -> Operator | None:
    return people.find_operator(amend().sessions, amend().now, token)


def _was_wrong(response: Response) -> bool:
    return response.status_code != 303


brake = limiter.limit(WRONG_PER_ADDRESS, methods=["POST"], deduct_when=_was_wrong)


@bp.route("/sign-in", methods=["GET", "POST"])
@brake
def sign_in() -> ResponseReturnValue:
    """Ask for e-mail and password; go on to where the person was headed."""
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(_next_path(), code=303)
    form = SignInForm()
    if form.validate_on_submit():
        found = people.sign_in(amend().sessions, amend().now, form.email.data or "", form.password.data or "")
        if found is not None:
            return _enter(found, _next_path())
    return render_template("sign_in/sign_in.html", form=form, is_wrong=form.is_submitted()), 422 if form.is_submitted() else 200


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session in the database, so that a copy of the cookie is worth nothing."""
    people.end_session(amend().sessions, amend().now, operator().session_id)
    logout_user()
    session.clear()
    flash("You are signed out of Amend.")
    return redirect(url_for("sign_in.sign_in"), code=303)


@bp.route("/set-up/<token>", methods=["GET", "POST"])
@brake
def set_up(token: str) -> ResponseReturnValue:
    """Make the first user by the link that the start printed."""
    if not people.is_set_up_open(amend().sessions, amend().now, token):
        return render_template("sign_in/set_up_over.html"), 410
    form = SetUpForm()
    if form.validate_on_submit():
        typed = {"email": form.email.data or "", "name": form.name.data or "", "password": form.password.data or ""}
        made = people.complete_set_up(amend().sessions, amend().now, token, **typed)
        return _enter(made, "/") if made else redirect(request.path, code=303)
    return render_template("sign_in/set_up.html", form=form), 422 if form.is_submitted() else 200


def _enter(found: Operator, path: str) -> ResponseReturnValue:
    """Nothing of the session before is taken along: who planted a cookie learns nothing."""
    old = current_user
    if old.is_authenticated:
        people.end_session(amend().sessions, amend().now, old.session_id)
    session.clear()
    login_user(found)
    return redirect(path, code=303)


def _next_path() -> str:
    target = request.args.get("next", "")
    is_loop = target.startswith((url_for("sign_in.sign_in"), url_for("sign_in.sign_out")))
    return target if is_own_path(target) and not is_loop else "/"
