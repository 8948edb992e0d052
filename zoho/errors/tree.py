"""One class per thing a person can do about it. ``summary`` and ``advice`` are safe on a page, the detail is for the log."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Unpack

from zoho.errors.root import Facts, ZohoError


class NotConnectedError(ZohoError, page_status=404, action="reconnect", check="connection"):
    """There is no such connection, it is somebody else's, or it was disconnected."""

    code = "not_connected"
    summary = "This account is not connected to Zoho."
    advice = "Connect Zoho, then try again."


class InvalidGrantError(ZohoError, page_status=409, action="reconnect", check="connection", lasts=True):
    """RFC 6749 section 5.2. Zoho spells it ``invalid_code``, and may send it with status 200."""

    code = "invalid_grant"
    summary = "Zoho no longer accepts our refresh token. Access was revoked, the password changed, or more than 20 newer connections exist."
    advice = "Reconnect the account."


class NoRefreshTokenError(ZohoError, page_status=409, action="reconnect", check="refresh_token", lasts=True):
    """The grant came, or was stored, without a refresh token, so it would be dead within the hour."""

    code = "no_refresh_token"
    summary = "This connection has no refresh token, so it cannot be renewed."
    advice = "Reconnect the account and accept on Zoho's page; Zoho then sends a new refresh token."


class RenewalFailingError(ZohoError, page_status=503, action="refresh_now", check="renewal", lasts=True):
    """Renewing has failed for days without a success, so Amend has stopped trying by itself. The grant may still be good."""

    code = "renewal_failing"
    summary = "Renewing the access token has failed for four days."
    advice = "Press Refresh now to try again. If that fails too, reconnect the account."


class ThrottledError(ZohoError, page_status=429, action=None, check="throttle", lasts=False):
    """The token endpoint's own limit: ten access tokens per refresh token in ten minutes. ``retry_at`` is aware UTC."""

    code = "throttled"
    summary = "Zoho allows 10 renewals in 10 minutes and they are used up."
    advice = "Wait until the next try; nothing is lost, and reconnecting would not help."

    def __init__(self, detail: str = "", *, retry_at: datetime | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(detail, **facts)
        self.retry_at = retry_at


class MisconfiguredError(ZohoError, page_status=503, action="fix_setting", check="client", lasts=True):
    """Client id, client secret or redirect URI are not what Zoho has. ``setting`` names ours, for example ``ZOHO_CLIENT_ID``."""

    code = "misconfigured"
    summary = "Zoho does not accept the client that Amend presents."
    advice = "Compare client id, client secret and redirect URI with Zoho's API console, for this data centre."

    def __init__(self, detail: str = "", *, setting: str | None = None, **facts: Unpack[Facts]) -> None:
        if setting and not facts.get("advice"):
            facts["advice"] = f"Check {setting} against Zoho's API console, for this data centre."
        super().__init__(detail, **facts)
        self.setting = setting


class UnreachableError(ZohoError, page_status=504, lasts=False):
    """No answer came. ``is_ambiguous``: the request may have reached Zoho (False for refused connections, DNS, TLS)."""

    code = "unreachable"
    summary = "Zoho cannot be reached."
    advice = "Check the network and Zoho's status page, then try again."

    def __init__(self, detail: str = "", *, is_ambiguous: bool = False, **facts: Unpack[Facts]) -> None:
        super().__init__(detail, **facts)
        self.is_ambiguous = is_ambiguous


BETWEEN = Facts(
    summary="Something between Amend and Zoho answers in its place: a sign-in page of the network, a firewall, or a proxy.",
    advice="Ask whoever runs the network to let Amend through to Zoho, then check again.",
)
"""Of an UnreachableError, when an answer came that is not Zoho's."""


class UnreadableAnswerError(ZohoError, lasts=False):
    """Something answered, but not with what Zoho documents: HTML, cut off, too large, the wrong JSON type.

    ``is_ambiguous``: a write may have been stored all the same.
    """

    code = "unreadable_answer"
    summary = "Zoho's answer could not be read."
    advice = "Try again in a minute; if it persists, open the connection's diagnostics."

    def __init__(self, detail: str = "", *, is_ambiguous: bool = True, **facts: Unpack[Facts]) -> None:
        super().__init__(detail, **facts)
        self.is_ambiguous = is_ambiguous


class WrongDataCenterError(ZohoError, action="reconnect", check="data_center", lasts=True):
    """The host answered, but it is not the one that holds this account. The detail has the evidence."""

    code = "wrong_data_center"
    summary = "This host does not know the account: the connection points to the wrong Zoho data centre."
    advice = "Reconnect the account, so that Zoho names its data centre again."


class TokenRejectedError(ZohoError, action="reconnect", check="token", lasts=True):
    """HTTP 401 that a refresh may cure, and did not."""

    code = "token_rejected"
    summary = "Zoho rejected the access token, also after renewing it."
    advice = "Reconnect the account."


class MissingScopeError(ZohoError, page_status=403, action="add_scope", check="{product}_scopes"):
    """The grant does not cover the call. ``scopes`` are those to ask for; empty when nobody knows."""

    code = "missing_scope"
    summary = "This connection lacks a scope that Zoho wants here, and Zoho does not say which."
    advice = "Reconnect the account and grant all the scopes that are asked for."

    def __init__(self, detail: str = "", *, scopes: tuple[str, ...] = (), purpose: str = "", **facts: Unpack[Facts]) -> None:
        if scopes and not facts.get("summary"):
            what = f" ({purpose})" if purpose else ""
            facts["summary"] = f"This needs {' and '.join(scopes)}{what}, which this connection does not have."
        if scopes and not facts.get("advice"):
            facts["advice"] = f"Add {' and '.join(scopes)} to the connection; Zoho will ask for your consent again."
        super().__init__(detail, **facts)
        self.scopes = scopes


class NoPermissionError(ZohoError, page_status=403, action="open_zoho", check="{product}_records"):
    """The scope is there, but the Zoho user's profile, role or edition does not allow it."""

    code = "no_permission"
    summary = "The connected Zoho user is not allowed to do this."
    advice = "Ask a Zoho administrator to allow it in the user's profile or role, or connect as another user."


class OrgMismatchError(ZohoError, page_status=409, action="choose_organization", check="desk_org", lasts=True):
    """The token belongs to another organization than the one that was named (Desk: ``OAUTH_ORG_MISMATCH``)."""

    code = "org_mismatch"
    summary = "The connection was granted for another Zoho organization than the one chosen here."
    advice = "Choose the organization again, or reconnect and pick it on Zoho's page."


class DeskOrgUnknownError(ZohoError, page_status=409, action="choose_organization", check="desk_org"):
    """No usable Desk organization id is known, and it could not be discovered."""

    code = "desk_org_unknown"
    summary = "It is not known which Zoho Desk organization to use."
    advice = "Choose the Desk organization on the connection's page."


class RecordNotFoundError(ZohoError, page_status=404, check=None):
    """Zoho has no such record, or does not show it to the connected user."""

    code = "record_not_found"
    summary = "Zoho has no such record, or does not show it to the connected user."
    advice = "Check the id. The record may have been deleted, converted, or be hidden by sharing rules."


class ConflictError(ZohoError, page_status=409, check=None):
    """HTTP 412: the record changed after it was read."""

    code = "conflict"
    summary = "Somebody changed this record after you opened it."
    advice = "Open it again and compare before saving."


class RateLimitedError(ZohoError, page_status=429, lasts=False):
    """The API's own limits. ``kind`` is ``credits`` (used up for the day), ``concurrency`` (too many at once) or ``unknown``."""

    code = "rate_limited"
    summary = "Zoho is refusing calls because too many were made."
    advice = "Wait a little and try again; nothing is lost."

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after_seconds: int | None = None,
        kind: Literal["credits", "concurrency", "unknown"] = "unknown",
        **facts: Unpack[Facts],
    ) -> None:
        if kind == "credits":
            facts.setdefault("summary", "The organization's API credits of the day are used up.")
            facts.setdefault("advice", "Wait until Zoho grants new credits, or buy more; nothing is lost.")
        if kind == "concurrency":
            facts.setdefault("summary", "Too many calls to Zoho run at the same time.")
        super().__init__(detail, **facts)
        self.retry_after_seconds = retry_after_seconds
        self.kind = kind


class ZohoDownError(ZohoError, lasts=False):
    """HTTP 5xx. A write may have been stored all the same."""

    code = "zoho_down"
    summary = "Zoho reports an error of its own."
    advice = "Try again in a few minutes; see Zoho's status page if it persists."
    is_ambiguous = True


class RequestRefusedError(ZohoError, page_status=422):
    """Any other refusal of a whole request; Zoho's code and message are kept. Also what we refuse to send."""

    code = "request_refused"
    summary = "Zoho refused this request."
    advice = "See Zoho's own words below; if they do not help, open the connection's diagnostics."


class KeyLostError(ZohoError, page_status=409, action="reconnect", check="key", lasts=True):
    """The stored token cannot be opened with the keys at hand."""

    code = "key_lost"
    summary = "The stored tokens cannot be opened: the encryption key is not the one that sealed them."
    advice = "Put the old key back into AMEND_ENCRYPTION_KEYS, or reconnect the account."


class TokenNotSavedError(ZohoError, page_status=503, lasts=True):
    """Zoho gave a new token and the database did not take it."""

    code = "token_not_saved"
    summary = "Zoho renewed the token, but it could not be saved."
    advice = "Check the database and the disk, then try again."


class UnknownToolError(ZohoError, page_status=404, check=None):
    """No tool of that name."""

    code = "unknown_tool"
    summary = "Amend has no such tool."
    advice = "See the list of tools for the right name."


class UnknownHostError(ZohoError, page_status=400, action="reconnect", check="api_domain", lasts=True):
    """The token would leave for a host that is not in the table of data centres."""

    code = "unknown_host"
    summary = "The token was not sent: the host is not one of Zoho's known hosts."
    advice = "Reconnect the account; for a new data centre add its hosts in ZOHO_DATA_CENTERS_FILE."


class BadStateError(ZohoError, page_status=400, check=None):
    """The OAuth ``state`` is missing, was used before, belongs to another session, or is older than ten minutes."""

    code = "bad_state"
    summary = "This answer from Zoho does not belong to a connection that you started here in the last ten minutes."
    advice = "Start again with Connect Zoho."


class ConsentRefusedError(ZohoError, page_status=400, check=None):
    """The resource owner said no, or Zoho refused on their behalf (``access_denied``)."""

    code = "consent_refused"
    summary = "Access was not granted on Zoho's page."
    advice = "Start again with Connect Zoho and press Accept there; after many tries wait ten minutes."


class CodeExpiredError(ZohoError, page_status=400, check=None):
    """The authorization code was too old, used before, or of another data centre (Zoho: ``invalid_code``)."""

    code = "code_expired"
    summary = "Zoho's authorization code was no longer valid: it lives for about a minute and works once."
    advice = "Start again with Connect Zoho."


class NotFoundError(ZohoError, page_status=404, check=None):
    """Something of ours does not exist, or is another person's."""

    code = "not_found"
    summary = "There is nothing here."
    advice = "Go back to the list and choose again."


def kind_of(code: str) -> type[ZohoError]:
    """The class of a ``ZohoError.code`` that was written down; the root for one that no class has any more."""
    return next((kind for kind in ZohoError.__subclasses__() if kind.code == code), ZohoError)
