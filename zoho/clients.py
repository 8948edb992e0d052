"""The API clients of a connection: the stored hosts, checked against the table, with the token supplier wired in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from zoho import connections, tokens
from zoho.connections import Connection
from zoho.crm import CrmClient
from zoho.desk import DeskClient
from zoho.errors import UnknownHostError
from zoho.runtime import Amend

PRODUCTS = ("crm", "desk")


def crm_client(amend: Amend, connection: Connection) -> CrmClient:
    """CRM at the stored ``api_domain``. Raises UnknownHostError when that is not a host of the table, MisconfiguredError."""
    center = tokens.data_center(amend, connection)
    api = amend.data_centers.trusted_api(center, connection.api_domain or center.api)
    if api is None:
        raise UnknownHostError(f"api_domain {connection.api_domain!r:.100} is not an API host of {center.location}")
    return CrmClient(amend.http, api, token_supplier(amend, connection.id), connection.crm_org_id, connection.id)


def desk_client(amend: Amend, connection: Connection, org_id: str | None = None) -> DeskClient:
    """Desk at its own host of the data centre (``api_domain`` never names it), for one organization. Raises MisconfiguredError."""
    center = tokens.data_center(amend, connection)
    org = org_id or connection.desk_org_id
    return DeskClient(amend.http, center.desk, org, token_supplier(amend, connection.id), connection.id)


def token_supplier(amend: Amend, connection_id: UUID) -> Callable[[str | None], str]:
    """What a client calls for a token: with None for the current one, with the rejected one after a 401."""
    return partial(tokens.access_token, amend, connection_id)


def load(amend: Amend, connection_id: UUID) -> Connection:
    """The connection, detached. Raises NotConnectedError."""
    with amend.reading() as session:
        return connections.get(session, connection_id)
