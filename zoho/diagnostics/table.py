"""The checks, from near to far: what each is called, what it needs, and after which ones it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from zoho.connections import Connection
from zoho.diagnostics import access_tokens, granted, kept, live, network, own, rights, server_info, stored
from zoho.diagnostics.findings import Observation
from zoho.runtime import Amend


@dataclass(frozen=True, slots=True)
class Check:
    """Of a connection. ``needs``: pointless when one of these failed. ``after``: waits for these, however they end.

    ``product``: only when chosen.
    """

    slug: str
    title: str
    run: Callable[[Amend, Connection], Observation]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    product: str | None = None


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """Of Amend itself, whatever is connected: settings, database, disk, and what ``Amend.checks`` adds (worker, queue).

    ``run`` answers an Observation (``findings.ok``, ``warning``, ``failed``, ``not_checked``) or raises: a ZohoError becomes a
    finding by itself, anything else is a check that broke. It may take as long as it likes: the runner has the deadline.
    """

    slug: str
    title: str
    run: Callable[[Amend], Observation]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    product: ClassVar[None] = None


AnyCheck = Check | OwnCheck

_CRM = ("token", "api_domain", "api_host")
_DESK = ("token", "desk_host")

OWN: tuple[OwnCheck, ...] = (
    OwnCheck("settings", "Settings", own.settings),
    OwnCheck("disk", "Disk", own.disk),
    OwnCheck("database", "Database", own.database),
    OwnCheck("migrations", "Shape of the database", own.migrations, needs=("database",)),
)
"""Of Amend itself; those of ``Amend.checks`` come after them."""

CHECKS: tuple[Check, ...] = (
    Check("connection", "Connection", stored.state),
    Check("key", "Encryption key", stored.key, needs=("connection",)),
    Check("refresh_token", "Refresh token", stored.refresh_token, needs=("connection", "key")),
    Check("data_center", "Data centre", stored.data_center),
    Check("api_domain", "API domain", stored.api_domain, needs=("data_center",)),
    Check("client", "Client id and secret", stored.client, needs=("data_center",)),
    Check("redirect_uri", "Redirect URI", stored.redirect_uri, needs=("data_center",)),
    Check("accounts_host", "Reaching the accounts server", network.accounts, needs=("data_center",)),
    Check("clock", "Clock", network.clock, needs=("accounts_host",)),
    Check("server_info", "Zoho's data centres", server_info.compare, needs=("accounts_host",)),
    Check("token_expires_at", "Expiry of the access token", stored.expiry, needs=("connection",)),
    Check("api_host", "Reaching CRM", network.api, needs=("data_center",), product="crm"),
    Check("desk_host", "Reaching Desk", network.desk, needs=("data_center",), product="desk"),
    Check("throttle", "Zoho's limit on renewals", stored.throttle, needs=("connection",)),
    Check("crm_scopes", "CRM scopes", granted.crm, product="crm"),
    Check("desk_scopes", "Desk scopes", granted.desk, product="desk"),
    Check(
        "token",
        "Access token",
        access_tokens.usable,
        needs=("connection", "key", "refresh_token", "data_center"),
        after=("token_expires_at", "api_domain", "client", "throttle", "crm_scopes", "desk_scopes"),
    ),
    Check("renewal", "Renewal", access_tokens.renewal, needs=("token",)),
    Check("identity", "Zoho user", live.identity, needs=("token", "accounts_host")),
    Check("crm_org", "CRM organization", live.crm_org, needs=_CRM, product="crm"),
    Check("crm_user", "CRM profile", rights.crm_user, needs=(*_CRM, "crm_org"), product="crm"),
    Check("crm_modules", "CRM modules", rights.crm_modules, needs=_CRM, product="crm"),
    Check("crm_records", "Reading CRM", live.crm_records, needs=_CRM, product="crm"),
    Check("crm_write", "Editing CRM", rights.crm_write, needs=_CRM, product="crm"),
    Check("crm_fields", "Fields as kept", kept.fields, needs=_CRM, product="crm"),
    Check("desk_org", "Desk organization", live.desk_org, needs=_DESK, product="desk"),
    Check("desk_records", "Reading Desk", live.desk_records, needs=(*_DESK, "desk_org"), product="desk"),
    Check("desk_agent", "Desk agent", rights.desk_agent, needs=(*_DESK, "desk_org", "desk_records"), product="desk"),
    Check("desk_write", "Editing Desk", rights.desk_write, needs=_DESK, product="desk"),
    Check("crm_limits", "CRM credits", kept.crm_limits, after=("crm_org", "crm_records"), product="crm"),
    Check("desk_limits", "Desk credits", kept.desk_limits, after=("desk_org", "desk_records"), product="desk"),
    Check("last_calls", "Last calls", access_tokens.last_calls, after=("renewal", "identity", "crm_org", "crm_records", "desk_records")),
)
"""Those that read the row alone come before ``token``, which may change it. Data centre, client and scopes matter to a dead grant too:
Zoho has one word for "revoked" and for "of another data centre"."""

_ALL: tuple[AnyCheck, ...] = (*OWN, *CHECKS)
TITLES = {check.slug: check.title for check in _ALL}
