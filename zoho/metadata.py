"""Modules, layouts, fields and owners of a connection, kept for an hour in the database, so that a warm form costs one call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from store import Base, UtcDateTime, exact_json
from zoho import access, clients, scopes
from zoho.connections import Connection
from zoho.crm import Module, editable_modules
from zoho.desk import DeskClient
from zoho.errors import MissingScopeError, NoPermissionError, RecordNotFoundError, RequestRefusedError, ZohoError
from zoho.fields import Form, Option, crm_form, desk_form, with_options
from zoho.runtime import Amend
from zoho.scopes import Need

log = logging.getLogger(__name__)

MAX_AGE = timedelta(hours=1)
DENIED = (MissingScopeError, NoPermissionError, RequestRefusedError, RecordNotFoundError)
"""What makes a part of the metadata unavailable without making the form useless."""
DESK_MODULES: tuple[Module, ...] = (
    Module("tickets", "Ticket", "Tickets"),
    Module("contacts", "Contact", "Contacts"),
    Module("accounts", "Account", "Accounts"),
)


class CachedMetadata(Base):
    """One answer of Zoho's metadata services."""

    __tablename__ = "zoho_metadata"

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("zoho_connections.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body: Mapped[str] = mapped_column(Text)  # exact_json
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class RecordForm:
    """A form, when its metadata was read, and what could not be had, in words for the page."""

    form: Form
    fetched_at: datetime
    notices: tuple[str, ...] = field(default=())


def modules(amend: Amend, connection: Connection, product: str) -> Sequence[Module]:
    """What can be edited. CRM: by Zoho's module list. Raises MissingScopeError and the other ZohoErrors of a read."""
    if product == "desk":
        return DESK_MODULES
    client = clients.crm_client(amend, connection)
    rows, _ = _cached(amend, connection, "crm/modules", scopes.CRM_MODULES, client.modules)
    return editable_modules(rows)


def known_module(amend: Amend, connection_id: UUID, product: str, name: str) -> Module | None:
    """A module by its API name, from what was read before: asks nobody."""
    if product == "desk":
        return next((module for module in DESK_MODULES if module.api_name == name), None)
    with amend.reading() as session:
        row = session.get(CachedMetadata, (connection_id, "crm/modules"))
    rows = _decoded(row.body) if row else []
    return next((module for module in editable_modules(rows) if module.api_name == name), None)


def record_form(amend: Amend, connection: Connection, product: str, module: str, record: dict[str, Any]) -> RecordForm:
    """The form for one record, by the layout it belongs to. Raises the ZohoErrors of a read."""
    return _crm_form(amend, connection, module, record) if product == "crm" else _desk_form(amend, connection, module, record)


def forget(amend: Amend, connection_id: UUID, product: str) -> None:
    """Read everything of a product anew at the next use."""
    mine = (CachedMetadata.connection_id == connection_id) & CachedMetadata.key.startswith(f"{product}/")
    with amend.sessions.begin() as session:
        session.execute(delete(CachedMetadata).where(mine))


def crm_fields(amend: Amend, connection: Connection, module: str) -> list[dict[str, Any]]:
    """``GET /settings/fields`` of a CRM module."""
    client = clients.crm_client(amend, connection)
    rows, _ = _cached(amend, connection, f"crm/{module}/fields", scopes.CRM_FIELDS, lambda: client.fields(module))
    return list(rows)


def _crm_form(amend: Amend, connection: Connection, module: str, record: dict[str, Any]) -> RecordForm:
    client = clients.crm_client(amend, connection)
    notices: list[str] = []
    fields, fetched_at = _cached(amend, connection, f"crm/{module}/fields", scopes.CRM_FIELDS, lambda: client.fields(module))
    layouts = _optional(
        notices,
        "Sections and mandatory fields of the layout are not known",
        lambda: _cached(amend, connection, f"crm/{module}/layouts", scopes.CRM_LAYOUTS, lambda: client.layouts(module))[0],
    )
    users = _optional(
        notices,
        "Owners are edited by their id, for their names are not known",
        lambda: _cached(amend, connection, "crm/users", scopes.CRM_USERS, client.users)[0],
    )
    form = crm_form(fields, layouts, record)
    people = tuple(Option(str(user["id"]), _person(user, "full_name", "email")) for user in users if user.get("id"))
    for found in form.by_name.values():
        if found.kind == "owner" and people:
            form = with_options(form, found.name, people)
    return RecordForm(form, fetched_at, tuple(notices))


def _desk_form(amend: Amend, connection: Connection, module: str, record: dict[str, Any]) -> RecordForm:
    client = clients.desk_client(amend, connection)
    notices: list[str] = []
    fields = _optional(
        notices,
        "Field definitions are not known; only the fields of the layout are shown",
        lambda: _cached(amend, connection, f"desk/{module}/fields", scopes.DESK_FIELDS, lambda: client.fields(module))[0],
    )
    layout_id = _layout_id(record)
    layout = _optional(
        notices,
        "The layout is not known; fields are shown in one list",
        lambda: _cached(
            amend, connection, f"desk/{module}/layout/{layout_id}", scopes.DESK_BASIC, lambda: _desk_layout(client, module, layout_id)
        )[0],
    )
    form = desk_form(module, fields, layout or None, record)
    agents = _optional(
        notices,
        "Agents are edited by their id, for their names are not known",
        lambda: _cached(amend, connection, "desk/agents", scopes.DESK_BASIC, client.agents)[0],
    )
    people = tuple(Option(str(agent["id"]), _person(agent, "name", "emailId")) for agent in agents if agent.get("id"))
    for name in ("assigneeId", "ownerId"):
        if name in form.by_name and people:
            form = with_options(form, name, people)
    return RecordForm(form, amend.now(), tuple(notices))


def _desk_layout(client: DeskClient, module: str, layout_id: str | None) -> dict[str, Any]:
    """The layout as the agent's profile sees it, else as it is, else the module's default one; {} when there is none."""
    if layout_id is None:
        rows = client.layouts(module)
        chosen = next((row for row in rows if row.get("isDefaultLayout") in (True, "true")), rows[0] if rows else {})
        layout_id = str(chosen.get("id") or "") or None
        if layout_id is None:
            return chosen
    return client.my_form(layout_id) or client.layout(layout_id) or {}


def _layout_id(record: dict[str, Any]) -> str | None:
    details = record.get("layoutDetails")
    found = record.get("layoutId") or (details.get("id") if isinstance(details, dict) else None)
    text = str(found or "")
    return text if text.isascii() and text.isdigit() else None


def _person(row: dict[str, Any], name: str, email: str) -> str:
    shown = str(row.get(name) or "").strip() or " ".join(str(row[key]) for key in ("firstName", "lastName") if row.get(key))
    return f"{shown} ({row[email]})" if shown and row.get(email) else shown or str(row.get(email) or row["id"])


def _optional(notices: list[str], sentence: str, fetch: Callable[[], Any]) -> Any:
    try:
        return fetch()
    except DENIED as error:
        notices.append(f"{sentence}: {error.summary}")
        return []


def _cached(amend: Amend, connection: Connection, key: str, need: Need, fetch: Callable[[], Any]) -> tuple[Any, datetime]:
    now = amend.now()
    with amend.reading() as session:
        row = session.get(CachedMetadata, (connection.id, key))
    if row is not None and now - row.fetched_at < MAX_AGE:
        return _decoded(row.body), row.fetched_at
    try:
        body = access.call(amend, connection, need, fetch)
    except ZohoError:
        if row is None:
            raise
        return _decoded(row.body), row.fetched_at  # an hour-old form keeps what was typed; a dead token must not take it away
    try:
        with amend.sessions.begin() as session:
            session.merge(CachedMetadata(connection_id=connection.id, key=key[:200], body=exact_json.dumps(body), fetched_at=now))
    except IntegrityError:  # another request read the same at the same time, and its answer will do
        log.info("metadata %s was kept by another request", key)
    return body, now


@lru_cache(maxsize=128)
def _decoded(text: str) -> Any:
    """Decoding costs more than the rest of a form; the text is the key, so nothing has to be thrown away. Not to be changed."""
    return exact_json.loads(text)
