"""Connecting as a browser does: the button, the page that leaves, Zoho's consent page, the callback."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests import walk
from tests.pages import Visitor
from zoho.connections import Connection
from zoho.runtime import Amend

BOTH = {"product": ["crm", "desk"], "location": "sandbox"}


def zoho_address(client: Visitor, path: str = "/connect", data: dict[str, Any] | None = None) -> str:
    """Press the button: the address of Zoho's consent page."""
    answer = client.post(path, data or BOTH)
    assert answer.status_code == 303, answer.text
    leaving = client.get(answer.headers["Location"])
    assert leaving.status_code == 200
    wait, _, url = leaving.headers["Refresh"].partition("; url=")
    assert wait == "0"
    return url


def come_back(client: Visitor, query: dict[str, str]) -> TestResponse:
    """What Zoho's redirect opens."""
    return client.get("/connect/callback", query_string=query)


def connected(client: Visitor, path: str = "/connect", data: dict[str, Any] | None = None, **choices: str) -> UUID:
    """A whole trip, accepted: the id of the connection whose page it ends on."""
    answer = come_back(client, walk.consent(zoho_address(client, path, data), **choices))
    assert answer.status_code == 303, answer.text
    where = urlsplit(answer.headers["Location"])
    assert where.path.startswith("/connections/")
    assert not where.query
    return UUID(where.path.rsplit("/", 1)[1])


def stored(amend: Amend) -> list[Connection]:
    """The rows of the database, oldest first."""
    with amend.reading() as session:
        return list(session.scalars(select(Connection).order_by(Connection.created_at)))


def store(amend: Amend, connection_id: UUID, **values: Any) -> None:
    """Put a row into a state that only time or Zoho would bring about."""
    with amend.sessions.begin() as session:
        session.execute(update(Connection).where(Connection.id == connection_id).values(values))
