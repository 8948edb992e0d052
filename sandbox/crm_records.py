"""The CRM's records: 200 a module, the same at every start; most are friendly, twenty-odd are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.crm_spec import FILES, ROWS, Module, Spec
from sandbox.names import COMPANIES, FIRST, HOSTILE, LAST, LONG_TEXT, PLACES, RICH_TEXT, SENTENCES, TITLES
from sandbox.people import ACTIVE
from sandbox.wire import Json

COUNT = 200
HOSTILE_FROM = 100  # one record for each hostile value, then the three below
EXTREMES = {"nulls": 121, "limits": 122, "long": 123, "negative": 124}
STATES = {"locked": 150, "blueprint": 151, "converted": 152, "in_approval": 153}
STATES |= {"in_review": 154, "in_merge": 155, "draft": 156, "not_editable": 157}


def record_id(module: Module, index: int) -> str:
    """The id of a module's n-th record: 19 digits, more than a float can hold."""
    return f"57257670000{module.number:02d}{index * 7 + 1001:06d}"


def _first(index: int) -> str:
    return FIRST[(index + index // len(FIRST)) % len(FIRST)]


def _last(index: int) -> str:
    return LAST[index % len(LAST)]


def _own(module: Module, index: int) -> dict[str, Any]:
    """What gives a record its face: names, company, address."""
    first, last, company = _first(index), _last(index), COMPANIES[index % len(COMPANIES)]
    if index in (41, 61):  # two people of one name: which one is meant?
        first, last = "John", "Smith"
    street, city, state, zip_code, country = PLACES[index % len(PLACES)]
    ascii_name = f"{first}.{last}".lower().encode("ascii", "ignore").decode().replace("'", "")
    return {
        "First_Name": first,
        "Last_Name": last,
        "Full_Name": f"{first} {last}",
        "Email": f"{ascii_name}.{index}@customer.example",
        "Company": company,
        "Designation": TITLES[index % len(TITLES)],
        "Title": TITLES[index % len(TITLES)],
        "Department": "Purchasing",
        "Account_Name": f"{company} {city}" if module.api_name == "Accounts" else None,
        "Deal_Name": f"{company}: {300 - index} units",
        "Name": f"{('Van', 'Truck', 'Car')[index % 3]} {index + 1}",
        "Plate": f"ZH {100_000 + index}",
        "Street": street,
        "City": city,
        "State": state or None,
        "Zip_Code": zip_code,
        "Country": country,
        "Description": SENTENCES[index % len(SENTENCES)],
        "Short_Note": SENTENCES[(index + 1) % len(SENTENCES)],
        "Customer_Code": f"C-{module.number}{index:05d}",
        "Email_Opt_Out": index % 5 == 0,
        "Pipeline": "Standard (Standard)",
        "Stage": ("Qualification", "Proposal", "Negotiation", "Closed Won")[index % 4],
        "Probability": (10, 40, 70, 100)[index % 4],
    }


def _value(spec: Spec, index: int, random: Random, at: datetime) -> Any:
    """A plausible value for a field that has no face of its own."""
    if index % 7 == 0 and not spec.is_mandatory and spec.type not in ("boolean", *ROWS, "autonumber"):
        return None
    makers: dict[str, Callable[[], Any]] = {
        "text": lambda: f"{spec.label} {index}",
        "textarea": lambda: RICH_TEXT if spec.kind == "rich_text" else random.choice(SENTENCES),
        "email": lambda: f"office.{index}@customer.example",
        "phone": lambda: f"+41 44 555 {random.randint(10, 99)} {random.randint(10, 99)}",
        "website": lambda: f"https://www.customer{index}.example",
        "integer": lambda: random.randint(1, 900),
        "bigint": lambda: str(random.randint(10**15, 10**17)),
        "double": lambda: Decimal(random.randint(1, 10**6)) / 10_000,
        "currency": lambda: Decimal(random.randint(100_00, 90_000_00)) / 100,
        "percent": lambda: random.randint(0, 100),
        "boolean": lambda: random.random() < 0.5,
        "date": lambda: (at - timedelta(days=random.randint(0, 900))).date().isoformat(),
        "datetime": lambda: (at + timedelta(minutes=random.randint(-90_000, 90_000))).replace(second=0).isoformat(),
        "picklist": lambda: random.choice([option.actual for option in spec.options if option.is_used and option.actual != "-None-"]),
        "multiselectpicklist": lambda: [option.actual for option in spec.options if random.random() < 0.4],
        "formula": lambda: Decimal(random.randint(1, 400)),
        "rollup_summary": lambda: random.randint(0, 9),
        "autonumber": lambda: f"REF-{index + 1}",
        **dict.fromkeys(ROWS, list),
        "RRULE": lambda: {"RRULE": f"FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=1;DTSTART={at.date().isoformat()}"},
        "multireminder": lambda: [{"period": "days", "unit": 1, "time": "09:00"}, {"period": "minutes", "unit": 30, "time": None}],
        "ALARM": lambda: {"ALARM": f"FREQ=NONE;ACTION=EMAIL;TRIGGER=DATE-TIME:{at.isoformat()}"},
    }
    maker = makers.get(spec.type)
    return maker() if maker is not None else None


def _spoil(module: Module, record: Json, index: int) -> None:
    """Put a hostile value where people read and write, or drive numbers to their limits."""
    name_field = "Last_Name" if module.find("Last_Name") else module.name_field
    if HOSTILE_FROM <= index < HOSTILE_FROM + len(HOSTILE):
        text = HOSTILE[index - HOSTILE_FROM]
        for spec in module.fields:
            if spec.name in (name_field, "Company", "City", "Short_Note", "Description"):
                record[spec.name] = text[: spec.limit]
    for spec in module.fields:
        keeps = spec.is_mandatory or spec.is_system or spec.name in ("Owner", "Layout")
        if index == EXTREMES["nulls"] and not keeps and spec.type not in ("boolean", *ROWS):
            record[spec.name] = [] if spec.type == "multiselectpicklist" else None
        elif index in (EXTREMES["limits"], EXTREMES["negative"]) and not spec.is_system and spec.name != "Probability":
            sign = -1 if index == EXTREMES["negative"] else 1
            extreme: dict[str, Any] = {
                "integer": 999_999_999 * sign,
                "bigint": str(999_999_999_999_999_999 * sign),
                "double": Decimal("9999999999999999.9999") * sign,
                "currency": Decimal("9999999999999999.99") * sign,
                "percent": 99_999 * sign,
                "date": "9999-12-31" if sign > 0 else "1900-01-01",
            }
            record[spec.name] = extreme.get(spec.type, record[spec.name])
    if index == EXTREMES["long"]:
        record["Description"] = LONG_TEXT
        record[name_field] = "W" * (module.find(name_field) or module.fields[0]).limit


def make_record(module: Module, index: int, at: datetime, names: Callable[[str, int], Json | None]) -> Json:
    """The n-th record, times before ``at``. ``names(module, index)`` gives {"name", "id"} of another record."""
    random = Random(f"{module.api_name} {index}")  # noqa: S311 - data, not secrets
    own = _own(module, index)
    modified = (at - timedelta(hours=2 + index * 5, minutes=index * 7 % 60)).replace(microsecond=0)
    layout = 1 if len(module.layouts) > 1 and index % 4 == 3 else 0
    record: Json = {}
    for spec in module.fields:
        own_value = own.get(spec.name)
        record[spec.name] = own_value if own_value is not None else _value(spec, index, random, modified)
        if spec.type == "lookup" and not spec.is_system and index % 3:
            record[spec.name] = names("Accounts" if spec.lookup == "se_module" else spec.lookup, (index * 3 + 1) % HOSTILE_FROM)
        elif spec.type == "userlookup":
            record[spec.name] = _user(index + 1) if index % 2 else None
        elif spec.type in ROWS and index % 2 == 0:
            record[spec.name] = _rows(spec, module, index, random, modified, names)
    record |= {
        "Owner": _user(index),
        "Created_By": _user(0),
        "Modified_By": _user(index),
        "Tag": [],
        "Locked__s": index == STATES["locked"],
    }
    record |= {"Layout": {"name": module.layouts[layout].name, "id": module.layout_id(layout)}, "id": record_id(module, index)}
    record |= {
        "Created_Time": (modified - timedelta(days=30)).isoformat(),
        "Modified_Time": modified.isoformat(),
        "Last_Activity_Time": modified.isoformat(),
    }
    if "Converted__s" in record:
        record |= {"Converted__s": index == STATES["converted"], "Converted_Contact": None}
    if record.get("Converted__s"):
        record["Converted_Contact"] = names("Contacts", 7)
    _spoil(module, record, index)
    if module.find("Full_Name"):
        record["Full_Name"] = f"{record['First_Name'] or ''} {record['Last_Name']}".strip()
    return record


def _user(index: int) -> Json:
    person = ACTIVE[index % len(ACTIVE)]
    return {"name": person.name, "id": person.id, "email": person.email}


def _rows(spec: Spec, module: Module, index: int, random: Random, at: datetime, names: Callable[[str, int], Json | None]) -> list[Json]:
    """Two rows; their ids are of this record and this field."""
    base = int(record_id(module, index)) + 5_000_000_000 + 10_000_000_000 * module.fields.index(spec)
    return [{"id": str(base + row), **_row(spec, index * 2 + row + 1, row, random, at, names)} for row in range(2)]


def _row(spec: Spec, seed: int, row: int, random: Random, at: datetime, names: Callable[[str, int], Json | None]) -> Json:
    if spec.type == "multiselectlookup":
        return {spec.name: names(spec.lookup, (seed * 3 + 2) % HOSTILE_FROM)}
    if spec.type == "multiuserlookup":
        return {spec.name: _user(seed)}
    if spec.type in FILES:
        place = {"Sequence_Number__s": row + 1} if spec.type == "imageupload" else {}
        name = ("report.pdf", "side.jpg")[spec.type == "imageupload"]
        return {"File_Id__s": f"seed{seed:06d}{row}", "File_Name__s": f"{seed}-{name}", "Size__s": str(1000 * seed), **place}
    return {each.name: _value(each, seed, random, at) for each in spec.rows}
