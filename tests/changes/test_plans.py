"""Plans of many records, from their source to the proof of each row."""

from __future__ import annotations

import pytest

from changes.jobs import JobState
from tests.changes.planning import carry_out, counted, propose, state

pytestmark = pytest.mark.both_databases

BATCH = "PUT /crm/v8/{module}"


def leads(sandbox, number):
    return [id for id in sandbox.ids("Leads") if id not in sandbox.hostile("Leads")][:number]


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
