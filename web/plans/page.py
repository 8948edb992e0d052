"""What the pages of plans show, as frozen data: the list, a plan with some of its rows. Their cost does not grow with the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import url_for

from changes import again, approval, jobs, progress, rows
from changes.jobs import Job, JobState
from changes.progress import Standing
from web import connection_view, verdicts
from web.connection_view import ConnectionView
from web.plans.lines import Line, line, word
from zoho.crm.writes import TRIGGERS
from zoho.errors import ZohoError, kind_of
from zoho.runtime import Amend

PAGE = 50
LAST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of one kind or all, of one record, beyond a position."""

    kind: str = ""
    record: str = ""
    after: int = -1


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter by kind."""

    kind: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows; ``next_after``: where the next page begins, None on the last."""

    wanted: Wanted
    lines: tuple[Line, ...]
    chips: tuple[Chip, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """Why a button did not do what it says; what was typed into the field of the approval."""

    text: str
    typed: str = ""


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Everything that templates/plans/show.html shows."""

    job: Job
    connection: ConnectionView
    now: datetime
    rows: Rows
    children: tuple[Job, ...]
    credits_left: int | None
    message: Message | None = None

    @property
    def standing(self) -> Standing:
        """What is happening."""
        return progress.standing(self.job, self.now)

    @property
    def is_live(self) -> bool:
        """Whether it goes on without anybody's doing: the page then follows it."""
        return is_live(self.job)

    @property
    def is_ended(self) -> bool:
        """Whether its rows can be tried again, or taken back."""
        return self.job.state in again.ENDED and progress.is_approved(self.job)

    @property
    def can_be_approved(self) -> bool:
        """Whether there is a preview that is good."""
        expires_at = self.job.expires_at
        return self.job.state == JobState.PREVIEWED and bool(self.job.count("ready")) and (expires_at is None or expires_at > self.now)

    @property
    def is_typed(self) -> bool:
        """Whether the number of rows must be typed."""
        return self.job.count("ready") > approval.TYPED_ABOVE

    @property
    def automations(self) -> str:
        """Which of Zoho's automations run."""
        return verdicts.automations(self.job.product, self.job.options)

    @property
    def trigger(self) -> list[str] | None:
        """The chosen automations; None for all."""
        return self.job.options.get("trigger")

    @property
    def triggers(self) -> list[tuple[str, str, bool]]:
        """Name, label and whether it is ticked."""
        return [(name, label, self.trigger is None or name in self.trigger) for name, label in TRIGGERS.items()]

    @property
    def error(self) -> ZohoError | None:
        """What it waits for, as the error that it was, for the button that mends it."""
        reason = self.job.reason or {}
        if self.job.state not in (JobState.PARKED, JobState.FAILED):
            return None
        return kind_of(reason.get("code", ""))("", summary=reason.get("text"), advice=reason.get("advice"))

    def address(self, **changed: Any) -> str:
        """This page with another choice of rows."""
        wanted = replace(self.rows.wanted, **changed)
        query: dict[str, Any] = {"kind": wanted.kind, "record": wanted.record, "after": wanted.after if wanted.after >= 0 else ""}
        return url_for("plans.show", plan_id=self.job.plan_id, **{name: value for name, value in query.items() if value != ""})


def is_live(job: Job) -> bool:
    """At work, or going on by itself."""
    return job.is_at_work or job.state == JobState.PARKED


def load(amend: Amend, user_id: UUID, plan_id: UUID, wanted: Wanted, message: Message | None = None) -> PlanPage:
    """The operator's plan. Raises NotFoundError."""
    with amend.reading() as session:
        job = jobs.get_own(session, plan_id, user_id)
        children = tuple(jobs.children(session, plan_id))
    _, connection = connection_view.load(amend, job.plan.connection_id, user_id)
    left = approval.credits_left(amend, job) if job.state == JobState.PREVIEWED else None
    return PlanPage(job, connection, amend.now(), _rows(amend, job, wanted), children, left, message)


def _rows(amend: Amend, job: Job, wanted: Wanted) -> Rows:
    if wanted.record:
        found = rows.find(amend, job, wanted.record)
    elif wanted.kind:
        found = rows.take(amend, job.plan_id, (wanted.kind,), wanted.after, PAGE + 1)
    else:
        found = rows.page(amend, job.plan_id, wanted.after, PAGE + 1)
    shown = tuple(line(job, row) for row in found[:PAGE])
    return Rows(wanted, shown, _chips(job, wanted), shown[-1].position if len(found) > PAGE else None)


def _chips(job: Job, wanted: Wanted) -> tuple[Chip, ...]:
    held = [kind for kind in (*progress.VERDICTS, "ready", "sent", *rows.KINDS) if job.counts.get(kind) or kind == wanted.kind]
    return tuple(Chip(kind, f"{job.count(kind):,} {word(job, kind)}", kind == wanted.kind) for kind in dict.fromkeys(held))


def wanted(arguments: Mapping[str, str]) -> Wanted:
    """What the address asks for; ``row`` is the number of the first row as a person counts, ``after`` the position before it."""
    kind, record = arguments.get("kind", ""), arguments.get("record", "").strip()
    after = _number(arguments.get("row", "")) - 2 if arguments.get("row") else _number(arguments.get("after", ""), -1)
    is_id = record.isascii() and record.isdigit() and len(record) <= 40
    return Wanted(kind if kind in rows.KINDS else "", record if is_id else "", max(-1, after))


def _number(text: str, otherwise: int = 1) -> int:
    digits = text.replace(",", "").strip()
    return min(int(digits), LAST) if digits.isascii() and digits.isdigit() and len(digits) < 20 else otherwise
