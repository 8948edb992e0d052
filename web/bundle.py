"""The support bundle of a connection, as one file."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, Response

from web import connection_view
from web.runtime import amend, operator
from zoho import diagnostics
from zoho.diagnostics import bundle

bp = Blueprint("bundle", __name__)


@bp.post("/connections/<uuid:connection_id>/bundle")
def download(connection_id: UUID) -> Response:
    """Run the checks and hand over what a helper needs; a POST, since that calls Zoho."""
    connection_view.load(amend(), connection_id, operator().id)
    findings = {str(connection_id): diagnostics.examine(amend(), connection_id)}
    document = bundle.make(amend(), findings, [connection_id])
    text = json.dumps(document, indent=2, ensure_ascii=False)
    name = f"amend-support-{amend().now():%Y-%m-%d-%H%M}.json"
    return Response(text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'})
