"""What CRM's answer to a write means, record by record, whatever the HTTP status: 200, 202, 207, 400 and 412 carry the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoho.answers import WriteOutcome
from zoho.calls import NOT_STORED, Calls, rows, text_of, unknown
from zoho.crm.errors import DIALECT
from zoho.crm.refusals import refusals
from zoho.errors import ConflictError, OrgMismatchError, RequestRefusedError, ZohoDownError
from zoho.http import Answer
from zoho.redaction import redact_json


def outcomes(calls: Calls, answer: Answer, sent: Sequence[Mapping[str, Any]], *, is_record: bool) -> list[WriteOutcome]:
    """An outcome for each record that was sent, in order; ``sent`` are the values, for the words of the refusals.

    Raises what a refusal of the whole request means when nothing was stored: token, scope, permission, limits, record.
    """
    body = answer.body
    found = rows(body.get("data")) if isinstance(body, dict) and "code" not in body else None
    if found:
        is_harmless, request_id = answer.is_harmless, answer.request_id
        whole = [(row, row if is_harmless else redact_json(row)) for row in _padded(found, len(sent))]
        return [_outcome(answer.status, request_id, *row, values) for row, values in zip(whole, sent, strict=False)]
    return [_whole(calls, answer, values, is_record) for values in sent]


def _padded(found: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    return [*found, *([{}] * (count - len(found)))]


def _outcome(http_status: int, request_id: str | None, row: dict[str, Any], shown: Any, values: Mapping[str, Any]) -> WriteOutcome:
    code, status = row.get("code"), row.get("status")
    found = row.get("details")
    details = found if isinstance(found, dict) else {}
    facts: dict[str, Any] = {"answer": shown, "http_status": http_status, "request_id": request_id}
    if (status == "success" and code in ("SUCCESS", None)) or (code == "SUCCESS" and status is None):
        return WriteOutcome("accepted", modified_at=text_of(details.get("Modified_Time")), **facts)
    if code == "ALREADY_MODIFIED":
        return WriteOutcome("conflict", modified_at=text_of(details.get("Modified_Time")), modified_by=_name(details), **facts)
    if not isinstance(code, str) or code == "SUCCESS" or status == "success":
        return WriteOutcome("unknown", note="Zoho's answer does not say what became of this record", **facts)
    if DIALECT.classes.get(code) is ZohoDownError:
        return WriteOutcome("unknown", note=f"Zoho reports an error of its own ({code})", **facts)
    return WriteOutcome("refused", refusals(row, values), **facts)


def _whole(calls: Calls, answer: Answer, values: Mapping[str, Any], is_record: bool) -> WriteOutcome:
    """The outcome when the answer has no row for the record: a refusal of the whole request, or nothing readable."""
    is_success = 200 <= answer.status < 300
    if is_success and (answer.is_empty or (isinstance(answer.body, dict) and "code" not in answer.body)):
        return unknown(answer, f"Zoho answered HTTP {answer.status} without a result for this record")
    error = calls.error(answer, is_record=is_record)
    if isinstance(error, (*NOT_STORED, OrgMismatchError)):
        raise error
    facts: dict[str, Any] = {"answer": redact_json(answer.body), "http_status": answer.status, "request_id": answer.request_id}
    words = DIALECT.read(answer.body)
    if isinstance(error, ConflictError):
        return WriteOutcome("conflict", modified_at=text_of(words.details.get("Modified_Time")), modified_by=_name(words.details), **facts)
    if isinstance(error, RequestRefusedError) and isinstance(answer.body, dict) and words.code != "SUCCESS":
        return WriteOutcome("refused", refusals(answer.body, values), **facts)
    return unknown(answer, f"Zoho's answer could not be read (HTTP {answer.status})")


def _name(details: Mapping[str, Any]) -> str | None:
    who = details.get("Modified_By")
    return text_of(who.get("name")) if isinstance(who, dict) else text_of(who)
