"""What an operator may want to do with a connection, and the least scopes that follow from it.

Scopes are fixed at consent, so the wish comes first: check-boxes at connect. Only reading and editing of records is ever asked
for, never creating or deleting (a file that is uploaded for a field is no record), and for Desk no ``ALL``, which some of its
nodes do not have (oauth.md section 6 of the dossier).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zoho import scopes
from zoho.scopes import Need, crm_module, desk_module, need

VERBS = ("READ", "UPDATE")
ALL = "crm.all"
"""Key of the feature that has all kinds of CRM records in it."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Something to switch on. ``key`` is stored with the connection; ``is_records``: a kind of record, else a comfort."""

    key: str
    label: str
    needs: tuple[Need, ...]
    modules: tuple[str, ...] = ()
    """API names of the kinds of record it is about."""
    is_records: bool = True
    is_default: bool = False
    hint: str = ""

    @property
    def product(self) -> str:
        """``crm`` or ``desk``, which is the first part of the key."""
        return self.key.split(".", 1)[0]

    @property
    def asked(self) -> tuple[str, ...]:
        """The scopes to ask for."""
        return scopes_of(self.needs)


def scopes_of(needs: Iterable[Need]) -> tuple[str, ...]:
    """The first choice of every group of these needs."""
    return tuple(dict.fromkeys(group[0] for each in needs for group in each.groups))


def _crm(key: str, label: str, *modules: str) -> Feature:
    return Feature(f"crm.{key}", label, tuple(crm_module(module, verb) for verb in VERBS for module in modules), modules)


def _desk(key: str, label: str, *modules: str, is_default: bool = False) -> Feature:
    needs = tuple(desk_module(module, verb) for verb in VERBS for module in modules)
    return Feature(f"desk.{key}", label, needs, modules, is_default=is_default)


def _comfort(key: str, label: str, what: Need, hint: str = "", *, is_default: bool = False) -> Feature:
    return Feature(key, label, (what,), is_records=False, is_default=is_default, hint=hint)


BASE: dict[str, tuple[Need, ...]] = {
    "crm": (scopes.CRM_ORG, scopes.CRM_MODULES, scopes.CRM_FIELDS, scopes.CRM_LAYOUTS),
    "desk": (scopes.DESK_BASIC,),
}
"""What every edit of a product takes, by product."""
EVERY_MODULE = (
    need("read the records of every module", "ZohoCRM.modules.READ"),
    need("edit the records of every module", "ZohoCRM.modules.UPDATE"),
)
CUSTOM_MODULES = (
    need("read custom modules", "ZohoCRM.modules.custom.READ"),
    need("edit custom modules", "ZohoCRM.modules.custom.UPDATE"),
)

FEATURES: tuple[Feature, ...] = (
    Feature(ALL, "All modules", EVERY_MODULE, is_default=True, hint="To allow fewer, untick this: then you can choose."),
    _crm("leads", "Leads", "Leads"),
    _crm("contacts", "Contacts", "Contacts"),
    _crm("accounts", "Accounts", "Accounts"),
    _crm("deals", "Deals", "Deals"),
    _crm("activities", "Tasks, meetings and calls", "Tasks", "Events", "Calls"),
    _crm("campaigns", "Campaigns", "Campaigns"),
    _crm("cases", "Cases and solutions", "Cases", "Solutions"),
    _crm("products", "Products, vendors and price books", "Products", "Vendors", "Price_Books"),
    _crm("sales", "Quotes, orders and invoices", "Quotes", "Sales_Orders", "Purchase_Orders", "Invoices"),
    Feature("crm.custom", "Custom modules", CUSTOM_MODULES),
    _comfort("crm.search", "Search by name, e-mail or phone", need("search CRM records", "ZohoSearch.securesearch.READ"), is_default=True),
    _comfort("crm.users", "Owners by name", scopes.CRM_USERS, "Without it an owner is an id.", is_default=True),
    _comfort(
        "crm.dependencies",
        "Picklists that depend on another",
        need("know which picklist values go together", "ZohoCRM.settings.map_dependency.READ"),
        "Without it Amend cannot say which values go together.",
        is_default=True,
    ),
    _comfort("crm.files", "Upload files to file and image fields", scopes.CRM_FILES, "Without it files can only be removed."),
    _comfort("crm.coql", "Exact queries (COQL)", need("query CRM records exactly", "ZohoCRM.coql.READ")),
    _comfort(
        "crm.apis",
        "What each call needs and costs",
        need("list what each CRM call needs and costs", "ZohoCRM.apis.READ"),
        "Zoho's own list, shown beside Amend's.",
    ),
    _desk("tickets", "Tickets", "tickets", is_default=True),
    _desk("contacts", "Contacts and accounts", "contacts", "accounts", is_default=True),
    _desk("activities", "Tasks, calls and events", "tasks", "calls", "events"),
    _desk("products", "Products", "products"),
    _comfort("desk.search", "Search", need("search Desk records", "Desk.search.READ"), is_default=True),
)
"""In the order of the check-boxes."""
BY_KEY = {feature.key: feature for feature in FEATURES}

IDENTITY = scopes_of((scopes.PROFILE,))[0]


def defaults(products: Iterable[str]) -> tuple[str, ...]:
    """The keys that are ticked for these products unless somebody says otherwise."""
    own = set(products)
    return tuple(feature.key for feature in FEATURES if feature.is_default and feature.product in own)


def chosen(products: Iterable[str], keys: Iterable[str]) -> tuple[Feature, ...]:
    """The features of these keys that belong to the products; a key that nobody knows is nothing."""
    own, ticked = set(products), set(keys)
    return tuple(feature for feature in FEATURES if feature.key in ticked and feature.product in own)


def wanted(products: Iterable[str], keys: Iterable[str], requested: Iterable[str]) -> tuple[str, ...]:
    """The features of a connection. An older one kept no keys: then all that the requested scopes allow."""
    own, held = set(products), tuple(requested)
    found = [feature for feature in FEATURES if feature.product in own and not any(each.missing(held) for each in feature.needs)]
    return tuple(keys) or tuple(feature.key for feature in found if not (is_part(feature) and BY_KEY[ALL] in found))


def is_part(feature: Feature) -> bool:
    """True for what "All modules" has in it."""
    return feature.product == "crm" and feature.is_records and feature.key != ALL


def to_ask(
    products: Iterable[str], keys: Iterable[str] | None = None, override: str | None = None, more: Iterable[str] = ()
) -> tuple[str, ...]:
    """The scopes of an authorization request: ZOHO_SCOPES if set, else the least that the features need; then ``more``.

    ``keys`` None: the defaults of the products. ``more`` stays as it is, covered or not: somebody asked for it by name.
    """
    own = tuple(products)
    ticked = chosen(own, defaults(own) if keys is None else keys)
    needs = list[Need]()
    for product in own:
        needs += [*BASE[product], *(each for feature in ticked if feature.product == product for each in feature.needs)]
    base = scopes.parse(override) if override else (*scopes.least(scopes_of(needs)), IDENTITY)
    return tuple(dict.fromkeys((*base, *more)))
