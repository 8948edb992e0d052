"""What a file is, told from its content: people rename files, and programs save web pages as ``.xls``."""

from __future__ import annotations

import zipfile
from pathlib import Path

from changes.spreadsheets.words import SheetError

_SAVE = "Save it as .xlsx or as CSV UTF-8."
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "is a PDF, which has no cells. Export the sheet itself."),
    (b"\x1f\x8b", "is compressed: unpack it first."),
    (b"\x89PNG", "is a picture."),
    (b"\xff\xd8\xff", "is a picture."),
    (b"{\\rtf", "is a text document, no sheet."),
)
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", f"is a web page, whatever its name says. Open it in a spreadsheet program. {_SAVE}"),
    (b"<html", f"is a web page, whatever its name says. Open it in a spreadsheet program. {_SAVE}"),
    (b"<table", f"is a web page, whatever its name says. Open it in a spreadsheet program. {_SAVE}"),
    (b"<meta", f"is a web page, whatever its name says. Open it in a spreadsheet program. {_SAVE}"),
    (b"<?xml", f"is XML. {_SAVE}"),
    (b'{"', "is JSON: the command line takes it, with ./run plan propose."),
    (b"[{", "is JSON: the command line takes it, with ./run plan propose."),
)
_MEMBERS: tuple[tuple[str, str], ...] = (
    ("xl/workbook.xml", ""),
    ("xl/workbook.bin", f"is an .xlsb workbook, which we do not read. {_SAVE}"),
    ("content.xml", f"is an OpenDocument file. {_SAVE}"),
    ("word/document.xml", "is a text document, no sheet."),
    ("Index/Document.iwa", f"is a Numbers document. Export it. {_SAVE}"),
)


def kind_of(path: Path, name: str) -> str:
    """``xlsx`` or ``csv``. Raises SheetError for what is neither."""
    called = f"“{name[:80]}”" if name else "This file"
    with path.open("rb") as file:
        head = file.read(4096)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise SheetError(f"{called} is empty.")
    if head.startswith(_OLD_EXCEL):
        raise SheetError(f"{called} {_old_excel(path)}")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        what = _zip(path)
    else:
        what = next((text for magic, text in _MAGIC if head.startswith(magic)), "")
        what = what or next((text for magic, text in _MARKUP if start[:40].lower().startswith(magic)), "")
        if not what:
            return "csv"
    if what:
        raise SheetError(f"{called} {what}")
    return "xlsx"


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return "is damaged, or was not transferred whole. Save it again."
    return next((what for member, what in _MEMBERS if member in names), "is a ZIP archive: unpack it first.")


def _old_excel(path: Path) -> str:
    """Excel's old format, in which also a workbook with a password is kept."""
    with path.open("rb") as file:
        is_locked = "EncryptedPackage".encode("utf-16-le") in file.read(50_000_000)
    if is_locked:
        return "is protected by a password: save it without."
    return f"is in Excel's old format (.xls). {_SAVE}"
