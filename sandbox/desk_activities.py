"""Desk's calls, events and contracts as compact tables."""

from __future__ import annotations

from sandbox.desk_spec import DeskModule, Field, choice

_COMMON = (
    Field("subject", "Subject", limit=300, is_mandatory=True),
    Field("description", "Description", "LargeText", 65535),
    Field("startTime", "Start Time", "DateTime", is_mandatory=True),
    Field("duration", "Duration", "Number", 9),
    Field("status", "Status", "Picklist", 120, choice("In Progress, Scheduled, Completed, Cancelled")),
    Field("departmentId", "Department", "LookUp", is_mandatory=True, lookup="departments"),
    Field("ownerId", "Owner", "LookUp", lookup="agents"),
    Field("contactId", "Contact Name", "LookUp", lookup="contacts"),
    Field("ticketId", "Ticket", "LookUp", lookup="tickets"),
)
CALLS = DeskModule(
    6,
    "calls",
    "Desk.calls",
    (
        *_COMMON,
        Field("direction", "Direction", "Picklist", 20, choice("inbound, outbound")),
        Field("priority", "Priority", "Picklist", 120, choice("-None-, High, Normal, Low")),
        Field("cf_modelname", "Model Name", limit=100),
    ),
    ("Call Information",),
    ("layoutId", "teamId", "reminder", "recordingUrl"),
    ("subject", "status", "priority", "direction", "departmentId"),
)
EVENTS = DeskModule(
    7,
    "events",
    "Desk.events",
    (*_COMMON, Field("category", "Category", "Picklist", 120, choice("-None-, Standard")), Field("cf_modelname", "Model Name", limit=100)),
    ("Event Information",),
    ("layoutId", "teamId", "reminder"),
    ("subject", "status", "category", "departmentId"),
)
CONTRACTS = DeskModule(
    8,
    "contracts",
    "Desk.contracts",
    (
        Field("contractName", "Contract Name", limit=80, is_mandatory=True),
        Field("contractNumber", "Contract Number", limit=50),
        Field("accountId", "Account Name", "LookUp", is_mandatory=True, lookup="accounts"),
        Field("productId", "Product Name", "LookUp", lookup="products"),
        Field("startDate", "Start Date", "Date"),
        Field("endDate", "End Date", "Date"),
        Field("notifyBefore", "Notify Before", "Number", 9),
        Field("ownerId", "Contract Owner", "LookUp", lookup="agents"),
        Field("departmentId", "Department", "LookUp", lookup="departments"),
        Field("description", "Description", "LargeText", 65535),
        Field("cf_modelname", "Model Name", limit=100),
    ),
    ("Contract Information",),
    ("layoutId", "associatedSLAId", "notificationAgentIds"),
)
"""Without a search of their own."""
