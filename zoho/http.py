"""Makes the only requests sessions. A call takes a URL and gives an Answer, or raises what a person can act on.

Reads are sent again by urllib3's Retry (tenacity passed over: it would sleep in our frames and knows no Retry-After); a
write is sent once. Tokens leave in a header alone and never reach an error, a log or a repr.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, ReadTimeoutError

from store import exact_json
from zoho.data_centers import DataCenters, redirected
from zoho.errors import RequestRefusedError, TokenRejectedError, UnreachableError, UnreadableAnswerError, ZohoError
from zoho.hooks import CONNECTION, IS_BULK, Call, Exchange, Gate, Record
from zoho.redaction import is_harmless, redact
from zoho.transport import CALL, Network, Session

TIMEOUT = (5.0, 15.0)
"""Seconds to connect, seconds to wait for the next byte."""
DEADLINE_SECONDS = 30.0
"""For a whole call from its start, however the server drips."""
UPLOAD: Mapping[str, Any] = {"timeout": (5.0, 120.0), "deadline_seconds": 150.0}
"""For a call that carries a file, name and content: 20 MB on a slow line."""
File = tuple[str, bytes]
MAX_BYTES = 32 * 1024 * 1024
EVIDENCE_CHARACTERS = 2_000

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "Amend", "Connection": "keep-alive"}
_JSON_HEADERS = {**_HEADERS, "Content-Type": "application/json"}
_TOKEN = re.compile(r"[\x21-\x7e]+")
_REQUEST_IDS = ("X-Request-Id", "X-Zoho-Request-Id", "Request-Id", "X-Correlation-Id")
FAULTS = (requests.RequestException, HTTPError, HTTPException, OSError, UnicodeError)
"""What sending may raise, to be translated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``body`` is decoded by exact_json (None when empty or not JSON); ``raw`` are the bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any
    is_json: bool
    host: str
    raw: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The first 2,000 characters, redacted, for evidence."""
        return redact(self.raw[: 4 * EVIDENCE_CHARACTERS].decode("utf-8", "replace")[:EVIDENCE_CHARACTERS])

    @property
    def is_harmless(self) -> bool:
        """True when there is nothing to redact in the body."""
        return is_harmless(self.raw)

    @property
    def is_empty(self) -> bool:
        """No body: Zoho's way to say that there is nothing (204)."""
        return not self.raw.strip()

    @property
    def is_html(self) -> bool:
        """A web page: by what it is, or by what it says it is."""
        if self.is_json or self.is_empty:
            return False
        return self.raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or "html" in self.headers.get("Content-Type", "").lower()

    @property
    def request_id(self) -> str | None:
        """What Zoho calls this request, for its support."""
        return next((self.headers[name][:100] for name in _REQUEST_IDS if self.headers.get(name)), None)


class Http:
    """HTTP for all of Amend; one session a thread. ``gate`` and ``record`` may be set later."""

    def __init__(
        self,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        deadline_seconds: float = DEADLINE_SECONDS,
        max_bytes: int = MAX_BYTES,
        retries: int = 2,
        gate: Gate | None = None,
        record: Record | None = None,
        network: Network | None = None,
        centers: DataCenters | None = None,
    ) -> None:
        self._settings = (network or Network(), timeout, deadline_seconds, max_bytes, retries)
        self.retries, self.centers = retries, centers or DataCenters()
        self._local = threading.local()
        self.gate = gate
        self.record = record

    def session(self) -> Session:
        """This thread's session, for Authlib: the same timeouts, deadline, size cap, and no redirects."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = Session(*self._settings, on_sent=self._note)
        return session

    def within(self, seconds: float) -> Http:
        """The same, but each call is over in so many seconds: for diagnostics, where a person waits for many calls."""
        network, timeout, deadline_seconds, max_bytes, retries = self._settings
        shorter = (min(timeout[0], seconds), min(timeout[1], seconds))
        return Http(
            timeout=shorter,
            deadline_seconds=min(deadline_seconds, seconds),
            max_bytes=max_bytes,
            retries=retries,
            gate=self.gate,
            record=self.record,
            network=network,
            centers=self.centers,
        )

    def call(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        file: File | None = None,
        headers: Mapping[str, str] | None = None,
        org: str | None = None,
        connection: UUID | None = None,
        is_heavy: bool = False,
    ) -> Answer:
        """Send one request and read its answer whole. ``json`` is sent by exact_json; ``params`` that are None are left out.

        Waits for the gate as long as for an answer; the time to answer counts from when the request leaves.
        Raises UnreachableError (also redirected out of Zoho), UnreadableAnswerError (too large, redirected),
        WrongDataCenterError (redirected to another host of Zoho), TokenRejectedError (the token cannot be a header),
        RequestRefusedError (the body is not JSON), RateLimitedError (the gate gave no leave).
        """
        prepared, more = _prepare(method, url, token, params, json, form, headers, file), UPLOAD if file else {}
        call = Call(method, prepared.url or url, org, connection or CONNECTION.get(), is_heavy, IS_BULK.get())
        leave = self.gate.enter(call, self._settings[2]) if self.gate and org else None
        try:
            return self._exchange(call, prepared, token, more)
        finally:
            if leave:
                leave()

    def _exchange(self, call: Call, prepared: requests.PreparedRequest, token: str | None, more: Mapping[str, Any]) -> Answer:
        started = monotonic()
        sent = prepared.body if isinstance(prepared.body, bytes) and not more else None  # no file goes into the log
        try:
            answer = self._send(prepared, more)
        except ZohoError as error:
            if self.record:
                self.record(Exchange(call, monotonic() - started, max(1, CALL.attempts), None, error, sent, token))
            raise
        if self.record:
            self.record(Exchange(call, monotonic() - started, max(1, CALL.attempts), answer, None, sent, token))
        if self.gate and call.org:
            self.gate.learn(call.org, answer)
        return answer

    def _note(self, prepared: requests.PreparedRequest, response: requests.Response | None, seconds: float) -> None:
        """Record what went over the session without us: the token endpoint, of which no body is kept."""
        if self.record:
            host = urlsplit(prepared.url or "").netloc
            answer = Answer(response.status_code, response.headers, None, False, host, b"") if response is not None else None
            error = None if answer else UnreachableError(f"{prepared.method} {host}: no answer")
            call = Call(prepared.method or "", prepared.url or "", None, CONNECTION.get())
            self.record(Exchange(call, seconds, max(1, CALL.attempts), answer, error))

    def _send(self, prepared: requests.PreparedRequest, more: Mapping[str, Any]) -> Answer:
        try:
            return _answer(self.session().deliver(prepared, **more), self.centers)
        except FAULTS as exc:
            raise translate(exc, prepared.method or "", prepared.url or "") from exc


def translate(exc: Exception, method: str, url: str) -> UnreachableError | UnreadableAnswerError:
    """A transport fault as an error of ours; ``is_ambiguous`` unless it is sure that nothing reached Zoho."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    chain = list(causes_of(exc))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in chain)

    if has(NameResolutionError):
        return UnreachableError(f"{method} {host}: the host's name could not be resolved")
    if has(NewConnectionError):
        return UnreachableError(f"{method} {host}: the connection was refused")
    if has(requests.ConnectTimeout, ConnectTimeoutError):
        return UnreachableError(f"{method} {host}: no connection in time")
    if has(requests.exceptions.SSLError):
        return UnreachableError(f"{method} {host}: TLS failed ({_reason(chain)})", is_ambiguous=bool(CALL.has_left))
    if has(requests.exceptions.ProxyError):
        return UnreachableError(f"{method} {host}: the proxy failed", is_ambiguous=bool(CALL.has_left))
    if has(requests.Timeout, ReadTimeoutError, TimeoutError):
        return UnreachableError(f"{method} {host}: no complete answer in time", is_ambiguous=True)
    if isinstance(exc, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema):
        return UnreachableError(f"{method} {host}: not a usable address")
    if has(requests.exceptions.ContentDecodingError):
        return UnreadableAnswerError(f"{method} {host}: the answer could not be unpacked")
    return UnreachableError(f"{method} {host}: the connection broke", is_ambiguous=CALL.has_left is not False)


def causes_of(exc: BaseException) -> Iterator[BaseException]:
    """A fault and all that it wraps: requests and urllib3 keep causes in args, in ``reason``, and in the chain."""
    seen: set[int] = set()
    queue: list[object] = [exc]
    while queue:
        item = queue.pop(0)
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            queue += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]


def _reason(chain: list[BaseException]) -> str:
    """Why a certificate was refused, in OpenSSL's words."""
    words = (cause.verify_message for cause in chain if isinstance(cause, ssl.SSLCertVerificationError))
    return str(next(words, "no secure connection"))[:200]


def _prepare(
    method: str,
    url: str,
    token: str | None,
    params: Mapping[str, Any] | None,
    json: Any,
    form: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    file: File | None = None,
) -> requests.PreparedRequest:
    body: Any = form
    sent = dict(_HEADERS if json is None else _JSON_HEADERS)
    if token is not None:
        if not _TOKEN.fullmatch(token):
            raise TokenRejectedError("the stored access token holds characters that a header cannot carry")
        sent["Authorization"] = f"Zoho-oauthtoken {token}"
    if headers:
        sent.update(headers)
    prepared = requests.PreparedRequest()
    try:
        if json is not None:
            body = exact_json.dumps(json).encode()
        prepared.prepare(method=method, url=url, headers=sent, params=params, data=body, files={"file": file} if file else None)
    except requests.RequestException as exc:
        raise RequestRefusedError(f"{method} {urlsplit(url).netloc}: {type(exc).__name__}, not sent") from None
    except (ValueError, TypeError) as exc:
        raise RequestRefusedError(
            f"{method} {urlsplit(url).netloc}: the values cannot be written as JSON ({type(exc).__name__}), not sent",
            summary="A value cannot be sent to Zoho: it is not a number, text, date or list that JSON knows.",
            advice="Correct the value and save again.",
        ) from exc
    return prepared


def _answer(response: requests.Response, centers: DataCenters) -> Answer:
    content = response.content or b""
    status = response.status_code
    parts = urlsplit(response.url)
    if 300 <= status < 400 and status != 304:
        raise redirected(status, parts.netloc, response.headers.get("Location", ""), centers)
    body, is_json = None, False
    if content and content.lstrip()[:1] != b"<":
        try:
            body, is_json = exact_json.loads(content), True
        except (ValueError, RecursionError):
            body = None
    return Answer(status=status, headers=response.headers, body=body, is_json=is_json, host=parts.netloc, raw=content)
