"""Picklists that follow another, and how a layout sets its fields out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.zoho.fields.given import crm_meta, layout, pick
from zoho.fields import crm_dependencies, crm_form, mapped_dependencies


def fitting(child: str, *values: str) -> dict[str, Any]:
    """An entry of ``maps``."""
    return {"api_name": child, "id": "1", "pick_list_values": [pick(value) for value in values]}


def pipeline(*options: dict[str, Any]) -> dict[str, Any]:
    return crm_meta("Pipeline", "picklist", pick_list_values=list(options))


def test_a_child_offers_what_fits_its_parent():
    meta = pipeline(pick("New", maps=[fitting("Stage", "First", "Won")]), pick("Renewal", maps=[fitting("Stage", "Won")]))

    found = crm_dependencies([], [layout(meta)], "1")["Stage"]

    assert found.parent == "Pipeline"
    assert found.allowed("New") == {"First", "Won"}
    assert found.allowed("Renewal") == {"Won"}


@pytest.mark.parametrize("maps", [None, [], {}, "x", [fitting("Stage")], [{"api_name": "Stage", "pick_list_values": None}]])
def test_a_value_that_nobody_mapped_forbids_nothing(maps: Any):
    meta = pipeline(pick("New", maps=[fitting("Stage", "First")]), pick("Free", maps=maps))

    found = crm_dependencies([], [layout(meta)], "1")["Stage"]

    assert found.allowed("Free") is None
    assert found.allowed("Unheard of") is None


def test_an_empty_parent_is_the_one_that_zoho_calls_none():
    meta = pipeline(pick("-None-", maps=[fitting("Stage", "First")]), pick("New", maps=[fitting("Stage", "Won")]))

    assert crm_dependencies([], [layout(meta)], "1")["Stage"].allowed("") == {"First"}


def test_of_two_parents_that_claim_one_child_none_is_believed():
    other = crm_meta("Type", "picklist", pick_list_values=[pick("A", maps=[fitting("Stage", "Won")])])

    assert crm_dependencies([], [layout(pipeline(pick("New", maps=[fitting("Stage", "First")])), other)], "1") == {}


def test_without_a_layout_the_fields_say_what_follows_what():
    assert "Stage" in crm_dependencies([pipeline(pick("New", maps=[fitting("Stage", "First")]))], [], "1")


def test_a_layout_that_leaves_the_options_to_the_field_leaves_it_what_goes_with_them():
    meta = pipeline(pick("New", maps=[fitting("Stage", "First")]))

    assert crm_dependencies([meta], [layout(crm_meta("Pipeline", "picklist"))], "1")["Stage"].allowed("New") == {"First"}


def test_what_zoho_keeps_apart_from_fields_and_layouts_is_read_too():
    row = {"parent": {"api_name": "Lead_Status"}, "child": {"api_name": "Lead_Source"}, "active": True}
    values = [pick("New", maps=[pick("Web"), pick("Fair")]), pick("Lost", maps=[])]

    found = mapped_dependencies([{**row, "pick_list_values": values}])

    assert found["Lead_Source"].parent == "Lead_Status"
    assert found["Lead_Source"].allowed("New") == {"Web", "Fair"}
    assert found["Lead_Source"].allowed("Lost") is None
    for none in ({"active": False}, {"sub_module": {"api_name": "Rows"}}, {"parent": None}, {"pick_list_values": "x"}, {"child": None}):
        assert "Lead_Source" not in mapped_dependencies([{**row, "pick_list_values": values, **none}])


def test_another_layout_has_no_say():
    one = layout(pipeline(pick("New", maps=[fitting("Stage", "First")])), layout_id="2")

    assert crm_dependencies([], [one, layout(crm_meta("Pipeline", "picklist"))], "1") == {}


def test_a_section_has_the_columns_of_its_layout():
    made = layout(crm_meta("A"))
    made["sections"][0] |= {"column_count": 2, "tab_traversal": "top_to_bottom"}

    section = crm_form([], [made], {}).sections[0]

    assert (section.columns, section.is_downward) == (2, True)


def test_a_field_that_the_profile_hides_is_known_by_name_alone():
    form = crm_form([crm_meta("A"), crm_meta("Salary", visible=False)], [layout(crm_meta("A"))], {})

    assert [field.name for field in form.not_shown] == ["Salary"]
