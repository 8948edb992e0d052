"""Plans of many records, from their source to the proof of each row. One file, though long: it is read as the course of a plan."""

from __future__ import annotations

import pytest

from changes import again, approval, history, jobs, rows, runner
from changes.history import Filter
from changes.jobs import JobState
from sandbox.crm_records import EXTREMES, STATES
from tests.changes.planning import approve, carry_out, counted, propose, state
from tests.walk import add, connect
from zoho import limits
from zoho.answers import Refused
from zoho.errors import NotFoundError

pytestmark = pytest.mark.both_databases

BATCH = "PUT /crm/v8/{module}"


def leads(sandbox, number):
    """Plain ones, in no state that forbids a write."""
    special = {sandbox.special("Leads", what) for what in (*STATES, *EXTREMES)}
    return [id for id in sandbox.ids("Leads") if id not in {*sandbox.hostile("Leads"), *special}][:number]


def written(sandbox, id):
    """How often our API wrote this record."""
    return sum(write["source"] == "crm_api" for write in sandbox.writes(id))


def test_a_plan_is_previewed_approved_applied_and_proved(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 30)

    plan_id = propose(amend, ana, connection_id, ids, {"City": "Zürich"})
    assert state(amend, plan_id) == JobState.PREVIEWED
    assert counted(amend, plan_id) == {"ready": 30}
    assert sandbox.matching(BATCH) == []

    job = carry_out(amend, ana, plan_id)

    assert job.state == JobState.DONE, job.reason
    assert counted(amend, plan_id) == {"stored": 30}
    assert {sandbox.record("Leads", id)["City"] for id in ids} == {"Zürich"}
    assert [len(call.body["data"]) for call in sandbox.matching(BATCH)] == [1, 10, 19]


def test_rows_that_change_nothing_are_dropped_and_counted(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 3)
    sandbox.edit("Leads", ids[0], City="Zürich")

    plan_id = propose(amend, ana, connection_id, ids, {"City": "Zürich"})

    assert counted(amend, plan_id) == {"dropped": 1, "ready": 2}
    assert carry_out(amend, ana, plan_id).state == JobState.DONE
    assert counted(amend, plan_id) == {"dropped": 1, "stored": 2}
    assert written(sandbox, ids[0]) == 0


def test_every_row_is_checked_before_the_first_write(amend, sandbox, ana, connection_id):
    good, gone = leads(sandbox, 1)[0], "9" * 19
    records = [
        {"id": good, "fields": {"Lead_Status": "Contacted"}},
        {"id": leads(sandbox, 2)[1], "fields": {"Lead_Status": "no such value", "No_Such_Field": "x"}},
        {"id": gone, "fields": {"City": "Bern"}},
        {"id": good, "fields": {"City": "Bern"}},
        {"id": 5725767000000411001, "fields": {"City": "Bern"}},
    ]
    source = {"kind": "json", "records": records}

    plan_id = propose(amend, ana, connection_id, [], {}, source=source)

    assert counted(amend, plan_id) == {"ready": 1, "faulty": 4}
    told = [[refusal["message"] for refusal in row.refusals] for row in rows.take(amend, plan_id, ("faulty",), -1, 10)]
    assert "no such value" in told[0][0]
    assert "no field No_Such_Field" in told[0][1]
    assert "no record with this id" in told[1][0]
    assert "line 1 already" in told[2][0]
    assert "as a text" in told[3][0]
    assert sandbox.matching(BATCH) == []


def test_a_faulty_cell_is_mended_and_previewed_again(amend, sandbox, ana, connection_id):
    id = leads(sandbox, 1)[0]
    plan_id = propose(amend, ana, connection_id, [id], {"Lead_Status": "no such value"})
    row = rows.page(amend, plan_id, -1, 1)[0]
    shown = jobs.load(amend, plan_id).digest

    assert again.mend(amend, ana, plan_id, row.id, {"Lead_Status": "Contacted"}) is None
    runner.run(amend, plan_id)

    assert counted(amend, plan_id) == {"ready": 1}
    assert isinstance(approval.approve(amend, ana, plan_id, shown or ""), Refused)
    assert carry_out(amend, ana, plan_id).state == JobState.DONE
    assert sandbox.record("Leads", id)["Lead_Status"] == "Contacted"


def test_an_approval_is_bound_to_what_was_shown_and_for_a_day(amend, sandbox, ana, connection_id, clock):
    plan_id = propose(amend, ana, connection_id, leads(sandbox, 2), {"City": "Bern"})

    assert "not as it was shown" in approval.approve(amend, ana, plan_id, "0" * 64).refusals[0].message
    clock.advance(hours=25)
    assert "older than a day" in approve(amend, ana, plan_id).refusals[0].message
    assert state(amend, plan_id) == JobState.PREVIEWED


def test_rows_that_were_tampered_with_after_the_approval_are_not_sent(amend, sandbox, ana, connection_id):
    plan_id = propose(amend, ana, connection_id, leads(sandbox, 2), {"City": "Bern"})
    assert approve(amend, ana, plan_id) is None
    with amend.writing() as transaction:
        transaction.exec_driver_sql("UPDATE steps SET changes = replace(changes, 'Bern', 'Genf')")

    runner.run(amend, plan_id)

    assert state(amend, plan_id) == JobState.STALE
    assert sandbox.matching(BATCH) == []


def test_the_same_plan_approved_twice_writes_once(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 3)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    carry_out(amend, ana, plan_id)

    assert "approved before" in approve(amend, ana, plan_id).refusals[0].message
    assert not runner.run(amend, plan_id)
    twice = propose(amend, ana, connection_id, ids, {"City": "Bern"})

    assert counted(amend, twice) == {"dropped": 3}
    assert all(written(sandbox, id) == 1 for id in ids)


def test_a_record_that_moved_before_the_approval_refuses_the_plan_with_what_changed(amend, sandbox, ana, connection_id, clock):
    ids = leads(sandbox, 12)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    clock.advance(minutes=1)
    sandbox.edit("Leads", ids[4], City="Lugano")

    job = carry_out(amend, ana, plan_id)

    assert job.state == JobState.STALE
    assert sandbox.matching(BATCH) == []
    (moved,) = rows.take(amend, plan_id, ("moved",), -1, 10)
    assert (moved.record_id, moved.changes[0]["after"], moved.changes[0]["sent"]) == (ids[4], "Lugano", "Bern")

    assert approval.preview_again(amend, ana, plan_id)
    runner.run(amend, plan_id)
    assert carry_out(amend, ana, plan_id).state == JobState.DONE
    assert counted(amend, plan_id) == {"stored": 12}


def test_a_record_that_moves_after_the_approval_is_skipped_with_three_values(amend, sandbox, ana, connection_id, clock):
    ids = leads(sandbox, 14)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    was = sandbox.record("Leads", ids[13])["City"]
    assert approve(amend, ana, plan_id) is None
    sandbox.fail_next(BATCH, status=429, body={"code": "TOO_MANY_REQUESTS", "message": "concurrency", "status": "error"}, times=1)
    runner.run(amend, plan_id)
    assert state(amend, plan_id) == JobState.PARKED
    clock.advance(minutes=1)
    sandbox.edit("Leads", ids[13], City="Lugano")

    assert runner.run_next(amend)

    assert state(amend, plan_id) == JobState.DONE
    assert counted(amend, plan_id) == {"stored": 13, "skipped": 1}
    (skipped,) = rows.take(amend, plan_id, ("skipped",), -1, 10)
    change = skipped.changes[0]
    assert (change["before"], change["sent"], change["after"]) == (was, "Bern", "Lugano")
    assert sandbox.record("Leads", ids[13])["City"] == "Lugano"


def test_one_bad_row_never_fails_its_neighbours(amend, sandbox, ana, connection_id):
    ids = [*leads(sandbox, 40), sandbox.special("Leads", "in_approval")]
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})

    job = carry_out(amend, ana, plan_id)

    assert job.state == JobState.DONE
    assert counted(amend, plan_id) == {"stored": 40, "refused": 1}


def test_a_batch_that_is_refused_as_a_whole_is_split_until_the_culprit_is_alone(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 43)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    sandbox.config.poison_record = ids[30]

    job = carry_out(amend, ana, plan_id)

    assert job.state == JobState.DONE, job.reason
    assert counted(amend, plan_id) == {"stored": 42, "refused": 1}
    (refused,) = rows.take(amend, plan_id, ("refused",), -1, 10)
    assert refused.record_id == ids[30]
    assert all(written(sandbox, id) == 1 for id in ids if id != ids[30])


def test_a_first_row_that_fails_keeps_the_others_back(amend, sandbox, ana, connection_id):
    ids = [sandbox.special("Leads", "in_approval"), *leads(sandbox, 19)]
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})

    job = carry_out(amend, ana, plan_id)

    assert job.state == JobState.HALTED
    assert counted(amend, plan_id) == {"refused": 1, "ready": 19}
    assert approval.resume(amend, ana, plan_id)
    runner.run(amend, plan_id)
    assert counted(amend, plan_id) == {"refused": 1, "stored": 19}


def test_it_halts_when_zoho_stores_something_else(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 30)
    plan_id = propose(amend, ana, connection_id, ids, {"Phone": "+41 44 123 45 67"}, options={"trigger": ["workflow"]})
    sandbox.config.automation = {"Leads": {"Phone": "+41 000"}}

    job = carry_out(amend, ana, plan_id)

    assert job.state == JobState.HALTED
    assert job.reason["code"] == "otherwise"
    assert counted(amend, plan_id) == {"stored differently": 1, "ready": 29}


def test_a_write_without_an_answer_is_settled_by_reading_and_not_sent_again(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 30)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    for fault in ("reset_after", "truncated"):
        sandbox.fail_next(BATCH, fault=fault)

    assert carry_out(amend, ana, plan_id).state == JobState.DONE

    assert counted(amend, plan_id) == {"stored": 30}
    assert all(written(sandbox, id) == 1 for id in ids)


def test_a_write_that_did_not_arrive_is_sent_again_once(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 30)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    assert approve(amend, ana, plan_id) is None
    sandbox.fail_next(BATCH, status=500, body="<html>oops</html>", times=1)

    runner.run(amend, plan_id)
    if state(amend, plan_id) == JobState.HALTED:  # the very first row
        approval.resume(amend, ana, plan_id)
        runner.run(amend, plan_id)

    assert counted(amend, plan_id) == {"stored": 30}
    assert all(written(sandbox, id) == 1 for id in ids)


def test_a_dead_token_parks_the_plan_and_a_reconnect_lets_it_go_on_where_it_was(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 40)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    assert approve(amend, ana, plan_id) is None
    sandbox.config.revoke_after_writes = 12
    runner.run(amend, plan_id)

    job = jobs.load(amend, plan_id)
    assert job.state == JobState.PARKED
    assert job.reason["action"] == "reconnect"
    assert counted(amend, plan_id)["stored"] >= 11
    assert not runner.run_next(amend)

    connect(amend, ana)
    assert runner.run_next(amend)

    assert state(amend, plan_id) == JobState.DONE
    assert counted(amend, plan_id) == {"stored": 40}
    assert all(written(sandbox, id) == 1 for id in ids)


def test_pause_resume_and_stop(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 5)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    approve(amend, ana, plan_id)
    jobs.move(amend, plan_id, [JobState.CHECKING], state=JobState.RUNNING)
    assert approval.pause(amend, ana, plan_id)
    assert not runner.run(amend, plan_id)
    assert counted(amend, plan_id) == {"ready": 5}

    assert approval.resume(amend, ana, plan_id)
    runner.run(amend, plan_id)
    assert counted(amend, plan_id) == {"stored": 5}

    other = propose(amend, ana, connection_id, ids, {"City": "Genf"})
    assert approval.stop(amend, ana, other)
    assert "no preview to approve" in approve(amend, ana, other).refusals[0].message


def test_credits_that_do_not_suffice_refuse_the_approval(amend, sandbox, ana, connection_id):
    plan_id = propose(amend, ana, connection_id, leads(sandbox, 30), {"City": "Bern"})
    org = f"crm:{jobs.load(amend, plan_id).plan.connection.crm_org_id}"
    with amend.sessions.begin() as session:
        limits.note_credits(session, org, 3, amend.now())

    assert "3 are left" in approve(amend, ana, plan_id).refusals[0].message


def test_a_plan_is_undone_but_for_what_changed_since_and_the_undo_undone(amend, sandbox, ana, connection_id, clock):
    ids = leads(sandbox, 15)
    before = {id: sandbox.record("Leads", id)["City"] for id in ids}
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    carry_out(amend, ana, plan_id)
    clock.advance(minutes=1)
    sandbox.edit("Leads", ids[3], City="Lugano")

    undo_id = again.undo(amend, ana, plan_id)
    runner.run(amend, undo_id)
    assert counted(amend, undo_id) == {"ready": 14, "left": 1}
    (left,) = rows.take(amend, undo_id, ("left",), -1, 5)
    assert "changed since, and is now Lugano" in left.note
    carry_out(amend, ana, undo_id)

    after = {id: sandbox.record("Leads", id)["City"] for id in ids}
    assert after == {**before, ids[3]: "Lugano"}
    assert jobs.load(amend, undo_id).parent_id == plan_id
    receipt = history.list_receipts(amend, ana, Filter(record=("crm", "Leads", ids[0]))).receipts[-1]
    assert receipt.undone_by is not None
    clock.advance(minutes=1)
    redo = again.undo(amend, ana, undo_id)
    runner.run(amend, redo)
    carry_out(amend, ana, redo)
    assert counted(amend, redo) == {"stored": 14}
    assert sandbox.record("Leads", ids[0])["City"] == "Bern"


def test_only_what_failed_is_tried_again_with_mended_cells(amend, sandbox, ana, connection_id):
    ids = leads(sandbox, 20)
    plan_id = propose(amend, ana, connection_id, ids, {"City": "Bern"})
    sandbox.config.poison_record = ids[15]
    carry_out(amend, ana, plan_id)
    assert counted(amend, plan_id) == {"stored": 19, "refused": 1}
    sandbox.config.poison_record = None
    (row,) = rows.take(amend, plan_id, ("refused",), -1, 5)

    retry_id = again.retry(amend, ana, plan_id, mended={str(row.id): {"City": "Chur"}})
    runner.run(amend, retry_id)
    carry_out(amend, ana, retry_id)

    assert counted(amend, retry_id) == {"stored": 1}
    assert sandbox.record("Leads", ids[15])["City"] == "Chur"


def test_a_plan_of_tickets_goes_one_by_one(amend, sandbox, ana, connection_id):
    ids = list(sandbox.tickets)[:14]
    plan_id = propose(amend, ana, connection_id, ids, {"subject": "Changed by a plan"}, product="desk", module="tickets")

    job = carry_out(amend, ana, plan_id)

    assert job.state == JobState.DONE, job.reason
    assert counted(amend, plan_id) == {"stored": 14}
    assert len(sandbox.matching("PATCH /api/v1/tickets/{id}")) == 14


def test_a_list_of_zohos_gives_its_records(amend, sandbox, ana, connection_id):
    source = {"kind": "listing", "set": {"Description": "Seen"}}

    plan_id = propose(amend, ana, connection_id, [], {}, source=source)

    assert jobs.load(amend, plan_id).total > 50
    assert sandbox.matching(BATCH) == []


def test_a_plan_of_somebody_else_is_not_there(amend, sandbox, ana, connection_id):
    plan_id = propose(amend, ana, connection_id, leads(sandbox, 1), {"City": "Bern"})
    eve = add(amend, "eve@example.com")
    for act in (approval.pause, approval.resume, approval.stop, approval.preview_again, again.undo, again.retry):
        with pytest.raises(NotFoundError):
            act(amend, eve, plan_id)
