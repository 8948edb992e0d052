"""Alerts from the page: a test, to see whether they arrive."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from changes import alerts
from web import connection_health
from web.runtime import amend

bp = Blueprint("alerts", __name__)


@bp.post("/alerts/test")
def send_test() -> ResponseReturnValue:
    """Send a test alert by every way that is set up, and say what became of each."""
    flash(*connection_health.tried(alerts.send_test(amend())))
    return redirect(url_for("connections.index", _anchor="alerts-title"), code=303)
