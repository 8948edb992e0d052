"""JSON without loss."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import exact_json

numbers = st.integers(-(10**40), 10**40) | st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20
)
clean = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | numbers | clean,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(clean, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_what_was_written_is_read_back_the_same(value: Any) -> None:
    assert exact_json.loads(exact_json.dumps(value)) == value
    assert exact_json.dumps(exact_json.loads(exact_json.dumps(value))) == exact_json.dumps(value)


@given(values)
def test_what_we_write_is_json_to_others(value: Any) -> None:
    json.loads(exact_json.dumps(value))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e40"), max_value=Decimal("1e40")))
def test_a_decimal_is_a_plain_number_with_every_digit(number: Decimal) -> None:
    if number.as_tuple().exponent < -exact_json.MAX_DIGITS:  # type: ignore[operator]
        return
    text = exact_json.dumps(number)
    assert "e" not in text.lower()
    assert Decimal(text) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_its_value(number: float) -> None:
    assert float(exact_json.loads(exact_json.dumps(number))) == number


@given(st.text(st.characters()))
def test_any_string_can_be_stored_after_either_way(text: str) -> None:
    for cleaned in (exact_json.loads(exact_json.dumps(text)), exact_json.loads(json.dumps(text))):
        cleaned.encode("utf-8")
        assert "\0" not in cleaned


@pytest.mark.parametrize("text", ["0.10", "1.000000000000000000001", "12345678901234567890123.0", "4876876000000333014", "[1.0,2]"])
def test_the_digits_are_kept_as_they_came(text: str) -> None:
    assert exact_json.dumps(exact_json.loads(text)) == text


def test_a_pair_of_surrogates_is_one_character_and_a_lone_one_is_replaced() -> None:
    assert exact_json.loads(r'["😀", "a\ud800b", "a\u0000b", "\\ud800"]') == ["\U0001f600", "a\ufffdb", "a\ufffdb", "\\ud800"]


def test_bytes_may_carry_a_byte_order_mark() -> None:
    assert exact_json.loads(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "NaN", "[Infinity]", "1e999999999", "1e99999999999999999999999", "0." + "1" * 5000, "1" * 5000, b"\xff\xfe", "[1"],
)
def test_what_is_not_sane_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expect|absurd|limit|decode"):
        exact_json.loads(text)


@pytest.mark.parametrize("depth", [201, 1_000, 100_000])
def test_absurd_nesting_is_a_value_error(depth: int) -> None:
    with pytest.raises(ValueError, match="nested"):
        exact_json.loads("[" * depth + "]" * depth)
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    with pytest.raises(ValueError, match="nested"):
        exact_json.dumps(nested)


def test_the_depth_that_is_read_can_be_written() -> None:
    text = '{"a":[' * 100 + "]}" * 100
    assert exact_json.dumps(exact_json.loads(text)) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), Decimal("1e5000")])
def test_a_number_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"number"):
        exact_json.dumps(value)


@pytest.mark.parametrize("value", [object(), {1: 2}, b"bytes", {"a": {1, 2}}])
def test_what_is_not_json_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        exact_json.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": True, "c": None, "d": 'ä\n"\\'},
        [{"a": "x"}, {"a": Decimal("0.10")}, {"a": {"b": [1, {"c": "\x00"}]}}],
        {"a": "\ud800", "\ud800": 1},
        ["\\u0000 as it was typed", 10**40, -0, True],
        {"a": [], "b": {}, "c": ()},
        "text",
        None,
    ],
)
def test_what_the_quick_encoder_takes_is_written_as_the_careful_one_would(value: Any) -> None:
    class Careful(dict):  # type: ignore[type-arg]
        """What the quick one does not know."""

    def slow(item: Any) -> Any:
        if isinstance(item, dict):
            return Careful({key: slow(each) for key, each in item.items()})
        return tuple(slow(each) for each in item) if isinstance(item, list | tuple) else item

    assert exact_json.dumps(value) == exact_json.dumps(slow(value))


@pytest.mark.parametrize("value", [{1: "a"}, [{"a": {None: 1}}], {"a": float("inf")}, [1, [2, object()]]])
def test_what_is_not_json_is_refused_at_any_depth(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        exact_json.dumps(value)
