"""What the connected user may do: the profile, the modules, and editing, as far as Zoho tells without an edit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zoho import access, clients, features, orgs, scopes
from zoho.calls import text_of
from zoho.connections import Connection
from zoho.crm import editable_modules
from zoho.diagnostics.findings import CHECK_AGAIN, CHOOSE_ORGANIZATION, OPEN_ZOHO, Observation, failed, moment, not_checked, ok, warning
from zoho.diagnostics.live import CRM_READS, needless
from zoho.errors import RecordNotFoundError, RequestRefusedError, UnreadableAnswerError, WrongDataCenterError, ZohoError
from zoho.runtime import Amend

EVERYWHERE = ("Leads", "Contacts")
NOT_OFFERED = (WrongDataCenterError, RecordNotFoundError, RequestRefusedError, UnreadableAnswerError)
PROFILE_STEP = "Ask a Zoho administrator to allow it in the user's profile, or leave it as it is if that is meant."


def crm_user(amend: Amend, connection: Connection) -> Observation:
    """``GET /users?type=CurrentUser``: whether the CRM user is active, and under which profile and role."""
    lacking = access.known_missing(connection, scopes.CRM_USERS)
    if lacking:
        return needless(scopes.CRM_USERS, lacking)
    try:
        user = access.call(amend, connection, scopes.CRM_USERS, clients.crm_client(amend, connection).current_user)
    except NOT_OFFERED as error:
        return _unsaid(error)
    status, profile, role = text_of(user.get("status")), _name(user.get("profile")), _name(user.get("role"))
    seen = f"profile {profile}, role {role}, {status or 'state not given'}; asked {moment(amend.now())}"
    if status not in ("active", None):
        cause = "The connected Zoho user is not active in CRM."
        return failed(seen, cause, "Have a Zoho administrator activate the user, or connect as another.", OPEN_ZOHO)
    return ok(f"API access allowed, {seen}")


def crm_modules(amend: Amend, connection: Connection) -> Observation:
    """``GET /settings/modules``: whether the modules that this connection is for are shown to the user, and to be edited."""
    rows = access.call(amend, connection, scopes.CRM_MODULES, clients.crm_client(amend, connection).modules)
    editable = [module.api_name for module in editable_modules(rows)]
    missing = [name for name in _wanted(connection, rows) if name not in editable]
    seen = f"{len(editable)} modules to edit; asked {moment(amend.now())}"
    if not editable:
        return failed(seen, "Zoho shows this user no module that can be edited.", PROFILE_STEP, OPEN_ZOHO)
    if missing:
        cause = f"Zoho does not let this user edit {', '.join(missing)}: hidden, switched off, or not in the user's profile."
        return warning(f"{seen}; without {', '.join(missing)}", cause, PROFILE_STEP, OPEN_ZOHO)
    return ok(f"{seen}: {', '.join(editable[:6])}{' …' if len(editable) > 6 else ''}")


def _unsaid(error: ZohoError) -> Observation:
    """The host was reached and knows the token, as the checks before this one saw: only this one call has no answer there."""
    return not_checked("Zoho does not say who the connected user is there.", "Nothing needs to be done.", evidence=str(error))


def _wanted(connection: Connection, rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """The modules chosen one by one; with "All modules", those that every organization has, and of the usual ones those that it lists."""
    keys = features.wanted(connection.products, connection.features, connection.scopes_requested)
    chosen = [module for feature in features.FEATURES if feature.key in keys and feature.product == "crm" for module in feature.modules]
    listed = {row.get("api_name") for row in rows}
    return [name for name in CRM_READS if name in (*EVERYWHERE, *listed)] if features.ALL in keys else chosen


def crm_write(amend: Amend, connection: Connection) -> Observation:
    """Whether an edit was ever taken. Zoho has no call that tries one: a write without data is refused before or after the
    rights are looked at, and nobody says which. So nothing is sent here, and only a real edit makes this green."""
    return _edited(connection, "ZohoCRM.", "CRM")


def desk_write(amend: Amend, connection: Connection) -> Observation:
    """As ``crm_write``. Of Desk even the profile's rights are not to be had without administrator scopes."""
    return _edited(connection, "Desk.", "Desk")


def _edited(connection: Connection, prefix: str, name: str) -> Observation:
    proven = [one for one in connection.scopes_confirmed if one.startswith(prefix) and one.endswith((".UPDATE", ".ALL"))]
    if proven:
        return ok(f"an edit was taken by Zoho: {', '.join(proven[:4])}{' …' if len(proven) > 4 else ''}")
    return not_checked(
        f"Zoho has no call that tries an edit of {name} without making one.", "Whether it is allowed shows at the first save."
    )


def desk_agent(amend: Amend, connection: Connection) -> Observation:
    """``GET /myinfo``: whether the connected user is an active agent of the chosen organization."""
    if not orgs.is_org_id(connection.desk_org_id):
        return not_checked("No Desk organization is chosen yet.", "Choose the Desk organization.", CHOOSE_ORGANIZATION)
    lacking = access.known_missing(connection, scopes.DESK_BASIC)
    if lacking:
        return needless(scopes.DESK_BASIC, lacking)
    try:
        info = access.call(amend, connection, scopes.DESK_BASIC, clients.desk_client(amend, connection).my_info)
    except NOT_OFFERED as error:
        return _unsaid(error)
    status = text_of(info.get("status"))
    seen = f"agent {text_of(info.get('name')) or text_of(info.get('emailId')) or 'not named'}, {status or 'state not given'}"
    if status and status.upper() not in ("ACTIVE", "ENABLED"):
        cause = "The connected Zoho user is not an active agent in Desk."
        return failed(seen, cause, "Have a Desk administrator activate the agent, or connect as another.", OPEN_ZOHO)
    if not info:
        return warning("GET /myinfo named nobody", "Zoho did not say who the agent is.", "Check again.", CHECK_AGAIN)
    return ok(f"{seen}; asked {moment(amend.now())}")


def _name(value: object) -> str:
    return (text_of(value.get("name")) if isinstance(value, dict) else None) or "not given"
