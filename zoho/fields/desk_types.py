"""Desk's field types as kinds, and what a PATCH of each module takes. Source: the dossier's desk.md sections 3 to 5."""

from __future__ import annotations

from types import MappingProxyType

from zoho.fields.words import Kind

TYPES = MappingProxyType(
    {
        "text": Kind.TEXT,
        "url": Kind.WEBSITE,
        "textarea": Kind.TEXTAREA,
        "largetext": Kind.TEXTAREA,
        "email": Kind.EMAIL,
        "phone": Kind.PHONE,
        "fax": Kind.PHONE,
        "multiselect": Kind.MULTISELECT,
        "date": Kind.DATE,
        "datetime": Kind.DATETIME,
        "number": Kind.INTEGER,
        "percent": Kind.PERCENT,
        "decimal": Kind.DECIMAL,
        "currency": Kind.CURRENCY,
        "picklist": Kind.PICKLIST,
        "lookup": Kind.LOOKUP,
        "multilookup": Kind.IDS,
        "boolean": Kind.BOOLEAN,
        "checkbox": Kind.BOOLEAN,
    }
)
WHY = MappingProxyType(
    {
        "formula": "Zoho works this value out itself.",
        "autonumber": "Zoho numbers its records itself.",
    }
)
JSON_TYPES = MappingProxyType(
    {
        Kind.INTEGER: "integer",
        Kind.DECIMAL: "double",
        Kind.CURRENCY: "double",
        Kind.PERCENT: "double",
        Kind.BOOLEAN: "boolean",
        Kind.MULTISELECT: "jsonarray",
        Kind.IDS: "jsonarray",
    }
)
"""Of standard fields; custom fields and all others are strings."""
DIGITS = MappingProxyType({Kind.INTEGER: 18, Kind.DECIMAL: 16, Kind.CURRENCY: 16, Kind.PERCENT: 16})
LOOKUP_MODULES = MappingProxyType(
    {
        "contactId": "contacts",
        "accountId": "accounts",
        "productId": "products",
        "departmentId": "departments",
        "teamId": "teams",
        "ticketId": "tickets",
        "contractId": "contracts",
        "assigneeId": "agents",
        "ownerId": "agents",
    }
)
UPDATABLE = MappingProxyType(
    {
        "tickets": frozenset(
            "subject description status priority category subCategory classification channel language dueDate email phone productId "
            "assigneeId departmentId contactId accountId teamId resolution secondaryContacts entitySkills".split()
        ),
        "contacts": frozenset(
            "firstName lastName email secondaryEmail phone mobile type title accountId ownerId twitter facebook street city state "
            "country zip description language".split()
        ),
        "accounts": frozenset(
            "accountName website phone fax industry annualrevenue ownerId street city state code country description".split()
        ),
        "tasks": frozenset("category description subject dueDate status priority ownerId ticketId contactId teamId departmentId".split()),
        "calls": frozenset(
            "subject startTime status priority ownerId contactId departmentId duration direction ticketId description teamId".split()
        ),
        "events": frozenset("subject startTime duration category status ownerId contactId ticketId departmentId".split()),
        "products": frozenset("productName productCode unitPrice productCategory manufacturer ownerId description".split()),
        "contracts": frozenset(
            "contractName accountId productId startDate endDate notifyBefore contractNumber ownerId departmentId description".split()
        ),
    }
)
"""Standard keys that a PATCH takes and a form can edit; Desk refuses a body with any other."""
ID_LISTS = MappingProxyType({("tickets", "secondaryContacts"): 20, ("tickets", "entitySkills"): 10})
"""Lists of ids, each with the most that Zoho takes. It need not list them among the fields: the record shows them."""
WIRE_NAMES = MappingProxyType({("accounts", "zip"): "code", ("contacts", "code"): "zip"})
"""The postal code is ``zip`` on contacts and ``code`` on accounts."""
STANDARD_TYPES = MappingProxyType(
    dict.fromkeys(("dueDate", "startTime"), "DateTime")
    | dict.fromkeys(("startDate", "endDate"), "Date")
    | dict.fromkeys(("description", "resolution"), "LargeText")
    | dict.fromkeys(LOOKUP_MODULES, "LookUp")
    | {"email": "Email", "secondaryEmail": "Email", "phone": "Phone", "mobile": "Phone", "fax": "Fax", "website": "URL"}
)
"""For the form of an organization that shows neither fields nor layout."""
