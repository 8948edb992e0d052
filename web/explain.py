"""Explain this error: a box to paste into, and what the dictionary says. What is pasted travels in a POST and is kept nowhere."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from web import connection_view
from web.runtime import amend, operator
from zoho.diagnostics.explaining import explain_text

bp = Blueprint("explain", __name__)


@bp.route("/explain", methods=["GET", "POST"])
@bp.route("/connections/<uuid:connection_id>/explain", methods=["GET", "POST"])
def show(connection_id: UUID | None = None) -> ResponseReturnValue:
    """The box; after a POST what was found in the text. With a connection, the checks are links to its page."""
    connection = connection_view.load(amend(), connection_id, operator().id)[1] if connection_id else None
    explained = explain_text(request.form.get("text", "")) if request.method == "POST" else None
    return render_template("explain/show.html", connection=connection, explained=explained)
