"""The form of a record: fields, layout and people of the metadata, settled for what the record holds.

What all records of a CRM layout share is built once a process, as long as its metadata stays the same: with 300 fields that
is most of the work of opening a record.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from zoho import clients, metadata, scopes
from zoho.connections import Connection
from zoho.crm import CrmClient, editable_modules
from zoho.desk import DeskClient
from zoho.fields import (
    Dependency,
    Field,
    Form,
    Kind,
    Option,
    crm_columns,
    crm_dependencies,
    crm_template,
    desk_form,
    is_any_module,
    layout_id,
    mapped_dependencies,
    settled,
    settled_form,
    subform_modules,
    used_layout_id,
    with_columns,
    with_field,
    with_modules,
    with_options,
)
from zoho.metadata import Part, Source
from zoho.runtime import Amend

KEPT_TEMPLATES = 64
MAX_DEPENDENCIES = 20
"""Of one layout: each may take a call."""
_PEOPLE = ("assigneeId", "ownerId")


@dataclass(frozen=True, slots=True)
class RecordForm:
    """A form, when its oldest part was read, and what could not be had, in words for the page.

    ``dependencies``: picklists that follow another, by name. ``hidden``: labels of the fields that the person's Zoho profile does not
    show. ``closing``: the values of Status that close a Desk ticket.
    """

    form: Form
    fetched_at: datetime
    notices: tuple[str, ...] = ()
    dependencies: Mapping[str, Dependency] = dataclasses.field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Template:
    form: Form
    times: tuple[datetime, ...]
    notices: tuple[str, ...]
    dependencies: Mapping[str, Dependency]
    hidden: tuple[str, ...]


_templates: dict[tuple[UUID, str, str], _Template] = {}


def record_form(amend: Amend, connection: Connection, product: str, module: str, record: dict[str, Any]) -> RecordForm:
    """The form for one record, by the layout it belongs to. Raises the ZohoErrors of a read."""
    if product == "desk":
        return _desk_form(amend, connection, module, record)
    template = _crm_template(amend, connection, module, record)
    form = settled_form(template.form, record)
    return RecordForm(form, min(template.times), template.notices, template.dependencies, template.hidden)


def record_fields(
    amend: Amend, connection: Connection, product: str, module: str, record: dict[str, Any], names: list[str]
) -> dict[str, Field]:
    """Only these fields, those that exist: a form of hundreds is not settled for the sake of one. Raises as ``record_form``."""
    if product == "desk":
        known = _desk_form(amend, connection, module, record).form.by_name
        return {name: known[name] for name in names if name in known}
    template = _crm_template(amend, connection, module, record).form.by_name
    return {name: settled(template[name], record) for name in names if name in template}


def layout_fields(amend: Amend, connection: Connection, module: str, record: dict[str, Any]) -> Mapping[str, Field]:
    """The fields of a CRM module for all records of this one's layout, not yet settled for any. Raises the ZohoErrors of a read."""
    return _crm_template(amend, connection, module, record).form.by_name


def _crm_template(amend: Amend, connection: Connection, module: str, record: dict[str, Any]) -> _Template:
    client, layout = clients.crm_client(amend, connection), layout_id(record)
    parts = metadata.read(
        amend,
        connection,
        [
            Source(f"crm/{module}/fields", scopes.CRM_FIELDS, partial(client.fields, module)),
            Source(
                f"crm/{module}/layouts",
                scopes.CRM_LAYOUTS,
                partial(client.layouts, module),
                "Sections and mandatory fields of the layout are not known",
            ),
            Source("crm/users", scopes.CRM_USERS, client.users, "Owners are edited by their id, for their names are not known"),
        ],
    )
    inside = subform_modules(parts[0].body)
    more = [_columns_source(client, subform, _label_of(parts[0].body, name)) for name, subform in inside.items()]
    if any(is_any_module(meta) for meta in parts[0].body):
        more.append(Source("crm/modules", scopes.CRM_MODULES, client.modules, "The kinds of record that a lookup may name are not known"))
    parts += metadata.read(amend, connection, more) if more else []
    times, key = tuple(part.fetched_at for part in parts), (connection.id, module, layout)
    known = _templates.get(key)
    if known is not None and known.times == times:
        return known
    while len(_templates) >= KEPT_TEMPLATES:
        _templates.pop(next(iter(_templates)), None)
    fields, layouts, users, *beside = (part.body for part in parts)
    form = crm_template(fields, layouts, layout)
    for name, columns in zip(inside, beside, strict=False):
        form = with_columns(form, name, crm_columns(columns))
    if len(beside) > len(inside):
        form = with_modules(form, tuple(Option(one.api_name, one.singular) for one in editable_modules(beside[-1])))
    form = _with_owners(form, users)
    follows = crm_dependencies(fields, layouts, layout)
    if not follows and sum(one.kind in (Kind.PICKLIST, Kind.MULTISELECT) for one in form.by_name.values()) > 1:
        told = _told_dependencies(amend, connection, client, module, used_layout_id(layouts, layout))
        parts, follows = parts + told, mapped_dependencies([row for part in told for row in part.body])
    made = _templates[key] = _Template(form, times, _notices(parts), follows, tuple(one.label for one in form.not_shown))
    return made


def _told_dependencies(amend: Amend, connection: Connection, client: CrmClient, module: str, layout: str) -> list[Part]:
    """Which picklists follow another, where neither fields nor layout say so: Zoho has a service for it."""
    sentence = "Which values of picklists go together is not known"
    source = Source(
        f"crm/{module}/dependencies/{layout}", scopes.CRM_DEPENDENCIES, partial(_dependencies, client, module, layout), sentence, True
    )
    return metadata.read(amend, connection, [source]) if layout else []


def _dependencies(client: CrmClient, module: str, layout: str) -> list[dict[str, Any]]:
    """Each with its values, which the list may leave out."""
    rows = client.dependencies(module, layout)[:MAX_DEPENDENCIES]
    return [row if row.get("pick_list_values") else client.dependency(module, layout, str(row["id"])) for row in rows]


def _label_of(fields: list[dict[str, Any]], name: str) -> str:
    return next((str(meta.get("field_label") or name) for meta in fields if meta.get("api_name") == name), name)


def _columns_source(client: CrmClient, subform: str, label: str) -> Source:
    sentence = f"The columns of {label} are not known, so its rows are only shown"
    return Source(f"crm/{subform}/fields", scopes.CRM_FIELDS, partial(client.fields, subform), sentence)


def _with_owners(form: Form, users: list[dict[str, Any]]) -> Form:
    people = tuple(Option(str(user["id"]), _person(user, "full_name", "email")) for user in users if user.get("id"))
    for field in form.by_name.values() if people else ():
        if field.kind == Kind.OWNER:
            form = with_options(form, field.name, people)
        elif any(column.kind == Kind.OWNER for column in field.columns):
            columns = tuple(replace(one, options=people) if one.kind == Kind.OWNER else one for one in field.columns)
            form = with_field(form, replace(field, columns=columns))
    return form


def _desk_form(amend: Amend, connection: Connection, module: str, record: dict[str, Any]) -> RecordForm:
    client, layout_id = clients.desk_client(amend, connection), _desk_layout_id(record)
    parts = metadata.read(
        amend,
        connection,
        [
            Source(
                f"desk/{module}/fields",
                scopes.DESK_FIELDS,
                partial(client.fields, module),
                "Field definitions are not known; only the fields of the layout are shown",
            ),
            Source(
                f"desk/{module}/layout/{layout_id}",
                scopes.DESK_BASIC,
                partial(_desk_layout, client, module, layout_id),
                "The layout is not known; fields are shown in one list",
            ),
            Source("desk/agents", scopes.DESK_BASIC, client.agents, "Agents are edited by their id, for their names are not known"),
        ],
    )
    fields, layout, agents = (part.body for part in parts)
    form = desk_form(module, fields, layout or None, record)
    people = tuple(Option(str(agent["id"]), _person(agent, "name", "emailId")) for agent in agents if agent.get("id"))
    for name in _PEOPLE if people else ():
        form = with_options(form, name, people)
    return RecordForm(form, min(part.fetched_at for part in parts), _notices(parts), closing=_closing(fields))


def _closing(fields: list[dict[str, Any]]) -> tuple[str, ...]:
    """The values of Status that close a ticket. A portal may keep the types of its values to itself: Closed is Zoho's own."""
    rows = next((one.get("pickListValues") for one in fields if one.get("apiName") == "status"), None)
    values = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return tuple(str(row.get("value")) for row in values if str(row.get("statusType")).lower() == "closed") or ("Closed",)


def _desk_layout(client: DeskClient, module: str, layout_id: str | None) -> dict[str, Any]:
    """The layout as the agent's profile sees it, else as it is, else the module's default one; {} when there is none."""
    if layout_id is None:
        rows = client.layouts(module)
        chosen = next((row for row in rows if row.get("isDefaultLayout") in (True, "true")), rows[0] if rows else {})
        layout_id = str(chosen.get("id") or "") or None
        if layout_id is None:
            return chosen
    return client.my_form(layout_id) or client.layout(layout_id) or {}


def _desk_layout_id(record: dict[str, Any]) -> str | None:
    details = record.get("layoutDetails")
    found = record.get("layoutId") or (details.get("id") if isinstance(details, dict) else None)
    text = str(found or "")
    return text if text.isascii() and text.isdigit() else None


def _notices(parts: list[Part]) -> tuple[str, ...]:
    return tuple(part.notice for part in parts if part.notice)


def _person(row: dict[str, Any], name: str, email: str) -> str:
    shown = str(row.get(name) or "").strip() or " ".join(str(row[key]) for key in ("firstName", "lastName") if row.get(key))
    return f"{shown} ({row[email]})" if shown and row.get(email) else shown or str(row.get(email) or row["id"])
