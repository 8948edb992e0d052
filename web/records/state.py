"""What state a record is in, as data for pages: the fields that it bars, who locked it, its blueprint and a transition of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import url_for

from changes import drafts, transitions
from changes.drafts import Opened
from changes.plans import Change, Receipt
from changes.road import AlreadySent, Conflict, Preview, Saved
from changes.snapshots import Typed
from changes.transitions import Chosen
from web.errors import status_of
from web.records.posted import Posted
from web.records.rows import Row, groups
from zoho import connections, tools
from zoho.answers import Done, Question, Refusal, Refused
from zoho.errors import NotFoundError, ZohoError
from zoho.fields import Form, Section
from zoho.fields.form import part, word
from zoho.record_state import RecordState, instant, states_of
from zoho.runtime import Amend

LOCK_SOURCES = {"manual": "by hand", "automatic": "by a rule", "both": "by hand and by a rule"}
CHANGED = "Somebody changed the record after it was opened. Nothing was sent; it was opened anew, so check and take the transition again."
TOO_OLD = "This page was too old to compare with, so the record was opened anew. Nothing was sent; check and take the transition again."


def barred(opened: Opened) -> Opened:
    """The record with every field read-only while its own state bars editing, with the reason at each; else itself."""
    bar = next((state for state in states_of(opened.product, opened.record) if state.is_barring), None)
    if bar is None:
        return opened
    form = opened.record_form.form
    why = {name: field.why_read_only or bar.headline for name, field in form.by_name.items()}
    fields = {name: replace(field, is_editable=False, why_read_only=why[name]) for name, field in form.by_name.items()}
    sections = tuple(Section(one.name, tuple(fields[field.name] for field in one.fields)) for one in form.sections)
    shut = Form(sections, tuple(fields[field.name] for field in form.off_layout), fields)
    return replace(opened, record_form=replace(opened.record_form, form=shut))


def states(opened: Opened, refusals: Sequence[Refusal]) -> tuple[RecordState, ...]:
    """What the record tells of itself, and what Zoho's refusals tell of it since."""
    return states_of(opened.product, opened.record, [refusal.zoho_code for refusal in refusals])


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds the lock of a record; empty texts and None for what Zoho does not say. ``is_held`` False: nobody does."""

    is_held: bool
    who: str = ""
    reason: str = ""
    how: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was asked for on demand, or why it could not be had."""

    value: Any = None
    error: ZohoError | None = None

    @property
    def status(self) -> int:
        """Of a page of its own."""
        return status_of(self.error) if self.error else 200


def lock(amend: Amend, user_id: UUID, connection_id: UUID, module: str, record_id: str) -> Told:
    """Who locked the record, why and since when. Raises NotConnectedError."""
    with amend.reading() as session:
        connections.get_own(session, connection_id, user_id)
    try:
        answer = tools.run(amend, connection_id, "crm.get_lock", {"module": module, "id": record_id})
    except ZohoError as error:
        return Told(error=error)
    return Told(_lock(answer.value) if isinstance(answer, Done) and answer.value else Lock(is_held=False))


def _lock(row: Mapping[str, Any]) -> Lock:
    source = word(row.get("Lock_Source__s"))
    return Lock(
        is_held=True,
        who=word(part(dict(row), "Locked_By__s").get("name"), row.get("Locked_By__s")),
        reason=word(row.get("Locked_Reason__s")),
        how=LOCK_SOURCES.get(source.lower(), source),
        since=instant(row.get("Locked_Time__s")),
    )


def blueprint(amend: Amend, user_id: UUID, connection_id: UUID, module: str, record_id: str) -> Told:
    """The record's Blueprint, or None when it is in none. Raises NotConnectedError."""
    with amend.reading() as session:
        connections.get_own(session, connection_id, user_id)
    try:
        return Told(transitions.find_blueprint(amend, user_id, connection_id, module, record_id))
    except ZohoError as error:
        return Told(error=error)


@dataclass(frozen=True, slots=True)
class TransitionPage:
    """Everything that templates/records/transition.html shows. ``chosen`` None: it cannot be taken, and the refusals say why."""

    opened: Opened
    chosen: Chosen | None
    move: tuple[Change, ...] = ()
    rows: tuple[Row, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    review: tuple[Change, ...] | None = None
    notice: str | None = None
    error: ZohoError | None = None
    status: int = 200

    def texts_of(self, changes: Sequence[Change]) -> tuple[tuple[str, str, str, str], ...]:
        """Label, name, before and after of each change."""
        return tuple((one.label, one.name, one.before_text, one.sent_text) for one in changes)


def transition_page(amend: Amend, opened: Opened, transition_id: str, typed: Typed | None = None, **more: Any) -> TransitionPage:
    """The transition with the fields it asks for, as they were typed. Raises the ZohoErrors of a read."""
    chosen = transitions.choose(amend, opened, transition_id)
    if isinstance(chosen, Refused):
        return TransitionPage(opened, None, refusals=chosen.refusals, status=409)
    return _shown(chosen, typed or {}, **more)


def _shown(chosen: Chosen, typed: Typed, refusals: Sequence[Refusal] = (), **more: Any) -> TransitionPage:
    sections, _ = groups(chosen.opened, typed, {refusal.field: refusal for refusal in refusals if refusal.field})
    rows = tuple(row for group in sections for row in group.rows)
    return TransitionPage(chosen.opened, chosen, (transitions.move(chosen),), rows, tuple(refusals), **more)


def take(amend: Amend, user_id: UUID, snapshot: Opened | None, posted: Posted, fresh: Opened, transition_id: str) -> TransitionPage | str:
    """Carry a posted transition out: the page that answers, or the path of the receipt. What was typed stays.

    ``snapshot``: the record as it was opened for this page; None when it is gone, and ``fresh`` is shown instead.
    """
    if snapshot is None:
        return transition_page(amend, fresh, transition_id, posted.typed, notice=TOO_OLD, status=409)
    chosen = transitions.choose(amend, snapshot, transition_id)
    if isinstance(chosen, Refused):
        return TransitionPage(snapshot, None, refusals=chosen.refusals, status=409)
    if posted.is_review:
        found = transitions.preview(chosen, posted.typed)
        if isinstance(found, Preview):
            return _shown(chosen, posted.typed, review=found.changes)
        return _shown(chosen, posted.typed, found.refusals, status=422)
    try:
        saved = transitions.take(amend, user_id, chosen, posted.typed)
    except ZohoError as error:
        return _shown(chosen, posted.typed, error=error, status=status_of(error))
    return _answered(amend, chosen, posted.typed, saved)


def _answered(amend: Amend, chosen: Chosen, typed: Typed, saved: Saved) -> TransitionPage | str:
    match saved:
        case Receipt():
            return url_for("history.show", receipt_id=saved.id)
        case AlreadySent():
            return url_for("history.show", receipt_id=saved.receipt.id)
        case Conflict():
            return transition_page(amend, saved.opened, chosen.transition.id, typed, notice=CHANGED, status=409)
        case Refused():
            return _shown(chosen, typed, saved.refusals, status=422)
        case Question():
            return _shown(chosen, typed, [Refusal(None, saved.prompt)], status=409)


def find_snapshot(amend: Amend, user_id: UUID, where: tuple[UUID, str, str, str], snapshot_id: UUID | None) -> Opened | None:
    """The snapshot, if it is this person's and of this record, and not too old."""
    if snapshot_id is None:
        return None
    try:
        opened = drafts.reopen(amend, user_id, snapshot_id)
    except NotFoundError:
        return None
    return opened if (opened.connection.id, opened.product, opened.module, opened.record_id) == where else None
