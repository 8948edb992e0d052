"""CRM's metadata, layouts and a record make a form."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from tests.zoho.fields.given import crm_meta, layout, pick
from zoho.fields import ABSENT, Field, Form, Kind, Option, crm_form, unknown_field, with_options


def one(meta: dict[str, Any], record: dict[str, Any] | None = None) -> Field:
    return crm_form([meta], [], record or {}).by_name[meta["api_name"]]


def test_the_label_is_the_current_one_and_not_the_first() -> None:
    assert one(crm_meta("Deal_Name", field_label="Deal Name", display_label="Potential Name")).label == "Deal Name"


@pytest.mark.parametrize(
    ("data_type", "json_type", "kind"),
    [
        ("text", "string", Kind.TEXT),
        ("text", "jsonarray", Kind.OTHER),
        ("text", "integer", Kind.INTEGER),
        ("bigint", "string", Kind.BIGINT),
        ("bigint", "jsonarray", Kind.OTHER),
        ("picklist", "jsonarray", Kind.MULTISELECT),
        ("picklist", "integer", Kind.PICKLIST),
        ("userlookup", "jsonobject", Kind.OWNER),
        ("multi_module_lookup", "jsonobject", Kind.LOOKUP),
        ("currency", "double", Kind.CURRENCY),
        ("subform", "jsonarray", Kind.SUBFORM),
        ("subform", "string", Kind.OTHER),
        ("hologram", "jsonobject", Kind.OTHER),
        ("date", "jsonobject", Kind.OTHER),
    ],
)
def test_json_type_is_trusted_over_data_type(data_type: str, json_type: str, kind: Kind) -> None:
    assert one(crm_meta("X", data_type, json_type)).kind == kind


def test_a_type_never_seen_is_read_only_and_says_why() -> None:
    field = one(crm_meta("X", "hologram", "jsonobject"), {"X": {"name": "Ring", "id": "1"}})

    assert not field.is_editable
    assert "hologram" in str(field.why_read_only)
    assert field.show({"name": "Ring", "id": "1"}, UTC) == "Ring"


@pytest.mark.parametrize(
    "locked",
    [
        {"read_only": True},
        {"visible": False},
        {"operation_type": {"api_update": False}},
        {"view_type": {"edit": False}},
        {"private": {"restricted": True, "type": "High", "export": False}},
        {"hipaa_compliance": {"restricted": True, "restricted_in_export": True}},
        {"crypt": {"mode": "encryption", "status": 2}},
        {"api_name": "Created_Time"},
        {"element_type": "mirror_field", "operation_type": None},
        {"operation_type": None, "view_type": None, "field_read_only": True},
        {"data_type": "formula", "json_type": "double"},
    ],
)
def test_a_locked_field_says_why(locked: dict[str, Any]) -> None:
    field = one(crm_meta("X") | locked)

    assert not field.is_editable
    assert str(field.why_read_only).endswith(".")


@pytest.mark.parametrize(
    "free",
    [
        {"field_read_only": True},
        {"operation_type": {}, "view_type": {"edit": True}},
        {"operation_type": {"api_update": True}, "view_type": None},
        {"mask_details": {}, "private": None, "hipaa_compliance": {"restricted": False}, "crypt": {"mode": "encryption", "status": 1}},
        {"operation_type": None, "view_type": None, "lookup": None, "pick_list_values": None, "length": None},
    ],
)
def test_missing_flags_leave_the_decision_to_the_others(free: dict[str, Any]) -> None:
    assert one(crm_meta("X") | free).is_editable


def test_the_owner_can_be_edited_though_zoho_calls_it_read_only() -> None:
    meta = crm_meta("Owner", "ownerlookup", "jsonobject", field_read_only=True, operation_type=None, view_type=None)

    assert one(meta).is_editable


def test_wizard_is_hidden() -> None:
    assert "Wizard" not in crm_form([crm_meta("Wizard", "bigint")], [layout(crm_meta("Wizard"))], {}).by_name


def test_the_form_follows_the_layout_of_the_record() -> None:
    first = layout(crm_meta("Company"), layout_id="1")
    second = layout(crm_meta("Phone", required=True, tooltip={"name": "info_icon", "value": "With area code"}), layout_id="2")
    form = crm_form([crm_meta("Company"), crm_meta("Phone")], [first, second], {"Layout": {"id": "2", "name": "Second"}, "Company": None})

    assert [(section.name, [field.name for field in section.fields]) for section in form.sections] == [("Information", ["Phone"])]
    assert form.by_name["Phone"].is_required
    assert form.by_name["Phone"].tooltip == "With area code"
    assert [field.name for field in form.off_layout] == ["Company"]


def test_a_record_without_layout_gets_the_first_that_is_in_use() -> None:
    layouts = [layout(crm_meta("A"), visible=False), layout(crm_meta("B"), status="inactive"), layout(crm_meta("C"), layout_id="3")]

    for record in ({}, {"Layout": None}, {"Layout": {}}):
        assert crm_form([], layouts, record).sections[0].fields[0].name == "C"


def test_a_layout_that_we_may_not_see_is_not_replaced_by_another() -> None:
    form = crm_form([crm_meta("Company")], [layout(crm_meta("Phone", required=True))], {"Layout": {"id": "77"}})

    assert [section.name for section in form.sections] == ["Fields"]
    assert list(form.by_name) == ["Company"]


def test_sections_and_fields_stand_in_the_order_of_their_numbers() -> None:
    plan = layout(crm_meta("A", sequence_number=9), crm_meta("B", sequence_number=2))
    plan["sections"].append({"name": "Earlier", "sequence_number": 0, "fields": [crm_meta("C"), crm_meta("A")]})
    form = crm_form([], [plan], {})

    assert [(section.name, [field.name for field in section.fields]) for section in form.sections] == [
        ("Earlier", ["C", "A"]),
        ("Information", ["B"]),
    ]


def test_options_are_those_of_the_layout_that_are_in_use() -> None:
    every = crm_meta("Rating", "picklist", pick_list_values=[pick("Hot"), pick("Cold"), pick("ShutDown", "Shut Down")])
    here = crm_meta("Rating", "picklist", pick_list_values=[pick("ShutDown", "Shut Down", colour_code="#c00"), pick("Old", type="unused")])

    field = crm_form([every], [layout(here)], {}).by_name["Rating"]

    assert field.options == (Option("ShutDown", "Shut Down", "#c00"),)


def test_a_value_of_another_layout_stays_among_the_options() -> None:
    field = one(crm_meta("Rating", "picklist", pick_list_values=[pick("Hot")]), {"Rating": "Lukewarm"})

    assert field.options[-1] == Option("Lukewarm", "Lukewarm (not in this layout)")
    assert field.show("Lukewarm", UTC) == "Lukewarm"
    assert field.is_untouched(["Lukewarm"], "Lukewarm", UTC)


def test_options_may_be_numbers() -> None:
    """A picklist of years broke a client that expected text."""
    meta = crm_meta("Year", "picklist", "integer", pick_list_values=[pick(2022), pick(2023)])
    field = one(meta, {"Year": 2022})

    assert field.options == (Option("2022", "2022"), Option("2023", "2023"))
    assert field.control(2022, UTC) == "2022"
    assert field.same(2022, "2022")
    assert field.parse(["2023"], UTC, 2022) == 2023


def test_a_picklist_without_options_is_free_text() -> None:
    field = one(crm_meta("Rating", "picklist"), {"Rating": "Hot"})

    assert field.input_type("Hot") == "text"
    assert field.parse(["Cold"], UTC, "Hot") == "Cold"


def test_what_the_fields_forbid_the_layout_does_not_allow() -> None:
    form = crm_form([crm_meta("A", read_only=True), crm_meta("B", view_type={"edit": False})], [layout(crm_meta("A"), crm_meta("B"))], {})

    assert not form.by_name["A"].is_editable
    assert not form.by_name["B"].is_editable


def test_read_only_fields_off_the_layout_come_last_and_unseen_ones_not_at_all() -> None:
    fields = [crm_meta("Created_Time", "datetime"), crm_meta("Modified_Time", "datetime"), crm_meta("Note")]
    form = crm_form(fields, [layout(crm_meta("Phone"))], {"Created_Time": "2026-11-23T10:00:00+01:00", "Note": None})

    assert [field.name for field in form.off_layout] == ["Note", "Created_Time"]


def test_a_value_that_no_control_can_hold_locks_the_field() -> None:
    field = one(crm_meta("Phone"), {"Phone": {"country": "+41", "number": ["44", "1"]}})

    assert not field.is_editable
    assert field.input_type({"country": "+41"}) == "readonly"
    assert field.show({"country": "+41", "number": ["44", "1"]}, UTC) == "country: +41; number: 44, 1"


def test_a_lookup_of_any_module_is_written_with_its_module() -> None:
    meta = crm_meta("What_Id", "lookup", "jsonobject", lookup={"module": {"api_name": "se_module"}})
    known, unknown = one(meta, {"What_Id": None, "$se_module": "Deals"}), one(meta, {"What_Id": None})
    body: dict[str, Any] = {}
    known.place(body, {"id": "7"})

    assert body == {"What_Id": {"id": "7"}, "$se_module": "Deals"}
    assert known.lookup_module == "Deals"
    assert not unknown.is_editable


def test_an_owner_who_is_no_user_any_more_stays_among_the_options() -> None:
    owner = {"id": "9", "name": "Gone Girl"}
    form = crm_form(
        [crm_meta("Owner", "ownerlookup", "jsonobject")], [layout(crm_meta("Owner", "ownerlookup", "jsonobject"))], {"Owner": owner}
    )

    form = with_options(form, "Owner", (Option("1", "Ana (ana@example.com)"),))
    field = form.by_name["Owner"]

    assert form.sections[0].fields == (field,)
    assert field.options == (Option("1", "Ana (ana@example.com)"), Option("9", "Gone Girl (not in the list)"))
    assert field.show(owner, UTC) == "Gone Girl (9)"
    assert field.show({"id": "1"}, UTC) == "Ana (ana@example.com)"
    assert field.parse(["1"], UTC, owner) == {"id": "1"}
    assert with_options(form, "Nobody", ()) is form


def test_limits_come_from_the_metadata() -> None:
    percent = one(crm_meta("P", "percent", "double", length=5, decimal_place=2))
    rich = one(crm_meta("R", "textarea", length=None, textarea={"type": "rich_text"}))
    latitude = one(crm_meta("L", "double", "double", length=50, decimal_place=9))

    assert (percent.digits, percent.decimal_places) == (5, 2)
    assert (rich.kind, rich.max_length) == (Kind.RICH_TEXT, 50_000)
    assert (latitude.digits, latitude.decimal_places) == (16, 9)


def test_names_that_come_twice_are_one_field() -> None:
    form = crm_form([crm_meta("Owner", field_label="First"), crm_meta("Owner", field_label="Second")], [], {})

    assert [field.label for field in form.sections[0].fields] == ["First"]


@pytest.mark.parametrize("junk", [None, 5, "x", {}, [None], [[]], [{}], [{"api_name": 5}], [{"api_name": "X", "lookup": 3, "tooltip": []}]])
def test_senseless_metadata_makes_a_form_all_the_same(junk: Any) -> None:
    assert isinstance(crm_form(junk, junk, {"X": 1, "Layout": junk}), Form)
    assert isinstance(crm_form([{"api_name": "X"}], [{"id": "1", "sections": junk}, {"sections": [{"fields": junk}]}], {}), Form)


def test_a_field_that_is_no_more_can_still_be_read_and_compared() -> None:
    field = unknown_field("crm", "Gone")

    assert not field.is_editable
    assert field.same(Decimal("1.0"), 1)
    assert field.same({"id": "5", "name": "A"}, {"id": "5"})
    assert field.read({}) is ABSENT
    assert unknown_field("desk", "cf_gone").read({"cf": {"cf_gone": "x"}}) == "x"


def test_a_field_off_the_layout_that_zoho_did_not_show_is_not_written_blindly():
    shown, hidden = crm_meta("Shown"), crm_meta("Hidden")

    form = crm_form([crm_meta("Name"), shown, hidden], [layout(crm_meta("Name"))], {"Shown": None})

    assert [(field.name, field.is_editable) for field in form.off_layout] == [("Shown", True)]
    assert not form.by_name["Hidden"].is_editable
    assert "did not show" in (form.by_name["Hidden"].why_read_only or "")
    assert form.by_name["Name"].is_editable
