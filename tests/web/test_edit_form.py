"""The form around its fields: picklists that follow, drafts, decisions for all, what is remembered."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict

from sandbox.server import Sandbox
from tests.conftest import EMAIL, PASSWORD, Clock
from tests.pages import Visitor, text_of
from tests.web.editing import RecordForm, decide, edit_path, open_form, press, receipt_of
from tests.zoho.fields.given import crm_meta, layout, pick
from zoho import connections
from zoho.clients import crm_client
from zoho.runtime import Amend

PUT = "PUT /crm/v8/{module}/{id}"
DEPENDENCIES = "GET /crm/v8/settings/layouts/{id}/map_dependency"


@pytest.fixture
def deal(sandbox: Sandbox) -> str:
    """A deal of the standard pipeline, at its first stage."""
    return next(id_ for id_ in sandbox.ids("Deals")[3:60] if sandbox.record("Deals", id_)["Stage"] == "Qualification")


# Picklists that follow another


def test_a_pair_that_does_not_go_together_is_refused_with_what_does(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, deal: str
) -> None:
    form = open_form(client, connection_id, "crm", "Deals", deal).choose("Pipeline", "Renewal")

    page = press(client, form)

    assert page.status_code == 422
    words = "“Qualification” does not go with Pipeline “Renewal”. It allows: Negotiation, Won, Lost."
    assert re.search(rf'id="e_Stage">{words}', page.text)
    assert sandbox.matching(PUT) == []


def test_without_javascript_the_options_can_be_shown_for_what_was_chosen(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, deal: str
) -> None:
    form = open_form(client, connection_id, "crm", "Deals", deal).choose("Pipeline", "Renewal").type("Deal Name", "Kept")

    page = press(client, form, "show")

    assert page.status_code == 200
    assert '<option value="Proposal" hidden disabled' in page.text
    assert re.search(r'<option value="Negotiation" data-colour="#[0-9a-f]{6}">', page.text)
    assert 'value="Kept"' in page.text
    assert sandbox.matching(PUT) == []
    receipt_of(client, press(client, RecordForm(page).choose("Stage", "Negotiation")))
    stored = sandbox.record("Deals", deal)
    assert (stored["Pipeline"], stored["Stage"], stored["Deal_Name"]) == ("Renewal", "Negotiation", "Kept")


def without_maps(amend: Amend, connection_id: UUID, sandbox: Sandbox) -> None:
    """From here on neither the fields nor the layouts of deals say what goes together."""
    with amend.reading() as session:
        client = crm_client(amend, connections.get(session, connection_id))
    layouts = client.layouts("Deals")
    for field in (field for one in layouts for section in one["sections"] for field in section["fields"]):
        field["pick_list_values"] = [{**value, "maps": []} for value in field["pick_list_values"]]
    sandbox.fail_next("GET /crm/v8/settings/layouts", status=200, body={"layouts": layouts}, times=None)
    sandbox.forget_calls()


def test_what_goes_together_is_asked_for_where_the_layout_does_not_say(
    amend: Amend, client: Visitor, connection_id: UUID, sandbox: Sandbox, deal: str
) -> None:
    without_maps(amend, connection_id, sandbox)

    for _ in range(2):
        form = open_form(client, connection_id, "crm", "Deals", deal).choose("Pipeline", "Renewal")
        assert "does not go with Pipeline “Renewal”" in text_of(press(client, form))

    assert sandbox.calls(DEPENDENCIES) == 1


def test_a_form_opens_although_what_goes_together_cannot_be_read(
    amend: Amend, client: Visitor, connection_id: UUID, sandbox: Sandbox, deal: str
) -> None:
    without_maps(amend, connection_id, sandbox)
    sandbox.fail_next(DEPENDENCIES, status=404, body={"code": "INVALID_URL_PATTERN", "status": "error", "message": "x", "details": {}})

    page = client.get(edit_path(connection_id, "crm", "Deals", deal))

    assert page.status_code == 200
    assert "Which values of picklists go together is not known" in text_of(page)


def test_a_pair_that_stood_there_before_is_no_business_of_this_edit(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, deal: str
) -> None:
    sandbox.edit("Deals", deal, Pipeline="Renewal", Stage="Proposal")
    form = open_form(client, connection_id, "crm", "Deals", deal).type("Deal Name", "Another name")

    receipt_of(client, press(client, form))

    assert sandbox.record("Deals", deal)["Deal_Name"] == "Another name"


# What the layout and the profile say


def described(sandbox: Sandbox, *fields: dict[str, Any]) -> None:
    """Zoho describes a lead by these fields alone."""
    sandbox.fail_next("GET /crm/v8/settings/fields", status=200, body={"fields": list(fields)})
    shown = layout(*(one for one in fields if one["visible"]), layout_id="9")
    sandbox.fail_next("GET /crm/v8/settings/layouts", status=200, body={"layouts": [shown]})


def test_what_the_profile_hides_is_said(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    described(sandbox, crm_meta("Last_Name"), crm_meta("Salary", visible=False))

    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert "Hidden from your Zoho profile, and so left as they are: Salary" in text_of(page)
    assert "f_Salary" not in page.text


def test_a_colour_of_zohos_is_shown_and_anything_else_is_not(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    options = [pick("Contacted", colour_code="#25b52a"), pick("Lost", colour_code='url(//evil.example)"><script>')]
    described(sandbox, crm_meta("Lead_Status", "picklist", pick_list_values=options))
    sandbox.edit("Leads", lead, Lead_Status="Contacted")

    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert '<rect width="100%" height="100%" fill="#25b52a"/>' in page.text
    assert "evil.example" not in page.text


def test_two_columns_where_the_layout_has_them(client: Visitor, connection_id: UUID, lead: str) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert '<div class="columns">' in page.text


# Drafts


def draft(client: Visitor, form: RecordForm) -> int:
    return client.client.post(f"{form.path}/draft", data=form.data()).status_code


def test_a_draft_kept_while_typing_is_offered_with_its_fields_and_restored(client: Visitor, connection_id: UUID, lead: str) -> None:
    assert draft(client, open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1").type("City", "Bern")) == 204

    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert "You typed something here that was never stored: Phone, City" in text_of(page)
    address = re.search(r'href="([^"]+\?draft=[^"]+)"', page.text)
    assert address is not None
    assert 'value="+41 1"' in client.get(address[1]).text


def test_what_was_taken_back_leaves_no_draft(client: Visitor, connection_id: UUID, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead)
    was = form.control("Phone").values
    draft(client, form.type("Phone", "+41 1"))

    assert draft(client, form.type("Phone", *was)) == 204

    assert "never stored" not in client.get(form.path).text


def test_looking_at_a_review_of_nothing_leaves_no_draft(client: Visitor, connection_id: UUID, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead)
    press(client, form, "review")
    press(client, form)

    assert "never stored" not in client.get(form.path).text


def test_a_draft_of_a_form_that_was_sent_is_not_kept(client: Visitor, connection_id: UUID, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    receipt_of(client, press(client, form))

    assert draft(client, form.type("Phone", "+41 2")) == 404
    assert "never stored" not in client.get(form.path).text


def test_a_draft_needs_no_answer_of_zoho(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    clock.advance(hours=3)
    sandbox.revoke_all()

    assert draft(client, form) == 204


@pytest.mark.parametrize("snapshot", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_a_draft_of_no_form_is_not_found(client: Visitor, connection_id: UUID, lead: str, snapshot: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1").type("snapshot", snapshot)

    assert draft(client, form) == 404


def test_a_draft_wants_its_csrf_token(client: Visitor, connection_id: UUID, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1").type("csrf_token", "wrong")

    assert draft(client, form) == 400


def test_a_draft_of_somebody_whose_session_ended_waits_for_them(
    client: Visitor, anonymous: Visitor, connection_id: UUID, lead: str
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    answer = anonymous.client.post(f"{form.path}/draft", data=form.data(csrf_token=anonymous.token()))
    assert (answer.status_code, "/sign-in" in answer.location) == (303, True)

    anonymous.sign_in(EMAIL, PASSWORD)

    assert "never stored: Phone" in text_of(anonymous.get(form.path))


# Conflicts, all at once


@pytest.mark.parametrize(("whose", "stored"), [("mine", ("+41 1", "Bern")), ("theirs", ("+41 2", "Basel"))])
def test_all_contested_fields_are_settled_by_one_button(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str, clock: Clock, whose: str, stored: tuple[str, str]
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead)
    form.type("Phone", "+41 1").type("City", "Bern").type("First Name", "Zoë")
    clock.advance(minutes=2)
    sandbox.edit("Leads", lead, by="Noor Haddad", Phone="+41 2", City="Basel")
    page = press(client, form)
    assert f'value="{whose}:*"' in page.text

    settled = decide(client, RecordForm(page), whose, "*")
    receipt_of(client, press(client, RecordForm(settled)))

    now = sandbox.record("Leads", lead)
    assert ((now["Phone"], now["City"]), now["First_Name"]) == (stored, "Zoë")


# What is remembered


def test_the_next_edit_starts_with_the_automations_of_the_last(client: Visitor, connection_id: UUID, sandbox: Sandbox, lead: str) -> None:
    press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1").type("automations", "none"))

    form = open_form(client, connection_id, "crm", "Leads", sandbox.ids("Leads")[8])

    assert form.control("automations").values == ["none"]


def test_not_to_notify_a_customer_is_no_habit(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    ticket, other = [id_ for id_, record in sandbox.tickets.items() if record["status"] == "Open"][:2]
    form = open_form(client, connection_id, "desk", "tickets", ticket).choose("Status", "Closed").type("quiet_close", "1")
    receipt_of(client, press(client, form))

    assert open_form(client, connection_id, "desk", "tickets", other).data().getlist("quiet_close") == []


def test_the_form_says_which_statuses_close_a_ticket(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(edit_path(connection_id, "desk", "tickets", next(iter(sandbox.tickets))))

    assert 'data-closing="[&#34;Closed&#34;]"' in page.text


def test_a_form_of_another_person_keeps_nothing(client: Visitor, connection_id: UUID, lead: str, anonymous: Visitor) -> None:
    """Without our seal the id of a form, which stands in addresses, adds nothing to its draft."""
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Phone", "+41 1")
    data = MultiDict([(key, value) for key, value in form.data(csrf_token=anonymous.token()).items(multi=True) if key != "seal"])
    anonymous.client.post(f"{form.path}/draft", data=data)

    assert "never stored" not in client.get(form.path).text
