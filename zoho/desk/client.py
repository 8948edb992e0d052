"""The Desk client: one method per operation. Source: desk.md of the dossier, sections 1 to 5."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from zoho.answers import Page, WriteOutcome
from zoho.calls import Calls, Token, check_id, check_module, rows
from zoho.desk.errors import DIALECT
from zoho.desk.writes import outcome
from zoho.errors import (
    DeskOrgUnknownError,
    MissingScopeError,
    RecordNotFoundError,
    RequestRefusedError,
    UnreadableAnswerError,
    WrongDataCenterError,
)
from zoho.http import Answer, Http

MAX_AGENTS = 1_000
MAX_HISTORY = 50
PER_PAGE = 200
INCLUDES = {
    "tickets": "contacts,assignee,departments,products,team",
    "contacts": "accounts,owner",
    "accounts": "owner",
    "tasks": "assignee,tickets,contacts,teams",
}
"""What is read along with one record, so that its lookups have names."""


class DeskClient:
    """Desk of one organization at one host. ``token`` gives the access token; with a rejected one, a fresh one.

    Every method raises only ZohoErrors: those of Http.call, and TokenRejectedError, WrongDataCenterError, MissingScopeError,
    NoPermissionError, OrgMismatchError, RateLimitedError, ZohoDownError, UnreadableAnswerError, RequestRefusedError; all but
    ``organizations`` raise DeskOrgUnknownError without a numeric organization id. Fields that the agent may not see are absent.
    """

    def __init__(self, http: Http, desk_base: str, org_id: str | None, token: Token, connection: UUID | None = None) -> None:
        self._org_id = (org_id or "").strip()
        self._calls = Calls(http, f"{desk_base.rstrip('/')}/api/v1", token, DIALECT, org=self._org_id, connection=connection)

    def organizations(self) -> builtins.list[dict[str, Any]]:
        """All organizations of the login; the one call that needs no organization id."""
        return self._read(self._calls.send("GET", "/organizations"))

    def my_info(self) -> dict[str, Any]:
        """The agent whose token this is; {} when Zoho tells nothing."""
        return self._object("/myinfo") or {}

    def departments(self) -> builtins.list[dict[str, Any]]:
        """The departments, each once."""
        return self._all("/departments")

    def teams(self) -> builtins.list[dict[str, Any]]:
        """The teams: id, name, departmentId."""
        return self._read(self._get("/teams"), "teams")

    def agents(self) -> builtins.list[dict[str, Any]]:
        """The agents, disabled ones too (``status``), at most 1,000, each once; their e-mail is ``emailId``."""
        return self._all("/agents")

    def fields(self, module: str) -> builtins.list[dict[str, Any]]:
        """The fields of a module; from the older ``/organizationFields`` where ``/fields`` is refused."""
        params = {"module": check_module(module)}
        try:
            return self._read(self._get("/fields", params))
        except (RequestRefusedError, WrongDataCenterError, MissingScopeError) as error:
            if error.http_status not in (403, 404, 422):
                raise
            return self._read(self._get("/organizationFields", params))

    def layouts(self, module: str) -> builtins.list[dict[str, Any]]:
        """The layouts of a module."""
        return self._read(self._get("/layouts", {"module": check_module(module)}))

    def layout(self, id: str) -> dict[str, Any]:
        """One layout with sections and fields. Raises RecordNotFoundError."""
        return self._found(f"/layouts/{check_id(id)}")

    def my_form(self, layout_id: str) -> dict[str, Any] | None:
        """The layout as the agent's profile sees it; None where the portal does not offer that (404, 422)."""
        try:
            return self._object("/myForm", {"layoutId": check_id(layout_id)}) or None
        except (RequestRefusedError, WrongDataCenterError, RecordNotFoundError) as error:
            if error.http_status in (404, 422):
                return None
            raise

    def get(self, module: str, id: str) -> dict[str, Any]:
        """One record with the names of its lookups, or without them where Zoho refuses to add them. Raises RecordNotFoundError."""
        path = f"/{check_module(module)}/{check_id(id)}"
        include = INCLUDES.get(module)
        if include is None:
            return self._found(path)
        try:
            return self._found(path, {"include": include})
        except RequestRefusedError as error:
            if error.http_status != 422:
                raise
            return self._found(path)

    def list(self, module: str, page: int = 1, limit: int = 50, sort: str | None = None) -> Page:
        """A page of records, each once. Lists are narrower than ``get``: no description, no custom fields, no modifiedTime.

        Zoho's pages say 1 for the first record and its OpenAPI file 0: the first page sends none, and a later one starts at
        a number that may repeat a record of the page before but cannot lose one. ``sort``: of tickets ``createdTime``,
        ``dueDate`` or ``recentThread``, with ``-`` before it the last first.
        """
        params = {"from": (page - 1) * limit or None, "limit": limit, "sortBy": sort}
        return self._page(self._get(f"/{check_module(module)}", params), limit)

    def search(self, module: str, text: str, page: int = 1, limit: int = 50) -> Page:
        """Records that hold the text anywhere."""
        params = {"_all": text, "from": (page - 1) * limit, "limit": limit}
        return self._page(self._get(f"/{check_module(module)}/search", params), limit)

    def ticket_history(self, id: str, page: int = 1, limit: int = MAX_HISTORY) -> Page:
        """What happened to a ticket, newest first: eventName, eventTime, actor, ``eventInfo`` with previous and updated values.

        At most 50 a page. The events carry no id, so a later page may repeat the last event of the page before.
        """
        limit = min(limit, MAX_HISTORY)
        answer = self._get(f"/tickets/{check_id(id)}/History", {"from": (page - 1) * limit or None, "limit": limit})
        return self._page(answer, limit, is_record=True)

    def customer_history(self, module: str, id: str, page: int = 1, limit: int = MAX_HISTORY) -> Page:
        """What happened to the tickets of a contact or an account: ticketNumber, operation, author, eventTime, status.

        Not which field of the customer changed: Desk keeps no history of that. Pages as ``ticket_history``.
        """
        limit = min(limit, MAX_HISTORY)
        path = f"/{check_module(module)}/{check_id(id)}/history"
        return self._page(self._get(path, {"from": (page - 1) * limit or None, "limit": limit}), limit, is_record=True)

    def update(self, module: str, id: str, values: Mapping[str, Any], *, quiet_close: bool = False) -> WriteOutcome:
        """Change the given fields of one record; sent once. ``quiet_close``: no e-mail to the customer when a ticket closes.

        Desk has no condition on the version: compare ``modifiedTime`` before. Raises RecordNotFoundError and the errors of the
        class, never for a write that may have been stored.
        """
        path = f"/{check_module(module)}/{check_id(id)}"
        params = {"disableClosureNotification": "true"} if quiet_close and module == "tickets" else None
        answer = self._calls.write("PATCH", path, params=params, json=values, headers=self._headers())
        return answer if isinstance(answer, WriteOutcome) else outcome(self._calls, answer, id)

    def _headers(self) -> dict[str, str]:
        """Raises DeskOrgUnknownError: Zoho answers anything but digits with an opaque 500."""
        if not (self._org_id.isascii() and self._org_id.isdigit()):
            raise DeskOrgUnknownError(f"org id {self._org_id!r:.40}")
        return {"orgId": self._org_id}

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        return self._calls.send("GET", path, params=params, headers=self._headers())

    def _all(self, path: str) -> builtins.list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        while len(found) < MAX_AGENTS:
            part = self._read(self._get(path, {"from": len(found) or None, "limit": PER_PAGE}))
            fresh = {str(row["id"]): row for row in part if row.get("id") and str(row["id"]) not in found}
            found |= fresh
            if len(part) < PER_PAGE or not fresh:
                break
        return [*found.values()]

    def _found(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        record = self._object(path, params, is_record=True)
        if not record:
            raise RecordNotFoundError(f"GET {path}: no record in the answer")
        return record

    def _object(self, path: str, params: Mapping[str, Any] | None = None, *, is_record: bool = False) -> dict[str, Any] | None:
        """The bare object of an answer, None for a 204."""
        answer = self._get(path, params)
        if answer.status == 204:
            return None
        self._check(answer, is_record)
        if answer.body is not None and not isinstance(answer.body, dict):
            raise self._wrong_type(answer, "an object")
        return answer.body

    def _page(self, answer: Answer, limit: int, *, is_record: bool = False) -> Page:
        records = self._read(answer, is_record=is_record)
        unique = {str(row.get("id") or f"row {number}"): row for number, row in enumerate(records)}
        return Page([*unique.values()], len(records) >= limit)

    def _read(self, answer: Answer, key: str = "data", *, is_record: bool = False) -> builtins.list[dict[str, Any]]:
        """The rows of a list: under ``key``, or bare; a 204 holds none, an empty 200 says nothing."""
        if answer.status == 204:
            return []
        self._check(answer, is_record)
        found = rows(answer.body.get(key) if isinstance(answer.body, dict) else answer.body)
        if found is None:
            raise self._wrong_type(answer, "a list")
        return found

    def _check(self, answer: Answer, is_record: bool) -> None:
        has_code = isinstance(answer.body, dict) and "errorCode" in answer.body
        if has_code or not answer.is_json or not 200 <= answer.status < 300:
            raise self._calls.error(answer, is_record=is_record)

    def _wrong_type(self, answer: Answer, wanted: str) -> UnreadableAnswerError:
        detail = f"{answer.host}: HTTP {answer.status}, not {wanted}"
        return UnreadableAnswerError(detail, http_status=answer.status, request_id=answer.request_id)
