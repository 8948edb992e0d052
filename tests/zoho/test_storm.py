"""Many at once, in processes of their own, on one token: one refresh, one budget, whoever dies."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.service.processes import until
from tests.walk import add, connect
from tests.zoho.storming import Process
from zoho import clients, renewals, tokens
from zoho.errors import ZohoError

TOKEN = "POST /oauth/v2/token"
pytestmark = [pytest.mark.both_databases, pytest.mark.slow, pytest.mark.timeout(600)]  # processes start slowly on a busy machine


@pytest.fixture
def expired(amend, sandbox, clock):
    """A connection whose access token has run out."""
    connection_id = connect(amend, add(amend)).connection_id
    clock.advance(hours=2)
    sandbox.forget_calls()
    return connection_id


@contextmanager
def started(*processes):
    """All of them ready, and none left behind."""
    with ExitStack() as stack:
        for process in processes:
            stack.callback(process.kill)
        for process in processes:
            process.ready()
        yield processes


def storm(processes):
    """All go at once; what every thread got."""
    for process in processes:
        process.go()
    return [got for process in processes for got in process.got()]


def test_128_threads_of_8_processes_make_one_refresh_and_nobody_waits_much_longer_than_it(amend, sandbox, expired):
    sandbox.fail_next(TOKEN, fault="slow", seconds=1)
    with started(*(Process(amend, expired, threads=16) for _ in range(8))) as processes:
        got, calm = storm(processes), storm(processes)

    assert len(got) == 128
    assert sandbox.calls(TOKEN) == 1
    assert {each.what for each in got} == {sha256(tokens.access_token(amend, expired).encode()).hexdigest()}
    refreshed_at = min(each.ended_at for each in got)
    assert refreshed_at >= min(each.began_at for each in got) + 1
    # The same 128 threads, handed a token that needs no renewal: so much is the machine's doing.
    longest_calm = max(each.ended_at for each in calm) - min(each.began_at for each in calm)
    assert max(each.ended_at for each in got) <= refreshed_at + longest_calm + 0.5


def test_when_the_one_that_renews_is_killed_the_others_go_on_after_its_lease_with_one_more_refresh(amend, sandbox, expired):
    lease = timedelta(seconds=3)
    sandbox.fail_next(TOKEN, fault="slow", seconds=10)
    first, *others = (Process(amend, expired, threads=threads, lease=lease) for threads in (1, 4, 4, 4))
    with started(first, *others):
        first.go()
        assert until(lambda: sandbox.calls(TOKEN) == 1)
        first.kill()
        got = storm(others)

    assert sandbox.calls(TOKEN) == 2
    assert {each.what for each in got} == {sha256(tokens.access_token(amend, expired).encode()).hexdigest()}
    assert len(clients.load(amend, expired).renewals) == 2, "the renewal of the one that died is counted too"


def test_when_a_renewal_fails_all_who_waited_are_told_the_same_and_zoho_is_not_asked_again(amend, sandbox, expired):
    sandbox.fail_next(TOKEN, fault="slow", seconds=0.5, times=1)
    sandbox.config.clients.clear()
    with started(*(Process(amend, expired, threads=8) for _ in range(3))) as processes:
        got = storm(processes)

    assert {each.what for each in got} == {"misconfigured"}
    assert sandbox.calls(TOKEN) == 1


WORKERS, STEP = 50, timedelta(minutes=5)


def test_a_day_of_50_workers_with_faults_never_makes_zoho_deny_access(amend, sandbox, clock, expired):
    """A denial would be noted as the time before which Zoho is not asked."""
    chance = random.Random(7)
    asked_at, most = [], 0
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in range(int(timedelta(days=1) / STEP)):
            _upset(sandbox, chance)
            before = sandbox.calls(TOKEN)
            list(pool.map(lambda number: _work(amend, expired, is_calling=number < 3), range(WORKERS)))
            asked_at += [clock()] * (sandbox.calls(TOKEN) - before)
            most = max(most, sum(clock() - at < timedelta(minutes=10) for at in asked_at))
            assert clients.load(amend, expired).refresh_not_before is None
            sandbox.clear_faults()
            clock.advance(seconds=STEP.total_seconds())
            sandbox.forget_calls()
    assert most <= renewals.BUDGET
    assert len(asked_at) > 24, "the faults cost renewals"
    clock.advance(minutes=20)
    assert tokens.access_token(amend, expired), "and it lives on"


def _upset(sandbox, chance):
    """Now and then: tokens end early, calls are refused as if they had, or the accounts server is away."""
    if chance.random() < 0.3:
        sandbox.expire_access_tokens()
    if chance.random() < 0.2:
        refusal = {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}
        sandbox.fail_next("GET /crm/v8/org", status=401, body=refusal, times=chance.randint(1, 9))
    if chance.random() < 0.15:
        sandbox.fail_next(TOKEN, status=503, times=chance.randint(1, 3))


def _work(amend, connection_id, *, is_calling):
    try:
        if is_calling:
            clients.crm_client(amend, clients.load(amend, connection_id)).org()
        else:
            tokens.access_token(amend, connection_id)
    except ZohoError as error:
        return error
    return None
