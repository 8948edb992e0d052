"""The connections, and the page of one: state, findings, tokens as times, scopes; rename, refresh, choose, disconnect."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import connection_health, connection_page, connection_scopes, connection_view, streaming
from web.connect import MESSAGES
from web.connection_forms import NameForm, OrganizationForm
from web.runtime import amend, operator
from zoho import grants, orgs
from zoho.revocation import Revocation

bp = Blueprint("connections", __name__)

AT_ZOHO = {
    Revocation.REVOKED: ("Zoho revoked the access.", "success"),
    Revocation.NOT_KNOWN: (
        "Zoho did not know this token any more. If in doubt, remove Amend at Zoho under Sessions → Connected apps.",
        "success",
    ),
    Revocation.NOT_TOLD: ("Zoho could not be reached to revoke the access: remove it at Zoho under Sessions → Connected apps.", "error"),
    Revocation.NOTHING_HELD: ("No refresh token was held here that Zoho could revoke.", "success"),
}


@bp.get("/")
def index() -> ResponseReturnValue:
    """All connections of the operator, a row each; two ways to begin when there is none."""
    page = connection_view.overview(amend(), operator().id)
    return render_template(
        "connections/index.html", page=page, has_sandbox=amend().settings.sandbox, alerts=connection_health.alerts_view(amend())
    )


@bp.get("/connections/<uuid:connection_id>")
def show(connection_id: UUID) -> ResponseReturnValue:
    """Check a connection, and show what is found as it is found."""
    page = connection_page.build(amend(), connection_id, operator().id)
    form = NameForm(data={"name": page.connection.name})
    return streaming.stream("connections/show.html", page=page, connection=page.connection, form=form)


@bp.post("/connections/<uuid:connection_id>/refresh")
def refresh(connection_id: UUID) -> ResponseReturnValue:
    """Renew the access token now, whatever is left of it."""
    notice = connection_page.renew(amend(), connection_id, operator().id)
    flash(notice.text, notice.tone)
    return _back(connection_id)


@bp.post("/connections/<uuid:connection_id>/scopes")
def try_scopes(connection_id: UUID) -> ResponseReturnValue:
    """Make one small read for each scope, to see which of them work."""
    flash(*connection_scopes.attempt(amend(), operator().id, connection_id))
    return redirect(url_for("connections.show", connection_id=connection_id, _anchor="scopes-title"), code=303)


@bp.route("/connections/<uuid:connection_id>/name", methods=["GET", "POST"])
def rename(connection_id: UUID) -> ResponseReturnValue:
    """Give a connection another name."""
    _, connection = connection_view.load(amend(), connection_id, operator().id)
    form = NameForm(data={"name": connection.name})
    if form.validate_on_submit():
        grants.rename(amend(), operator().id, connection_id, form.name.data)
        flash("Renamed.", "success")
        return _back(connection_id)
    return render_template("connections/rename.html", form=form, connection=connection), 422 if form.is_submitted() else 200


@bp.route("/connections/<uuid:connection_id>/desk-organization", methods=["GET", "POST"])
def desk_organization(connection_id: UUID) -> ResponseReturnValue:
    """Choose which Desk organization the connection edits; one that the grant does not reach is refused at the field."""
    found = orgs.own_desk_orgs(amend(), operator().id, connection_id)
    _, connection = connection_view.load(amend(), connection_id, operator().id)
    form = OrganizationForm.of(found, connection.desk_org_id)
    if form.validate_on_submit() and form.choose(amend(), operator().id, connection_id):
        flash("Desk organization chosen.", "success")
        return _back(connection_id)
    return render_template("connections/desk_organization.html", form=form, connection=connection), 422 if form.is_submitted() else 200


@bp.post("/connections/<uuid:connection_id>/finish")
def finish(connection_id: UUID) -> ResponseReturnValue:
    """Ask Zoho again whose a pending grant is."""
    outcome = grants.finish(amend(), operator().id, connection_id)
    flash(*MESSAGES[outcome.result])
    return _back(outcome.connection_id)


@bp.post("/connections/<uuid:connection_id>/keep")
def keep(connection_id: UUID) -> ResponseReturnValue:
    """Somebody else came back: keep theirs as a connection of its own."""
    outcome = grants.keep_as_new(amend(), operator().id, connection_id)
    flash(*MESSAGES[outcome.result])
    return _back(outcome.connection_id)


@bp.route("/connections/<uuid:connection_id>/disconnect", methods=["GET", "POST"])
def disconnect(connection_id: UUID) -> ResponseReturnValue:
    """Say what ending a connection means; on POST revoke it at Zoho and forget its tokens. A pending one is discarded."""
    _, connection = connection_view.load(amend(), connection_id, operator().id)
    if connection.is_disconnected:
        return _back(connection_id)
    if request.method == "GET":
        return render_template("connections/disconnect.html", connection=connection)
    said, tone = AT_ZOHO[grants.disconnect(amend(), operator().id, connection_id)]
    flash(f"{'Discarded' if connection.is_pending else 'Disconnected'}. {said}", tone)
    return redirect(url_for("connections.index"), code=303) if connection.is_pending else _back(connection_id)


def _back(connection_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("connections.show", connection_id=connection_id), code=303)
