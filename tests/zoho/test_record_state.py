"""What a record tells of its own state, in Zoho's words, and whatever else stands there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoho.record_state import states_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
KEYS = st.sampled_from(
    "$locked_for_me Locked__s $editable $in_merge $process_flow $approval $approval_state $review_process Record_Status__s Converted__s "
    "$converted_detail Converted_Contact lockedTime isTrashed isArchived isSpam isDeleted".split()
)


def keys(product: str, record: dict[str, Any], *codes: str) -> list[tuple[str, bool]]:
    return [(state.key, state.is_barring) for state in states_of(product, record, codes)]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"$locked_for_me": True, "$editable": False, "Locked__s": True}, [("locked", True)]),
        ({"$locked_for_me": False, "Locked__s": True, "$editable": True}, [("locked", False)]),
        ({"Locked__s": "true"}, [("locked", True)]),
        ({"$editable": False}, [("no_right", True)]),
        ({"$editable": None}, []),
        ({"$approval_state": "approved", "$approval": {"approve": False}}, []),
        ({"$approval_state": "approval_process_pending"}, [("approval", False)]),
        ({"$approval": {"approve": True}}, [("approval", False)]),
        ({"$approval": {"resubmit": True}}, [("approval", False)]),
        ({"$approval_state": "review_process_rejected"}, [("review", False)]),
        ({"$approval_state": "merge_pending", "$in_merge": True}, [("merging", True)]),
        ({"$approval_state": "zia_vision_pending"}, [("image_check", False)]),
        ({"Record_Status__s": "Trash"}, [("trashed", True)]),
        ({"Record_Status__s": "Draft"}, [("draft", False)]),
        ({"Record_Status__s": "Available"}, []),
        ({"$process_flow": True, "$locked_for_me": True}, [("locked", True), ("blueprint", False)]),
    ],
)
def test_a_crm_record_tells_its_state(record: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    assert keys("crm", record) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"lockedTime": "2026-01-02T03:04:05.000Z"}, [("locked", False)]),
        ({"lockedTime": None, "isSpam": False, "isArchived": "false"}, []),
        ({"isTrashed": True, "isSpam": True}, [("trashed", True), ("spam", False)]),
        ({"isArchived": "true"}, [("archived", False)]),
    ],
)
def test_a_desk_record_tells_its_state(record: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    assert keys("desk", record) == expected


def test_what_a_lead_became_is_found_by_lookup_and_by_id_alone() -> None:
    detail = {"contact": "11", "account": "12", "deal": None}
    (state,) = states_of("crm", {"Converted__s": True, "$converted_detail": detail, "Converted_Contact": {"id": "11", "name": "<b>"}})

    assert [(one.module, one.record_id, one.name) for one in state.became] == [("Contacts", "11", "<b>"), ("Accounts", "12", "")]


def test_a_refusal_tells_the_state_that_the_record_did_not() -> None:
    assert keys("crm", {}, "RECORD_LOCKED", "INVALID_DATA", "NOT_REVIEWED") == [("locked", True), ("review", False)]
    assert keys("crm", {"$process_flow": True}, "RECORD_IN_BLUEPRINT") == [("blueprint", False)]


@settings(deadline=None)
@given(st.dictionaries(KEYS, JSON))
def test_no_record_is_too_absurd(record: dict[str, Any]) -> None:
    states_of("crm", record)
    states_of("desk", record)
