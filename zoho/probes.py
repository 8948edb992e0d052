"""Who connected, and which organizations they have: asked once at connect, and again by diagnostics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zoho import clients, oauth, orgs, tokens
from zoho.connections import Connection
from zoho.errors import (
    DeskOrgUnknownError,
    InvalidGrantError,
    KeyLostError,
    MisconfiguredError,
    MissingScopeError,
    NoPermissionError,
    NoRefreshTokenError,
    OrgMismatchError,
    RecordNotFoundError,
    RenewalFailingError,
    RequestRefusedError,
    ThrottledError,
    TokenNotSavedError,
    UnreachableError,
    UnreadableAnswerError,
    ZohoDownError,
    ZohoError,
)
from zoho.runtime import Amend

TRANSIENT = (UnreachableError, ZohoDownError, UnreadableAnswerError)
DENIED = (MissingScopeError, NoPermissionError, RequestRefusedError, RecordNotFoundError, OrgMismatchError, DeskOrgUnknownError)
NO_TOKEN = (
    InvalidGrantError, NoRefreshTokenError, RenewalFailingError, ThrottledError, MisconfiguredError, KeyLostError, TokenNotSavedError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """The columns that could be filled; ``is_incomplete`` when nobody could be asked, now or for lack of a token."""

    values: dict[str, Any]
    is_incomplete: bool

    @property
    def is_known(self) -> bool:
        """True when a person or an organization was named."""
        return any(self.values.get(key) for key in ("zuid", "crm_org_id", "desk_org_id"))


def is_same_person(old: Connection, new: Connection) -> bool | None:
    """False when something that both know differs, True when something is equal or nobody is known, None when nothing compares.

    An organization that only one of them knows says nothing; Desk's differs only where no CRM org tells more.
    """
    told = [a == b for a, b in ((old.zuid, new.zuid), (old.crm_org_id, new.crm_org_id)) if a and b]
    is_same_desk = old.desk_org_id == new.desk_org_id
    if old.desk_org_id and new.desk_org_id and (is_same_desk or not (old.crm_org_id or new.crm_org_id)):
        told.append(is_same_desk)
    if old.location != new.location or not all(told):
        return False
    is_anybody = any((one.zuid, one.crm_org_id, one.desk_org_id) != (None, None, None) for one in (old, new))
    return True if told or not is_anybody else None


Probe = Callable[[Amend, Connection], dict[str, Any]]


def identify(amend: Amend, connection: Connection) -> Identity:
    """Ask the accounts server, CRM and Desk, each for itself; what one refuses, another may know."""
    values: dict[str, Any] = {}
    is_incomplete = False
    steps: list[Probe] = [_account]
    # The person before the organization: Zoho writes times in the person's zone.
    steps += [_crm_person, _crm_org] if "crm" in connection.products else []
    steps += [_desk_org, _desk_person] if "desk" in connection.products else []
    for step in steps:
        if step is _desk_person and values.get("zuid"):
            continue
        try:
            found = step(amend, connection)
        except ZohoError as error:
            is_incomplete = is_incomplete or isinstance(error, TRANSIENT + NO_TOKEN)
            continue
        values.update({key: value for key, value in found.items() if value and not values.get(key)})
    return Identity(values, is_incomplete)


def person(amend: Amend, connection: Connection) -> tuple[dict[str, Any], bool]:
    """Who the token belongs to: the accounts server's word (then True), else CRM's, else Desk's; {} when none will say.

    The accounts server may refuse a token that CRM and Desk accept: its refusal says nothing of the token.
    Raises the ZohoErrors of a read but those that mean *you may not know*.
    """
    products = {"crm": _crm_person, "desk": _desk_person}
    for step in (_account, *(products[product] for product in connection.products if product in products)):
        try:
            found = step(amend, connection)
        except DENIED:
            continue
        if found.get("zuid"):
            return found, step is _account
    return {}, False


def _account(amend: Amend, connection: Connection) -> dict[str, Any]:
    info = oauth.user_info(amend.http, tokens.data_center(amend, connection), tokens.access_token(amend, connection.id))
    name = info.get("Display_Name") or " ".join(str(info[key]) for key in ("First_Name", "Last_Name") if info.get(key))
    return {"zuid": _id(info.get("ZUID")), "zoho_user_name": _short(name), "zoho_user_email": _short(info.get("Email"), 320)}


def _crm_org(amend: Amend, connection: Connection) -> dict[str, Any]:
    found = clients.crm_client(amend, connection).org()
    orgs.note_crm_edition(amend, found)
    return orgs.crm_values(found, connection.api_domain)


def _crm_person(amend: Amend, connection: Connection) -> dict[str, Any]:
    user = clients.crm_client(amend, connection).current_user()
    return {
        "zuid": _id(user.get("zuid")),
        "zoho_user_name": _short(user.get("full_name")),
        "zoho_user_email": _short(user.get("email"), 320),
        "time_zone": _short(user.get("time_zone"), 80),
    }


def _desk_org(amend: Amend, connection: Connection) -> dict[str, Any]:
    found = orgs.discover_desk(amend, connection)
    values = orgs.desk_values(found[0]) if len(found) == 1 else {}
    return {column: value for column, value in values.items() if column != "environment" or "crm" not in connection.products}


def _desk_person(amend: Amend, connection: Connection) -> dict[str, Any]:
    info = clients.desk_client(amend, connection).my_info()
    name = info.get("name") or " ".join(str(info[key]) for key in ("firstName", "lastName") if info.get(key))
    return {"zuid": _id(info.get("zuid")), "zoho_user_name": _short(name), "zoho_user_email": _short(info.get("emailId"), 320)}


def _id(value: Any) -> str | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text[:40] or None


def _short(value: Any, length: int = 400) -> str | None:
    return value.strip()[:length] or None if isinstance(value, str) else None
