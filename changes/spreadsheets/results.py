"""Results as CSV that a spreadsheet shows and never computes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from zoho.fields.shown import text_of

_COMPUTED = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"-\d+(?:\.\d+)?", re.ASCII)


def safe_cell(value: Any) -> str:
    """The text of a value, with an apostrophe in front where a spreadsheet would compute it.

    That is text that begins with ``= + - @``, a tab or a line end. A negative number stays a number; ``+41 44`` is a phone, so it gets
    one. Our own reader takes the apostrophe off again. Ids stay plain: who opens the file in Excel by double click loses digits on the
    screen, and our reader refuses what was saved from there.
    """
    text = text_of(value)
    return f"'{text}" if _COMPUTED.match(text) and not _NUMBER.fullmatch(text) else text


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The rows as CSV, one text a row: a byte order mark, for Excel takes UTF-8 for Windows-1252 without, and CRLF."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    mark = "\ufeff"
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
        yield mark + line.text
        mark = ""


def write_results(rows: Iterable[Sequence[Any]], out: TextIO) -> None:
    """Write the rows as they come. ``out`` must be open with ``encoding="utf-8", newline=""``."""
    out.writelines(csv_lines(rows))


class _Line:
    """A file that holds what was written last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text
