"""Upload or paste a spreadsheet, and say what its columns mean."""

from __future__ import annotations

from uuid import UUID

from flask import Request, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from changes import find
from changes.sheet_source import GONE, MAX_FILE
from changes.spreadsheets import SheetError
from web import connection_view
from web.propose import mapping
from web.propose.mapping import Gone, map_url
from web.propose.values import Kept, Proposed
from web.propose.views import bp, place_of, plan_url
from web.records import posted
from web.runtime import amend, operator, stash_hooks

MAPPING = "/connections/<uuid:connection_id>/plans/upload/<uuid:snapshot_id>"


@bp.url_value_preprocessor
def _allow_files(endpoint: str | None, _values: object) -> None:
    """Before anything reads the form, which is when a body that is too large is refused."""
    if endpoint == "propose.receive":
        request.max_content_length = MAX_FILE + 1_000_000


@bp.get("/connections/<uuid:connection_id>/plans/upload")
def upload(connection_id: UUID) -> ResponseReturnValue:
    """Choose the module, and a file or pasted cells."""
    return _upload_page(connection_id), 200


@bp.post("/connections/<uuid:connection_id>/plans/upload")
def receive(connection_id: UUID) -> ResponseReturnValue:
    """Keep the file, and go on to its columns."""
    place, file = place_of(connection_id), request.files.get("file")
    content = file.stream if file and file.filename else None
    try:
        if place is None:
            raise SheetError("Choose the module whose records are to be changed.")
        called = (file.filename if file else "") or ""
        snapshot_id = mapping.keep_file(amend(), place, content, called, request.form.get("pasted", ""))  # type: ignore[arg-type]
    except SheetError as error:
        return _upload_page(connection_id, error), 422
    return redirect(map_url(connection_id, snapshot_id), code=303)


@bp.get(MAPPING)
def map_columns(connection_id: UUID, snapshot_id: UUID) -> ResponseReturnValue:
    """Each column with its first cells, and what it is given to."""
    place, opened = mapping.find(amend(), operator().id, connection_id, snapshot_id)
    return _answer(connection_id, mapping.show(amend(), place, opened))


@bp.post(MAPPING)
def read_columns(connection_id: UUID, snapshot_id: UUID) -> ResponseReturnValue:
    """Look at another sheet of the workbook, or make the plan."""
    return _answer(connection_id, mapping.submit(amend(), operator().id, connection_id, snapshot_id, request.form))


def _upload_page(connection_id: UUID, error: SheetError | None = None) -> str:
    connection, view = connection_view.load(amend(), connection_id, operator().id)
    chosen = request.values.get("where") or f"{request.values.get('product', '')}/{request.values.get('module', '')}"
    tabs = find.list_tabs(amend(), connection)
    pasted = request.form.get("pasted", "")
    return render_template("propose/upload.html", tabs=tabs, chosen=chosen, pasted=pasted, error=error, connection=view)


def _answer(connection_id: UUID, answer: mapping.Answer) -> ResponseReturnValue:
    if isinstance(answer, Gone):
        flash(GONE, "error")
        return redirect(url_for("propose.upload", connection_id=connection_id), code=303)
    if isinstance(answer, Proposed):
        return redirect(plan_url(answer.plan_id), code=303)
    _, view = connection_view.load(amend(), connection_id, operator().id)
    if isinstance(answer, Kept):
        return render_template("propose/kept.html", kept=answer, connection=view), answer.error.page_status
    return render_template("propose/map.html", page=answer, connection=view), answer.status


def _stash(turned_away: Request) -> str | None:
    """Keep what was said of the columns when its sender is signed out or its CSRF token is stale. A file is to be chosen again."""
    given = turned_away.view_args or {}
    if turned_away.endpoint == "propose.receive":
        return url_for("propose.upload", **given)
    if turned_away.endpoint != "propose.read_columns":
        return None
    owner = operator().id if current_user.is_authenticated else None
    if owner or (posted.is_sealed(turned_away.form) and turned_away.form.get("snapshot") == str(given["snapshot_id"])):
        mapping.keep(amend(), turned_away.form, given["snapshot_id"], owner)
    return map_url(given["connection_id"], given["snapshot_id"])


stash_hooks.append(_stash)
