"""What went over the wire for a connection: the newest requests to Zoho first, each with its bodies folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import connection_view
from web.runtime import amend, operator
from zoho import limits, request_log
from zoho.connections import Connection
from zoho.limits import OrgLimit
from zoho.request_log import LoggedRequest, Wanted

bp = Blueprint("request_log", __name__)

METHODS = ("GET", "PUT", "PATCH", "POST")
MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LimitRow:
    """What is known of the limits of one of the connection's organizations."""

    product: str
    at_once: int
    edition: str | None
    found: OrgLimit | None


@bp.app_template_filter("answer_tone")
def answer_tone(row: LoggedRequest) -> str:
    """The tone of the pill of an answer."""
    if row.status is None or row.error_code or row.status >= 500:
        return "danger"
    return "warning" if row.status >= 400 else "success"


@bp.get("/connections/<uuid:connection_id>/requests")
def index(connection_id: UUID) -> ResponseReturnValue:
    """The requests of a connection, by failure, method and text."""
    connection, shown = connection_view.load(amend(), connection_id, operator().id)
    amend().request_log.flush()
    wanted = _wanted(request.args)
    with amend().reading() as session:
        page = request_log.list_requests(session, connection_id, wanted, _before(request.args.get("before", "")))
    here = url_for("request_log.index", connection_id=connection_id)
    older = f"{here}?{urlencode(_kept(wanted) | {'before': str(page.before)})}" if page.before else None
    facts = {
        "methods": METHODS,
        "here": here,
        "older": older,
        "is_filtered": bool(_kept(wanted)),
        "limits": _limits(connection),
        "now": amend().now,
    }
    return render_template("connections/requests.html", connection=shown, page=page, wanted=wanted, kept_for=request_log.KEPT_FOR, **facts)


def _limits(connection: Connection) -> tuple[LimitRow, ...]:
    orgs = (("CRM", "crm", connection.crm_org_id), ("Desk", "desk", connection.desk_org_id))
    with amend().reading() as session:
        known = [(name, f"{product}:{org}", limits.find(session, f"{product}:{org}")) for name, product, org in orgs if org]
    return tuple(
        LimitRow(name, limits.at_once(org, row.edition if row else None), row.edition if row else None, row) for name, org, row in known
    )


def _wanted(arguments: Mapping[str, str]) -> Wanted:
    method = arguments.get("method", "")
    text = arguments.get("text", "").replace("\0", "").strip()[:200]
    return Wanted(arguments.get("failures") == "1", method if method in METHODS else "", text)


def _kept(wanted: Wanted) -> dict[str, str]:
    chosen = {"failures": "1" if wanted.failures else "", "method": wanted.method, "text": wanted.text}
    return {name: value for name, value in chosen.items() if value}


def _before(text: str) -> int | None:
    return min(int(text), MAX_ID) if text.isascii() and text.isdigit() and len(text) < 20 else None
