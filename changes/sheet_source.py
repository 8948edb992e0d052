"""Plans from a sheet: the file that was uploaded or pasted, kept in the instance folder until a worker has read it, and its rows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from uuid import uuid4
from xml.etree import ElementTree

from sqlalchemy import select

from changes import spreadsheets
from changes.given import Given
from changes.ids import read_id
from changes.jobs import Job, JobState
from changes.spreadsheets import Row, Sheet, SheetError
from changes.spreadsheets.archive import check_archive
from changes.spreadsheets.kinds import kind_of
from changes.spreadsheets.survey import sheets_of
from zoho.answers import Refusal
from zoho.errors import RequestRefusedError
from zoho.fields import FieldError
from zoho.runtime import Amend

MAX_FILE = 300_000_000
"""Bytes. The reader takes fewer of a workbook."""
KEPT = timedelta(days=1)
"""How long a file waits for its plan to be proposed."""
BLOCK = 1 << 20
MOST_SHEETS = 10
"""How many sheets of a workbook are looked at to find one with rows: each takes a while."""
_NAME = re.compile(r"[0-9a-f]{32}\.sheet", re.ASCII)
GONE = "The uploaded file is gone: it is kept for a day. Upload it again."


class Column(NamedTuple):
    """A column that is used, by its position. ``empties``: a blank cell makes the field empty, else it leaves it alone; ``is_id``: its
    cells are ids, of which a spreadsheet may have dropped digits."""

    at: int
    field: str
    empties: bool
    is_id: bool


def keep(amend: Amend, content: BinaryIO) -> str:
    """Store a file, readable by us alone; its name in our folder, which owes nothing to what the person called it. Raises SheetError."""
    sweep(amend)
    name = f"{uuid4().hex}.sheet"
    path, size = _folder(amend) / name, 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(BLOCK):
            size += len(block)
            if size > MAX_FILE:
                break
            file.write(block)
    if size > MAX_FILE or not size:
        path.unlink()
        raise SheetError(f"This file has more than {MAX_FILE // 1_000_000} MB: split it." if size else "This file is empty.")
    return name


def find(amend: Amend, name: str) -> Path | None:
    """Where a file is, if it is still there."""
    path = _folder(amend) / name
    return path if _NAME.fullmatch(name) and path.is_file() else None


def forget(amend: Amend, name: str) -> None:
    """Delete a file that nobody needs any more."""
    if _NAME.fullmatch(name):
        (_folder(amend) / name).unlink(missing_ok=True)


def sweep(amend: Amend) -> None:
    """Delete what was uploaded more than a day ago, but for what a plan is still to read."""
    old = {path.name: path for path in _folder(amend).glob("*.sheet") if _is_old(amend, path)}
    if not old:
        return
    with amend.looking() as connection:
        sources = connection.execute(select(Job.source).where(Job.state == JobState.READING)).scalars()
        wanted = {source.get("file") for source in sources}
    for name in old.keys() - wanted:
        forget(amend, name)


def inspect(path: Path, name: str) -> Sheet:
    """The file, or of a workbook the first sheet that has rows: many begin with a cover. Raises SheetError."""
    try:
        return spreadsheets.inspect(path, name)
    except SheetError:
        if kind_of(path, name) != "xlsx":
            raise
        for other in _other_sheets(path):
            with suppress(SheetError):
                return spreadsheets.inspect(path, name, other)
        raise


def _other_sheets(path: Path) -> list[str]:
    """The names of some more sheets. Raises SheetError for a workbook that must not be opened."""
    check_archive(path)
    try:
        return [*sheets_of(path)][1:MOST_SHEETS]
    except (LookupError, ElementTree.ParseError):
        return []


def source(file: str, name: str, sheet: str, id_at: int, columns: Sequence[Column]) -> dict[str, Any]:
    """What a plan says of where its rows come from."""
    used = [column._asdict() for column in columns]
    return {"kind": "sheet", "file": file, "name": name, "sheet": sheet, "id": id_at, "columns": used}


def read(amend: Amend, _job: Job, source: Mapping[str, Any]) -> Iterator[Given]:
    """The rows of ``source``, in the order of the file, so that a reading that broke off can be taken up. A wrong row says why.

    Raises RequestRefusedError for what is wrong with the file.
    """
    path = find(amend, source["file"])
    if path is None:
        raise RequestRefusedError("no file", summary=GONE, advice="Nothing was written.")
    columns = [Column(**column) for column in source["columns"]]
    try:
        sheet = spreadsheets.inspect(path, source["name"], source["sheet"])
        targets = {sheet.header[column.at]: column.field for column in columns}
        for row in spreadsheets.rows(path, sheet):
            yield _given(row, source["id"], columns, targets)
    except SheetError as error:
        forget(amend, source["file"])
        raise RequestRefusedError("bad sheet", summary=str(error), advice="Mend the file and upload it again.") from error


def _given(row: Row, id_at: int, columns: Sequence[Column], targets: Mapping[str, str]) -> Given:
    record_id = (row.cells[id_at] or "").strip()
    if row.complaint is not None:
        at = row.complaint.column
        message = f"Column “{at}”: {row.complaint.message}" if at and at not in targets else row.complaint.message
        return Given(record_id, None, row.line, Refusal(targets.get(at or ""), message))
    try:
        field = "id"
        if not record_id:
            raise FieldError("There is no record id in this row.")
        record_id = read_id(record_id, is_number=id_at in row.numbers)
        for column in columns:
            field, cell = column.field, row.cells[column.at]
            if cell is not None and column.is_id and column.at in row.numbers:
                read_id(cell, is_number=True)
    except FieldError as error:
        return Given(record_id, None, row.line, Refusal(field, str(error)))
    cells = ((column, row.cells[column.at]) for column in columns)
    return Given(record_id, {column.field: cell for column, cell in cells if cell is not None or column.empties}, row.line)


def _folder(amend: Amend) -> Path:
    folder = amend.settings.instance_dir / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _is_old(amend: Amend, path: Path) -> bool:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < amend.now() - KEPT
    except FileNotFoundError:  # another request swept it
        return False
