"""CRM's store of files for file and image fields. Source: the dossier's crm.md sections 1 and 13."""

from __future__ import annotations

from typing import Any

from zoho.calls import rows, text_of
from zoho.crm.reading import Reading, code_of
from zoho.errors import UnreadableAnswerError


class Files(Reading):
    """Uploads. A file belongs to no record until an update names its id."""

    def upload_file(self, name: str, content: bytes) -> str:
        """Store a file of at most 20 MB and give its id, which an update puts into a file field as ``File_Id__s``.

        Zoho answers ``{"data": [{"code": "SUCCESS", "details": {"name", "id"}, …}]}``. Raises RequestRefusedError with Zoho's code
        (``FILE_SIZE_MORE_THAN_ALLOWED_SIZE``, ``STORAGE_SPACE_EXCEEDED``) and the other errors of the class.
        """
        answer = self._calls.send("POST", "/files", file=(name, content))
        found = rows(answer.body.get("data")) if isinstance(answer.body, dict) else None
        details: Any = found[0].get("details") if found else None
        file_id = text_of(details.get("id")) if isinstance(details, dict) else None
        if code_of(answer) not in ("SUCCESS", None) or not 200 <= answer.status < 300:
            raise self._calls.error(answer)
        if file_id is None:
            raise UnreadableAnswerError(f"{answer.host}: no id for a file", http_status=answer.status, request_id=answer.request_id)
        return file_id
