"""One authorised call of an API client: the token, once again after a 401, and what a refusal of the whole request means.

Both products take this road; what differs, the spelling of errors, is their Dialect. Classified by Zoho's code, then by
status; message texts decide nothing but the cause of a 429, since Zoho localises them.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from uuid import UUID

from zoho.answers import WriteOutcome
from zoho.errors import (
    BETWEEN,
    ConflictError,
    MissingScopeError,
    NoPermissionError,
    RateLimitedError,
    RecordNotFoundError,
    RequestRefusedError,
    TokenRejectedError,
    UnreachableError,
    UnreadableAnswerError,
    WrongDataCenterError,
    ZohoDownError,
    ZohoError,
    explain,
)
from zoho.errors.root import Facts
from zoho.http import Answer, File, Http
from zoho.redaction import redact, redact_json
from zoho.transport import READS, RETRY_AFTER_SECONDS

Token = Callable[[str | None], str]
"""Gives an access token: the current one for None, a fresh one for a token that Zoho rejected."""

_MODULE = re.compile(r"[A-Za-z]\w{0,99}", re.ASCII)
_ID = re.compile(r"[0-9]{1,30}", re.ASCII)
_PAUSES = (0.3, 0.6, 1.2)
"""Seconds, more or less: a read that came at a crowded moment is sent again; a write is not."""
_UNKNOWN_TOKEN = ("INVALID_TOKEN", "INVALID_OAUTH")
"""CRM's word and Desk's."""
NOT_STORED = (
    NoPermissionError,
    MissingScopeError,
    RateLimitedError,
    RecordNotFoundError,
    TokenRejectedError,
    UnreachableError,
    WrongDataCenterError,
)


@dataclass(frozen=True, slots=True)
class Words:
    """An error body in Zoho's words."""

    code: str | None
    message: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one product spells its errors: ``read`` finds the words in a body, ``classes`` says what a code means."""

    product: Literal["crm", "desk"]
    read: Callable[[Any], Words]
    classes: Mapping[str, type[ZohoError]]


class Calls:
    """Calls to one product at one base URL, with the connection's token; they count against the limits of ``org``."""

    def __init__(
        self, http: Http, base: str, token: Token, dialect: Dialect, *, org: str | None = None, connection: UUID | None = None
    ) -> None:
        self._http, self._base, self._token, self.dialect = http, base.rstrip("/"), token, dialect
        self._whose = {"org": f"{dialect.product}:{org}" if org else None, "connection": connection}

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        file: File | None = None,
        headers: Mapping[str, str] | None = None,
        is_heavy: bool = False,
    ) -> Answer:
        """One call; once again with a fresh token after a 401, writes too, for a 401 means that nothing was done.

        Raises what Http.call and the token supplier raise, TokenRejectedError, and WrongDataCenterError when the host does
        not know a token that was renewed a moment ago.
        """
        request: dict[str, Any]
        url, request = self._base + path, {"params": params, "json": json, "headers": headers, "is_heavy": is_heavy, **self._whose}
        if file is not None:
            request["file"] = file
        token = self._get_token(None)
        answer = self._http.call(method, url, token=token, **request)
        for pause in _PAUSES[: self._http.retries] if method in READS else ():
            if not self._is_crowded(answer):
                break
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 no secret
            answer = self._http.call(method, url, token=token, **request)
        if not self._is_rejected(answer):
            return answer
        fresh = self._get_token(token)
        answer = self._http.call(method, url, token=fresh, **request)
        if self._is_rejected(answer):
            self._reject(answer, is_renewed=fresh != token)
        return answer

    def write(self, method: str, path: str, **request: Any) -> Answer | WriteOutcome:
        """A call that changes something: an answer that can be judged, or the outcome ``unknown``.

        Raises as ``send``, but never for a fault after which the write may have been stored.
        """
        try:
            answer = self.send(method, path, **request)
        except (UnreachableError, UnreadableAnswerError) as error:
            if not error.is_ambiguous:
                raise
            return WriteOutcome("unknown", http_status=error.http_status, note=str(error).partition(": ")[2] or str(error))
        if answer.status >= 500 or answer.status == 408:
            code = self.dialect.read(answer.body).code
            return unknown(answer, f"Zoho reports an error of its own (HTTP {answer.status}{f' {code}' if code else ''})")
        return answer

    def error(self, answer: Answer, *, is_record: bool = False) -> ZohoError:
        """What an answer that is not the expected one means. ``is_record``: the path names one record."""
        words = self.dialect.read(answer.body)
        kind = self.dialect.classes.get(words.code or "") or _by_status(self.dialect.product, answer, words, is_record)
        if answer.status >= 500:
            kind = ZohoDownError
        if answer.status == 429:
            kind = RateLimitedError
        if kind is RecordNotFoundError and not is_record:
            kind = WrongDataCenterError if answer.status == 404 and words.code == "URL_NOT_FOUND" else RequestRefusedError
        said = words.code or ("a web page" if answer.is_html else "no code")
        detail = f"{answer.host}: HTTP {answer.status}, {said}{f': {words.message}' if words.message else ''}"
        facts = self._facts(answer, words)
        if kind is RateLimitedError:
            return self._limited(answer, detail, words, facts)
        if kind is UnreachableError:
            facts |= BETWEEN
        if kind in (NoPermissionError, RequestRefusedError):
            facts |= _explained(self.dialect.product, words)
        return kind(detail, **facts)

    def _limited(self, answer: Answer, detail: str, words: Words, facts: Facts) -> RateLimitedError:
        error = RateLimitedError(detail, retry_after_seconds=_retry_after(answer), kind=_rate_kind(self.dialect.product, words), **facts)
        org = self._whose["org"]
        if self._http.gate and isinstance(org, str):
            error.retry_after_seconds = self._http.gate.refuse(org, answer.host, error)
        return error

    def _is_crowded(self, answer: Answer) -> bool:
        """True for a 429 that a moment's rest may cure: too many calls at once, or searches; credits do not come back so soon."""
        if answer.status != 429 or (_retry_after(answer) or 0) > RETRY_AFTER_SECONDS:
            return False
        return _rate_kind(self.dialect.product, self.dialect.read(answer.body)) != "credits"

    def _get_token(self, rejected: str | None) -> str:
        try:
            return self._token(rejected)
        except (UnreachableError, UnreadableAnswerError) as error:
            error.is_ambiguous = False  # it was the token that could not be had: nothing of this call has left
            raise

    def _is_rejected(self, answer: Answer) -> bool:
        """True for a 401 that a fresh token may cure; Zoho spells a missing scope as 401 too, which none cures."""
        if answer.status != 401:
            return False
        return self.dialect.classes.get(self.dialect.read(answer.body).code or "", TokenRejectedError) is TokenRejectedError

    def _reject(self, answer: Answer, *, is_renewed: bool) -> NoReturn:
        words = self.dialect.read(answer.body)
        detail = f"{answer.host}: HTTP 401, {words.code or ('a web page' if answer.is_html else 'no code')}"
        if is_renewed and (answer.is_html or words.code in _UNKNOWN_TOKEN):
            raise WrongDataCenterError(f"{detail}, for a token that was renewed a moment ago", **self._facts(answer, words))
        raise TokenRejectedError(f"{detail}, twice", **self._facts(answer, words))

    def _facts(self, answer: Answer, words: Words) -> Facts:
        return Facts(
            product=self.dialect.product,
            request_id=answer.request_id,
            zoho_code=words.code,
            zoho_message=words.message,
            http_status=answer.status,
        )


def unknown(answer: Answer, note: str) -> WriteOutcome:
    """The outcome of a write that may or may not have been stored."""
    body = redact_json(answer.body) if answer.is_json else answer.text or None
    return WriteOutcome("unknown", answer=body, http_status=answer.status, request_id=answer.request_id, note=note)


def rows(value: Any) -> list[dict[str, Any]] | None:
    """The objects of a list; null and absence are the empty list, a lone object a list of one; None for anything else."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else None


def check_module(module: str) -> str:
    """The module's API name, fit for a path. Raises RequestRefusedError."""
    if not isinstance(module, str) or not _MODULE.fullmatch(module):
        raise RequestRefusedError(f"module {module!r:.60}", summary="That is not a module name.", advice="Use the API name, such as Leads.")
    return module


def check_id(record_id: str) -> str:
    """The id, fit for a path. Raises RequestRefusedError."""
    if not isinstance(record_id, str) or not _ID.fullmatch(record_id):
        raise RequestRefusedError(f"id {record_id!r:.60}", summary="That is not a record id.", advice="A record id is digits only.")
    return record_id


def text_of(value: Any) -> str | None:
    """A text, or a number as text; None for the rest and for blanks."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip()[:500] or None


_PAGES: dict[int, type[ZohoError]] = {401: WrongDataCenterError, 403: UnreachableError, 404: WrongDataCenterError}
"""A web page in place of an answer: a host of Zoho that does not know the path or the account, or a firewall that forbids it."""


def _by_status(product: str, answer: Answer, words: Words, is_record: bool) -> type[ZohoError]:
    """For codes that have no class: those that the dictionary knows are refusals, the others go by the status."""
    if explain(product, words.code) is not None:
        return RequestRefusedError
    if not isinstance(answer.body, dict) and not answer.is_empty:
        return _PAGES.get(answer.status, UnreadableAnswerError) if answer.is_html else UnreadableAnswerError
    by_status: dict[int, type[ZohoError]] = {
        401: TokenRejectedError,
        403: NoPermissionError,
        404: RecordNotFoundError if is_record else WrongDataCenterError,
        412: ConflictError,
    }
    is_refusal = answer.status >= 400 or words.code is not None
    return by_status.get(answer.status, RequestRefusedError if is_refusal else UnreadableAnswerError)


def _retry_after(answer: Answer) -> int | None:
    value = answer.headers.get("Retry-After", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else None


def _rate_kind(product: str, words: Words) -> Literal["credits", "concurrency", "unknown"]:
    """Desk has a code for each cause; CRM gives all one code, and only the message tells."""
    message = (words.message or "").lower()
    if words.code == "THRESHOLD_EXCEEDED" or "24 hour" in message or "24-hour" in message or "credit" in message:
        return "credits"
    if product == "desk" and words.code == "TOO_MANY_REQUESTS":
        return "concurrency"
    return "concurrency" if "concurren" in message else "unknown"


def _explained(product: str, words: Words) -> Facts:
    """Summary and advice in plain words, where the dictionary knows the code."""
    permissions = words.details.get("permissions")
    if isinstance(permissions, list) and "Crm_Implied_Api_Access" in permissions:
        return Facts(
            summary="The connected Zoho user's profile does not allow access by API.",
            advice="In Zoho CRM open Setup, Security Control, Profiles, and allow Zoho CRM API Access under Developer Permissions.",
        )
    found = explain(product, words.code, words.message)
    if found is None:
        own = f' Zoho says: "{redact(words.message)[:300]}"' if words.message else ""
        return Facts(summary=f"Zoho refused this request.{own}") if own and words.code else Facts()
    return Facts(summary=f"{found.meaning} {found.cause}", advice=found.next_step)
