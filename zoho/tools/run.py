"""Run a tool: parameters → connection → scopes → organization → client → tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from store import exact_json
from zoho import access, clients, orgs
from zoho.answers import Done, Question, Refusal, Refused, ToolAnswer
from zoho.connections import Connection, Status
from zoho.crm import CrmClient
from zoho.desk import DeskClient
from zoho.errors import NotConnectedError
from zoho.runtime import Amend
from zoho.tools.params import OneRecord
from zoho.tools.registry import Tool, find


def run(amend: Amend, connection: Connection | UUID, name: str, params: Mapping[str, Any]) -> ToolAnswer:
    """Done(value), Question (a choice must be made) or Refused (the parameters, each at its name).

    ``connection``: its id, or itself when it has just been read.

    Raises UnknownToolError, NotConnectedError, MissingScopeError and the other ZohoErrors of the call.
    """
    tool = find(name)
    checked = validate(tool, params)
    if isinstance(checked, Refused):
        return checked
    if isinstance(checked, OneRecord) and not checked.id:
        return Refused((Refusal(field="id", message="Give the record's id here: a name is looked up by execute_tool."),))
    if isinstance(connection, UUID):
        connection = clients.load(amend, connection)
    if connection.status == Status.PENDING:
        raise NotConnectedError(f"connection {connection.id} is pending: nobody has said yet whose it is")
    client: CrmClient | DeskClient
    if tool.is_org_free:
        client = clients.desk_client(amend, connection)
    elif tool.product == "desk":
        org = orgs.desk_org(amend, connection.id)
        if isinstance(org, Question):
            return org
        connection.desk_org_id = org
        client = clients.desk_client(amend, connection, org)
    else:
        client = clients.crm_client(amend, connection)
    return _guarded(amend, connection, tool, checked, client)


def validate(tool: Tool, params: Mapping[str, Any]) -> BaseModel | Refused:
    """The parameters in their types, or each complaint at its name."""
    try:
        if not tool.is_inner:  # those are ours, and large; what cannot be sent is refused when it is sent
            exact_json.dumps(dict(params))
        return tool.model.model_validate(dict(params))
    except ValidationError as exc:
        return Refused(tuple(_refusal(error) for error in exc.errors(include_url=False, include_input=False, include_context=False)))
    except (TypeError, ValueError) as exc:
        return Refused((Refusal(field=None, message=f"The parameters are not JSON: {exc}"),))


def _guarded(amend: Amend, connection: Connection, tool: Tool, params: BaseModel, client: CrmClient | DeskClient) -> ToolAnswer:
    value = access.call(amend, connection, tool.needs(params), lambda: tool.function(client, params))
    return value if isinstance(value, Question | Refused) else Done(value)


def _refusal(error: Any) -> Refusal:
    return Refusal(field=".".join(str(part) for part in error["loc"]) or None, message=str(error["msg"]))
