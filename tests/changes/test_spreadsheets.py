"""Sheets in, results out: what a file is, its rows with the lines that people see, and what is refused before it is opened.

One file, though long: CSV and workbooks are held to the same sentences, with the same writers of files.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changes import spreadsheets
from changes.ids import Duplicates, read_id
from changes.spreadsheets import Row, Sheet, SheetError, match_columns, remember_columns, remembered_columns, safe_cell, write_results
from tests.workbooks import Error, Formula, Raw, sheet_xml, write_workbook
from zoho.fields import Field, FieldError, Kind
from zoho.runtime import Amend

MIDNIGHT = datetime(2026, 11, 27)  # noqa: DTZ001  a sheet knows no zones


def text_file(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "sheet.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(path: Path, sheet: str = "") -> tuple[Sheet, list[Row]]:
    found = spreadsheets.inspect(path, path.name, sheet)
    return found, [*spreadsheets.rows(path, found)]


def refusal(path: Path, name: str = "mine.xls", sheet: str = "") -> str:
    try:
        found = spreadsheets.inspect(path, name, sheet)
        count = sum(1 for _ in spreadsheets.rows(path, found))
    except SheetError as refused:
        return str(refused)
    pytest.fail(f"{count} rows were read")


# What a text file is


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_whatever_separates_and_encodes_it(tmp_path: Path, delimiter: str, encoding: str):
    text = "id,Name,Città\r\n1,Müller,x\r\n2,Àgnes,y\r\n".replace(",", delimiter)

    sheet, rows = read(text_file(tmp_path, text, encoding))

    assert sheet.header == ("id", "Name", "Città")
    assert [row.cells for row in rows] == [("1", "Müller", "x"), ("2", "Àgnes", "y")]
    assert ["Windows-1252" in note for note in sheet.notes] == ([True] if encoding == "cp1252" else [])


def test_decimal_commas_do_not_make_the_comma_a_separator(tmp_path: Path):
    sheet, rows = read(text_file(tmp_path, "id;Price;Tax, %\n1;2,5;7,7\n2;3,5;7,7\n"))

    assert sheet.header == ("id", "Price", "Tax, %")
    assert rows[0].cells == ("1", "2,5", "7,7")


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_separator_that_excel_writes_down_is_used_and_is_no_row(tmp_path: Path, said: str):
    sheet, rows = read(text_file(tmp_path, f"{said}\r\nid;a,b,c\r\n1;d,e,f\r\n"))

    assert sheet.header == ("id", "a,b,c")
    assert sheet.header_line == 2
    assert rows == [Row(3, ("1", "d,e,f"))]


def test_lines_are_those_of_an_editor_also_behind_blank_lines_and_cells_of_several_lines(tmp_path: Path):
    text = '\r\nid,Note\r\n1,"a\r\nb"\r\n\r\n , \r\n2,"c ""d"""\n3,e'

    _, rows = read(text_file(tmp_path, text))

    assert rows == [Row(3, ("1", "a\r\nb")), Row(7, ("2", 'c "d"')), Row(8, ("3", "e"))]


def test_cells_that_were_copied_from_a_sheet_are_read_as_they_are(tmp_path: Path):
    _, rows = read(text_file(tmp_path, 'id\tNote\tCity\n1\t"one\ntwo"\tBern\n2\t\tBasel\n'))

    assert rows == [Row(2, ("1", "one\ntwo", "Bern")), Row(4, ("2", None, "Basel"))]


def test_what_spreadsheets_wrap_around_a_text_is_taken_off(tmp_path: Path):
    text = 'id,a,b,c\n"=""00123""",="007",\'+41 44,=1+1\n'

    _, rows = read(text_file(tmp_path, text))

    assert rows[0].cells == ("00123", "007", "+41 44", "=1+1")


def test_a_row_of_another_width_is_a_complaint_and_the_next_ones_are_read(tmp_path: Path):
    _, rows = read(text_file(tmp_path, "id,Name\n1\n2,b,c\n3,d,\n4,e\n"))

    assert [str(row.complaint) for row in rows[:2]] == [
        "Line 2: This row has 1 cells and the header 2: a separator is missing, or one too many.",
        "Line 3: This row has 3 cells and the header 2: a separator is missing, or one too many.",
    ]
    assert rows[2:] == [Row(4, ("3", "d")), Row(5, ("4", "e"))]


def test_a_cell_that_is_too_long_is_a_complaint_with_line_and_column(tmp_path: Path):
    _, rows = read(text_file(tmp_path, f"id,Note\n1,{'x' * 32_001}\n2,{'x' * 32_000}\n"))

    assert str(rows[0].complaint) == "Line 2, column “Note”: This cell has 32,001 characters; at most 32,000 are taken."
    assert rows[1].complaint is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        (",,\n,,\n", "no rows"),
        ("id,Name\n", "Line 1: There are no rows below the header."),
        ("id,,Name\n1,2,3\n", "Column 2 has no name"),
        ("id,Name, Name \n1,2,3\n", "Columns 2 and 3 are both called “Name”"),
        ("5725767000000123,Ann\n5725767000000124,Ben\n", "The first row holds values"),
        (",".join(f"c{at}" for at in range(201)) + "\n1\n", "201 columns"),
        ('id,Name\n1,"open\n2,b\n', "Line 2: A quotation mark"),
        ('id,Name\n1,"shut" up\n2,b\n', "Line 2: A quotation mark"),
        ("id,Name\n1," + "x" * 2_000_001, "2,000,000 characters"),
        ("<!DOCTYPE html><html><table>", "“mine.xls” is a web page, whatever its name says."),
        ("\n <HTML xmlns:x='urn'>", "is a web page"),
        ('{"steps": []}', "is JSON"),
        ("%PDF-1.7\n", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old format (.xls)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"\x1f\x8b\x08", "is compressed"),
        (b"id,Name\n1,\0\n", "binary data"),
        ("id,Name\n".encode("utf-16-le"), "binary data"),
        (b"id,Name\n1,\x81\n", "no text that we can read"),
        (b"\xff\xfe\0\0i\0\0\0", "UTF-32"),
        (b"PK\x03\x04 cut off", "is damaged"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_sentence(tmp_path: Path, content: str | bytes, words: str):
    assert words in refusal(text_file(tmp_path, content))


def test_archives_that_are_no_workbooks_are_told_apart(tmp_path: Path):
    said = {}
    for member in ("content.xml", "word/document.xml", "xl/workbook.bin", "sheet.csv"):
        path = tmp_path / "archive"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "x")
        said[member] = refusal(path)

    assert "OpenDocument" in said["content.xml"]
    assert "text document" in said["word/document.xml"]
    assert ".xlsb" in said["xl/workbook.bin"]
    assert "unpack it first" in said["sheet.csv"]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).filter(lambda text: not text.startswith(("'", "=")))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_wrote_is_read_as_it_was(tmp_path: Path, rows: list[tuple[str, ...]], delimiter: str, end: str):
    path = tmp_path / "round.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
            [("id", "b", "c"), ("1", "2", "3"), *rows]
        )
    sheet = Sheet("csv", 0, ("id", "b", "c"), 1, encoding="utf-8-sig", delimiter=delimiter)

    found = [row.cells for row in spreadsheets.rows(path, sheet)]

    expected = [tuple(cell if cell.strip() else None for cell in row) for row in rows]
    assert found == [("1", "2", "3"), *(row for row in expected if any(row))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_they_are_read_or_refused(tmp_path: Path, content: bytes):
    path = text_file(tmp_path, content)
    try:
        _, rows = read(path)
    except SheetError:
        return

    assert rows


# Workbooks


def workbook(tmp_path: Path, *rows: Sequence[Any] | None, **more: Any) -> Path:
    return write_workbook(tmp_path / "book.xlsx", {"People": rows}, **more)


def test_cells_of_a_workbook_become_text_and_numbers_are_told(tmp_path: Path):
    path = workbook(
        tmp_path,
        None,
        ["id", "a", "b", "c"],
        ["1", 5, 2.5, 0.1 + 0.2],
        None,
        [" ", True, False, "a\nb"],
        ["2", date(2026, 11, 27), MIDNIGHT, MIDNIGHT + timedelta(hours=14.5, seconds=5)],
        ["3", time(10, 30), timedelta(hours=30, minutes=5), Formula("1+1", 2)],
        [None, None, None, None],
        ["4", Formula('""', ""), -7, 1e20],
        [5725767000000123456, 5725770000001234, 1234567890123450, 123456789012345],
    )

    sheet, rows = read(path)

    assert (sheet.kind, sheet.names, sheet.header, sheet.header_line) == ("xlsx", ("People",), ("id", "a", "b", "c"), 2)
    assert sheet.sample == tuple(rows[:5])
    assert [row[:3] for row in rows] == [
        (3, ("1", "5", "2.5", "0.3"), {1, 2, 3}),
        (5, (None, "true", "false", "a\nb"), set()),
        (6, ("2", "2026-11-27", "2026-11-27", "2026-11-27T14:30:05"), set()),
        (7, ("3", "10:30:00", "30:05:00", "2"), {3}),
        (9, ("4", None, "-7", "1.00000000000000E+20"), {2, 3}),
        (10, ("5.72576700000012E+18", "5725770000001234", "1.23456789012345E+15", "123456789012345"), {0, 1, 2, 3}),
    ]
    assert not any(row.complaint for row in rows)


def test_errors_and_formulas_without_a_value_are_complaints_with_line_and_column(tmp_path: Path):
    path = workbook(
        tmp_path,
        [None, "id", "Amount"],
        [None, "1", Error("#REF!")],
        [None, "2", Formula("B2+1")],
        [None, "3", Raw('<c r="{at}" t="e"><f>1/0</f><v>#DIV/0!</v></c>')],
        [None, "4", Raw('<c r="{at}"><f t="shared" si="0"/></c>')],
        [None, "5", 1],
    )

    _, rows = read(path)

    assert [str(row.complaint).partition(":")[0] for row in rows[:4]] == [f"Line {line}, column “Amount”" for line in (2, 3, 4, 5)]
    assert "#REF!" in str(rows[0].complaint)
    assert "computed" in str(rows[1].complaint)
    assert "#DIV/0!" in str(rows[2].complaint)
    assert "computed" in str(rows[3].complaint)
    assert rows[4].complaint is None


def test_a_sheet_is_chosen_by_name_and_hidden_ones_are_not_offered(tmp_path: Path):
    path = write_workbook(tmp_path / "book.xlsx", {"One": [["id"], ["1"]], "Two & more": [["id"], ["2"]]})

    sheet, rows = read(path, "Two & more")

    assert sheet.names == ("One", "Two & more")
    assert rows == [Row(2, ("2",))]
    assert read(path)[1] == [Row(2, ("1",))]
    assert "has no sheet “Three”: it has One, Two & more." in refusal(path, sheet="Three")


def test_cells_beyond_the_header_are_a_complaint(tmp_path: Path):
    _, rows = read(workbook(tmp_path, ["id", "Name"], ["1", "a", "b"], ["2", "c"]))

    assert [bool(row.complaint) for row in rows] == [True, False]


def test_shared_texts_and_named_namespaces_are_read(tmp_path: Path):
    main = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    cells = '<x:c r="A{0}" t="s"><x:v>{1}</x:v></x:c><x:c r="B{0}"><x:v>7</x:v></x:c>'
    rows = "".join(f'<x:row r="{line}">{cells.format(line, at)}</x:row>' for line, at in ((2, 1),))
    head = '<x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c r="B1" t="inlineStr"><x:is><x:t>Name</x:t></x:is></x:c></x:row>'
    path = workbook(
        tmp_path,
        parts={
            "xl/worksheets/sheet1.xml": f"<x:worksheet {main}><x:sheetData>{head}{rows}</x:sheetData></x:worksheet>",
            "xl/sharedStrings.xml": f"<x:sst {main}><x:si><x:t>id</x:t></x:si>"
            "<x:si><x:r><x:t>12</x:t></x:r><x:r><x:t>3</x:t></x:r></x:si></x:sst>",
        },
    )

    sheet, found = read(path)

    assert sheet.header == ("id", "Name")
    assert found == [Row(2, ("123", "7"), frozenset({1}))]


def sheet_of(body: str) -> dict[str, str]:
    empty = "".join(sheet_xml([]))
    return {"xl/worksheets/sheet1.xml": empty.replace("<sheetData>", f"<sheetData>{body}")}


def strings_of(*texts: str) -> dict[str, str]:
    inside = "".join(f"<si><t>{text}</t></si>" for text in texts)
    return {"xl/sharedStrings.xml": f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{inside}</sst>'}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (sheet_of('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'), "reaches to column 16384"),
        (sheet_of('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'), "more than 100,000 rows"),
        (sheet_of('<row r="1"><c r="A1"/></row><row r="100000"><c r="CV100000"/></row>'), "lie too far apart"),
        (sheet_of('<row r="1"><c><v>1</v></c></row>'), "without an address"),
        (sheet_of('<row r="1"><c r="A1" t="s"><v>9</v></c></row>'), "points to no text"),
        (sheet_of('<row r="1"><c r="A1" t="s"><!-- --><v>0</v></c></row>') | strings_of("id"), "points to no text"),
        (sheet_of('<row r="1"><y:c r="XFD1"><v>1</v></y:c></row>'), "not all written alike"),
        (
            sheet_of("".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, 7001))) | strings_of("x" * 32_000),
            "more than 200 MB",
        ),
        (sheet_of("") | {"xl/worksheets/sheet1.xml": '<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'}, "document type"),
        (sheet_of("") | {"xl/worksheets/sheet1.xml": "<other/>"}, "begins in an unusual way"),
        (sheet_of(""), "is empty"),
        ({"xl/workbook.xml": "<workbook"}, "is damaged"),
        ({"xl/workbook.xml": "<workbook/>"}, "no sheet that can be seen"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_a_workbook_that_asks_for_too_much_memory_or_is_odd_is_refused_before_it_is_opened(
    tmp_path: Path, parts: dict[str, str], words: str
):
    assert words in refusal(workbook(tmp_path, parts=parts))


def test_258_megabytes_inside_a_small_file_are_named_and_not_unpacked(tmp_path: Path):
    path = workbook(tmp_path, ["id"], ["1"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/big.xml", "w") as member:
        for _ in range(258):
            member.write(b"0" * 1_000_000)

    assert "This workbook holds 258 MB inside 2" in refusal(path)


def test_a_part_that_unpacks_to_more_than_it_declares_is_refused(tmp_path: Path):
    path = workbook(tmp_path, ["id"], *[[str(at)] for at in range(5000)])
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))

    assert "more than the 1 kB that it declares" in refusal(path)


def test_an_encrypted_part_and_too_many_parts_are_refused(tmp_path: Path):
    path = workbook(tmp_path, ["id"], ["1"])
    with zipfile.ZipFile(path, "a") as archive:
        for at in range(2000):
            archive.writestr(f"part{at}", "")
    many = refusal(path)
    path = workbook(tmp_path, ["id"], ["1"])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    assert "at most 2,000 are taken" in many
    assert "encrypted" in refusal(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_workbook_with_a_byte_changed_is_read_or_refused(tmp_path: Path, at: int, byte: int):
    content = bytearray(workbook(tmp_path, ["id", "Name"], ["1", "a"]).read_bytes())
    content[at % len(content)] = byte
    path = tmp_path / "changed.xlsx"
    path.write_bytes(content)
    try:
        found, rows = read(path)
    except SheetError:
        return

    assert found.sample == tuple(rows[:5])


COUNTED = """
import resource, sys
from pathlib import Path
from changes import spreadsheets
path = Path(sys.argv[1])
sheet = spreadsheets.inspect(path)
before, count = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
try:
    for row in spreadsheets.rows(path, sheet):
        count += 1
except spreadsheets.SheetError as refused:
    print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, refused)
"""


@pytest.mark.slow
def test_a_million_rows_are_read_without_keeping_them_and_not_one_more(tmp_path: Path):
    path = tmp_path / "million.csv"
    with path.open("w") as file:
        file.write("id,Phone\n")
        file.writelines(f"57257670000{at:08},+41\n" for at in range(1_000_001))

    done = subprocess.run([sys.executable, "-c", COUNTED, str(path)], capture_output=True, text=True, check=True)

    count, grown_mebibytes, refused = done.stdout.split(maxsplit=2)
    assert count == "1000000"
    assert int(grown_mebibytes) < 10
    assert refused == "Line 1000002: This sheet has more than 1,000,000 rows: split it.\n"


# Ids


@pytest.mark.parametrize("text", ["5725767000000123456", " zcrm_5725767000000123456 ", "'5725767000000123456", "ZCRM_5725767000000123456"])
def test_an_id_is_its_digits(text: str):
    assert read_id(text) == "5725767000000123456"


@pytest.mark.parametrize(
    ("text", "is_number"),
    [("5.72577E+18", False), ("5,72577E+18", False), ("5725770000000000000", True), ("1234567890123450", True), ("1.5", True)],
)
def test_an_id_that_lost_digits_in_a_spreadsheet_is_refused(text: str, is_number: bool):
    with pytest.raises(FieldError, match="lost digits: format the column as text"):
        read_id(text, is_number=is_number)


def test_a_short_or_exact_number_is_an_id():
    assert read_id("123456", is_number=True) == "123456"
    assert read_id("5725770000001234", is_number=True) == "5725770000001234"


@pytest.mark.parametrize(
    ("text", "words"), [("", "no id"), ("Acme", "no id"), ("1" * 31, "no id"), ("²", "no id"), ("-5", "no id"), ("=A1", "formula")]
)
def test_what_is_no_id_is_refused(text: str, words: str):
    with pytest.raises(FieldError, match=words):
        read_id(text)


@given(st.lists(st.integers(0, 10**25) | st.integers(0, 9), max_size=300))
def test_a_second_row_of_an_id_is_told_the_line_of_the_first(ids: list[int]):
    seen, expected = Duplicates(), dict[int, int]()

    for line, number in enumerate(ids, 2):
        assert seen.first_line(str(number), line) == expected.get(number)
        expected.setdefault(number, line)


def test_duplicates_are_found_among_many():
    seen = Duplicates()

    assert not any(seen.first_line(str(5725767000000000000 + line * 1000), line) for line in range(2, 20_000))
    assert seen.first_line("5725767000000005000", 20_001) == 5


# Columns

FIELDS: list[Field] = [
    Field("Last_Name", "Last Name", Kind.TEXT),
    Field("Phone", "Téléphone", Kind.PHONE),
    Field("Rating", "Rating", Kind.PICKLIST),
    Field("Rating2", "Rating", Kind.PICKLIST),
    Field("Modified_Time", "Modified Time", Kind.DATETIME, is_editable=False, why_read_only="Zoho keeps this time."),
    Field("Items", "Items", Kind.SUBFORM),
    Field("SSN", "SSN", Kind.TEXT, is_masked=True),
]


def targets(*header: str, **more: Any) -> list[str]:
    return [one.target for one in match_columns(header, FIELDS, "Lead", **more)]


@pytest.mark.parametrize("header", ["id", "ID", "Record Id", "Lead ID", "zcrm id", "Record_Id"])
def test_the_column_of_ids_is_known_by_its_usual_names(header: str):
    assert targets(header) == ["id"]


def test_columns_are_matched_by_api_name_label_or_both():
    assert targets("last name", "telephone", "Rating2", "Nothing") == ["Last_Name", "Phone", "Rating2", ""]
    assert targets("Last Name (Last_Name)", "PHONE", "Rating (Rating)") == ["Last_Name", "Phone", "Rating"]


def test_a_name_that_may_mean_two_fields_and_columns_that_mean_one_are_left_unused_with_a_word():
    found = match_columns(["rating", "Phone", "Téléphone", "Record Id", "id"], FIELDS, "Lead")

    assert [one.target for one in found] == [""] * 5
    assert found[0].why == "May mean Rating (Rating) or Rating (Rating2): choose one."
    assert found[1].why == "Means the same field as “Téléphone”: choose one of them."
    assert found[3].why == "Means the same field as “id”: choose one of them."


def test_fields_that_no_cell_can_hold_say_why():
    found = match_columns(["Modified Time", "Items", "SSN"], FIELDS)

    assert [one.target for one in found] == [""] * 3
    assert found[0].why == "Zoho keeps this time."
    assert "rows" in found[1].why
    assert "masked" in found[2].why


def test_what_a_person_chose_is_remembered_for_their_next_sheet(amend: Amend, connection_id: UUID, ana: UUID):
    remember_columns(amend, ana, connection_id, "crm", "Leads", {"Tel": "Phone", "Phone": ""})
    remember_columns(amend, ana, connection_id, "crm", "Leads", {"Name": "Last_Name", "Gone": "Deleted"})

    known = remembered_columns(amend, ana, connection_id, "crm", "Leads")

    assert targets("Tel", "Phone", "Name", "Gone", remembered=known) == ["Phone", "", "Last_Name", ""]
    assert remembered_columns(amend, ana, connection_id, "crm", "Contacts") == {}


# Results


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+41 44", "'+41 44"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-None-", "'-None-"),
        ("-12.5", "-12.5"),
        (-12, "-12"),
        (None, ""),
        (True, "true"),
        ("5725767000000123456", "5725767000000123456"),
        ("a=b", "a=b"),
    ],
)
def test_no_cell_of_the_results_is_computed_and_numbers_stay_numbers(value: Any, expected: str):
    assert safe_cell(value) == expected


def test_results_are_what_excel_opens_and_what_our_reader_reads_back(tmp_path: Path):
    path = tmp_path / "results.csv"
    rows = [("id", "Phone", "Note"), ("5725767000000123456", "+41 44", 'a "b"\nc;d'), ("2", "=1", "-3")]

    with path.open("w", encoding="utf-8", newline="") as out:
        write_results(iter(rows), out)

    assert path.read_bytes().startswith("\ufeffid,Phone,Note\r\n5725767000000123456,'+41 44".encode())
    assert [row.cells for row in read(path)[1]] == rows[1:]
