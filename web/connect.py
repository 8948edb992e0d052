"""The road to Zoho's consent page and back."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import connect_form, errors
from web.runtime import amend, operator
from zoho import grants
from zoho.errors import NotConnectedError, ThrottledError, ZohoError
from zoho.grants import Result

bp = Blueprint("connect", __name__, url_prefix="/connect")

MESSAGES = {
    Result.CONNECTED: ("Connected. This is whom you connected as, and what was checked.", "success"),
    Result.RENEWED: ("Reconnected. Name and history were kept.", "success"),
    Result.ALREADY: ("Already connected: this page was opened again, and nothing was done twice.", "info"),
    Result.SOMEBODY_ELSE: ("Somebody else came back from Zoho. Nothing was changed yet.", "warning"),
    Result.UNFINISHED: ("Zoho granted access, but could not be asked whose it is. Press Finish when Zoho can be reached.", "warning"),
}


@bp.route("", methods=["GET", "POST"])
def start() -> ResponseReturnValue:
    """Say how to connect; on POST prepare the trip and go to the page that leaves, or only show the scopes of what is ticked."""
    page = connect_form.build(amend(), operator().id, request.args, request.form)
    form = connect_form.form_of(page)
    is_right = form.validate_on_submit() and not page.wish.unusable
    if is_right and "show" not in request.form:
        return redirect(url_for("connect.leave", request_id=connect_form.begin(amend(), operator(), page)), code=303)
    is_wrong = form.is_submitted() or bool(page.wish.unusable)
    return render_template("connect/start.html", page=page, form=form), 422 if is_wrong and not is_right else 200


@bp.get("/leave/<uuid:request_id>")
def leave(request_id: UUID) -> ResponseReturnValue:
    """Go on to Zoho. A page of ours, because ``form-action 'self'`` blocks a form whose redirects leave us."""
    url = grants.departure(amend(), operator().id, operator().session_id, request_id)
    response = make_response(render_template("connect/leave.html", url=url, host=urlsplit(url).netloc))
    response.headers["Refresh"] = f"0; url={url}"
    return response


@bp.get("/callback")
def callback() -> ResponseReturnValue:
    """Zoho sends people back here. What it brought is used at once; the address that holds it is left by a 303."""
    outcome = grants.complete(amend(), operator().id, operator().session_id, request.args)
    flash(*MESSAGES[outcome.result])
    return redirect(url_for("connections.show", connection_id=outcome.connection_id), code=303)


@bp.errorhandler(ZohoError)
def show_failure(error: ZohoError) -> ResponseReturnValue:
    """Why the trip failed, in plain words, with the button to start again; neither code nor state is on the page or in the log."""
    if isinstance(error, NotConnectedError):
        return errors.show_zoho_error(error)
    current_app.logger.warning("connect failed, %s: %s", error.code, error)
    again = connect_form.reconnects(amend(), operator().id, request.args.get("state", ""))
    retry_at = error.retry_at if isinstance(error, ThrottledError) else None
    page = render_template("connect/failed.html", error=error, causes=CAUSES.get(error.code, ()), retry_at=retry_at, again=again)
    return page, errors.status_of(error)


CAUSES: dict[str, tuple[str, ...]] = {
    "bad_state": (
        "The page was left open for more than ten minutes before Accept was pressed.",
        "You signed out of Amend, or signed in anew, on the way.",
        "The same answer of Zoho was opened twice, or in another browser.",
    ),
    "consent_refused": (
        "Reject was pressed on Zoho's page.",
        "Zoho allows 10 tries in 10 minutes; more are answered like a refusal.",
        "An administrator of the Zoho account does not allow this application.",
    ),
    "code_expired": (
        "More than a minute went by between Accept and the return to Amend.",
        "The page was opened again after it had failed.",
        "The account lives in another data centre than the one that answered.",
    ),
    "unknown_host": (
        "Zoho named an accounts server that Amend does not know. The client secret was not sent there.",
        "The link you followed was not made by Zoho.",
        "Zoho opened a new data centre: add its hosts in ZOHO_DATA_CENTERS_FILE.",
    ),
    "no_refresh_token": (
        "Zoho gives a refresh token only with offline access and a fresh consent; Amend asks for both.",
        "The client in Zoho's API console is not of the type “Server-based Applications”.",
    ),
    "misconfigured": (
        "The client id or the client secret in .env is not the one of Zoho's API console.",
        "The redirect URI registered there is not exactly the one that Amend uses.",
        "The client is not enabled for this data centre: Zoho's API console, tab Settings, “Multi-DC”.",
    ),
    "throttled": ("Zoho allows 10 tokens in 10 minutes and they are used up.",),
    "unreachable": ("The network, a proxy or a firewall between Amend and Zoho.", "Zoho itself is down."),
    "zoho_down": ("Zoho answered with an error of its own.",),
    "unreadable_answer": ("Something answered that is not Zoho's accounts server, or Zoho was being maintained.",),
}
"""By ``ZohoError.code``: what may have happened, likeliest first."""
