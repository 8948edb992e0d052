"""Every type of field in the form: what is chosen on the page is what Zoho holds, and what was not touched was not sent.

Long, for there is at least one test a type, and the types share one form.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from people import Operator
from sandbox.desk_records import desk_id
from sandbox.server import Sandbox
from tests import walk
from tests.conftest import EMAIL, PASSWORD, Clock
from tests.pages import Visitor, text_of
from tests.web.editing import RecordForm, decide, edit_path, open_form, press, receipt_of
from zoho import connections, metadata
from zoho.clients import crm_client
from zoho.runtime import Amend

SCOPES = (
    "ZohoCRM.files.CREATE",
    *(f"Desk.{module}.{verb}" for module in ("tasks", "calls", "events", "products") for verb in ("READ", "UPDATE")),
)
PUT = "PUT /crm/v8/{module}/{id}"


@pytest.fixture
def connection_id(amend: Amend, operator: Operator, sandbox: Sandbox) -> UUID:
    found = walk.connect(amend, operator.id, more_scopes=SCOPES).connection_id
    assert found is not None
    return found


@pytest.fixture
def van(sandbox: Sandbox) -> str:
    """A vehicle with two rows, two drivers, two mechanics, two photos and two pictures."""
    return sandbox.ids("Vehicles")[2]


@pytest.fixture
def form(client: Visitor, connection_id: UUID, van: str) -> RecordForm:
    return open_form(client, connection_id, "crm", "Vehicles", van)


def held(sandbox: Sandbox, van: str, name: str) -> Any:
    return sandbox.record("Vehicles", van)[name]


def last_body(sandbox: Sandbox) -> dict[str, Any]:
    """The record of the one write."""
    (only,) = sandbox.matching(PUT)
    (record,) = only.body["data"]
    return dict(record)


def test_a_form_that_nobody_touched_sends_nothing(client: Visitor, sandbox: Sandbox, form: RecordForm) -> None:
    answer = press(client, form)

    assert "Nothing was changed" in answer.text
    assert sandbox.matching(PUT) == []


def test_a_row_is_changed_one_added_and_one_removed_without_doubling_any(
    client: Visitor, sandbox: Sandbox, form: RecordForm, van: str
) -> None:
    first, second = held(sandbox, van, "Service_History")
    form.type("Service History, row 1, Garage", "Garage Rossi")
    form.choose("Service History, row 1, Kind", "Tyres")
    form.type("Service History, new row 3, Serviced On", "2026-10-01")
    form.type("Service History, new row 3, Price", "120.50")
    form.tick("Remove row 2", second["id"])

    receipt = receipt_of(client, press(client, form))

    sent = last_body(sandbox)["Service_History"]
    assert [set(row) for row in sent] == [{"id", "Garage", "Kind"}, {"Serviced_On", "Price"}, {"id", "_delete"}]
    now = held(sandbox, van, "Service_History")
    assert [(row["Garage"], row["Kind"]) for row in now] == [("Garage Rossi", "TyreChange"), (None, None)]
    assert now[0]["id"] == first["id"]
    assert "Stored" in text_of(receipt)
    assert "Garage: Garage Rossi; Kind: Tyres" in receipt.text
    assert "2. removed" in receipt.text
    assert "added: Serviced On: 2026-10-01; Price: 120.50" in receipt.text


def test_undo_of_rows_brings_them_back(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    before = held(sandbox, van, "Service_History")
    form.type("Service History, row 1, Garage", "Garage Rossi").type("Service History, new row 3, Garage", "Other")
    form.tick("Remove row 2", before[1]["id"])
    receipt = press(client, form)

    undone = receipt_of(client, client.post(f"{receipt.location}/undo", page=receipt.location))

    assert "Stored" in text_of(undone)
    plain = [{key: value for key, value in row.items() if key not in ("id", "Total")} for row in held(sandbox, van, "Service_History")]
    assert plain == [{key: value for key, value in row.items() if key not in ("id", "Total")} for row in before]


def test_a_cell_that_is_wrong_is_told_with_its_row_and_what_was_typed_is_kept(client: Visitor, sandbox: Sandbox, form: RecordForm) -> None:
    form.type("Service History, row 2, Serviced On", "soon").type("Service History, new row 3, Garage", "Rossi & <b>sons</b>")

    answer = press(client, form)

    assert answer.status_code == 422
    assert "Row 2, Serviced On: Write a date" in text_of(answer)
    assert RecordForm(answer).control("Service History, new row 3, Garage").values == ["Rossi & <b>sons</b>"]
    assert sandbox.matching(PUT) == []


def test_more_rows_are_added_on_the_page_and_what_was_typed_stays(client: Visitor, sandbox: Sandbox, form: RecordForm) -> None:
    form.type("Service History, new row 3, Garage", "Rossi").type("Vehicle Name", "Van of Rossi")

    answer = client.client.post(form.path, data=form.data(add="Service_History"))

    assert answer.status_code == 200
    again = RecordForm(answer)
    assert again.control("Service History, new row 3, Garage").values == ["Rossi"]
    assert again.control("Service History, new row 6, Garage").values == [""]
    assert again.control("Vehicle Name").values == ["Van of Rossi"]
    assert sandbox.matching(PUT) == []


def test_a_cell_left_alone_keeps_what_somebody_else_wrote_there(
    client: Visitor, sandbox: Sandbox, form: RecordForm, van: str, clock: Clock
) -> None:
    first, second = held(sandbox, van, "Service_History")
    form.type("Service History, row 1, Garage", "Mine")
    clock.advance(minutes=1)
    sandbox.edit("Vehicles", van, Service_History=[{**first, "Price": 111}, second])

    decided = decide(client, RecordForm(press(client, form)), "mine", "Service_History")
    receipt_of(client, press(client, RecordForm(decided)))

    assert next((row["Garage"], row["Price"]) for row in held(sandbox, van, "Service_History")) == ("Mine", 111)


def test_what_is_restored_of_a_row_is_only_what_was_typed(
    client: Visitor, sandbox: Sandbox, form: RecordForm, van: str, clock: Clock
) -> None:
    first, second = held(sandbox, van, "Service_History")
    sandbox.fail_next(PUT, status=500, body={"code": "INTERNAL_ERROR", "status": "error", "message": "x", "details": {}})
    press(client, form.type("Service History, row 1, Garage", "Mine"))
    clock.advance(minutes=1)
    sandbox.edit("Vehicles", van, Service_History=[{**first, "Price": 111}, second])
    (link,) = re.findall(r'href="([^"]*draft=[^"]*)"', client.get(form.path).text)
    sandbox.forget_calls()

    receipt_of(client, press(client, RecordForm(client.get(unescape(link)))))

    assert last_body(sandbox) == {"Service_History": [{"id": first["id"], "Garage": "Mine"}]}


def test_what_was_typed_into_a_row_that_somebody_removed_is_offered_as_a_new_row(
    client: Visitor, sandbox: Sandbox, form: RecordForm, van: str, clock: Clock
) -> None:
    _first, second = held(sandbox, van, "Service_History")
    form.type("Service History, row 1, Garage", "Mine")
    clock.advance(minutes=1)
    sandbox.edit("Vehicles", van, Service_History=[second])

    contested = press(client, form)
    assert "was removed in Zoho meanwhile: what you typed stands in a new row" in text_of(contested)
    decided = RecordForm(decide(client, RecordForm(contested), "mine", "Service_History"))
    assert decided.control("Service History, new row 2, Garage").values == ["Mine"]
    receipt_of(client, press(client, decided))

    assert [row["Garage"] for row in held(sandbox, van, "Service_History")][1:] == ["Mine"]


def test_a_driver_is_linked_and_another_unlinked(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    first, _second = held(sandbox, van, "Drivers")
    contact = sandbox.ids("Contacts")[77]
    form.type("Drivers, new record 3, Drivers", contact).tick("f_Drivers._delete", first["id"])

    receipt = receipt_of(client, press(client, form))

    assert last_body(sandbox) == {"Drivers": [{"Drivers": {"id": contact}}, {"id": first["id"], "_delete": None}]}
    assert contact in [row["Drivers"]["id"] for row in held(sandbox, van, "Drivers")]
    assert "Stored" in text_of(receipt)


def test_a_person_is_added_to_a_list_of_people_by_name(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    linked = {row["Mechanics"]["id"] for row in held(sandbox, van, "Mechanics")}
    control = form.control("Mechanics, new record 3, Mechanics")
    label = next(label for label, value in control.options.items() if value and value not in linked)
    form.choose("Mechanics, new record 3, Mechanics", label)

    receipt = receipt_of(client, press(client, form))

    assert len(held(sandbox, van, "Mechanics")) == 3
    assert "Stored" in text_of(receipt)


def test_a_file_is_uploaded_attached_and_an_old_one_removed(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    old, kept = held(sandbox, van, "Photos")
    form.attach("Photos: add files", ("Kaufvertrag ü.pdf", b"%PDF-1.7")).tick("f_Photos._delete", old["id"])
    form.attach("Pictures: add files", ("front.jpg", b"jpeg"), ("back.jpg", b"jpeg"))

    receipt = receipt_of(client, press(client, form))

    assert [row["File_Name__s"] for row in held(sandbox, van, "Photos")] == [kept["File_Name__s"], "Kaufvertrag ü.pdf"]
    assert [(row["File_Name__s"], row["Sequence_Number__s"]) for row in held(sandbox, van, "Pictures")][2:] == [
        ("front.jpg", 3),
        ("back.jpg", 4),
    ]
    assert "added: Kaufvertrag ü.pdf (8 B)" in receipt.text
    assert "Stored" in text_of(receipt)


def described(amend: Amend, connection_id: UUID, sandbox: Sandbox, name: str, **changes: Any) -> None:
    """From here on Zoho describes a field of vehicles otherwise."""
    with amend.reading() as session:
        zoho = crm_client(amend, connections.get(session, connection_id))
    fields, layouts = zoho.fields("Vehicles"), zoho.layouts("Vehicles")
    inside = [field for one in layouts for section in one["sections"] for field in section["fields"]]
    for field in (one for one in (*fields, *inside) if one["api_name"] == name):
        field |= changes
    sandbox.fail_next("GET /crm/v8/settings/fields", status=200, body={"fields": fields})
    sandbox.fail_next("GET /crm/v8/settings/layouts", status=200, body={"layouts": layouts})


def test_the_file_of_a_full_field_is_replaced_in_one_save(
    amend: Amend, client: Visitor, connection_id: UUID, sandbox: Sandbox, van: str
) -> None:
    described(amend, connection_id, sandbox, "Photos", length=2)
    form = open_form(client, connection_id, "crm", "Vehicles", van)
    full = press(client, form.attach("Photos: add files", ("new.pdf", b"x")))
    assert "Zoho accepts at most 2 files here" in text_of(full)

    old, kept = held(sandbox, van, "Photos")
    receipt_of(client, press(client, RecordForm(full).tick("f_Photos._delete", old["id"])))

    assert [row["File_Name__s"] for row in held(sandbox, van, "Photos")] == [kept["File_Name__s"], "new.pdf"]


@pytest.mark.parametrize("why", ["the session is over", "the page is stale", "the form cannot be read"])
def test_files_that_were_never_uploaded_are_named_to_be_chosen_again(
    amend: Amend, client: Visitor, connection_id: UUID, sandbox: Sandbox, form: RecordForm, clock: Clock, why: str
) -> None:
    form.type("Vehicle Name", "Renamed").attach("Photos: add files", ("a.pdf", b"x"), ("<b>.pdf", b"y"))
    if why == "the session is over":
        clock.advance(hours=13)
    elif why == "the page is stale":
        form.type("csrf_token", "wrong")
    else:
        metadata.forget(amend, connection_id, "crm")
        sandbox.fail_next("GET /crm/v8/settings/fields", status=500, times=None)
    press(client, form)
    sandbox.clear_faults()
    client.sign_in(EMAIL, PASSWORD)

    page = client.get(f"{form.path}?draft={form.control('snapshot').values[0]}")

    assert "Choose these files again: <bdi>a.pdf</bdi>, <bdi>&lt;b&gt;.pdf</bdi>." in page.text
    receipt_of(client, press(client, RecordForm(page)))
    assert last_body(sandbox) == {"Name": "Renamed"}


def test_a_reviewed_upload_is_attached_by_the_save_that_follows(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    review = press(client, form.attach("Photos: add files", ("a.pdf", b"x")), "review")
    assert "uploaded, not attached yet" in text_of(review)
    assert sandbox.matching(PUT) == []

    receipt_of(client, press(client, RecordForm(review)))

    assert held(sandbox, van, "Photos")[-1]["File_Name__s"] == "a.pdf"
    assert len(sandbox.matching("POST /crm/v8/files")) == 1


def test_a_failed_upload_loses_nothing_that_was_typed_or_uploaded(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    refusal = {"code": "STORAGE_SPACE_EXCEEDED", "status": "error", "message": "storage space exceeded", "details": {}}
    sandbox.fail_next("POST /crm/v8/files", status=400, body=refusal)
    form.type("Vehicle Name", "Renamed").attach("Photos: add files", ("bad.pdf", b"y"), ("good.pdf", b"x"))

    answer = press(client, form)

    assert answer.status_code >= 400
    assert "“bad.pdf” was not uploaded" in text_of(answer)
    assert sandbox.matching(PUT) == []
    again = RecordForm(answer)
    assert again.control("Vehicle Name").values == ["Renamed"]
    receipt_of(client, press(client, again))
    assert held(sandbox, van, "Photos")[-1]["File_Name__s"] == "good.pdf"


def test_an_empty_file_is_told_before_zoho_is_asked(client: Visitor, sandbox: Sandbox, form: RecordForm) -> None:
    answer = press(client, form.attach("Photos: add files", ("empty.txt", b"")))

    assert answer.status_code == 422
    assert "“empty.txt” was not uploaded: it is empty." in text_of(answer)
    assert sandbox.matching("POST /crm/v8/files") == []


def test_without_the_scope_an_upload_names_it_and_keeps_what_was_typed(amend: Amend, client: Visitor, operator: Operator, van: str) -> None:
    connection_id = walk.connect(amend, operator.id).connection_id
    assert connection_id is not None
    form = open_form(client, connection_id, "crm", "Vehicles", van)

    answer = press(client, form.type("Vehicle Name", "Renamed").attach("Photos: add files", ("a.pdf", b"x")))

    assert "ZohoCRM.files.CREATE" in answer.text
    assert RecordForm(answer).control("Vehicle Name").values == ["Renamed"]


def test_a_lookup_into_several_modules_takes_kind_and_id(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    account = sandbox.ids("Accounts")[4]
    form.choose("Leased To: kind of record", "Accounts").type("f_Leased_To.id", account)
    form.choose("Related To: kind of record", "Account").type("f_What_Id.id", account)

    receipt = receipt_of(client, press(client, form))

    sent = last_body(sandbox)
    assert sent == {"Leased_To": {"id": account}, "What_Id": {"id": account}, "$se_module": "Accounts"}
    assert held(sandbox, van, "Leased_To")["id"] == account
    assert "Stored" in text_of(receipt)


def test_undo_of_a_lookup_into_any_module_names_the_module_it_was_in(
    client: Visitor, sandbox: Sandbox, connection_id: UUID, van: str
) -> None:
    account, deal = sandbox.ids("Accounts")[3], sandbox.ids("Deals")[3]
    for module, record_id in (("Deals", deal), ("Accounts", account)):
        form = open_form(client, connection_id, "crm", "Vehicles", van)
        receipt = press(client, form.type("f_What_Id.module", module).type("f_What_Id.id", record_id))
    assert f"({deal}) in Deal" in text_of(client.get(receipt.location))
    sandbox.forget_calls()

    undone = receipt_of(client, client.post(f"{receipt.location}/undo", page=receipt.location))

    assert last_body(sandbox) == {"What_Id": {"id": deal}, "$se_module": "Deals"}
    assert "Stored" in text_of(undone)


def test_a_conflict_names_the_module_that_each_side_points_into(
    client: Visitor, sandbox: Sandbox, form: RecordForm, van: str, clock: Clock
) -> None:
    account, deal = sandbox.ids("Accounts")[5], sandbox.ids("Deals")[3]
    form.type("f_What_Id.module", "Accounts").type("f_What_Id.id", account)
    clock.advance(minutes=1)
    sandbox.edit("Vehicles", van, What_Id={"id": deal, "name": "Their deal"})

    contested = press(client, form)
    assert f"Their deal ({deal}) in Deal" in text_of(contested)
    assert f"{account} in Account" in text_of(contested)
    decided = decide(client, RecordForm(contested), "mine", "What_Id")
    sandbox.forget_calls()
    receipt_of(client, press(client, RecordForm(decided)))

    assert last_body(sandbox) == {"What_Id": {"id": account}, "$se_module": "Accounts"}


def test_a_row_added_where_zoho_shows_only_a_part_is_not_called_stored_differently(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, van: str
) -> None:
    partial = {**sandbox.record("Vehicles", van), "$has_more": {"Service_History": True}}
    sandbox.fail_next("GET /crm/v8/{module}/{id}", status=200, body={"data": [partial]}, times=None)
    form = open_form(client, connection_id, "crm", "Vehicles", van)

    receipt = receipt_of(client, press(client, form.type("Service History, new row 3, Garage", "Added")))

    assert "Zoho shows only a part of these rows" in text_of(client.get(form.path))
    assert held(sandbox, van, "Service_History")[-1]["Garage"] == "Added"
    assert "Zoho shows only a part of these rows" in text_of(receipt)
    assert "tored differently" not in text_of(receipt)
    assert "Not stored" not in text_of(receipt)


def test_a_masked_value_is_replaced_only_on_purpose(client: Visitor, sandbox: Sandbox, form: RecordForm, van: str) -> None:
    assert form.control("National Id").values == [""]

    receipt = receipt_of(client, press(client, form.type("National Id", "756.1234.5678.97")))

    assert held(sandbox, van, "National_Id") == "756.1234.5678.97"
    assert "756.1234.5678.97" not in receipt.text
    assert "Stored" in text_of(receipt)


def test_repetitions_and_reminders_are_shown_in_words(client: Visitor, connection_id: UUID, van: str) -> None:
    page = text_of(client.get(edit_path(connection_id, "crm", "Vehicles", van)))

    assert "every 6 months on day 1" in page
    assert "1 day before at 09:00" in page
    assert "by e-mail, at" in page


def test_rich_text_is_shown_as_it_reads_and_nothing_in_it_is_alive(client: Visitor, form: RecordForm) -> None:
    hostile = (
        '<p onclick="x()">Dear <b>Ana</b><script>alert(1)</script><img src=x onerror=alert(1) alt="us"><a href="javascript:x">here</a>'
    )

    page = press(client, form.type("Brief", hostile), "review").text

    (frame,) = re.findall(r"<iframe sandbox srcdoc=\"([^\"]*)\"", page)
    assert "&lt;p&gt;Dear &lt;b&gt;Ana&lt;/b&gt;[picture: us]&lt;a&gt;here&lt;/a&gt;" in frame
    for alive in ("script", "onclick", "onerror", "javascript", "img"):
        assert alive not in frame
    assert RecordForm(press(client, form, "review")).control("Brief").values == [hostile]


@pytest.mark.parametrize(
    ("module", "label", "typed", "key"),
    [
        ("tasks", "Subject", "Call the plumber", "subject"),
        ("calls", "Subject", "Call the plumber", "subject"),
        ("events", "Subject", "Visit the plumber", "subject"),
        ("products", "Unit Price", "19.90", "unitPrice"),
    ],
)
def test_more_kinds_of_desk_records_are_edited(
    client: Visitor, connection_id: UUID, sandbox: Sandbox, module: str, label: str, typed: str, key: str
) -> None:
    record_id = desk_id(module, 3)
    form = open_form(client, connection_id, "desk", module, record_id)

    receipt = receipt_of(client, press(client, form.type(label, typed)))

    assert "Stored" in text_of(receipt)
    assert open_form(client, connection_id, "desk", module, record_id).control(label).values == [typed]
    (only,) = sandbox.matching("PATCH /api/v1/{module}/{id}")
    assert only.body == {key: typed}


def test_desk_modules_stand_among_the_tabs(client: Visitor, connection_id: UUID) -> None:
    page = client.get(f"/connections/{connection_id}/records?product=desk&module=tasks")

    assert page.status_code == 200
    assert "Call back" in page.text


def test_what_zoho_did_not_show_is_said_to_be_so(client: Visitor, connection_id: UUID, sandbox: Sandbox, van: str) -> None:
    record = {key: value for key, value in sandbox.record("Vehicles", van).items() if key not in ("Brief", "Name")}
    sandbox.fail_next("GET /crm/v8/{module}/{id}", status=200, body={"data": [record]}, times=None)

    page = client.get(edit_path(connection_id, "crm", "Vehicles", van))

    assert 'id="n_Name">Zoho did not show this value.' in page.text
    assert RecordForm(page).control("Vehicle Name").values == [""]


def test_the_subform_whose_columns_are_not_known_is_named(
    amend: Amend, client: Visitor, connection_id: UUID, sandbox: Sandbox, van: str
) -> None:
    described(amend, connection_id, sandbox, "Service_History", field_label="Visits to <b>garages</b>")
    body = {"code": "NO_PERMISSION", "details": {}, "message": "permission denied", "status": "error"}
    sandbox.fail_next("GET /crm/v8/settings/fields", status=403, body=body)

    page = client.get(edit_path(connection_id, "crm", "Vehicles", van))

    assert "The columns of Visits to &lt;b&gt;garages&lt;/b&gt; are not known, so its rows are only shown" in page.text


def test_a_picklist_offers_to_be_empty_once(client: Visitor, connection_id: UUID, sandbox: Sandbox, form: RecordForm) -> None:
    """CRM lists -None-, which it stores as nothing; on Desk it is a value like the others."""
    options = form.control("Service History, row 1, Kind").options

    assert options["empty"] == ""
    assert "-None-" not in options
    receipt_of(client, press(client, form.choose("Service History, row 1, Kind", "empty").choose("Service History, row 2, Kind", "Repair")))
    ticket = open_form(client, connection_id, "desk", "tickets", next(iter(sandbox.tickets)))
    assert any("-None-" in control.options for control in ticket.controls)


def test_more_contacts_of_a_ticket_are_listed_by_id_and_taken_away_again(client: Visitor, connection_id: UUID, sandbox: Sandbox) -> None:
    ticket = next(iter(sandbox.tickets))
    contacts = [desk_id("contacts", number) for number in (4, 5)]
    form = open_form(client, connection_id, "desk", "tickets", ticket)

    receipt_of(client, press(client, form.type("Secondary Contacts", "\r\n".join(contacts))))
    form = open_form(client, connection_id, "desk", "tickets", ticket)
    assert form.control("Secondary Contacts").values == ["\r\n".join(contacts)]
    emptied = receipt_of(client, press(client, form.type("Secondary Contacts", "")))

    assert [call.body for call in sandbox.matching("PATCH /api/v1/{module}/{id}")] == [
        {"secondaryContacts": contacts},
        {"secondaryContacts": []},
    ]
    assert "Stored" in text_of(emptied)
