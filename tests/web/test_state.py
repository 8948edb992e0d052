"""What state a record is in, its lock and its blueprint: said before editing, and asked for on demand."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import update

from people import Operator
from sandbox.desk_records import TICKET_STATES, desk_id
from sandbox.people import PEOPLE
from sandbox.server import Sandbox
from tests import walk
from tests.pages import TOKEN, Visitor, text_of
from tests.web.editing import RecordForm, edit_path, open_form, press, receipt_of
from zoho.connections import Connection
from zoho.runtime import Amend

LOCK = "GET /crm/v8/{module}/{id}/Locking_Information__s"
BLUEPRINT = "GET /crm/v8/{module}/{id}/actions/blueprint"
TAKE = "PUT /crm/v8/{module}/{id}/actions/blueprint"
NO_RIGHT = {"status": 403, "body": {"code": "NO_PERMISSION", "details": {}, "message": "permission denied", "status": "error"}}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def connection_id(amend: Amend, operator: Operator, sandbox: Sandbox) -> UUID:
    found = walk.connect(amend, operator.id, more_scopes=("ZohoCRM.modules.lockinginformation.READ",)).connection_id
    assert found is not None
    return found


@pytest.fixture
def deal(sandbox: Sandbox) -> str:
    """A deal in a blueprint, whose last transition asks for a description."""
    found = sandbox.special("Deals", "blueprint")
    sandbox.edit("Deals", found, Stage="Negotiation")
    return found


@pytest.fixture
def blueprint(connection_id: UUID, deal: str) -> str:
    """Path of its blueprint."""
    return edit_path(connection_id, "crm", "Deals", deal) + "/blueprint"


def transitions(client: Visitor, path: str) -> dict[str, str]:
    """The paths of the transitions that can be taken, by name."""
    found = re.findall(r'href="([^"]*transition=[^"]*)"><bdi dir="auto">([^<]*)<', client.get(path).text)
    return {unescape(name): unescape(href) for href, name in found}


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the transition's form."""
    form = page[page.index("<form", page.index("<main")) :]
    return {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)}


# What the record tells of itself


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("locked", "This record is locked."),
        ("converted", "This lead was converted."),
        ("in_merge", "This record is being merged with another."),
        ("not_editable", "The connected Zoho user may not edit this record."),
    ],
)
def test_a_state_that_bars_editing_is_said_first_and_makes_every_field_text(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, state: str, words: str
) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", sandbox.special("Leads", state)))

    assert page.status_code == 200
    assert text_of(page).index(words) < text_of(page).index("First Name")
    assert not [control for control in RecordForm(page).controls if control.name.startswith("f_")]
    assert ">Save<" not in page.text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("blueprint", "This record is in a blueprint."),
        ("in_approval", "This record waits for approval."),
        ("in_review", "This record waits for review."),
        ("draft", "This record is a draft."),
    ],
)
def test_a_state_that_may_take_edits_is_said_and_leaves_the_form(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, state: str, words: str
) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", sandbox.special("Leads", state)))

    assert words in text_of(page)
    assert RecordForm(page).control("First Name").name == "f_First_Name"


@pytest.mark.parametrize(
    ("state", "words"),
    [("locked", "This ticket is locked."), ("archived", "This ticket is archived."), ("spam", "This is marked as spam.")],
)
def test_the_state_of_a_ticket_is_said(client: Visitor, connection_id: UUID, state: str, words: str) -> None:
    page = client.get(edit_path(connection_id, "desk", "tickets", desk_id("tickets", TICKET_STATES[state])))

    assert words in text_of(page)
    assert RecordForm(page).control("Subject")


def test_a_record_in_no_state_says_nothing_of_it(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    for product, module, record_id in (("crm", "Leads", sandbox.ids("Leads")[5]), ("desk", "tickets", next(iter(sandbox.tickets)))):
        assert "alert-title" not in client.get(edit_path(connection_id, product, module, record_id)).text


def test_a_converted_lead_leads_to_what_it_became(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    lead = sandbox.special("Leads", "converted")
    contact = sandbox.record("Leads", lead)["Converted_Contact"]

    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert f'Open the contact: <a href="{edit_path(connection_id, "crm", "Contacts", contact["id"])}">' in page.text


def test_opening_a_record_again_reads_the_record_alone_whatever_its_state(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    for state in ("locked", "blueprint", "in_approval", "converted"):
        lead = sandbox.special("Leads", state)
        client.get(edit_path(connection_id, "crm", "Leads", lead))
        sandbox.forget_calls()

        client.get(edit_path(connection_id, "crm", "Leads", lead))

        read = [seen.path for seen in sandbox.requests]
        assert [path.removeprefix(f"/crm/v8/Leads/{lead}") for path in read] in ([""], ["", "/actions/fetch_full_data"])


def test_a_save_that_is_refused_for_the_state_says_what_the_page_would_have_said(
    client: Visitor, connection_id: UUID, sandbox: Sandbox
) -> None:
    form = open_form(client, connection_id, "crm", "Leads", sandbox.ids("Leads")[5])
    body = {"data": [{"code": "RECORD_LOCKED", "details": {"action": "record_locking"}, "message": "locked", "status": "error"}]}
    sandbox.fail_next("PUT /crm/v8/{module}/{id}", status=400, body=body)

    page = press(client, form.type("Company", "Typed GmbH"))

    assert page.status_code == 422
    assert "This record is locked." in text_of(page)
    assert "Who locked it, and why?" in page.text
    assert RecordForm(page).control("Company").values == ["Typed GmbH"]


# The lock


def test_who_locked_a_record_and_why_is_told_on_demand(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    path = edit_path(connection_id, "crm", "Leads", sandbox.special("Leads", "locked"))
    link = re.search(r'href="([^"]+/lock)" hx-get="\1"', client.get(path).text)
    assert link is not None

    whole, part = client.get(link[1]), client.get(link[1], headers=HTMX)

    for page in (whole, part):
        assert "Under audit until the end of the quarter" in text_of(page)
        assert f"{PEOPLE[1].name} (by hand)" in text_of(page)
    assert "<html" in whole.text
    assert "<html" not in part.text


def test_a_lock_that_is_gone_is_said_to_be_gone(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", sandbox.ids("Leads")[5]) + "/lock")

    assert "Zoho knows of no lock any more." in text_of(page)


# The blueprint


def test_the_transitions_are_shown_on_demand_with_what_they_ask_for(client: Visitor, blueprint: str) -> None:
    page = text_of(client.get(blueprint))

    assert "Qualification process" in page
    assert "Asks for Description" in page
    assert len(transitions(client, blueprint)) >= 2


def test_a_transition_is_a_plan_of_one_step_with_a_receipt(client: Visitor, blueprint: str, deal: str, sandbox: Sandbox) -> None:
    before = sandbox.record("Deals", deal)["Stage"]
    name, path = next((name, path) for name, path in transitions(client, blueprint).items() if name != before)
    page = client.get(path)
    assert "Take this transition" in page.text

    receipt = receipt_of(client, client.client.post(blueprint, data=fields(page.text) | {"action": "take"}))

    after = sandbox.record("Deals", deal)["Stage"]
    assert after != before
    assert f"Stored. Zoho now shows Stage = {after}" in text_of(receipt)
    assert f"Those of the transition “{name}”" in text_of(receipt)
    assert ">Undo<" not in receipt.text


def test_a_mandatory_field_of_a_transition_must_be_filled_and_is_sent_even_untouched(
    client: Visitor, blueprint: str, deal: str, sandbox: Sandbox
) -> None:
    (path,) = [path for name, path in transitions(client, blueprint).items() if asks(client, path)]
    page = client.get(path)
    refused = client.client.post(blueprint, data=fields(page.text) | {"f_Description": "", "action": "take"})
    assert refused.status_code == 422
    assert "cannot be empty" in text_of(refused)
    assert sandbox.calls(TAKE) == 0

    held = sandbox.record("Deals", deal)["Description"]
    receipt_of(client, client.client.post(blueprint, data=fields(refused.text) | {"f_Description": held, "action": "take"}))

    assert sandbox.matching(TAKE)[0].body["blueprint"][0]["data"] == {"Description": held}


def asks(client: Visitor, path: str) -> bool:
    return 'name="f_Description"' in client.get(path).text


def test_a_review_of_a_transition_sends_nothing(client: Visitor, blueprint: str, sandbox: Sandbox) -> None:
    page = client.get(next(iter(transitions(client, blueprint).values())))

    review = client.client.post(blueprint, data=fields(page.text) | {"action": "review", "f_Description": "x"})

    assert "Nothing has been sent yet." in text_of(review)
    assert sandbox.calls(TAKE) == 0


def test_a_transition_is_sent_once_however_often_the_button_is_pressed(client: Visitor, blueprint: str, sandbox: Sandbox) -> None:
    page = client.get(next(path for path in transitions(client, blueprint).values() if not asks(client, path)))
    data = fields(page.text) | {"action": "take"}

    client.client.post(blueprint, data=data)
    client.client.post(blueprint, data=data)

    assert sandbox.calls(TAKE) == 1


def test_a_record_that_somebody_changed_is_not_moved(client: Visitor, blueprint: str, deal: str, sandbox: Sandbox) -> None:
    page = client.get(next(path for path in transitions(client, blueprint).values() if not asks(client, path)))
    sandbox.edit("Deals", deal, Deal_Name="Another name")

    answer = client.client.post(blueprint, data=fields(page.text) | {"action": "take"})

    assert answer.status_code == 409
    assert "Somebody changed the record after it was opened." in text_of(answer)
    assert sandbox.calls(TAKE) == 0


@pytest.mark.parametrize("transition", ["1", "x", "", "5725767000000000001<script>"])
def test_a_transition_that_is_none_is_refused(client: Visitor, blueprint: str, sandbox: Sandbox, transition: str) -> None:
    data = {"csrf_token": client.token("/history"), "transition": transition, "action": "take"}

    assert client.client.post(blueprint, data=data).status_code == 409
    assert sandbox.calls(TAKE) == 0


def test_a_transition_that_zoho_refuses_keeps_what_was_typed(client: Visitor, blueprint: str, sandbox: Sandbox) -> None:
    (path,) = [path for path in transitions(client, blueprint).values() if asks(client, path)]
    page = client.get(path)
    sandbox.fail_next(TAKE, **NO_RIGHT)

    answer = client.client.post(blueprint, data=fields(page.text) | {"f_Description": "typed text", "action": "take"})

    assert answer.status_code == 403
    assert "typed text" in answer.text


def test_a_page_that_is_too_old_is_opened_anew(client: Visitor, blueprint: str, sandbox: Sandbox) -> None:
    page = client.get(next(iter(transitions(client, blueprint).values())))

    answer = client.client.post(blueprint, data=fields(page.text) | {"snapshot": str(uuid4()), "action": "take"})

    assert answer.status_code == 409
    assert "too old to compare with" in text_of(answer)
    assert sandbox.calls(TAKE) == 0


# Each of them


@pytest.mark.parametrize(("what", "route"), [("lock", LOCK), ("blueprint", BLUEPRINT)])
def test_what_zoho_refuses_is_said_with_a_next_step(
    client: Visitor, connection_id: UUID, deal: str, sandbox: Sandbox, what: str, route: str
) -> None:
    path = edit_path(connection_id, "crm", "Deals", deal) + f"/{what}"
    sandbox.fail_next(route, times=2, **NO_RIGHT)

    whole, part = client.get(path), client.get(path, headers=HTMX)

    assert (whole.status_code, part.status_code) == (403, 200)
    assert 'role="alert"' in whole.text
    assert 'role="alert"' in part.text


@pytest.mark.parametrize("what", ["lock", "blueprint", "history"])
def test_another_operators_record_is_not_found(
    amend: Amend, client: Visitor, connection_id: UUID, deal: str, sandbox: Sandbox, what: str
) -> None:
    with amend.sessions.begin() as session:
        session.execute(update(Connection).values(user_id=walk.add(amend, "eve@example.com")))
    sandbox.forget_calls()

    answer = client.get(edit_path(connection_id, "crm", "Deals", deal) + f"/{what}")

    assert answer.status_code == 404
    assert sandbox.requests == []


@pytest.mark.parametrize("what", ["lock", "blueprint", "history"])
def test_an_address_that_names_no_record_is_not_found(client: Visitor, connection_id: UUID, what: str) -> None:
    for path in ("crm/1Leads/1", "crm/Leads/12x", "mail/Leads/1"):
        assert client.get(f"/connections/{connection_id}/records/{path}/{what}").status_code == 404
    assert client.get(edit_path(connection_id, "desk", "tickets", "1") + "/lock").status_code == 404


@pytest.mark.parametrize("what", ["lock", "blueprint", "history"])
def test_nobody_sees_it_without_signing_in(app: Flask, connection_id: UUID, deal: str, what: str) -> None:
    answer = Visitor(app.test_client()).get(edit_path(connection_id, "crm", "Deals", deal) + f"/{what}")

    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/sign-in")


def test_a_transition_wants_its_csrf_token(client: Visitor, blueprint: str, sandbox: Sandbox) -> None:
    page = client.get(next(iter(transitions(client, blueprint).values())))
    assert TOKEN.search(page.text)

    answer = client.client.post(blueprint, data=fields(page.text) | {"csrf_token": "", "action": "take"})

    assert answer.status_code == 400
    assert sandbox.calls(TAKE) == 0
