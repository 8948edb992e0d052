"""The Desk tools: those around the records, and the same four for each kind of record."""

from __future__ import annotations

from typing import Any

from zoho import scopes
from zoho.answers import Page, WriteOutcome
from zoho.desk import DeskClient
from zoho.scopes import Need
from zoho.tools.params import DeskHistory, DeskLayout, DeskList, DeskModuleParams, DeskRecord, DeskSearch, DeskUpdate, NoParams
from zoho.tools.registry import tool

MODULES = {
    "tickets": "ticket",
    "contacts": "contact",
    "accounts": "account",
    "tasks": "task",
    "calls": "call",
    "events": "event",
    "products": "product",
    "contracts": "contract",
}
UNSEARCHED = frozenset({"contracts"})
"""Zoho documents no search for these."""


@tool("desk.list_organizations", NoParams, needs=lambda _: scopes.DESK_BASIC, is_org_free=True)
def list_organizations(desk: DeskClient, params: NoParams) -> list[dict[str, Any]]:
    """The Desk organizations of the login, whichever one the connection edits."""
    return desk.organizations()


@tool("desk.get_my_info", NoParams, needs=lambda _: scopes.DESK_BASIC)
def get_my_info(desk: DeskClient, params: NoParams) -> dict[str, Any]:
    """Who the connection is in Desk."""
    return desk.my_info()


@tool("desk.list_departments", NoParams, needs=lambda _: scopes.DESK_PEOPLE)
def list_departments(desk: DeskClient, params: NoParams) -> list[dict[str, Any]]:
    """The departments."""
    return desk.departments()


@tool("desk.list_teams", NoParams, needs=lambda _: scopes.DESK_PEOPLE)
def list_teams(desk: DeskClient, params: NoParams) -> list[dict[str, Any]]:
    """The teams."""
    return desk.teams()


@tool("desk.list_agents", NoParams, needs=lambda _: scopes.DESK_PEOPLE)
def list_agents(desk: DeskClient, params: NoParams) -> list[dict[str, Any]]:
    """The agents, who can own records, disabled ones too; their e-mail is ``emailId``."""
    return desk.agents()


@tool("desk.list_fields", DeskModuleParams, needs=lambda _: scopes.DESK_FIELDS)
def list_fields(desk: DeskClient, params: DeskModuleParams) -> list[dict[str, Any]]:
    """The fields of a module."""
    return desk.fields(params.module)


@tool("desk.list_layouts", DeskModuleParams, needs=lambda _: scopes.DESK_LAYOUTS)
def list_layouts(desk: DeskClient, params: DeskModuleParams) -> list[dict[str, Any]]:
    """The layouts of a module."""
    return desk.layouts(params.module)


@tool("desk.get_layout", DeskLayout, needs=lambda _: scopes.DESK_LAYOUTS)
def get_layout(desk: DeskClient, params: DeskLayout) -> dict[str, Any]:
    """A layout with its fields and their values, as the agent's profile sees it where the portal tells."""
    return desk.my_form(params.layout_id) or desk.layout(params.layout_id)


@tool("desk.get_ticket_history", DeskHistory, needs=lambda _: scopes.desk_module("tickets", "READ"), module="tickets")
def get_ticket_history(desk: DeskClient, params: DeskHistory) -> Page:
    """What happened to a ticket, newest first: who changed which field from what to what."""
    return desk.ticket_history(params.id, params.page)


def _register_history(module: str, one: str) -> None:
    reads = scopes.desk_module(module, "READ")
    about = f"What happened to the tickets of one of the Desk {module}, newest first."

    @tool(f"desk.get_{one}_history", DeskHistory, needs=lambda _: reads, module=module, about=about)
    def get_history(desk: DeskClient, params: DeskHistory) -> Page:
        return desk.customer_history(module, params.id, params.page)


for _customers in ("contacts", "accounts"):
    _register_history(_customers, MODULES[_customers])


def _register(module: str, one: str) -> None:
    reads, writes = scopes.desk_module(module, "READ"), scopes.desk_module(module, "UPDATE")

    def always(need: Need) -> Any:
        return lambda _: need

    @tool(f"desk.get_{one}", DeskRecord, needs=always(reads), module=module, about=f"One of the Desk {module} with all its fields.")
    def get(desk: DeskClient, params: DeskRecord) -> dict[str, Any]:
        return desk.get(module, params.id)

    @tool(f"desk.list_{module}", DeskList, needs=always(reads), module=module, about=f"A page of the Desk {module}, newest first.")
    def list_(desk: DeskClient, params: DeskList) -> Page:
        return desk.list(module, page=params.page, limit=params.limit, sort=params.sort)

    changes = f"Change fields of one of the Desk {module}."

    @tool(f"desk.update_{one}", DeskUpdate, needs=always(writes), module=module, about=changes, writes=True)
    def update(desk: DeskClient, params: DeskUpdate) -> WriteOutcome:
        return desk.update(module, params.id, params.fields, quiet_close=params.quiet_close)

    if module in UNSEARCHED:
        return

    @tool(f"desk.search_{module}", DeskSearch, needs=always(scopes.desk_search(module)), module=module, about=f"Desk {module} by a text.")
    def search(desk: DeskClient, params: DeskSearch) -> Page:
        return desk.search(module, params.text, page=params.page)


for _module, _one in MODULES.items():
    _register(_module, _one)
