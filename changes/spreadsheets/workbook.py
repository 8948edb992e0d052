"""Sheets of an XLSX workbook, by calamine."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from changes.ids import EXACT, EXCEL_DIGITS
from changes.spreadsheets.archive import AGAIN, check_archive
from changes.spreadsheets.survey import Broken, sheets_of, survey
from changes.spreadsheets.words import MAX_CELL, MAX_ROWS, SAMPLE, Row, Sheet, SheetError, check_header, too_many_rows
from zoho.fields.shown import text_of


def inspect_workbook(path: Path, name: str) -> Sheet:
    """The sheets that people see, and the beginning of the one called ``name``, else of the first. Raises SheetError."""
    names, chosen, opened, broken = _opened(path, name)
    notes = (f"The workbook has {len(names)} sheets; this is “{chosen}”.",) if len(names) > 1 else ()
    for line, cells in enumerate(opened.iter_rows(), 1):
        texts = [cell_text(cell) or "" for cell in cells]
        if any(text.strip() for text in texts):
            header = check_header(texts, line)
            found = Sheet("xlsx", path.stat().st_size, header, line, notes=notes, names=names, name=chosen)
            return replace(found, sample=tuple(islice(_rows(opened, broken, found), SAMPLE)))
    raise SheetError(f"The sheet “{chosen[:80]}” is empty.")


def workbook_rows(path: Path, sheet: Sheet) -> Iterator[Row]:
    """The rows below the header; ``line`` is the number that the spreadsheet program shows."""
    _, _, opened, broken = _opened(path, sheet.name)
    return _rows(opened, broken, sheet)


def _rows(opened: CalamineSheet, broken: Broken, sheet: Sheet) -> Iterator[Row]:
    first, width, count = (opened.start or (0, 0))[1], len(sheet.header), 0
    for line, cells in enumerate(opened.iter_rows(), 1):
        texts = [cell_text(cell) for cell in cells]
        wrong = broken.get(line)
        if line <= sheet.header_line or not (any(texts) or wrong):
            continue
        count += 1
        if count > MAX_ROWS["xlsx"]:
            raise SheetError(too_many_rows("xlsx"), line)
        numbers = frozenset([at for at, cell in enumerate(cells[:width]) if type(cell) in (float, int)])
        complaint = _complaint(sheet, line, texts, {column - first - 1: what for column, what in (wrong or {}).items()})
        yield Row(line, (*texts[:width], *[None] * (width - len(texts))), numbers, complaint)


def cell_text(cell: Any) -> str | None:
    """What a cell holds, as text; None for a blank one.

    A date and a midnight are the same to a spreadsheet: both are ``2026-11-27``, and the field tells what is meant. A number has as many
    digits as the spreadsheet program shows.
    """
    if isinstance(cell, str):
        return None if not cell or cell.isspace() else cell
    if isinstance(cell, bool):
        return text_of(cell)
    if isinstance(cell, float):
        return _number_text(cell)
    if isinstance(cell, datetime):
        return (cell + timedelta(milliseconds=500)).replace(microsecond=0).isoformat()
    if isinstance(cell, date | time):
        return cell.replace(microsecond=0).isoformat() if isinstance(cell, time) else cell.isoformat()
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        return f"{'-' if seconds < 0 else ''}{abs(seconds) // 3600}:{abs(seconds) // 60 % 60:02}:{abs(seconds) % 60:02}"
    return str(cell)


def _number_text(number: float) -> str:
    """A whole number that may have lost digits stays in the scientific form, so that no id or phone is made of what is left."""
    if not number.is_integer():
        return text_of(float(f"{number:.{EXCEL_DIGITS}g}"))
    if abs(number) < 10**EXCEL_DIGITS or (abs(number) <= EXACT and number % 10):
        return str(int(number))
    return f"{number:.{EXCEL_DIGITS - 1}E}"


def _complaint(sheet: Sheet, line: int, texts: Sequence[str | None], broken: dict[int, str]) -> SheetError | None:
    for at, what in sorted(broken.items()):
        if at < len(sheet.header):
            return SheetError(what, line, sheet.header[at])
    if any(texts[len(sheet.header) :]):
        return SheetError("This row has cells to the right of the last named column.", line)
    long = next((at for at, text in enumerate(texts) if text and len(text) > MAX_CELL), None)
    if long is None:
        return None
    return SheetError(f"This cell has {len(texts[long] or ''):,} characters; at most {MAX_CELL:,} are taken.", line, sheet.header[long])


def _opened(path: Path, name: str) -> tuple[tuple[str, ...], str, CalamineSheet, Broken]:
    """The names of the sheets, the chosen one, and what is wrong in it. Calamine opens nothing that was not looked through."""
    try:
        check_archive(path)
        sheets = sheets_of(path)
        if not sheets:
            raise SheetError("This workbook has no sheet that can be seen.")
        chosen = name or next(iter(sheets))
        if chosen not in sheets:
            raise SheetError(f"This workbook has no sheet “{chosen[:80]}”: it has {', '.join(sheets)[:300]}.")
        broken = survey(path, sheets[chosen])
        return tuple(sheets), chosen, CalamineWorkbook.from_path(path).get_sheet_by_name(chosen), broken
    except (CalamineError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError, LookupError, EOFError, OSError) as exc:
        raise SheetError(f"This workbook is damaged. {AGAIN}") from exc
