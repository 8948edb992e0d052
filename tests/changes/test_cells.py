"""What a cell of a sheet means for a field, without asking anybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changes import cells
from changes.cells import Cells, to_wire
from changes.numerals import plain_number
from store import exact_json
from tests.zoho.fields.given import crm, desk, options
from zoho.fields import Field, FieldError, Kind, Option

ZURICH = ZoneInfo("Europe/Zurich")
RATING = (*options("-None-", "Hot", "Warm"), Option("cold-1", "Cold"), Option("x1", "Twice"), Option("x2", "Twice"))
PEOPLE = (
    Option("111", "Ana Ruiz (ana@example.com)"),
    Option("222", "Ben Ito (ben@example.com)"),
    Option("333", "Ben Ito (b.ito@example.com)"),
)
LETTERS = options("A", "B", "C")


def wire(field: Field, given: Any, was: Any = None) -> Any:
    return to_wire(field, given, ZURICH, was)


def refusal(field: Field, given: Any, was: Any = None) -> str:
    with pytest.raises(FieldError) as caught:
        wire(field, given, was)
    return str(caught.value)


CASES: list[tuple[Field, Any, Any]] = [
    (crm(Kind.TEXT), " as it is ", " as it is "),
    (crm(Kind.TEXT), 12, "12"),
    (crm(Kind.EMAIL), " ana@example.com ", "ana@example.com"),
    (crm(Kind.PHONE), "\u00a0+41 44 123 45 67", "+41 44 123 45 67"),
    (crm(Kind.PICKLIST, options=RATING), "Hot", "Hot"),
    (crm(Kind.PICKLIST, options=RATING), "hot ", "Hot"),
    (crm(Kind.PICKLIST, options=RATING), "Cold", "cold-1"),
    (crm(Kind.PICKLIST, options=RATING), "cold-1", "cold-1"),
    (crm(Kind.PICKLIST, options=RATING), "-None-", None),
    (crm(Kind.PICKLIST, options=options("2025", "2026"), json_type="integer"), 2026, 2026),
    (crm(Kind.PICKLIST), "anything", "anything"),
    (crm(Kind.MULTISELECT, options=LETTERS), "A;C", ["A", "C"]),
    (crm(Kind.MULTISELECT, options=LETTERS), "a, c", ["A", "C"]),
    (crm(Kind.MULTISELECT, options=LETTERS), "A\nB", ["A", "B"]),
    (crm(Kind.MULTISELECT, options=LETTERS), ["B", "A"], ["B", "A"]),
    (crm(Kind.MULTISELECT, options=options("A, B", "C")), "A, B", ["A, B"]),
    (crm(Kind.MULTISELECT, options=options("A;B", "C")), "A;B", ["A;B"]),
    (desk(Kind.MULTISELECT, options=LETTERS, json_type="string"), "A;C", "A;C"),
    (crm(Kind.MULTISELECT), "A; B", ["A", "B"]),
    (crm(Kind.OWNER, options=PEOPLE), "ana ruiz", {"id": "111"}),
    (crm(Kind.OWNER, options=PEOPLE), "B.Ito@example.com", {"id": "333"}),
    (crm(Kind.OWNER, options=PEOPLE), "Ben Ito (ben@example.com)", {"id": "222"}),
    (crm(Kind.OWNER, options=PEOPLE), "444", {"id": "444"}),
    (crm(Kind.OWNER), {"id": "zcrm_444"}, {"id": "444"}),
    (desk(Kind.OWNER, options=PEOPLE), "Ana Ruiz", "111"),
    (crm(Kind.LOOKUP, lookup_module="Accounts"), "zcrm_5725767000000123", {"id": "5725767000000123"}),
    (crm(Kind.LOOKUP, lookup_module="Accounts"), {"id": "55"}, {"id": "55"}),
    (crm(Kind.LOOKUP, lookup_module="Accounts"), {"id": 55, "name": "Acme"}, {"id": "55"}),
    (desk(Kind.LOOKUP), "55", "55"),
    (desk(Kind.IDS), "55; 66", ["55", "66"]),
    (crm(Kind.BOOLEAN), "Ja", True),
    (crm(Kind.BOOLEAN), "x", True),
    (crm(Kind.BOOLEAN), True, True),
    (crm(Kind.DATE), "2026-11-27", "2026-11-27"),
    (crm(Kind.DATE), "2026-11-27 00:00:00", "2026-11-27"),
    (crm(Kind.DATE), "2026-11-27T00:00", "2026-11-27"),
    (crm(Kind.DATETIME), "2026-11-27T14:30", "2026-11-27T14:30:00+01:00"),
    (crm(Kind.DATETIME), "2026-11-27 14:30:10", "2026-11-27T14:30:10+01:00"),
    (crm(Kind.DATETIME), "2026-11-27T14:30:00Z", "2026-11-27T15:30:00+01:00"),
    (crm(Kind.DATETIME), "2026-11-27T14:30:00-05:00", "2026-11-27T20:30:00+01:00"),
    (crm(Kind.DATETIME), "2026-07-01", "2026-07-01T00:00:00+02:00"),
    (desk(Kind.DATETIME), "2026-11-27", "2026-11-26T23:00:00.000Z"),
    (crm(Kind.DECIMAL), "1234.5", Decimal("1234.5")),
    (crm(Kind.DECIMAL), "1,234.5", Decimal("1234.5")),
    (crm(Kind.DECIMAL), "1.234,5", Decimal("1234.5")),
    (crm(Kind.DECIMAL), "1'234.5", Decimal("1234.5")),
    (crm(Kind.DECIMAL), "1\u202f234,5", Decimal("1234.5")),
    (crm(Kind.DECIMAL), "1.234.567", Decimal(1234567)),
    (crm(Kind.DECIMAL), "−0,125", Decimal("-0.125")),
    (crm(Kind.DECIMAL), "+12,5", Decimal("12.5")),
    (crm(Kind.DECIMAL), "1234,567", Decimal("1234.567")),
    (crm(Kind.CURRENCY, decimal_places=2), Decimal("12.50"), Decimal("12.50")),
    (crm(Kind.PERCENT), "12 %", Decimal(12)),
    (crm(Kind.INTEGER), "1'234", 1234),
    (crm(Kind.INTEGER), "1234.00", 1234),
    (crm(Kind.INTEGER), 1234, 1234),
    (crm(Kind.BIGINT), "0012345678901234", "0012345678901234"),
]


@pytest.mark.parametrize(("field", "text", "expected"), CASES, ids=lambda case: str(case.kind) if isinstance(case, Field) else repr(case))
def test_a_cell_means_what_a_person_means_by_it(field: Field, text: Any, expected: Any):
    found = wire(field, text)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (crm(Kind.TEXT, max_length=3), "four", "at most 3 characters"),
        (crm(Kind.TEXT), ["a"], "no list"),
        (crm(Kind.TEXT), {"a": 1}, "no list or object"),
        (crm(Kind.PICKLIST, options=RATING), "Hott", "Write Hot."),
        (crm(Kind.PICKLIST, options=RATING), "Twice", "Twice (stored as x1) or Twice (stored as x2)"),
        (crm(Kind.PICKLIST, options=RATING), "Blue", "is not one of the values that Zoho offers here: -None-, Hot"),
        (crm(Kind.MULTISELECT, options=LETTERS), "A;X", "“X” is not one of the values"),
        (crm(Kind.MULTISELECT, options=LETTERS), " ; ", "names no value"),
        (crm(Kind.MULTISELECT, options=LETTERS), {"A": True}, "no object"),
        (crm(Kind.OWNER, options=PEOPLE), "Ben Ito", "Ben Ito (ben@example.com · 222) or Ben Ito (b.ito@example.com · 333)"),
        (crm(Kind.OWNER, options=PEOPLE), "Nobody", "Nobody who can stand here"),
        (crm(Kind.OWNER), "Ana Ruiz", "Give the id"),
        (crm(Kind.OWNER, options=PEOPLE), {"name": "Ana Ruiz"}, "“id”"),
        (crm(Kind.LOOKUP, lookup_module="Accounts"), "Acme", "give the id"),
        (crm(Kind.LOOKUP, lookup_module="Accounts"), "5.72577E+18", "lost digits"),
        (desk(Kind.IDS), "55; Acme", "give the id"),
        (crm(Kind.BOOLEAN), "maybe", "yes or no"),
        (crm(Kind.DATE), "03/04/2026", "write 2026-11-27"),
        (crm(Kind.DATE), "27.11.2026", "write 2026-11-27"),
        (crm(Kind.DATE), "2026-11-27 14:30", "only a date"),
        (crm(Kind.DATE), "2026-02-30", "There is no 2026-02-30"),
        (crm(Kind.DATE), 46000, "write 2026-11-27"),
        (crm(Kind.DATETIME), "11/27/2026 14:30", "write 2026-11-27 14:30"),
        (crm(Kind.DATETIME), "2026-03-29T02:30", "does not exist"),
        (crm(Kind.DECIMAL), "1,234", "1234 or 1.234"),
        (crm(Kind.DECIMAL), "12 345 6", "Write a number"),
        (crm(Kind.DECIMAL), "€ 12", "Write a number"),
        (crm(Kind.DECIMAL), "1.5E+20", "lost digits"),
        (crm(Kind.DECIMAL), float("nan"), "Write a number"),
        (crm(Kind.INTEGER), "1.234", "1234 or 1.234"),
        (crm(Kind.INTEGER), "12.5", "whole number"),
        (crm(Kind.CURRENCY, decimal_places=2), "12.345", "at most 2 digits"),
        (crm(Kind.DECIMAL), True, "Write a number"),
        (crm(Kind.SUBFORM), "a", "holds rows, which no cell can"),
        (crm(Kind.FILES), "a.pdf", "holds files"),
        (crm(Kind.TEXT, is_masked=True), "4111", "masked"),
        (crm(Kind.TEXT, is_editable=False, why_read_only="Zoho computes it."), "a", "Zoho computes it."),
    ],
    ids=lambda case: str(case.kind) if isinstance(case, Field) else repr(case),
)
def test_a_cell_that_may_mean_two_things_or_none_is_refused_with_words(field: Field, text: Any, words: str):
    assert words in refusal(field, text)


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.PICKLIST, Kind.MULTISELECT, Kind.OWNER, Kind.LOOKUP, Kind.DATE, Kind.DECIMAL, Kind.IDS])
def test_an_empty_cell_empties_the_field_unless_it_is_required(kind: Kind):
    was = {Kind.MULTISELECT: ["A"], Kind.IDS: ["1"], Kind.OWNER: {"id": "1"}, Kind.LOOKUP: {"id": "1"}}.get(kind, "2026-11-27")

    assert wire(crm(kind), None, was) is None
    assert wire(crm(kind), "", was) is None
    assert "cannot be empty" in refusal(crm(kind, is_required=True), None, was)


def test_an_empty_cell_unticks_a_box():
    assert wire(crm(Kind.BOOLEAN), None, True) is False


def test_what_stands_there_already_is_given_back_as_it_is():
    picked = crm(Kind.PICKLIST, options=RATING)
    several = crm(Kind.MULTISELECT, options=LETTERS)
    at = "2026-11-27T13:30:00+00:00"
    owner = {"id": "111", "name": "Ana"}

    assert wire(picked, "cold", "cold-1") == "cold-1"
    assert wire(several, "B;A", was := ["A", "B"]) is was
    assert wire(crm(Kind.DATETIME), "2026-11-27 14:30", at) is at
    assert wire(crm(Kind.OWNER, options=PEOPLE), "ana@example.com", owner) is owner


def test_a_shortened_list_of_values_is_no_untouched_one():
    several = crm(Kind.MULTISELECT, options=LETTERS)

    assert wire(several, "A", ["A", "B"]) == ["A"]
    assert wire(crm(Kind.PICKLIST, options=RATING), "Hot", "Warm") == "Hot"
    assert wire(desk(Kind.MULTISELECT, options=options("A;B", "A", "B"), json_type="string"), ["A", "B"], "A;B") == "A;B"


def test_a_file_gives_rows_in_the_words_of_zohos_api():
    rows = crm(Kind.SUBFORM, columns=(crm(Kind.TEXT),))

    assert wire(rows, [{"X": "new"}], [{"id": "1", "X": "old"}]) == [{"id": "1", "X": "old"}, {"X": "new"}]
    assert wire(rows, None, [{"id": "1", "X": "old"}]) is None
    assert "no column" in refusal(rows, [{"Y": "new"}])
    assert "cannot be empty" in refusal(crm(Kind.SUBFORM, is_required=True), None, [{"id": "1"}])


def test_a_wrong_value_is_refused_each_time_and_near_ones_are_sought_for_some_only():
    column = Cells(crm(Kind.PICKLIST, options=RATING), ZURICH)

    first = [_refused(column, "Hott") for _ in range(3)]
    for at in range(cells.GUESSES):
        _refused(column, f"Hottt{at}")

    assert set(first) == {"“Hott” is not exactly one of the values. Write Hot."}
    assert _refused(column, "Hottest") == "“Hottest” is not one of the values that Zoho offers here."
    assert column.to_wire("hot", None) == "Hot"


def _refused(column: Cells, text: str) -> str:
    with pytest.raises(FieldError) as caught:
        column.to_wire(text, None)
    return str(caught.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "module", "X"]), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([*Kind]), ANYTHING, st.booleans(), st.booleans())
def test_whatever_is_given_is_understood_or_refused_with_words(kind: Kind, value: Any, has_options: bool, is_desk: bool):
    field = (desk if is_desk else crm)(kind, options=LETTERS if has_options else ())
    try:
        found = wire(field, value)
    except FieldError:
        return

    exact_json.dumps(found)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
    st.sampled_from([",.", ".,", "'.", " ,"]),
)
def test_a_number_with_thousands_apart_and_four_decimals_is_that_number_in_every_country(number: Decimal, separators: str):
    thousands, point = separators
    text = f"{number:,.4f}".replace(",", "#").replace(".", point).replace("#", thousands)

    assert Decimal(plain_number(text, Kind.DECIMAL)) == number
