"""A value between Zoho's JSON and a form's control, kind by kind."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.zoho.fields.given import crm, desk, options
from zoho.fields import ABSENT, Field, FieldError, Kind, Option

BERLIN = ZoneInfo("Europe/Berlin")
DECIMAL = crm(Kind.CURRENCY, json_type="double", digits=16, decimal_places=2)


def refused(field: Field, typed: str, was: Any = None, zone: tzinfo = UTC) -> str:
    with pytest.raises(FieldError) as caught:
        field.parse([typed], zone, was)
    return str(caught.value)


def test_what_was_typed_is_what_is_sent() -> None:
    assert crm(Kind.TEXT).parse(["  two  blanks "], UTC, "x") == "  two  blanks "


def test_a_text_is_measured_in_characters() -> None:
    field = crm(Kind.PHONE, max_length=30)

    assert refused(field, "1" * 41) == "Zoho accepts at most 30 characters here (you typed 41)."
    assert field.parse(["😀" * 30], UTC, None) == "😀" * 30


def test_an_emptied_field_is_null() -> None:
    for kind in (Kind.TEXT, Kind.TEXTAREA, Kind.INTEGER, Kind.CURRENCY, Kind.DATE, Kind.DATETIME, Kind.PICKLIST, Kind.LOOKUP):
        assert crm(kind).parse([""], UTC, "7") is None
    assert crm(Kind.MULTISELECT, options=options("a")).parse([], UTC, ["a"]) is None


def test_a_mandatory_field_cannot_be_emptied_but_may_stay_empty() -> None:
    field = crm(Kind.TEXT, is_required=True)

    assert refused(field, "", "Zylker") == "Field X cannot be empty."
    assert refused(field, "  ", "Zylker") == "Field X cannot be empty."
    assert field.parse([""], UTC, None) is None
    assert field.is_untouched([""], None, UTC)


def test_line_ends_are_no_change_and_stay_as_zoho_had_them() -> None:
    field = crm(Kind.TEXTAREA)

    assert field.is_untouched(["a\r\nb"], "a\nb", UTC)
    assert field.parse(["a\r\nc"], UTC, "a\nb") == "a\nc"
    assert field.parse(["a\r\nc"], UTC, "a\r\nb") == "a\r\nc"
    assert field.same("a\r\nb", "a\nb")
    assert not field.is_untouched(["b"], "\nb", UTC)


def test_a_one_line_field_that_holds_a_line_end_gets_a_textarea() -> None:
    assert crm(Kind.TEXT).input_type("a\nb") == "textarea"
    assert crm(Kind.TEXT).input_type("ab") == "text"


@pytest.mark.parametrize(
    "typed", ["1'234.50", "1 234,5", "1,234.50", "1.234,50", "12.", ".5", "+1", "1e3", "NaN", "Infinity", "٣", "0x1f", "--1"]
)
def test_a_number_is_typed_one_way_only(typed: str) -> None:
    assert "1234.50" in refused(DECIMAL, typed)


def test_numbers_are_exact_and_limited() -> None:
    assert DECIMAL.parse([" -0012.50 "], UTC, None) == Decimal("-12.50")
    assert str(DECIMAL.parse(["0.10"], UTC, None)) == "0.10"
    assert str(DECIMAL.parse(["-0.00"], UTC, None)) == "0.00"
    assert DECIMAL.parse(["1." + "50" + "0" * 9000], UTC, None) == Decimal("1.5")
    assert refused(DECIMAL, "1.005") == "Zoho accepts at most 2 digits after the decimal point here (you typed 3)."
    assert refused(DECIMAL, "1" * 17) == "Zoho accepts at most 16 digits before the decimal point here (you typed 17)."
    assert DECIMAL.control(Decimal("1E+2"), UTC) == "100"
    assert DECIMAL.is_untouched(["0.10"], Decimal("0.10"), UTC)


def test_whole_numbers_are_limited() -> None:
    field = crm(Kind.INTEGER, json_type="integer", digits=9)

    assert field.parse(["-7"], UTC, 3) == -7
    assert field.parse(["0" * 9000 + "7"], UTC, 3) == 7
    assert refused(field, "1234567890") == "Zoho accepts at most 9 digits here (you typed 10)."
    assert "whole number" in refused(field, "1.0")


def test_a_long_number_is_text_with_its_leading_zeros() -> None:
    field = crm(Kind.BIGINT, json_type="string", digits=18)

    assert field.parse(["0012345600012"], UTC, None) == "0012345600012"
    assert field.control("0012345600012", UTC) == "0012345600012"
    assert "18 digits" in refused(field, "1" * 19)
    assert not field.same("12", "0012")


def test_a_box_is_ticked_or_not() -> None:
    field = crm(Kind.BOOLEAN, json_type="boolean")

    assert (field.parse([], UTC, True), field.parse(["on"], UTC, False), field.parse(["true"], UTC, None)) == (False, True, True)
    assert field.is_untouched([], False, UTC)
    assert field.is_untouched([], None, UTC)
    assert field.is_untouched(["true"], "true", UTC)
    assert not field.is_untouched([], True, UTC)
    assert (field.show(True, UTC), field.show(False, UTC), field.show(None, UTC)) == ("Yes", "No", "")
    assert "box" in refused(field, "perhaps")


def test_an_instant_is_typed_in_the_zone_of_the_person() -> None:
    field, plus = crm(Kind.DATETIME), timezone(timedelta(hours=5, minutes=30))

    assert field.control("2026-11-23T13:32:23Z", BERLIN) == "2026-11-23T14:32:23"
    assert field.parse(["2026-11-23T14:32:23"], BERLIN, None) == "2026-11-23T14:32:23+01:00"
    assert field.parse(["2026-07-01T14:32"], BERLIN, None) == "2026-07-01T14:32:00+02:00"
    assert field.parse(["2026-07-01T14:32"], plus, None) == "2026-07-01T14:32:00+05:30"
    assert desk(Kind.DATETIME).parse(["2026-11-23T14:32:23"], BERLIN, None) == "2026-11-23T13:32:23.000Z"


@pytest.mark.parametrize(
    "wire", ["2016-06-21T16:16:16.000Z", "2016-06-21T18:16:16+02:00", "2016-06-21T18:16:16+0200", "1466525776000", 1466525776000]
)
def test_instants_are_read_in_every_form_that_desk_uses(wire: Any) -> None:
    field = desk(Kind.DATETIME)

    assert field.control(wire, BERLIN) == "2016-06-21T18:16:16"
    assert field.same(wire, "2016-06-21T16:16:16Z")
    assert field.show(wire, BERLIN) == "2016-06-21 18:16:16 CEST"


def test_seconds_that_are_zero_are_left_out_by_browsers() -> None:
    field = crm(Kind.DATETIME)

    assert field.is_untouched(["2026-11-23T14:00"], "2026-11-23T14:00:00+01:00", BERLIN)
    assert not field.is_untouched(["2026-11-23T14:00"], "2026-11-23T14:00:30+01:00", BERLIN)
    assert not field.is_untouched([""], "2026-11-23T14:00:00+01:00", BERLIN)


def test_milliseconds_survive_when_nobody_touched_them() -> None:
    was = "2026-11-23T13:32:23.456Z"

    assert desk(Kind.DATETIME).parse(["2026-11-23T14:32:23"], BERLIN, was) == was


def test_an_hour_that_clocks_skip_is_refused_and_of_one_that_comes_twice_the_first_is_meant() -> None:
    field = crm(Kind.DATETIME)

    assert refused(field, "2026-03-29T02:30", zone=BERLIN).startswith("02:30 does not exist on 2026-03-29 in Europe/Berlin")
    assert field.parse(["2026-10-25T02:30"], BERLIN, None) == "2026-10-25T02:30:00+02:00"
    assert field.is_untouched(["2026-10-25T02:30"], "2026-10-25T02:30:00+01:00", BERLIN)


@pytest.mark.parametrize("typed", ["0002-11-23", "20266-11-23", "2026-02-30", "23.11.2026", "yesterday", "2026-11-23T10:00"])
def test_a_date_that_is_none_is_refused(typed: str) -> None:
    assert refused(crm(Kind.DATE), typed)


@pytest.mark.parametrize(
    "typed",
    ["0002-11-23T10:00", "20266-11-23T10:00", "2026-02-30T10:00", "2026-02-20T25:00", "noon", "2026-11-23", "9999-12-31T23:59-23:00"],
)
def test_a_time_that_is_none_is_refused(typed: str) -> None:
    assert refused(crm(Kind.DATETIME), typed, zone=BERLIN)


def test_what_a_native_control_cannot_hold_is_edited_as_text() -> None:
    assert crm(Kind.DATE).input_type("soon") == "text"
    assert crm(Kind.DATETIME).input_type("2026-11-23T14:32:23") == "text"
    assert crm(Kind.DATETIME).input_type("0001-01-01T00:00:00+00:00") == "text"
    assert crm(Kind.DATETIME).control("soon", UTC) == "soon"
    assert crm(Kind.BOOLEAN).input_type("perhaps") == "text"


def test_a_picklist_sends_the_actual_value_and_shows_the_display_value() -> None:
    field = crm(Kind.PICKLIST, options=(Option("ShutDown", "Shut Down"), Option("-None-", "-None-"), Option("Line\nend", "Line end")))

    assert field.parse(["ShutDown"], UTC, None) == "ShutDown"
    assert field.show("ShutDown", UTC) == "Shut Down"
    assert field.same("Shut Down", "ShutDown")
    assert field.parse(["Line\r\nend"], UTC, None) == "Line\nend"
    assert field.parse(["-None-"], UTC, "ShutDown") is None
    assert field.same("-None-", None)
    assert "not one of the values" in refused(field, "Shut up")


def test_a_multi_select_is_a_set() -> None:
    field = crm(Kind.MULTISELECT, options=options("a", "b", "Chess; and Go"))

    assert field.is_untouched(["b", "a"], ["a", "b"], UTC)
    assert field.same(["a", "b"], ["b", "a", "a"])
    assert field.same([], None)
    assert field.parse(["b", "Chess; and Go"], UTC, ["a"]) == ["b", "Chess; and Go"]
    assert field.show(["b", "a"], UTC) == "b, a"
    assert refused(field, "z")


def test_a_multi_select_without_options_is_lines() -> None:
    field = crm(Kind.MULTISELECT)

    assert field.input_type(["a", "b"]) == "textarea"
    assert field.control(["a", "b"], UTC) == "a\nb"
    assert field.parse(["a\r\n\r\n c "], UTC, ["a", "b"]) == ["a", "c"]


def test_a_lookup_is_its_id() -> None:
    field = crm(Kind.LOOKUP, json_type="jsonobject")

    assert field.control({"id": "5725767000000002589", "name": "Zylker"}, UTC) == "5725767000000002589"
    assert field.same({"id": "5", "name": "A"}, {"id": 5})
    assert field.parse([" 12 "], UTC, None) == {"id": "12"}
    assert field.show({"id": "5", "name": "Zylker"}, UTC) == "Zylker (5)"
    assert "digits only" in refused(field, "Zylker")


def test_absent_is_never_the_same() -> None:
    assert not crm(Kind.TEXT).same(ABSENT, ABSENT)
    assert not crm(Kind.TEXT).same(None, ABSENT)


def test_equal_values_are_the_same_however_they_are_written() -> None:
    assert DECIMAL.same("0.0", 0)
    assert DECIMAL.same(Decimal("0.00"), 0)
    assert crm(Kind.BOOLEAN).same("true", True)
    assert crm(Kind.TEXT).same(None, "")
    assert not crm(Kind.BOOLEAN).same(None, False)
    assert not crm(Kind.TEXT).same("a", "a ")


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": [value]}
    return value


ABSURD = {
    "nested": {"a": [1, {"b": None}]},
    "lists": [[[]]],
    "long": "x" * 10_000_000,
    "number": 10**6000,
    "deep": deep(100_000),
    "exponent": Decimal("1E+999999"),
    "true": True,
    "many": ["a"] * 10_000,
}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("case", ABSURD)
def test_absurd_values_are_shown_and_do_no_harm(kind: Kind, case: str) -> None:
    field, wire = crm(kind), ABSURD[case]

    assert len(field.show(wire, UTC)) <= 100_600
    assert field.same(wire, wire)
    assert isinstance(field.input_type(wire), str)
    control = field.control(wire, UTC)
    posted = [control] if isinstance(control, str) else control
    if field.input_type(wire) != "checkbox":
        assert field.is_untouched(posted, wire, UTC)
