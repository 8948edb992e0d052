"""Desk's records of every module; the same at every start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.desk_spec import DeskModule
from sandbox.desk_tables import DEPARTMENTS, MODULES, STATUSES
from sandbox.names import COMPANIES, FIRST, HOSTILE, LAST, LONG_TEXT, PLACES, SENTENCES, SUBJECTS, TITLES
from sandbox.people import ACTIVE
from sandbox.wire import Json

COUNT = {"tickets": 120, "contacts": 100, "accounts": 40, "tasks": 40, "products": 30, "calls": 40, "events": 40, "contracts": 40}
HOSTILE_FROM = 15  # every record from here on, one hostile value each
TEXT_FIELD = {
    "tickets": "subject", "contacts": "lastName", "accounts": "accountName", "tasks": "subject", "products": "productName",
    "calls": "subject", "events": "subject", "contracts": "contractName",
}  # fmt: skip
LONG_TICKET = 50
TICKET_STATES = {"locked": 110, "archived": 111, "spam": 112}


def desk_id(module: str, index: int) -> str:
    """The id of a module's n-th record: 18 digits."""
    return f"1892000000{MODULES[module].number:02d}{index * 3 + 1001:06d}"


def stamp(moment: datetime) -> str:
    """Desk's time: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _custom(module: DeskModule, index: int) -> Json:
    """Custom values are strings, whatever their type; many are empty."""
    values = {
        "cf_modelname": f"F{index % 9} 2025",
        "cf_numberofitems": str(index % 12),
        "cf_severitypercentage": f"{index % 100}.0",
        "cf_warranty": "true" if index % 2 else "false",
        "cf_cost": f"{index * 3}.50",
        "cf_dateofpurchase": f"2025-{index % 12 + 1:02d}-{index % 28 + 1:02d}",
        "cf_topics": "Delivery;Price" if index % 4 == 0 else None,
        "cf_related_product": desk_id("products", index % 20) if index % 6 == 0 else None,
        "cf_age": str(index),
    }
    return {each.name: values.get(each.name) if index % 5 or each.name == "cf_age" else None for each in module.fields if each.is_custom}


def _ticket_state(index: int, at: str) -> Json:
    """What sets a ticket apart that is locked, archived or spam."""
    told: dict[int, Json] = {
        TICKET_STATES["locked"]: {"lockedTime": at},
        TICKET_STATES["archived"]: {"isArchived": True},
        TICKET_STATES["spam"]: {"isSpam": True},
    }
    return told.get(index, {})


def _ticket(index: int, at: datetime) -> Json:
    status = tuple(STATUSES)[index % len(STATUSES)]
    contact = index % 10
    counts = dict.fromkeys(
        ("threadCount", "commentCount", "taskCount", "attachmentCount", "approvalCount", "timeEntryCount", "tagCount", "followerCount"), "1"
    )
    flags = dict.fromkeys(("isSpam", "isDeleted", "isTrashed", "isOverDue", "isEscalated", "isRead", "isArchived"), False)
    return counts | flags | {
        "ticketNumber": str(101 + index),
        "subject": SUBJECTS[index % len(SUBJECTS)],
        "description": f"<div>{SENTENCES[index % len(SENTENCES)]}</div>",
        "status": status,
        "statusType": STATUSES[status],
        "priority": (None, "High", "Medium", "Low")[index % 4],
        "category": ("General", "Defects", None)[index % 3],
        "subCategory": "Sub General" if index % 3 == 0 else None,
        "classification": "Problem" if index % 2 else None,
        "channel": ("Phone", "Email", "Web")[index % 3],
        "language": "English",
        "resolution": "Sent a new one." if status == "Closed" else None,
        "dueDate": stamp(at + timedelta(days=index % 9)),
        "closedTime": stamp(at) if status == "Closed" else None,
        "onholdTime": None,
        "customerResponseTime": stamp(at),
        "responseDueDate": None,
        "departmentId": DEPARTMENTS[index % 2][0],
        "contactId": desk_id("contacts", contact),
        "accountId": desk_id("accounts", contact),
        "productId": desk_id("products", index % 10) if index % 3 == 0 else None,
        "assigneeId": ACTIVE[index % len(ACTIVE)].agent_id if index % 4 else None,
        "teamId": None,
        "contractId": None,
        "email": f"contact.{contact}@customer.example",
        "phone": f"+41 44 555 {10 + contact:02d} {20 + contact:02d}",
        "secondaryContacts": [],
        "sharedDepartments": [],
        "entitySkills": [],
        "lockedTime": None,
        "webUrl": f"https://desk.zoho.example/support/zylker/ShowHomePage.do#Cases/dv/{desk_id('tickets', index)}",
        "source": {"appName": None, "extId": None, "type": "SYSTEM", "permalink": None, "appPhotoURL": None},
    }  # fmt: skip


def _contact(index: int, _at: datetime) -> Json:
    street, city, state, code, country = PLACES[index % len(PLACES)]
    first, last = FIRST[index % len(FIRST)], LAST[(index + index // 20) % len(LAST)]
    names = {
        "firstName": first,
        "lastName": last,
        "email": f"contact.{index}@customer.example",
        "secondaryEmail": None,
        "title": TITLES[index % 6],
    }
    place = {"street": street, "city": city, "state": state or None, "zip": code, "country": country}
    marks = {
        "isAnonymous": False,
        "isSpam": False,
        "photoURL": None,
        "zohoCRMContact": None,
        "twitter": None,
        "facebook": None,
        "type": None,
    }
    return names | place | marks | {
        "phone": f"+41 44 555 {10 + index % 90:02d} {20 + index % 80:02d}",
        "mobile": None,
        "accountId": desk_id("accounts", index % 40),
        "ownerId": ACTIVE[index % len(ACTIVE)].agent_id,
        "description": SENTENCES[index % len(SENTENCES)],
    }  # fmt: skip


def _account(index: int, _at: datetime) -> Json:
    street, city, state, code, country = PLACES[index % len(PLACES)]
    place = {"street": street, "city": city, "state": state or None, "code": code, "country": country}
    return place | {
        "accountName": f"{COMPANIES[index % len(COMPANIES)]} {city}",
        "website": f"https://www.customer{index}.example",
        "phone": f"+41 44 555 00 {index:02d}",
        "fax": None,
        "industry": ("Banking", "Health", "Software")[index % 3],
        "annualrevenue": f"{index * 1000}.0",
        "ownerId": ACTIVE[index % len(ACTIVE)].agent_id,
        "description": None,
        "associatedSLAIds": [],
    }


def _task(index: int, at: datetime) -> Json:
    return {
        "subject": f"Call back: {SUBJECTS[index % len(SUBJECTS)]}",
        "description": SENTENCES[index % len(SENTENCES)],
        "dueDate": stamp(at + timedelta(days=3)),
        "status": ("Not Started", "In Progress", "Completed")[index % 3],
        "priority": ("High", "Normal", None)[index % 3],
        "category": "Standard",
        "departmentId": DEPARTMENTS[index % 2][0],
        "ownerId": ACTIVE[index % len(ACTIVE)].agent_id,
        "ticketId": desk_id("tickets", index),
        "contactId": desk_id("contacts", index % 10),
        "teamId": None,
        "startTime": None,
    }


def _product(index: int, _at: datetime) -> Json:
    return {
        "productName": f"Kettle {index + 1}",
        "productCode": f"KT-{index + 1:03d}",
        "unitPrice": f"{20 + index}.90",
        "productCategory": ("Hardware", "Software", "Service")[index % 3],
        "manufacturer": COMPANIES[index % len(COMPANIES)],
        "ownerId": ACTIVE[index % len(ACTIVE)].agent_id,
        "description": None,
        "departmentIds": [DEPARTMENTS[0][0]],
    }


def _activity(index: int, at: datetime) -> Json:
    return {
        "subject": f"{('Call', 'Visit')[index % 2]}: {SUBJECTS[index % len(SUBJECTS)]}",
        "description": SENTENCES[index % len(SENTENCES)],
        "startTime": stamp(at + timedelta(days=1)),
        "duration": str(600 * (index % 5)),
        "status": ("Scheduled", "In Progress", "Completed")[index % 3],
        "departmentId": DEPARTMENTS[index % 2][0],
        "ownerId": ACTIVE[index % len(ACTIVE)].agent_id,
        "contactId": desk_id("contacts", index % 10),
        "ticketId": desk_id("tickets", index),
        "teamId": None,
    }


def _call(index: int, at: datetime) -> Json:
    return _activity(index, at) | {"direction": ("inbound", "outbound")[index % 2], "priority": ("High", None)[index % 2]}


def _event(index: int, at: datetime) -> Json:
    return _activity(index, at) | {"category": "Standard"}


def _contract(index: int, at: datetime) -> Json:
    return {
        "contractName": f"Service {COMPANIES[index % len(COMPANIES)]} {index + 1}",
        "contractNumber": f"SC-{index + 1:04d}",
        "accountId": desk_id("accounts", index % 40),
        "productId": desk_id("products", index % 10),
        "startDate": at.date().isoformat(),
        "endDate": (at + timedelta(days=365)).date().isoformat(),
        "notifyBefore": "30",
        "ownerId": ACTIVE[index % len(ACTIVE)].agent_id,
        "departmentId": DEPARTMENTS[0][0],
        "description": None,
        "associatedSLAId": None,
        "notificationAgentIds": [],
    }


_MAKERS = {
    "tickets": _ticket, "contacts": _contact, "accounts": _account, "tasks": _task, "products": _product,
    "calls": _call, "events": _event, "contracts": _contract,
}  # fmt: skip


def make_records(module: DeskModule, at: datetime) -> dict[str, Json]:
    """All records of a module, times before ``at``."""
    made: dict[str, Json] = {}
    name = TEXT_FIELD[module.name]
    field = module.find(name)
    for index in range(COUNT[module.name]):
        moment = at - timedelta(hours=3 + index * 4)
        record: dict[str, Any] = {"id": desk_id(module.name, index), **_MAKERS[module.name](index, moment), "cf": _custom(module, index)}
        record |= {"createdTime": stamp(moment - timedelta(days=10)), "modifiedTime": stamp(moment), "modifiedBy": ACTIVE[0].agent_id}
        record["layoutDetails"] = {"id": module.layout_id, "layoutName": "Default Layout"}
        hostile = HOSTILE[(index - HOSTILE_FROM) % len(HOSTILE)]
        if HOSTILE_FROM <= index < HOSTILE_FROM + len(HOSTILE) and field is not None:
            record[name] = hostile[: field.limit]
            record["cf"]["cf_modelname"] = hostile[:100]
        if index == LONG_TICKET and module.name == "tickets":
            record["description"] = LONG_TEXT
        if module.name == "tickets":
            record |= _ticket_state(index, record["createdTime"])
        made[record["id"]] = record
    return made
