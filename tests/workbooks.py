"""XLSX files for tests and benches, written with zipfile and strings: cells as Excel stores them, and files that it never would."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DAY_ONE = datetime(1899, 12, 30)  # noqa: DTZ001  a sheet knows no zones
_STYLES = (
    f'<styleSheet {_MAIN}><cellXfs count="5">'
    + "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in (0, 14, 22, 21, 46))
    + "</cellXfs></styleSheet>"
)
_GENERAL, _DATE, _DATETIME, _TIME, _DURATION = range(5)


@dataclass(frozen=True)
class Formula:
    """A formula, and the value that was last computed for it; None for one that nobody has computed."""

    text: str
    value: Any = None


@dataclass(frozen=True)
class Raw:
    """A cell as XML, with ``{at}`` for its address."""

    xml: str


@dataclass(frozen=True)
class Error:
    """A cell that shows an error, such as ``#REF!``."""

    code: str


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Sequence[Any]]], *, parts: Mapping[str, str] | None = None) -> Path:
    """Write sheets of rows; a row that is None is left out, as Excel leaves out rows without cells. ``parts`` replace whole members."""
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f"<workbook {_MAIN} {_LINKS}><sheets>"
        + "".join(f'<sheet name="{escape(name)}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(sheets, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(sheets) + 1)] + [("styles", "styles.xml")]
        ),
        "xl/styles.xml": _STYLES,
        **(parts or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
        for at, rows in enumerate(sheets.values(), 1):
            if f"xl/worksheets/sheet{at}.xml" not in members:
                with archive.open(f"xl/worksheets/sheet{at}.xml", "w") as member:
                    for text in sheet_xml(rows):
                        member.write(text.encode())
    return path


def sheet_xml(rows: Iterable[Sequence[Any] | None]) -> Iterable[str]:
    """A worksheet, a row at a time."""
    yield f"<worksheet {_MAIN}><sheetData>"
    for line, row in enumerate(rows, 1):
        if row is not None:
            cells = (_cell(f"{_letters(column)}{line}", value) for column, value in enumerate(row, 1) if value is not None)
            yield f'<row r="{line}">{"".join(cells)}</row>'
    yield "</sheetData></worksheet>"


def _cell(at: str, value: Any) -> str:
    match value:
        case Raw():
            return value.xml.format(at=at)
        case Formula():
            cached = "" if value.value is None else f"<v>{escape(str(value.value))}</v>"
            kind = ' t="str"' if isinstance(value.value, str) else ""
            return f'<c r="{at}"{kind}><f>{escape(value.text)}</f>{cached}</c>'
        case Error():
            return f'<c r="{at}" t="e"><v>{value.code}</v></c>'
        case bool():
            return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{at}"><v>{value!r}</v></c>'
        case datetime():
            return f'<c r="{at}" s="{_DATETIME}"><v>{(value - _DAY_ONE) / timedelta(days=1)!r}</v></c>'
        case date():
            return f'<c r="{at}" s="{_DATE}"><v>{(value - _DAY_ONE.date()).days}</v></c>'
        case time():
            return f'<c r="{at}" s="{_TIME}"><v>{(value.hour * 3600 + value.minute * 60 + value.second) / 86400!r}</v></c>'
        case timedelta():
            return f'<c r="{at}" s="{_DURATION}"><v>{value / timedelta(days=1)!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    links = "".join(f'<Relationship Id="rId{at}" Type="{_TYPE}/{kind}" Target="{target}"/>' for at, (kind, target) in enumerate(targets, 1))
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
