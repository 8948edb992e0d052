"""Zoho's own list of CRM calls, with the scopes each accepts and the credits it costs: ``GET /__apis``, for ZohoCRM.apis.READ.

Shown beside our own table where the two differ; nothing is decided by it. Source: crm.md section 1 of the dossier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zoho import access, clients, features, learned, scopes, tokens
from zoho.calls import Calls, text_of
from zoho.connections import Connection
from zoho.crm.errors import DIALECT
from zoho.runtime import Amend

KEY = "crm/apis"
NEED = features.BY_KEY["crm.apis"].needs[0]
MAX_CALLS = 5_000

_PATHS = {
    "zohocrm.org": "/org",
    "zohocrm.users": "/users",
    "zohocrm.settings.modules": "/settings/modules",
    "zohocrm.settings.fields": "/settings/fields",
    "zohocrm.settings.layouts": "/settings/layouts",
    "zohocrm.settings.map_dependency": "/settings/layouts/{}/map_dependency",
    "zohosearch.securesearch": "/{}/search",
    "zohocrm.coql": "/coql",
    "zohocrm.files": "/files",
    "zohocrm.apis": "/__apis",
}
"""Node of a scope → the call that Amend makes under it; a module's is /{module}/{id}."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call as Zoho lists it: ``path`` without ``/crm/v8`` and with ``{}`` for every placeholder; any one scope will do."""

    path: str
    method: str
    scopes: tuple[str, ...]
    min_credits: int | None
    max_credits: int | None

    def accepts(self, scope: str) -> bool:
        """True when Zoho names this scope, or a wider or narrower one."""
        return not self.scopes or scopes.covers([scope], self.scopes[0]) or any(_are_akin(scope, other) for other in self.scopes)

    @property
    def cost(self) -> str:
        """As in "1 credit" or "1 to 3 credits"; '' when Zoho did not say."""
        if self.min_credits is None or self.max_credits is None:
            return ""
        if self.min_credits != self.max_credits:
            return f"{self.min_credits} to {self.max_credits} credits"
        return f"{self.max_credits} credit{'' if self.max_credits == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class ApiList:
    """All calls, and when Zoho was asked."""

    calls: tuple[ApiCall, ...]
    at: datetime

    def find(self, scope: str) -> ApiCall | None:
        """The call that Amend makes under this scope, if Zoho lists it."""
        node, operation = scopes.split(scope)
        is_module = node[:2] == ("zohocrm", "modules")
        path = "/{}/{}" if is_module else _PATHS.get(".".join(node))
        method = "PUT" if operation == "update" else "POST" if path == "/coql" else "GET"
        own = f"/{node[-1]}/{{}}" if is_module and len(node) > 2 else None
        named = {(call.path.lower(), call.method): call for call in self.calls}
        return named.get((own or "", method)) or named.get((path or "", method))


def ask(amend: Amend, connection: Connection) -> int:
    """Ask Zoho and keep the answer: how many calls it lists. Raises the ZohoErrors of a read."""
    center = tokens.data_center(amend, connection)
    api = amend.data_centers.trusted_api(center, connection.api_domain or center.api) or center.api
    supply = clients.token_supplier(amend, connection)
    calls = Calls(amend.http, f"{api}/crm/v8", supply, DIALECT, org=connection.crm_org_id, connection=connection.id)

    def fetch() -> list[ApiCall]:
        answer = calls.send("GET", "/__apis")
        if answer.status not in (200, 204):
            raise calls.error(answer)
        return parse(answer.body)

    found = access.call(amend, connection, NEED, fetch)
    learned.keep(amend, connection, KEY, [[call.path, call.method, call.scopes, call.min_credits, call.max_credits] for call in found])
    return len(found)


def stored(amend: Amend, connection: Connection) -> ApiList | None:
    """What was kept; asks nobody."""
    kept = learned.recall(amend, connection, KEY)
    if kept is None:
        return None
    rows, at = kept
    return ApiList(tuple(ApiCall(path, method, tuple(named), least, most) for path, method, named, least, most in rows), at)


def parse(body: Any) -> list[ApiCall]:
    """The calls in an answer; what is not shaped as documented is left out."""
    found = []
    for row in _dicts(body.get("__apis") if isinstance(body, dict) else None):
        path = _path(text_of(row.get("path")) or "")
        for operation in _dicts(row.get("operation_types")):
            method = (text_of(operation.get("method")) or "").upper()
            named = scopes.parse(text_of(operation.get("oauth_scope")))
            if path and method:
                found.append(ApiCall(path, method, named, _number(operation.get("min_credits")), _number(operation.get("max_credits"))))
    return found[:MAX_CALLS]


def _path(path: str) -> str:
    return re.sub(r"\{[^}/]*\}", "{}", re.sub(r"^/crm/v[\d.]+(?=/)", "", path)).rstrip("/")


def _dicts(value: Any) -> Iterable[dict[str, Any]]:
    return (row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000_000 else None


def _are_akin(one: str, other: str) -> bool:
    return scopes.covers([one], other) or scopes.covers([other], one)
