"""The CRM client: one method per operation. Source: crm.md of the dossier, sections 1, 2, 6 and 7."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from zoho.answers import Page, WriteOutcome
from zoho.calls import Calls, Token, check_id, check_module, rows
from zoho.crm.errors import DIALECT, is_unknown_id
from zoho.crm.writes import outcomes
from zoho.errors import RecordNotFoundError, RequestRefusedError, UnreadableAnswerError
from zoho.http import Answer, Http

MAX_FIELDS = 50
MAX_PER_PAGE = 200
MAX_BATCH = 100
HEAVY = 10
"""Writes of more records count against a limit of their own."""
MAX_USERS = 1_000


class CrmClient:
    """CRM of one organization at one API domain. ``token`` gives the access token; with a rejected one, a fresh one.

    ``org`` is the organization whose limits the calls count against, ``connection`` ours whose log they go into.

    Every method raises only ZohoErrors: those of Http.call, and TokenRejectedError, WrongDataCenterError, MissingScopeError,
    NoPermissionError, RateLimitedError, ZohoDownError, UnreadableAnswerError, RequestRefusedError. Ids are texts of digits.
    """

    def __init__(self, http: Http, api_domain: str, token: Token, org: str | None = None, connection: UUID | None = None) -> None:
        self._calls = Calls(http, f"{api_domain.rstrip('/')}/crm/v8", token, DIALECT, org=org, connection=connection)

    def org(self) -> dict[str, Any]:
        """``GET /org``: id, zgid, company_name, domain_name, type, time_zone; {} when Zoho tells nothing."""
        return next(iter(self._rows("/org", "org")), {})

    def current_user(self) -> dict[str, Any]:
        """The Zoho user whose token this is: id, zuid, full_name, email, time_zone; {} when Zoho tells nothing."""
        return next(iter(self._rows("/users", "users", {"type": "CurrentUser"})), {})

    def users(self) -> builtins.list[dict[str, Any]]:
        """The active users, at most 1,000, each once."""
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, MAX_USERS // MAX_PER_PAGE + 1):
            params = {"type": "ActiveUsers", "page": page, "per_page": MAX_PER_PAGE}
            part = self._page("/users", "users", params)
            found |= {str(user["id"]): user for user in part.records if user.get("id")}
            if not part.more or not part.records:
                break
        return [*found.values()]

    def modules(self) -> builtins.list[dict[str, Any]]:
        """All modules as Zoho describes them; ``editable_modules`` chooses."""
        return self._rows("/settings/modules", "modules")

    def fields(self, module: str) -> builtins.list[dict[str, Any]]:
        """The fields of all layouts of a module."""
        return self._rows("/settings/fields", "fields", {"module": check_module(module)})

    def layouts(self, module: str) -> builtins.list[dict[str, Any]]:
        """The layouts of a module, with their sections and fields."""
        return self._rows("/settings/layouts", "layouts", {"module": check_module(module)})

    def get(self, module: str, id: str, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """One record; rich text is cut at 500 characters (``fetch_full_data`` has it whole). Raises RecordNotFoundError."""
        params = {"fields": ",".join(fields)} if fields else None
        return self._record(f"/{check_module(module)}/{check_id(id)}", params)

    def fetch_full_data(self, module: str, id: str) -> dict[str, Any]:
        """One record with its rich text whole. Raises RecordNotFoundError."""
        return self._record(f"/{check_module(module)}/{check_id(id)}/actions/fetch_full_data")

    def list(self, module: str, fields: Sequence[str], page: int = 1, per_page: int = 50) -> Page:
        """A page of records with these fields: 1 to 50 names, pages 1 to 10, at most 200 records each; newest id first."""
        if not 1 <= len(fields) <= MAX_FIELDS:
            raise RequestRefusedError(f"{len(fields)} fields", summary="Choose between 1 and 50 fields.", advice="Choose fewer columns.")
        params = {"fields": ",".join(fields), "page": page, "per_page": min(per_page, MAX_PER_PAGE)}
        return self._page(f"/{check_module(module)}", "data", params)

    def search(
        self,
        module: str,
        word: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        criteria: str | None = None,
        page: int = 1,
        per_page: int = 50,
    ) -> Page:
        """Records by exactly one of word, e-mail, phone or criteria. Zoho's index lags, and its ``equals`` also contains."""
        terms = {"word": word, "email": email, "phone": phone, "criteria": criteria}
        given = {name: term for name, term in terms.items() if term}
        if len(given) != 1:
            raise RequestRefusedError(f"{len(given)} terms", summary="Search by exactly one term.", advice="Give a word, e-mail or phone.")
        # Zoho's published file forgets ``page`` here: the first one goes without.
        paging = {"page": page if page > 1 else None, "per_page": min(per_page, MAX_PER_PAGE)}
        return self._page(f"/{check_module(module)}/search", "data", {**given, **paging})

    def update(
        self,
        module: str,
        id: str,
        values: Mapping[str, Any],
        *,
        unmodified_since: str | datetime | None = None,
        trigger: Sequence[str] | None = None,
    ) -> WriteOutcome:
        """Change the given fields of one record; sent once.

        ``unmodified_since``: the ``Modified_Time`` that was read (ISO 8601 with offset); a record changed after it gives the
        outcome ``conflict``. ``trigger``: the automations that run; None runs all of them, an empty list none.
        Raises RecordNotFoundError and the errors of the class, never for a write that may have been stored.
        """
        path = f"/{check_module(module)}/{check_id(id)}"
        answer = self._write(path, [values], unmodified_since, trigger)
        if isinstance(answer, WriteOutcome):
            return answer
        words = DIALECT.read(answer.body)
        if is_unknown_id(words):
            raise RecordNotFoundError(
                f"PUT {path}: {words.message}", zoho_code=words.code, zoho_message=words.message, http_status=answer.status
            )
        return outcomes(self._calls, answer, [{**values, "id": id}], is_record=True)[0]

    def update_many(
        self,
        module: str,
        records: Sequence[tuple[str, Mapping[str, Any]]],
        *,
        unmodified_since: str | datetime | None = None,
        trigger: Sequence[str] | None = None,
    ) -> builtins.list[WriteOutcome]:
        """Change up to 100 records, ``(id, values)`` each, in one call; an outcome each, in the same order.

        All share one ``unmodified_since``. Raises as ``update``, but an unknown id is a refusal of its row.
        """
        if not 1 <= len(records) <= MAX_BATCH:
            raise RequestRefusedError(f"{len(records)} records", summary="A call takes 1 to 100 records.", advice="Send smaller groups.")
        sent = [{**values, "id": check_id(id)} for id, values in records]
        answer = self._write(f"/{check_module(module)}", sent, unmodified_since, trigger)
        if isinstance(answer, WriteOutcome):
            return [answer] * len(sent)
        return outcomes(self._calls, answer, sent, is_record=False)

    def _write(
        self, path: str, data: Sequence[Mapping[str, Any]], since: str | datetime | None, trigger: Sequence[str] | None
    ) -> Answer | WriteOutcome:
        body: dict[str, Any] = {"data": data}
        if trigger is not None:
            body["trigger"] = [*trigger]
        headers = {"If-Unmodified-Since": _instant(since)} if since else None
        return self._calls.write("PUT", path, json=body, headers=headers, is_heavy=len(data) > HEAVY)

    def _record(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self._calls.send("GET", path, params=params)
        if is_unknown_id(words := DIALECT.read(answer.body)):
            raise RecordNotFoundError(
                f"GET {path}: {words.message}", zoho_code=words.code, zoho_message=words.message, http_status=answer.status
            )
        found = self._read(answer, "data", is_record=True)
        if not found:
            raise RecordNotFoundError(f"GET {path}: HTTP {answer.status} without a record", http_status=answer.status)
        return found[0]

    def _rows(self, path: str, key: str, params: Mapping[str, Any] | None = None) -> builtins.list[dict[str, Any]]:
        return self._read(self._calls.send("GET", path, params=params), key)

    def _page(self, path: str, key: str, params: Mapping[str, Any]) -> Page:
        answer = self._calls.send("GET", path, params=params)
        records = self._read(answer, key)
        info = answer.body.get("info") if isinstance(answer.body, dict) else None
        return Page(records, isinstance(info, dict) and info.get("more_records") in (True, "true"))

    def _read(self, answer: Answer, key: str, *, is_record: bool = False) -> builtins.list[dict[str, Any]]:
        """The objects under ``key``; a 204 holds none, an empty 200 says nothing. Zoho reports errors inside 200 as well."""
        if answer.status == 204:
            return []
        body = answer.body
        is_error = not isinstance(body, dict) or body.get("status") == "error" or (key not in body and "code" in body)
        if is_error or not 200 <= answer.status < 300:
            raise self._calls.error(answer, is_record=is_record)
        found = rows(body.get(key))
        if found is None:
            raise UnreadableAnswerError(f"{answer.host}: {key} is not a list", http_status=answer.status, request_id=answer.request_id)
        return found


def _instant(value: str | datetime) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
