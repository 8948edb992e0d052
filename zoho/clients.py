"""The API clients of a connection: the stored hosts, checked against the table, with the token supplier wired in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from zoho import tokens
from zoho.connections import Connection
from zoho.crm import CrmClient
from zoho.desk import DeskClient
from zoho.errors import NotConnectedError, UnknownHostError
from zoho.runtime import Amend

PRODUCTS = ("crm", "desk")


def crm_client(amend: Amend, connection: Connection) -> CrmClient:
    """CRM at the stored ``api_domain``. Raises UnknownHostError when that is not a host of the table, MisconfiguredError."""
    center = tokens.data_center(amend, connection)
    api = amend.data_centers.trusted_api(center, connection.api_domain or center.api)
    if api is None:
        raise UnknownHostError(f"api_domain {connection.api_domain!r:.100} is not an API host of {center.location}")
    return CrmClient(amend.http, api, token_supplier(amend, connection), connection.crm_org_id, connection.id)


def desk_client(amend: Amend, connection: Connection, org_id: str | None = None) -> DeskClient:
    """Desk at its own host of the data centre (``api_domain`` never names it), for one organization. Raises MisconfiguredError."""
    center = tokens.data_center(amend, connection)
    org = org_id or connection.desk_org_id
    return DeskClient(amend.http, center.desk, org, token_supplier(amend, connection), connection.id)


def token_supplier(amend: Amend, connection: Connection) -> Callable[[str | None], str]:
    """What a client calls for a token: with None for the current one, with the rejected one after a 401.

    The one that was read with the connection serves while it lasts: a client lives for an edit or a page.
    """

    def supply(rejected: str | None) -> str:
        held = tokens.held(amend, connection) if rejected is None else None
        return held or tokens.access_token(amend, connection.id, rejected)

    return supply


def load(amend: Amend, connection_id: UUID) -> Connection:
    """The connection, of no session. Raises NotConnectedError."""
    with amend.looking() as database:
        row = database.execute(_LOAD, {"connection_id": connection_id}).first()
    if row is None:
        raise NotConnectedError(f"no connection {connection_id}")
    return Connection().hold(row._asdict())


_TABLE: Any = Connection.__table__
_LOAD = select(_TABLE).where(_TABLE.c.id == bindparam("connection_id"))
