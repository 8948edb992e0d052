"""The CRM client: one method per operation; here those on records. Source: crm.md of the dossier, sections 6 and 7."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

from zoho.answers import Batch, Page, WriteOutcome
from zoho.calls import Calls, Token, check_id, check_module
from zoho.crm.beside import Beside
from zoho.crm.errors import DIALECT, is_unknown_id
from zoho.crm.files import Files
from zoho.crm.reading import MAX_PER_PAGE
from zoho.crm.settings import CrmSettings
from zoho.crm.writes import outcomes
from zoho.errors import RecordNotFoundError, RequestRefusedError
from zoho.http import Answer, Http

MAX_FIELDS = 50
MAX_BATCH = 100
HEAVY = 10
"""Writes of more records count against a limit of their own."""


class CrmClient(CrmSettings, Beside, Files):
    """CRM of one organization at one API domain. ``token`` gives the access token; with a rejected one, a fresh one.

    ``org`` is the organization whose limits the calls count against, ``connection`` ours whose log they go into.

    Every method raises only ZohoErrors: those of Http.call, and TokenRejectedError, WrongDataCenterError, MissingScopeError,
    NoPermissionError, RateLimitedError, ZohoDownError, UnreadableAnswerError, RequestRefusedError. Ids are texts of digits.
    """

    def __init__(self, http: Http, api_domain: str, token: Token, org: str | None = None, connection: UUID | None = None) -> None:
        self._calls = Calls(http, f"{api_domain.rstrip('/')}/crm/v8", token, DIALECT, org=org, connection=connection)

    def get(self, module: str, id: str, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """One record; rich text is cut at 500 characters (``fetch_full_data`` has it whole). Raises RecordNotFoundError."""
        params = {"fields": ",".join(fields)} if fields else None
        return self._record(f"/{check_module(module)}/{check_id(id)}", params)

    def fetch_full_data(self, module: str, id: str) -> dict[str, Any]:
        """One record with its rich text whole. Raises RecordNotFoundError."""
        return self._record(f"/{check_module(module)}/{check_id(id)}/actions/fetch_full_data")

    def get_many(self, module: str, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        """Up to 100 records by id, with these fields; one that is not there is left out. A call for each 49 fields.

        No list shows subforms and multi-select lookups, and rich text is cut. Converted leads are shown too.
        """
        if not 1 <= len(ids) <= MAX_BATCH:
            raise RequestRefusedError(f"{len(ids)} ids", summary="A call takes 1 to 100 records.", advice="Ask for smaller groups.")
        wanted = ",".join(check_id(id) for id in ids)
        converted = {"converted": "both"} if module == "Leads" else {}
        found: dict[str, dict[str, Any]] = {}
        at = None
        names = [name for name in dict.fromkeys(fields) if name != "id"]
        for first in range(0, max(1, len(names)), MAX_FIELDS - 1):
            part = ",".join(("id", *names[first : first + MAX_FIELDS - 1]))
            params = {"ids": wanted, "fields": part, "per_page": MAX_PER_PAGE, **converted}
            answer = self._calls.send("GET", f"/{check_module(module)}", params=params)
            at = at or _date(answer)
            for record in self._read(answer, "data"):
                if (id_ := str(record.get("id") or "")) in ids:
                    found[id_] = {**found.get(id_, {}), **record}
        return Batch(found, at)

    def list(
        self,
        module: str,
        fields: Sequence[str],
        page: int = 1,
        per_page: int = 50,
        page_token: str | None = None,
        *,
        view: str | None = None,
        sort: str | None = None,
    ) -> Page:
        """A page of records with these fields: 1 to 50 names, at most 200 records a page; newest id first.

        Pages 1 to 10 go by number, those beyond by ``page_token``, which is ``next_token`` of the page before and good for a day
        with the same parameters. Converted leads are not listed. ``view`` is the id of one of ``list_views``, which has an order of
        its own; ``sort`` is ``id``, ``Created_Time`` or ``Modified_Time``, with ``-`` before it the last first: one of the two.
        Both count against Zoho's smaller limit.
        """
        if not 1 <= len(fields) <= MAX_FIELDS:
            raise RequestRefusedError(f"{len(fields)} fields", summary="Choose between 1 and 50 fields.", advice="Choose fewer columns.")
        paging: dict[str, Any] = {"page_token": page_token} if page_token else {"page": page}
        order = {"sort_by": sort.lstrip("-"), "sort_order": "desc" if sort.startswith("-") else "asc"} if sort else {}
        chosen = {"cvid": check_id(view)} if view else order
        params = {"fields": ",".join(fields), **paging, "per_page": min(per_page, MAX_PER_PAGE), **chosen}
        return self._page(f"/{check_module(module)}", "data", params, is_heavy=bool(chosen))

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

    def query(self, select: str) -> Page:
        """Records by COQL, ``select … from … where … order by … limit offset, count``: at most 2,000; lookups come as ids alone.

        The only exact search. Counts against Zoho's smaller limit; 1 to 3 credits by the number of rows.
        """
        return self._page_of(self._calls.send("POST", "/coql", json={"select_query": select}, is_heavy=True), "data")

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


def _instant(value: str | datetime) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def _date(answer: Answer) -> datetime | None:
    """Zoho's clock at the answer, whole seconds."""
    try:
        at = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else None
