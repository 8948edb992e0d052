"""The queue carries the word that a plan can go on, on a file or on PostgreSQL; what is not ours is not unpickled."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from uuid import uuid4

import pytest

from changes import jobs
from changes.jobs import JobState
from changes.proposals import Proposal, propose
from service import queue
from tests.walk import add, connect

pytestmark = pytest.mark.both_databases


def test_a_proposed_plan_is_previewed_by_a_worker_that_only_listens(amend, sandbox, settings):
    ana = add(amend)
    connection_id = connect(amend, ana).connection_id
    telling = replace(amend, wake=queue.trigger(settings))
    listener = queue.consumer(amend, 1)
    for _, thread in listener.worker_threads:
        thread.start()
    source = {"kind": "ids", "ids": sandbox.ids("Leads")[:3], "set": {"City": "Bern"}}

    plan_id = propose(telling, ana, Proposal(connection_id, "crm", "Leads", "City", source))

    give_up_at = time.monotonic() + 60
    while jobs.load(amend, plan_id).state != JobState.PREVIEWED:
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    listener.stop_flag.set()
    for _, thread in listener.worker_threads:
        thread.join(20)


def test_a_message_that_we_did_not_sign_is_not_unpickled(settings):
    made, _ = queue.make(settings, lambda _: None)

    with pytest.raises(ValueError, match="Signature"):
        made.serializer.deserialize(pickle.dumps("foreign") + b":signature")


def test_a_queue_that_is_away_does_not_fail_the_page(settings, tmp_path, caplog):
    broken = settings.model_copy(update={"instance_dir": tmp_path / "nowhere", "database_url": "sqlite:///x.db"})

    queue.trigger(broken)(plan_id := uuid4())

    assert f"did not take plan {plan_id}" in caplog.text
