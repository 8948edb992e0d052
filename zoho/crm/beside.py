"""What stands beside a CRM record: its timeline, its blueprint, its lock. Source: crm.md of the dossier, sections 11 and 12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoho.answers import Page, WriteOutcome
from zoho.calls import check_id, check_module, unknown
from zoho.crm.errors import DIALECT
from zoho.crm.reading import MAX_PER_PAGE, Reading, code_of
from zoho.crm.writes import outcomes
from zoho.http import Answer
from zoho.redaction import redact_json

_LOCK = "Locked_By__s,Locked_For__s,Locked_Reason__s,Locked_Time__s,Lock_Source__s"


class Beside(Reading):
    """The operations on what belongs to one record."""

    def timeline(self, module: str, id: str, *, per_page: int = 50, page_token: str | None = None) -> Page:
        """What happened to a record, newest first: action, source, done_by, audited_time, ``field_history`` with old and new texts.

        At most 200 entries a page; ``page_token`` is ``next_token`` of the page before.
        """
        paging = {"page_token": page_token} if page_token else {"per_page": min(per_page, MAX_PER_PAGE)}
        return self._page(f"{_path(module, id)}/__timeline", "__timeline", paging, is_record=True)

    def blueprint(self, module: str, id: str) -> dict[str, Any] | None:
        """The process of a record: ``process_info`` and the ``transitions`` it can take now; None when it is in none."""
        answer = self._calls.send("GET", f"{_path(module, id)}/actions/blueprint")
        if code_of(answer) == "RECORD_NOT_IN_PROCESS":
            return None
        found = self._read(answer, "blueprint", is_record=True)
        return found[0] if found else None

    def transition(self, module: str, id: str, transition_id: str, data: Mapping[str, Any] | None = None) -> WriteOutcome:
        """Take a transition of the blueprint; sent once, and no condition on the record's version can go with it.

        ``data``: the fields that the transition asks for. A transition that Zoho saved only partially is *unknown*: some fields
        are stored and the record has not moved. Raises RecordNotFoundError and the errors of the class, never for a write that
        may have been stored.
        """
        body = {"blueprint": [{"transition_id": check_id(transition_id), "data": {**(data or {})}}]}
        answer = self._calls.write("PUT", f"{_path(module, id)}/actions/blueprint", json=body)
        if isinstance(answer, WriteOutcome):
            return answer
        if 200 <= answer.status < 300 and code_of(answer) == "SUCCESS":
            return _transited(answer)
        return outcomes(self._calls, answer, [data or {}], is_record=True)[0]

    def lock(self, module: str, id: str) -> dict[str, Any] | None:
        """Who locked a record, when and why (``Locked_By__s``, ``Locked_Time__s``, ``Locked_Reason__s``); None when nobody did."""
        found = self._rows(f"{_path(module, id)}/Locking_Information__s", "data", {"fields": _LOCK}, is_record=True)
        return found[0] if found else None


def _path(module: str, id: str) -> str:
    return f"/{check_module(module)}/{check_id(id)}"


def _transited(answer: Answer) -> WriteOutcome:
    """Zoho says SUCCESS as well for a transition that waits for more data; only the message tells."""
    if answer.body.get("status") != "success":
        return unknown(answer, "Zoho's answer does not say what became of the transition")
    if "partial" in (DIALECT.read(answer.body).message or "").lower():
        return unknown(answer, "Zoho saved a part of the transition's data, and the record has not moved on")
    return WriteOutcome("accepted", answer=redact_json(answer.body), http_status=answer.status, request_id=answer.request_id)
