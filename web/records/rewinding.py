"""Rewinding a record: the page that shows what would be put back, bound to what it showed, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from changes import drafts, rewind
from changes.drafts import Opened
from changes.history import last_options
from changes.plans import Receipt
from changes.rewind import Back, Rewind
from changes.road import AlreadySent, Conflict, Saved
from store import exact_json
from web.errors import status_of
from web.records import posted, state
from web.records.happened import instant_of
from web.records.pages import Banner, Choices, conflict_banner
from web.records.saving import OPTIONS, Place
from zoho.answers import Question, Refusal, Refused
from zoho.errors import ZohoError
from zoho.record_state import RecordState
from zoho.runtime import Amend

TOO_OLD = "The page you sent was too old to compare with, so the record was opened anew. Nothing was sent; check and rewind again."
NOTHING_TICKED = "Nothing was ticked, so nothing was sent."
CHANGED = "Nothing was overwritten and nothing was sent. Here is what would be put back now."


@dataclass(frozen=True, slots=True)
class RewindPage(Choices):
    """Everything that templates/records/rewind.html shows. ``ticked``: names of the fields to put back; ``sealed``: what the form is
    bound to. ``question``: what Zoho wants to know before it tells anything."""

    opened: Opened
    rewind: Rewind
    ticked: frozenset[str]
    sealed: str = ""
    options: dict[str, Any] | None = None
    notice: str = ""
    banner: Banner | None = None
    refusals: tuple[Refusal, ...] = ()
    error: ZohoError | None = None
    status: int = 200

    @property
    def rows(self) -> Iterable[tuple[Back, str, str]]:
        """Each field that can be put back, with what it holds now and held then."""
        for back in self.rewind.backs:
            entry = back.entry
            yield back, *entry.field.show_change(entry.before, entry.sent, self.opened.zone)

    @property
    def states(self) -> tuple[RecordState, ...]:
        """What the record tells of itself."""
        return state.states(self.opened, self.refusals)


def show(amend: Amend, place: Place, to: datetime) -> RewindPage | Question:
    """The page of a GET. Raises the ZohoErrors of a read."""
    opened = drafts.open_record(amend, place.user_id, place.connection_id, place.product, place.module, place.record_id)
    if isinstance(opened, Question):
        return opened
    options = last_options(amend, place.user_id, place.connection_id, place.product)
    return _prepared(amend, opened, place, to, options=options)


def take(amend: Amend, place: Place, to: datetime, form: MultiDict[str, str]) -> RewindPage | Question | str:
    """Put back what was ticked, exactly as the page showed it: the path of the receipt, or the page that answers."""
    options = {key: value for key, value in posted.read(form).options.items() if key in OPTIONS[place.product]}
    shown = _unsealed(amend, place, form.get("sealed", ""))
    if shown is None:
        fresh = show(amend, place, to)
        return fresh if isinstance(fresh, Question) else replace(fresh, notice=TOO_OLD, options=options, status=409)
    ticked = frozenset(form.getlist("field")) & {back.entry.field.name for back in shown.backs}
    page = RewindPage(shown.opened, shown, ticked, form["sealed"], options)
    if not ticked:
        return replace(page, notice=NOTHING_TICKED, status=422)
    try:
        saved = rewind.apply(amend, place.user_id, shown, ticked, options)
    except ZohoError as error:
        return replace(page, error=error, status=status_of(error))
    return _answered(amend, place, page, saved)


def _answered(amend: Amend, place: Place, page: RewindPage, saved: Saved) -> RewindPage | Question | str:
    match saved:
        case Receipt():
            return url_for("history.show", receipt_id=saved.id)
        case AlreadySent():
            return url_for("history.show", receipt_id=saved.receipt.id)
        case Refused():
            return replace(page, refusals=saved.refusals, status=422)
        case Conflict():
            banner = conflict_banner(saved.opened, saved.moved, saved.changed_by, saved.changed_at)
            return _prepared(amend, saved.opened, place, page.rewind.to, options=page.options, banner=banner, notice=CHANGED, status=409)
        case Question():
            return saved


def _prepared(amend: Amend, opened: Opened, place: Place, to: datetime, **more: Any) -> RewindPage | Question:
    found = rewind.prepare(amend, place.user_id, state.barred(opened), to)
    if isinstance(found, Question):
        return found
    if isinstance(found, Refused):
        found = Rewind(opened, to, why_not=" ".join(refusal.message for refusal in found.refusals))
    ticked = frozenset(back.entry.field.name for back in found.backs if not back.doubt)
    return RewindPage(opened, found, ticked, _sealed(found) if found.backs else "", **more)


def _sealed(shown: Rewind) -> str:
    """What the form carries, so that exactly what was shown is sent: the opened record, the time, and every value."""
    held = {
        "snapshot": str(shown.opened.snapshot_id),
        "to": shown.to.isoformat(),
        "backs": [[back.entry.field.name, back.entry.sent, back.doubt] for back in shown.backs],
        "missing": shown.missing,
        "same": shown.same,
    }
    return _sealer().dumps(exact_json.dumps(held))


def _unsealed(amend: Amend, place: Place, sealed: str) -> Rewind | None:
    """The same again; None when it was not made here, or its record was opened too long ago."""
    try:
        held = exact_json.loads(_sealer().loads(sealed))
    except BadData:
        return None
    where = (place.connection_id, place.product, place.module, place.record_id)
    opened = state.find_snapshot(amend, place.user_id, where, posted.uuid_of(held["snapshot"]))
    to = instant_of(held["to"])
    if opened is None or to is None:
        return None
    fields = opened.record_form.form.by_name
    if any(name not in fields for name, _, _ in held["backs"]):
        return None
    backs = tuple(rewind.back(opened, fields[name], sent, doubt) for name, sent, doubt in held["backs"])
    return Rewind(opened, to, backs, tuple((label, why) for label, why in held["missing"]), tuple(held["same"]))


def _sealer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="rewind")
