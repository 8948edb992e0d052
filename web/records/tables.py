"""A value that is a list of rows, as a table of the form: stored rows, those that were typed or uploaded, and empty ones to fill."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from changes.drafts import Opened
from zoho.fields import Field, Kind
from zoho.fields.cells import AGAIN, GONE, NEW, ROWS, Cells, read_cells
from zoho.fields.files import FILE_ID, FILE_NAME, SIZE, size_text
from zoho.fields.rows import by_id

if TYPE_CHECKING:
    from web.records.rows import Row

CONTROLS = frozenset({"rows", "links", "files"})
MORE = 3
"""Empty rows that the button adds."""
LOST = "A row that you had typed into was removed in Zoho meanwhile: what you typed stands in a new row."
MakeCell = Callable[[Field, str, str, Any, Opened, Sequence[str] | None], "Row"]


@dataclass(frozen=True, slots=True)
class Line:
    """One row. ``text`` says it in a line where its cells cannot be edited; ``hidden`` are values that go with the form."""

    key: str
    title: str
    text: str
    cells: tuple[Row, ...]
    is_new: bool
    is_gone: bool
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a field, and what can be added to them."""

    name: str
    control: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    one: str
    note: str
    again: tuple[str, ...] = ()
    """Names of files that were chosen when nothing could be uploaded."""

    @property
    def rows_name(self) -> str:
        """Name of the hidden input that says which rows are on the page."""
        return f"f_{self.name}.{ROWS}"

    @property
    def gone_name(self) -> str:
        """Name of the boxes that mark rows for removal."""
        return f"f_{self.name}.{GONE}"


def table(field: Field, wire: Any, opened: Opened, typed: Sequence[str], make: MakeCell, *, is_adding: bool) -> Table:
    """The table of a field. ``make`` makes a cell; ``is_adding``: more empty rows were asked for."""
    posted, stored, control = read_cells(typed), by_id(wire), field.input_type(wire)
    cells = posted.over(stored)
    one = {"rows": "row", "links": "record", "files": "file"}[control]
    keys = [*stored, *_new_keys(field, cells, len(stored), control, is_adding=is_adding)]
    lines = tuple(_line(field, key, number, stored.get(key), cells, opened, make, one) for number, key in enumerate(keys, 1))
    again = tuple(text.partition("=")[2] for text in typed if text.startswith(f"{AGAIN}="))
    note = " ".join(filter(None, (LOST if posted.lost(stored) else "", _note(field, opened, one, stored.values()))))
    return Table(field.name, control, tuple(column.label for column in field.columns), lines, one, note, again)


def _new_keys(field: Field, cells: Cells, stored: int, control: str, *, is_adding: bool) -> list[str]:
    """Rows that were typed, and empty ones: one if there is room, more when asked for, as some may be marked for removal only now.

    A new file comes from the file input.
    """
    typed = [key for key in cells.order if NEW.fullmatch(key) and key not in cells.gone]
    if control == "files":
        return typed
    room = (field.max_rows if field.max_rows is not None else 10_000) - stored + len(cells.gone) - len(typed)
    empty = MORE if is_adding else 1 if room > 0 and not typed else 0
    return typed + [f"n{cells.next_new + at}" for at in range(empty)]


def _line(field: Field, key: str, number: int, row: dict[str, Any] | None, cells: Cells, opened: Opened, make: MakeCell, one: str) -> Line:
    title = f"{one.capitalize()} {number}" if row is not None else f"New {one}"
    if field.kind == Kind.FILES or (row is not None and field.kind == Kind.LINKS):
        text, hidden = (field.show([row], opened.zone), ()) if row is not None else _uploaded(cells, key)
        return Line(key, title, text, (), row is None, key in cells.gone, hidden)
    shown = tuple(
        make(
            column,
            f"{field.name}.{key}.{column.name}",
            f"{field.label}, {title.lower() if row is not None else f'new {one} {number}'}, {column.label}",
            (row or {}).get(column.name),
            opened,
            cells.find(key, column.name),
        )
        for column in field.columns
    )
    return Line(key, title, "", shown, row is None, key in cells.gone)


def _uploaded(cells: Cells, key: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A file that waits for the save, and what names it."""
    held = {name: (cells.of(key, name) or [""])[-1] for name in (FILE_ID, FILE_NAME, SIZE)}
    size = size_text(held[SIZE])
    return f"{held[FILE_NAME]}{f' ({size})' if size else ''}", tuple(held.items())


def _note(field: Field, opened: Opened, one: str, stored: Collection[dict[str, Any]]) -> str:
    """What there is to know before typing."""
    most = f"Zoho accepts at most {field.max_rows} {one}{'s' if field.max_rows != 1 else ''} here"
    is_full = field.max_rows is not None and len(stored) >= field.max_rows
    parts = [f"{most}: remove one to add another." if is_full else f"{most}." if field.max_rows is not None else ""]
    if field.is_partial:
        parts.append(f"Zoho shows only a part of these {one}s: the others stay as they are, and an added one may not be seen afterwards.")
    if field.kind == Kind.FILES:
        parts.append("A file may have up to 20 MB; it is uploaded with the form and attached when this is stored.")
    rich = [column for column in field.columns if column.kind == Kind.RICH_TEXT and column.is_editable]
    if any(column.input_type(row.get(column.name)) == "readonly" for row in stored for column in rich):
        parts.append("Zoho shows only the beginning of a long text in a row, so it is changed in Zoho.")
    if any(column.kind == Kind.DATETIME for column in field.columns):
        parts.append(f"Time zone: {opened.zone.key}")
    return " ".join(filter(None, parts))
