"""The edit page as data: the form's rows, what is wrong, what moved meanwhile, what a save would send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from changes.drafts import Opened
from changes.plans import Change
from changes.road import Moved
from changes.snapshots import Left, Typed
from web.records import state
from web.records.rows import Group, Row, groups, wire_of
from zoho.answers import Refusal
from zoho.crm.writes import TRIGGERS
from zoho.errors import ZohoError
from zoho.fields import Field, FieldError
from zoho.record_state import RecordState


@dataclass(frozen=True, slots=True)
class Contest:
    """A field that somebody else changed while this person did too, or (``yours`` None) while they did not."""

    name: str
    label: str
    was: str
    now: str
    yours: str | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Banner:
    """Who changed the record meanwhile, as a sentence, and each field that moved."""

    sentence: str
    contests: tuple[Contest, ...]

    @property
    def is_open(self) -> bool:
        """True while the person has to decide."""
        return any(contest.is_open for contest in self.contests)


class Choices:
    """What a page offers to choose besides the fields, from the ``options`` of its dataclass."""

    __slots__ = ()
    options: dict[str, Any] | None

    @property
    def trigger(self) -> list[str] | None:
        """The automations that the person let run; None for all, as Zoho does by itself."""
        return (self.options or {}).get("trigger")

    @property
    def triggers(self) -> list[tuple[str, str, bool]]:
        """Each automation there is: Zoho's word, ours, and whether it is ticked."""
        return [(name, label, self.trigger is None or name in self.trigger) for name, label in TRIGGERS.items()]

    @property
    def closes_quietly(self) -> bool:
        """The person chose that the customer hears nothing."""
        return bool((self.options or {}).get("quiet_close"))


@dataclass(frozen=True, slots=True)
class EditPage(Choices):
    """Everything that templates/records/edit.html shows."""

    opened: Opened
    sections: tuple[Group, ...]
    off_layout: tuple[Row, ...]
    refusals: tuple[Refusal, ...] = ()
    banner: Banner | None = None
    review: tuple[Change, ...] | None = None
    error: ZohoError | None = None
    notice: str | None = None
    left: Left | None = None
    left_labels: tuple[str, ...] = ()
    options: dict[str, Any] | None = None
    is_kept: bool = False
    """What was typed is safe on the server: leaving the page loses nothing."""
    status: int = 200
    states: tuple[RecordState, ...] = ()
    is_barred: bool = False
    """A state of the record bars every field: there is nothing to save."""

    @property
    def is_off_layout_open(self) -> bool:
        """Show the fields that the layout leaves out when something there is changed or wrong."""
        return any(row.error or row.was is not None for row in self.off_layout)

    @property
    def has_files(self) -> bool:
        """True when files can be chosen, which only a multipart form carries."""
        return any(row.control == "files" for group in self.sections for row in group.rows) or any(
            row.control == "files" for row in self.off_layout
        )

    @property
    def summary(self) -> tuple[tuple[str | None, str, Refusal], ...]:
        """The refusals with where each is: a field on the page with its label, or None."""
        labels = {row.name: row.label for group in self.sections for row in group.rows} | {row.name: row.label for row in self.off_layout}
        where = (one.field or "" for one in self.refusals)
        return tuple(
            (name if name in labels else None, labels.get(name, name), one) for name, one in zip(where, self.refusals, strict=True)
        )

    @property
    def depends(self) -> dict[str, dict[str, Any]]:
        """The picklists that follow another, for the page to do so at once."""
        known = self.opened.record_form.dependencies
        return {name: {"parent": one.parent, "offers": dict(one.offers)} for name, one in known.items()}


def edit_page(opened: Opened, typed: Typed, refusals: Sequence[Refusal] = (), *, adding: str | None = None, **more: Any) -> EditPage:
    """The form of an opened record with what was typed, and each refusal at its field. ``adding``: the field that wants more rows."""
    errors = {refusal.field: refusal for refusal in reversed(refusals) if refusal.field}
    shown = opened if typed else state.barred(opened)
    sections, off_layout = groups(shown, typed, errors, adding)
    told = state.states(opened, refusals)
    page = EditPage(opened, sections, off_layout, tuple(refusals), states=told, is_barred=shown is not opened, **more)
    return page if page.banner or not opened.conflicts else replace(page, banner=open_banner(opened, typed))


def conflict_banner(opened: Opened, moved: Sequence[Moved], changed_by: str | None, changed_at: str | None) -> Banner:
    """What a save came back with: every field that moved, those to decide on first."""
    fields = opened.record_form.form.by_name
    rows = [
        Contest(row.name, row.label, row.was_text, row.now_text, row.yours_text, row.name in opened.conflicts)
        for row in moved
        if fields[row.name].is_editable  # not the times that move with every change
    ]
    return Banner(_sentence(opened, changed_by, changed_at), tuple(sorted(rows, key=lambda row: not row.is_open)))


def open_banner(opened: Opened, typed: Typed) -> Banner:
    """The decisions that are left, told anew from the snapshot."""
    fields = opened.record_form.form.by_name
    rows = (_contest(fields[name], was, opened, typed) for name, was in opened.conflicts.items() if name in fields)
    return Banner(_sentence(opened, None, opened.version), tuple(rows))


def _contest(field: Field, was: Any, opened: Opened, typed: Typed) -> Contest:
    now = wire_of(field, opened.record)
    posted = list(typed.get(field.name, ()))
    try:
        yours = field.show_change(was, field.parse(posted, opened.zone, now), opened.zone)[1]
    except FieldError:
        yours = ", ".join(posted)
    return Contest(field.name, field.label, *field.show_change(was, now, opened.zone), yours, is_open=True)


def _sentence(opened: Opened, changed_by: str | None, changed_at: str | None) -> str:
    who = changed_by or _modified_by(opened) or "Somebody"
    at = _clock(changed_at, opened)
    return f"{who} changed this record{f' at {at},' if at else ''} after you opened it."


def _modified_by(opened: Opened) -> str | None:
    by = opened.record.get("Modified_By" if opened.product == "crm" else "modifiedBy")
    if isinstance(by, dict):
        return str(by.get("name") or "") or None
    agents = opened.record_form.form.by_name.get("assigneeId")
    return next((option.label for option in agents.options if option.value == str(by)), None) if agents and by else None


def _clock(text: str | None, opened: Opened) -> str | None:
    """The time of Zoho's text in the person's zone; with its date when that is not the day the record was opened."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    local, day = at.astimezone(opened.zone), opened.opened_at.astimezone(opened.zone).date()
    return local.strftime("%H:%M" if local.date() == day else "%Y-%m-%d %H:%M") + f" {local.tzname()}"
