"""What was changed, by whom, and what became of it: the list and the receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from changes import road, undo
from changes.apply import REWOUND_TO
from changes.history import Filter, list_receipts
from changes.plans import Receipt, Verdict
from changes.road import AlreadySent, Conflict
from changes.undo import Undo
from store import exact_json
from web import connection_view, verdicts
from web.errors import status_of
from web.runtime import amend, operator
from zoho.answers import Question, Refused
from zoho.errors import ZohoError

bp = Blueprint("history", __name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """Why a button of the receipt did not do what it says, and the fields that were left alone."""

    text: str
    skipped: tuple[tuple[str, str], ...] = ()
    error: ZohoError | None = None
    status: int = 422


@bp.app_template_filter("as_json")
def as_json(value: object) -> str:
    """Zoho's answer as it came, for reading; it was redacted before it was stored."""
    return exact_json.dumps(value)


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {"tone": verdicts.tone, "origins": verdicts.ORIGINS}


@bp.get("/history")
def index() -> ResponseReturnValue:
    """One line an edit, newest first, by connection, verdict or record."""
    wanted = _filter(request.args)
    page = list_receipts(amend(), operator().id, wanted, _before(request.args.get("before", "")))
    known = connection_view.overview(amend(), operator().id)
    return render_template(
        "history/index.html",
        page=page,
        wanted=wanted,
        connections=(*known.rows, *known.ended),
        verdicts=[verdict.value for verdict in Verdict],
        older=_older(page.before),
    )


@bp.get("/history/<uuid:receipt_id>")
def show(receipt_id: UUID) -> ResponseReturnValue:
    """The receipt: the verdict as headline, field by field, Zoho's own answer folded."""
    return _receipt_page(road.get_receipt(amend(), operator().id, receipt_id))


@bp.post("/history/<uuid:receipt_id>/check")
def check(receipt_id: UUID) -> ResponseReturnValue:
    """Settle an *unknown* by reading the record now."""
    found = _attempt(lambda: road.check(amend(), operator().id, receipt_id))
    if isinstance(found, Message):
        return _receipt_page(road.get_receipt(amend(), operator().id, receipt_id), found)
    if found.is_open:
        flash("Still not known. An edit may be under way inside Zoho for up to five minutes; check again then.")
    return redirect(url_for("history.show", receipt_id=receipt_id), code=303)


@bp.post("/history/<uuid:receipt_id>/undo")
def undo_edit(receipt_id: UUID) -> ResponseReturnValue:
    """Put the earlier values back where nobody changed them since, and show that edit's own receipt."""
    done = _attempt(lambda: undo.undo(amend(), operator().id, receipt_id))
    if isinstance(done, Undo) and isinstance(done.saved, AlreadySent):
        flash("This edit was undone before. Nothing was sent now.")
        return redirect(url_for("history.show", receipt_id=done.saved.receipt.id), code=303)
    if isinstance(done, Undo) and isinstance(done.saved, Receipt):
        for label, reason in done.skipped:
            flash(f"{label} was left alone: {reason}.")
        return redirect(url_for("history.show", receipt_id=done.saved.id), code=303)
    return _receipt_page(road.get_receipt(amend(), operator().id, receipt_id), _why_not(done))


def _receipt_page(receipt: Receipt, message: Message | None = None) -> ResponseReturnValue:
    connection, view = connection_view.load(amend(), receipt.connection_id, operator().id)
    page = render_template(
        "history/show.html",
        receipt=receipt,
        headline=verdicts.headline(receipt),
        automations=verdicts.automations(receipt.product, receipt.options),
        rewound_to=_before(receipt.options.get(REWOUND_TO, "")) if receipt.origin == "rewind" else None,
        zoho_link=verdicts.zoho_link(amend().data_centers, connection, receipt),
        message=message,
        connection=view,
    )
    return page, message.status if message else 200


def _attempt(act: Callable[[], T]) -> T | Message:
    """What Zoho could not do is said on the receipt, which stays in sight. Raises NotFoundError as it is: there is no receipt."""
    try:
        return act()
    except ZohoError as error:
        if error.code == "not_found":
            raise
        return Message(error.summary, error=error, status=status_of(error))


def _why_not(done: Undo | Question | Message) -> Message:
    if isinstance(done, Message):
        return done
    if isinstance(done, Question):
        return Message("Choose the Desk organization on the connection's page first. Nothing was sent.", status=409)
    if isinstance(done.saved, Conflict):
        return Message("Somebody changed the record at this moment. Nothing was overwritten; try again.", done.skipped, status=409)
    refusals = done.saved.refusals if isinstance(done.saved, Refused) else ()
    return Message(" ".join(refusal.message for refusal in refusals) or "Zoho refused it. Nothing was stored.", done.skipped)


def _older(before: datetime | None) -> str | None:
    """Address of the next page, with the same filters."""
    if before is None:
        return None
    kept = {key: request.args[key] for key in ("connection", "verdict", "product", "module", "record") if request.args.get(key)}
    return f"{url_for('history.index')}?{urlencode({**kept, 'before': before.isoformat()})}"


def _filter(arguments: Mapping[str, str]) -> Filter:
    record = tuple(arguments.get(key, "") for key in ("product", "module", "record"))
    verdict = arguments.get("verdict", "")
    return Filter(
        connection_id=_uuid(arguments.get("connection", "")),
        verdict=verdict if verdict in set(Verdict) else None,
        record=(record[0], record[1], record[2]) if all(record) else None,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _before(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
