"""What is said about a sheet: its rows, what was found out about the file, what is wrong with it, and how much of it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MAX_ROWS = {"csv": 1_000_000, "xlsx": 100_000}
MAX_BYTES = {"csv": 300_000_000, "xlsx": 50_000_000}
MAX_COLUMNS = 200
MAX_CELL = 32_000
"""Characters; Zoho's longest text field holds as many."""
SAMPLE = 5


class SheetError(Exception):
    """What is wrong with a file or a row, in words for people. ``line`` as the person's program counts, ``column`` by its name."""

    def __init__(self, message: str, line: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column

    def __str__(self) -> str:
        place = [f"Line {self.line}"] if self.line else []
        place += [f"column “{self.column}”"] if self.column else []
        return f"{', '.join(place)}: {self.message}" if place else self.message


class Row(NamedTuple):
    """One row below the header. ``cells`` are as many as the header's, None for a blank one; ``numbers`` are the positions of those that
    the sheet held as numbers. A row with a ``complaint`` is not to be used."""

    line: int
    cells: tuple[str | None, ...]
    numbers: frozenset[int] = frozenset()
    complaint: SheetError | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file is, and how its rows are read. ``kind`` is ``csv`` for text of any separator, or ``xlsx``.

    ``names`` are the sheets of a workbook, ``name`` the one that is meant. ``notes`` are for the person.
    """

    kind: str
    size: int
    header: tuple[str, ...]
    header_line: int
    sample: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    names: tuple[str, ...] = ()
    name: str = ""


def check_header(cells: list[str], line: int) -> tuple[str, ...]:
    """The names of the columns, without the unnamed ones at the end. Raises SheetError."""
    names = [" ".join(cell.split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise SheetError(f"This sheet has {len(names)} columns; at most {MAX_COLUMNS} are taken.", line)
    seen: dict[str, int] = {}
    for at, name in enumerate(names, 1):
        if not name:
            raise SheetError(f"Column {at} has no name: the first row must name every column.", line)
        if name in seen:
            raise SheetError(f"Columns {seen[name]} and {at} are both called “{name[:80]}”: rename or remove one.", line)
        seen[name] = at
    if any(name.removeprefix("zcrm_").isdigit() and len(name) > 9 for name in names) or all(_is_number(name) for name in names):
        raise SheetError("The first row holds values, not names: put a row on top that names the columns.", line)
    return tuple(names)


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1_000_000:,.0f} MB" if size >= 1_000_000 else f"{max(size, 1) / 1000:,.0f} kB"


def too_many_rows(kind: str) -> str:
    """What is said of a sheet with too many rows."""
    instead = ": save it as CSV, of which 1,000,000 rows are taken." if kind == "xlsx" else ": split it."
    return f"This sheet has more than {MAX_ROWS[kind]:,} rows{instead}"


def _is_number(text: str) -> bool:
    return text.replace(".", "").replace(",", "").lstrip("-").isdigit()
