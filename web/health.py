"""For a load balancer: do we answer, and does the database?"""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from web.runtime import amend

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def show() -> ResponseReturnValue:
    """200 with ``{"status": "ok", "database": "ok"}``, or 503 with ``failed`` for both. Open, at any host."""
    try:
        with amend().sessions() as session:
            session.connection(execution_options={"sqlite_begin": "DEFERRED"})
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as exc:
        current_app.logger.error("healthz: the database does not answer: %s", type(exc).__name__)
        return jsonify(status="failed", database="failed"), 503
    return jsonify(status="ok", database="ok")
