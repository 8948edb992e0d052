"""The rows of a plan as a table for a spreadsheet: what would change, and what became of it. A line a field, flat in memory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from changes import jobs, rows
from changes.rows import Row
from zoho.runtime import Amend

COLUMNS = ("Line", "Record id", "Record", "Field", "Before", "Sent", "Zoho now", "Verdict", "Reason", "Receipt")
CHUNK = 500
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def write(amend: Amend, user_id: UUID, plan_id: UUID, kind: str, receipt: str) -> Iterator[str]:
    """CSV in pieces: with a byte order mark, for Excel. ``kind`` '' for all rows; ``receipt``: an address that the id of a row is put
    behind. Raises NotFoundError before the first piece.
    """
    with amend.reading() as session:
        jobs.get_own(session, plan_id, user_id)
    return _pieces(amend, plan_id, kind, receipt)


def _pieces(amend: Amend, plan_id: UUID, kind: str, receipt: str) -> Iterator[str]:
    yield "\ufeff" + _csv([COLUMNS])
    after = -1
    while found := rows.take(amend, plan_id, (kind,), after, CHUNK) if kind else rows.page(amend, plan_id, after, CHUNK):
        yield _csv([line for row in found for line in _lines(row, receipt)])
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


def safe_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula: an apostrophe goes before ``= + - @``, but for plain numbers."""
    is_formula = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def _csv(lines: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[safe_cell(cell.replace("\0", "")) for cell in line] for line in lines])
    return out.getvalue()
