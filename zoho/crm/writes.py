"""What CRM's answer to a write means, record by record, whatever the HTTP status: 200, 202, 207, 400 and 412 carry the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoho.answers import WriteOutcome
from zoho.calls import NOT_STORED, Calls, rows, text_of, unknown
from zoho.crm.errors import DIALECT, read
from zoho.crm.refusals import record_of, refusals
from zoho.errors import ConflictError, OrgMismatchError, RequestRefusedError, ZohoDownError
from zoho.http import Answer
from zoho.redaction import redact_json

TRIGGERS = {
    "workflow": "Workflow rules",
    "approval": "Approval processes",
    "blueprint": "Blueprints",
    "pathfinder": "Journeys (PathFinder)",
    "orchestration": "Orchestrations",
}
"""What an update may be told to run, by Zoho's word; crm.md of the dossier, section 9."""


def outcomes(calls: Calls, answer: Answer, sent: Sequence[Mapping[str, Any]], *, is_record: bool) -> list[WriteOutcome]:
    """An outcome for each record that was sent, in order; ``sent`` are the values, for the words of the refusals.

    Raises what a refusal of the whole request means when nothing was stored: token, scope, permission, limits, record.
    """
    body = answer.body
    found = rows(body.get("data")) if isinstance(body, dict) and "code" not in body else None
    if found:
        is_harmless, request_id = answer.is_harmless, answer.request_id
        whole = [(row, row if is_harmless else redact_json(row)) for row in _aligned(found, sent)]
        return [_outcome(answer.status, request_id, *row, values) for row, values in zip(whole, sent, strict=True)]
    said = [_whole(calls, answer, values, None if is_record else index) for index, values in enumerate(sent)]
    return [outcome._replace(is_whole=True) for outcome in said]


def _aligned(found: list[dict[str, Any]], sent: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each record, in order. When their numbers differ the order proves nothing: only a row that names its record counts."""
    if len(found) == len(sent):
        return found
    named: dict[str | int, dict[str, Any]] = {}
    for row in found:
        named |= {key: row for key in (_id_of(row), record_of(read(row).details)) if key is not None}
    return [named.get(values.get("id", ""), named.get(index, {})) for index, values in enumerate(sent)]


def _id_of(row: Mapping[str, Any]) -> str | None:
    """The record that a row speaks of; the ``id`` of other codes may be another record, such as the duplicate."""
    return text_of(read(row).details.get("id")) if row.get("code") in ("SUCCESS", "ALREADY_MODIFIED") else None


def _outcome(http_status: int, request_id: str | None, row: dict[str, Any], shown: Any, values: Mapping[str, Any]) -> WriteOutcome:
    code, status = row.get("code"), row.get("status")
    found = row.get("details")
    details = found if isinstance(found, dict) else {}
    is_another = details.get("id") != values.get("id") and _id_of(row) not in (None, values.get("id"))
    if not is_another and ((status == "success" and code in ("SUCCESS", None)) or (code == "SUCCESS" and status is None)):
        return WriteOutcome("accepted", (), shown, http_status, request_id, modified_at=text_of(details.get("Modified_Time")))
    facts: dict[str, Any] = {"answer": shown, "http_status": http_status, "request_id": request_id}
    if is_another:
        return WriteOutcome("unknown", note="Zoho's answer speaks of another record", **facts)
    if code == "ALREADY_MODIFIED":
        return WriteOutcome("conflict", modified_at=text_of(details.get("Modified_Time")), modified_by=_name(details), **facts)
    if not isinstance(code, str) or code == "SUCCESS" or status == "success":
        return WriteOutcome("unknown", note="Zoho's answer does not say what became of this record", **facts)
    if DIALECT.classes.get(code) is ZohoDownError:
        return WriteOutcome("unknown", note=f"Zoho reports an error of its own ({code})", **facts)
    return WriteOutcome("refused", refusals(row, values), **facts)


def _whole(calls: Calls, answer: Answer, values: Mapping[str, Any], index: int | None) -> WriteOutcome:
    """The outcome when the answer has no row for the record: a refusal of the whole request, or nothing readable.

    ``index``: which of the call's records it is; None when the path names it.
    """
    is_success = 200 <= answer.status < 300
    if is_success and (answer.is_empty or (isinstance(answer.body, dict) and "code" not in answer.body)):
        return unknown(answer, f"Zoho answered HTTP {answer.status} without a result for this record")
    error = calls.error(answer, is_record=index is None)
    if isinstance(error, (*NOT_STORED, OrgMismatchError)):
        raise error
    facts: dict[str, Any] = {"answer": redact_json(answer.body), "http_status": answer.status, "request_id": answer.request_id}
    words = DIALECT.read(answer.body)
    if isinstance(error, ConflictError):
        return WriteOutcome("conflict", modified_at=text_of(words.details.get("Modified_Time")), modified_by=_name(words.details), **facts)
    if isinstance(error, RequestRefusedError) and isinstance(answer.body, dict) and words.code != "SUCCESS":
        return WriteOutcome("refused", refusals(answer.body, values, index), **facts)
    return unknown(answer, f"Zoho's answer could not be read (HTTP {answer.status})")


def _name(details: Mapping[str, Any]) -> str | None:
    who = details.get("Modified_By")
    return text_of(who.get("name")) if isinstance(who, dict) else text_of(who)
