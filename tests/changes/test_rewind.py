"""Rewinding a record by what Zoho's timeline tells: exact values or a reason, whoever changed it, and never a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from changes import drafts, rewind, road
from changes.plans import Receipt, Verdict
from changes.road import Conflict
from sandbox.names import HOSTILE
from zoho.fields import Option, with_options

TIMELINE = "GET /crm/v8/{module}/{id}/__timeline"
HISTORY = "GET /api/v1/tickets/{id}/History"
PUT = "PUT /crm/v8/{module}/{id}"
ANA, NOOR, BOYLE = "5725767000000411002", "5725767000000411004", "5725767000000411005"


class Story:
    """A lead, its changes at Zoho an hour apart, and the time between two of them."""

    def __init__(self, amend, sandbox, clock, ana, connection_id, record_id):
        self.amend, self.sandbox, self.clock, self.ana = amend, sandbox, clock, ana
        self.connection_id, self.id = connection_id, record_id
        self.to = clock()

    def elsewhere(self, **values):
        self.clock.advance(hours=1)
        self.sandbox.edit("Leads", self.id, by="Noor Haddad", **values)

    def here(self, **typed):
        self.clock.advance(hours=1)
        receipt = road.save(self.amend, self.ana, self.open(), {name: [text] for name, text in typed.items()})
        assert isinstance(receipt, Receipt), receipt
        return receipt

    def mark(self):
        """Remember this time as the one to go back to."""
        self.clock.advance(minutes=30)
        self.to = self.clock()

    def open(self):
        return drafts.open_record(self.amend, self.ana, self.connection_id, "crm", "Leads", self.id)

    def prepare(self, to=None):
        return rewind.prepare(self.amend, self.ana, self.open(), to or self.to)

    def why(self, label):
        """The reason why a field is left alone, and it is not offered."""
        found = self.prepare()
        assert found.backs == ()
        return dict(found.missing)[label]

    def held(self, name):
        return self.sandbox.record("Leads", self.id)[name]


@pytest.fixture
def story(amend, sandbox, clock, ana, connection_id, lead):
    return Story(amend, sandbox, clock, ana, connection_id, lead)


def entry(field, old, new, at, label=None, **more):
    """A row of Zoho's timeline."""
    history = [{"api_name": field, "field_label": label or field, "_value": {"old": old, "new": new}}]
    row = {"id": "1", "action": "updated", "source": "crm_ui", "done_by": {"name": "Noor Haddad", "id": "1"}, "audited_time": at}
    return row | {"field_history": history} | more


def tells(sandbox, *rows, times=1):
    sandbox.fail_next(TIMELINE, times=times, status=200, body={"__timeline": list(rows), "info": {"more_records": False}})


TYPES = {
    "text": ("City", "Chur", "Olten"),
    "emptied": ("City", "Chur", None),
    "filled": ("City", None, "Olten"),
    "lines": ("Description", "one\ntwo", "three"),
    "whole number": ("Head_Count", 1200, 7),
    "currency": ("Budget", Decimal("1234.50"), Decimal("7.25")),
    "percent": ("Discount", Decimal("12.5"), Decimal("3")),
    "long number": ("Ledger_Number", "123456789012345678", "7"),
    "ticked": ("Newsletter", True, False),
    "unticked": ("Newsletter", False, True),
    "date": ("First_Contact", "2026-03-04", "2026-05-06"),
    "time": ("Next_Call", "2026-10-25T01:30:00+00:00", "2026-11-25T01:30:00+00:00"),
    "picklist": ("Industry", "Banking", "Health"),
    "picklist stored by another word": ("Rating", "MarketFailed", "Active"),
    "picklist that was empty": ("Rating", None, "ShutDown"),
    "several": ("Interests", ["Hiking", "Opera"], ["Fishing"]),
    "owner": ("Owner", {"name": "Ana Ruiz", "id": ANA}, {"name": "Noor Haddad", "id": NOOR}),
}


@pytest.mark.parametrize("case", TYPES)
def test_a_value_of_each_type_comes_back_as_it_was_stored(story, case):
    name, then, now = TYPES[case]
    story.elsewhere(**{name: "between" if isinstance(then, str) and name == "City" else then})
    story.elsewhere(**{name: then})
    story.mark()
    story.elsewhere(**{name: now})

    found = story.prepare()
    (back,) = found.backs
    assert (back.entry.field.name, back.doubt) == (name, "")
    receipt = rewind.apply(story.amend, story.ana, found, {name}, {})

    assert (receipt.verdict, receipt.origin) == (Verdict.STORED, "rewind")
    assert back.entry.field.same(story.held(name), then)


def test_a_lookup_comes_back_by_the_only_record_of_that_name(story, sandbox):
    first, second = sandbox.ids("Contacts")[1:3]
    sandbox.edit("Contacts", first, First_Name="Wilhelmina", Last_Name="Oranje")
    story.elsewhere(Referred_By={"id": first, "name": "Wilhelmina Oranje"})
    story.mark()
    story.elsewhere(Referred_By={"id": second, "name": "Somebody"})

    (back,) = story.prepare().backs

    assert back.entry.sent == {"id": first}
    sandbox.edit("Contacts", second, First_Name="Wilhelmina", Last_Name="Oranje")
    assert "more than one is called so" in story.why("Referred By")


def test_a_lookup_whose_record_is_gone_is_named(story):
    story.elsewhere(Referred_By={"id": "5725767000009999999", "name": "Xaver Qwertz"})
    story.mark()
    story.elsewhere(Referred_By=None)

    assert "“Xaver Qwertz”, and nobody and nothing that can be found now is called so" in story.why("Referred By")


NOT_GIVEN = {
    "formatted text": ("Brief", "<p>Then</p>", "<p>Now</p>", "only as text"),
    "a text as long as Zoho's cut": ("Description", "x" * 500, "Now", "only the beginning"),
    "an ellipsis": ("Description", "Once upon…", "Now", "only the beginning"),
    "masked": ("National_Id", "756.1234.5678.97", "756.0000.0000.00", "masks"),
    "computed": ("Days_Open", 3, 4, "works this value out itself"),
    "a value that is offered no more": ("Industry", "Whaling", "Banking", "not among the values that Zoho offers now"),
    "values that cannot be told apart": ("Interests", ["Hiking", "Chess_Go"], ["Opera"], "cannot be told apart"),
    "somebody who left": (
        "Owner",
        {"name": "Patrick Boyle", "id": BOYLE},
        {"name": "Ana Ruiz", "id": ANA},
        "nobody and nothing that can be found now",
    ),
    "mandatory and empty": ("Last_Name", None, "Now", "cannot be empty"),
    "no number": ("Head_Count", "about twelve", 7, "cannot be sent"),
    "no date": ("First_Contact", "4 March", "2026-05-06", "cannot be sent"),
    "a box that was neither": ("Newsletter", None, True, "neither ticked nor unticked"),
}


@pytest.mark.parametrize("case", NOT_GIVEN)
def test_what_cannot_be_given_back_is_named_with_its_reason(story, case):
    name, then, now, reason = NOT_GIVEN[case]
    story.elsewhere(**{name: then})
    story.mark()
    story.elsewhere(**{name: now})

    label = next(one.label for one in story.open().record_form.form.by_name.values() if one.name == name)

    assert reason in story.why(label)


def test_a_label_that_two_values_have_is_no_answer(story):
    story.elsewhere(Rating="Active")
    story.mark()
    story.elsewhere(Rating="ShutDown")
    found = story.open()
    options = (*found.record_form.form.by_name["Rating"].options, Option("Active_2", "Active"))
    twice = replace(found, record_form=replace(found.record_form, form=with_options(found.record_form.form, "Rating", options)))

    told = rewind.prepare(story.amend, story.ana, twice, story.to)

    assert dict(told.missing)["Rating"] == "“Active” is what several values are called."


def test_a_change_by_a_workflow_goes_back_with_the_edit_that_caused_it(story, sandbox):
    story.elsewhere(City="Chur", Phone="+41 1")
    story.mark()
    sandbox.config.automation = {"Leads": {"City": "By a rule"}}
    story.here(Phone="+41 2")
    sandbox.config.automation = False

    found = story.prepare()

    assert {back.entry.field.name: (back.entry.sent, back.doubt) for back in found.backs} == {"City": ("Chur", ""), "Phone": ("+41 1", "")}


def test_the_oldest_value_after_that_time_is_meant_however_often_it_changed(story):
    for town in ("Bern", "Chur", "Olten"):
        story.elsewhere(City=town)
        if town == "Bern":
            story.mark()
    story.here(City="Aarau")

    (back,) = story.prepare().backs

    assert (back.entry.before, back.entry.sent) == ("Aarau", "Bern")


def test_what_is_the_same_again_is_not_sent(story):
    story.elsewhere(City="Bern", Phone="+41 1")
    story.mark()
    story.elsewhere(City="Chur", Phone="+41 2")
    story.elsewhere(City="Bern")

    found = story.prepare()

    assert [back.entry.field.name for back in found.backs] == ["Phone"]
    assert found.same == ("City",)


def test_a_change_that_the_timeline_hides_is_offered_and_not_chosen(story, sandbox):
    story.elsewhere(City="Bern")
    story.mark()
    story.elsewhere(City="Chur")
    sandbox.record("Leads", story.id)["City"] = "Nobody told"

    (back,) = story.prepare().backs

    assert back.entry.sent == "Bern"
    assert back.doubt == rewind.HIDDEN


def test_our_receipt_knows_what_the_timeline_cannot_say(story, sandbox):
    sandbox.record("Leads", story.id)["Brief"] = "<p>Then</p>"
    story.mark()
    story.here(Brief="<p>Now</p>")

    (back,) = story.prepare().backs

    assert (back.entry.sent, back.doubt) == ("<p>Then</p>", "")


def test_zoho_is_believed_where_it_contradicts_our_receipt(story, sandbox):
    story.elsewhere(City="Bern")
    story.mark()
    receipt = story.here(City="Chur")
    at = receipt.sent_at.isoformat()
    tells(
        sandbox,
        entry("City", "Thun", "Chur", at, source="crm_api"),
        entry("City", None, "Thun", (story.to - timedelta(days=1)).isoformat()),
    )

    (back,) = story.prepare().backs

    assert back.entry.sent == "Thun"


def test_an_edit_of_ours_that_zoho_does_not_list_yet_counts(story, sandbox):
    story.elsewhere(City="Bern")
    story.mark()
    story.here(City="Chur")
    tells(sandbox, entry("City", None, "Bern", (story.to - timedelta(minutes=30)).isoformat()))

    (back,) = story.prepare().backs

    assert (back.entry.sent, back.doubt) == ("Bern", "")


def test_an_edit_of_ours_at_about_that_time_that_zoho_does_not_list_is_named(story, sandbox):
    receipt = story.here(City="Chur")
    tells(sandbox, entry("Phone", None, "1", (receipt.sent_at - timedelta(seconds=10)).isoformat()))

    found = story.prepare(receipt.sent_at - timedelta(seconds=10))

    assert found.backs == ()
    assert "at about that time" in dict(found.missing)["City"]


@pytest.mark.parametrize("value", [{}, {"new": "Bern"}, {"old": None, "new": None}, {"old": "x", "new": "x"}, None, 7])
def test_a_timeline_that_is_silent_about_the_value_is_named(story, sandbox, value):
    row = entry("City", "a", "b", story.clock().isoformat())
    row["field_history"][0]["_value"] = value
    tells(sandbox, row, entry("City", "a", "b", "2020-01-01T00:00:00+00:00"))
    story.clock.advance(hours=1)

    found = story.prepare(datetime.fromisoformat("2026-01-01T00:00:00+00:00"))

    assert dict(found.missing)["City"] == "Zoho's timeline says that it changed, and not what it was before."


def test_an_entry_without_a_time_leaves_its_field_alone(story, sandbox):
    tells(sandbox, entry("City", "a", "b", "never"), entry("City", "a", "b", "2020-01-01T00:00:00+00:00"))

    found = story.prepare(datetime.fromisoformat("2026-01-01T00:00:00+00:00"))

    assert "at a time that Zoho does not tell" in dict(found.missing)["City"]


def test_an_id_beside_a_name_is_what_counts(story, sandbox):
    story.elsewhere(Owner={"id": NOOR, "name": "Noor Haddad"})
    now = story.held("Owner")
    old, new = {"id": ANA, "name": "Somebody else of that name"}, {"id": now["id"], "name": "Renamed since"}
    tells(sandbox, entry("Owner", old, new, story.clock().isoformat()), entry("City", "a", "b", "2020-01-01T00:00:00+00:00"))

    found = story.prepare(datetime.fromisoformat("2026-01-01T00:00:00+00:00"))

    (back,) = found.backs
    assert (back.entry.sent, back.doubt) == ({"id": ANA}, "")


def test_a_timeline_that_ends_too_early_gives_nothing_back(story, sandbox):
    story.elsewhere(City="Bern")
    tells(sandbox, entry("City", "a", "Bern", story.clock().isoformat(), label="City"))

    found = story.prepare(story.clock() - timedelta(days=400))

    assert found.backs == ()
    assert found.why_not == rewind.TOO_FAR
    assert dict(found.missing) == {"City": "What it was then is not told any more."}
    assert found.earliest == story.clock()


def test_a_timeline_that_is_empty_says_so(story, sandbox):
    sandbox.fail_next(TIMELINE, status=204, body="")

    assert story.prepare().why_not == rewind.NOTHING_TOLD


def test_a_time_before_the_record_was_made_is_told(story):
    story.elsewhere(City="Bern")

    assert story.prepare(datetime.fromisoformat("2001-01-01T00:00:00+00:00")).why_not == "The record was created after that."


def test_many_changes_are_read_page_by_page(story, sandbox):
    story.elsewhere(City="Bern")
    story.mark()
    story.elsewhere(Phone="+41 1")
    for number in range(450):
        sandbox.edit("Leads", story.id, City=f"Town {number}")

    found = {back.entry.field.name: back.entry.sent for back in story.prepare().backs}

    assert found["City"] == "Bern"
    assert sandbox.calls(TIMELINE) == 3


def test_a_timeline_without_end_is_given_up(story, sandbox):
    endless = {"__timeline": [entry("City", "a", "b", story.clock().isoformat())], "info": {"more_records": True, "next_page_token": "t"}}
    sandbox.fail_next(TIMELINE, times=None, status=200, body=endless)

    found = story.prepare(datetime.fromisoformat("2026-01-01T00:00:00+00:00"))

    assert (found.why_not, found.backs) == (rewind.TOO_LONG, ())
    assert sandbox.calls(TIMELINE) == 10


def test_a_record_that_changed_after_the_page_is_a_conflict(story, sandbox):
    story.elsewhere(City="Bern")
    story.mark()
    story.elsewhere(City="Chur")
    found = story.prepare()
    story.elsewhere(Phone="+41 9")

    saved = rewind.apply(story.amend, story.ana, found, {"City"}, {})

    assert isinstance(saved, Conflict)
    assert story.held("City") == "Chur"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_back_letter_by_letter_or_not_at_all(story, text):
    story.elsewhere(City=text)
    story.mark()
    story.elsewhere(City="Harmless")

    found = story.prepare()

    for back in found.backs:
        assert back.entry.sent == text
    assert len(found.backs) + len(found.missing) == 1


def test_a_ticket_goes_back_by_its_history(amend, sandbox, clock, ana, connection_id, ticket):
    was = dict(sandbox.tickets[ticket])
    to = clock()
    clock.advance(hours=1)
    sandbox.edit(
        "tickets", ticket, subject="By them", priority="High" if was["priority"] != "High" else "Low", cf={"cf_permanentaddress": "x"}
    )
    found = drafts.open_record(amend, ana, connection_id, "desk", "tickets", ticket)

    told = rewind.prepare(amend, ana, found, to)
    receipt = rewind.apply(amend, ana, told, {back.entry.field.name for back in told.backs}, {})

    assert receipt.verdict == Verdict.STORED
    assert (sandbox.tickets[ticket]["subject"], sandbox.tickets[ticket]["priority"]) == (was["subject"], was["priority"])


def test_desk_may_call_a_field_by_its_label_and_a_person_by_name_and_id(amend, sandbox, clock, ana, connection_id, ticket):
    now = sandbox.tickets[ticket]
    moved = {"propertyName": "Subject", "propertyValue": {"previousValue": "Then", "updatedValue": now["subject"]}}
    gone = {"propertyName": "Unheard Of", "propertyValue": {"previousValue": "a", "updatedValue": "b"}}
    event = {"eventName": "TicketUpdated", "eventTime": "2026-11-23T09:30:00.000Z", "actor": {"type": "Agent", "id": "1", "name": "Noor"}}
    first = {"eventName": "TicketCreated", "eventTime": "2026-01-01T00:00:00.000Z", "eventInfo": []}
    sandbox.fail_next(HISTORY, status=200, body={"data": [event | {"eventInfo": [moved, gone]}, first]})
    found = drafts.open_record(amend, ana, connection_id, "desk", "tickets", ticket)

    told = rewind.prepare(amend, ana, found, datetime.fromisoformat("2026-11-01T00:00:00+00:00"))

    assert [(back.entry.field.name, back.entry.sent, back.doubt) for back in told.backs] == [("subject", "Then", "")]
    assert dict(told.missing) == {"Unheard Of": "Zoho does not list it among the fields of this record."}


def test_rows_that_we_edited_come_back_by_their_receipt(amend, sandbox, clock, ana, connection_id):
    van = sandbox.ids("Vehicles")[2]
    before = sandbox.record("Vehicles", van)["Service_History"]
    to = clock()
    clock.advance(hours=1)
    found = drafts.open_record(amend, ana, connection_id, "crm", "Vehicles", van)
    field = found.record_form.form.by_name["Service_History"]
    rows = [{**before[0], "Garage": "Elsewhere"}, *before[1:]]
    road.write_entries(amend, ana, found, [drafts.Entry(field, field.read(found.record), rows)], {}, origin="form")
    assert sandbox.record("Vehicles", van)["Service_History"][0]["Garage"] == "Elsewhere"

    told = rewind.prepare(amend, ana, drafts.open_record(amend, ana, connection_id, "crm", "Vehicles", van), to)
    rewind.apply(amend, ana, told, {"Service_History"}, {})

    assert [row["Garage"] for row in sandbox.record("Vehicles", van)["Service_History"]] == [row["Garage"] for row in before]
