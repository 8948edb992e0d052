"""The authorization server's wire: authorization URL, exchange, refresh, revoke. RFC 6749 with Zoho's habits.

Authlib's protocol core builds the requests over a session of http.py; what comes back is judged here, by the presence of
``access_token`` and never by the status, because Zoho reports most failures inside HTTP 200. Authlib's own token keeping and
signing stay unused. Source: oauth.md sections 3 and 4 of the dossier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests

from service.settings import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, Settings
from store import exact_json
from zoho import scopes
from zoho.data_centers import DataCenter, DataCenters, is_loopback, redirected
from zoho.errors import (
    BETWEEN,
    CodeExpiredError,
    InvalidGrantError,
    MisconfiguredError,
    ThrottledError,
    UnreachableError,
    UnreadableAnswerError,
    WrongDataCenterError,
    ZohoDownError,
    ZohoError,
    explain,
)
from zoho.errors.root import Facts
from zoho.http import FAULTS, Http, translate

THROTTLE = timedelta(minutes=10)
LIFETIME_SECONDS = 3600
A_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Credentials:
    """Our client at one data centre."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token answer. ``refresh_token``, ``api_domain`` and ``scope`` are None where Zoho did not send them."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    api_domain: str | None
    expires_in_seconds: int
    scope: tuple[str, ...] | None


def credentials(settings: Settings, center: DataCenter) -> Credentials:
    """The client to present at this data centre: its own secret, else, for a built-in row or this machine, the default one.

    Raises MisconfiguredError, which names the setting.
    """
    if center.is_sandbox:
        return Credentials(SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, settings.redirect_uri)
    if not settings.client_id:
        raise MisconfiguredError("no OAuth client is configured", setting="ZOHO_CLIENT_ID")
    own = settings.client_secrets.get(center.location)
    may_share = center.is_builtin or is_loopback(center.accounts)
    secret = own or (settings.client_secret if may_share else None)
    if secret is None:
        name = f"ZOHO_CLIENT_SECRET_{center.location.upper()}"
        raise MisconfiguredError(f"no client secret for {center.location}", setting=name if not may_share else "ZOHO_CLIENT_SECRET")
    return Credentials(settings.client_id, secret.get_secret_value(), settings.redirect_uri)


def missing_setting(settings: Settings, center: DataCenter) -> str | None:
    """The setting that must be filled before anybody can be sent to this data centre, or None."""
    try:
        credentials(settings, center)
    except MisconfiguredError as error:
        return error.setting
    return None


def authorization_url(center: DataCenter, us: Credentials, asked: Iterable[str], state: str) -> str:
    """Where to send the browser. ``offline`` and ``consent`` always: without both there may be no refresh token."""
    url, _ = _client(None, us).create_authorization_url(
        f"{center.accounts}/oauth/v2/auth", state=state, scope=scopes.join(asked), access_type="offline", prompt="consent"
    )
    return str(url)


def exchange(http: Http, center: DataCenter, us: Credentials, code: str, now: datetime) -> Token:
    """Trade an authorization code for tokens, at the accounts server of the resource owner's data centre.

    Raises CodeExpiredError (reused, older than a minute, or of another data centre), MisconfiguredError, ThrottledError,
    UnreachableError, ZohoDownError, UnreadableAnswerError.
    """
    return _post(
        http, us, lambda client, url: client.fetch_token(url, grant_type="authorization_code", code=code), center, CodeExpiredError, now
    )


def refresh(http: Http, center: DataCenter, us: Credentials, refresh_token: str, now: datetime) -> Token:
    """Trade a refresh token for an access token (RFC 6749 section 6).

    Zoho answers ``{"access_token": str, "expires_in": 3600, "api_domain": str, "token_type": "Bearer"}``, in
    seconds, without ``refresh_token``; at most ten per refresh token in ten minutes. No ``scope`` is sent: Zoho
    answers one with ``invalid_scope``.

    Raises InvalidGrantError (a person must reconnect), ThrottledError, MisconfiguredError, UnreachableError,
    ZohoDownError, UnreadableAnswerError, WrongDataCenterError (redirected to another host of Zoho).
    """
    return _post(http, us, lambda client, url: client.refresh_token(url, refresh_token=refresh_token), center, InvalidGrantError, now)


def revoke(http: Http, center: DataCenter, refresh_token: str) -> bool:
    """End a grant and all access tokens made from it; False when Zoho does not know the token, or any more (HTTP 400).

    Raises UnreachableError, ZohoDownError, UnreadableAnswerError.
    """
    answer = http.call("POST", f"{center.accounts}/oauth/v2/token/revoke", form={"token": refresh_token})
    if answer.status >= 500:
        raise ZohoDownError(f"revoke answered {answer.status}", http_status=answer.status)
    body = answer.body if isinstance(answer.body, dict) else {}
    is_throttled = bool(body.get("error_description")) or body.get("status") == "failure"
    if body.get("status") == "success" or (answer.status == 400 and not is_throttled):
        return body.get("status") == "success"
    raise UnreadableAnswerError(f"revoke answered {answer.status} without success", http_status=answer.status)


def user_info(http: Http, center: DataCenter, access_token: str) -> dict[str, Any]:
    """``{"ZUID", "Email", "Display_Name", "First_Name", "Last_Name"}`` of the resource owner; {} when Zoho will not say, also by a 404.

    Raises UnreachableError (also for a forbidding web page: a firewall), ZohoDownError, WrongDataCenterError, UnreadableAnswerError.
    """
    answer = http.call("GET", f"{center.accounts}/oauth/user/info", token=access_token)
    if answer.status >= 500 or answer.status == 429:
        raise ZohoDownError(f"{answer.host} answered user info with HTTP {answer.status}", http_status=answer.status)
    if answer.is_html and answer.status == 403:
        raise UnreachableError(f"{answer.host} answered user info with a web page, HTTP 403", **BETWEEN | Facts(http_status=403))
    if answer.is_html and answer.status != 404:
        kind = WrongDataCenterError if answer.status == 401 else UnreadableAnswerError
        raise kind(f"{answer.host} answered user info with a web page, HTTP {answer.status}", http_status=answer.status)
    return answer.body if answer.status == 200 and isinstance(answer.body, dict) else {}


@cache
def _client_class() -> type[Any]:
    """Authlib's protocol core, which puts the client's secret into a request of requests.

    Loaded when it is first needed: it brings 150 modules, most of them for JOSE, and a token lives for an hour.
    """
    from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
    from authlib.oauth2.client import OAuth2Client

    return type("Client", (OAuth2Client,), {"client_auth_class": OAuth2ClientAuth})


def _client(session: requests.Session | None, us: Credentials) -> Any:
    return _client_class()(
        session=session,
        client_id=us.client_id,
        client_secret=us.client_secret,
        redirect_uri=us.redirect_uri,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 a method's name
    )


def _post(
    http: Http, us: Credentials, ask: Callable[[Any, str], object], center: DataCenter, dead: type[ZohoError], now: datetime
) -> Token:
    """Ask, and read the answer before Authlib does: our hook either raises what it means or keeps the token."""
    from authlib.common.errors import AuthlibBaseError

    client, kept = _client(http.session(), us), list[Token]()

    def read(response: requests.Response) -> requests.Response:
        kept.append(_judge(response, center, dead, now, http.centers))
        return response

    client.register_compliance_hook("access_token_response", read)
    client.register_compliance_hook("refresh_token_response", read)
    url = f"{center.accounts}/oauth/v2/token"
    try:
        ask(client, url)
    except FAULTS as exc:
        raise translate(exc, "POST", url) from exc
    except (AuthlibBaseError, ValueError) as exc:
        if not kept:  # else Authlib minds what we accepted: a null error, a byte order mark
            raise UnreadableAnswerError(f"{center.location} token endpoint: {type(exc).__name__}") from exc
    return kept[0]


def _judge(response: requests.Response, center: DataCenter, dead: type[ZohoError], now: datetime, centers: DataCenters) -> Token:
    where = f"{center.location} token endpoint, HTTP {response.status_code}"
    status = response.status_code
    if status >= 500:
        raise ZohoDownError(where, http_status=status)
    if 300 <= status < 400:
        raise redirected(status, urlsplit(response.url).netloc, response.headers.get("Location", ""), centers)
    try:
        body = exact_json.loads(response.content)
    except ValueError as exc:
        if response.content.lstrip()[:1] == b"<":
            raise UnreadableAnswerError(f"{where}: a web page", **_A_PAGE | Facts(http_status=status)) from exc
        raise UnreadableAnswerError(f"{where}: not JSON", http_status=status) from exc
    if not isinstance(body, dict):
        raise UnreadableAnswerError(f"{where}: not a JSON object", http_status=status)
    token = body.get("access_token")
    if not isinstance(token, str) or not token:
        raise _failure(body, where, status, dead, now)
    return Token(
        access_token=token,
        refresh_token=_text(body.get("refresh_token")),
        api_domain=_text(body.get("api_domain")),
        expires_in_seconds=_lifetime(body),
        scope=scopes.parse(body["scope"]) or None if isinstance(body.get("scope"), str) else None,
    )


def _failure(body: Mapping[str, Any], where: str, status: int, dead: type[ZohoError], now: datetime) -> ZohoError:
    """Zoho's ``error`` word decides, then the dictionary; the throttle's is localised, so it is known by the rest of its body."""
    error = str(body.get("error", ""))[:80]
    detail = f"{where}: {error or 'no access token'}"
    known, explained = _ERRORS.get(error), explain("oauth", error)
    if error in _DEAD:
        return dead(detail, zoho_code=error, http_status=status)
    if known:
        return MisconfiguredError(detail, setting=known, zoho_code=error, http_status=status)
    if error == "general_error":
        return ZohoDownError(detail, zoho_code=error, http_status=status)
    if explained and not explained.waiting_helps:
        summary = f"{explained.meaning} {explained.cause}"
        return MisconfiguredError(detail, zoho_code=error, http_status=status, summary=summary, advice=explained.next_step)
    if body.get("status") == "failure" or body.get("error_description") or status == 429 or error == "access_denied":
        return ThrottledError(detail, retry_at=now + THROTTLE, zoho_code=error or None, http_status=status)
    return UnreadableAnswerError(f"{detail}; there is no token in the answer", zoho_code=error or None, http_status=status)


_DEAD = ("invalid_code", "invalid_grant", "invalid_token", "INVALID_OAUTHTOKEN")
"""Zoho's word for a code or refresh token that is no good any more, RFC 6749's, and those of Zoho's other hosts."""
_A_PAGE = Facts(
    summary="A web page came instead of Zoho's answer: something between Amend and Zoho answers, or this is not Zoho's accounts host.",
    advice="Ask whoever runs the network what answers for Zoho; if nothing does, look at the data centre and its accounts host.",
)
_ERRORS = {
    "invalid_client": "ZOHO_CLIENT_ID",
    "invalid_client_secret": "ZOHO_CLIENT_SECRET",
    "invalid_redirect_uri": "AMEND_PUBLIC_URL",
    "redirect_uri_mismatch": "AMEND_PUBLIC_URL",
    "unauthorized_client": "ZOHO_CLIENT_ID",
}
"""Zoho's word → the setting that is most likely wrong."""


def _lifetime(body: Mapping[str, Any]) -> int:
    """Seconds. Zoho once sent milliseconds, and may send text; nothing lives longer than an hour."""
    try:
        seconds = int(body.get("expires_in", LIFETIME_SECONDS))
    except (TypeError, ValueError, OverflowError):
        return LIFETIME_SECONDS
    if "expires_in_sec" in body or seconds > A_DAY_SECONDS:
        seconds //= 1000
    return max(0, min(seconds, LIFETIME_SECONDS))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
