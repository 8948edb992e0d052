"""The CRM's modules as compact tables: fields, picklists, layouts. The metadata on the wire is made from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.crm_spec import Layout, Module, Spec, choices


def _f(name: str, label: str, type_: str = "text", section: str | None = "Details", **more: Any) -> Spec:
    return Spec(name, label, type_, section, **more)


def subform_system() -> tuple[Spec, ...]:
    """What Zoho adds to the columns of every subform."""
    return (
        _f("Parent_Id", "Parent Id", "lookup", None, lookup="Leads", is_system=True),
        _f("Created_Time", "Created Time", "datetime", None, is_system=True),
        _f("Modified_Time", "Modified Time", "datetime", None, is_system=True),
        _f("id", "Record Id", "bigint", None, is_system=True),
    )


SEGMENTS = {
    "Banking": ("Retail bank", "Private bank"),
    "Health": ("Clinic", "Pharmacy"),
    "Manufacturing": ("Automotive", "Food"),
    "Software": ("Start-up", "Enterprise"),
}


def _system() -> tuple[Spec, ...]:
    return (
        _f("Owner", "Owner", "ownerlookup", "Ownership"),
        _f("Description", "Description", "textarea", "Description Information", kind="large", length=32000),
        _f("Created_By", "Created By", "ownerlookup", "Ownership", is_system=True),
        _f("Modified_By", "Modified By", "ownerlookup", "Ownership", is_system=True),
        _f("Created_Time", "Created Time", "datetime", None, is_system=True),
        _f("Modified_Time", "Modified Time", "datetime", None, is_system=True),
        _f("Last_Activity_Time", "Last Activity Time", "datetime", None, is_system=True),
        _f("Tag", "Tag", section=None, length=2000, is_system=True),
        _f("Layout", "Layout", "layout", None),
        _f("Locked__s", "Locked", "boolean", None, is_system=True),
        _f("id", "Record Id", "bigint", None, is_system=True),
    )


def typical() -> tuple[Spec, ...]:
    """Fields that every module has here, so that each data type can be met everywhere."""
    segments = ", ".join(value for values in SEGMENTS.values() for value in values)
    custom = (
        _f("Customer_Code", "Customer Code", length=40, is_unique=True, tooltip="As printed on the invoice"),
        _f("Short_Note", "Short Note", "textarea", kind="small", length=2000),
        _f("Brief", "Brief", "textarea", kind="rich_text", length=50000),
        _f("Billing_Email", "Billing Email", "email"),
        _f("Support_Line", "Support Line", "phone"),
        _f("Homepage", "Homepage", "website"),
        _f("Head_Count", "Head Count", "integer"),
        _f("Ledger_Number", "Ledger Number", "bigint"),
        _f("Score", "Score", "double"),
        _f("Budget", "Budget", "currency"),
        _f("Discount", "Discount", "percent"),
        _f("Newsletter", "Newsletter", "boolean"),
        _f("First_Contact", "First Contact", "date"),
        _f("Next_Call", "Next Call", "datetime"),
        _f("Industry", "Industry", "picklist", options=choices(", ".join(SEGMENTS))),
        _f("Segment", "Segment", "picklist", options=choices(segments)),
        _f(
            "Rating",
            "Rating",
            "picklist",
            options=choices("Acquired, Active, Market failed=MarketFailed, Shut Down=ShutDown, !Dormant", colours=True),
        ),
        _f(
            "Interests",
            "Interests",
            "multiselectpicklist",
            options=choices("Hiking, Chess; and Go=Chess_Go, Opera, Café society, Fishing")[1:],
        ),
        _f("Reviewer", "Reviewer", "userlookup"),
        _f("Referred_By", "Referred By", "lookup", lookup="Contacts"),
        _f("Days_Open", "Days Open", "formula"),
        _f("Total_Notes_Added", "Total Notes Added", "rollup_summary"),
        _f("Reference", "Reference", "autonumber"),
        _f("National_Id", "National Id", length=30, is_masked=True),
        _f("Passport_Number", "Passport Number", length=30, is_encrypted=True),
        _f("Health_Note", "Health Note", is_restricted=True),
        _f("Legacy_Code", "Legacy Code", section=None, length=20),
    )
    return tuple(replace(spec, is_custom=True) for spec in custom) + _system()


_ADDRESS = tuple(
    _f(name, name.replace("_", " "), section="Address Information", length=100)
    for name in ("Street", "City", "State", "Zip_Code", "Country")
)
_LOYALTY = _f(
    "Loyalty_Tier",
    '<b>Loyalty</b> & "tier"',
    "picklist",
    is_custom=True,
    options=choices('Gold <b>plus</b>, "Silver" & more, <img src=x onerror=alert(1)>=bronze, ذهبي'),
)


def _person(section: str) -> tuple[Spec, ...]:
    return (
        _f("First_Name", "First Name", section=section, length=40),
        _f("Last_Name", "Last Name", section=section, length=80, is_mandatory=True),
        _f("Full_Name", "Full Name", section=None, length=120, is_system=True),
        _f("Email", "Email", "email", section, is_unique=True),
        _f("Phone", "Phone", "phone", section),
        _f("Mobile", "Mobile", "phone", section),
    )


def _leads() -> Module:
    top = "Lead Information"
    sources = choices("Advertisement, Cold Call, Online Store=OnlineStore, Houston=Houston Showroom, Partner, Trade Show, !Fax campaign")
    statuses = choices(
        "Not Contacted, Attempted to Contact, Contacted, Pre-Qualified=Pre Qualified, Not Qualified, Lost Lead", colours=True
    )
    rows = (
        _f("Label", "Label", length=60),
        _f("Place", "Place", length=120),
        _f("Since", "Since", "date"),
        _f("Primary", "Primary", "boolean"),
    )
    fields = (
        *_person(top),
        _f("Company", "Company", section=top, length=200, is_mandatory=True),
        _f("Designation", "Title", section=top, length=100, first_label="Designation"),
        _f("Lead_Source", "Lead Source", "picklist", top, options=sources),
        _f("Lead_Status", "Lead Status", "picklist", top, options=statuses),
        _f("Email_Opt_Out", "Email Opt Out", "boolean", top),
        *_ADDRESS,
        _f("Other_Addresses", "Other Addresses", "subform", is_custom=True, rows=rows),
        _f("Documents", "Documents", "fileupload", is_custom=True),
        _f("Converted__s", "Converted", "boolean", None, is_system=True),
        _f("Converted_Contact", "Converted Contact", "lookup", None, lookup="Contacts", is_system=True),
        *typical(),
    )
    partner: dict[str, tuple[str, ...]] = {"Lead_Source": ("-None-", "Partner", "Trade Show"), "Rating": ("-None-", "Acquired", "Active")}
    layouts = (
        Layout("Standard", required=("Company",)),
        Layout("Partner", ("Phone", "Country"), ("Homepage", "Ledger_Number", "Designation"), partner),
    )
    return Module(1, "Leads", "Leads", "Lead", "Leads", "Full_Name", fields, layouts, "Lead_Status")


def _contacts() -> Module:
    top = "Contact Information"
    fields = (
        *_person(top),
        _f("Account_Name", "Account Name", "lookup", top, lookup="Accounts"),
        _f("Title", "Title", section=top, length=100),
        _f("Department", "Department", section=top, length=50),
        _f("Date_of_Birth", "Date of Birth", "date", top),
        *_ADDRESS,
        _LOYALTY,
        *typical(),
    )
    return Module(2, "Contacts", "Contacts", "Contact", "Contacts", "Full_Name", fields)


def _accounts() -> Module:
    top = "Account Information"
    fields = (
        _f("Account_Name", "Account Name", section=top, length=200, is_mandatory=True),
        _f("Phone", "Phone", "phone", top),
        _f("Website", "Website", "website", top),
        _f("Account_Type", "Account Type", "picklist", top, options=choices("Customer, Supplier, Partner, Competitor")),
        _f("Parent_Account", "Parent Account", "lookup", top, lookup="Accounts"),
        _f("Annual_Revenue", "Annual Revenue", "currency", top),
        *_ADDRESS,
        *typical(),
    )
    return Module(3, "Accounts", "Accounts", "Account", "Accounts", "Account_Name", fields)


PIPELINES = {
    "Standard (Standard)": ("Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost"),
    "Renewal": ("Negotiation", "Closed Won", "Closed Lost"),
}


def _deals() -> Module:
    top = "Deal Information"
    stages = choices("Qualification, Proposal=Proposal, Negotiation, Won=Closed Won, Lost=Closed Lost", colours=True)[1:]
    fields = (
        _f("Deal_Name", "Deal Name", section=top, length=120, is_mandatory=True, first_label="Potential Name"),
        _f("Amount", "Amount", "currency", top),
        _f("Closing_Date", "Closing Date", "date", top),
        _f("Pipeline", "Pipeline", "picklist", top, options=choices(", ".join(PIPELINES))[1:]),
        _f("Stage", "Stage", "picklist", top, options=stages, is_mandatory=True),
        _f("Probability", "Probability (%)", "integer", top, length=3),
        _f("Account_Name", "Account Name", "lookup", top, lookup="Accounts"),
        _f("Contact_Name", "Contact Name", "lookup", top, lookup="Contacts"),
        *typical(),
    )
    return Module(4, "Deals", "Potentials", "Deal", "Deals", "Deal_Name", fields, process_field="Stage")


def _vehicles() -> Module:
    top = "Vehicle Information"
    rows = (
        _f("Serviced_On", "Serviced On", "date"),
        _f("Garage", "Garage", length=120),
        _f("Price", "Price", "currency"),
        _f("Kind", "Kind", "picklist", options=choices("Repair, Inspection, Tyres=TyreChange")),
        _f("Total", "Total", "formula"),
    )
    fields = (
        _f("Name", "Vehicle Name", section=top, length=120, is_mandatory=True),
        _f("Plate", "Plate", section=top, length=20, is_custom=True, is_unique=True),
        _f("Model_Year", "Model Year", "picklist", top, is_custom=True, options=choices("2022, 2023, 2024, 2025, 2026")),
        _f("Mileage", "Mileage", "integer", top, is_custom=True),
        _f("Keeper", "Keeper", "lookup", top, lookup="Contacts", is_custom=True),
        _f("Service_History", "Service History", "subform", is_custom=True, rows=rows),
        _f("Photos", "Photos", "fileupload", is_custom=True),
        _f("Drivers", "Drivers", "multiselectlookup", is_custom=True, lookup="Contacts"),
        _f("Mechanics", "Mechanics", "multiuserlookup", is_custom=True),
        _f("Pictures", "Pictures", "imageupload", is_custom=True),
        _f("Leased_To", "Leased To", "multi_module_lookup", is_custom=True, lookup="Contacts|Accounts"),
        _f("What_Id", "Related To", "lookup", lookup="se_module"),
        _f("Inspection_Plan", "Inspection Plan", "RRULE"),
        _f("Inspection_Reminder", "Inspection Reminder", "multireminder"),
        _f("Service_Alarm", "Service Alarm", "ALARM"),
        _LOYALTY,
        *typical(),
    )
    return Module(5, "Vehicles", "CustomModule3", "Vehicle", "Vehicles", "Name", fields, is_custom=True)


def _wide() -> Module:
    types = ("text", "integer", "date", "boolean", "picklist", "currency", "email", "datetime", "multiselectpicklist", "phone")
    options = choices("North, East, South, West")
    fields = tuple(
        _f(
            f"Wide_{n:03d}",
            f"Wide {n:03d}",
            types[n % 10],
            f"Part {n // 50 + 1}",
            is_custom=True,
            options=options if "picklist" in types[n % 10] else (),
        )
        for n in range(1, 300)
    )
    name = _f("Name", "Wide Name", section="Part 1", length=120, is_mandatory=True)
    system = tuple(spec for spec in typical() if not spec.is_custom)
    return Module(6, "Wide", "CustomModule4", "Wide", "Wides", "Name", (name, *fields, *system), is_custom=True)


def build_modules() -> dict[str, Module]:
    """All modules by API name, Wide among them."""
    return {module.api_name: module for module in (_leads(), _contacts(), _accounts(), _deals(), _vehicles(), _wide())}
