"""The rows of a plan as its table shows them: before → after, what became of each, and the cells that can be mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from changes import again, preview, progress
from changes.jobs import Job, JobState
from changes.plans import Verdict
from changes.rows import Row
from store import exact_json
from web import verdicts
from zoho.answers import Refusal

LONGEST = 300
"""Characters of a value in the table; the page of one record shows it whole."""
WORDS = {
    "given": "not looked at yet",
    "ready": "will change",
    "faulty": "must be mended",
    "moved": "changed meanwhile",
    "dropped": "changes nothing",
    "left": "left alone",
}
TONES = {"faulty": "danger", "moved": "warning", "ready": "info", "sent": "info"}
THREE_VALUES = ("moved", Verdict.SKIPPED, Verdict.CONFLICT)
MENDABLE = ("faulty", Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Shown:
    """One field of a row. ``now``: what Zoho holds, where that is neither the one nor the other; None where it is not told."""

    label: str
    before: str
    sent: str
    now: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell to be typed anew, in place."""

    id: str
    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table."""

    id: UUID
    position: int
    source_line: int | None
    record_id: str
    record_name: str
    kind: str
    word: str
    tone: str
    changes: tuple[Shown, ...]
    refusals: tuple[tuple[str, Refusal], ...]
    """Label of the field, or '', and what is wrong."""
    note: str
    cells: tuple[Cell, ...]
    is_receipt: bool
    can_be_left_out: bool

    @property
    def number(self) -> int:
        """From 1, in the order of the plan."""
        return self.position + 1


def line(job: Job, row: Row) -> Line:
    """The presentation of one row."""
    refusals = tuple(Refusal(**refusal) for refusal in row.refusals or ())
    has_id = row.record_id.isascii() and row.record_id.isdigit()
    return Line(
        id=row.id,
        position=row.position,
        source_line=row.line if row.line != row.position + 1 else None,
        record_id=row.record_id if has_id else "",
        record_name=row.record_name or row.record_id,
        kind=row.kind,
        word=word(job, row.kind),
        tone=TONES.get(row.kind) or verdicts.tone(row.kind),
        changes=_changes(job, row),
        refusals=tuple((job.fields.get(refusal.field or "", refusal.field or ""), refusal) for refusal in refusals),
        note=row.note or "",
        cells=_cells(job, row, refusals),
        is_receipt=row.kind in progress.VERDICTS,
        can_be_left_out=row.kind == "ready" and job.state == JobState.PREVIEWED,
    )


def word(job: Job, kind: str) -> str:
    """What the pill of a row says."""
    if kind == "ready" and progress.is_approved(job):
        return "never sent" if job.is_over else "queued"
    return WORDS.get(kind, kind)


def _changes(job: Job, row: Row) -> tuple[Shown, ...]:
    if row.kind == "given":
        return tuple(Shown(job.fields.get(name, name), "", text_of(value), None) for name, value in (row.given or {}).items())
    is_told = row.kind in THREE_VALUES and row.note != preview.GONE
    differs = (Verdict.STORED_DIFFERENTLY, Verdict.NOT_STORED)
    return tuple(
        Shown(one.label, one.before_text, one.sent_text, one.after_text if is_told or one.verdict in differs else None)
        for one in row.read_changes()
    )


def _cells(job: Job, row: Row, refusals: tuple[Refusal, ...]) -> tuple[Cell, ...]:
    """The cells that were refused; all that the row changes, where it is not said which. An undo has nothing that could be typed."""
    if not can_be_mended(job, row.kind) or row.undoes_id is not None:
        return ()
    sent = {change.name: change.sent for change in row.read_changes()}
    given: Mapping[str, Any] = row.given if row.given is not None else sent
    wrong = [refusal.field for refusal in refusals if refusal.field in given]
    names = [name for name in dict.fromkeys(wrong or (given if refusals and row.kind == Verdict.REFUSED else ())) if name]
    return tuple(Cell(f"cell-{row.position}-{at}", name, job.fields.get(name, name), text_of(given[name])) for at, name in enumerate(names))


def can_be_mended(job: Job, kind: str) -> bool:
    """Before the approval in the plan itself, after its end by a retry."""
    before = (JobState.PREVIEWED, JobState.STALE, JobState.PREVIEWING)
    return kind in MENDABLE and job.state in (*before, *again.ENDED)


def text_of(value: Any) -> str:
    """A given value as it would stand in a cell."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return exact_json.dumps(value)
