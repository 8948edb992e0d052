"""Files that were chosen in a form: each goes to Zoho's store at once, and its id into what was typed, so that no page loses it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Protocol

from changes import door, snapshots
from changes.drafts import Opened
from changes.snapshots import Typed
from zoho.answers import Done, Refusal
from zoho.errors import ZohoError
from zoho.fields import Kind
from zoho.fields.cells import ROWS, read_cells
from zoho.fields.files import FILE_ID, FILE_NAME, MAX_FILE_BYTES, SIZE
from zoho.runtime import Amend

MAX_NAME = 200


class Upload(Protocol):
    """A file as the browser sent it."""

    filename: str | None

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes of it."""


class NotUploaded(Exception):
    """Carries what to say at the field, and the ZohoError behind it, if there is one."""

    def __init__(self, refusal: Refusal, error: ZohoError | None = None) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.error = error


def attach(
    amend: Amend, opened: Opened, typed: Typed, uploads: Iterable[tuple[str, Upload]]
) -> tuple[dict[str, list[str]], tuple[NotUploaded, ...]]:
    """What was typed with the uploaded files in it, kept; and those that Zoho did not take."""
    held = {name: list(posted) for name, posted in typed.items()}
    failed: list[NotUploaded] = []
    for name, upload in uploads:
        field = opened.record_form.form.by_name.get(name)
        if field is None or field.kind != Kind.FILES or not field.is_editable:
            continue
        try:
            held.setdefault(name, []).extend(_row(amend, opened, name, upload, held.get(name, [])))
        except NotUploaded as error:
            failed.append(error)
    snapshots.keep_typed(amend, opened.snapshot_id, held)
    return held, tuple(failed)


def _row(amend: Amend, opened: Opened, field: str, upload: Upload, posted: list[str]) -> list[str]:
    """What a form posts for a file that waits for the save. Raises NotUploaded."""
    file_name = _plain((upload.filename or "").replace("\\", "/").rpartition("/")[2])
    content = upload.read(MAX_FILE_BYTES + 1)
    if not content or len(content) > MAX_FILE_BYTES:
        why = "it is larger than 20 MB, which is what Zoho accepts." if content else "it is empty."
        raise NotUploaded(Refusal(field=field, message=f"“{file_name}” was not uploaded: {why}"))
    try:
        answer = door.execute_tool(
            amend, opened.connection.id, "crm.upload_file", {"name": file_name, "content": b64encode(content).decode()}
        )
    except ZohoError as error:
        message = f"“{file_name}” was not uploaded: {error.summary} Choose it again."
        raise NotUploaded(Refusal(field=field, message=message, zoho_code=error.zoho_code), error) from error
    if not isinstance(answer, Done):
        raise NotUploaded(Refusal(field=field, message=f"“{file_name}” was not uploaded. Choose it again."))
    key = f"n{read_cells(posted).next_new}"
    return [f"{ROWS}={key}", f"{key}.{FILE_ID}={answer.value}", f"{key}.{FILE_NAME}={file_name}", f"{key}.{SIZE}={len(content)}"]


def _plain(name: str) -> str:
    text = "".join(one if one.isprintable() and one not in "/\\" else "_" for one in name).strip()
    return (text if len(text) <= MAX_NAME else text[: MAX_NAME - 20] + "…" + text[-19:]) or "file"
