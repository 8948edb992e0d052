"""Editing a record: the form, what is sent, what is refused, who else was there, and that nothing typed is lost.

Long, for all of it is one page and one road: who looks for what a save does finds it here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from changes.plans import Step
from people import Operator
from sandbox.server import Sandbox
from tests import walk
from tests.conftest import EMAIL, PASSWORD, Clock
from tests.pages import Visitor, text_of
from tests.web.editing import RecordForm, decide, edit_path, open_form, press, receipt_of
from zoho import metadata
from zoho.connections import Connection
from zoho.runtime import Amend

PUT = "PUT /crm/v8/{module}/{id}"
KEYS = ["present", "f_Phone", "f_Owner", "f_Amount", "snapshot", "action", "decide", "desk_org_id", "automations"]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
PATCH = "PATCH /api/v1/{module}/{id}"


@pytest.fixture
def ticket(sandbox: Sandbox) -> str:
    return next(iter(sandbox.tickets))


def sent(sandbox: Sandbox) -> int:
    return len(sandbox.matching(PUT)) + len(sandbox.matching(PATCH))


# The form


def test_the_form_names_every_control_by_its_label(client: Visitor, connection_id: UUID, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead)

    for label in (
        "First Name",
        "Last Name",
        "Email",
        "Phone",
        "Company",
        "Lead Source",
        "Lead Owner" if "Lead Owner" in form.labels else "Company",
    ):
        assert form.control(label).name.startswith("f_")


def test_exactly_one_button_says_save(client: Visitor, connection_id: UUID, lead: str, ticket: str) -> None:
    for product, module, record_id in (("crm", "Leads", lead), ("desk", "tickets", ticket)):
        page = client.get(edit_path(connection_id, product, module, record_id))
        buttons = re.findall(r"<button[^>]*>(.*?)</button>", page.text, re.DOTALL)
        assert [text for text in buttons if "save" in text.lower()] == ["Save"]


def test_the_star_of_a_mandatory_field_is_no_part_of_its_label(client: Visitor, connection_id: UUID, lead: str) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert re.search(r'is-required"><label for="f_Last_Name"[^>]*>Last Name</label>', page.text)


def test_read_only_fields_are_text_with_the_reason(client: Visitor, connection_id: UUID, lead: str) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert 'name="f_Created_Time"' not in page.text
    assert "Created Time" in page.text


def test_an_empty_value_is_shown_as_the_word_empty(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", sandbox.special("Leads", "nulls")))

    assert '<span class="empty">empty</span>' in page.text


@pytest.mark.parametrize("path", ["crm/1Leads/1", "crm/Leads/12x", "desk/cats/1", "mail/Leads/1", "crm/Leads/%D9%A1%D9%A2", "crm/L-x/1"])
def test_an_address_that_names_no_record_is_not_found(client: Visitor, connection_id: UUID, path: str) -> None:
    assert client.get(f"/connections/{connection_id}/records/{path}").status_code == 404


def test_a_record_that_zoho_does_not_have_is_not_found(client: Visitor, connection_id: UUID) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", "5725767000000999999"))

    assert page.status_code == 404
    assert "Zoho has no such record" in page.text


def test_hostile_values_are_shown_as_text_and_untouched_ones_are_not_sent(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    for record_id in sandbox.hostile("Leads"):
        page = client.get(edit_path(connection_id, "crm", "Leads", record_id))
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text

        answer = press(client, RecordForm(page))

        assert answer.status_code == 422
        assert "Nothing was changed" in answer.text
    assert sent(sandbox) == 0


@pytest.mark.parametrize("what", ["limits", "negative", "long", "nulls"])
def test_values_at_their_limits_are_untouched_too(client: Visitor, connection_id: UUID, sandbox: Sandbox, what: str) -> None:
    for module in ("Leads", "Deals", "Vehicles"):
        answer = press(client, open_form(client, connection_id, "crm", module, sandbox.special(module, what)))

        assert "Nothing was changed" in answer.text


# What is sent


@pytest.mark.parametrize(
    ("module", "label", "typed", "stored"),
    [
        ("Leads", "First Name", ("Zoë",), ("First_Name", "Zoë")),
        ("Leads", "Last Name", ("אבג <b>x</b>",), ("Last_Name", "אבג <b>x</b>")),
        ("Leads", "Email", ("zoe@customer.example",), ("Email", "zoe@customer.example")),
        ("Leads", "Phone", ("+41 44 123 45 67",), ("Phone", "+41 44 123 45 67")),
        ("Leads", "Email Opt Out", (), ("Email_Opt_Out", False)),
        ("Deals", "Closing Date", ("2027-02-28",), ("Closing_Date", "2027-02-28")),
        ("Deals", "Amount", ("1234.50",), ("Amount", 1234.5)),
        ("Leads", "City", ("",), ("City", None)),
    ],
)
def test_a_changed_field_is_stored_and_the_receipt_says_so(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, module: str, label: str, typed: tuple[str, ...], stored: tuple[str, object]
) -> None:
    record_id = next(id_ for id_ in sandbox.ids(module)[5:60] if sandbox.record(module, id_)[stored[0]] not in (stored[1], None))
    form = open_form(client, connection_id, "crm", module, record_id).type(label, *typed)

    receipt = receipt_of(client, press(client, form))

    assert "Stored. Zoho now shows" in text_of(receipt)
    assert sandbox.record(module, record_id)[stored[0]] == stored[1]
    assert sent(sandbox) == 1


def test_a_picklist_and_a_multiselect_are_chosen_by_what_is_shown(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).choose("Lead Source", "Online Store")
    several = next(control for control in form.controls if control.kind == "select-multiple")
    several.values = list(several.options.values())[:2]

    receipt = receipt_of(client, press(client, form))

    assert "Online Store" in receipt.text
    assert sandbox.record("Leads", lead)["Lead_Source"] == "OnlineStore"
    assert sandbox.record("Leads", lead)[several.name.removeprefix("f_")] == several.values


def test_a_time_is_typed_in_the_zone_of_the_zoho_user(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", lead))
    form = open_form(client, connection_id, "crm", "Leads", lead)
    control = next(control for control in form.controls if control.kind == "datetime-local")
    control.values = ["2027-07-01T09:30:00"]

    receipt_of(client, press(client, form))

    assert "Time zone: Europe/Zurich" in page.text
    stored = datetime.fromisoformat(str(sandbox.record("Leads", lead)[control.name.removeprefix("f_")]))
    assert stored == datetime(2027, 7, 1, 7, 30, tzinfo=UTC)


def test_thirty_two_thousand_characters_come_back_unharmed(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    text = ("Grüezi 👋 <b>&amp;</b>\n" * 2000)[:31_990] + " The end."
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Description", text.replace("\n", "\r\n"))

    receipt = receipt_of(client, press(client, form))

    assert sandbox.record("Leads", lead)["Description"] == text
    assert "Stored" in receipt.text


def test_a_value_that_starts_with_a_line_break_keeps_it(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    sandbox.edit("Leads", lead, Description="\n\nthird line")
    form = open_form(client, connection_id, "crm", "Leads", lead).type("First Name", "Zoë")

    receipt_of(client, press(client, form))

    assert sandbox.record("Leads", lead)["Description"] == "\n\nthird line"


def test_desk_fields_and_custom_fields_are_stored(client: Visitor, connection_id: UUID, sandbox: Sandbox, ticket: str) -> None:
    form = open_form(client, connection_id, "desk", "tickets", ticket).type("Subject", "Neuer Betreff").type("Model Name", "X-9")

    receipt = receipt_of(client, press(client, form))

    assert "Stored. Zoho now shows" in text_of(receipt)
    assert sandbox.tickets[ticket]["subject"] == "Neuer Betreff"
    assert sandbox.tickets[ticket]["cf"]["cf_modelname"] == "X-9"


def test_review_shows_before_and_after_and_sends_nothing(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 44 123 45 67")

    page = press(client, form, "review")

    assert page.status_code == 200
    assert re.search(r"Before.*after.*<ins>.*\+41 44 123 45 67.*Nothing has been sent yet", page.text, re.DOTALL)
    assert "was " in page.text
    assert sent(sandbox) == 0


def test_a_reviewed_form_can_be_saved(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 44 123 45 67")

    receipt_of(client, press(client, RecordForm(press(client, form, "review"))))

    assert sandbox.record("Leads", lead)["Phone"] == "+41 44 123 45 67"


def test_automations_can_be_left_out_and_the_receipt_says_so(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 44 1").type("automations", "none")

    receipt = receipt_of(client, press(client, form))

    assert "None: all were left out" in receipt.text
    assert sandbox.matching(PUT)[0].body["trigger"] == []


def test_single_automations_can_be_let_run_and_the_next_edit_starts_with_them(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 44 1").type("automations", "some")
    for box in (one for one in form.controls if one.name == "run"):
        box.values = [name for name in box.values if name in ("blueprint", "workflow")]

    receipt = receipt_of(client, press(client, form))

    assert "Only: Workflow rules, Blueprints" in receipt.text
    assert sandbox.matching(PUT)[0].body["trigger"] == ["workflow", "blueprint"]
    again = open_form(client, connection_id, "crm", "Leads", lead)
    assert again.control("automations").values == ["some"]
    assert [name for one in again.controls if one.name == "run" for name in one.values] == ["workflow", "blueprint"]


def test_a_ticket_can_be_closed_without_a_mail_to_the_customer(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    open_ticket = next(id_ for id_, record in sandbox.tickets.items() if record["status"] == "Open")
    form = open_form(client, connection_id, "desk", "tickets", open_ticket).choose("Status", "Closed")
    next(control for control in form.controls if control.name == "quiet_close").values = ["1"]

    receipt = receipt_of(client, press(client, form))

    assert "the customer was not notified" in receipt.text
    assert not sandbox.notices


# What is refused


def test_what_the_form_can_see_is_refused_at_its_field_and_nothing_is_sent(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "1" * 41).type("First Name", "Kept")

    page = press(client, form)

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert '<a href="#f_Phone">Phone</a>' in page.text
    assert re.search(r'id="e_Phone">[^<]*30', page.text)
    assert 'value="Kept"' in page.text
    assert f'value="{"1" * 41}"' in page.text
    assert sent(sandbox) == 0


def test_zohos_own_reason_stands_at_its_field_and_what_was_typed_is_kept(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    body = {
        "data": [
            {
                "code": "INVALID_DATA",
                "status": "error",
                "message": "invalid data",
                "details": {"api_name": "First_Name", "maximum_length": 2},
            }
        ]
    }
    sandbox.fail_next(PUT, status=400, body=body)
    form = open_form(client, connection_id, "crm", "Leads", lead).type("First Name", "Kept")

    page = press(client, form)

    assert page.status_code == 422
    assert 'id="e_First_Name"' in page.text
    assert "INVALID_DATA" in page.text
    assert 'value="Kept"' in page.text


# Who else was there


def test_a_crm_conflict_is_shown_field_by_field_and_settled_by_decision(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1").type("City", "Bern")
    clock.advance(minutes=2)
    sandbox.edit("Leads", lead, by="Ana Ruiz", Phone="+41 2", Street="New Street 1")

    page = press(client, form)

    assert page.status_code == 409
    text = text_of(page)
    assert "Ana Ruiz changed this record at 11:02 CET, after you opened it." in text
    assert re.search(r"Phone : was .+, is now \+41 2 , yours \+41 1", text)
    assert "New Street 1" in text
    assert sandbox.record("Leads", lead)["Phone"] == "+41 2"

    undecided = press(client, RecordForm(page))
    assert undecided.status_code == 409
    settled = decide(client, RecordForm(undecided), "mine", "Phone")
    assert settled.status_code == 200
    receipt_of(client, press(client, RecordForm(settled)))

    stored = sandbox.record("Leads", lead)
    assert (stored["Phone"], stored["City"], stored["Street"]) == ("+41 1", "Bern", "New Street 1")


def test_keeping_theirs_leaves_their_value(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1").type("City", "Bern")
    clock.advance(minutes=2)
    sandbox.edit("Leads", lead, Phone="+41 2")

    settled = decide(client, RecordForm(press(client, form)), "theirs", "Phone")
    receipt_of(client, press(client, RecordForm(settled)))

    assert (sandbox.record("Leads", lead)["Phone"], sandbox.record("Leads", lead)["City"]) == ("+41 2", "Bern")


def test_a_desk_conflict_is_found_although_desk_has_no_conditional_write(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, ticket: str, clock: Clock
) -> None:
    form = open_form(client, connection_id, "desk", "tickets", ticket).type("Subject", "Mine")
    clock.advance(minutes=2)
    sandbox.edit("tickets", ticket, subject="Theirs")

    page = press(client, form)

    assert page.status_code == 409
    assert re.search(r"Subject : was .+, is now Theirs , yours Mine", text_of(page))
    assert sandbox.tickets[ticket]["subject"] == "Theirs"


def test_the_same_form_sent_twice_writes_once(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    clock.advance(minutes=2)
    first = press(client, form)
    after_first = sandbox.record("Leads", lead)["Modified_Time"]
    clock.advance(minutes=2)

    again = press(client, form)

    assert again.location == first.location, "the receipt of the first is the answer to both"
    assert sandbox.record("Leads", lead)["Modified_Time"] == after_first


# What Zoho, or the way to it, could not do


def test_no_answer_is_unknown_until_it_is_checked(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    sandbox.fail_next(PUT, fault="reset_after")
    sandbox.fail_next("GET /crm/v8/{module}/{id}", status=500, times=None)

    receipt = receipt_of(client, press(client, form))

    assert "We do not know whether Zoho stored this" in receipt.text
    assert "Check now" in receipt.text
    assert sent(sandbox) == 1


def test_a_dead_token_keeps_what_was_typed_and_offers_to_reconnect(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    sandbox.revoke_all()

    page = press(client, form)

    assert page.status_code in (409, 502)
    assert f"/connect?connection={connection_id}" in unescape(page.text)
    assert "What you typed is kept" in page.text
    assert 'value="+41 1"' in page.text


def test_after_reconnecting_the_typed_values_are_offered_again(
    client: Visitor, connection_id: UUID, amend: Amend, operator: Operator, sandbox: Sandbox, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    sandbox.revoke_all()
    draft = re.search(r"\?draft=[0-9a-f-]{36}", press(client, form).text)
    assert draft is not None
    walk.connect(amend, operator.id, reconnects_id=connection_id)

    fresh = client.get(edit_path(connection_id, "crm", "Leads", lead))
    restored = client.get(edit_path(connection_id, "crm", "Leads", lead) + draft[0])

    assert "You typed something here that was never stored" in fresh.text
    assert "What you typed was kept" in restored.text
    assert 'value="+41 1"' in restored.text


def test_what_was_typed_can_be_discarded(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "1" * 41)
    press(client, form)
    here = edit_path(connection_id, "crm", "Leads", lead)
    page = client.get(here)
    assert "never stored" in page.text
    snapshot = form.control("snapshot").values[0]

    assert client.post(here, {"action": "discard", "snapshot": snapshot}).location.endswith(here)

    assert "never stored" not in client.get(here).text


def test_what_was_typed_survives_the_end_of_the_session(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    clock.advance(hours=13)

    turned_away = press(client, form)

    assert turned_away.status_code in (303, 400)
    snapshot = form.control("snapshot").values[0]
    assert f"draft%3D{snapshot}" in turned_away.text + (turned_away.location or "") or f"draft={snapshot}" in turned_away.text
    entered = client.sign_in(EMAIL, PASSWORD, next_path=f"{form.path}?draft={snapshot}")
    page = client.get(entered.location)
    assert "What you typed was kept" in page.text
    assert 'value="+41 1"' in page.text
    assert sent(sandbox) == 0


def test_what_was_typed_is_kept_when_the_form_cannot_even_be_shown(
    client: Visitor, connection_id: UUID, amend: Amend, sandbox: Sandbox, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    metadata.forget(amend, connection_id, "crm")
    sandbox.fail_next("GET /crm/v8/settings/fields", status=500, times=None)

    page = press(client, form)
    sandbox.clear_faults()

    assert page.status_code == 502
    assert "What you typed is kept for two weeks" in page.text
    restored = client.get(f"{form.path}?draft={form.control('snapshot').values[0]}")
    assert 'value="+41 1"' in restored.text
    assert sent(sandbox) == 0


def test_the_desk_organization_is_asked_for_and_the_edit_goes_on(
    client: Visitor, connection_id: UUID, amend: Amend, sandbox: Sandbox, ticket: str
) -> None:
    form = open_form(client, connection_id, "desk", "tickets", ticket).type("Subject", "Kept")
    sandbox.config.desk_orgs, sandbox.config.desk_org_bound = 2, False
    with amend.sessions.begin() as session:
        session.execute(update(Connection).values(desk_org_id=None))

    asked = press(client, form)
    assert "Which one should this connection edit?" in asked.text
    hidden = [(unescape(name), unescape(value)) for name, value in HIDDEN.findall(asked.text)]
    answer = client.client.post(form.path, data=MultiDict([*hidden, ("desk_org_id", "3981311")]))

    receipt_of(client, answer)
    assert sandbox.tickets[ticket]["subject"] == "Kept"


def test_a_missing_scope_is_named_with_the_button_that_asks_for_it(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    sandbox.fail_next(
        PUT, status=401, body={"code": "OAUTH_SCOPE_MISMATCH", "status": "error", "message": "invalid oauth scope", "details": {}}
    )

    page = press(client, form)

    assert page.status_code == 403
    assert "ZohoCRM.modules.leads.UPDATE" in page.text
    assert "Add it" in page.text
    assert 'value="+41 1"' in page.text


def test_a_snapshot_of_another_person_is_opened_anew(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    form.type("snapshot", "00000000-0000-4000-8000-000000000000")

    page = press(client, form)

    assert page.status_code == 409
    assert "too old" in page.text
    assert 'value="+41 1"' in page.text
    assert sent(sandbox) == 0


def test_posting_without_a_csrf_token_sends_nothing(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    form.type("csrf_token", "wrong")

    assert press(client, form).status_code == 400
    assert sent(sandbox) == 0


def test_a_form_of_three_hundred_fields_is_small(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    sandbox.config.wide_module = True
    record_id = sandbox.ids("Wide")[3]

    page = client.get(edit_path(connection_id, "crm", "Wide", record_id))

    assert page.status_code == 200
    assert len(page.data) < 250_000


def test_every_edit_is_in_the_history_once(client: Visitor, connection_id: UUID, amend: Amend, lead: str) -> None:
    receipt_of(client, press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")))

    with amend.sessions() as session:
        assert len(session.scalars(select(Step)).all()) == 1


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.dictionaries(
        st.sampled_from(["present", "f_Phone", "f_Owner", "f_Amount", "snapshot", "action", "decide", "desk_org_id", "automations"]),
        st.text(max_size=30),
    )
)
def test_no_posted_form_makes_the_page_fail(
    client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox, data: dict[str, str]
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead)
    token = form.control("csrf_token").values[0]

    answer = client.client.post(form.path, data={"csrf_token": token, **data})

    assert answer.status_code < 500


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_typed_value_makes_the_form_fail(client: Visitor, connection_id: UUID, sandbox: Sandbox, data: st.DataObject) -> None:
    form = open_form(client, connection_id, "crm", "Leads", sandbox.ids("Leads")[7])
    for control in form.controls:
        if control.name.startswith("f_") and data.draw(st.booleans()):
            control.values = data.draw(st.lists(st.text(max_size=20), max_size=2))

    assert press(client, form, "review").status_code in (200, 422)
