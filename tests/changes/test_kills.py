"""Whatever dies, and whenever: no row is written twice, none is lost, none is reported stored that is not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from changes import again, approval, jobs, rows
from changes.jobs import JobState
from changes.proposals import Proposal, propose
from sandbox.crm_records import EXTREMES, STATES
from tests.changes.planning import approve, counted

ROOT = Path(__file__).parents[2]
KILLS = {"sqlite": 50, "postgresql": 20}
"""In all at least 70, the second half of each between workers that take a plan over from one another."""
KILLED_IN = {"sqlite": jobs.AT_WORK, "postgresql": (JobState.CHECKING, JobState.RUNNING)}
LONGEST_LIFE = {"sqlite": 0.6, "postgresql": 1.2}
"""Seconds. On PostgreSQL a worker needs most of one to begin."""
DEADLINE = 240


@pytest.fixture
def clock():
    """Real time: conditions and leases are about it."""
    return lambda: datetime.now(UTC)


@pytest.fixture
def mortals(settings, sandbox):
    """Something that makes workers, each a process that may be killed."""
    port = str(settings.sandbox_port)
    command = [sys.executable, "-m", "tests.changes.mortal", str(settings.instance_dir), settings.database_url, port]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        alive: set[int] = set()

        def start() -> int:
            parent.stdin.write("\n")
            parent.stdin.flush()
            alive.add(pid := int(parent.stdout.readline()))
            return pid

        def kill(pid: int) -> None:
            alive.discard(pid)
            os.kill(pid, signal.SIGKILL)

        yield start, kill
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
        parent.stdin.close()


def plain(sandbox):
    special = {sandbox.special("Leads", what) for what in (*STATES, *EXTREMES)}
    return [id for id in sandbox.ids("Leads") if id not in {*sandbox.hostile("Leads"), *special}]


def written(sandbox, id, value):
    """How often our API wrote this value into this record."""
    return sum(
        write["source"] == "crm_api" and ("City", value) in [(name, new) for name, _, new in write["changes"]]
        for write in sandbox.writes(id)
    )


@contextmanager
def within(seconds):
    give_up_at = time.monotonic() + seconds

    def check() -> None:
        assert time.monotonic() < give_up_at, "it took too long"
        time.sleep(0.01)

    yield check


def wait_for(amend, plan_id, *states):
    with within(DEADLINE) as check:
        while jobs.load(amend, plan_id).state not in states:
            check()


def start_plan(amend, ana, connection_id, ids, value):
    source = {"kind": "ids", "ids": ids, "set": {"City": value}}
    return propose(amend, ana, Proposal(connection_id, "crm", "Leads", value, source, {"trigger": []}))


def assert_whole(amend, sandbox, plan_id, ids, value):
    assert counted(amend, plan_id) == {"stored": len(ids)}
    assert {id: sandbox.record("Leads", id)["City"] for id in ids} == dict.fromkeys(ids, value)
    assert {id: written(sandbox, id, value) for id in ids} == dict.fromkeys(ids, 1)


@pytest.mark.timeout(600)
@pytest.mark.both_databases
def test_workers_that_are_killed_at_random_write_each_row_once(amend, sandbox, ana, connection_id, mortals, database):
    start, kill = mortals
    chance, ids, kills, plans = random.Random(7), plain(sandbox), 0, 0
    sandbox.config.latency_ms = 25
    workers, died_while = [start()], Counter()
    while kills < KILLS[database]:
        plans += 1
        value = f"City {plans}"
        plan_id = start_plan(amend, ana, connection_id, ids, value)
        with within(DEADLINE) as check:
            while (state := jobs.load(amend, plan_id).state) != JobState.DONE:
                check()
                assert state not in (JobState.HALTED, JobState.FAILED, JobState.STALE), jobs.load(amend, plan_id).reason
                if state == JobState.PREVIEWED:
                    assert approve(amend, ana, plan_id) is None
                time.sleep(chance.uniform(0.02, LONGEST_LIFE[database]))
                if (state := jobs.load(amend, plan_id).state) in KILLED_IN[database] and kills < KILLS[database]:
                    kill(workers.pop(0))
                    kills += 1
                    died_while[state] += 1
                wanted = 2 if kills >= KILLS[database] // 2 else 1
                workers += [start() for _ in range(wanted - len(workers))]
        assert_whole(amend, sandbox, plan_id, ids, value)
        time.sleep(2.1)  # Zoho's times have whole seconds: the next plan is of a later one
    assert died_while[JobState.RUNNING] > KILLS[database] // 3, died_while


@pytest.mark.timeout(300)
def test_an_undo_that_is_killed_half_way_goes_on(amend, sandbox, ana, connection_id, mortals):
    start, kill = mortals
    ids = plain(sandbox)
    before = {id: sandbox.record("Leads", id)["City"] for id in ids}
    worker = start()
    plan_id = start_plan(amend, ana, connection_id, ids, "Bern")
    wait_for(amend, plan_id, JobState.PREVIEWED)
    approve(amend, ana, plan_id)
    wait_for(amend, plan_id, JobState.DONE)
    time.sleep(2.1)
    undo_id = again.undo(amend, ana, plan_id)
    wait_for(amend, undo_id, JobState.PREVIEWED)
    sandbox.config.latency_ms = 60
    approve(amend, ana, undo_id)
    with within(60) as check:
        while jobs.load(amend, undo_id).count("stored") < 11:
            check()
    kill(worker)
    start()

    wait_for(amend, undo_id, JobState.DONE)

    assert {id: sandbox.record("Leads", id)["City"] for id in ids} == before
    changed = [id for id in ids if before[id] != "Bern"]
    assert counted(amend, undo_id) == {"stored": len(changed)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_is_killed_while_a_plan_runs_loses_nothing(amend, sandbox, ana, connection_id, mortals, cluster):
    start, _ = mortals
    ids = plain(sandbox)
    start()
    plan_id = start_plan(amend, ana, connection_id, ids, "Bern")
    wait_for(amend, plan_id, JobState.PREVIEWED)
    sandbox.config.latency_ms = 100
    approve(amend, ana, plan_id)
    with within(60) as check:
        while jobs.load(amend, plan_id).count("stored") < 1:
            check()

    cluster.crash()
    time.sleep(0.5)
    cluster.start_again()

    wait_for(amend, plan_id, JobState.DONE)
    assert_whole(amend, sandbox, plan_id, ids, "Bern")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_workers_share_plans_and_one_takes_over_when_the_other_dies(amend, sandbox, ana, connection_id, mortals):
    start, kill = mortals
    ids = plain(sandbox)
    halves = ids[: len(ids) // 2], ids[len(ids) // 2 :]
    first, _second = start(), start()
    plan_ids = [start_plan(amend, ana, connection_id, part, "Bern") for part in halves]
    for plan_id in plan_ids:
        wait_for(amend, plan_id, JobState.PREVIEWED)
    sandbox.config.latency_ms = 150
    for plan_id in plan_ids:
        assert approval.approve(amend, ana, plan_id, jobs.load(amend, plan_id).digest) is None
    with within(60) as check:
        while len(owners := {jobs.load(amend, plan_id).lease_owner for plan_id in plan_ids} - {None}) < 2:
            check()
    assert len({owner.split(":")[1] for owner in owners}) == 2
    kill(first)

    for plan_id, part in zip(plan_ids, halves, strict=True):
        wait_for(amend, plan_id, JobState.DONE)
        assert_whole(amend, sandbox, plan_id, part, "Bern")
    assert rows.take(amend, plan_ids[0], ("sent", "unknown", "ready"), -1, 1) == []
