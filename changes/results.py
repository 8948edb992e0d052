"""The rows of a plan as a table for a spreadsheet: what would change, and what became of it. A line a field, flat in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from changes import jobs, rows
from changes.rows import Row
from changes.spreadsheets.results import csv_lines
from zoho.runtime import Amend

COLUMNS = ("Line", "Record id", "Record", "Field", "Before", "Sent", "Zoho now", "Verdict", "Reason", "Receipt")
CHUNK = 500


def write(amend: Amend, user_id: UUID, plan_id: UUID, kind: str, receipt: str) -> Iterator[str]:
    """CSV in pieces, safe for spreadsheets. ``kind`` '' for all rows; ``receipt``: an address that the id of a row is put
    behind. Raises NotFoundError before the first piece.
    """
    with amend.reading() as session:
        jobs.get_own(session, plan_id, user_id)
    return _in_pieces(csv_lines(_all(amend, plan_id, kind, receipt)))


def _in_pieces(lines: Iterable[str]) -> Iterator[str]:
    """A line at a time would be a packet each."""
    left = iter(lines)
    while piece := "".join(islice(left, CHUNK)):
        yield piece


def _all(amend: Amend, plan_id: UUID, kind: str, receipt: str) -> Iterator[Sequence[str]]:
    yield COLUMNS
    after = -1
    while found := rows.take(amend, plan_id, (kind,), after, CHUNK) if kind else rows.page(amend, plan_id, after, CHUNK):
        for row in found:
            yield from _lines(row, receipt)
        after = found[-1].position


def _lines(row: Row, receipt: str) -> Iterator[Sequence[str]]:
    start = (str(row.line if row.line is not None else row.position + 1), row.record_id, row.record_name)
    reasons = [f"{refusal.get('field') or ''}: {refusal.get('message') or ''}".removeprefix(": ") for refusal in row.refusals or ()]
    end = (row.kind, " ".join(filter(None, (*reasons, row.note))), f"{receipt}{row.id}" if row.verdict and row.sent_at else "")
    changes = row.read_changes()
    if not changes:
        yield (*start, "", "", "", "", *end)
    for one in changes:
        yield (*start, one.label, one.before_text, one.sent_text, one.after_text, *end)
