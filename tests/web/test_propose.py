"""Proposing a plan of many from a list, a view or pasted ids: the page, its values, and the rows that come of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from changes import jobs, rows, runner
from sandbox.server import Sandbox
from tests import walk
from tests.pages import Visitor, text_of
from tests.web.editing import RecordForm
from zoho.runtime import Amend


class Form(RecordForm):
    """The form of the page."""

    def press(self, client: Visitor, action: str) -> TestResponse:
        """Send it by one of its buttons."""
        return client.client.post(self.path, data=self.data(action=action))


@pytest.fixture
def leads(sandbox: Sandbox) -> list[str]:
    return [id for id in sandbox.ids("Leads") if id not in sandbox.hostile("Leads")][:3]


def new(connection_id: UUID) -> str:
    return f"/connections/{connection_id}/plans/new"


def tick(client: Visitor, connection_id: UUID, ids: list[str], **more: str) -> TestResponse:
    """What the find page sends for the ticked rows."""
    where = {"product": "crm", "module": "Leads", "kind": "ids"} | more
    token = client.token(f"/connections/{connection_id}/records?product={where['product']}&module={where['module']}")
    return client.client.post(new(connection_id), data=MultiDict([("csrf_token", token), *where.items(), *(("id", id) for id in ids)]))


def choose(client: Visitor, answer: TestResponse, *names: str) -> Form:
    """Tick these fields and ask for their controls."""
    form = Form(answer)
    for name in names:
        form.tick("field", name)
    return Form(form.press(client, "fields"))


def plan_of(amend: Amend, answer: TestResponse) -> UUID:
    assert answer.status_code == 303, text_of(answer)
    plan_id = UUID(answer.location.removeprefix("/plans/"))
    runner.run(amend, plan_id)
    return plan_id


def given(amend: Amend, plan_id: UUID) -> dict[str, Any]:
    """What the rows of a plan set, by record."""
    return {row.record_id: row.given for row in rows.page(amend, plan_id, -1, 1_000)}


def test_ticked_records_become_a_plan_that_is_previewed(client: Visitor, amend: Amend, connection_id: UUID, leads: list[str]) -> None:
    form = choose(client, tick(client, connection_id, leads), "City", "Lead_Status")

    answer = form.type("City", "Zürich").choose("Lead Status", "Contacted").press(client, "preview")

    plan_id = plan_of(amend, answer)
    assert given(amend, plan_id) == {id: {"City": "Zürich", "Lead_Status": "Contacted"} for id in leads}
    job = jobs.load(amend, plan_id)
    assert (job.title, job.state) == ("Lead Status, City of 3 Leads", "previewed")
    assert job.fields == {"City": "City", "Lead_Status": "Lead Status"}
    assert job.count("ready") == 3


def test_all_that_a_search_finds_is_a_plan(client: Visitor, amend: Amend, connection_id: UUID, sandbox: Sandbox, leads: list[str]) -> None:
    for id in leads:
        sandbox.edit("Leads", id, Last_Name="Quokka")
    answer = tick(client, connection_id, [], kind="listing", q="quokka")
    assert "all Leads that Zoho finds for “quokka”" in text_of(answer)

    plan_id = plan_of(amend, choose(client, answer, "City").type("City", "Bern").press(client, "preview"))

    assert given(amend, plan_id) == {id: {"City": "Bern"} for id in leads}


def test_a_ticked_row_carries_the_name_of_its_record(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    page = client.get(f"/connections/{connection_id}/records?product=crm&module=Leads")

    name = sandbox.record("Leads", sandbox.ids("Leads")[-1])["Full_Name"]
    assert f'aria-label="Select {name}"' in page.text
    assert "Change all that this list finds" in text_of(page)


def test_pasted_ids_are_told_apart_and_wrong_ones_are_named(client: Visitor, amend: Amend, connection_id: UUID, leads: list[str]) -> None:
    form = choose(client, client.get(f"{new(connection_id)}?where=crm/Leads"), "City").type("City", "Bern")
    wrong = form.type("ids", f"zcrm_{leads[0]},{leads[1]}\n5.72577E+18; María").press(client, "preview")
    assert wrong.status_code == 422
    assert "“5.72577E+18” is not a record id" in text_of(wrong)
    assert "“María” is not a record id" in text_of(wrong)

    form = Form(wrong)
    assert form.control("City").values == ["Bern"]
    answer = form.type("ids", f"zcrm_{leads[0]},{leads[1]}\n {leads[1]}").press(client, "preview")

    assert list(given(amend, plan_of(amend, answer))) == leads[:2]


def test_no_record_and_no_field_are_said(client: Visitor, connection_id: UUID) -> None:
    form = Form(tick(client, connection_id, []))

    answer = form.press(client, "preview")

    assert answer.status_code == 422
    assert "No record is chosen" in text_of(answer)
    assert "Choose at least one field to set." in text_of(answer)


def test_a_field_without_a_value_is_asked_for_one_or_made_empty(
    client: Visitor, amend: Amend, connection_id: UUID, leads: list[str]
) -> None:
    form = choose(client, tick(client, connection_id, leads[:1]), "City", "Last_Name", "Email")
    form.type("Email", "nobody")

    answer = form.type("City", "   ").press(client, "preview")

    assert answer.status_code == 422
    assert "Give a value, or tick “Make City empty”." in text_of(answer)
    assert "Give a value, or tick “Make Last Name empty”." in text_of(answer)
    form = Form(answer).tick("empty", "City").type("Last Name", "Muster").type("Email", "nobody@example.com")
    assert "Last_Name" not in [one.value for one in form.controls if one.name == "empty"]
    plan_id = plan_of(amend, form.press(client, "preview"))
    (row,) = rows.page(amend, plan_id, -1, 10)
    assert row.given == {"City": None, "Last_Name": "Muster", "Email": "nobody@example.com"}


def test_every_kind_of_control_gives_a_value_that_the_preview_understands(
    client: Visitor, amend: Amend, connection_id: UUID, leads: list[str], sandbox: Sandbox
) -> None:
    contact = sandbox.ids("Contacts")[2]
    typed = {
        "Description": ["two\r\nlines"],
        "Email_Opt_Out": ["true"],
        "Budget": ["1234.5"],
        "Referred_By": [contact],
        "First_Contact": ["2026-11-02"],
        "Next_Call": ["2026-11-27T14:30"],
        "Interests": ["Opera", "Chess_Go"],
    }
    form = choose(client, tick(client, connection_id, leads[:1]), *typed)
    for name, values in typed.items():
        form.type(f"f_{name}", *values)

    plan_id = plan_of(amend, form.press(client, "preview"))

    (row,) = rows.page(amend, plan_id, -1, 10)
    assert row.kind == "ready", row.refusals
    sent = {change["name"]: change["sent"] for change in row.changes}
    assert sent["Description"] == "two\nlines"
    assert sent["Next_Call"] == "2026-11-27T14:30:00+01:00"
    assert sorted(sent["Interests"]) == ["Chess_Go", "Opera"]


def test_a_lookup_by_a_name_offers_who_is_meant(client: Visitor, connection_id: UUID, leads: list[str], sandbox: Sandbox) -> None:
    sandbox.edit("Contacts", sandbox.ids("Contacts")[2], Last_Name="Quokka", Full_Name="Quokka")
    form = choose(client, tick(client, connection_id, leads[:1]), "Referred_By")

    answer = form.type("Referred By", "quokka").press(client, "preview")

    assert answer.status_code == 422
    assert "“ quokka ” may be" in text_of(answer)


def test_tickets_are_changed_too(client: Visitor, amend: Amend, connection_id: UUID, sandbox: Sandbox) -> None:
    ids = list(sandbox.tickets)[:2]
    answer = tick(client, connection_id, ids, product="desk", module="tickets")

    plan_id = plan_of(amend, choose(client, answer, "priority").choose("Priority", "High").press(client, "preview"))

    assert given(amend, plan_id) == {id: {"priority": "High"} for id in ids}
    assert jobs.load(amend, plan_id).count("faulty") == 0


def test_what_was_typed_survives_an_expired_session(client: Visitor, anonymous: Visitor, connection_id: UUID, leads: list[str]) -> None:
    form = choose(client, tick(client, connection_id, leads), "City").type("City", "Zürich")

    turned_away = anonymous.client.post(form.path, data=form.data(action="preview"))

    assert turned_away.status_code == 303
    back = dict(parse_qsl(urlsplit(turned_away.location).query))["next"]
    form = Form(client.get(back))
    assert form.control("City").values == ["Zürich"]
    assert form.control("ids").values == ["\r\n".join(leads)]


def test_what_was_typed_survives_a_zoho_that_refuses(
    client: Visitor, amend: Amend, connection_id: UUID, leads: list[str], sandbox: Sandbox
) -> None:
    form = choose(client, tick(client, connection_id, leads), "City").type("City", "Zürich")
    sandbox.revoke_all()
    with amend.writing() as transaction:
        transaction.exec_driver_sql("DELETE FROM zoho_metadata")

    answer = form.press(client, "preview")

    assert answer.status_code >= 400
    assert "What you typed is kept" in text_of(answer)
    assert "draft=" in answer.text


def test_an_expired_page_without_its_seal_writes_nothing(
    client: Visitor, anonymous: Visitor, connection_id: UUID, leads: list[str]
) -> None:
    form = choose(client, tick(client, connection_id, leads), "City").type("City", "Zürich")
    form.type("seal", "forged")

    turned_away = anonymous.client.post(form.path, data=form.data(action="preview"))

    back = dict(parse_qsl(urlsplit(turned_away.location).query))["next"]
    assert 'value="Zürich"' not in client.get(back).text


def test_anothers_connection_and_a_module_that_is_none_lead_nowhere(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    other = walk.connect(amend, walk.add(amend, "bob@example.com")).connection_id
    assert client.get(f"/connections/{other}/plans").status_code == 404
    assert client.get(f"/connections/{other}/plans/new?where=crm/Leads").status_code == 404
    assert client.post(f"/connections/{other}/plans/new", {"where": "crm/Leads"}, page="/plans/new").status_code == 404
    assert client.post(new(connection_id), {"where": "crm/../x"}, page="/plans/new").status_code == 400


def test_the_way_to_a_plan_begins_with_the_connection(client: Visitor, connection_id: UUID) -> None:
    page = client.get("/plans/new", follow_redirects=True)

    assert page.request.path == f"/connections/{connection_id}/plans"
    for words in ("From a list or a search", "By their ids", "From a spreadsheet"):
        assert words in text_of(page)
