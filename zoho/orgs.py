"""The organizations of a connection: the CRM org, its zgid, and the Desk organization. Three numbers, never mixed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from zoho import access, clients, connections, data_centers, limits, metadata, scopes
from zoho.answers import Choice, Question
from zoho.connections import Connection
from zoho.errors import DeskOrgUnknownError, MissingScopeError, NoPermissionError, RecordNotFoundError, RequestRefusedError
from zoho.runtime import Amend

DESK_ORG = "desk_org_id"
"""Name of the question which Desk organization to use."""
NO_EDITION = "edition not given"


@dataclass(frozen=True, slots=True)
class DeskOrg:
    """One row of ``GET /organizations``."""

    id: str
    name: str
    portal: str
    edition: str
    is_default: bool
    time_zone: str | None
    is_sandbox: bool = False


def desk_org(amend: Amend, connection_id: UUID) -> str | Question:
    """The stored Desk organization; a blank one is discovered and stored first. Several: the question which.

    Raises DeskOrgUnknownError when discovery is refused (it says so when ``Desk.basic.READ`` is what lacks) or finds none.
    """
    connection = clients.load(amend, connection_id)
    if is_org_id(connection.desk_org_id):
        return (connection.desk_org_id or "").strip()
    found = discover_desk(amend, connection)
    if len(found) == 1:
        choose_desk_org(amend, connection_id, found[0])
        return found[0].id
    return question(found)


def question(found: Sequence[DeskOrg]) -> Question:
    """Which of these Desk organizations?"""
    return Question(
        name=DESK_ORG,
        prompt="This login belongs to several Desk organizations. Which one should this connection edit?",
        schema={"type": "object", "properties": {DESK_ORG: {"type": "string", "enum": [org.id for org in found]}}, "required": [DESK_ORG]},
        options=tuple(Choice(org.id, org.name, f"portal {org.portal}, {org.edition}") for org in found),
    )


def is_org_id(value: str | None) -> bool:
    """True for digits, at most 40; Zoho answers anything else with an opaque 500."""
    clean = (value or "").strip()
    return clean.isascii() and clean.isdigit() and len(clean) <= 40


def discover_desk(amend: Amend, connection: Connection) -> list[DeskOrg]:
    """Every Desk organization of the login. Raises DeskOrgUnknownError."""
    try:
        rows = access.call(amend, connection, scopes.DESK_BASIC, clients.desk_client(amend, connection).organizations)
    except MissingScopeError as exc:
        raise DeskOrgUnknownError(
            "GET /organizations was refused for lack of Desk.basic.READ",
            summary="The Desk organization could not be looked up: this connection lacks the scope Desk.basic.READ.",
            advice="Reconnect and grant Desk.basic.READ (find the Desk organization).",
        ) from exc
    found = [org for row in rows if (org := _desk_org(row)) is not None]
    for org in found:
        limits.note_edition(amend, f"desk:{org.id}", org.edition if org.edition != NO_EDITION else None)
    if not found:
        raise DeskOrgUnknownError(
            "GET /organizations answered no organization",
            summary="This Zoho login belongs to no Desk organization.",
            advice="Connect with a login that is an agent in Zoho Desk.",
            action="reconnect",
        )
    return found


def own_desk_orgs(amend: Amend, user_id: UUID, connection_id: UUID) -> list[DeskOrg]:
    """What an operator may choose from. Raises NotConnectedError, DeskOrgUnknownError."""
    with amend.reading() as session:
        connection = connections.get_own(session, connection_id, user_id)
    return discover_desk(amend, connection)


def choose_desk_org(amend: Amend, connection_id: UUID, org: DeskOrg) -> None:
    """Store the Desk organization of a connection."""
    with amend.sessions.begin() as session:
        connection = connections.get(session, connection_id)
        for column, value in desk_values(org).items():
            if column not in IF_CRM_IS_SILENT or connection.crm_org_id is None:
                setattr(connection, column, value)
    metadata.forget(amend, connection_id, "desk")  # fields, layouts and agents are the organization's


def choose_desk_org_by_id(amend: Amend, user_id: UUID, connection_id: UUID, org_id: str) -> bool:
    """Answer the question; False when the login has no such organization.

    Zoho binds a grant to the portal that was picked on its page, so the choice is tried before it is stored.
    Raises OrgMismatchError (nothing was stored), NotConnectedError, DeskOrgUnknownError and the other ZohoErrors of a read.
    """
    with amend.reading() as session:
        connection = connections.get_own(session, connection_id, user_id)
    chosen = next((org for org in discover_desk(amend, connection) if org.id == org_id), None)
    if chosen is None:
        return False
    with suppress(NoPermissionError, RequestRefusedError, RecordNotFoundError):  # Zoho answered: the portal is reached
        clients.desk_client(amend, connection, chosen.id).my_info()
    choose_desk_org(amend, connection_id, chosen)
    return True


IF_CRM_IS_SILENT = ("environment", "time_zone")
"""What CRM tells too, and better."""


def desk_values(org: DeskOrg) -> dict[str, Any]:
    """The columns that a Desk organization fills, as long as they may be."""
    return {
        "desk_org_id": org.id,
        "desk_org_name": org.name[:400],
        "desk_portal_name": org.portal[:200],
        "environment": "sandbox" if org.is_sandbox else "production",
        "time_zone": _text(org.time_zone, 80),
    }


def crm_values(org: dict[str, Any], api_domain: str | None) -> dict[str, Any]:
    """The columns that ``GET /org`` fills: id, zgid, name, ``domain_name`` for links, environment; as long as they may be."""
    kind = _text(org.get("type"))
    return {
        "crm_org_id": _text(org.get("id"), 40),
        "crm_org_name": _text(org.get("company_name"), 400),
        "crm_domain_name": _text(org.get("domain_name"), 200),
        "zgid": _text(org.get("zgid"), 40),
        "environment": kind if kind in ("production", "sandbox", "developer", "bigin") else data_centers.environment(api_domain),
        "time_zone": _text(org.get("time_zone"), 80),
    }


def note_crm_edition(amend: Amend, org: dict[str, Any]) -> None:
    """Keep the edition that ``GET /org`` tells: it says how many calls may run at a time."""
    license_ = org.get("license_details")
    if isinstance(license_, dict) and (org_id := _text(org.get("id"), 40)):
        limits.note_edition(amend, f"crm:{org_id}", license_.get("paid_type"))


def _desk_org(row: Any) -> DeskOrg | None:
    if not isinstance(row, dict) or not is_org_id(_text(row.get("id"))):
        return None
    name = _text(row.get("companyName")) or _text(row.get("portalName")) or str(row["id"])
    edition = str(row.get("edition") or NO_EDITION).replace("_", " ").lower()
    is_default = row.get("isDefault") in (True, "true")
    portal, zone = _text(row.get("portalName")) or "", _text(row.get("timeZone"))
    return DeskOrg(str(row["id"]).strip(), name, portal, edition, is_default, zone, row.get("isSandboxPortal") in (True, "true"))


def _text(value: Any, length: int | None = None) -> str | None:
    """Zoho's ids come as text or as numbers; blank is nothing."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text[:length] or None
