"""How CRM spells its errors: ``{"code", "message", "status": "error", "details"}``, alone or inside ``data``."""

from __future__ import annotations

from typing import Any

from zoho.calls import Dialect, Words, text_of
from zoho.errors import (
    ConflictError,
    MissingScopeError,
    NoPermissionError,
    RateLimitedError,
    RecordNotFoundError,
    TokenRejectedError,
    WrongDataCenterError,
    ZohoDownError,
    ZohoError,
)
from zoho.redaction import redact

CLASSES: dict[str, type[ZohoError]] = {
    "INVALID_TOKEN": TokenRejectedError,
    "INVALID_OAUTHTOKEN": TokenRejectedError,
    "AUTHENTICATION_FAILURE": TokenRejectedError,
    "OAUTH_SCOPE_MISMATCH": MissingScopeError,
    "INVALID_OAUTHSCOPE": MissingScopeError,
    "NO_PERMISSION": NoPermissionError,
    "AUTHORIZATION_FAILED": NoPermissionError,
    "INACTIVE_USER": NoPermissionError,
    "FORBIDDEN": NoPermissionError,
    "RESOURCE_NOT_FOUND": RecordNotFoundError,
    "NOT_FOUND": RecordNotFoundError,
    "INVALID_URL_PATTERN": WrongDataCenterError,
    "ALREADY_MODIFIED": ConflictError,
    "TOO_MANY_REQUESTS": RateLimitedError,
    "RATE_LIMIT_EXCEEDED": RateLimitedError,
    "SERVICE_UNAVAILABLE": ZohoDownError,
    "REQUEST_TIMEOUT": ZohoDownError,
    "INTERNAL_ERROR": ZohoDownError,
    "INTERNAL_SERVER_ERROR": ZohoDownError,
}


def read(body: Any) -> Words:
    """Code, message and details of an error body; of the first failed row when ``data`` carries them.

    An older shape of the 429 is ``{"code": 429, "error": "TOO_MANY_REQUESTS", "error_info": …}``.
    """
    if not isinstance(body, dict):
        return Words(None, None, {})
    data = body.get("data")
    if "code" not in body and isinstance(data, list) and data and isinstance(data[0], dict):
        body = data[0]
    code = body.get("code")
    if not isinstance(code, str):
        code = body.get("error")
    code = redact(code) if isinstance(code, str) else None
    message = body.get("message") or body.get("error_info")
    details = body.get("details")
    return Words(text_of(code), text_of(message), details if isinstance(details, dict) else {})


DIALECT = Dialect("crm", read, CLASSES)


def is_unknown_id(words: Words) -> bool:
    """True when Zoho says that there is no record with the id of the path.

    It names the field ``id``, or the second segment of the path (``resource_path_index``), or nothing but the id; a lookup's unknown
    id is told by a ``json_path`` that goes deeper than ``$.data[0].id``.
    """
    if words.code != "INVALID_DATA":
        return False
    details = words.details
    name, path = details.get("api_name"), text_of(details.get("json_path"))
    if name is not None or path is not None:
        return name in ("id", None) and (path is None or (path.endswith(".id") and path.count(".") <= 2))
    return details.get("resource_path_index") == 1 or "id" in details or "the id given seems to be invalid" in (words.message or "").lower()
