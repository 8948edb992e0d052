"""For a load balancer and for monitoring: do we answer, and is all there that the work takes? Open, at any host; tells no secret."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from changes import heartbeat
from web.runtime import amend
from zoho import tokens
from zoho.errors import KeyLostError

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def show() -> ResponseReturnValue:
    """Liveness: 200 with ``{"status": "ok", "database": "ok"}``, or 503 with ``failed`` for both."""
    return _answer({"database": _database})


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Readiness: as ``/healthz``, with ``key`` (it opens what is stored) and ``worker`` (heard of within a minute) besides.

    503 when one of them failed; each says ``ok`` or ``failed``, ``status`` says ``failed`` when any did.
    """
    return _answer({"database": _database, "key": _key, "worker": _worker})


def _answer(parts: dict[str, Callable[[], bool]]) -> ResponseReturnValue:
    found = {name: "ok" if _holds(name, part) else "failed" for name, part in parts.items()}
    is_well = set(found.values()) == {"ok"}
    return jsonify(status="ok" if is_well else "failed", **found), 200 if is_well else 503


def _holds(name: str, part: Callable[[], bool]) -> bool:
    try:
        return part()
    except SQLAlchemyError as exc:
        current_app.logger.error("health: %s cannot be told, the database does not answer: %s", name, type(exc).__name__)
        return False


def _database() -> bool:
    with amend().reading() as session:
        session.execute(text("SELECT 1"))
    return True


def _key() -> bool:
    """True also while there is nothing to open."""
    try:
        tokens.check_key(amend())
    except KeyLostError:
        return False
    return True


def _worker() -> bool:
    return heartbeat.is_alive(amend(), heartbeat.last_beat(amend()))
