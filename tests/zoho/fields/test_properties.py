"""What holds for every value: nothing untouched is sent, nothing typed is a crash, sameness is sane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import exact_json
from tests.zoho.fields.given import options
from zoho.fields import Field, FieldError, Kind

OPTIONS = options("a", "b", "Line\nend", "1", "-None-", "Ü")
ZONES = st.sampled_from(
    [UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia"), timezone(timedelta(hours=-3, minutes=-30))]
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40) | st.text("ab\r\n ;", max_size=8)
numbers = st.integers(-(10**20), 10**20) | st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12
)
times = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC)).map(lambda at: at.isoformat())  # noqa: DTZ001
milliseconds = st.datetimes(datetime(1000, 1, 1)).map(lambda at: at.isoformat(timespec="milliseconds") + "Z")  # noqa: DTZ001
scalars = (
    st.none() | st.booleans() | numbers | texts | st.sampled_from(["true", "0.0", "-None-", "a", "a;b", "2026-11-23", "1466525776000"])
)
json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner), max_leaves=8
)
USUAL = {
    Kind.DATE: st.dates().map(str),
    Kind.DATETIME: times | milliseconds,
    Kind.BOOLEAN: st.booleans() | st.sampled_from(["true", "false"]),
    Kind.MULTISELECT: st.lists(texts | st.sampled_from([option.value for option in OPTIONS]), max_size=5) | texts,
    Kind.PICKLIST: st.sampled_from([option.value for option in OPTIONS]) | texts | numbers,
    Kind.LOOKUP: st.fixed_dictionaries({"id": st.integers(1, 10**19).map(str), "name": texts}),
}


@st.composite
def fields(draw: st.DrawFn) -> Field:
    """Any field of either product."""
    kind = draw(st.sampled_from(list(Kind)))
    product = draw(st.sampled_from(["crm", "desk"]))
    chosen = OPTIONS if kind in (Kind.PICKLIST, Kind.MULTISELECT) and draw(st.booleans()) else ()
    json_type = draw(st.sampled_from(["", "string", "integer", "double", "boolean", "jsonobject", "jsonarray"]))
    limits = {"max_length": 20, "digits": 9, "decimal_places": draw(st.sampled_from([None, 0, 2]))} if draw(st.booleans()) else {}
    return Field("X", "X", kind, product, json_type=json_type, options=chosen, is_required=draw(st.booleans()), **limits)


@st.composite
def fields_and_wires(draw: st.DrawFn) -> tuple[Field, Any]:
    field = draw(fields())
    return field, draw(USUAL.get(field.kind, scalars) | json)


def posted_by_a_browser(field: Field, wire: Any, zone: Any) -> list[str]:
    """What Chromium posts for an untouched control; test_browser.py proves that this is so."""
    control, input_type = field.control(wire, zone), field.input_type(wire)
    values = [control] if isinstance(control, str) else sorted(control, reverse=True)
    if input_type == "checkbox":
        return ["true"] if control else []
    if input_type == "text":
        assert "\n" not in values[0]
        assert "\r" not in values[0]
    if input_type == "datetime-local":
        return [values[0].removesuffix(":00") if len(values[0]) == 19 else values[0]]
    return [value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n") for value in values]


@settings(max_examples=400, deadline=None)
@given(fields_and_wires(), ZONES)
def test_posting_back_what_the_control_held_is_no_change(pair: tuple[Field, Any], zone: Any) -> None:
    field, wire = pair
    posted = posted_by_a_browser(field, wire, zone)

    assert field.is_untouched(posted, wire, zone)
    assert field.parse(posted, zone, wire) is wire


@settings(max_examples=400, deadline=None)
@given(fields_and_wires(), ZONES)
def test_undoing_an_edit_brings_back_the_same_value(pair: tuple[Field, Any], zone: Any) -> None:
    """The control of an earlier value, parsed where something else stands now."""
    field, wire = pair
    if not field.fits(wire) or (field.kind == Kind.DATETIME and isinstance(wire, str) and "." in wire):
        return  # a control shows whole seconds
    try:
        sent = field.parse(posted_by_a_browser(field, wire, zone), zone, None)
    except FieldError:
        return
    if field.kind == Kind.BOOLEAN and not field.control(wire, zone):
        return  # an unticked box over null stays null
    if field.kind == Kind.MULTISELECT and not field.options:
        return  # lines are trimmed
    is_fold = field.kind == Kind.DATETIME and isinstance(sent, str) and field.show(sent, zone)[:19] == field.show(wire, zone)[:19]
    assert field.same(wire, sent) or is_fold


@settings(max_examples=300, deadline=None)
@given(fields(), json, json)
def test_sameness_is_reflexive_and_symmetric(field: Field, a: Any, b: Any) -> None:
    assert field.same(a, a)
    assert field.same(a, exact_json.loads(exact_json.dumps(a)))
    assert field.same(a, b) == field.same(b, a)


TYPED = (
    texts
    | st.from_regex(r"-?[0-9]{0,12}\.?[0-9]{0,4}", fullmatch=True)
    | st.from_regex(r"[0-9]{3,6}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{4})?)?", fullmatch=True)
)


@settings(max_examples=500, deadline=None)
@given(fields(), st.lists(TYPED, max_size=3), json, ZONES)
def test_whatever_is_typed_is_parsed_or_refused_in_words(field: Field, posted: list[str], was: Any, zone: Any) -> None:
    try:
        sent = field.parse(posted, zone, was)
    except FieldError as error:
        sent = str(error)
        is_sentence = sent.endswith(".")
    else:
        is_sentence = True
        exact_json.dumps(sent)
        field.show(sent, zone)

    assert is_sentence
    assert field.same(sent, sent)


@given(fields(), json, ZONES)
def test_any_value_can_be_shown(field: Field, wire: Any, zone: Any) -> None:
    assert isinstance(field.show(wire, zone), str)


@pytest.mark.parametrize("value", [Decimal("NaN"), float("nan"), float("inf"), Decimal("Infinity")])
@pytest.mark.parametrize("kind", Kind)
def test_even_no_number_at_all_does_no_harm(kind: Kind, value: Any) -> None:
    field = Field("X", "X", kind)

    assert field.same(value, value)
    assert field.is_untouched(posted_by_a_browser(field, value, UTC), value, UTC)
