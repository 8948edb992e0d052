"""Sheets that are text: comma, semicolon, tab or pipe between the cells, as exported, or copied from a sheet. Read a line at a time."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TextIO

from changes.spreadsheets.words import (
    MAX_BYTES,
    MAX_CELL,
    MAX_ROWS,
    SAMPLE,
    Row,
    Sheet,
    SheetError,
    check_header,
    megabytes,
    too_many_rows,
)

DELIMITERS = ("\t", ";", "|", ",")
"""The likelier first: a comma may also be a decimal one."""
PROBE = 64_000
MAX_LINE = 2_000_000
"""Characters without a line end: a file that is one line would be held in memory whole."""
BLOCK = 1 << 20
_ODD = frozenset({"=", "'", *filter(str.isspace, map(chr, range(0x3001)))})
"""What cells begin with that need a second look."""
_GUARDED = ("=", "+", "-", "@", "\t", "\r")
_QUOTES = "A quotation mark is opened here and not closed, or something stands behind a closing one; inside a cell it is written twice."


def inspect_text(path: Path) -> Sheet:
    """Encoding, separator and header of a text file. Raises SheetError."""
    size = path.stat().st_size
    if size > MAX_BYTES["csv"]:
        raise SheetError(f"This file has {megabytes(size)}; at most {megabytes(MAX_BYTES['csv'])} are taken: split it.")
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        probe = file.read(PROBE)
    said = probe.partition("\n")[0].rstrip("\r").strip('"')
    delimiter = said[4:5] if said[:4].lower() == "sep=" and len(said) == 5 else ""
    chosen = delimiter or _delimiter(probe)
    notes = ("The file is not UTF-8: it is read as Windows-1252. Look whether accents are right.",) if encoding == "cp1252" else ()
    with path.open(encoding=encoding, newline="") as file:
        for line, cells in _records(file, chosen):
            is_said = delimiter and line == 1
            if not is_said and any(cell.strip() for cell in cells):
                found = Sheet("csv", size, check_header(cells, line), line, notes=notes, encoding=encoding, delimiter=chosen)
                return replace(found, sample=tuple(islice(text_rows(path, found), SAMPLE)))
    raise SheetError("This file has no rows.")


def text_rows(path: Path, sheet: Sheet) -> Iterator[Row]:
    """The rows below the header; ``line`` is where a row begins in a text editor. Raises SheetError for what ends the reading."""
    width, count, odd = len(sheet.header), 0, _ODD
    with path.open(encoding=sheet.encoding, newline="") as file:
        for line, raw in _records(file, sheet.delimiter):
            cells = [(cell if cell[0] not in odd else _plain(cell)) if cell else None for cell in raw]
            if line <= sheet.header_line or not any(cells):
                continue
            count += 1
            if count > MAX_ROWS["csv"]:
                raise SheetError(too_many_rows("csv"), line)
            if len(cells) == width and max(map(len, raw)) <= MAX_CELL:
                yield Row(line, tuple(cells))
            else:
                yield _uneven(sheet, line, cells)


def _uneven(sheet: Sheet, line: int, cells: list[str | None]) -> Row:
    width = len(sheet.header)
    long = next((at for at, cell in enumerate(cells) if cell and len(cell) > MAX_CELL), None)
    complaint = None
    if len(cells) < width or any(cells[width:]):
        message = f"This row has {len(cells)} cells and the header {width}: a separator is missing, or one too many."
        complaint = SheetError(message, line)
    elif long is not None:
        size = len(cells[long] or "")
        complaint = SheetError(f"This cell has {size:,} characters; at most {MAX_CELL:,} are taken.", line, sheet.header[long])
    kept = [cell and cell[:MAX_CELL] for cell in cells[:width]]
    return Row(line, (*kept, *[None] * (width - len(kept))), complaint=complaint)


def _plain(cell: str) -> str | None:
    """A cell without what spreadsheets wrap around it: ``="007"`` keeps zeros, ``'=1`` keeps a text from being computed."""
    if cell.isspace():
        return None
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        return cell[2:-1].replace('""', '"') or None
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_GUARDED) else cell


def _records(file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line where it begins."""
    reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as exc:
        raise SheetError(_QUOTES, line) from exc
    except UnicodeDecodeError as exc:
        raise SheetError("From here on the file is no text.", line) from exc


def _lines(file: TextIO) -> Iterator[str]:
    while text := file.readline(MAX_LINE):
        if len(text) == MAX_LINE:
            raise SheetError(f"A line of this file has more than {MAX_LINE:,} characters: this is no sheet.")
        yield text


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise SheetError("This file is UTF-32, which no spreadsheet writes: save it as CSV UTF-8.")
    candidates = ("utf-16",) if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "cp1252")
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
    raise SheetError("This file is no text that we can read: save it as CSV UTF-8.")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError:
                return False
            if "\0" in text:
                raise SheetError("This file is not a sheet: it holds binary data. Save it as CSV UTF-8 or as .xlsx.")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(probe: str) -> str:
    """The separator with which the first rows are alike, and widest."""
    return max(DELIMITERS, key=lambda delimiter: _likeness(probe, delimiter))


def _likeness(probe: str, delimiter: str) -> tuple[float, int]:
    widths: list[int] = []
    try:
        for cells in csv.reader(io.StringIO(probe, newline=""), delimiter=delimiter):
            if cells:
                widths.append(len(cells))
            if len(widths) > 20:
                break
    except csv.Error:
        pass
    if not widths or widths[0] < 2:
        return 0, 0
    whole = widths[:-1] if len(probe) == PROBE and len(widths) > 2 else widths
    return sum(width == widths[0] for width in whole) / len(whole), widths[0]
