"""OAuth scopes as Zoho writes them: parse, compare, explain; what a product needs, what a grant covers.

Grammar: ``Service.scopename[.child].OPERATION``. ``ALL`` covers every operation, ``WRITE`` covers CREATE, UPDATE and DELETE,
a parent covers its children (``ZohoCRM.modules.READ`` covers ``ZohoCRM.modules.leads.READ``), case does not matter and UPDATE
does not imply READ. Source: oauth.md section 6 of the dossier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

OPERATIONS = frozenset({"all", "read", "create", "update", "delete", "write", "custom"})
WRITES = frozenset({"create", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Need:
    """What one call needs: every group must be met, and any one scope of a group meets it. The first of a group is asked for."""

    groups: tuple[tuple[str, ...], ...]
    purpose: str
    """In plain words, as in "edit Deals"."""

    def missing(self, granted: Iterable[str] | None) -> tuple[str, ...]:
        """The scopes to ask for; empty when covered, and when the grant is unknown (None): unknown is not missing."""
        if granted is None:
            return ()
        held = tuple(granted)
        return tuple(group[0] for group in self.groups if not any(covers(held, scope) for scope in group))


def need(purpose: str, *groups: str | tuple[str, ...]) -> Need:
    """A Need from scopes (one meets it) and tuples of alternatives."""
    return Need(tuple((group,) if isinstance(group, str) else group for group in groups), purpose)


def parse(text: str | None) -> tuple[str, ...]:
    """The scopes of a comma or blank separated list, without repeats, in order."""
    return tuple(dict.fromkeys(part for part in re.split(r"[,\s]+", text or "") if part))


def join(scopes: Iterable[str]) -> str:
    """The comma separated list that an authorization request carries."""
    return ",".join(scopes)


def covers(granted: Iterable[str], wanted: str) -> bool:
    """True when one of the granted scopes allows what ``wanted`` allows."""
    node, operation = _split(wanted)
    return any(_covers_one(*_split(scope), node, operation) for scope in granted)


def _covers_one(node: tuple[str, ...], operation: str, wanted: tuple[str, ...], wanted_operation: str) -> bool:
    if len(node) < 2 or wanted[: len(node)] != node:
        return False
    return operation == wanted_operation or operation == "all" or (operation == "write" and wanted_operation in WRITES)


def _split(scope: str) -> tuple[tuple[str, ...], str]:
    *node, operation = scope.lower().split(".")
    return tuple(node), operation


def crm_module(module: str, operation: str) -> Need:
    """Read or edit the records of one CRM module; ``operation`` READ or UPDATE."""
    standard = module.replace("_", "").lower()
    verb = {"READ": "read", "UPDATE": "edit"}[operation]
    return need(
        f"{verb} {module}",
        (f"ZohoCRM.modules.custom.{operation}", f"ZohoCRM.modules.{standard}.{operation}")
        if standard not in CRM_STANDARD
        else f"ZohoCRM.modules.{standard}.{operation}",
    )


CRM_STANDARD = frozenset(
    "leads accounts contacts deals campaigns tasks cases events calls solutions products vendors pricebooks quotes salesorders "
    "purchaseorders invoices notes".split()
)
CRM_ORG = need("see the CRM organization", "ZohoCRM.org.READ")
CRM_USERS = need("list the CRM users", "ZohoCRM.users.READ")
CRM_MODULES = need("list the CRM modules", "ZohoCRM.settings.modules.READ")
CRM_FIELDS = need("read the CRM fields", "ZohoCRM.settings.fields.READ")
CRM_LAYOUTS = need("read the CRM layouts", "ZohoCRM.settings.layouts.READ")
DESK_BASIC = need("find the Desk organization", ("Desk.basic.READ", "Desk.organization.READ", "Desk.settings.READ"))
DESK_FIELDS = need("read the Desk fields", ("Desk.basic.READ", "Desk.fields.READ", "Desk.settings.READ"))
CRM_DEPENDENCIES = need("read the CRM picklist dependencies", "ZohoCRM.settings.map_dependency.READ")
CRM_APIS = need("list what this connection may call", "ZohoCRM.apis.READ")
DESK_PEOPLE = need("list the Desk agents and departments", ("Desk.basic.READ", "Desk.settings.READ"))
DESK_LAYOUTS = need("read the Desk layouts", ("Desk.basic.READ", "Desk.layouts.READ", "Desk.settings.READ"))
PROFILE = need("see who connected", "AaaServer.profile.READ")


def crm_search(module: str) -> Need:
    """Search one CRM module."""
    return Need((*crm_module(module, "READ").groups, ("ZohoSearch.securesearch.READ",)), f"search {module}")


def crm_query(module: str) -> Need:
    """Query one CRM module by COQL."""
    return Need((("ZohoCRM.coql.READ",), *crm_module(module, "READ").groups), f"query {module}")


def crm_lock(module: str) -> Need:
    """See who locked a record; Zoho's pages and its published files name different scopes."""
    lock = ("ZohoCRM.modules.lockinginformation.READ", "ZohoCRM.settings.modules.READ")
    return Need((*crm_module(module, "READ").groups, lock), f"see who locked a record of {module}")


def desk_module(module: str, operation: str) -> Need:
    """Read or edit the records of one Desk module; accounts go with contacts in Zoho's own list, and alone in some of its pages."""
    names = {"accounts": ("contacts", "accounts")}.get(module, (module,))
    more = {"tasks", "calls", "events"} & {module}
    scopes = tuple(f"Desk.{name}.{operation}" for name in names) + tuple(f"Desk.activities.{name}.{operation}" for name in more)
    return need(f"{ {'READ': 'read', 'UPDATE': 'edit'}[operation] } Desk {module}", scopes)


def desk_search(module: str) -> Need:
    """Search one Desk module."""
    return Need((*desk_module(module, "READ").groups, ("Desk.search.READ",)), f"search Desk {module}")


PRODUCTS: dict[str, tuple[str, ...]] = {
    "crm": (
        "ZohoCRM.modules.ALL",
        "ZohoCRM.settings.modules.READ",
        "ZohoCRM.settings.fields.READ",
        "ZohoCRM.settings.layouts.READ",
        "ZohoCRM.users.READ",
        "ZohoCRM.org.READ",
        "ZohoSearch.securesearch.READ",
    ),
    "desk": (
        "Desk.tickets.READ",
        "Desk.tickets.UPDATE",
        "Desk.contacts.READ",
        "Desk.contacts.UPDATE",
        "Desk.basic.READ",
        "Desk.search.READ",
    ),
}
"""What is asked for at connect, by product: the least that this version's pages use."""

IDENTITY = "AaaServer.profile.READ"


def to_ask(products: Iterable[str], override: str | None = None, more: Iterable[str] = ()) -> tuple[str, ...]:
    """The scopes of an authorization request: ZOHO_SCOPES if set, else the products' own and the identity, and ``more``."""
    base = parse(override) if override else (*(scope for product in products for scope in PRODUCTS[product]), IDENTITY)
    return tuple(dict.fromkeys((*base, *more)))


@dataclass(frozen=True, slots=True)
class Feature:
    """A thing a person does here, its product, and what it needs."""

    product: str
    need: Need


FEATURES: tuple[Feature, ...] = (
    Feature("crm", CRM_ORG),
    Feature("crm", CRM_MODULES),
    Feature("crm", CRM_FIELDS),
    Feature("crm", CRM_LAYOUTS),
    Feature("crm", CRM_USERS),
    *(Feature("crm", crm_module(module, verb)) for module in ("Leads", "Contacts", "Accounts", "Deals") for verb in ("READ", "UPDATE")),
    Feature("crm", need("read custom modules", "ZohoCRM.modules.custom.READ")),
    Feature("crm", need("edit custom modules", "ZohoCRM.modules.custom.UPDATE")),
    Feature("crm", need("search CRM records", "ZohoSearch.securesearch.READ")),
    Feature("desk", DESK_BASIC),
    *(Feature("desk", desk_module(module, verb)) for module in ("tickets", "contacts", "accounts") for verb in ("READ", "UPDATE")),
    Feature("desk", need("search Desk records", "Desk.search.READ")),
)
"""The rows of the scope matrix on a connection's page."""

_WORDS = {
    "zohocrm.modules": "CRM records",
    "zohocrm.settings.modules": "the list of CRM modules",
    "zohocrm.settings.fields": "the definitions of CRM fields",
    "zohocrm.settings.layouts": "CRM layouts",
    "zohocrm.users": "CRM users",
    "zohocrm.org": "the CRM organization",
    "zohosearch.securesearch": "CRM search",
    "desk.tickets": "Desk tickets",
    "desk.contacts": "Desk contacts and accounts",
    "desk.accounts": "Desk accounts",
    "desk.basic": "Desk organizations, departments, agents and fields",
    "desk.search": "Desk search",
    "aaaserver.profile": "who you are at Zoho",
}
_VERBS = {
    "all": "read, create, edit and delete",
    "read": "read",
    "update": "edit",
    "create": "create",
    "delete": "delete",
    "write": "create, edit and delete",
    "custom": "use",
}


def explain(scope: str) -> str:
    """A scope in plain words: ``Desk.tickets.UPDATE`` → "edit Desk tickets"."""
    node, operation = _split(scope)
    for length in range(len(node), 0, -1):
        words = _WORDS.get(".".join(node[:length]))
        if words:
            child = f" ({' '.join(node[length:])})" if length < len(node) else ""
            return f"{_VERBS.get(operation, operation)} {words}{child}"
    return scope
