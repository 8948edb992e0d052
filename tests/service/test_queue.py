"""The queue carries the word that a plan can go on, on a file or on PostgreSQL; what is not ours is not unpickled."""

from __future__ import annotations

import pickle
from dataclasses import replace
from uuid import uuid4

import pytest

from changes import jobs
from changes.jobs import JobState
from changes.proposals import Proposal, propose
from service import queue
from tests.walk import add, connect

pytestmark = pytest.mark.both_databases


def test_the_word_reaches_a_worker_that_listens(amend, sandbox, settings):
    ana = add(amend)
    connection_id = connect(amend, ana).connection_id
    source = {"kind": "ids", "ids": sandbox.ids("Leads")[:3], "set": {"City": "Bern"}}
    telling, listening = replace(amend, wake=queue.trigger(settings)), queue.consumer(amend, 1).huey

    plan_id = propose(telling, ana, Proposal(connection_id, "crm", "Leads", "City", source))
    listening.execute(listening.dequeue())
    listening.storage.close()

    assert jobs.load(amend, plan_id).state == JobState.PREVIEWED


def test_a_message_that_we_did_not_sign_is_not_unpickled(settings):
    made, _ = queue.make(settings, lambda _: None)

    with pytest.raises(ValueError, match="Signature"):
        made.serializer.deserialize(pickle.dumps("foreign") + b":signature")


def test_a_queue_that_is_away_does_not_fail_the_page(settings, tmp_path, caplog):
    broken = settings.model_copy(update={"instance_dir": tmp_path / "nowhere", "database_url": "sqlite:///x.db"})

    queue.trigger(broken)(plan_id := uuid4())

    assert f"did not take plan {plan_id}" in caplog.text
