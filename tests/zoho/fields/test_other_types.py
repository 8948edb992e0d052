"""Lookups into several modules, lists of ids, masked values, and what is only shown: repetitions, reminders, reasons."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from tests.zoho.fields.given import crm, crm_meta, desk
from zoho.fields import FieldError, Kind, Option, crm_form, crm_template, desk_form, settled, with_modules

MODULES = (Option("Accounts", "Accounts"), Option("Deals", "Deals"))
ANY = crm(Kind.ANY_LOOKUP, modules=MODULES)
MASKED = crm(Kind.TEXT, is_masked=True, max_length=10)


def test_a_lookup_into_several_modules_is_written_by_id() -> None:
    meta = crm_meta(
        "X", "multi_module_lookup", "jsonobject", multi_module_lookup={"modules": [{"api_name": "Accounts"}, {"api_name": "Deals"}]}
    )
    field = crm_form([meta], [], {}).by_name["X"]
    was = {"id": "1", "name": "Acme", "module": {"api_name": "Accounts"}}

    sent = field.parse(["id=2", "module=Deals"], UTC, was)

    written: dict[str, Any] = {}
    field.place(written, sent, was)
    assert written == {"X": {"id": "2"}}
    assert field.show(was, UTC) == "Acme (1) in Accounts"
    assert field.same(sent, {"id": "2", "name": "Big deal"})


def test_a_lookup_into_any_module_names_the_chosen_one_beside_itself() -> None:
    meta = crm_meta("What_Id", "lookup", "jsonobject", lookup={"module": {"api_name": "se_module"}})
    record = {"What_Id": {"id": "1", "name": "Acme"}, "$se_module": "Accounts"}
    field = settled(with_modules(crm_template([meta], [], ""), MODULES).by_name["What_Id"], record)

    sent = field.parse(["id=2", "module=Deals"], UTC, record["What_Id"])

    written: dict[str, Any] = {}
    field.place(written, sent, record["What_Id"])
    assert written == {"What_Id": {"id": "2"}, "$se_module": "Deals"}


@pytest.mark.parametrize("posted", [["id=", "module="], ["id=", "module=Deals"]])
def test_without_an_id_the_module_says_nothing(posted: list[str]) -> None:
    assert ANY.is_untouched(posted, None, UTC)
    assert ANY.parse(posted, UTC, {"id": "1", "name": "x"}) is None


def test_an_id_without_its_module_is_refused() -> None:
    with pytest.raises(FieldError, match="which kind of record"):
        ANY.parse(["id=5", "module="], UTC, None)


@pytest.mark.parametrize(
    ("was", "sent"),
    [
        (["1", "2"], ["2", "3"]),
        ([{"id": "1", "name": "Kettle"}], [{"id": "2"}, {"id": "3"}]),
        ("1;2", "2;3"),
        (None, ["2", "3"]),
    ],
)
def test_a_list_of_ids_goes_out_in_the_shape_it_came_in(was: Any, sent: Any) -> None:
    field = desk(Kind.IDS, json_type="jsonarray")

    assert field.parse(["2\r\n3"], UTC, was) == sent
    assert field.is_untouched([str(field.control(was, UTC))], was, UTC)
    assert field.same(sent, list(reversed(sent)) if isinstance(sent, list) else "3;2")


def test_desk_names_the_records_of_a_multi_lookup() -> None:
    meta = {"apiName": "cf_products", "displayLabel": "Products", "type": "MultiLookup", "isCustomField": True}
    record = {"cf": {"cf_products": [{"id": "1", "name": "Kettle"}, {"id": "2"}]}}

    field = desk_form("tickets", [meta], None, record).by_name["cf_products"]

    assert field.is_editable
    assert field.show(record["cf"]["cf_products"], UTC) == "Kettle (1), 2"


def test_a_masked_value_is_never_in_its_control_and_an_empty_control_leaves_it() -> None:
    assert MASKED.control("****1234", UTC) == ""
    assert MASKED.show("****1234", UTC) == "****1234"
    assert MASKED.is_untouched([""], "****1234", UTC)


def test_a_masked_value_is_replaced_whole_and_compared_as_far_as_it_can_be_seen() -> None:
    sent = MASKED.parse(["77775678"], UTC, "****1234")

    assert sent == "77775678"
    assert MASKED.same(sent, "****5678")
    assert not MASKED.same(sent, "****1234")
    assert MASKED.show(sent, UTC) == "••••5678"
    assert MASKED.show("1234", UTC) == "••••"
    with pytest.raises(FieldError, match="at most 10 characters"):
        MASKED.parse(["x" * 11], UTC, None)
    with pytest.raises(FieldError, match="masked"):
        MASKED.restore("****1234", "****5678", UTC)


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ({"RRULE": "FREQ=DAILY;INTERVAL=1;DTSTART=2026-01-02;UNTIL=2026-03-04"}, "every day, from 2026-01-02 until 2026-03-04"),
        ({"RRULE": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=5"}, "every 2 weeks on Monday, Friday, 5 times"),
        ({"RRULE": "FREQ=MONTHLY;BYDAY=-1SU"}, "every month on last Sunday"),
        ({"RRULE": "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=15"}, "every year on day 15 in month 3"),
        ({"RRULE": "nonsense"}, "nonsense"),
        ({"ALARM": "FREQ=NONE;ACTION=EMAIL;TRIGGER=DATE-TIME:2026-11-23T10:00:00+01:00"}, "by e-mail, at 2026-11-23 10:00"),
        ({"ALARM": "FREQ=DAILY;ACTION=POPUP;TRIGGER=DATE-TIME:2026-11-23T10:00:00"}, "by pop-up, at 2026-11-23 10:00, every day"),
        ([{"period": "days", "unit": 1, "time": "09:00"}, {"period": "minutes", "unit": 30}], "1 day before at 09:00\n30 minutes before"),
        ("2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00+01:00"),
        (None, ""),
    ],
)
def test_repetitions_and_reminders_are_told_in_words(wire: Any, words: str) -> None:
    assert crm(Kind.SCHEDULE).show(wire, UTC) == words


@pytest.mark.parametrize(
    ("data_type", "json_type", "where"),
    [
        ("territories", "jsonarray", "Assign territory"),
        ("consent_lookup", "jsonobject", "Data Privacy"),
        ("linetax", "jsonarray", "item list"),
        ("time_range", "jsonobject", "record's page"),
        ("profileimage", "string", "top of the record's page"),
        ("layout", "jsonobject", "layout"),
        ("module", "string", "decided when it is made"),
        ("RRULE", "jsonobject", "Reminders and repetitions"),
        ("multireminder", "jsonarray", "Reminders and repetitions"),
        ("ALARM", "jsonobject", "Reminders and repetitions"),
        ("formula", "double", "works this value out"),
        ("rollup_summary", "integer", "works this value out"),
        ("autonumber", "string", "numbers its records"),
    ],
)
def test_what_cannot_be_edited_says_why_and_where_it_is_changed(data_type: str, json_type: str, where: str) -> None:
    field = crm_form([crm_meta("X", data_type, json_type)], [], {}).by_name["X"]

    assert not field.is_editable
    assert where in (field.why_read_only or "")


def test_a_tag_and_a_composite_field_say_where_they_are_changed() -> None:
    form = crm_form(
        [crm_meta("Tag", "text", "jsonarray"), crm_meta("Address", "composite", "", child_fields=[{"api_name": "City"}])], [], {}
    )

    assert "Tags" in (form.by_name["Tag"].why_read_only or "")
    assert "parts" in (form.by_name["Address"].why_read_only or "")
