"""What stands beside a record, read when it is asked for: its lock, its blueprint, its history with Zoho's timeline.

Each view answers with a whole page, or to htmx with the part of a page that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from changes import drafts, road, timeline
from changes.drafts import Opened
from changes.timeline import Of
from web import connection_view, verdicts
from web.records import posted, rewinding, saving, state
from web.records.happened import Happened, happened, instant_of, ran
from web.records.rewinding import RewindPage
from web.records.saving import Place
from web.records.state import Told, TransitionPage
from web.records.views import EDIT, bp, place_of
from web.runtime import amend, operator
from zoho.answers import Question


@bp.get(f"{EDIT}/lock")
def lock(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """Who locked the record, why and since when."""
    place = _crm_place(connection_id, product, module, record_id)
    told = state.lock(amend(), place.user_id, connection_id, module, record_id)
    return _answer("lock", place, told, told.status)


@bp.get(f"{EDIT}/blueprint")
def blueprint(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """Where the record can go in its blueprint; with ``?transition=`` what that transition asks for."""
    place = _crm_place(connection_id, product, module, record_id)
    wanted = request.args.get("transition", "")
    if not wanted:
        told = state.blueprint(amend(), place.user_id, connection_id, module, record_id)
        return _answer("blueprint", place, told, told.status)
    return _transition(place, state.transition_page(amend(), _open(place), wanted))


@bp.post(f"{EDIT}/blueprint")
def take_transition(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """Show what a transition would change, or take it and show the receipt."""
    place = _crm_place(connection_id, product, module, record_id)
    form, wanted = posted.read(request.form), request.form.get("transition", "")
    opened = state.find_snapshot(amend(), place.user_id, (connection_id, product, module, record_id), form.snapshot_id)
    answer = state.take(amend(), place.user_id, opened, form, opened or _open(place), wanted)
    return redirect(answer, code=303) if isinstance(answer, str) else _transition(place, answer)


@bp.get(f"{EDIT}/history")
def history(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """What happened to the record: our edits, and with ``?zoho=1`` Zoho's own timeline among them."""
    place = place_of(connection_id, product, module, record_id)
    found = happened(amend(), _of(place), request.args)
    return _answer("timeline", place, found, found.status)


@bp.get(f"{EDIT}/rewind")
def rewind(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """What it takes to put the record back to how it was at ``?to=``."""
    place = place_of(connection_id, product, module, record_id)
    return _rewound(place, rewinding.show(amend(), place, _to()))


@bp.post(f"{EDIT}/rewind")
def take_back(connection_id: UUID, product: str, module: str, record_id: str) -> ResponseReturnValue:
    """Put it back and show the receipt."""
    place = place_of(connection_id, product, module, record_id)
    return _rewound(place, rewinding.take(amend(), place, _to(), request.form))


@bp.get("/history/<uuid:receipt_id>/automations")
def automations(receipt_id: UUID) -> ResponseReturnValue:
    """What ran by itself after an edit, as far as Zoho's timeline tells."""
    receipt = road.get_receipt(amend(), operator().id, receipt_id)
    place = Place(operator().id, receipt.connection_id, receipt.product, receipt.module, receipt.record_id)
    told = ran(amend(), _of(place), receipt)
    return _answer("ran", place, told, told.status, receipt=receipt)


def _answer(name: str, place: Place, told: Told | Happened, status: int, **more: Any) -> ResponseReturnValue:
    """To htmx the part alone, always as a success: it swaps nothing else in, and the part says what went wrong."""
    shown: Mapping[str, Any] = {"told": told, "place": place, "again": request.full_path.rstrip("?"), **more}
    _, view = connection_view.load(amend(), place.connection_id, place.user_id)
    if request.headers.get("HX-Request") == "true":
        return render_template(f"records/_{name}.html", connection=view, **shown)
    labels = saving.module_labels(amend(), place)
    return render_template("records/beside.html", part=name, connection=view, labels=labels, **shown), status


def _transition(place: Place, page: TransitionPage) -> ResponseReturnValue:
    connection, view = connection_view.load(amend(), place.connection_id, place.user_id)
    link = verdicts.zoho_link(amend().data_centers, connection, place)
    labels = saving.module_labels(amend(), place)
    shown = render_template("records/transition.html", page=page, place=place, connection=view, labels=labels, zoho_link=link)
    return shown, page.status


def _to() -> datetime:
    return instant_of(request.args.get("to", "")) or abort(404)


def _rewound(place: Place, answer: RewindPage | Question | str) -> ResponseReturnValue:
    if isinstance(answer, str):
        return redirect(answer, code=303)
    if isinstance(answer, Question):
        return redirect(place.url, code=303)  # where it is asked
    connection, view = connection_view.load(amend(), place.connection_id, place.user_id)
    link = verdicts.zoho_link(amend().data_centers, connection, place)
    labels = saving.module_labels(amend(), place)
    shown = render_template("records/rewind.html", page=answer, place=place, connection=view, labels=labels, zoho_link=link)
    return shown, answer.status


def _open(place: Place) -> Opened:
    opened = drafts.open_record(amend(), place.user_id, place.connection_id, place.product, place.module, place.record_id)
    return abort(409) if isinstance(opened, Question) else opened


def _crm_place(connection_id: UUID, product: str, module: str, record_id: str) -> Place:
    """Desk has neither locks nor blueprints that its API tells of."""
    return place_of(connection_id, product, module, record_id) if product == "crm" else abort(404)


def _of(place: Place) -> Of:
    return timeline.Of(place.user_id, place.connection_id, place.product, place.module, place.record_id)
