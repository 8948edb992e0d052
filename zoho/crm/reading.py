"""What every CRM read has in common: rows under a key, a page with its token, one record. Source: crm.md of the dossier, section 6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoho.answers import Page
from zoho.calls import Calls, rows, text_of
from zoho.crm.errors import DIALECT, is_unknown_id
from zoho.errors import RecordNotFoundError, UnreadableAnswerError
from zoho.errors.root import Facts
from zoho.http import Answer

MAX_PER_PAGE = 200
MAX_TOKEN = 2_000
"""Longest page token that is believed."""


class Reading:
    """The part of a client that reads; ``_calls`` is set by the client."""

    _calls: Calls

    def _record(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        found = self._rows(path, "data", params, is_record=True)
        if not found:
            raise RecordNotFoundError(f"GET {path}: no record in the answer", http_status=204)
        return found[0]

    def _rows(self, path: str, key: str, params: Mapping[str, Any] | None = None, *, is_record: bool = False) -> list[dict[str, Any]]:
        return self._read(self._calls.send("GET", path, params=params), key, is_record=is_record)

    def _page(self, path: str, key: str, params: Mapping[str, Any], *, is_record: bool = False, is_heavy: bool = False) -> Page:
        return self._page_of(self._calls.send("GET", path, params=params, is_heavy=is_heavy), key, is_record=is_record)

    def _page_of(self, answer: Answer, key: str, *, is_record: bool = False) -> Page:
        records = self._read(answer, key, is_record=is_record)
        info = answer.body.get("info") if isinstance(answer.body, dict) else None
        if not isinstance(info, dict):
            return Page(records, more=False)
        more = info.get("more_records") in (True, "true")
        return Page(records, more, _token(info.get("next_page_token")), _token(info.get("previous_page_token")))

    def _all(self, path: str, key: str, params: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
        """The rows of all pages, each id once, until about ``most``."""
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, -(-most // MAX_PER_PAGE) + 1):
            part = self._page(path, key, {**params, "page": page, "per_page": MAX_PER_PAGE})
            found |= {str(row["id"]): row for row in part.records if row.get("id")}
            if not part.more or not part.records:
                break
        return [*found.values()]

    def _read(self, answer: Answer, key: str, *, is_record: bool = False) -> list[dict[str, Any]]:
        """The objects under ``key``; a 204 holds none, an empty 200 says nothing. Zoho reports errors inside 200 as well."""
        if answer.status == 204:
            return []
        body = answer.body
        is_error = not isinstance(body, dict) or body.get("status") == "error" or (key not in body and "code" in body)
        if is_error or not 200 <= answer.status < 300:
            raise _no_record(answer) if is_record and is_unknown_id(DIALECT.read(body)) else self._calls.error(answer, is_record=is_record)
        found = rows(body.get(key))
        if found is None:
            raise UnreadableAnswerError(f"{answer.host}: {key} is not a list", http_status=answer.status, request_id=answer.request_id)
        return found


def _token(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_TOKEN else None


def _no_record(answer: Answer) -> RecordNotFoundError:
    words = DIALECT.read(answer.body)
    facts = Facts(request_id=answer.request_id, zoho_code=words.code, zoho_message=words.message, http_status=answer.status)
    return RecordNotFoundError(f"{answer.host}: HTTP {answer.status}, {words.message}", **facts)


def code_of(answer: Answer) -> str | None:
    """Zoho's code, of the whole answer or of its first row."""
    return text_of(DIALECT.read(answer.body).code)
