"""Desk's modules as compact tables; the metadata on the wire is made from them."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = {"Open": "Open", "On Hold": "On Hold", "Escalated": "Open", "Waiting for customer": "On Hold", "Closed": "Closed"}
DEPARTMENTS = (("189200000000006907", "Support"), ("189200000000006909", "Billing"))
TEAMS = (("189200000000069071", "First line"),)


@dataclass(frozen=True)
class Field:
    """One field. ``type`` is Desk's; custom fields live in ``cf``, with string values."""

    name: str
    label: str
    type: str = "Text"
    limit: int = 255
    options: tuple[str, ...] = ()
    is_mandatory: bool = False
    is_read_only: bool = False
    lookup: str = ""
    is_nested: bool = False
    section: int = 0

    @property
    def is_custom(self) -> bool:
        """Whether it lives in ``cf``."""
        return self.name.startswith("cf_")


@dataclass(frozen=True)
class DeskModule:
    """``number`` makes its ids; ``also``: keys that a PATCH may name though no form shows them."""

    number: int
    name: str
    scope: str
    fields: tuple[Field, ...]
    sections: tuple[str, ...]
    also: tuple[str, ...] = ()
    searchable: tuple[str, ...] = ()
    max_limit: int = 99

    @property
    def layout_id(self) -> str:
        """The id of its one layout."""
        return f"18920000000001{self.number:04d}"

    def find(self, name: str) -> Field | None:
        """The field of this API name."""
        return next((each for each in self.fields if each.name == name), None)


def _choice(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


_EDUCATION = ("-None-", "Education :: University :: Private", "Education :: University :: Public", 'Training :: <b>Online</b> & "live"')
_CUSTOM = (
    Field("cf_modelname", "Model Name", limit=100, section=1),
    Field("cf_dateofpurchase", "Date of Purchase", "Date", section=1),
    Field("cf_callback", "Call Back", "DateTime", section=1),
    Field("cf_phone", "Second Phone", "Phone", 120, section=1),
    Field("cf_secondaryemail", "Second Email", "Email", 120, section=1),
    Field("cf_url", "Product Page", "URL", section=1),
    Field("cf_numberofitems", "Number of Items", "Number", 9, section=1),
    Field("cf_severitypercentage", "Severity", "Percent", 5, section=1),
    Field("cf_weight", "Weight", "Decimal", 16, section=1),
    Field("cf_cost", "Cost", "Currency", 16, section=1),
    Field("cf_warranty", "Under Warranty", "Boolean", section=1),
    Field("cf_permanentaddress", "Permanent Address", "Textarea", 2000, section=1),
    Field("cf_education_type", "Education Type", "Picklist", 120, _EDUCATION, is_nested=True, section=1),
    Field("cf_topics", "Topics", "Multiselect", options=_choice("Delivery, Price, Quality"), section=1),
    Field("cf_related_product", "Related Product", "LookUp", 30, lookup="products", section=1),
    Field("cf_age", "Age in Days", "Formula", is_read_only=True, section=1),
)
_DESCRIPTION = Field("description", "Description", "LargeText", 65535)

TICKETS = DeskModule(
    1,
    "tickets",
    "Desk.tickets",
    (
        Field("contactId", "Contact Name", "LookUp", is_mandatory=True, lookup="contacts"),
        Field("accountId", "Account Name", "LookUp", lookup="accounts"),
        Field("email", "Email", "Email", 150),
        Field("phone", "Phone", "Phone", 120),
        Field("subject", "Subject", limit=1000, is_mandatory=True),
        _DESCRIPTION,
        Field("status", "Status", "Picklist", 120, tuple(STATUSES), is_mandatory=True),
        Field("departmentId", "Department", "LookUp", is_mandatory=True, lookup="departments"),
        Field("productId", "Product Name", "LookUp", lookup="products"),
        Field("assigneeId", "Ticket Owner", "LookUp", lookup="agents"),
        Field("teamId", "Team", "LookUp", lookup="teams"),
        Field("dueDate", "Due Date", "DateTime", section=1),
        Field("priority", "Priority", "Picklist", 120, _choice("-None-, High, Medium, Low"), section=1),
        Field("category", "Category", "Picklist", 120, _choice("-None-, General, Defects"), section=1),
        Field("subCategory", "Sub Category", "Picklist", 120, _choice("-None-, Sub General, Sub Defects"), section=1),
        Field("classification", "Classification", "Picklist", 120, _choice("-None-, Question, Problem, Feature, Others"), section=1),
        Field("channel", "Channel", "Picklist", 120, _choice("Phone, Email, Web, Chat, FORUMS"), section=1),
        Field("language", "Language", "Picklist", 120, _choice("English, German, Spanish, Arabic"), section=1),
        Field("resolution", "Resolution", "LargeText", 65535, section=1),
        *_CUSTOM,
    ),
    ("Ticket Information", "Additional Information"),
    (
        "contact",
        "responseDueDate",
        "secondaryContacts",
        "sharedDepartments",
        "entitySkills",
        "uploads",
        "layoutId",
        "webUrl",
        "parentTicket",
        "sourceTicket",
        "ticketCreationType",
        "clonedTicketId",
    ),
    (
        "subject",
        "ticketNumber",
        "description",
        "status",
        "priority",
        "category",
        "channel",
        "departmentId",
        "assigneeId",
        "contactId",
        "accountId",
        "productId",
        "email",
        "phone",
    ),
    100,
)
CONTACTS = DeskModule(
    2,
    "contacts",
    "Desk.contacts",
    (
        Field("firstName", "First Name", limit=100),
        Field("lastName", "Last Name", limit=120, is_mandatory=True),
        Field("email", "Email", "Email", 120),
        Field("secondaryEmail", "Secondary Email", "Email", 120),
        Field("phone", "Phone", "Phone", 120),
        Field("mobile", "Mobile", "Phone", 50),
        Field("type", "Type", "Picklist", 120, _choice("-None-, paidUser, 3rdPartyUser")),
        Field("title", "Title", limit=100),
        Field("accountId", "Account Name", "LookUp", lookup="accounts"),
        Field("ownerId", "Contact Owner", "LookUp", lookup="agents"),
        Field("twitter", "Twitter", limit=100, section=1),
        Field("facebook", "Facebook", limit=100, section=1),
        Field("street", "Street", section=1),
        Field("city", "City", limit=30, section=1),
        Field("state", "State", limit=30, section=1),
        Field("country", "Country", limit=30, section=1),
        Field("zip", "Zip", limit=30, section=1),
        _DESCRIPTION,
        Field("cf_modelname", "Model Name", limit=100, section=1),
        Field("cf_dateofpurchase", "Customer Since", "Date", section=1),
    ),
    ("Contact Information", "Address Information"),
    ("layoutId", "language"),
    ("firstName", "lastName", "email", "phone", "mobile", "accountId"),
)
ACCOUNTS = DeskModule(
    3,
    "accounts",
    "Desk.contacts",
    (
        Field("accountName", "Account Name", limit=120, is_mandatory=True),
        Field("website", "Website", "URL"),
        Field("phone", "Phone", "Phone", 120),
        Field("fax", "Fax", "Fax", 120),
        Field("industry", "Industry", "Picklist", 120, _choice("-None-, Banking, Health, Software")),
        Field("annualrevenue", "Annual Revenue", "Currency", 16),
        Field("ownerId", "Account Owner", "LookUp", lookup="agents"),
        Field("street", "Street", section=1),
        Field("city", "City", limit=50, section=1),
        Field("state", "State", limit=50, section=1),
        Field("code", "Code", limit=30, section=1),
        Field("country", "Country", limit=50, section=1),
        _DESCRIPTION,
        Field("cf_modelname", "Model Name", limit=100, section=1),
    ),
    ("Account Information", "Address Information"),
    ("layoutId", "associatedSLAIds"),
    ("accountName", "website", "phone"),
)
TASKS = DeskModule(
    4,
    "tasks",
    "Desk.tasks",
    (
        Field("subject", "Subject", limit=300, is_mandatory=True),
        _DESCRIPTION,
        Field("dueDate", "Due Date", "DateTime"),
        Field("status", "Status", "Picklist", 120, _choice("Not Started, In Progress, Completed, Waiting on someone else")),
        Field("priority", "Priority", "Picklist", 120, _choice("-None-, High, Normal, Low")),
        Field("category", "Category", "Picklist", 120, _choice("-None-, Standard")),
        Field("departmentId", "Department", "LookUp", is_mandatory=True, lookup="departments"),
        Field("ownerId", "Task Owner", "LookUp", lookup="agents"),
        Field("ticketId", "Ticket", "LookUp", lookup="tickets"),
        Field("contactId", "Contact Name", "LookUp", lookup="contacts"),
        Field("cf_modelname", "Model Name", limit=100),
    ),
    ("Task Information",),
    ("layoutId", "teamId", "reminder"),
    ("subject", "status", "priority", "departmentId"),
)
PRODUCTS = DeskModule(
    5,
    "products",
    "Desk.products",
    (
        Field("productName", "Product Name", limit=200, is_mandatory=True),
        Field("productCode", "Product Code", limit=100),
        Field("unitPrice", "Unit Price", "Currency", 16),
        Field("productCategory", "Product Category", "Picklist", 120, _choice("-None-, Hardware, Software, Service")),
        Field("manufacturer", "Manufacturer", limit=100),
        Field("ownerId", "Product Owner", "LookUp", lookup="agents"),
        _DESCRIPTION,
        Field("cf_modelname", "Model Name", limit=100),
    ),
    ("Product Information",),
    ("layoutId", "departmentIds"),
    ("productName", "productCode"),
)
MODULES = {module.name: module for module in (TICKETS, CONTACTS, ACCOUNTS, TASKS, PRODUCTS)}
