"""The one road of a write, against the sandbox: only changed fields leave, and what comes back is proved."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from changes import drafts, execute_tool, history, road, undo
from changes.history import Filter
from changes.plans import Receipt, Verdict
from changes.road import Conflict, Preview
from tests.walk import add
from zoho import connections, metadata
from zoho.answers import Question, Refused
from zoho.errors import InvalidGrantError, NotFoundError

pytestmark = pytest.mark.both_databases

PUT = "PUT /crm/v8/{module}/{id}"
PATCH = "PATCH /api/v1/tickets/{id}"


def opened(amend, ana, connection_id, product, module, record_id):
    found = drafts.open_record(amend, ana, connection_id, product, module, record_id)
    assert not isinstance(found, Question)
    return found


def typed(found, **values):
    """Every editable field as its control shows it, and these as typed over it."""
    form = {}
    for field in found.record_form.form.by_name.values():
        if field.is_editable:
            shown = field.control(field.read(found.record), found.zone)
            form[field.name] = [shown] if isinstance(shown, str) else list(shown)
    return form | {name: [value] if isinstance(value, str) else value for name, value in values.items()}


def test_a_form_that_nobody_touched_sends_nothing(amend, sandbox, ana, connection_id):
    for module in ("Leads", "Contacts", "Accounts", "Deals", "Vehicles"):
        for record_id in [*sandbox.hostile(module)[:12], *sandbox.ids(module)[:2]]:
            found = opened(amend, ana, connection_id, "crm", module, record_id)
            assert found.parse(typed(found)) == drafts.Parsed((), {}), (module, record_id)
    for module in ("tickets", "contacts", "accounts"):
        for row in execute_tool(amend, connection_id, f"desk.list_{module}", {"limit": 50}).value.records[:4]:
            found = opened(amend, ana, connection_id, "desk", module, row["id"])
            assert found.parse(typed(found)) == drafts.Parsed((), {}), (module, row["id"])


def test_saving_sends_only_the_changed_fields_and_proves_them(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.forget_calls()

    receipt = road.save(amend, ana, found, typed(found, Phone="+41 44 123 45 67", City="Zürich"))

    assert isinstance(receipt, Receipt)
    assert receipt.verdict == Verdict.STORED
    sent = sandbox.matching(PUT)
    assert len(sent) == 1
    assert sent[0].body["data"] == [{"Phone": "+41 44 123 45 67", "City": "Zürich"}]
    assert sent[0].headers["If-Unmodified-Since"] == found.record["Modified_Time"]
    assert sandbox.record("Leads", lead)["Phone"] == "+41 44 123 45 67"
    assert len(sandbox.requests) == 2  # write, read back
    assert {change.name: (change.before, change.after) for change in receipt.changes}["City"] == (found.record["City"], "Zürich")


def test_emptying_a_field_clears_it(amend, sandbox, ana, connection_id, lead):
    sandbox.edit("Leads", lead, Phone="1")
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    receipt = road.save(amend, ana, found, typed(found, Phone=""))
    assert receipt.verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)["Phone"] is None


def test_a_field_that_was_not_on_the_page_is_left_alone(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    road.save(amend, ana, found, {"City": ["Bern"]})
    assert sandbox.matching(PUT)[0].body["data"] == [{"City": "Bern"}]


def test_a_desk_ticket_is_read_again_before_it_is_written_and_after(amend, sandbox, ana, connection_id, ticket):
    found = opened(amend, ana, connection_id, "desk", "tickets", ticket)
    sandbox.forget_calls()
    receipt = road.save(amend, ana, found, typed(found, subject="Nothing prints any more"))
    assert receipt.verdict == Verdict.STORED
    assert [seen.method for seen in sandbox.requests] == ["GET", "PATCH", "GET"]
    assert sandbox.matching(PATCH)[0].body == {"subject": "Nothing prints any more"}
    assert sandbox.tickets[ticket]["subject"] == "Nothing prints any more"


def test_an_automation_that_rewrites_the_value_is_stored_differently(amend, sandbox, ana, connection_id, lead):
    sandbox.config.automation = {"Leads": {"City": "Rewritten by a workflow"}}
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    receipt = road.save(amend, ana, found, typed(found, City="Bern"))
    assert receipt.verdict == Verdict.STORED_DIFFERENTLY
    assert receipt.changes[0].after_text == "Rewritten by a workflow"


def test_an_accepted_write_that_was_not_stored_is_not_stored(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    said = {"data": [{"code": "SUCCESS", "details": {"id": lead}, "message": "record updated", "status": "success"}]}
    sandbox.fail_next(PUT, status=200, body=said)
    assert road.save(amend, ana, found, typed(found, City="Bern")).verdict == Verdict.NOT_STORED


def test_a_value_too_long_is_refused_before_it_is_sent(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    answer = road.save(amend, ana, found, typed(found, Phone="1" * 41))
    assert isinstance(answer, Refused)
    assert answer.refusals[0].field == "Phone"
    assert "30" in answer.refusals[0].message
    assert "41" in answer.refusals[0].message
    assert sandbox.calls(PUT) == 0


@pytest.mark.parametrize("status", [200, 202, 207, 400])
def test_zohos_refusal_stands_at_its_field_whatever_the_status(amend, sandbox, ana, connection_id, lead, status):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    body = {
        "data": [
            {
                "code": "INVALID_DATA",
                "details": {"api_name": "City", "json_path": "$.data[0].City"},
                "message": "invalid data",
                "status": "error",
            }
        ]
    }
    sandbox.fail_next(PUT, status=status, body=body)
    answer = road.save(amend, ana, found, typed(found, City="Bern"))
    assert isinstance(answer, Refused)
    assert (answer.refusals[0].field, answer.refusals[0].zoho_code) == ("City", "INVALID_DATA")
    assert drafts.reopen(amend, ana, found.snapshot_id).typed["City"] == ["Bern"]
    assert history.list_receipts(amend, ana, Filter()).receipts[0].verdict == Verdict.REFUSED


def test_a_record_that_somebody_changed_is_not_overwritten(amend, sandbox, ana, connection_id, lead):
    sandbox.edit("Leads", lead, City="A")
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.edit("Leads", lead, City="B", by="Ben Ode")

    answer = road.save(amend, ana, found, typed(found, City="C"))

    assert isinstance(answer, Conflict)
    moved = {row.name: (row.was_text, row.now_text, row.yours_text) for row in answer.moved}
    assert moved["City"] == ("A", "B", "C")
    assert sandbox.record("Leads", lead)["City"] == "B"
    assert answer.opened.typed["City"] == ["C"]
    again = road.save(amend, ana, answer.opened, answer.opened.typed)
    assert isinstance(again, Refused), "a contested field waits for a decision"
    mine = drafts.decide(amend, answer.opened, "City", is_mine=True, typed=answer.opened.typed)
    assert road.save(amend, ana, mine, mine.typed).verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)["City"] == "C"


def test_theirs_can_be_kept(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.edit("Leads", lead, City="B")
    conflict = road.save(amend, ana, found, typed(found, City="C", Phone="7"))
    theirs = drafts.decide(amend, conflict.opened, "City", is_mine=False, typed=conflict.opened.typed)
    assert road.save(amend, ana, theirs, theirs.typed).verdict == Verdict.STORED
    stored = sandbox.record("Leads", lead)
    assert (stored["City"], stored["Phone"]) == ("B", "7")


def test_a_ticket_that_somebody_changed_is_not_overwritten(amend, sandbox, ana, connection_id, ticket):
    found = opened(amend, ana, connection_id, "desk", "tickets", ticket)
    sandbox.edit("tickets", ticket, subject="Theirs")
    answer = road.save(amend, ana, found, typed(found, subject="Mine"))
    assert isinstance(answer, Conflict)
    assert sandbox.calls(PATCH) == 0
    assert sandbox.tickets[ticket]["subject"] == "Theirs"


AMBIGUOUS = [{"fault": "reset_after"}, {"fault": "truncated"}, {"fault": "html", "applied": True}, {"fault": "empty", "applied": True}]


@pytest.mark.parametrize("fault", AMBIGUOUS, ids=str)
def test_a_lost_answer_is_settled_by_reading_back_and_nothing_is_sent_twice(amend, sandbox, ana, connection_id, lead, fault):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next(PUT, **fault)
    receipt = road.save(amend, ana, found, typed(found, City="Bern"))
    assert receipt.verdict == (Verdict.STORED if sandbox.record("Leads", lead)["City"] == "Bern" else Verdict.UNKNOWN)
    assert sandbox.calls(PUT) == 1


def test_a_write_lost_before_it_was_applied_is_unknown_until_it_is_checked(amend, sandbox, ana, connection_id, lead, clock):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next(PUT, fault="reset_before")
    receipt = road.save(amend, ana, found, typed(found, City="Bern"))
    assert receipt.verdict == Verdict.UNKNOWN
    assert road.check(amend, ana, receipt.id).verdict == Verdict.UNKNOWN, "too fresh to be sure"
    clock.advance(minutes=6)
    assert road.check(amend, ana, receipt.id).verdict == Verdict.NOT_STORED
    assert sandbox.calls(PUT) == 1


def test_a_write_that_cannot_be_read_back_is_unknown_and_can_be_settled(amend, sandbox, ana, connection_id, lead, clock):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next("GET /crm/v8/{module}/{id}", status=503, times=5)
    receipt = road.save(amend, ana, found, typed(found, City="Bern"))
    assert receipt.verdict == Verdict.UNKNOWN
    sandbox.clear_faults()
    clock.advance(minutes=2)
    assert road.check(amend, ana, receipt.id).verdict == Verdict.STORED


def test_no_write_proceeds_on_a_token_that_could_not_be_refreshed(amend, sandbox, ana, connection_id, lead, clock):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.revoke_all()
    clock.advance(hours=2)
    with pytest.raises(InvalidGrantError):
        road.save(amend, ana, found, typed(found, City="Bern"))
    assert sandbox.calls(PUT) == 0
    assert drafts.reopen(amend, ana, found.snapshot_id).typed["City"] == ["Bern"]
    assert history.list_receipts(amend, ana, Filter()).receipts[0].verdict == Verdict.NOT_STORED


def test_a_token_that_zoho_rejects_is_renewed_once_in_the_middle_of_a_write(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.expire_access_tokens()
    sandbox.forget_calls()
    assert road.save(amend, ana, found, typed(found, City="Bern")).verdict == Verdict.STORED
    assert sandbox.calls("POST /oauth/v2/token") == 1


def test_a_preview_sends_nothing(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    shown = road.preview(found, typed(found, City="Bern"))
    assert isinstance(shown, Preview)
    assert [(change.label, change.sent_text) for change in shown.changes] == [("City", "Bern")]
    assert sandbox.calls(PUT) == 0


def test_undo_puts_the_earlier_values_back_and_is_linked(amend, sandbox, ana, connection_id, lead):
    before = sandbox.record("Leads", lead)["City"]
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    receipt = road.save(amend, ana, found, typed(found, City="Bern"))
    undone = undo.undo(amend, ana, receipt.id).saved
    assert (undone.verdict, undone.undoes_id) == (Verdict.STORED, receipt.id)
    assert sandbox.record("Leads", lead)["City"] == before
    assert road.get_receipt(amend, ana, receipt.id).undone_by == undone.id
    redone = undo.undo(amend, ana, undone.id).saved
    assert sandbox.record("Leads", lead)["City"] == "Bern"
    assert redone.undoes_id == undone.id


def test_undo_leaves_what_was_changed_since(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    receipt = road.save(amend, ana, found, typed(found, City="Bern", Phone="7"))
    sandbox.edit("Leads", lead, City="Chur")
    result = undo.undo(amend, ana, receipt.id)
    assert [label for label, _ in result.skipped] == ["City"]
    assert sandbox.record("Leads", lead)["City"] == "Chur"
    assert sandbox.record("Leads", lead)["Phone"] != "7"


def test_a_settled_receipt_cannot_be_changed_or_deleted(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    road.save(amend, ana, found, typed(found, City="Bern"))
    for statement in ("UPDATE steps SET verdict = 'not stored'", "DELETE FROM steps"):
        with pytest.raises(DatabaseError, match="receipt"), amend.sessions.begin() as session:
            session.execute(text(statement))


def test_history_lists_every_write_of_the_operator_and_nobody_elses(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    receipt = road.save(amend, ana, found, typed(found, City="Bern"))
    ben = add(amend, "ben@example.com")
    assert [row.id for row in history.list_receipts(amend, ana, Filter()).receipts] == [receipt.id]
    assert history.list_receipts(amend, ben, Filter()).receipts == ()
    with pytest.raises(NotFoundError):
        road.get_receipt(amend, ben, receipt.id)
    with pytest.raises(NotFoundError):
        drafts.reopen(amend, ben, found.snapshot_id)


def test_a_rich_text_that_zoho_cut_is_opened_and_proved_whole(amend, sandbox, ana, connection_id, lead):
    name = next(f["api_name"] for f in sandbox_fields(amend, connection_id) if (f.get("textarea") or {}).get("type") == "rich_text")
    sandbox.edit("Leads", lead, **{name: "<p>" + "long " * 400 + "</p>"})
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    assert found.record[name] == sandbox.record("Leads", lead)[name]
    receipt = road.save(amend, ana, found, typed(found, **{name: found.record[name] + "and more"}))
    assert receipt.verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)[name].endswith("and more")


def test_a_rich_text_that_may_be_cut_is_locked(amend, sandbox, ana, connection_id, lead):
    name = next(f["api_name"] for f in sandbox_fields(amend, connection_id) if (f.get("textarea") or {}).get("type") == "rich_text")
    sandbox.edit("Leads", lead, **{name: "x" * 900})
    sandbox.fail_next("GET /crm/v8/{module}/{id}/actions/fetch_full_data", status=503, times=5)
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    assert not found.record_form.form.by_name[name].is_editable
    assert found.parse({name: ["overwritten"]}) == drafts.Parsed((), {})


def sandbox_fields(amend, connection_id):
    with amend.reading() as session:
        return metadata.crm_fields(amend, connections.get(session, connection_id), "Leads")
