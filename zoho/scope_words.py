"""Scopes in plain words, and what is known to be wrong with names that look right."""

from __future__ import annotations

from zoho.scopes import OPERATIONS, split

_THINGS = {
    "zohocrm.modules": "CRM records",
    "zohocrm.modules.custom": "the records of custom CRM modules",
    "zohocrm.modules.attachments": "attachments of CRM records",
    "zohocrm.modules.notes": "notes on CRM records",
    "zohocrm.modules.lockinginformation": "the locks of CRM records",
    "zohocrm.settings": "all CRM settings",
    "zohocrm.settings.modules": "the list of CRM modules",
    "zohocrm.settings.fields": "the definitions of CRM fields",
    "zohocrm.settings.layouts": "CRM layouts",
    "zohocrm.settings.map_dependency": "which CRM picklist values go together",
    "zohocrm.settings.custom_views": "CRM list views",
    "zohocrm.settings.related_lists": "the related lists of CRM modules",
    "zohocrm.settings.profiles": "CRM profiles",
    "zohocrm.settings.roles": "CRM roles",
    "zohocrm.settings.territories": "CRM territories",
    "zohocrm.settings.tags": "CRM tags",
    "zohocrm.users": "CRM users",
    "zohocrm.org": "the CRM organization",
    "zohocrm.coql": "CRM records by query (COQL)",
    "zohocrm.apis": "the list of CRM calls, their scopes and costs",
    "zohocrm.bulk": "CRM bulk jobs",
    "zohocrm.files": "files in CRM",
    "zohocrm.mass_update": "CRM mass updates",
    "zohocrm.change_owner": "changes of owner of CRM records",
    "zohocrm.composite_requests": "several CRM calls in one",
    "zohosearch.securesearch": "CRM search results",
    "zohofiles.files": "files that are uploaded for CRM bulk jobs",
    "desk.tickets": "Desk tickets",
    "desk.contacts": "Desk contacts and accounts",
    "desk.accounts": "Desk accounts",
    "desk.tasks": "Desk tasks",
    "desk.calls": "Desk calls",
    "desk.events": "Desk events",
    "desk.activities": "Desk tasks, calls and events",
    "desk.activities.tasks": "Desk tasks",
    "desk.activities.calls": "Desk calls",
    "desk.activities.events": "Desk events",
    "desk.articles": "Desk help articles",
    "desk.products": "Desk products",
    "desk.contracts": "Desk contracts",
    "desk.basic": "Desk organizations, departments, agents and fields",
    "desk.settings": "Desk settings",
    "desk.settings.extension": "settings of Desk extensions",
    "desk.organization": "the Desk organization",
    "desk.departments": "Desk departments",
    "desk.agents": "Desk agents",
    "desk.fields": "the definitions of Desk fields",
    "desk.layouts": "Desk layouts",
    "desk.search": "Desk search results",
    "desk.feeds": "Desk feeds",
    "desk.community": "the Desk community",
    "desk.zia": "Desk's assistant Zia",
    "desk.extensions": "Desk extensions",
    "desk.phonebridge": "Desk's telephony",
    "desk.imports": "Desk imports",
    "desk.exports": "Desk exports",
    "aaaserver.profile": "who you are at Zoho",
}
"""Node → what it is about."""
_VERBS = {
    "all": "read, create, edit and delete",
    "read": "read",
    "update": "edit",
    "create": "create",
    "delete": "delete",
    "write": "create, edit and delete",
    "custom": "send",
}
_WRONG = {
    "zohocrm.settings.read": "Zoho's CRM list does not have it. Name the parts, such as ZohoCRM.settings.fields.READ.",
    "desk.contacts.all": "It is reported not to exist. Name Desk.contacts.READ and Desk.contacts.UPDATE.",
}
_ACTIVITIES = "Zoho has refused it since version 3. Ask for ZohoCRM.modules.tasks, .events and .calls instead."
_SERVICES = frozenset(thing.split(".", 1)[0] for thing in _THINGS)


def explain(scope: str) -> str:
    """A scope in plain words: ``Desk.tickets.UPDATE`` → "edit Desk tickets"; the scope itself when nothing is known of it."""
    node, operation = split(scope)
    if _is_bare(scope):
        node, operation = (*node, operation), "all"
    for length in range(len(node), 0, -1):
        words = _THINGS.get(".".join(node[:length]))
        if words:
            child = f" ({' '.join(node[length:])})" if length < len(node) else ""
            return f"{_VERBS.get(operation, operation)} {words}{child}"
    return scope


def doubt(scope: str) -> str:
    """Why Zoho may refuse this name, and with it the whole request; '' when nothing speaks against it."""
    node, operation = split(scope)
    if node[:3] == ("zohocrm", "modules", "activities"):
        return _ACTIVITIES
    if scope.lower() in _WRONG:
        return _WRONG[scope.lower()]
    if not node or node[0] not in _SERVICES:
        return "Amend knows no service of this name at Zoho."
    if operation not in OPERATIONS and not _is_bare(scope):
        return f"{scope.rpartition('.')[2]} is no operation of Zoho's, such as READ or UPDATE."
    return ""


def _is_bare(scope: str) -> bool:
    """Desk.imports and its like are written without an operation."""
    return scope.lower() in _THINGS
