"""A worker that is dead and work that waits are found, by whoever looks: doctor, page, monitoring."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from changes import checks, heartbeat
from people.users import User
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.walk import connect
from zoho import runtime
from zoho.diagnostics import Finding, Outcome, examine_own
from zoho.runtime import Amend

pytestmark = pytest.mark.both_databases


def look(amend: Amend) -> dict[str, Finding]:
    with_checks = runtime.build(amend.settings, now=amend.now, checks=checks.CHECKS)
    found = {finding.check: finding for finding in examine_own(with_checks)}
    with_checks.close()
    return found


def test_a_worker_that_is_heard_of_is_alive(amend: Amend, clock: Clock) -> None:
    heartbeat.beat(amend, "here:1", clock())
    clock.advance(seconds=12)
    assert look(amend)["worker"].evidence == "heard of 12 s ago"
    assert look(amend)["queue"].evidence == "0 checks of connections and 0 alerts waiting"
    assert {look(amend)[check].outcome for check in ("worker", "queue")} == {Outcome.OK}


def test_a_worker_that_fell_silent_is_named_with_the_way_to_start_it(amend: Amend, clock: Clock) -> None:
    heartbeat.beat(amend, "here:1", clock())
    clock.advance(minutes=5)
    found = look(amend)["worker"]
    assert found.outcome == Outcome.WARNING
    assert "5 min ago" in found.evidence
    assert "./run" in found.next


def test_one_of_two_workers_is_enough(amend: Amend, clock: Clock) -> None:
    heartbeat.beat(amend, "here:1", clock())
    clock.advance(minutes=5)
    heartbeat.beat(amend, "there:1", clock())
    assert look(amend)["worker"].outcome == Outcome.OK
    heartbeat.leave(amend, "there:1")
    assert look(amend)["worker"].outcome == Outcome.WARNING


def test_a_worker_that_was_stopped_is_told_at_once(amend: Amend, clock: Clock) -> None:
    heartbeat.beat(amend, "here:1", clock())
    heartbeat.leave(amend, "here:1")
    found = look(amend)["worker"]
    assert (found.outcome, found.evidence) == (Outcome.WARNING, "the last one was stopped 2026-11-23 10:00:00 UTC")


def test_before_the_first_start_there_is_nothing_to_hear(amend: Amend) -> None:
    assert look(amend)["worker"].outcome == Outcome.NOT_CHECKED


@pytest.fixture
def connection_id(amend: Amend, user: User, sandbox: Sandbox) -> UUID | None:
    return connect(amend, user.id).connection_id


def test_work_that_waits_for_long_is_told(amend: Amend, connection_id: UUID, clock: Clock) -> None:
    assert look(amend)["queue"].evidence == "1 check of connections and 0 alerts waiting"
    assert look(amend)["queue"].outcome == Outcome.OK
    clock.advance(minutes=11)
    found = look(amend)["queue"]
    assert found.outcome == Outcome.WARNING
    assert "1 piece of work waited for more than 10 min" in found.cause


def test_a_queue_that_cannot_be_read_fails(amend: Amend) -> None:
    with amend.sessions.begin() as session:
        session.execute(text("DROP TABLE alerts"))
    found = look(amend)["queue"]
    assert found.outcome == Outcome.FAILED
    assert "cannot be read" in found.cause
