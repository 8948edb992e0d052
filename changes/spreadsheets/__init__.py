"""Sheets in, results out: CSV, pasted cells and XLSX, from a file on disk, a row at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from changes.spreadsheets.columns import Match, match_columns, remember_columns, remembered_columns
from changes.spreadsheets.kinds import kind_of
from changes.spreadsheets.results import csv_lines, safe_cell, write_results
from changes.spreadsheets.text import inspect_text, text_rows
from changes.spreadsheets.words import Row, Sheet, SheetError
from changes.spreadsheets.workbook import inspect_workbook, workbook_rows

__all__ = [
    "Match",
    "Row",
    "Sheet",
    "SheetError",
    "csv_lines",
    "inspect",
    "match_columns",
    "remember_columns",
    "remembered_columns",
    "rows",
    "safe_cell",
    "write_results",
]


def inspect(path: Path, name: str = "", sheet: str = "") -> Sheet:
    """What the file at ``path`` is, with its header and first rows. ``name`` is what the person called it, ``sheet`` that of a workbook.

    What it is, is told from its content. Reads a text file once, to know how it is encoded. Raises SheetError.
    """
    found = inspect_workbook(path, sheet) if kind_of(path, name) == "xlsx" else inspect_text(path)
    if not found.sample:
        raise SheetError("There are no rows below the header.", found.header_line)
    return found


def rows(path: Path, sheet: Sheet) -> Iterator[Row]:
    """The rows below the header, without blank ones. A row that is wrong carries a complaint; SheetError ends the reading."""
    return workbook_rows(path, sheet) if sheet.kind == "xlsx" else text_rows(path, sheet)
