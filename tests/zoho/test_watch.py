"""Connections are checked in time, by one worker each, and what changed is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from people.users import User
from sandbox.server import Sandbox
from tests.conftest import Clock
from tests.walk import connect
from zoho import grants, tokens, watch
from zoho.connections import Connection
from zoho.errors import ZohoError
from zoho.runtime import Amend
from zoho.watch import ConnectionHealth, HealthChange

pytestmark = pytest.mark.both_databases

TOKEN = "POST /oauth/v2/token"


@pytest.fixture
def connection_id(amend: Amend, user: User, sandbox: Sandbox) -> UUID:
    found = connect(amend, user.id).connection_id
    assert found is not None
    return found


def seen(amend: Amend, connection_id: UUID) -> ConnectionHealth:
    with amend.reading() as session:
        return watch.last_seen(session, [connection_id])[connection_id]


def changes(amend: Amend, connection_id: UUID, limit: int = 10) -> Sequence[HealthChange]:
    with amend.reading() as session:
        return watch.list_changes(session, connection_id, limit)


def check_all(amend: Amend) -> int:
    """How many checks were due."""
    count = 0
    while watch.check_next(amend):
        count += 1
    return count


def test_a_new_connection_is_checked_at_once_and_then_within_the_day(amend: Amend, connection_id: UUID, clock: Clock) -> None:
    assert check_all(amend) == 1
    found = seen(amend, connection_id)
    assert (found.state, found.bad_since) == ("healthy", None)
    assert [(change.was, change.state) for change in changes(amend, connection_id)] == [("unknown", "healthy")]

    clock.advance(hours=22, minutes=59)
    assert check_all(amend) == 0
    clock.advance(minutes=1)
    assert check_all(amend) == 1
    assert len(changes(amend, connection_id)) == 1


def test_a_check_is_made_by_one_of_two_workers(amend: Amend, connection_id: UUID) -> None:
    due = watch.find_due(amend)
    assert due is not None
    assert [watch.claim(amend, due), watch.claim(amend, due)] == [True, False]


def test_a_check_whose_worker_was_killed_is_taken_up_by_another(amend: Amend, connection_id: UUID, clock: Clock) -> None:
    due = watch.find_due(amend)
    assert due is not None
    assert watch.claim(amend, due)
    assert watch.find_due(amend) is None
    clock.advance(minutes=2)
    assert check_all(amend) == 1
    assert seen(amend, connection_id).state == "healthy"


def test_a_dead_grant_needs_somebody_and_reconnecting_is_seen_as_recovery(
    amend: Amend, connection_id: UUID, user: User, sandbox: Sandbox, clock: Clock
) -> None:
    check_all(amend)
    clock.advance(hours=23)
    sandbox.revoke_all()
    check_all(amend)
    found = seen(amend, connection_id)
    assert found.state == "needs_you"
    assert "Zoho no longer accepts" in found.reason
    assert found.bad_since == clock()

    clock.advance(minutes=1)
    connect(amend, user.id, reconnects_id=connection_id)
    check_all(amend)
    assert seen(amend, connection_id).bad_since is None
    assert [(change.was, change.state) for change in changes(amend, connection_id)] == [
        ("needs_you", "healthy"),
        ("healthy", "needs_you"),
        ("unknown", "healthy"),
    ]


def test_what_may_recover_is_checked_again_ever_more_seldom_and_once_at_the_end_of_the_grace_period(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock
) -> None:
    check_all(amend)
    clock.advance(hours=23)
    began = clock()
    sandbox.fail_next("* /*", status=503, times=None)
    minutes = []
    for _ in range(3 * 60):
        if check_all(amend):
            minutes.append((clock() - began) // timedelta(minutes=1))
        clock.advance(minutes=1)
    assert minutes == [0, 1, 2, 4, 8, 15, 30, 60, 120]
    assert seen(amend, connection_id).state == "may_recover"

    sandbox.clear_faults()
    clock.advance(hours=1)
    check_all(amend)
    assert seen(amend, connection_id).state == "healthy"


def test_a_failure_that_a_person_met_is_looked_into_without_waiting_for_the_day_to_pass(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock
) -> None:
    check_all(amend)
    clock.advance(minutes=5)
    sandbox.fail_next(TOKEN, status=503)
    with pytest.raises(ZohoError):
        tokens.renew(amend, connection_id)
    assert watch.count_due(amend) == 1
    assert check_all(amend) == 1


def test_what_a_check_alone_finds_counts_though_other_calls_work(amend: Amend, connection_id: UUID, sandbox: Sandbox) -> None:
    sandbox.config.no_api_access = True
    check_all(amend)
    found = seen(amend, connection_id)
    assert found.state == "needs_you"
    assert "profile does not allow access by API" in found.reason


def test_spent_credits_may_recover(amend: Amend, connection_id: UUID, sandbox: Sandbox) -> None:
    body = {"code": "TOO_MANY_REQUESTS", "message": "Number of API requests for the 24 hour period is exceeded", "status": "error"}
    sandbox.fail_next("* /crm/*", status=429, body=body, times=None)
    check_all(amend)
    assert seen(amend, connection_id).state == "may_recover"


def test_a_disconnected_connection_is_left_alone(amend: Amend, connection_id: UUID, user: User, clock: Clock) -> None:
    check_all(amend)
    grants.disconnect(amend, user.id, connection_id)
    clock.advance(days=2)
    assert watch.find_due(amend) is None
    watch.note(amend, connection_id, ())
    assert seen(amend, connection_id).state == "healthy"


def test_the_history_is_bounded(amend: Amend, connection_id: UUID, clock: Clock) -> None:
    for at in range(watch.KEPT_CHANGES + 7):
        clock.advance(minutes=1)
        failing = {"last_failure_at": clock(), "last_failure_code": "unreachable"} if at % 2 else {"last_success_at": clock()}
        with amend.sessions.begin() as session:
            session.execute(update(Connection).where(Connection.id == connection_id).values(failing))
        watch.note(amend, connection_id, ())
    kept = changes(amend, connection_id, 1000)
    assert len(kept) == watch.KEPT_CHANGES
    assert kept[0].at == clock()
