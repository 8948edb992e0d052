"""Which connection something typed is for, and whether an address copied from Zoho is of the place that a connection edits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from web.records.address import Address, recognise
from zoho.connections import Connection
from zoho.runtime import Amend

NEVER = datetime.min.replace(tzinfo=UTC)
ENVIRONMENTS = {"sandbox": "a Zoho sandbox", "developer": "a Zoho developer organization"}


def choose(amend: Amend, connections: Sequence[Connection], text: str) -> Connection | None:
    """The connection that an address is of; else, and for anything but an address, the one that was used last. None of none."""
    typed = recognise(text)

    def fitness(connection: Connection) -> tuple[bool, bool, bool, bool, datetime]:
        address = typed if isinstance(typed, Address) else None
        fits = address is not None and misplaced(amend, connection, address) is None
        owns = address is not None and address.organization in _organizations(connection, address)
        can = address is None or address.product in connection.products
        return owns, fits, can, connection.is_usable, connection.last_success_at or NEVER

    return max(connections, key=fitness, default=None)


def misplaced(amend: Amend, connection: Connection, address: Address) -> str | None:
    """Why a record of this address cannot be one of this connection: another data centre, or another environment of CRM.

    Customers' own domains say nothing, and neither do addresses before a connection to what is not Zoho's.
    """
    own, there = amend.data_centers.get(connection.location), amend.data_centers.find_web(address.host)
    if own is None or there is None or not own.is_builtin:
        return None
    if own.location != there.location:
        return f"This address is of Zoho's data centre {there.name}, and this connection is of {own.name}."
    label = address.host.partition(".")[0]
    wanted = next((name for name in ENVIRONMENTS if name in label), None)
    if wanted and address.product == "crm" and connection.environment not in (None, wanted):
        return f"This address is of {ENVIRONMENTS[wanted]}, which this connection does not edit."
    return None


def _organizations(connection: Connection, address: Address) -> tuple[str, ...]:
    crm = (connection.crm_domain_name, f"org{connection.zgid}" if connection.zgid else None)
    names = crm if address.product == "crm" else (connection.desk_portal_name,)
    return tuple(name for name in names if name)
