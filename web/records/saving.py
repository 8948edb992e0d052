"""A posted record form: preview, decide or save, and the page or address that answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import url_for
from werkzeug.datastructures import MultiDict

from changes import drafts, road, snapshots, uploads
from changes.drafts import Opened
from changes.history import last_options
from changes.plans import Receipt
from changes.road import AlreadySent, Conflict, Preview
from changes.snapshots import Typed
from changes.uploads import NotUploaded
from web.errors import status_of
from web.records.pages import EditPage, conflict_banner, edit_page
from web.records.posted import Posted
from web.records.rows import changed_only
from zoho import metadata, orgs
from zoho.answers import Question, Refusal, Refused
from zoho.errors import NotConnectedError, NotFoundError, ZohoError
from zoho.runtime import Amend

KEPT = "What you typed was kept. Check it and save."
TOO_OLD = (
    "The page you sent was too old to compare with, so the record was opened anew. Nothing was sent; check what you typed and save again."
)
SENT_BEFORE = "This form was sent before, with other values, so the record was opened anew. Nothing was sent now; check and save again."
OPTIONS = {"crm": {"trigger"}, "desk": {"quiet_close"}}
"""What a save of each product may choose besides the fields."""


@dataclass(frozen=True, slots=True)
class Place:
    """The record that an address names, and who asks."""

    user_id: UUID
    connection_id: UUID
    product: str
    module: str
    record_id: str

    @property
    def url(self) -> str:
        """Path of the edit page."""
        return self.url_with(None)

    @property
    def draft_url(self) -> str:
        """Path that keeps what is typed while it is typed."""
        return f"{self.url}/draft"

    def url_with(self, snapshot_id: UUID | None) -> str:
        """Path of the edit page that restores what was typed into a snapshot."""
        return url_for(
            "records.edit",
            connection_id=self.connection_id,
            product=self.product,
            module=self.module,
            record_id=self.record_id,
            draft=snapshot_id,
        )


def module_labels(amend: Amend, place: Place) -> tuple[str, str]:
    """What Zoho calls one record of this module, and many; its API name while that is not known."""
    found = metadata.known_module(amend, place.connection_id, place.product, place.module)
    name = place.module.replace("_", " ")
    return (found.singular, found.plural) if found else (name, name)


@dataclass(frozen=True, slots=True)
class Goto:
    """Answer with a redirect."""

    url: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to be answered before the form can be read or sent."""

    question: Question


@dataclass(frozen=True, slots=True)
class Kept:
    """The form cannot be shown for now; what was typed waits on the server."""

    error: ZohoError
    back: str
    status: int


Answer = EditPage | Goto | Ask | Kept


def show(amend: Amend, place: Place, draft: UUID | None) -> Answer:
    """The page of a GET. Raises the ZohoErrors of a read."""
    if draft is not None:
        opened = _find_snapshot(amend, place, draft)
        if opened is not None and opened.step_id is not None:  # it was sent: what is left of it goes into a fresh form
            return _anew(amend, place, changed_only(opened, opened.typed), KEPT, 200)
        if opened is not None:
            typed = changed_only(opened, opened.typed)
            return edit_page(opened, typed, notice=KEPT if typed else None, is_kept=True)
    answer = _open(amend, place)
    if isinstance(answer, Question):
        return Ask(answer)
    options = last_options(amend, place.user_id, place.connection_id, place.product)
    return edit_page(answer, {}, options=options, **_left(amend, place, answer))


def _left(amend: Amend, place: Place, opened: Opened) -> dict[str, Any]:
    """What was typed here before and never stored, with the labels of its fields."""
    left = snapshots.find_left(amend, opened.snapshot_id)
    older = _find_snapshot(amend, place, left.snapshot_id) if left else None
    if left is None or older is None:
        return {}
    labels = tuple(older.record_form.form.by_name[name].label for name in changed_only(older, older.typed))
    return {"left": left, "left_labels": labels} if labels else {}


def keep(amend: Amend, place: Place, posted: Posted) -> bool:
    """Remember what was typed so far; False for a form that cannot be sent any more, or is not this person's."""
    if posted.snapshot_id is None:
        return False
    try:
        opened = _find_snapshot(amend, place, posted.snapshot_id)
    except ZohoError:  # what the fields are cannot be asked now: all of it is kept
        snapshots.keep_typed(amend, posted.snapshot_id, posted.typed, place.user_id)
        return True
    if opened is None or opened.step_id is not None:
        return False
    snapshots.keep_typed(amend, opened.snapshot_id, changed_only(opened, posted.typed), place.user_id)
    return True


def submit(amend: Amend, place: Place, posted: Posted) -> Answer:
    """Carry a posted form out. What was typed survives whatever goes wrong. Raises NotConnectedError, RecordNotFoundError."""
    if posted.is_discard and posted.snapshot_id is not None:
        snapshots.forget(amend, place.user_id, posted.snapshot_id)
        return Goto(place.url)
    if posted.snapshot_id is not None:
        snapshots.keep_typed(amend, posted.snapshot_id, posted.to_keep, place.user_id)
    try:
        if posted.desk_org_id:  # one that is not among the login's is asked for again
            orgs.choose_desk_org_by_id(amend, place.user_id, place.connection_id, posted.desk_org_id)
        if posted.snapshot_id is None:
            return Goto(place.url)
        opened = _find_snapshot(amend, place, posted.snapshot_id)
        if opened is None:
            return _anew(amend, place, posted.to_keep, TOO_OLD, 409)
        if posted.is_refresh:
            metadata.forget(amend, place.connection_id, place.product)
            return Goto(place.url_with(posted.snapshot_id))
    except NotConnectedError:
        raise
    except ZohoError as error:
        return Kept(error, place.url_with(posted.snapshot_id), status_of(error))
    return _act(amend, place, replace(opened, typed={}), posted)


def _act(amend: Amend, place: Place, opened: Opened, posted: Posted) -> Answer:
    typed = changed_only(opened, posted.typed)
    if posted.uploads:
        typed, failed = uploads.attach(amend, opened, typed, posted.uploads)
        if failed:
            return _not_uploaded(opened, typed, posted, failed)
    if posted.adding:
        return edit_page(opened, {**typed, **_as_posted(opened, posted)}, options=posted.options, adding=posted.adding, is_kept=True)
    if posted.decision is not None:
        name, is_mine = posted.decision
        opened = drafts.decide(amend, opened, name, is_mine=is_mine, typed=typed)
        return edit_page(opened, opened.typed, options=posted.options, is_kept=True, status=409 if opened.conflicts else 200)
    if posted.is_show or posted.is_review:
        snapshots.keep_typed(amend, opened.snapshot_id, typed, place.user_id)
    if posted.is_show:
        return edit_page(opened, typed, options=posted.options, is_kept=True)
    if posted.is_review:
        found = road.preview(opened, typed)
        if isinstance(found, Preview):
            return edit_page(opened, typed, options=posted.options, review=found.changes, is_kept=True)
        return edit_page(opened, typed, found.refusals, options=posted.options, is_kept=True, status=422)
    return _save(amend, place, opened, typed, posted)


def _not_uploaded(opened: Opened, typed: Typed, posted: Posted, failed: tuple[NotUploaded, ...]) -> EditPage:
    """Nothing else was sent; the files that Zoho took are kept with what was typed."""
    error = next((one.error for one in failed if one.error is not None), None)
    refusals, status = tuple(one.refusal for one in failed), status_of(error) if error else 422
    return edit_page(opened, typed, refusals, options=posted.options, error=error, is_kept=True, status=status)


def _as_posted(opened: Opened, posted: Posted) -> Typed:
    """The field that more rows are wanted for, with its empty ones: they stay where they are."""
    name = posted.adding or ""
    return {name: posted.typed[name]} if name in posted.typed and name in opened.record_form.form.by_name else {}


def _save(amend: Amend, place: Place, opened: Opened, typed: dict[str, list[str]], posted: Posted) -> Answer:
    try:
        options = {key: value for key, value in posted.options.items() if key in OPTIONS[place.product]}
        saved = road.save(amend, place.user_id, opened, typed, options)
        if isinstance(saved, AlreadySent) and not saved.is_same:
            return _anew(amend, place, typed, SENT_BEFORE, 409)
    except ZohoError as error:
        return edit_page(opened, typed, options=posted.options, error=error, is_kept=True, status=status_of(error))
    match saved:
        case Receipt():
            return Goto(url_for("history.show", receipt_id=saved.id))
        case AlreadySent():
            return Goto(url_for("history.show", receipt_id=saved.receipt.id))
        case Conflict():
            banner = conflict_banner(saved.opened, saved.moved, saved.changed_by, saved.changed_at)
            return edit_page(saved.opened, saved.opened.typed, banner=banner, options=posted.options, is_kept=True, status=409)
        case Refused():
            status = 409 if opened.conflicts else 422
            return edit_page(opened, typed, _plain(saved.refusals), options=posted.options, is_kept=True, status=status)
        case Question():
            return Ask(saved)


def _plain(refusals: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
    """A refused save always has something to say."""
    return refusals or (Refusal(field=None, message="Zoho refused this and gave no reason."),)


def _anew(amend: Amend, place: Place, typed: Typed, notice: str, status: int) -> Answer:
    """The record opened again, with what was typed on a page that cannot be sent any more."""
    answer = _open(amend, place)
    if isinstance(answer, Question):
        return Ask(answer)
    kept = changed_only(answer, typed)
    snapshots.keep_typed(amend, answer.snapshot_id, kept, place.user_id)
    return edit_page(answer, kept, notice=notice, is_kept=True, status=status)


def _open(amend: Amend, place: Place) -> Opened | Question:
    return drafts.open_record(amend, place.user_id, place.connection_id, place.product, place.module, place.record_id)


def _find_snapshot(amend: Amend, place: Place, snapshot_id: UUID) -> Opened | None:
    """The snapshot, if it is this person's and of this record, and not too old."""
    try:
        opened = drafts.reopen(amend, place.user_id, snapshot_id)
    except NotFoundError:
        return None
    here = (place.connection_id, place.product, place.module, place.record_id)
    return opened if (opened.connection.id, opened.product, opened.module, opened.record_id) == here else None


def hidden_items(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Everything a form carried but its CSRF token, to be posted again beside the answer to a question."""
    return [(key, value) for key, value in form.items(multi=True) if key not in ("csrf_token", orgs.DESK_ORG)]
