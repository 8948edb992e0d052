"""Files of a form on their way to Zoho's store."""

from __future__ import annotations

from io import BytesIO

import pytest

from changes import drafts, uploads
from tests.walk import connect
from zoho.fields.files import MAX_FILE_BYTES


class Chosen(BytesIO):
    """A file as a browser names it."""

    def __init__(self, filename: str, content: bytes) -> None:
        super().__init__(content)
        self.filename = filename


@pytest.fixture
def opened(amend, sandbox, ana):
    connection_id = connect(amend, ana, more_scopes=("ZohoCRM.files.CREATE",)).connection_id
    return drafts.open_record(amend, ana, connection_id, "crm", "Vehicles", sandbox.ids("Vehicles")[2])


def test_a_file_of_more_than_20_mb_is_not_sent(amend, sandbox, opened):
    typed, failed = uploads.attach(amend, opened, {}, [("Photos", Chosen("huge.mov", b"x" * (MAX_FILE_BYTES + 1)))])

    assert [error.refusal.message for error in failed] == [
        "“huge.mov” was not uploaded: it is larger than 20 MB, which is what Zoho accepts."
    ]
    assert typed == {"Photos": []}
    assert sandbox.calls("POST /crm/v8/files") == 0


def test_a_file_of_20_mb_is(amend, sandbox, opened):
    typed, failed = uploads.attach(amend, opened, {}, [("Photos", Chosen("large.mov", b"x" * MAX_FILE_BYTES))])

    assert failed == ()
    assert f"n1.Size__s={MAX_FILE_BYTES}" in typed["Photos"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("C:\\fakepath\\a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\x00.pdf", "a__b_.pdf"),
        ("", "file"),
        ("/", "file"),
        ("é😀.pdf", "é😀.pdf"),
    ],
)
def test_a_file_has_a_name_that_can_be_sent_and_shown(amend, opened, name, plain):
    typed, failed = uploads.attach(amend, opened, {}, [("Photos", Chosen(name, b"x"))])

    assert failed == ()
    assert f"n1.File_Name__s={plain}" in typed["Photos"]


@pytest.mark.parametrize("field", ["Name", "Nonsense", "Created_Time"])
def test_a_file_for_what_is_no_file_field_goes_nowhere(amend, sandbox, opened, field):
    assert uploads.attach(amend, opened, {}, [(field, Chosen("a.pdf", b"x"))]) == ({}, ())
    assert sandbox.calls("POST /crm/v8/files") == 0
