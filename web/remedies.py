"""What the operator can press when something failed: the page where it can be mended, the check that tells more, the other record."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from zoho import diagnostics
from zoho.answers import Refusal
from zoho.calls import text_of
from zoho.errors import MissingScopeError, ZohoError


@dataclass(frozen=True, slots=True)
class Remedy:
    """A link that looks like a button."""

    label: str
    href: str


def remedy(error: ZohoError, connection_id: UUID, again: str | None = None) -> Remedy:
    """The one next step. Where only another try helps, that is ``again``, the address to try; without one, the diagnostics."""
    if isinstance(error, MissingScopeError) and error.scopes:
        return Remedy("Add it", url_for("connect.start", connection=connection_id, scope=list(error.scopes)))
    match error.action:
        case "reconnect" | "add_scope":
            return Remedy("Reconnect", url_for("connect.start", connection=connection_id))
        case "choose_organization":
            return Remedy("Choose the organization", url_for("connections.desk_organization", connection_id=connection_id))
        case "fix_setting":
            return Remedy("Compare the settings", url_for("connect.start", connection=connection_id, _anchor="settings"))
        case "check_again" | None if again:
            return Remedy("Try again", again)
    check = check_of(error, connection_id)
    return Remedy("Open the diagnostics", check.href if check else url_for("connections.show", connection_id=connection_id))


def check_of(error: ZohoError, connection_id: UUID) -> Remedy | None:
    """The check on the connection's page that tells more of this error, by its title."""
    if error.check is None:
        return None
    slug = error.check.format(product=error.product or _product_of(error))
    return Remedy(diagnostics.TITLES[slug], url_for("connections.show", connection_id=connection_id, _anchor=f"check-{slug}"))


def _product_of(error: ZohoError) -> str:
    """Of an error that was born before any call: by the scope it misses."""
    is_desk = isinstance(error, MissingScopeError) and any(scope.startswith("Desk.") for scope in error.scopes)
    return "desk" if is_desk else "crm"


def other_record(refusal: Refusal, connection_id: UUID) -> str | None:
    """The address of the record that already has a unique value, where Zoho names it."""
    other = refusal.details.get("duplicate_record")
    module = other.get("module") if isinstance(other, dict) else None
    name = text_of(module.get("api_name") if isinstance(module, dict) else module)
    record_id = text_of(other.get("id")) if isinstance(other, dict) else None
    if not name or not record_id or not record_id.isdigit():
        return None
    return url_for("records.edit", connection_id=connection_id, product="crm", module=name, record_id=record_id)
