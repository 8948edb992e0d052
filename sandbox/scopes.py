"""Zoho's scopes: which names exist, and which name covers which need."""

from __future__ import annotations

import re
from collections.abc import Iterable

_OPERATIONS = "ALL|READ|CREATE|UPDATE|DELETE|WRITE"
_CRM_NODES = (
    r"modules(?:\.\w+)?|settings(?:\.(?:modules|fields|layouts|map_dependency|custom_views|related_lists|profiles|roles|"
    r"territories|tags|global_picklist|pipeline|tab_groups|custom_buttons))?|org|users|coql|bulk|files|apis|notifications|"
    r"change_owner(?:\.\w+)?|mass_update(?:\.\w+)?"
)
_DESK_NODES = (
    r"tickets|contacts|accounts|tasks|calls|events|articles|products|contracts|basic|settings(?:\.\w+)?|feeds|community|"
    r"zia|extensions|search|agents|departments|organization|fields|layouts|activities(?:\.(?:tasks|calls|events))?"
)
_KNOWN = re.compile(
    rf"ZohoCRM\.(?:{_CRM_NODES})\.(?:{_OPERATIONS})|ZohoCRM\.composite_requests\.CUSTOM"
    rf"|Desk\.(?:{_DESK_NODES})\.(?:{_OPERATIONS})|ZohoSearch\.securesearch\.READ|ZohoFiles\.files\.(?:{_OPERATIONS})"
    rf"|AaaServer\.profile\.(?:READ|ALL)",
    re.IGNORECASE,
)
_UNKNOWN = {"desk.contacts.all"}  # looks right, does not exist


def parse(text: str) -> tuple[str, ...]:
    """The scopes of an authorization request: separated by commas, spaces tolerated."""
    return tuple(dict.fromkeys(part for part in re.split(r"[,\s]+", text) if part))


def is_known(scope: str) -> bool:
    """Whether Zoho has a scope of this name; one that it has not refuses the whole request."""
    return _KNOWN.fullmatch(scope) is not None and scope.lower() not in _UNKNOWN


def explain(scope: str) -> str:
    """The scope in words, for the consent page."""
    service, *nodes, operation = scope.split(".")
    verbs = {"all": "See and change", "read": "See", "create": "Create", "update": "Change", "delete": "Delete", "write": "Change"}
    product = {"zohocrm": "Zoho CRM", "desk": "Zoho Desk", "zohosearch": "Zoho Search", "aaaserver": "your Zoho account"}
    what = " ".join(nodes).replace("_", " ")
    return f"{verbs.get(operation.lower(), 'Use')} {what} in {product.get(service.lower(), service)}"


def covers(granted: Iterable[str], needed: str) -> bool:
    """Whether one of the granted scopes gives what is needed. A node covers its children, ALL every operation.

    ``needed`` may hold alternatives, separated by ``|``.
    """
    return any(_covers(scope, want) for want in needed.split("|") for scope in granted)


def _covers(scope: str, want: str) -> bool:
    *have_nodes, have = scope.lower().split(".")
    *want_nodes, operation = want.lower().split(".")
    if want_nodes[: len(have_nodes)] != have_nodes:
        return False
    return have in ("all", operation) or (have == "write" and operation in ("create", "update", "delete"))
