"""Looks through a sheet's XML before calamine does, and tells what calamine would not: cells with errors, formulas never computed.

Calamine holds a sheet in memory as a full rectangle, and each text once for every cell that shows it: a few kilobytes ask for gigabytes
with two cells in far corners, or one long text in many cells. So places and texts are counted first.
"""

from __future__ import annotations

import re
import zipfile
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple
from xml.etree import ElementTree

from changes.spreadsheets.archive import AGAIN
from changes.spreadsheets.words import MAX_COLUMNS, MAX_ROWS, SheetError, megabytes, too_many_rows

BLOCK = 1 << 20
MAX_TEXT = 200_000_000
"""Characters that all cells of a sheet may show together."""
MAX_STRINGS = 3_000_000
FREE_PLACES, MAX_SPREAD = 1_000_000, 10
"""A rectangle up to so many places is taken as it is; a larger one when at least one place in ten is a cell."""
MAX_BROKEN = 10_000
Broken = dict[int, dict[int, str]]
"""What is wrong with cells, by line and by column, both from 1."""

_START = re.compile(rb"<(\w+:)?sheetData[\s/>]")
_AT = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_PREFIXED = re.compile(rb"<(\w+:)c[\s/>]")
_BLANKS = (b" ", b">", b"/", b"\n", b"\t", b"\r")


class Patterns(NamedTuple):
    """What is sought in a sheet whose elements begin so: a literal beginning is found ten times as fast as one of any namespace."""

    cell: bytes
    place: re.Pattern[bytes]
    shown: re.Pattern[bytes]
    error: re.Pattern[bytes]
    code: re.Pattern[bytes]
    uncomputed: re.Pattern[bytes]


def _patterns(namespace: bytes) -> Patterns:
    cell, value, formula = (re.escape(b"<" + namespace) + name for name in (b"c", b"v", b"f"))
    close, formula_end = (re.escape(b"</" + namespace) + name for name in (b"c>", b"f>"))
    return Patterns(
        cell=b"<" + namespace + b"c",
        place=re.compile(cell + rb"\s(?:[^<>]*?\s)??r\s*=\s*[\"']([A-Z]{1,3})(\d{1,7})[\"']"),
        shown=re.compile(cell + rb"\s[^<>]*?\bt\s*=\s*[\"']s[\"'][^<>]*(?<!/)>(?:\s*" + value + rb">\s*(\d{1,9})\s*<)?"),
        error=re.compile(cell + rb"\s([^<>]*\bt\s*=\s*[\"']e[\"'][^<>]*)>"),
        code=re.compile(value + rb">\s*(#[^<]{1,30})<"),
        uncomputed=re.compile(
            cell + rb"\s([^<>]*[^<>/])>\s*" + formula + rb"(?:\s[^<>]*)?(?:(?<=/)>|>[^<]*" + formula_end + rb")\s*" + close
        ),
    )


def sheets_of(path: Path) -> dict[str, str]:
    """The sheets that people see, by name, with the part of the archive that holds each. Raises KeyError and ParseError."""
    with zipfile.ZipFile(path) as archive:
        members = {member.casefold(): member for member in archive.namelist()}
        book = ElementTree.fromstring(archive.read(members["xl/workbook.xml"]))  # noqa: S314  no document type: archive.py has looked
        links = ElementTree.fromstring(archive.read(members["xl/_rels/workbook.xml.rels"]))  # noqa: S314  as above
    targets = {link.get("Id"): link.get("Target", "").casefold() for link in links if link.get("Type", "").endswith("/worksheet")}
    found = {}
    for sheet in book.iter():
        target = targets.get(next((value for key, value in sheet.attrib.items() if key.endswith("}id")), ""))
        if target and sheet.get("state", "visible") == "visible":
            found[sheet.get("name", "")] = members[target.removeprefix("/") if target.startswith("/") else f"xl/{target}"]
    return found


def survey(path: Path, member: str) -> Broken:
    """The cells of a sheet that hold no value. Raises SheetError for one that would not fit."""
    with zipfile.ZipFile(path) as archive:
        lengths = _lengths(archive)
        with archive.open(member) as xml:
            return _broken(xml, lengths)


def _broken(xml: IO[bytes], lengths: array[int]) -> Broken:
    broken: Broken = {}
    cells = last_row = text = 0
    columns: set[bytes] = set()
    for block, patterns in _blocks(xml):
        places = patterns.place.findall(block)
        if len(places) != sum(block.count(patterns.cell + blank) for blank in _BLANKS):
            raise SheetError(f"This sheet has cells without an address. {AGAIN}")
        cells += len(places)
        columns.update({letters for letters, _ in places})
        last_row = max(last_row, max(map(int, {line for _, line in places}), default=0))
        text += _shown(block, patterns, lengths)
        for line, column, what in _complaints(block, patterns):
            broken.setdefault(line, {})[column] = what
        if len(broken) > MAX_BROKEN:
            raise SheetError(f"More than {MAX_BROKEN:,} rows hold errors or formulas without a value. {AGAIN}")
    _check_spread(cells, last_row, max(map(_number, columns), default=0), text)
    return broken


def _check_spread(cells: int, rows: int, columns: int, text: int) -> None:
    if columns > MAX_COLUMNS:
        raise SheetError(f"This sheet reaches to column {columns}, perhaps with formatted cells only; at most {MAX_COLUMNS} are taken.")
    if rows > MAX_ROWS["xlsx"] * 1.1:
        raise SheetError(f"{too_many_rows('xlsx')} If those below are only formatted, delete them.")
    if rows * columns > max(FREE_PLACES, cells * MAX_SPREAD):
        raise SheetError("The cells of this sheet lie too far apart: delete rows and columns that are empty, or save it as CSV.")
    if text > MAX_TEXT:
        raise SheetError(f"The texts of this sheet, each as often as it is shown, have more than {megabytes(MAX_TEXT)}. Save it as CSV.")


def _complaints(block: bytes, patterns: Patterns) -> Iterator[tuple[int, int, str]]:
    if b'"e"' in block or b"'e'" in block:
        for cell in patterns.error.finditer(block):
            code = patterns.code.search(block, cell.end(), cell.end() + 10_000)
            shown = code[1].decode(errors="replace") if code else "an error"
            yield *_place(cell[1]), f"This cell shows {shown}: mend its formula, or put a value into it."
    if b"f>" in block or b"f/>" in block or b'"/>' in block:
        for cell in patterns.uncomputed.finditer(block):
            yield *_place(cell[1]), f"This cell holds a formula that nobody has computed yet. {AGAIN}"


def _place(attributes: bytes) -> tuple[int, int]:
    found = _AT.search(attributes)
    return (int(found[2]), _number(found[1])) if found else (0, 0)


def _shown(block: bytes, patterns: Patterns, lengths: array[int]) -> int:
    """Characters of shared texts that these cells show."""
    if b'"s"' not in block and b"'s'" not in block:
        return 0
    try:
        return sum(lengths[int(at)] * count for at, count in Counter(patterns.shown.findall(block)).items())
    except (IndexError, ValueError) as exc:
        raise SheetError(f"A cell of this sheet points to no text, or in an unusual way. {AGAIN}") from exc


def _blocks(xml: IO[bytes]) -> Iterator[tuple[bytes, Patterns]]:
    """The sheet in pieces of about a megabyte, none of which ends inside a cell, and how its cells look."""
    rest = xml.read(BLOCK)
    start = _START.search(rest)
    if start is None:
        raise SheetError(f"This sheet begins in an unusual way. {AGAIN}")
    namespace = start[1] or b""
    patterns = _patterns(namespace)
    rest = rest[start.start() :]
    while more := xml.read(BLOCK):
        rest += more
        end = max(rest.rfind(patterns.cell + b" "), rest.rfind(b"</" + namespace + b"row>"))
        if end > 0:
            yield _alike(rest[:end], namespace), patterns
            rest = rest[end:]
        elif len(rest) > 8 * BLOCK:
            raise SheetError(f"A cell of this sheet holds more than {megabytes(8 * BLOCK)}. {AGAIN}")
    yield _alike(rest, namespace), patterns


def _alike(block: bytes, namespace: bytes) -> bytes:
    """The block, when no cell has another namespace: calamine looks at none."""
    names = {b""} if not namespace else set()
    if any(b":c" + blank in block for blank in _BLANKS):
        names |= set(_PREFIXED.findall(block))
    elif namespace and b"<c" in block and re.search(rb"<c[\s/>]", block):
        names.add(b"")
    if names - {namespace}:
        raise SheetError(f"The cells of this sheet are not all written alike. {AGAIN}")
    return block


def _lengths(archive: zipfile.ZipFile) -> array[int]:
    """The lengths of the shared texts."""
    lengths = array("I")
    member = next((name for name in archive.namelist() if name.casefold() == "xl/sharedstrings.xml"), None)
    if member is None:
        return lengths
    with archive.open(member) as xml:
        events = ElementTree.iterparse(xml, ("start", "end"))  # noqa: S314  as above
        _, root = next(events)
        for event, element in events:
            if event == "end" and element.tag.endswith("}si"):
                lengths.append(sum(map(len, element.itertext())))
                root.clear()
                if len(lengths) > MAX_STRINGS:
                    raise SheetError(f"This workbook has more than {MAX_STRINGS:,} texts. Save it as CSV.")
    return lengths


def _number(letters: bytes) -> int:
    """A column by its letters: 1 for A."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
