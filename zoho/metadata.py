"""What Zoho says about its modules, fields, layouts and people: read once, kept in the database, decoded once a process.

An hour-old answer is read anew at its next use; when Zoho cannot be asked, the old one serves on: it keeps what was typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from store import Base, UtcDateTime, exact_json
from zoho import access, clients, scopes
from zoho.connections import Connection
from zoho.crm import Module, editable_modules
from zoho.errors import MissingScopeError, NoPermissionError, RecordNotFoundError, RequestRefusedError, ZohoError
from zoho.runtime import Amend
from zoho.scopes import Need

log = logging.getLogger(__name__)

MAX_AGE = timedelta(hours=1)
REFUSED_AGE = timedelta(minutes=10)
"""How long a refusal of a part is believed: asking at every opening would cost a call each time."""
DENIED = (MissingScopeError, NoPermissionError, RequestRefusedError, RecordNotFoundError)
"""What makes a part of the metadata unavailable without making the form useless."""
DESK_MODULES: tuple[Module, ...] = (
    Module("tickets", "Ticket", "Tickets"),
    Module("contacts", "Contact", "Contacts"),
    Module("accounts", "Account", "Accounts"),
    Module("tasks", "Task", "Tasks"),
    Module("calls", "Call", "Calls"),
    Module("events", "Event", "Events"),
    Module("products", "Product", "Products"),
)
KEPT_DECODED = 256
_REFUSED = "$refused"


class CachedMetadata(Base):
    """One answer of Zoho's metadata services."""

    __tablename__ = "zoho_metadata"

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("zoho_connections.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body: Mapped[str] = mapped_column(Text)  # exact_json
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Source:
    """A part of the metadata and how to ask for it. With a ``sentence`` the form can do without: it says what is then missing."""

    key: str
    need: Need
    fetch: Callable[[], Any]
    sentence: str | None = None
    is_comfort: bool = False
    """Whatever keeps Zoho from telling: the form opens without."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it was read, not to be changed; ``notice`` says why there is none."""

    body: Any
    fetched_at: datetime
    notice: str | None = None


_decoded: dict[tuple[UUID, str], Part] = {}
"""What this process has decoded; valid while the row has the same ``fetched_at``."""
_SELECT_TIMES = select(CachedMetadata.key, CachedMetadata.fetched_at).where(
    CachedMetadata.connection_id == bindparam("connection_id"), CachedMetadata.key.in_(bindparam("keys", expanding=True))
)


def read(amend: Amend, connection: Connection, sources: Sequence[Source]) -> list[Part]:
    """The parts, in order: kept ones that are young enough, the others from Zoho. Raises the ZohoErrors of a read."""
    with amend.looking() as rows_of:
        rows = rows_of.execute(_SELECT_TIMES, {"connection_id": connection.id, "keys": [one.key for one in sources]})
        times: dict[str, datetime] = dict(iter(rows))
    return [_read(amend, connection, source, times.get(source.key)) for source in sources]


def modules(amend: Amend, connection: Connection, product: str) -> Sequence[Module]:
    """What can be edited. CRM: by Zoho's module list. Raises MissingScopeError and the other ZohoErrors of a read."""
    if product == "desk":
        return DESK_MODULES
    source = Source("crm/modules", scopes.CRM_MODULES, clients.crm_client(amend, connection).modules)
    return editable_modules(read(amend, connection, [source])[0].body)


def known_module(amend: Amend, connection_id: UUID, product: str, name: str) -> Module | None:
    """A module by its API name, from what was read before: asks nobody."""
    if product == "desk":
        return next((module for module in DESK_MODULES if module.api_name == name), None)
    part = _stored(amend, connection_id, "crm/modules")
    return next((module for module in editable_modules(part.body if part else []) if module.api_name == name), None)


def crm_fields(amend: Amend, connection: Connection, module: str) -> list[dict[str, Any]]:
    """``GET /settings/fields`` of a CRM module."""
    client = clients.crm_client(amend, connection)
    source = Source(f"crm/{module}/fields", scopes.CRM_FIELDS, lambda: client.fields(module))
    return list(read(amend, connection, [source])[0].body)


def forget(amend: Amend, connection_id: UUID, product: str) -> None:
    """Read everything of a product anew at the next use."""
    mine = (CachedMetadata.connection_id == connection_id) & CachedMetadata.key.startswith(f"{product}/")
    with amend.sessions.begin() as session:
        session.execute(delete(CachedMetadata).where(mine))
    for key in [key for key in _decoded if key[0] == connection_id]:
        _decoded.pop(key, None)


def _read(amend: Amend, connection: Connection, source: Source, fetched_at: datetime | None) -> Part:
    now = amend.now()
    kept = _kept(amend, connection.id, source.key, fetched_at) if fetched_at else None
    if kept is not None and now - kept.fetched_at < (REFUSED_AGE if kept.notice else MAX_AGE):
        return kept
    try:
        return _store(amend, connection.id, source.key, access.call(amend, connection, source.need, source.fetch), now)
    except ZohoError as error:
        is_denied = isinstance(error, DENIED)
        if kept is not None and not is_denied:
            return kept
        if source.sentence is None or not (is_denied or source.is_comfort):
            raise
        return _store(amend, connection.id, source.key, {_REFUSED: f"{source.sentence}: {error.summary}"}, now)


def _kept(amend: Amend, connection_id: UUID, key: str, fetched_at: datetime) -> Part | None:
    found = _decoded.get((connection_id, key))
    return found if found is not None and found.fetched_at == fetched_at else _stored(amend, connection_id, key)


def _stored(amend: Amend, connection_id: UUID, key: str) -> Part | None:
    with amend.reading() as session:
        row = session.get(CachedMetadata, (connection_id, key))
    return None if row is None else _keep(connection_id, key, exact_json.loads(row.body), row.fetched_at)


def _keep(connection_id: UUID, key: str, body: Any, fetched_at: datetime) -> Part:
    notice = body.get(_REFUSED) if isinstance(body, dict) else None
    part = Part([] if notice else body, fetched_at, notice)
    while len(_decoded) >= KEPT_DECODED:
        _decoded.pop(next(iter(_decoded)), None)
    _decoded[connection_id, key] = part
    return part


def _store(amend: Amend, connection_id: UUID, key: str, body: Any, now: datetime) -> Part:
    try:
        with amend.sessions.begin() as session:
            session.merge(CachedMetadata(connection_id=connection_id, key=key[:200], body=exact_json.dumps(body), fetched_at=now))
    except IntegrityError:  # another request read the same at the same time, and its answer will do
        log.info("metadata %s was kept by another request", key)
    return _keep(connection_id, key, body, now)
