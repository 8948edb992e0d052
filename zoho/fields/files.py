"""File and image fields: rows that are kept, removed by their id, or made from a file that was uploaded before.

Source: the dossier's crm.md sections 1 and 4. ``POST /files`` gives the id that a new row names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.cells import AGAIN, NEW, Cells
from zoho.fields.rows import Row, Rows, by_id
from zoho.fields.shown import cut, is_scalar, text_of
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field

FILE_ID, FILE_NAME, SIZE, PLACE = "File_Id__s", "File_Name__s", "Size__s", "Sequence_Number__s"
MAX_FILE_BYTES = 20 * 1024 * 1024
"""Zoho refuses a larger one."""
MAX_FILE_ID = 500
_UNITS = ("B", "KB", "MB", "GB")


class Files(Rows):
    """A row is a file: what it is called, how large it is, and the id that it was uploaded under."""

    control_name = "files"
    noun = ("file", "files")
    is_changeable = False

    def input_type(self, field: Field, wire: Any) -> str:
        """A list of files, and an input for more."""
        return self.control_name if self.fits(wire) else "readonly"

    def row_text(self, field: Field, row: Row, zone: tzinfo) -> str:
        """The file's name and size."""
        name = _text(row, FILE_NAME) or "a file without a name"
        size = size_text(_text(row, SIZE))
        return cut(f"{name} ({size})" if size else name, 500)

    def trimmed(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> list[str]:
        """With the names of files that were chosen and never uploaded: they are to be chosen again."""
        return [*super().trimmed(field, posted, was, zone), *(text for text in posted if text.startswith(f"{AGAIN}="))]

    def outgoing(self, field: Field, wire: Any, before: Any) -> list[Row]:
        """New images stand behind those that are there."""
        sent = super().outgoing(field, wire, before)
        if field.data_type == "imageupload":
            last = max((int(_text(row, PLACE)) for row in by_id(before).values() if _text(row, PLACE).isdecimal()), default=0)
            for place, row in enumerate((row for row in sent if FILE_ID in row), last + 1):
                row[PLACE] = place
        return sent

    def restore(self, field: Field, before: Any, now: Any, zone: tzinfo) -> Any:
        """Added files are removed again; what was removed is gone from Zoho."""
        rows = super().restore(field, before, now, zone)
        if any("id" not in row for row in rows or ()):
            raise FieldError("a file that was removed cannot be brought back; it must be uploaded again.")
        return rows

    def _touched(self, field: Field, cells: Cells, key: str, row: Row | None, zone: tzinfo) -> list[str]:
        is_upload = row is None and bool(NEW.fullmatch(key)) and bool(_one(cells, key, FILE_ID))
        return [FILE_ID, FILE_NAME, SIZE] if is_upload else []

    def _parse_row(
        self, field: Field, cells: Cells, key: str, row: Row | None, names: list[str], zone: tzinfo, what: str, errors: list[str]
    ) -> Row:
        file_id = _one(cells, key, FILE_ID)
        if len(file_id) > MAX_FILE_ID or not file_id.isprintable():
            errors.append(f"{what} was not uploaded by this form.")
        return {FILE_ID: file_id, FILE_NAME: cut(_one(cells, key, FILE_NAME), 255), SIZE: _one(cells, key, SIZE)[:20]}

    def _agree(self, field: Field, one: Row, other: Row) -> bool:
        """Zoho may give an attached file another id; its name stays."""
        return any(_text(one, key) == _text(other, key) != "" for key in (FILE_ID, FILE_NAME))

    def _writable(self, field: Field) -> set[str]:
        return {FILE_ID}

    def _new_row(self, field: Field, row: Row) -> Row:
        return {FILE_ID: row.get(FILE_ID)}

    def _restored(self, field: Field, row: Row, now: Row | None, zone: tzinfo) -> Row:
        return dict(now) if now is not None else {key: row[key] for key in (FILE_ID, FILE_NAME) if key in row}


def size_text(size: str) -> str:
    """Bytes as people say them; "" for what is no number."""
    if not size.isdecimal() or len(size) > 15:
        return ""
    number, unit = float(size), 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 or number >= 10 else f"{number:.1f} {_UNITS[unit]}"


def _one(cells: Cells, row: str, column: str) -> str:
    return (cells.of(row, column) or [""])[-1].strip()


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return text_of(value) if is_scalar(value) and not isinstance(value, bool) else ""
