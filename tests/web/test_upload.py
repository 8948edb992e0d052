"""Uploading or pasting a sheet: what is kept of it, what its columns mean, the rows that come of it, and what is said of a bad one."""

from __future__ import annotations

import os
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from changes import jobs, proposals, rows, runner
from changes.jobs import Job
from changes.rows import Row
from people import Operator
from sandbox.server import Sandbox
from tests import walk
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from tests.web.editing import RecordForm
from tests.web.test_propose import plan_of
from tests.workbooks import write_workbook
from zoho.runtime import Amend


@pytest.fixture
def leads(sandbox: Sandbox) -> list[str]:
    return [id for id in sandbox.ids("Leads") if id not in sandbox.hostile("Leads")][:3]


@pytest.fixture
def upload(client: Visitor, connection_id: UUID) -> Any:
    """Send a file, or a pasted table."""
    path = f"/connections/{connection_id}/plans/upload"

    def send(content: bytes | str, name: str = "leads.csv", where: str = "crm/Leads") -> TestResponse:
        data: dict[str, Any] = {"where": where}
        data |= {"pasted": content} if isinstance(content, str) else {"file": (BytesIO(content), name)}
        return client.post(path, data)

    return send


@pytest.fixture
def folder(amend: Amend) -> Path:
    return amend.settings.instance_dir / "uploads"


def columns(client: Visitor, answer: TestResponse) -> RecordForm:
    """The page that asks what the columns mean."""
    assert answer.status_code == 303, text_of(answer)
    page = client.get(answer.location)
    assert page.status_code == 200
    return RecordForm(page)


def preview(client: Visitor, form: RecordForm) -> TestResponse:
    return client.client.post(form.path, data=form.data(action="preview"))


def read(client: Visitor, amend: Amend, answer: TestResponse) -> tuple[Job, list[Row]]:
    """Take the columns as they were guessed, let the worker read: the plan and its rows."""
    plan_id = plan_of(amend, preview(client, columns(client, answer)))
    return jobs.load(amend, plan_id), rows.page(amend, plan_id, -1, 1_000)


def refused(found: list[Row]) -> dict[int | None, str]:
    """What is wrong with the faulty rows, by line."""
    return {row.line: " ".join(one["message"] for one in row.refusals) for row in found if row.kind == "faulty"}


def sheet(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n"


def test_a_sheet_becomes_rows_with_their_lines(client: Visitor, amend: Amend, upload: Any, leads: list[str], folder: Path) -> None:
    answer = upload(sheet("Record Id,City,Notes", f"zcrm_{leads[0]},Bern,x", "", f'{leads[1]},"Zug, CH",y', f"{leads[2]},,z"))
    (kept,) = folder.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700

    job, found = read(client, amend, answer)

    assert [(row.line, row.record_id, row.given) for row in found] == [
        (2, leads[0], {"City": "Bern"}),
        (4, leads[1], {"City": "Zug, CH"}),
        (5, leads[2], {}),
    ]
    assert (job.title, job.state, job.counts) == ("City of Leads, from leads.csv", "previewed", {"ready": 2, "dropped": 1})
    assert list(folder.iterdir()) == []


def test_a_blank_cell_empties_its_field_when_the_column_says_so(client: Visitor, amend: Amend, upload: Any, leads: list[str]) -> None:
    form = columns(client, upload(sheet("id,City,Phone", f"{leads[0]},,")))
    form.type("A blank cell in City", "empty")

    plan_id = plan_of(amend, preview(client, form))

    (row,) = rows.page(amend, plan_id, -1, 10)
    assert row.given == {"City": None}
    assert row.changes[0]["sent"] is None


def test_pasted_cells_are_read_like_a_file(client: Visitor, amend: Amend, upload: Any, leads: list[str]) -> None:
    job, found = read(client, amend, upload(f'Record Id\tCity\r\n{leads[0]}\t"Basel\nStadt"\r\n{leads[1]}\tZug\r\n'))

    assert [row.record_id for row in found] == leads[:2]
    assert job.title == "City of Leads, pasted"


def test_a_workbook_has_its_sheet_chosen(client: Visitor, amend: Amend, upload: Any, leads: list[str], tmp_path: Path) -> None:
    book = write_workbook(
        tmp_path / "leads.xlsx", {"Cover": [["about", "what"], ["x", "y"]], "Data": [["Record Id", "City"], [leads[0], "Bern"]]}
    )
    form = columns(client, upload(book.read_bytes(), "leads.xlsx"))
    assert form.control("Sheet").values == ["Cover"]
    form.choose("Sheet", "Data")

    form = RecordForm(client.client.post(form.path, data=form.data(action="sheet")))
    plan_id = plan_of(amend, preview(client, form))

    assert [(row.record_id, row.given) for row in rows.page(amend, plan_id, -1, 10)] == [(leads[0], {"City": "Bern"})]


def test_a_workbook_that_begins_with_a_cover_opens_at_its_rows(
    client: Visitor, amend: Amend, upload: Any, leads: list[str], tmp_path: Path
) -> None:
    book = write_workbook(tmp_path / "a.xlsx", {"Cover": [["Our leads"]], "Data": [["Record Id", "City"], [leads[0], "Bern"]]})

    _, (row,) = read(client, amend, upload(book.read_bytes(), "a.xlsx"))

    assert row.given == {"City": "Bern"}


def test_what_is_wrong_with_a_row_stands_at_its_line(client: Visitor, amend: Amend, upload: Any, leads: list[str]) -> None:
    lines = [
        "\ufeffRecord Id;City;Phone",
        f"{leads[0]};Bern;1",
        "5,72577E+18;Bern;2",
        f"{leads[0]};Zug;3",
        "=A1;Bern;4",
        ";Bern;5",
        "lead;Bern;6",
        f"{leads[1]};Bern",
        f"{leads[2]};=HYPERLINK(1);+41 44",
    ]
    _, found = read(client, amend, upload(sheet(*lines)))

    wrong = refused(found)
    assert {line: text for line, text in wrong.items() if "lost digits" in text}.keys() == {3}
    assert "stands in line 2 already" in wrong[4]
    assert "formula" in wrong[5]
    assert wrong[6] == "There is no record id in this row."
    assert "is no id" in wrong[7]
    assert "2 cells and the header 3" in wrong[8]
    ready = {row.line: row.given for row in found if row.kind == "ready"}
    assert ready == {2: {"City": "Bern", "Phone": "1"}, 9: {"City": "=HYPERLINK(1)", "Phone": "+41 44"}}


def test_an_id_that_a_workbook_holds_as_a_number_has_lost_digits(
    client: Visitor, amend: Amend, upload: Any, leads: list[str], tmp_path: Path
) -> None:
    book = write_workbook(tmp_path / "a.xlsx", {"Data": [["Record Id", "City"], [5725767000001001000.0, "Bern"], [leads[0], "Zug"]]})

    _, found = read(client, amend, upload(book.read_bytes(), "a.xlsx"))

    assert list(refused(found)) == [2]
    assert "lost digits: format the column as text" in refused(found)[2]


def test_a_lookup_that_a_workbook_holds_as_a_number_has_lost_digits_too(
    client: Visitor, amend: Amend, upload: Any, leads: list[str], tmp_path: Path
) -> None:
    book = write_workbook(tmp_path / "a.xlsx", {"Data": [["Record Id", "Referred By"], [leads[0], 5725767000002001000.0]]})

    _, (row,) = read(client, amend, upload(book.read_bytes(), "a.xlsx"))

    assert row.refusals[0]["field"] == "Referred_By"
    assert "lost digits" in row.refusals[0]["message"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a file"),
        (b"   \r\n", "is empty"),
        (b"Record Id,City\r\n", "There are no rows below the header"),
        (b"Record Id,Record Id\r\n1,2\r\n", "are both called"),
        (b"5725767000001001001,Bern\r\n5725767000001001008,Zug\r\n", "holds values, not names"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"<html><table><tr><td>1</table>", "is a web page"),
        (b"PK\x03\x04nonsense", "is damaged"),
        (b"\x00\x01\x02\x03" * 100, "binary data"),
        (b'id,City\r\n1,"open\r\n', "quotation mark"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_in_words(upload: Any, folder: Path, content: bytes, words: str) -> None:
    answer = upload(content or "", "leads.csv")

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_zip_bomb_is_refused_before_it_is_opened(upload: Any, tmp_path: Path, folder: Path) -> None:
    bomb = write_workbook(tmp_path / "bomb.xlsx", {"Data": [["Record Id"], ["1"]]})
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.bin", "w") as member:
        for _ in range(250):
            member.write(bytes(1_000_000))

    answer = upload(bomb.read_bytes(), "bomb.xlsx")

    assert answer.status_code == 422
    assert "This workbook holds 250 MB inside" in text_of(answer)
    assert list(folder.iterdir()) == []


def test_a_file_past_the_limit_is_refused_by_its_length(client: Visitor, connection_id: UUID) -> None:
    path = f"/connections/{connection_id}/plans/upload"

    length = {"CONTENT_LENGTH": "400000000"}
    answer = client.client.post(path, data=b"x", content_type="multipart/form-data; boundary=x", environ_overrides=length)

    assert answer.status_code == 413
    assert "300 MB" in text_of(answer)


def test_a_hostile_name_is_only_shown(client: Visitor, amend: Amend, upload: Any, leads: list[str], folder: Path) -> None:
    name = "../../etc/<b>leads\u202e</b>.csv"

    answer = upload(sheet("Record Id,City", f"{leads[0]},Bern"), name)

    page = client.get(answer.location)
    assert "<b>leads" not in page.text
    (kept,) = folder.iterdir()
    assert len(kept.name) == len("0" * 32 + ".sheet")


def test_what_keeps_the_columns_from_being_read_is_said_and_nothing_is_lost(client: Visitor, upload: Any, leads: list[str]) -> None:
    form = columns(client, upload(sheet("Lead,Town,City", f"{leads[0]},Bern,Zug")))
    assert form.control("Lead goes to").values == [""]
    form.choose("Town goes to", "City")

    answer = preview(client, form)

    assert answer.status_code == 422
    text = text_of(answer)
    assert "Say which column holds the id of the record" in text
    assert "City is given by two columns: keep one." in text
    assert RecordForm(answer).control("Town goes to").values == ["City"]


def test_what_was_chosen_is_remembered_for_the_next_sheet(client: Visitor, amend: Amend, upload: Any, leads: list[str]) -> None:
    content = sheet("Lead,Town", f"{leads[0]},Bern")
    form = columns(client, upload(content))
    form.choose("Lead goes to", "Record id").choose("Town goes to", "City")
    plan_of(amend, preview(client, form))

    form = columns(client, upload(content))

    assert (form.control("Lead goes to").values, form.control("Town goes to").values) == (["id"], ["City"])


def test_columns_survive_an_expired_session(client: Visitor, anonymous: Visitor, upload: Any, leads: list[str]) -> None:
    form = columns(client, upload(sheet("Lead,Town", f"{leads[0]},Bern")))
    form.choose("Lead goes to", "Record id").choose("Town goes to", "City")

    turned_away = anonymous.client.post(form.path, data=form.data(action="preview"))

    assert turned_away.status_code == 303
    assert turned_away.location.startswith("/sign-in?next=")
    assert RecordForm(client.get(form.path)).control("Town goes to").values == ["City"]


def test_columns_survive_a_zoho_that_does_not_answer(
    client: Visitor, upload: Any, leads: list[str], sandbox: Sandbox, clock: Clock, amend: Amend
) -> None:
    form = columns(client, upload(sheet("Lead,Town", f"{leads[0]},Bern")))
    form.choose("Lead goes to", "Record id").choose("Town goes to", "City")
    sandbox.revoke_all()
    with amend.writing() as transaction:
        transaction.exec_driver_sql("DELETE FROM zoho_metadata")

    answer = preview(client, form)

    assert answer.status_code >= 400
    assert "What you typed is kept" in text_of(answer)
    assert f'href="{form.path}"' in answer.text


def test_another_persons_sheet_is_not_found(client: Visitor, amend: Amend, upload: Any, connection_id: UUID, leads: list[str]) -> None:
    other = walk.connect(amend, walk.add(amend, "bob@example.com")).connection_id
    form = columns(client, upload(sheet("Record Id,City", f"{leads[0]},Bern")))
    snapshot = form.path.rpartition("/")[2]

    for path in (f"/connections/{other}/plans/upload", f"/connections/{other}/plans/upload/{snapshot}"):
        assert client.get(path).status_code == 404
    assert client.get(f"/connections/{connection_id}/plans/upload/{uuid4()}").status_code == 404


def test_a_file_is_kept_for_a_day(client: Visitor, upload: Any, leads: list[str], folder: Path, clock: Clock, operator: Operator) -> None:
    content = sheet("Record Id,City", f"{leads[0]},Bern")
    form = columns(client, upload(content))
    for path in folder.iterdir():
        age_file(path, clock)
    upload(content)
    assert len(list(folder.iterdir())) == 1

    answer = client.get(form.path, follow_redirects=True)

    assert "The uploaded file is gone" in text_of(answer)


def age_file(path: Path, clock: Clock) -> None:
    """As if it had been uploaded two days ago."""
    at = (clock() - timedelta(days=2)).timestamp()
    os.utime(path, (at, at))


def test_an_old_file_that_a_plan_is_still_to_read_stays(
    client: Visitor, amend: Amend, upload: Any, leads: list[str], folder: Path, clock: Clock
) -> None:
    content = sheet("Record Id,City", f"{leads[0]},Bern")
    answer = preview(client, columns(client, upload(content)))
    (path,) = folder.iterdir()
    age_file(path, clock)

    upload(content)

    assert path.exists()
    assert jobs.load(amend, plan_of(amend, answer)).count("ready") == 1


def test_a_reading_that_broke_off_goes_on_where_it_was(client: Visitor, amend: Amend, upload: Any, sandbox: Sandbox) -> None:
    known = sandbox.ids("Leads")[5]
    ids = [known, *(str(5725767000009000000 + at) for at in range(2_500)), known]
    answer = preview(client, columns(client, upload(sheet("Record Id,City", *(f"{id},Bern" for id in ids)))))
    plan_id = UUID(answer.location.removeprefix("/plans/"))
    turns = iter((True, True, False))
    proposals.read_source(amend, jobs.load(amend, plan_id), lambda: next(turns))
    assert len(rows.page(amend, plan_id, -1, 10_000)) == 2_000

    proposals.read_source(amend, jobs.load(amend, plan_id), lambda: True)

    found = rows.page(amend, plan_id, -1, 10_000)
    assert [row.record_id for row in found] == ids
    assert "stands in line 2 already" in refused(found)[2_503]


def test_a_file_that_turns_bad_half_way_fails_the_plan_in_words(
    client: Visitor, amend: Amend, upload: Any, folder: Path, leads: list[str]
) -> None:
    content = sheet("Record Id,City", *[f"{5725767000009000000 + at},Bern" for at in range(100)], f'{leads[0]},"Bern')

    answer = preview(client, columns(client, upload(content)))
    plan_id = UUID(answer.location.removeprefix("/plans/"))
    runner.run(amend, plan_id)

    job = jobs.load(amend, plan_id)
    assert job.state == "failed"
    assert job.reason
    assert job.reason["text"].startswith("Line 102: A quotation mark")
    assert list(folder.iterdir()) == []
