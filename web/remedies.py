"""The one next step for an error, as a link: the page where the operator can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from zoho.errors import MissingScopeError, ZohoError

RECONNECT = frozenset(
    "invalid_grant no_refresh_token token_rejected wrong_data_center key_lost unknown_host not_connected org_mismatch".split()
)
CHOOSE = frozenset({"desk_org_unknown"})


@dataclass(frozen=True, slots=True)
class Remedy:
    """A link that looks like a button."""

    label: str
    href: str


def remedy(error: ZohoError, connection_id: UUID) -> Remedy:
    """Reconnect, add the scope, choose the organization; else the connection's diagnostics."""
    if isinstance(error, MissingScopeError):
        label = "Add it" if error.scopes else "Reconnect"
        return Remedy(label, url_for("connect.start", connection=connection_id, scope=list(error.scopes) or None))
    if error.code in RECONNECT:
        return Remedy("Reconnect", url_for("connect.start", connection=connection_id))
    label = "Choose the organization" if error.code in CHOOSE else "Open the diagnostics"
    return Remedy(label, url_for("connections.show", connection_id=connection_id))
