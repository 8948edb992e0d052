"""Lookups by typing a name: candidates with what tells them apart, and never a choice that the person did not make."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from sandbox.desk_records import desk_id
from sandbox.people import PEOPLE
from sandbox.server import Sandbox
from tests import walk
from tests.pages import Visitor, text_of
from tests.web.editing import RecordForm, edit_path, open_form, press, receipt_of
from zoho.runtime import Amend


def path(connection_id: UUID, product: str, target: str) -> str:
    return f"/connections/{connection_id}/candidates/{product}/{target}"


def ask(client: Visitor, connection_id: UUID, product: str, target: str, text: str) -> dict:  # type: ignore[type-arg]
    answer = client.get(path(connection_id, product, target), query_string={"q": text})
    assert answer.status_code == 200
    return answer.get_json()  # type: ignore[no-any-return]


def contact(sandbox: Sandbox) -> dict:  # type: ignore[type-arg]
    return sandbox.record("Contacts", sandbox.ids("Contacts")[2])


def test_candidates_carry_what_tells_them_apart_and_names_come_first(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    wanted = contact(sandbox)

    rows = ask(client, connection_id, "crm", "Contacts", wanted["Last_Name"])["rows"]

    mine = next(row for row in rows if row["id"] == wanted["id"])
    assert mine["name"] == wanted["Full_Name"]
    assert wanted["Email"] in mine["details"]
    assert len(rows) <= 20
    called = [wanted["Last_Name"].casefold() in row["name"].casefold() for row in rows]
    assert called == sorted(called, reverse=True)


def test_without_a_text_the_newest_are_offered(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    rows = ask(client, connection_id, "crm", "Accounts", "")["rows"]

    assert rows[0]["id"] == max(sandbox.ids("Accounts"), key=int)


def test_nothing_found_says_that_the_search_lags(client: Visitor, connection_id: UUID) -> None:
    found = ask(client, connection_id, "crm", "Contacts", "nobody-of-that-name")

    assert found["rows"] == []
    assert "does not know records saved in the last moments" in found["notice"]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("contacts", "a"),
        ("accounts", "a"),
        ("products", "a"),
        ("tickets", ""),
        ("agents", "ana"),
        ("teams", "first"),
        ("departments", "bill"),
    ],
)
def test_every_kind_of_desk_lookup_has_candidates(client: Visitor, connection_id: UUID, target: str, text: str) -> None:
    rows = ask(client, connection_id, "desk", target, text)["rows"]

    assert all(row["id"].isdigit() and row["name"] for row in rows)
    assert rows or target == "products"  # for which this connection has no scope


def test_people_are_found_by_name_and_inactive_ones_are_said(client: Visitor, connection_id: UUID) -> None:
    ana = PEOPLE[1]

    assert [row["id"] for row in ask(client, connection_id, "crm", "users", "ANA ruiz")["rows"]] == [ana.id]
    (boyle,) = ask(client, connection_id, "desk", "agents", "boyle")["rows"]
    assert boyle["warning"] == "inactive in Zoho"


def test_what_zoho_cannot_search_is_said_and_an_id_can_still_be_given(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    sandbox.fail_next("GET /crm/v8/{module}/search", status=500, times=None)

    assert "no search for contracts" in ask(client, connection_id, "desk", "contracts", "gold")["notice"]
    assert "An id can be given all the same." in ask(client, connection_id, "crm", "Contacts", "maria")["notice"]
    assert client.get(path(connection_id, "crm", "No Module")).status_code == 404


def test_candidates_are_for_the_connections_own_operator(
    client: Visitor, anonymous: Visitor, amend: Amend, connection_id: UUID, sandbox: Sandbox
) -> None:
    theirs = walk.connect(amend, walk.add(amend, "stranger@example.com")).connection_id
    assert theirs is not None

    assert client.get(path(theirs, "crm", "Contacts")).status_code == 404
    assert anonymous.get(path(connection_id, "crm", "Contacts")).status_code == 303


def test_a_typed_name_is_refused_at_the_field_with_candidates_and_nothing_else_is_lost(
    client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox
) -> None:
    wanted, before = contact(sandbox), sandbox.record("Leads", lead)["Referred_By"]
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Referred By", wanted["Full_Name"]).type("City", "Bern")

    refused = press(client, form)

    assert refused.status_code == 422
    assert "is not chosen yet" in text_of(refused)
    assert sandbox.record("Leads", lead)["Referred_By"] == before
    again = RecordForm(refused)
    assert again.control("City").values == ["Bern"]
    assert again.control("Referred By").values == [wanted["Full_Name"]]
    radios = [one for one in again.controls if one.name == "id_Referred_By"]
    assert radios
    assert all(one.kind == "radio" and not one.values for one in radios)  # none is chosen for the person

    chosen = next(one for one in radios if one.value.startswith(wanted["id"]))
    chosen.values = [chosen.value]
    shown = receipt_of(client, press(client, again))

    assert sandbox.record("Leads", lead)["Referred_By"]["id"] == wanted["id"]
    assert sandbox.record("Leads", lead)["City"] == "Bern"
    assert f"{wanted['Full_Name']} ({wanted['id']})" in text_of(shown)


def test_a_single_candidate_is_offered_and_not_taken(client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox) -> None:
    one = contact(sandbox)
    sandbox.edit("Contacts", one["id"], Last_Name="Quintessence", Full_Name="Zoë Quintessence")

    refused = press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Referred By", "Quintessence"))

    assert refused.status_code == 422
    assert refused.text.count('name="id_Referred_By"') == 1
    assert one["id"] in refused.text


def test_an_id_is_taken_as_it_is_and_an_empty_lookup_is_cleared(client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox) -> None:
    wanted = sandbox.ids("Contacts")[4]

    receipt_of(client, press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Referred By", wanted)))
    assert sandbox.record("Leads", lead)["Referred_By"]["id"] == wanted

    receipt_of(client, press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Referred By", "")))
    assert sandbox.record("Leads", lead)["Referred_By"] is None


def test_a_text_that_was_changed_after_the_choice_is_no_longer_that_choice(
    client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox
) -> None:
    first, second = sandbox.ids("Contacts")[4:6]
    receipt_of(client, press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Referred By", first)))
    form = open_form(client, connection_id, "crm", "Leads", lead)
    name = sandbox.record("Contacts", first)["Full_Name"]
    assert form.control("Referred By").values == [name]
    assert form.control("id_Referred_By").values == [f"{first} {name}"]

    assert press(client, form.type("Referred By", f"{name} Junior")).status_code == 422
    receipt_of(client, press(client, form.type("Referred By", second)))
    assert sandbox.record("Leads", lead)["Referred_By"]["id"] == second


def test_a_choice_that_another_field_sent_back_keeps_its_name(client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox) -> None:
    wanted = contact(sandbox)
    form = open_form(client, connection_id, "crm", "Leads", lead).type("Referred By", wanted["Full_Name"]).type("Email", "no e-mail")
    form.control("id_Referred_By").values = [f"{wanted['id']} {wanted['Full_Name']}"]
    form.control("as_Referred_By").values = [wanted["Full_Name"]]

    again = RecordForm(press(client, form))

    assert again.control("Referred By").values == [wanted["Full_Name"]]
    assert again.control("id_Referred_By").values == [f"{wanted['id']} {wanted['Full_Name']}"]


def test_an_untouched_lookup_is_not_sent(client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox) -> None:
    receipt_of(client, press(client, open_form(client, connection_id, "crm", "Leads", lead).type("City", "Chur")))

    (sent,) = sandbox.matching("PUT /crm/v8/{module}/{id}")[-1].body["data"]
    assert {"Referred_By", "Owner", "Reviewer"}.isdisjoint(sent)


def test_what_a_ticket_points_to_is_shown_by_name(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    ticket = sandbox.tickets[next(iter(sandbox.tickets))]

    form = open_form(client, connection_id, "desk", "tickets", ticket["id"])

    assert form.control("id_contactId").values[0].partition(" ")[0] == ticket["contactId"]
    for name in ("contactId", "accountId", "productId"):
        shown = form.control(f"f_{name}").values[0]
        assert shown
        assert shown != ticket[name]


def test_desk_lookups_are_typed_and_chosen_alike(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    ticket = desk_id("tickets", 2)
    form = open_form(client, connection_id, "desk", "tickets", ticket).type("Department", "Billing")

    refused = RecordForm(press(client, form))
    (choice,) = [one for one in refused.controls if one.name == "id_departmentId"]
    choice.values = [choice.value]
    receipt_of(client, press(client, refused))

    assert open_form(client, connection_id, "desk", "tickets", ticket).control("id_departmentId").values[0].startswith("189200000000006909")


def test_hostile_names_of_candidates_are_text(client: Visitor, connection_id: UUID, lead: str, sandbox: Sandbox) -> None:
    one = contact(sandbox)
    sandbox.edit("Contacts", one["id"], Last_Name="<script>alert(1)</script>", Full_Name='"><script>alert(1)</script>')

    refused = press(client, open_form(client, connection_id, "crm", "Leads", lead).type("Referred By", "script"))

    assert "<script>alert" not in refused.text
    assert re.search(r'value="\d+ &#34;&gt;&lt;script', refused.text) or "Nothing found" in refused.text


def test_the_control_is_called_as_its_field_alone(client: Visitor, connection_id: UUID, lead: str) -> None:
    page = client.get(edit_path(connection_id, "crm", "Leads", lead))

    assert re.findall(r'(?:aria-label|title)="Referred By"', page.text) == []
    assert re.search(r'<label for="f_Referred_By"[^>]*>Referred By</label>', page.text)
