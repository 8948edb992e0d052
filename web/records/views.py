"""Find a record, and edit it."""

from __future__ import annotations

import re
from uuid import UUID

from flask import Blueprint, Request, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from changes import snapshots
from web import connection_view, verdicts
from web.open_pages import is_own_path
from web.records import finding, happened, posted, saving, whose
from web.records.offers import with_offers
from web.records.pages import EditPage
from web.records.saving import Answer, Ask, Goto, Kept, Place
from web.runtime import amend, operator, stash_hooks
from zoho import connections, orgs
from zoho.tools.desk import MODULES as DESK_MODULES

bp = Blueprint("records", __name__)
NOT_MODULES = frozenset({"settings", "users", "org", "coql", "files", "features"})
"""Other services of CRM's API, which live beside its modules."""
MAX_WITH_FILES = 64 * 1024 * 1024
"""Three files of the size that Zoho accepts."""
MODULE = re.compile(r"[A-Za-z]\w{0,99}", re.ASCII)
EDIT = "/connections/<uuid:connection_id>/records/<any(crm, desk):product>/<module>/<record_id>"


@bp.url_value_preprocessor
def _allow_files(endpoint: str | None, _values: object) -> None:
    """Before anything reads the form, which is when a body that is too large is refused."""
    if endpoint == "records.save":
        request.max_content_length = MAX_WITH_FILES


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {"seal": posted.seal, "by": happened.by, "did": happened.did}


@bp.get("/find")
def begin() -> ResponseReturnValue:
    """Find what was typed on the home page, through the connection that was chosen there, or that an address is of."""
    text, chosen = request.args.get("q", ""), posted.uuid_of(request.args.get("connection", ""))
    with amend().reading() as session:
        own = connections.list_own(session, operator().id)
    named = [connection for connection in own if connection.id == chosen]
    connection = whose.choose(amend(), named or own, text)
    if connection is None:
        return redirect(url_for("connections.index"), code=303)
    return redirect(url_for("records.find", connection_id=connection.id, q=text[:2000]), code=303)


@bp.post("/connections/<uuid:connection_id>/records/columns")
def choose_columns(connection_id: UUID) -> ResponseReturnValue:
    """Remember the columns of a list, and go back to it."""
    connection, _ = connection_view.load(amend(), connection_id, operator().id)
    product, module = request.form.get("product", ""), request.form.get("module", "")
    if product not in saving.OPTIONS or not MODULE.fullmatch(module):
        abort(400)
    names = [] if "usual" in request.form else request.form.getlist("column")
    finding.keep_columns(amend(), operator().id, connection, product, module, names)
    return redirect(_back(connection_id), code=303)


@bp.get("/connections/<uuid:connection_id>/records")
def find(connection_id: UUID) -> ResponseReturnValue:
    """List the newest records of a module, search it, or go straight to the record that was named."""
    connection, view = connection_view.load(amend(), connection_id, operator().id)
    page = finding.find_page(amend(), operator().id, connection, request.args)
    if isinstance(page, str):
        return redirect(page, code=303)
    return render_template("records/find.html", page=page, connection=view)


@bp.post("/connections/<uuid:connection_id>/records")
def choose_organization(connection_id: UUID) -> ResponseReturnValue:
    """Answer which Desk organization to list, and go back to the list."""
    org_id = request.form.get(orgs.DESK_ORG, "")
    if not orgs.choose_desk_org_by_id(amend(), operator().id, connection_id, org_id):
        flash("Choose one of the organizations.")
    return redirect(_back(connection_id), code=303)


def _back(connection_id: UUID) -> str:
    back, here = request.form.get("back", ""), url_for("records.find", connection_id=connection_id)
    return back if back.startswith(here) and is_own_path(back) else here


@bp.get(EDIT)
def edit(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """Show a record as a form; with ``?draft=`` as it was left."""
    place = place_of(connection_id, product, module, record_id)
    return _answer(place, saving.show(amend(), place, posted.uuid_of(request.args.get("draft", ""))))


@bp.post(EDIT)
def save(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """Show what would change, settle a contested field, or save the changed fields and show the receipt."""
    place = place_of(connection_id, product, module, record_id)
    return _answer(place, saving.submit(amend(), place, posted.read(request.form, request.files)))


@bp.post(EDIT + "/draft")
def keep(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """Keep what was typed so far, while it is being typed."""
    place = place_of(connection_id, product, module, record_id)
    if not saving.keep(amend(), place, posted.read(request.form)):
        abort(404)
    return "", 204


def place_of(connection_id: UUID, product: str, module: str, record_id: str) -> Place:
    """The record that an address names; ends the request with 404 when it can be none."""
    is_known = module.lower() not in NOT_MODULES if product == "crm" else module in DESK_MODULES
    is_module = MODULE.fullmatch(module) and is_known
    if not is_module or not re.fullmatch(r"[0-9]{1,30}", record_id):
        abort(404)
    return Place(operator().id, connection_id, product, module, record_id)


def _answer(place: Place, answer: Answer) -> ResponseReturnValue:
    if isinstance(answer, Goto):
        return redirect(answer.url, code=303)
    connection, view = connection_view.load(amend(), place.connection_id, place.user_id)
    match answer:
        case EditPage():
            link = verdicts.zoho_link(amend().data_centers, connection, place)
            words = {"labels": saving.module_labels(amend(), place), "zoho_link": link}
            page = with_offers(amend(), answer)
            return render_template("records/edit.html", page=page, place=place, connection=view, **words), answer.status
        case Kept():
            return render_template("records/kept.html", kept=answer, place=place, connection=view), answer.status
        case Ask():
            items = saving.hidden_items(request.form)
            return render_template("records/question.html", ask=answer, items=items, action=place.url, connection=view)


def _stash(turned_away: Request) -> str | None:
    """Keep what a POST to the edit page carried when its sender is signed out or its CSRF token is stale."""
    if turned_away.endpoint not in ("records.save", "records.keep"):
        return None
    form = posted.read(turned_away.form, turned_away.files)
    url = url_for("records.edit", **(turned_away.view_args or {}), draft=form.snapshot_id)
    owner = operator().id if current_user.is_authenticated else None
    if form.snapshot_id is not None and form.typed and (owner or posted.is_sealed(turned_away.form)):
        snapshots.keep_typed(amend(), form.snapshot_id, form.to_keep, owner)
    return url


stash_hooks.append(_stash)
