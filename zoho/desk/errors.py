"""How Desk spells its errors: ``{"errorCode", "message", "errors": [{"fieldName", "errorType", "errorMessage"}]}``."""

from __future__ import annotations

from typing import Any

from zoho.calls import Dialect, Words, text_of
from zoho.errors import (
    MissingScopeError,
    NoPermissionError,
    OrgMismatchError,
    RateLimitedError,
    RecordNotFoundError,
    TokenRejectedError,
    ZohoDownError,
    ZohoError,
)
from zoho.redaction import redact

CLASSES: dict[str, type[ZohoError]] = {
    "UNAUTHORIZED": TokenRejectedError,
    "INVALID_OAUTH": TokenRejectedError,
    "SCOPE_MISMATCH": MissingScopeError,
    "OAUTH_ORG_MISMATCH": OrgMismatchError,
    "FORBIDDEN": NoPermissionError,
    "URL_NOT_FOUND": RecordNotFoundError,
    "RESOURCE_NOT_FOUND": RecordNotFoundError,
    "TOO_MANY_REQUESTS": RateLimitedError,
    "THRESHOLD_EXCEEDED": RateLimitedError,
    "INTERNAL_SERVER_ERROR": ZohoDownError,
}


def read(body: Any) -> Words:
    """Code, message, and as details the rest of an error body (``errors``, the edition's limits)."""
    if not isinstance(body, dict) or "errorCode" not in body:
        return Words(None, text_of(body.get("message")) if isinstance(body, dict) else None, {})
    details = {key: value for key, value in body.items() if key not in ("errorCode", "message")}
    return Words(redact(text_of(body["errorCode"]) or "") or None, text_of(body.get("message")), details)


DIALECT = Dialect("desk", read, CLASSES)
