"""Try what a connection may read: one small call for each scope that its features need, product by product.

Only reads. Whether something may be edited could be seen by editing alone, so that stays not checked until somebody saves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from zoho import access, api_list, clients, connections, features, learned, orgs, scopes, tokens
from zoho.connections import Connection
from zoho.errors import DeskOrgUnknownError, MissingScopeError, ZohoError
from zoho.runtime import Amend
from zoho.scopes import Need

KEY = "scopes/tried"
AT_ONCE = 4
"""Calls side by side: fewer than the smallest edition of Zoho's allows."""
CALL_SECONDS = 8.0
NOTHING = "zzqx"
"""What is searched for: the answer does not matter."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying one scope: ``worked``, ``refused`` (for lack of it), or ``unclear`` with the reason in ``note``."""

    scope: str
    outcome: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trials:
    """One press of the button."""

    at: datetime
    by_scope: dict[str, Trial]

    def count(self, outcome: str) -> int:
        """How many came out so."""
        return sum(trial.outcome == outcome for trial in self.by_scope.values())


Step = tuple[Need, Callable[[Amend, Connection], Any]]


def steps(connection: Connection) -> tuple[Step, ...]:
    """The calls to make, each with what it needs: those of the features that are switched on."""
    keys = set(features.wanted(connection.products, connection.features, connection.scopes_requested))
    by_product = {"crm": _crm, "desk": _desk}
    return tuple(step for product in connection.products if product in by_product for step in by_product[product](keys))


def run(amend: Amend, user_id: UUID, connection_id: UUID) -> Trials:
    """Try all and keep what came of it. Raises NotConnectedError, and what ends every call: no usable access token."""
    with amend.reading() as session:
        connection = connections.get_own(session, connection_id, user_id)
    hurried = replace(amend, http=amend.http.within(CALL_SECONDS))
    tokens.access_token(hurried, connection_id)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="trials") as pool:
        found = list(pool.map(partial(_try, hurried, connection_id), steps(connection)))
    learned.keep(amend, connection, KEY, [[trial.scope, trial.outcome, trial.note] for trial in found])
    return Trials(amend.now(), {trial.scope: trial for trial in found})


def stored(amend: Amend, connection: Connection) -> Trials | None:
    """What came of the last press under the present grant; asks nobody."""
    kept = learned.recall(amend, connection, KEY)
    if kept is None:
        return None
    rows, at = kept
    return Trials(at, {scope: Trial(scope, outcome, note) for scope, outcome, note in rows})


def _try(amend: Amend, connection_id: UUID, step: Step) -> Trial:
    need, call = step
    scope = need.groups[-1][0]
    connection = clients.load(amend, connection_id)
    try:
        access.call(amend, connection, need, partial(call, amend, connection))
    except MissingScopeError as error:
        is_it = not error.scopes or scope in error.scopes
        return Trial(scope, "refused" if is_it else "unclear", error.summary)
    except DeskOrgUnknownError as error:
        return Trial(scope, "refused" if isinstance(error.__cause__, MissingScopeError) else "unclear", error.summary)
    except ZohoError as error:
        return Trial(scope, "unclear", error.summary)
    return Trial(scope, "worked")


def _crm(keys: set[str]) -> Iterator[Step]:
    modules = _modules("crm", keys)
    first = modules[0] if modules else "Leads"
    yield scopes.CRM_ORG, lambda amend, mine: clients.crm_client(amend, mine).org()
    yield scopes.CRM_MODULES, lambda amend, mine: clients.crm_client(amend, mine).modules()
    yield scopes.CRM_FIELDS, lambda amend, mine: clients.crm_client(amend, mine).fields(first)
    yield scopes.CRM_LAYOUTS, lambda amend, mine: clients.crm_client(amend, mine).layouts(first)
    for module in modules:
        yield scopes.crm_module(module, "READ"), partial(_list_crm, module)
    if "crm.search" in keys:
        yield scopes.crm_search(first), lambda amend, mine: clients.crm_client(amend, mine).search(first, word=NOTHING, per_page=1)
    if "crm.users" in keys:
        yield scopes.CRM_USERS, lambda amend, mine: clients.crm_client(amend, mine).current_user()
    if "crm.apis" in keys:
        yield api_list.NEED, api_list.ask


def _desk(keys: set[str]) -> Iterator[Step]:
    modules = _modules("desk", keys)
    first = modules[0] if modules else "tickets"
    yield scopes.DESK_BASIC, lambda amend, mine: clients.desk_client(amend, mine).organizations()
    for module in modules:
        yield scopes.desk_module(module, "READ"), partial(_list_desk, module)
    if "desk.search" in keys:
        yield scopes.desk_search(first), partial(_search_desk, first)


def _modules(product: str, keys: set[str]) -> list[str]:
    """The modules of the features that are on; custom ones have names that only Zoho knows."""
    is_all = f"{product}.all" in keys
    found = (feature for feature in features.FEATURES if feature.product == product and (is_all or feature.key in keys))
    return [module for feature in found for module in feature.modules]


def _list_crm(module: str, amend: Amend, connection: Connection) -> Any:
    return clients.crm_client(amend, connection).list(module, ["id"], per_page=1)


def _list_desk(module: str, amend: Amend, connection: Connection) -> Any:
    return clients.desk_client(amend, connection, _desk_org(amend, connection)).list(module, limit=1)


def _search_desk(module: str, amend: Amend, connection: Connection) -> Any:
    return clients.desk_client(amend, connection, _desk_org(amend, connection)).search(module, NOTHING, limit=1)


def _desk_org(amend: Amend, connection: Connection) -> str:
    found = orgs.desk_org(amend, connection.id)
    if isinstance(found, str):
        return found
    raise DeskOrgUnknownError("several organizations", summary="Choose the Desk organization first.")
