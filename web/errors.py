"""Where an error is shown: always in the shell, saying what happened, what was kept and where to go."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from web import remedies
from web.open_pages import is_own_path
from web.runtime import amend, stash
from web.sign_in import limiter
from zoho.errors import Explanation, RateLimitedError, ThrottledError, ZohoError, explain


def status_of(error: ZohoError) -> int:
    """The status to answer: a module that Zoho does not have is an address that leads nowhere."""
    return 404 if error.zoho_code == "INVALID_MODULE" else error.page_status


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page says."""

    title: str
    happened: str
    kept: str = ""


NOTHING_SENT = "Nothing was sent to Zoho."
PROBLEMS = {
    400: Problem("This request cannot be read", "Something in the address or the form is not as this page expects it.", NOTHING_SENT),
    401: Problem("You are not signed in", "This page is for people who are signed in.", NOTHING_SENT),
    403: Problem("You may not do this", "This page is not for the account you are signed in with.", NOTHING_SENT),
    404: Problem("There is no such page", "The address may be mistyped, or what was here belongs to somebody else or is gone."),
    405: Problem("This page cannot be used that way", "It exists, but not for this kind of request. Open it from its link."),
    413: Problem(
        "That is too much at once",
        "A form may carry at most 16 MB, 64 MB with the files of a record, and 300 MB with a spreadsheet.",
        "Nothing was changed; go back to what you typed.",
    ),
    421: Problem("Amend answers at another address", "The form was sent to a host name that is not Amend's own.", NOTHING_SENT),
    429: Problem("Too many tries", "Too many wrong sign-ins came from your network address.", "Your account is as it was."),
    500: Problem("Something went wrong in Amend", "This is a fault of ours, not yours and not Zoho's. It was logged."),
}
NO_DATABASE = Problem(
    "The database does not answer",
    "Amend cannot reach its database, or waited too long for it. It was logged; try again in a minute.",
    "If you were saving, the history says what became of it as soon as the database is back.",
)


class LoggedFlask(Flask):
    """Flask, whose log line for a failed request has a reference that the page shows too."""

    def log_exception(
        self, exc_info: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | Any
    ) -> None:
        """One line with the traceback. The rule, not the path: paths may hold a secret."""
        g.reference = secrets.token_hex(4)
        self.logger.error("reference=%s %s %s", g.reference, request.method, request.url_rule, exc_info=exc_info)


def init_app(app: Flask) -> None:
    """Show every HTTP error and every ZohoError as a page of ours."""
    app.context_processor(lambda: {"remedy": remedies.remedy, "check_of": remedies.check_of, "other_record": remedies.other_record})
    app.jinja_env.filters["explained"] = explained
    app.register_error_handler(CSRFError, show_stale_page)
    app.register_error_handler(ZohoError, show_zoho_error)
    app.register_error_handler(OperationalError, show_no_database)
    app.register_error_handler(429, show_throttled)
    app.register_error_handler(HTTPException, show_http_error)


def explained(error: ZohoError) -> Explanation | None:
    """What the dictionary knows of Zoho's code; a code of no product is the authorization server's."""
    return explain(error.product or "oauth", error.zoho_code, error.zoho_message)


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """400, 403, 404, 405, 413, 421, 500 and their kin."""
    status = error.code or 500
    if status < 400:
        return error
    problem = PROBLEMS.get(status) or Problem(error.name, "The request could not be carried out.")
    page = render_template("errors/problem.html", problem=problem, status=status, reference=g.get("reference"), home=_home(status))
    response = make_response(page, status)
    if status == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def show_no_database(_error: OperationalError) -> ResponseReturnValue:
    """The server is gone, or a lock was not free in time."""
    current_app.log_exception(sys.exc_info())
    if "_login_user" not in g:  # else drawing the page looks up who asks, and fails again
        g._login_user = AnonymousUserMixin()
    page = render_template("errors/problem.html", problem=NO_DATABASE, status=503, reference=g.get("reference"), home=("/", "Connections"))
    return _retry_after(make_response(page, 503), timedelta(minutes=1))


def show_throttled(_error: HTTPException) -> ResponseReturnValue:
    """Too many wrong sign-ins: when to try again."""
    limit = limiter.current_limit
    retry_at = datetime.fromtimestamp(limit.reset_at, UTC) if limit else datetime.now(UTC) + timedelta(minutes=1)
    page = render_template("errors/problem.html", problem=PROBLEMS[429], status=429, retry_at=retry_at, home=_home(429))
    return _retry_after(make_response(page, 429), retry_at - datetime.now(UTC))


def show_stale_page(error: CSRFError) -> ResponseReturnValue:
    """The page was open for so long, or in another session, that its form is no longer taken."""
    current_app.logger.info("csrf: %s", error.description)
    kept_at = stash(request)
    back = kept_at or (request.full_path.rstrip("?") if "GET" in _methods() else "/")
    if not is_own_path(back):
        back = "/"
    return render_template("errors/stale.html", back=back, is_kept=kept_at is not None), 400


def show_zoho_error(error: ZohoError) -> ResponseReturnValue:
    """What Zoho, or our way to it, could not do; the log gets the detail, the page summary and advice."""
    current_app.logger.warning("zoho_error=%s request_id=%s: %s", error.code, error.request_id, error)
    status = status_of(error)
    # A 404 says that the connection is none of this person's, unless it is only the record that is missing.
    connection_id = (request.view_args or {}).get("connection_id") if status != 404 or error.code == "record_not_found" else None
    again = request.full_path.rstrip("?") if request.method == "GET" else None
    page = render_template("errors/zoho.html", error=error, connection_id=connection_id, again=again, retry_at=_retry_at(error))
    return _retry_after(make_response(page, status), _wait(error))


def _retry_at(error: ZohoError) -> datetime | None:
    wait = _wait(error)
    return amend().now() + wait if wait else None


def _wait(error: ZohoError) -> timedelta | None:
    if isinstance(error, ThrottledError) and error.retry_at:
        return error.retry_at - amend().now()
    if isinstance(error, RateLimitedError) and error.retry_after_seconds:
        return timedelta(seconds=error.retry_after_seconds)
    return None


def _retry_after(response: Response, wait: timedelta | None) -> Response:
    if wait is not None:
        response.headers["Retry-After"] = str(max(1, round(wait.total_seconds())))
    return response


def _methods() -> set[str]:
    return set(request.url_rule.methods or ()) if request.url_rule else set()


def _home(status: int) -> tuple[str, str]:
    if status == 421:
        return amend().settings.public_url, "Open Amend"
    if g.get("_login_user") is not None and g._login_user.is_authenticated:
        return "/", "Connections"
    return url_for("sign_in.sign_in"), "Sign in"
