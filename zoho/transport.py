"""The requests session under http.py: no redirects, no cookies, no netrc, a total deadline, a size cap, retries of reads alone.

urllib3's read timeout starts anew with every packet, so a server that drips a byte now and then would hold a thread for
ever. Here the response reads its socket through ``_TimedReader``, which knows when the whole call must be over; it covers
headers and chunk sizes as well as the body.
"""

from __future__ import annotations

import http.client
import io
import os
import threading
from collections.abc import Callable, Mapping, MutableMapping
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from zoho.errors import UnreadableAnswerError

IDLE_SECONDS = 30
"""A connection idle for longer is not used again: a write lost on a dead one could not be told from a stored one."""
RETRY_AFTER_SECONDS = 10
"""A read waits no longer than this for Zoho; a longer Retry-After is handed to the caller."""
READS = frozenset({"GET", "HEAD"})
_CHUNK_BYTES = 65_536
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class _Call(threading.local):
    """Of the call that this thread is making: when it must be over, whether a byte of it has left (None: not known), and how
    many times it was sent."""

    give_up_at = float("inf")
    has_left: bool | None = None
    attempts = 0


CALL = _Call()


class _TimedReader(io.RawIOBase):
    """The socket's file, each read of which ends at the call's deadline."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._sock = raw._sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = CALL.give_up_at - monotonic()
        if left <= 0:
            raise TimeoutError("the call's deadline has passed")
        allowed = self._sock.gettimeout()
        if allowed is None or allowed > left:
            self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach()))


if TYPE_CHECKING:
    _Base = HTTPConnection
else:
    _Base = object


class _Watched(_Base):
    """Notes when a request starts to leave, and is not fit for use after a long rest."""

    response_class: Any = _TimedResponse
    _spoke_at = 0.0

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            CALL.has_left = False

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        CALL.has_left = True
        super().send(data)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        CALL.attempts += 1
        super().putrequest(*args, **kwargs)

    def getresponse(self) -> Any:
        self._spoke_at = monotonic()
        return super().getresponse()

    @property
    def is_connected(self) -> bool:
        return monotonic() - self._spoke_at < IDLE_SECONDS and super().is_connected


class _Plain(_Watched, HTTPConnection):
    pass


class _Secure(_Watched, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class _Retry(Retry):
    """Reads alone are sent again, and only while the call's deadline and Zoho's Retry-After allow it."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        wait = self.get_retry_after(response) if response is not None else 0
        if method not in READS or monotonic() >= CALL.give_up_at - (wait or 0) or (wait or 0) > RETRY_AFTER_SECONDS:
            reason = error or ResponseError("not sent again")
            raise MaxRetryError(_pool, url or "", reason) from error
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds, or None when Zoho gave none or nonsense."""
        try:
            return super().get_retry_after(response)
        except (InvalidHeader, ValueError, OverflowError):
            return None


class _Adapter(HTTPAdapter):
    """requests' adapter over our pools."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class Network:
    """Proxies and certificate bundle, read from the environment once."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._has_proxies = any(environ.get(name) for name in PROXY_VARIABLES)
        self._proxies: dict[str, MutableMapping[str, str]] = {}
        self.verify: bool | str = next((environ[name] for name in _BUNDLE_VARIABLES if environ.get(name)), True)

    def proxies(self, url: str) -> MutableMapping[str, str]:
        """The proxies for this URL's host; none for this machine."""
        if not self._has_proxies:
            return {}
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._proxies:
            is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
            self._proxies[origin] = {} if is_here else dict(get_environ_proxies(origin))
        return self._proxies[origin]


OnSent = Callable[[requests.PreparedRequest, requests.Response | None, float], None]


class Session(requests.Session):
    """A session whose every answer is read whole, in time, within a size, and never redirects.

    Http sends by ``deliver``. What others send (Authlib), by requests' own methods, is told to ``on_sent`` when it is over,
    with the answer if one came and the seconds it took.
    """

    def __init__(
        self,
        network: Network,
        timeout: tuple[float, float],
        deadline_seconds: float,
        max_bytes: int,
        retries: int,
        on_sent: OnSent | None = None,
    ) -> None:
        super().__init__()
        self._on_sent = on_sent
        self._network, self._timeout, self._deadline_seconds, self._max_bytes = network, timeout, deadline_seconds, max_bytes
        self.trust_env = False
        self.verify = network.verify
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        retry = _Retry(
            total=retries,
            other=0,
            redirect=0,
            allowed_methods=READS,
            status_forcelist={500, 502, 503, 504},
            backoff_factor=0.2,
            backoff_jitter=0.2,
            retry_after_max=RETRY_AFTER_SECONDS + 1,
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(max_retries=retry))

    def get_redirect_target(self, response: requests.Response) -> str | None:
        """Always None: a redirect is an answer like any other, and the secret of a POST must not follow it."""
        return None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Deliver, and tell of it. Raises as ``deliver``."""
        started, response = monotonic(), None
        try:
            response = self.deliver(request, **kwargs)
        finally:
            if self._on_sent:
                self._on_sent(request, response, monotonic() - started)
        return response

    def deliver(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send, and read the whole body. Raises requests.RequestException, UnreadableAnswerError (too large)."""
        kwargs["proxies"] = self._network.proxies(request.url or "")
        kwargs["allow_redirects"], kwargs["stream"] = False, True
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        deadline_seconds = kwargs.pop("deadline_seconds", None) or self._deadline_seconds
        CALL.give_up_at, CALL.has_left, CALL.attempts = monotonic() + deadline_seconds, None, 0
        response = super().send(request, **kwargs)
        try:
            response._content = self._read(response)
        except BaseException:
            response.close()
            raise
        return response

    def _read(self, response: requests.Response) -> bytes:
        chunks, size = list[bytes](), 0
        for chunk in response.iter_content(_CHUNK_BYTES):
            size += len(chunk)
            if size > self._max_bytes:
                host = urlsplit(response.url).netloc
                raise UnreadableAnswerError(f"{host}: the answer is larger than {self._max_bytes} bytes", http_status=response.status_code)
            chunks.append(chunk)
        return b"".join(chunks)
