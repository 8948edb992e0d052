"""Who or what may stand in a lookup, for the form's own list while somebody types."""

from __future__ import annotations

import re
from dataclasses import asdict
from uuid import UUID

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from web import connection_view
from web.records import lookups
from web.runtime import amend, operator

bp = Blueprint("candidates", __name__)


@bp.get("/connections/<uuid:connection_id>/candidates/<any(crm, desk):product>/<target>")
def show(connection_id: UUID, product: str, target: str) -> ResponseReturnValue:
    """``{"rows": [{"id", "name", "details", "warning"}], "notice": str}`` for ``?q=``; what keeps Zoho from telling is the notice."""
    if not re.fullmatch(r"[A-Za-z]\w{0,99}", target, re.ASCII):
        abort(404)
    connection, _ = connection_view.load(amend(), connection_id, operator().id)
    found = lookups.candidates(amend(), connection, product, target, request.args.get("q", ""))
    return jsonify(asdict(found))
