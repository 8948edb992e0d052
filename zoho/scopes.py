"""OAuth scopes as Zoho writes them: parse, compare; what a call needs, what a grant covers.

Grammar: ``Service.scopename[.child].OPERATION``. ``ALL`` covers every operation, ``WRITE`` covers CREATE, UPDATE and DELETE,
a parent covers its children (``ZohoCRM.modules.READ`` covers ``ZohoCRM.modules.leads.READ``), case does not matter and UPDATE
does not imply READ. What to ask for stands in features.py, the words in scope_words.py. Source: oauth.md section 6 of the dossier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

OPERATIONS = frozenset({"all", "read", "create", "update", "delete", "write", "custom"})
_PARTS = {"write": ("create", "update", "delete"), "all": ("read", "create", "update", "delete")}
"""What an operation consists of, where it is not one thing."""


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
    """True when the granted scopes, together, allow all that ``wanted`` allows."""
    node, operation = split(wanted)
    held = [split(scope) for scope in granted]
    return all(any(_covers_part(*scope, node, part) for scope in held) for part in _PARTS.get(operation, (operation,)))


def least(asked: Iterable[str]) -> tuple[str, ...]:
    """The fewest of these scopes that allow the same, in order: what the others cover is left out."""
    kept = list({scope.lower(): scope for scope in reversed([*asked])}.values())[::-1]
    for scope in [*kept]:
        others = [other for other in kept if other is not scope]
        if covers(others, scope):
            kept = others
    return tuple(kept)


def _covers_part(node: tuple[str, ...], operation: str, wanted: tuple[str, ...], part: str) -> bool:
    if len(node) < 2 or wanted[: len(node)] != node:
        return False
    return operation in (part, "all") or part in _PARTS.get(operation, ())


@lru_cache(maxsize=1024)
def split(scope: str) -> tuple[tuple[str, ...], str]:
    """The node and the operation, in lower case: ``Desk.tickets.READ`` → ``(("desk", "tickets"), "read")``."""
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
CRM_VIEWS = need("see the CRM list views", "ZohoCRM.settings.custom_views.READ")
CRM_DEPENDENCIES = need("read the CRM picklist dependencies", "ZohoCRM.settings.map_dependency.READ")
CRM_APIS = need("list what this connection may call", "ZohoCRM.apis.READ")
CRM_FILES = need("upload files to CRM", "ZohoCRM.files.CREATE")
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
