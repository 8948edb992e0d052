"""Propose a plan of many: choose the records, the fields, the values; or upload a spreadsheet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Request, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from changes import find
from web import connection_view
from web.propose import asked, values
from web.propose.values import Kept, Place, Proposed
from web.records import posted
from web.records.views import MODULE, NOT_MODULES
from web.runtime import amend, operator, stash_hooks
from zoho.tools.desk import MODULES as DESK_MODULES

bp = Blueprint("propose", __name__)


@bp.get("/plans/new")
def choose_connection() -> ResponseReturnValue:
    """Through which connection: with only one there is nothing to choose."""
    known = connection_view.overview(amend(), operator().id).searched
    if len(known) == 1:
        return redirect(url_for("propose.choose", connection_id=known[0].id), code=303)
    return render_template("propose/connections.html", connections=known)


@bp.get("/connections/<uuid:connection_id>/plans")
def choose(connection_id: UUID) -> ResponseReturnValue:
    """The ways to say which records: ticked in a list, by their ids, in a spreadsheet."""
    connection, view = connection_view.load(amend(), connection_id, operator().id)
    return render_template("propose/choose.html", tabs=find.list_tabs(amend(), connection), connection=view)


@bp.get("/connections/<uuid:connection_id>/plans/new")
def new(connection_id: UUID) -> ResponseReturnValue:
    """The form for one module; with ``?draft=`` as it was left."""
    place = place_of(connection_id)
    if place is None:
        return redirect(url_for("propose.choose", connection_id=connection_id), code=303)
    return _answer(place, values.show(amend(), place, posted.uuid_of(request.args.get("draft", ""))))


@bp.post("/connections/<uuid:connection_id>/plans/new")
def propose(connection_id: UUID) -> ResponseReturnValue:
    """Take records over from a list, show the controls of the chosen fields, or make the plan."""
    place = place_of(connection_id) or abort(400)
    snapshot_id = posted.uuid_of(request.form.get("snapshot", ""))
    return _answer(place, values.submit(amend(), place, asked.read(request.form), snapshot_id))


def place_of(connection_id: UUID) -> Place | None:
    """The module that was chosen, in two values or in one, ``crm/Leads``; None when it can be none."""
    product, _, module = request.values.get("where", "").partition("/")
    product, module = request.values.get("product", product), request.values.get("module", module)
    is_known = module in DESK_MODULES if product == "desk" else product == "crm" and module.lower() not in NOT_MODULES
    return Place(operator().id, connection_id, product, module) if is_known and MODULE.fullmatch(module) else None


def plan_url(plan_id: UUID) -> str:
    """Path of the plan's page."""
    return url_for("plans.show", plan_id=plan_id)


def _answer(place: Place, answer: values.Answer) -> ResponseReturnValue:
    if isinstance(answer, Proposed):
        return redirect(plan_url(answer.plan_id), code=303)
    _, view = connection_view.load(amend(), place.connection_id, place.user_id)
    if isinstance(answer, Kept):
        return render_template("propose/kept.html", kept=answer, connection=view), answer.error.page_status
    return render_template("propose/new.html", page=answer, place=place, connection=view), answer.status


def _stash(turned_away: Request) -> str | None:
    """Keep what a form carried when its sender is signed out or its CSRF token is stale."""
    if turned_away.endpoint != "propose.propose":
        return None
    form = turned_away.form
    snapshot_id = posted.uuid_of(form.get("snapshot", ""))
    owner = operator().id if current_user.is_authenticated else None
    if owner or posted.is_sealed(form):
        asked.keep(amend(), asked.read(form), snapshot_id, owner)
    where: dict[str, Any] = {name: form.get(name, "")[:100] for name in ("product", "module")}
    return url_for("propose.new", **(turned_away.view_args or {}), **where, draft=snapshot_id)


stash_hooks.append(_stash)
