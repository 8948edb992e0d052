"""The far checks: identity, CRM and Desk, each asked for itself with the connection's own token and hosts."""

from __future__ import annotations

from functools import partial
from typing import Any

from zoho import access, clients, orgs, probes, scopes
from zoho.answers import Page, Question
from zoho.calls import text_of
from zoho.connections import Connection
from zoho.desk import DeskClient
from zoho.diagnostics.findings import (
    ADD_SCOPE,
    CHECK_AGAIN,
    CHOOSE_ORGANIZATION,
    RECONNECT,
    Observation,
    failed,
    moment,
    not_checked,
    ok,
    warning,
)
from zoho.errors import DeskOrgUnknownError, MissingScopeError, NoPermissionError, RequestRefusedError
from zoho.errors.dictionary import explain
from zoho.orgs import DeskOrg
from zoho.runtime import Amend
from zoho.scopes import Need

CRM_READS = ("Leads", "Contacts", "Accounts", "Deals")
DESK_READS = ("tickets", "contacts")
"""Where one record is read as a proof: the first module that the connection may see."""


def identity(amend: Amend, connection: Connection) -> Observation:
    """Whose token it is, as far as Zoho says so anywhere, against who connected."""
    lacking = access.known_missing(connection, scopes.PROFILE)
    if lacking:
        return needless(scopes.PROFILE, lacking)
    person, is_by_scope = probes.person(amend, connection)
    if is_by_scope:
        access.call(amend, connection, scopes.PROFILE, lambda: None)  # the answer is there: it proves the scope
    zuid, stored = person.get("zuid"), (connection.zuid or "").strip()
    if not zuid:
        return not_checked("Zoho does not say whom this token belongs to.", "Nothing needs to be done.", evidence="nobody was named")
    name = person.get("zoho_user_name") or person.get("zoho_user_email") or "name not given"
    if zuid and stored and zuid != stored:
        cause = "The stored tokens belong to another Zoho user than the one who connected."
        return failed(f"Zoho says user {zuid} ({name}), stored is {stored}", cause, "Reconnect the account.", RECONNECT)
    email = person.get("zoho_user_email") or "e-mail not given"
    return ok(f"{name}, {email}, Zoho user {zuid}; asked {moment(amend.now())}")


def crm_org(amend: Amend, connection: Connection) -> Observation:
    """``GET /org``: the CRM organization that the token reaches, against the stored one."""
    lacking = access.known_missing(connection, scopes.CRM_ORG)
    if lacking:
        return needless(scopes.CRM_ORG, lacking)
    org = access.call(amend, connection, scopes.CRM_ORG, clients.crm_client(amend, connection).org)
    orgs.note_crm_edition(amend, org)
    found = orgs.crm_values(org, connection.api_domain)
    live, stored = found["crm_org_id"], (connection.crm_org_id or "").strip()
    seen = f"{found['crm_org_name'] or 'no name'}, id {live}, {found['environment']}{_edition(org)}; asked {moment(amend.now())}"
    if not live:
        cause = "Zoho answered, but named no CRM organization."
        return warning("GET /org named no organization", cause, "Check that the connected user has access to Zoho CRM.", CHECK_AGAIN)
    if not stored:
        cause = "The CRM organization was not stored when this account was connected."
        return warning(f"{seen}; none is stored", cause, "Reconnect the account.", RECONNECT)
    if live != stored:
        cause = "The token belongs to another CRM organization than the one this connection was made for."
        return failed(f"{seen}; stored is {stored}", cause, "Reconnect and choose the right organization on Zoho's page.", RECONNECT)
    return ok(seen)


def _edition(org: dict[str, Any]) -> str:
    license_ = org.get("license_details")
    name = text_of(license_.get("paid_type")) if isinstance(license_, dict) else None
    return f", edition {name}" if name else ""


def crm_records(amend: Amend, connection: Connection) -> Observation:
    """One CRM record, really read."""
    client = clients.crm_client(amend, connection)
    needs = {module: scopes.crm_module(module, "READ") for module in CRM_READS}
    allowed = [module for module in CRM_READS if not access.known_missing(connection, needs[module])] or [CRM_READS[0]]
    for module in allowed:
        try:
            page = access.call(amend, connection, needs[module], partial(client.list, module, ["id"], per_page=1))
        except (RequestRefusedError, NoPermissionError):
            if module == allowed[-1]:
                raise  # hidden or forbidden: another module may be seen
            continue
        return _read(amend, page, module, "crm")
    raise AssertionError("a loop over at least one module ends inside")


def desk_org(amend: Amend, connection: Connection) -> Observation:
    """The Desk organization: stored, digits, and one of this login; a blank one is found and stored."""
    stored = (connection.desk_org_id or "").strip()
    if not orgs.is_org_id(stored):
        return _found_desk_org(amend, connection, stored)
    try:
        known = orgs.discover_desk(amend, connection)
    except DeskOrgUnknownError as error:
        if not isinstance(error.__cause__, MissingScopeError):
            raise
        cause = f"Stored is {stored}; it cannot be compared without Desk.basic.READ."
        return not_checked(cause, error.advice, ADD_SCOPE, error.__cause__.scopes)
    mine = next((org for org in known if org.id == stored), None)
    if mine is not None:
        return ok(f"{mine.name}, portal {mine.portal}, id {mine.id}; asked {moment(amend.now())}")
    is_mixed_up = stored in (connection.crm_org_id, connection.zgid)
    return failed(
        f"desk_org_id {stored} is not among {_names(known)}",
        "This is the CRM organization's number; Desk has one of its own."
        if is_mixed_up
        else "The stored Desk organization does not belong to this Zoho login.",
        "Choose the Desk organization.",
        CHOOSE_ORGANIZATION,
    )


def _found_desk_org(amend: Amend, connection: Connection, stored: str) -> Observation:
    """Raises DeskOrgUnknownError."""
    answer = orgs.desk_org(amend, connection.id)
    seen = f"desk_org_id was {stored[:40]!r}" if stored else "desk_org_id was blank"
    if isinstance(answer, Question):
        options = ", ".join(f"{choice.label} ({choice.value})" for choice in answer.options)
        return warning(f"{seen}; this login has {options}", answer.prompt, "Choose the Desk organization.", CHOOSE_ORGANIZATION)
    now = clients.load(amend, connection.id)
    found = f"{seen}; found and stored {now.desk_org_name} ({answer})"
    cause = (
        "The stored Desk organization was not a number, which Zoho answers with an error of its own"
        if stored
        else "No Desk organization was stored, so Desk calls would have been refused or gone to another"
    )
    return warning(found, f"{cause}; it has been replaced.", "Check again: nothing else is needed.", CHECK_AGAIN)


def desk_records(amend: Amend, connection: Connection) -> Observation:
    """One Desk record, really read, under the stored organization."""
    if not orgs.is_org_id(connection.desk_org_id):
        return not_checked("No Desk organization is chosen yet.", "Choose the Desk organization.", CHOOSE_ORGANIZATION)
    client: DeskClient = clients.desk_client(amend, connection)
    needs = {module: scopes.desk_module(module, "READ") for module in DESK_READS}
    module = next((name for name in DESK_READS if not access.known_missing(connection, needs[name])), DESK_READS[0])
    page = access.call(amend, connection, needs[module], lambda: client.list(module, limit=1))
    return _read(amend, page, module, "desk")


def needless(need: Need, lacking: tuple[str, ...]) -> Observation:
    """A scope that no edit needs lacks: nothing is wrong, only unseen."""
    cause = f"Without {lacking[0]} this connection cannot {need.purpose}; editing works without."
    return not_checked(cause, "Add it to see it.", ADD_SCOPE, lacking)


def _read(amend: Amend, page: Page, module: str, product: str) -> Observation:
    row = page.records[0] if page.records else {}
    code = text_of(row.get("code") or row.get("errorCode"))
    if code and not row.get("id"):
        known = explain(product, code)
        unknown = ("Zoho put an error into a success.", "Try again in a minute.")
        cause, step = (f"{known.meaning} {known.cause}", known.next_step) if known else unknown
        return failed(f"{module}: HTTP 200 with {code} inside", cause, step, CHECK_AGAIN)
    first = text_of(page.records[0].get("id")) if page.records else None
    return ok(f"{module}: {f'read record {first}' if first else 'no records there'}; asked {moment(amend.now())}")


def _names(known: list[DeskOrg]) -> str:
    return ", ".join(f"{org.name} ({org.id})" for org in known[:5])
