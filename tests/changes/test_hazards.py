"""What goes wrong between two people, two tabs or two threads: nothing is written twice, overwritten or declared too early."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, update

from changes import drafts, road, snapshots, undo
from changes.plans import Receipt, Step, Verdict
from changes.road import AlreadySent, Conflict
from tests.walk import add, travel
from zoho import connections, grants, metadata
from zoho.answers import Refused
from zoho.connections import Connection
from zoho.errors import NotConnectedError, ZohoError

pytestmark = pytest.mark.both_databases

PUT = "PUT /crm/v8/{module}/{id}"
PATCH = "PATCH /api/v1/tickets/{id}"


def opened(amend, ana, connection_id, product, module, record_id):
    return drafts.open_record(amend, ana, connection_id, product, module, record_id)


def at_once(*acts):
    """Run all in threads that start together."""
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(run, act) for act in acts]]


def test_one_form_posted_twice_at_once_is_sent_once(amend, sandbox, ana, connection_id, ticket):
    found = opened(amend, ana, connection_id, "desk", "tickets", ticket)
    sandbox.fail_next(PATCH, fault="slow", seconds=0.3)
    both = at_once(*[lambda: road.save(amend, ana, found, {"subject": ["Once"]})] * 2)
    assert sandbox.calls(PATCH) == 1
    assert sorted(type(one).__name__ for one in both) == ["AlreadySent", "Receipt"]
    assert next(one for one in both if isinstance(one, AlreadySent)).is_same


def test_one_edit_undone_twice_at_once_is_undone_once(amend, sandbox, ana, connection_id, ticket):
    receipt = road.save(amend, ana, opened(amend, ana, connection_id, "desk", "tickets", ticket), {"subject": ["Once"]})
    sandbox.fail_next(PATCH, fault="slow", seconds=0.3)
    at_once(*[lambda: undo.undo(amend, ana, receipt.id)] * 2)
    assert sandbox.calls(PATCH) == 2


def test_a_stale_form_with_other_values_is_not_taken_for_the_one_that_was_sent(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    road.save(amend, ana, found, {"City": ["Bern"]})
    again = road.save(amend, ana, found, {"City": ["Chur"]})
    assert isinstance(again, AlreadySent)
    assert not again.is_same
    assert sandbox.record("Leads", lead)["City"] == "Bern"


def test_a_refused_form_can_be_sent_again(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next(PUT, status=400, body={"data": [{"code": "INVALID_DATA", "details": {"api_name": "City"}, "status": "error"}]})
    road.save(amend, ana, found, {"City": ["Bern"]})
    assert isinstance(road.save(amend, ana, found, {"City": ["Chur"]}), Receipt)


def test_a_form_that_could_not_be_sent_can_be_sent_again(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next(PUT, status=403, body={"code": "NO_PERMISSION", "details": {}, "message": "no", "status": "error"})
    with pytest.raises(ZohoError):
        road.save(amend, ana, found, {"City": ["Bern"]})
    assert road.save(amend, ana, found, {"City": ["Bern"]}).verdict == Verdict.STORED


def test_what_was_typed_is_kept_until_it_is_stored(amend, sandbox, ana, connection_id, lead, clock):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next(PUT, fault="reset_before")
    assert road.save(amend, ana, found, {"City": ["Bern"]}).verdict == Verdict.UNKNOWN
    assert drafts.reopen(amend, ana, found.snapshot_id).typed == {"City": ["Bern"]}


def test_a_save_in_one_tab_leaves_what_waits_in_another(amend, sandbox, ana, connection_id, lead):
    waiting = opened(amend, ana, connection_id, "crm", "Leads", lead)
    snapshots.keep_typed(amend, waiting.snapshot_id, {"Phone": ["7"]}, ana)
    road.save(amend, ana, opened(amend, ana, connection_id, "crm", "Leads", lead), {"City": ["Bern"]})
    assert drafts.reopen(amend, ana, waiting.snapshot_id).typed == {"Phone": ["7"]}


def test_nobody_writes_into_the_draft_of_another(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    snapshots.keep_typed(amend, found.snapshot_id, {"Phone": ["planted"]}, add(amend, "ben@example.com"))
    assert drafts.reopen(amend, ana, found.snapshot_id).typed == {}


def test_check_does_not_call_a_slow_write_not_stored(amend, sandbox, ana, connection_id, lead, clock):
    """The write is still on its way when somebody presses Check now."""
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next(PUT, fault="slow", seconds=0.6)
    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(road.save, amend, ana, found, {"City": ["Bern"]})
        while sandbox.calls(PUT) == 0:
            pass
        clock.advance(minutes=2)
        with amend.reading() as session:
            step_id = session.scalars(select(Step.id)).one()
        assert road.check(amend, ana, step_id).verdict in (Verdict.UNKNOWN, Verdict.STORED)
        assert saving.result().verdict == Verdict.STORED


def test_a_third_value_after_a_lost_write_stays_unknown(amend, sandbox, ana, connection_id, lead, clock):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    sandbox.fail_next(PUT, fault="reset_before")
    receipt = road.save(amend, ana, found, {"City": ["Bern"]})
    sandbox.edit("Leads", lead, City="Chur")
    clock.advance(minutes=6)
    checked = road.check(amend, ana, receipt.id)
    assert checked.verdict == Verdict.UNKNOWN
    assert "somebody changed it" in checked.note


def test_a_record_whose_time_we_may_not_see_is_read_again_before_it_is_written(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    blind = {key: value for key, value in found.record.items() if key != "Modified_Time"}
    found = drafts.keep(amend, ana, found.connection, "crm", "Leads", lead, blind)
    sandbox.edit("Leads", lead, City="Theirs")
    assert isinstance(road.save(amend, ana, found, {"City": ["Mine"]}), Conflict)
    assert sandbox.record("Leads", lead)["City"] == "Theirs"


def test_a_time_that_is_none_is_no_condition_but_the_record_is_still_read_again(amend, sandbox, ana, connection_id, lead):
    """PostgreSQL would refuse to keep it."""
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    found = drafts.keep(amend, ana, found.connection, "crm", "Leads", lead, found.record | {"Modified_Time": "2" * 5000})
    assert road.save(amend, ana, found, {"City": ["Bern"]}).verdict == Verdict.STORED
    assert sandbox.record("Leads", lead)["City"] == "Bern"


def test_undo_runs_the_automations_that_the_edit_ran(amend, sandbox, ana, connection_id, lead):
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    receipt = road.save(amend, ana, found, {"City": ["Bern"]}, {"trigger": []})
    undo.undo(amend, ana, receipt.id)
    assert [seen.body["trigger"] for seen in sandbox.matching(PUT)] == [[], []]


def test_a_pending_connection_edits_nothing(amend, sandbox, ana, connection_id, lead):
    sandbox.config.person = 1
    session_id, query = travel(amend, ana, reconnects_id=connection_id)
    pending = grants.complete(amend, ana, session_id, query).connection_id
    with pytest.raises(NotConnectedError):
        opened(amend, ana, pending, "crm", "Leads", lead)
    grants.disconnect(amend, ana, pending)


@pytest.mark.parametrize("zone", ["Mars/Phobos", "GMT+5:30", "../etc/passwd", "", "x" * 80])
def test_a_time_zone_that_nobody_knows_is_utc(amend, sandbox, ana, connection_id, lead, zone):
    with amend.sessions.begin() as session:
        session.execute(update(Connection).values(time_zone=zone))
    assert str(opened(amend, ana, connection_id, "crm", "Leads", lead).zone) == "UTC"


def test_a_write_that_could_not_even_be_prepared_is_not_stored(amend, sandbox, ana, connection_id, ticket):
    found = opened(amend, ana, connection_id, "desk", "tickets", ticket)
    sandbox.fail_next("GET /api/v1/tickets/{id}", status=503, times=5)
    with pytest.raises(ZohoError):
        road.save(amend, ana, found, {"subject": ["Mine"]})
    with amend.reading() as session:
        states = session.connection().exec_driver_sql("SELECT state, verdict FROM steps").all()
        assert connections.get(session, connection_id)
    assert states == [("settled", "not stored")]


def test_rows_do_not_stand_in_database_errors(amend, ana):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError) as caught:
        add(amend)
    assert "ana@example.com" not in str(caught.value)


# What Zoho's records and metadata hold in store


@pytest.mark.parametrize(
    ("state", "words"),
    [("locked", "The record is locked."), ("converted", "The lead was converted"), ("in_approval", "The record waits for approval.")],
)
def test_a_record_in_a_state_that_forbids_edits_says_which(amend, sandbox, ana, connection_id, state, words):
    record_id = sandbox.special("Leads", state)
    saved = road.save(amend, ana, opened(amend, ana, connection_id, "crm", "Leads", record_id), {"City": ["Bern"]})
    assert isinstance(saved, Refused)
    assert saved.refusals[0].message.startswith(words)
    assert sandbox.writes(record_id) == []


def test_a_stage_that_a_blueprint_guards_is_refused_with_the_way_round(amend, sandbox, ana, connection_id):
    record_id = sandbox.special("Deals", "blueprint")
    found = opened(amend, ana, connection_id, "crm", "Deals", record_id)
    stage = found.record_form.form.by_name["Stage"]
    other = next(option.value for option in stage.options if option.value != found.record["Stage"])
    saved = road.save(amend, ana, found, {"Stage": [other]})
    assert isinstance(saved, Refused)
    assert "The record is in a blueprint" in saved.refusals[0].message
    assert "Use the transition in Zoho CRM." in saved.refusals[0].message


def test_a_picklist_value_that_no_layout_has_does_not_leave(amend, sandbox, ana, connection_id, lead):
    """Zoho would store it: a typo would become data."""
    found = opened(amend, ana, connection_id, "crm", "Leads", lead)
    name = next(field.name for field in found.record_form.form.by_name.values() if field.kind == "picklist" and field.options)
    saved = road.save(amend, ana, found, {name: ["Cotnacted"]})
    assert isinstance(saved, Refused)
    assert saved.refusals[0].field == name
    assert sandbox.calls(PUT) == 0


def test_a_user_who_may_not_customize_zoho_gets_the_same_form(amend, sandbox, ana, connection_id, lead):
    """``profiles`` is null for them, and the service for picklist values refuses."""
    usual = opened(amend, ana, connection_id, "crm", "Leads", lead).record_form.form
    sandbox.config.no_customize = True
    metadata.forget(amend, connection_id, "crm")
    assert opened(amend, ana, connection_id, "crm", "Leads", lead).record_form.form == usual


def test_the_rows_of_a_subform_stay_as_they_are(amend, sandbox, ana, connection_id):
    """A row without its id would be added again at each save, and an empty list would delete all."""
    module, record_id, name = next(
        (module, record_id, name)
        for module in ("Leads", "Deals", "Contacts", "Accounts", "Vehicles")
        for record_id in sandbox.ids(module)
        for name, value in sandbox.record(module, record_id).items()
        if isinstance(value, list) and value and isinstance(value[0], dict) and "id" in value[0] and len(value[0]) > 2
    )
    before = [dict(row) for row in sandbox.record(module, record_id)[name]]
    found = opened(amend, ana, connection_id, "crm", module, record_id)
    assert found.record_form.form.by_name[name].is_editable
    field = next(each for each in found.record_form.form.by_name.values() if each.is_editable and each.kind == "text" and not each.options)
    road.save(amend, ana, found, {field.name: ["Changed"], name: [""]})
    assert sandbox.matching(PUT)[0].body["data"][0].keys() == {field.name}
    assert sandbox.record(module, record_id)[name] == before
