"""Desk's metadata, layout and a record make a form."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from zoho.fields import ABSENT, FieldError, Form, Kind, desk_form


def meta(name: str, type_: str = "Text", **more: Any) -> dict[str, Any]:
    return {"apiName": name, "displayLabel": name.title(), "type": type_, "isCustomField": name.startswith("cf_"), "maxLength": 255, **more}


def my_form(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"layoutName": "Default", "sections": [{"id": 1, "name": "Ticket Information", "fields": list(fields)}]}


def test_custom_fields_live_in_cf() -> None:
    field = desk_form("tickets", [meta("cf_model")], None, {"cf": {"cf_model": "F3"}}).by_name["cf_model"]
    body: dict[str, Any] = {"subject": "x"}
    field.place(body, "F4")
    field.place(body, "F5")

    assert field.read({"cf": {"cf_model": "F3"}}) == "F3"
    assert field.read({"cf": None}) is ABSENT
    assert body == {"subject": "x", "cf": {"cf_model": "F5"}}


def test_the_layout_says_what_is_mandatory_and_read_only() -> None:
    form = desk_form(
        "tickets",
        [meta("subject"), meta("email", "Email"), meta("createdTime", "DateTime"), meta("cf_sum", "Formula", isComputed=True)],
        my_form(meta("subject", isMandatory="true"), meta("email", "Email", isReadOnly=True)),
        {"subject": "x", "email": None, "createdTime": "2013-11-04T11:21:07.000Z"},
    )

    assert [field.name for field in form.sections[0].fields] == ["subject", "email"]
    assert form.by_name["subject"].is_required
    assert "profile" in str(form.by_name["email"].why_read_only)
    assert not form.by_name["createdTime"].is_editable
    assert not form.by_name["cf_sum"].is_editable


def test_only_keys_that_a_patch_takes_can_be_edited() -> None:
    record = dict.fromkeys(("subject", "ticketNumber", "webUrl"), "x")
    form = desk_form("tickets", [meta(name) for name in record], None, record)

    assert [field.name for field in form.by_name.values() if field.is_editable] == ["subject"]


def test_options_may_be_texts_or_objects_and_minus_none_is_a_value() -> None:
    status = meta(
        "status", "Picklist", pickListValues=[{"value": "Open", "statusType": "Open"}, {"value": "Closed", "statusType": "Closed"}]
    )
    priority = meta("priority", "Picklist", allowedValues=["-None-", "High", None, {}])
    form = desk_form(
        "tickets", [status], my_form(meta("status", "Picklist", allowedValues=[]), priority), {"status": "Open", "priority": "High"}
    )

    assert [option.value for option in form.by_name["status"].options] == ["Open", "Closed"]
    assert [option.value for option in form.by_name["priority"].options] == ["-None-", "High"]
    assert form.by_name["priority"].parse(["-None-"], UTC, "High") == "-None-"
    assert not form.by_name["priority"].same("-None-", None)


def test_nested_values_stay_whole() -> None:
    value = "Education :: University :: Private"
    field = desk_form("tickets", [], my_form(meta("cf_e", "Picklist", allowedValues=[value])), {"cf": {"cf_e": value}}).by_name["cf_e"]

    assert field.control(value, UTC) == value


@pytest.mark.parametrize(
    ("type_", "was", "posted", "sent"),
    [
        ("Percent", "0.0", ["12.5"], "12.5"),
        ("Percent", None, ["12.5"], "12.5"),
        ("Number", "3", ["4"], "4"),
        ("Number", 3, ["4"], 4),
        ("Decimal", Decimal("1.5"), ["2.5"], Decimal("2.5")),
        ("Boolean", "false", ["true"], "true"),
        ("Boolean", False, ["true"], True),
        ("Boolean", None, ["on"], "true"),
        ("Multiselect", "a;b", ["b", "c"], "b;c"),
        ("Multiselect", ["a", "b"], ["b", "c"], ["b", "c"]),
        ("Multiselect", None, ["b", "c"], "b;c"),
        ("LookUp", "12", ["13"], "13"),
        ("LookUp", {"id": "12", "name": "x"}, ["13"], {"id": "13"}),
        ("Text", "x", [""], None),
    ],
)
def test_a_custom_value_goes_back_in_the_json_type_it_came_in(type_: str, was: Any, posted: list[str], sent: Any) -> None:
    more = {"allowedValues": ["a", "b", "c"]} if type_ == "Multiselect" else {}
    field = desk_form("tickets", [meta("cf_x", type_, **more)], None, {"cf": {"cf_x": was}}).by_name["cf_x"]

    parsed = field.parse(posted, UTC, was)

    assert parsed == sent
    assert type(parsed) is type(sent)


def test_a_standard_number_that_was_empty_is_sent_as_a_number() -> None:
    field = desk_form("calls", [meta("duration", "Number")], None, {"duration": None}).by_name["duration"]

    assert field.parse(["60"], UTC, None) == 60


def test_names_come_from_the_objects_that_the_record_includes() -> None:
    record = {
        "assigneeId": "5",
        "assignee": {"id": "5", "firstName": "George", "lastName": "Vincent"},
        "contactId": "6",
        "contact": {"id": "6", "firstName": "Lucas", "lastName": "Carol", "account": {"id": "8", "accountName": "Zylker"}},
        "accountId": "8",
        "departmentId": "7",
        "department": {"id": "other", "name": "Wrong one"},
    }
    names = ("assigneeId", "contactId", "accountId", "departmentId")
    fields = desk_form("tickets", [meta(name, "LookUp") for name in names], None, record).by_name

    assert [fields[name].show(record[name], UTC) for name in names] == ["George Vincent (5)", "Lucas Carol (6)", "Zylker (8)", "7"]
    assert [fields[name].kind for name in names] == [Kind.OWNER, Kind.LOOKUP, Kind.LOOKUP, Kind.LOOKUP]
    assert fields["contactId"].lookup_module == "contacts"


def test_the_postal_code_of_an_account_is_its_code() -> None:
    field = desk_form("accounts", [meta("zip")], None, {"code": "8001"}).by_name["zip"]

    assert field.is_editable
    assert field.read({"code": "8001"}) == "8001"


def test_without_any_metadata_the_form_is_made_of_the_record() -> None:
    record = {"id": "1", "subject": "x", "subCategory": None, "dueDate": None, "threadCount": "3", "cf": {"cf_model_name": "F3"}}
    form = desk_form("tickets", [], None, record)

    assert [(field.label, field.kind) for field in form.sections[0].fields] == [
        ("Subject", Kind.TEXT),
        ("Sub Category", Kind.TEXT),
        ("Due Date", Kind.DATETIME),
        ("Model Name", Kind.TEXT),
    ]


def test_a_field_that_neither_layout_nor_record_shows_is_not_written_blindly() -> None:
    form = desk_form("tickets", [meta("subject"), meta("cf_secret")], my_form(meta("subject")), {"subject": "x", "cf": {}})

    assert not form.by_name["cf_secret"].is_editable
    assert form.off_layout == ()


@pytest.mark.parametrize("junk", [None, 5, "x", {}, [None], [{}], [{"apiName": None}], {"sections": 5}, {"sections": [{"fields": [3]}]}])
def test_senseless_metadata_makes_a_form_all_the_same(junk: Any) -> None:
    assert isinstance(desk_form("tickets", junk, junk, {"cf": junk}), Form)
    assert isinstance(desk_form("cats", junk, junk, junk), Form)


def test_an_encrypted_field_is_replaced_whole_or_left_alone() -> None:
    record = {"cf": {"cf_iban": "*****1234"}}
    field = desk_form("tickets", [meta("cf_iban", isEncryptedField="true")], None, record).by_name["cf_iban"]

    assert field.is_editable
    assert field.control("*****1234", UTC) == ""
    assert field.is_untouched([""], "*****1234", UTC)
    assert field.parse(["CH93"], UTC, "*****1234") == "CH93"


def test_lists_of_ids_that_the_record_shows_are_edited_although_no_field_lists_them() -> None:
    record = {"subject": "x", "secondaryContacts": ["12"], "sharedDepartments": [{"id": "1", "type": "READ_WRITE"}]}
    form = desk_form("tickets", [meta("subject")], my_form(meta("subject")), record)
    field, body = form.by_name["secondaryContacts"], dict[str, Any]()

    assert [one.name for one in form.off_layout] == ["secondaryContacts"]
    field.place(body, field.parse(["12\r\n13"], UTC, ["12"]), ["12"])
    assert body == {"secondaryContacts": ["12", "13"]}
    with pytest.raises(FieldError, match="at most 20 here"):
        field.parse(["\n".join(map(str, range(21)))], UTC, ["12"])
