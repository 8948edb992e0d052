"""Values that are rows: subforms, links, files. Rows keep their ids, and only what differs is sent."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zoho.fields.given import crm_meta, layout, options
from zoho.fields import Field, FieldError, Kind, crm_columns, crm_form, with_columns

COLUMNS = (
    Field("Place", "Place", Kind.TEXT, path=("Place",), json_type="string", max_length=20),
    Field("Since", "Since", Kind.DATE, path=("Since",)),
    Field("Main", "Main", Kind.BOOLEAN, path=("Main",), json_type="boolean"),
    Field("Price", "Price", Kind.CURRENCY, path=("Price",), json_type="double", decimal_places=2),
    Field("Sort", "Sort", Kind.PICKLIST, path=("Sort",), options=options("a", "b")),
    Field("Tags", "Tags", Kind.MULTISELECT, path=("Tags",), json_type="jsonarray", options=options("a", "b", "c")),
    Field("Total", "Total", Kind.DECIMAL, path=("Total",), is_editable=False),
)
SUBFORM = Field("Rows", "Rows", Kind.SUBFORM, path=("Rows",), data_type="subform", columns=COLUMNS, max_rows=4)
LINKS = Field(
    "Drivers", "Drivers", Kind.LINKS, path=("Drivers",), columns=(Field("Driver", "Driver", Kind.LOOKUP, json_type="jsonobject"),)
)
FILES = Field("Photos", "Photos", Kind.FILES, path=("Photos",), data_type="fileupload", max_rows=3)
PICTURES = Field("Pictures", "Pictures", Kind.FILES, path=("Pictures",), data_type="imageupload")
HOME = {"id": "11", "Place": "Bern", "Since": "2024-02-29", "Main": True, "Price": Decimal("1.50"), "Sort": "a", "Tags": ["b"], "Total": 9}
WORK = {"id": "12", "Place": "Basel", "Since": None, "Main": False, "Price": None, "Sort": None, "Tags": [], "Total": 1}
STORED = [HOME, WORK]


def posted(field: Field, wire: Any, *changes: tuple[str, str]) -> list[str]:
    """What a browser posts for the rows, with some cells changed."""
    held = list(field.control(wire, UTC))
    for name, value in changes:
        held = [text for text in held if text.partition("=")[0] != name] + [f"{name}={value}"]
    return held


def body(field: Field, sent: Any, before: Any) -> Any:
    """What a write carries."""
    made: dict[str, Any] = {}
    field.place(made, sent, before)
    return made[field.name]


def test_a_changed_cell_is_sent_with_the_rows_id_and_nothing_else() -> None:
    sent = SUBFORM.parse(posted(SUBFORM, STORED, ("12.Place", "Chur")), UTC, STORED)

    assert body(SUBFORM, sent, STORED) == [{"id": "12", "Place": "Chur"}]


def test_a_new_row_has_no_id_and_only_what_was_typed() -> None:
    sent = SUBFORM.parse([*posted(SUBFORM, STORED), "_rows=n1", "n1.Place=Chur", "n1.Since=", "n1.Price=2.5"], UTC, STORED)

    assert body(SUBFORM, sent, STORED) == [{"Place": "Chur", "Price": Decimal("2.5")}]


def test_an_empty_new_row_is_none() -> None:
    assert SUBFORM.is_untouched([*posted(SUBFORM, STORED), "_rows=n1", "n1.Place=", "n1.Since=", "n1.Sort="], STORED, UTC)


def test_a_removed_row_is_deleted_by_its_id_and_the_others_go_unmentioned() -> None:
    sent = SUBFORM.parse([*posted(SUBFORM, STORED), "_delete=11"], UTC, STORED)

    assert body(SUBFORM, sent, STORED) == [{"id": "11", "_delete": None}]


def test_removing_all_rows_deletes_each_and_never_sends_an_empty_list() -> None:
    """``[]`` would remove rows that somebody added meanwhile."""
    sent = SUBFORM.parse([*posted(SUBFORM, STORED), "_delete=11", "_delete=12"], UTC, STORED)

    assert sent is None
    assert body(SUBFORM, sent, STORED) == [{"id": "11", "_delete": None}, {"id": "12", "_delete": None}]


def test_rows_that_were_not_on_the_page_stay() -> None:
    sent = SUBFORM.parse([text for text in posted(SUBFORM, STORED, ("11.Place", "Chur")) if "12" not in text[:9]], UTC, STORED)

    assert body(SUBFORM, sent, STORED) == [{"id": "11", "Place": "Chur"}]


def test_an_unticked_box_of_a_row_is_a_change() -> None:
    sent = SUBFORM.parse([text for text in posted(SUBFORM, STORED) if text != "11.Main=true"], UTC, STORED)

    assert body(SUBFORM, sent, STORED) == [{"id": "11", "Main": False}]


def test_an_emptied_cell_is_sent_as_null() -> None:
    sent = SUBFORM.parse(posted(SUBFORM, STORED, ("11.Since", ""), ("11.Price", "")), UTC, STORED)

    assert body(SUBFORM, sent, STORED) == [{"id": "11", "Since": None, "Price": None}]


def test_a_rich_text_of_a_row_that_may_be_cut_is_only_shown() -> None:
    """Saving the beginning would destroy the rest, and so would an undo."""
    column = crm_columns([crm_meta("Notes", "textarea", textarea={"type": "rich_text"})])
    field = with_columns(crm_form([crm_meta("Rows", "subform", "jsonarray", view_type={"edit": True})], [], {}), "Rows", column).by_name[
        "Rows"
    ]
    cut, whole = [{"id": "11", "Notes": "x" * 500}], [{"id": "11", "Notes": "<p>short</p>"}]

    assert field.control(whole, UTC) == ("_rows=11", "11.Notes=<p>short</p>")
    assert field.control(cut, UTC) == ("_rows=11",)
    assert field.is_untouched(["_rows=11", "11.Notes=y"], cut, UTC)
    assert field.same([{"Notes": "x" * 900}], cut)
    assert not field.same([{"Notes": "y" * 900}], cut)
    with pytest.raises(FieldError, match="only the beginning"):
        field.restore(cut, whole, UTC)


def test_a_computed_cell_cannot_be_written() -> None:
    assert SUBFORM.is_untouched(posted(SUBFORM, STORED, ("11.Total", "5")), STORED, UTC)


def test_what_is_wrong_is_told_with_row_and_column() -> None:
    with pytest.raises(FieldError, match=r"^Row 2, Since: Write a date .*Row 3, Place: Zoho accepts at most 20"):
        SUBFORM.parse([*posted(SUBFORM, STORED, ("12.Since", "soon")), "_rows=n1", f"n1.Place={'x' * 21}"], UTC, STORED)


def test_there_are_no_more_rows_than_the_layout_allows() -> None:
    new = [text for at in range(3) for text in (f"_rows=n{at}", f"n{at}.Place=x")]
    with pytest.raises(FieldError, match="at most 4 rows here"):
        SUBFORM.parse([*posted(SUBFORM, STORED), *new], UTC, STORED)


def test_a_row_that_somebody_removed_meanwhile_is_not_made_anew_for_being_on_the_page() -> None:
    typed = posted(SUBFORM, STORED, ("12.Place", "Chur"))

    assert SUBFORM.is_untouched(typed, [HOME], UTC)


def test_what_was_typed_into_a_row_that_somebody_removed_meanwhile_becomes_a_new_row() -> None:
    kept = SUBFORM.trimmed([*posted(SUBFORM, STORED, ("12.Place", "Chur")), "_rows=n1", "n1.Place=Zug"], STORED, UTC)

    assert body(SUBFORM, SUBFORM.parse(kept, UTC, [HOME]), [HOME]) == [{"Place": "Chur"}, {"Place": "Zug"}]
    assert SUBFORM.parse(SUBFORM.trimmed(kept, [HOME], UTC), UTC, [HOME]) == SUBFORM.parse(kept, UTC, [HOME])


def test_only_the_touched_rows_of_a_form_are_kept() -> None:
    """The others would undo what somebody else does to them meanwhile."""
    kept = SUBFORM.trimmed(posted(SUBFORM, STORED, ("12.Place", "Chur")), STORED, UTC)
    theirs = [{**HOME, "Place": "Thun"}, WORK]

    assert body(SUBFORM, SUBFORM.parse(kept, UTC, theirs), theirs) == [{"id": "12", "Place": "Chur"}]


def test_a_cell_that_nobody_touched_leaves_what_somebody_else_wrote_there() -> None:
    """Also a box and a list of several, which post nothing when they are empty."""
    kept = SUBFORM.trimmed(posted(SUBFORM, STORED, ("12.Place", "Chur")), STORED, UTC)
    theirs = [HOME, {**WORK, "Price": Decimal(111), "Main": True, "Tags": ["c"]}]

    assert body(SUBFORM, SUBFORM.parse(kept, UTC, theirs), theirs) == [{"id": "12", "Place": "Chur"}]


def test_an_unticked_box_and_an_emptied_list_are_kept_as_typed() -> None:
    typed = [text for text in posted(SUBFORM, STORED) if text not in ("11.Main=true", "11.Tags=b")]
    kept = SUBFORM.trimmed(typed, STORED, UTC)
    theirs = [{**HOME, "Place": "Thun", "Tags": ["a", "c"]}, WORK]

    assert body(SUBFORM, SUBFORM.parse(kept, UTC, theirs), theirs) == [{"id": "11", "Main": False, "Tags": None}]
    assert SUBFORM.trimmed(kept, STORED, UTC) == kept


def test_a_new_row_is_stored_whatever_id_zoho_gives_it() -> None:
    sent = [*STORED, {"Place": "Chur"}]

    assert SUBFORM.same(sent, [*STORED, {"id": "77", "Place": "Chur", "Since": None, "Total": 3}])
    assert SUBFORM.same(sent, [{"id": "77", "Place": "Chur"}, WORK, HOME])
    assert not SUBFORM.same(sent, [*STORED, {"id": "77", "Place": "CHUR"}])
    assert not SUBFORM.same(sent, STORED)
    assert not SUBFORM.same(STORED, [HOME, {**WORK, "id": "99"}])


def test_a_receipt_shows_the_rows_that_differ() -> None:
    after = [{**HOME, "Place": "Thun"}, {"id": "77", "Place": "Chur"}]

    before_text, after_text = SUBFORM.show_change(STORED, after, UTC)

    assert before_text == "1. Place: Bern\n2. Place: Basel; Main: No; Total: 1"
    assert after_text == "1. Place: Thun\n2. removed\nadded: Place: Chur"
    assert SUBFORM.show_change(STORED, [*STORED, {"Place": "Chur"}], UTC) == ("2 rows", "added: Place: Chur")


def test_undo_brings_cells_back_removes_new_rows_and_makes_removed_ones_anew() -> None:
    now = [{**HOME, "Place": "Thun"}, {"id": "77", "Place": "Chur"}]

    sent = SUBFORM.restore(STORED, now, UTC)

    assert body(SUBFORM, sent, now) == [{"id": "11", "Place": "Bern"}, {"Place": "Basel"}, {"id": "77", "_delete": None}]


def test_rows_of_an_agent_are_laid_over_those_that_are_stored() -> None:
    meant = SUBFORM.merged(STORED, [{"id": "12", "Place": "Chur"}, {"Place": "Zug"}])

    assert body(SUBFORM, meant, STORED) == [{"id": "12", "Place": "Chur"}, {"Place": "Zug"}]
    assert body(SUBFORM, SUBFORM.merged(STORED, [{"id": "11", "_delete": None}]), STORED) == [{"id": "11", "_delete": None}]
    for strange in ([{"id": "99"}], [{"Nonsense": 1}], ["x"], {"id": "11"}, "x"):
        with pytest.raises(FieldError):
            SUBFORM.merged(STORED, strange)


def test_a_link_is_added_by_id_and_removed_by_its_own() -> None:
    stored = [{"id": "5", "Driver": {"id": "100", "name": "Ana"}}]

    sent = LINKS.parse(["_rows=5", "_delete=5", "_rows=n1", "n1.Driver=200"], UTC, stored)

    assert body(LINKS, sent, stored) == [{"Driver": {"id": "200"}}, {"id": "5", "_delete": None}]
    assert LINKS.show_change(stored, sent, UTC) == ("1. Ana (100)", "1. removed\nadded: 200")
    assert LINKS.same(sent, [{"id": "6", "Driver": {"id": "200", "name": "Bo"}}])


def test_a_record_is_linked_once() -> None:
    stored = [{"id": "5", "Driver": {"id": "100", "name": "Ana"}}]

    with pytest.raises(FieldError, match="100 is in the list already"):
        LINKS.parse(["_rows=5", "_rows=n1", "n1.Driver=100"], UTC, stored)


def test_an_uploaded_file_is_attached_by_its_id_and_a_stored_one_removed_by_its_own() -> None:
    stored = [{"id": "5", "File_Id__s": "aa", "File_Name__s": "old.pdf", "Size__s": "2048"}]

    sent = FILES.parse(["_rows=5", "_delete=5", "_rows=n1", "n1.File_Id__s=bb", "n1.File_Name__s=new.pdf", "n1.Size__s=10"], UTC, stored)

    assert body(FILES, sent, stored) == [{"File_Id__s": "bb"}, {"id": "5", "_delete": None}]
    assert FILES.show_change(stored, sent, UTC) == ("1. old.pdf (2.0 KB)", "1. removed\nadded: new.pdf (10 B)")
    assert FILES.same(sent, [{"id": "6", "File_Id__s": "another", "File_Name__s": "new.pdf"}])


def test_new_pictures_stand_behind_those_that_are_there() -> None:
    stored = [{"id": "5", "File_Id__s": "aa", "File_Name__s": "a.jpg", "Sequence_Number__s": 2}]

    sent = PICTURES.parse(["_rows=5", "_rows=n1", "n1.File_Id__s=bb", "_rows=n2", "n2.File_Id__s=cc"], UTC, stored)

    assert body(PICTURES, sent, stored) == [
        {"File_Id__s": "bb", "Sequence_Number__s": 3},
        {"File_Id__s": "cc", "Sequence_Number__s": 4},
    ]


def test_a_file_field_holds_as_many_files_as_zoho_says() -> None:
    with pytest.raises(FieldError, match="at most 3 files here"):
        FILES.parse([text for at in range(4) for text in (f"_rows=n{at}", f"n{at}.File_Id__s=x{at}")], UTC, None)


def test_undo_removes_added_files_and_says_that_removed_ones_are_gone() -> None:
    old, new = {"id": "5", "File_Id__s": "aa", "File_Name__s": "old.pdf"}, {"id": "6", "File_Id__s": "bb", "File_Name__s": "new.pdf"}

    assert body(FILES, FILES.restore([old], [old, new], UTC), [old, new]) == [{"id": "6", "_delete": None}]
    with pytest.raises(FieldError, match="cannot be brought back"):
        FILES.restore([old], [], UTC)


@pytest.mark.parametrize("wire", ["x", [1], [{"Place": "x"}], [{"id": "1"}, {"id": "1"}], {"id": "1"}, [{"id": ["1"]}], 5, True])
@pytest.mark.parametrize("field", [SUBFORM, LINKS, FILES])
def test_what_are_no_rows_with_ids_is_shown_and_not_edited(field: Field, wire: Any) -> None:
    assert field.input_type(wire) == "readonly"
    assert isinstance(field.show(wire, UTC), str)
    assert field.same(wire, wire)


cells = st.fixed_dictionaries(
    {
        "Place": st.none() | st.text("aé<&\n\r= .", max_size=20),
        "Since": st.none() | st.dates().map(str),
        "Main": st.booleans() | st.none(),
        "Price": st.none() | st.decimals(allow_nan=False, places=2, min_value=-1000, max_value=1000),
        "Sort": st.none() | st.sampled_from(["a", "b"]),
        "Tags": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
        "Total": st.integers(0, 9),
    }
)
rows = st.lists(cells, max_size=4).map(lambda found: [{"id": str(at + 10), **row} for at, row in enumerate(found)])


@settings(max_examples=200, deadline=None)
@given(rows)
def test_rows_that_nobody_touched_come_back_as_they_were(wire: list[dict[str, Any]]) -> None:
    held = list(SUBFORM.control(wire, UTC))

    assert SUBFORM.is_untouched(held, wire, UTC)
    assert SUBFORM.parse(held, UTC, wire) == wire
    assert body(SUBFORM, wire, wire) == []


@settings(max_examples=200, deadline=None)
@given(rows, rows, st.randoms())
def test_what_is_sent_turns_the_rows_before_into_the_rows_meant(before: Any, meant: Any, random: Any) -> None:
    """Zoho's rules, applied to what we send, give what was meant."""
    meant = [row if random.random() < 0.7 else {key: value for key, value in row.items() if key != "id"} for row in meant]
    stored = {row["id"]: dict(row) for row in before}
    for row in body(SUBFORM, meant, before):
        key = row.get("id") or f"new{len(stored)}{random.random()}"
        if "_delete" in row:
            del stored[key]
        else:
            stored[key] = {"Place": None, **stored.get(key, {}), **row, "id": key}
    known = {row["id"] for row in before}
    assert SUBFORM.same(
        [row if row.get("id") in known else {k: v for k, v in row.items() if k != "id"} for row in meant], [*stored.values()]
    )


def test_a_subform_has_the_columns_of_its_own_module_and_the_rows_of_its_layout() -> None:
    meta = crm_meta("Rows", "subform", "jsonarray", operation_type={"api_update": False}, associated_module={"module": "Rows__s"})
    in_layout = layout(meta)
    in_layout["sections"][0] |= {"isSubformSection": True, "properties": {"maximum_rows": 25}}
    inside = [crm_meta("Place"), crm_meta("Sum", "formula", "double"), crm_meta("Parent_Id", "lookup", "jsonobject")]

    field = with_columns(crm_form([meta], [in_layout], {}), "Rows", crm_columns(inside)).by_name["Rows"]

    assert field.is_editable
    assert field.max_rows == 25
    assert [(column.name, column.is_editable) for column in field.columns] == [("Place", True), ("Sum", False)]


def test_a_subform_whose_columns_are_not_known_is_only_shown() -> None:
    form = crm_form([crm_meta("Rows", "subform", "jsonarray", associated_module={"module": "Rows__s"})], [], {})

    field = with_columns(form, "Rows", ()).by_name["Rows"]

    assert not field.is_editable
    assert field.why_read_only is not None
    assert field.show([{"id": "1", "Place": "Bern"}], UTC)


@pytest.mark.parametrize(
    "spelling",
    [
        {"connectedlookup_apiname": "Products", "lookup_apiname": "Leads", "connected_module": {"api_name": "Products"}},
        {
            "linking_details": {"lookup_field": {"api_name": "Leads"}, "connected_lookup_field": {"api_name": "Products"}},
            "connected_details": {"module": {"api_name": "Products"}},
        },
    ],
)
def test_both_spellings_of_a_multi_select_lookup_are_read(spelling: dict[str, Any]) -> None:
    field = crm_form([crm_meta("Items", "multiselectlookup", "jsonarray", multiselectlookup=spelling)], [], {}).by_name["Items"]

    assert field.is_editable
    assert [(column.name, column.lookup_module) for column in field.columns] == [("Products", "Products")]


def test_a_multi_select_lookup_without_the_name_of_its_lookup_is_only_shown() -> None:
    field = crm_form([crm_meta("Items", "multiselectlookup", "jsonarray", multiselectlookup={})], [], {}).by_name["Items"]

    assert not field.is_editable
