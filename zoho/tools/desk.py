"""The Desk tools: the same four for each kind of record."""

from __future__ import annotations

from typing import Any

from zoho import scopes
from zoho.answers import Page, WriteOutcome
from zoho.desk import DeskClient
from zoho.scopes import Need
from zoho.tools.params import DeskList, DeskRecord, DeskSearch, DeskUpdate, NoParams
from zoho.tools.registry import tool

MODULES = {"tickets": "ticket", "contacts": "contact", "accounts": "account"}


@tool("desk.get_my_info", NoParams, needs=lambda _: scopes.DESK_BASIC)
def get_my_info(desk: DeskClient, params: NoParams) -> dict[str, Any]:
    """Who the connection is in Desk."""
    return desk.my_info()


def _register(module: str, one: str) -> None:
    reads = scopes.desk_module(module, "READ")
    writes = scopes.desk_module(module, "UPDATE")

    def always(need: Need) -> Any:
        return lambda _: need

    @tool(f"desk.get_{one}", DeskRecord, needs=always(reads))
    def get(desk: DeskClient, params: DeskRecord) -> dict[str, Any]:
        return desk.get(module, params.id)

    @tool(f"desk.list_{module}", DeskList, needs=always(reads))
    def list_(desk: DeskClient, params: DeskList) -> Page:
        return desk.list(module, page=params.page, limit=params.limit)

    @tool(f"desk.search_{module}", DeskSearch, needs=always(scopes.desk_search(module)))
    def search(desk: DeskClient, params: DeskSearch) -> Page:
        return desk.search(module, params.text, page=params.page)

    @tool(f"desk.update_{one}", DeskUpdate, needs=always(writes), writes=True)
    def update(desk: DeskClient, params: DeskUpdate) -> WriteOutcome:
        return desk.update(module, params.id, params.fields, quiet_close=params.quiet_close)


for _module, _one in MODULES.items():
    _register(_module, _one)
