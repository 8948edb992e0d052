"""What Desk's answer to a PATCH means: 200 with the record is acceptance, 422 places its refusals by JSON pointer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoho.answers import Refusal, WriteOutcome
from zoho.calls import NOT_STORED, Calls, rows, text_of, unknown
from zoho.desk.errors import DIALECT, read
from zoho.errors import OrgMismatchError, RequestRefusedError, explain
from zoho.http import Answer
from zoho.redaction import redact, redact_json

MAX_REFUSALS = 200
_KINDS = {
    "missing": "Zoho needs a value here.",
    "duplicate": "Another record already has this value.",
    "invalid": "Zoho does not accept this value.",
}


def outcome(calls: Calls, answer: Answer, record_id: str) -> WriteOutcome:
    """The outcome of one PATCH. Raises what a refusal of the whole request means when nothing was stored."""
    body = answer.body
    facts: dict[str, Any] = {"answer": redact_json(body), "http_status": answer.status, "request_id": answer.request_id}
    if 200 <= answer.status < 300 and (answer.is_empty or (isinstance(body, dict) and "errorCode" not in body)):
        if isinstance(body, dict) and text_of(body.get("id")) == record_id:
            return WriteOutcome("accepted", modified_at=text_of(body.get("modifiedTime")), **facts)
        return unknown(answer, f"Zoho answered HTTP {answer.status} without the record")
    error = calls.error(answer, is_record=True)
    if isinstance(error, (*NOT_STORED, OrgMismatchError)):
        raise error
    if isinstance(error, RequestRefusedError) and isinstance(body, dict):
        return WriteOutcome("refused", refusals(body), **facts)
    return unknown(answer, f"Zoho's answer could not be read (HTTP {answer.status})")


def refusals(body: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Every entry of ``errors`` at its field, else one refusal of the record; the message alone tells nothing."""
    words = read(body)
    entries = rows(body.get("errors")) or []
    if entries:
        return tuple(_at_field(entry, words.code) for entry in entries[:MAX_REFUSALS])
    found = explain(DIALECT.product, words.code)
    message = f"{found.meaning} {found.next_step}" if found else "Zoho refused this."
    return (Refusal(None, message + _said(words.message), words.code, redact_json(words.details)),)


def _at_field(entry: Mapping[str, Any], code: str | None) -> Refusal:
    kind = text_of(entry.get("errorType")) or ""
    message = _KINDS.get(kind.lower(), "Zoho does not accept this value.")
    return Refusal(field_of(text_of(entry.get("fieldName"))), message + _said(text_of(entry.get("errorMessage"))), code, redact_json(entry))


def field_of(pointer: str | None) -> str | None:
    """The field of a JSON pointer (RFC 6901): ``/contactId`` → contactId, ``/cf/cf_x`` → cf_x, ``/contact/email`` → contact."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in (pointer or "").split("/") if part]
    if len(parts) > 1 and parts[0] in ("cf", "customFields"):
        return parts[1]
    return parts[0] if parts else None


def _said(message: str | None) -> str:
    return f' Zoho says: "{redact(message)[:300]}"' if message else ""
