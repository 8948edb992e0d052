"""Limits of an organization as all processes keep them: places for calls, credits, and who goes first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from sandbox.server import Sandbox
from service.settings import Settings
from tests.conftest import Clock
from tests.service.processes import clean_environment, until
from tests.zoho.crowding import TOKEN
from zoho import limits, runtime
from zoho.crm import CrmClient
from zoho.desk import DeskClient
from zoho.errors import RateLimitedError, ZohoError
from zoho.hooks import IS_BULK, Call
from zoho.runtime import Amend

ORG = "crm:4150868000000225013"
both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def call(org: str = ORG, *, is_heavy: bool = False, is_bulk: bool = False) -> Call:
    return Call("PUT", "https://www.zohoapis.eu/crm/v8/Leads/1", org, None, is_heavy, is_bulk)


@contextmanager
def storm(settings: Settings, url: str, *, threads: int, calls: int, kind: str = "form") -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to call."""
    arguments = [settings.database_url, str(settings.instance_dir), url, ORG, str(threads), str(calls), kind]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-m", "tests.zoho.crowding", *arguments], env=clean_environment(), **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def started(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


@both
@pytest.mark.slow
def test_eight_processes_of_eight_threads_never_run_more_calls_than_the_edition_allows(
    amend: Amend, settings: Settings, sandbox: Sandbox
) -> None:
    limits.note_edition(amend, ORG, "professional")
    sandbox.config.latency_ms = 30

    processes = []
    contexts = [storm(settings, f"{sandbox.url}/crm/v8/org", threads=8, calls=3) for _ in range(8)]
    for context in contexts:
        processes.append(context.__enter__())
    for process in processes:
        started(process)
    results = [result(process) for process in processes]
    for context in contexts:
        context.__exit__(None, None, None)

    # The sandbox does not know the token: what counts is that every call came through, and how many were there at once.
    assert sum(sum(each["said"].values()) for each in results) == 8 * 8 * 3
    assert {status for each in results for status in each["said"]} == {"401"}
    assert 5 < sandbox.peaks["crm:"] <= 15  # as many as the edition allows; a slow machine may never bring them all together


@both
@pytest.mark.slow
def test_killed_process_gives_its_places_back_at_once(amend: Amend, settings: Settings, sandbox: Sandbox) -> None:
    sandbox.config.latency_ms = 60_000
    with storm(settings, f"{sandbox.url}/crm/v8/org", threads=5, calls=1) as process:
        started(process)
        assert until(lambda: sandbox.peaks.get("crm:") == 5)
        with pytest.raises(RateLimitedError, match="none of 5 places") as caught:
            amend.gate.enter(call(), 0.2)
        assert caught.value.kind == "concurrency"
        assert "Nothing was sent" in caught.value.summary

        process.kill()

        leave = amend.gate.enter(call(), 5)
    leave()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_lost_session_is_opened_again_and_holds_what_it_held(amend: Amend, settings: Settings, cluster: Any, clock: Clock) -> None:
    held = [amend.gate.enter(call(), 1) for _ in range(3)]
    cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 'test_%'")
    held.append(amend.gate.enter(call(), 1))
    other = runtime.build(settings, now=clock)

    last = other.gate.enter(call(), 1)
    with pytest.raises(RateLimitedError):
        other.gate.enter(call(), 0.1)

    for leave in (*held, last):
        leave()
    other.close()


@both
@pytest.mark.slow
def test_form_takes_the_next_place_before_a_bulk_job_of_another_process(amend: Amend, settings: Settings, sandbox: Sandbox) -> None:
    sandbox.config.latency_ms = 100
    with storm(settings, f"{sandbox.url}/crm/v8/org", threads=20, calls=100, kind="bulk") as process:
        started(process)
        assert until(lambda: sandbox.peaks.get("crm:") == 5)
        waits = 0
        for _ in range(10):
            before = len(sandbox.requests)
            amend.gate.enter(call(), 10)()
            waits += len(sandbox.requests) - before

    assert waits <= 10 * 5, "one round of the places that were taken, at most, went before each form"


def test_form_goes_before_the_bulk_calls_that_wait_in_its_own_process(amend: Amend) -> None:
    held = [amend.gate.enter(call(), 1) for _ in range(5)]
    order: list[str] = []

    def wait(name: str, is_bulk: bool) -> None:
        leave = amend.gate.enter(call(is_bulk=is_bulk), 20)
        order.append(name)
        leave()

    line = amend.gate._lines[ORG]
    threads = []
    for name, is_bulk in (("bulk 1", True), ("bulk 2", True), ("form", False)):
        threads.append(threading.Thread(target=wait, args=(name, is_bulk)))
        threads[-1].start()
        assert until(lambda: sum(map(len, line._waiting)) == len(threads))
    held.pop()()
    for thread in threads:
        thread.join(20)
    for leave in held:
        leave()

    assert order == ["form", "bulk 1", "bulk 2"]


def test_bulk_calls_are_told_by_a_context(sandbox: Sandbox) -> None:
    seen: list[bool] = []

    class Listening(runtime.Gate):
        def enter(self, call: Call, seconds: float) -> Any:
            seen.append(call.is_bulk)
            return lambda: None

        def learn(self, org: str, answer: Any) -> None: ...

    http = runtime.Http(gate=Listening.__new__(Listening))
    http.call("GET", sandbox.url, org=ORG)
    mark = IS_BULK.set(True)
    http.call("GET", sandbox.url, org=ORG)
    IS_BULK.reset(mark)

    assert seen == [False, True]


def test_heavy_writes_take_one_of_ten_places_as_well(amend: Amend) -> None:
    limits.note_edition(amend, ORG, "ultimate")
    held = [amend.gate.enter(call(is_heavy=True), 1) for _ in range(10)]

    with pytest.raises(RateLimitedError, match="heavy"):
        amend.gate.enter(call(is_heavy=True), 0.05)
    light = amend.gate.enter(call(), 1)

    for leave in (*held, light):
        leave()
    amend.gate.enter(call(is_heavy=True), 1)()


@pytest.mark.parametrize(
    ("org", "edition", "size"),
    [
        ("crm:1", "free", 5),
        ("crm:1", "standard", 10),
        ("crm:1", "professional", 15),
        ("crm:1", "enterprise", 20),
        ("crm:1", "zohooneenterprise", 20),
        ("crm:1", "ultimate", 25),
        ("crm:1", "crmplus", 25),
        ("desk:1", "FREE", 5),
        ("desk:1", "EXPRESS", 10),
        ("desk:1", "STANDARD", 10),
        ("desk:1", "PROFESSIONAL", 15),
        ("desk:1", "ENTERPRISE", 25),
        ("desk:1", "ZOHO_ONE", 25),
        ("crm:1", None, 5),
        ("crm:1", "something new", 5),
        ("desk:1", "", 5),
    ],
)
def test_calls_at_once_go_by_the_edition_and_an_unknown_one_gets_the_fewest(org: str, edition: str | None, size: int) -> None:
    assert limits.at_once(org, edition) == size


def test_places_of_two_organizations_are_not_shared(amend: Amend) -> None:
    held = [amend.gate.enter(call(), 1) for _ in range(5)]
    amend.gate.enter(call("crm:77"), 1)()
    amend.gate.enter(call("desk:4150868000000225013"), 1)()
    for leave in held:
        leave()


def test_organization_id_of_zoho_never_leaves_the_folder_of_the_locks(amend: Amend, settings: Settings) -> None:
    amend.gate.enter(call("crm:../../../../tmp/evil"), 1)()

    assert [path.name for path in (settings.instance_dir / "limits").iterdir()] == ["crm-------------tmp-evil"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_forked_child_neither_holds_nor_frees_the_places_of_its_parent(amend: Amend) -> None:
    held = [amend.gate.enter(call(), 1) for _ in range(5)]
    child = os.fork()
    if child == 0:
        try:
            amend.gate.enter(call(), 0.05)
        except RateLimitedError:
            os._exit(7)
        os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    with pytest.raises(RateLimitedError):
        amend.gate.enter(call(), 0.05)
    for leave in held:
        leave()


def crm(amend: Amend, sandbox: Sandbox) -> CrmClient:
    return CrmClient(amend.http, sandbox.url, lambda _: TOKEN, ORG.removeprefix("crm:"))


SPENT = {"code": "TOO_MANY_REQUESTS", "message": "Number of API requests for the 24 hour period is exceeded", "status": "error"}
OLDER = {"code": 429, "error": "TOO_MANY_REQUESTS", "error_info": "You have exceeded the limit for the past 24 hours.", "details": []}
CROWD = {"code": "TOO_MANY_REQUESTS", "message": "The concurrency limit of the user for the app is exceeded", "status": "error"}
SUB_CROWD = CROWD | {"message": "The sub-concurrency limit of the user for the app is exceeded"}
SEARCHES = {"code": "RATE_LIMIT_EXCEEDED", "message": "Too many searches", "status": "error"}


@pytest.mark.parametrize("body", [SPENT, OLDER], ids=["today's shape", "the older shape"])
def test_used_up_credits_close_the_gate_for_every_process_after_growing_pauses(
    body: dict[str, Any], amend: Amend, settings: Settings, sandbox: Sandbox, clock: Clock
) -> None:
    """Pitfall 63: CRM names no time, so it is asked again after 1, 2, 4 … 60 minutes."""
    sandbox.fail_next("GET /crm/v8/org", status=429, body=body, times=None)
    pauses = []
    for _ in range(8):
        with pytest.raises(RateLimitedError) as caught:
            crm(amend, sandbox).org()
        assert caught.value.kind == "credits"
        pauses.append(caught.value.retry_after_seconds)
        clock.advance(seconds=pauses[-1])
    asked = sandbox.calls("GET /crm/v8/org")
    with pytest.raises(RateLimitedError):
        crm(amend, sandbox).org()

    other = runtime.build(settings, now=clock)
    with pytest.raises(RateLimitedError) as caught:
        crm(other, sandbox).org()
    other.close()

    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert sandbox.calls("GET /crm/v8/org") == asked + 1, "the other process did not ask"
    assert (caught.value.kind, caught.value.retry_after_seconds) == ("credits", 3600)
    assert "Nothing was sent" in caught.value.summary


def test_gate_opens_when_zoho_answers_again(amend: Amend, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.fail_next("GET /crm/v8/org", status=429, body=SPENT)
    with pytest.raises(RateLimitedError):
        crm(amend, sandbox).org()
    clock.advance(minutes=1)

    amend.http.call("GET", sandbox.url, org=ORG)
    amend.request_log.flush()

    with amend.reading() as session:
        found = limits.find(session, ORG)
    assert found is not None
    assert (found.not_before, found.reason) == (None, None)


@pytest.mark.parametrize("body", [CROWD, SUB_CROWD, SEARCHES], ids=["concurrency", "sub-concurrency", "searches"])
def test_read_at_a_crowded_moment_waits_and_is_sent_again(body: dict[str, Any], amend: Amend, sandbox: Sandbox) -> None:
    sandbox.fail_next("GET /crm/v8/org", status=429, body=body, times=1)
    with pytest.raises(ZohoError) as caught:
        crm(amend, sandbox).org()

    assert caught.value.zoho_code == "INVALID_TOKEN", "it was asked again, and the sandbox does not know this token"


@pytest.mark.parametrize("body", [CROWD, SUB_CROWD], ids=["concurrency", "sub-concurrency"])
def test_write_at_a_crowded_moment_is_sent_once_and_called_crowded_not_spent(body: dict[str, Any], amend: Amend, sandbox: Sandbox) -> None:
    """Pitfall 62: the smaller limit for many records is a limit of the moment, too."""
    sandbox.fail_next("PUT /crm/v8/{module}", status=429, body=body, times=None)

    with pytest.raises(RateLimitedError) as caught:
        crm(amend, sandbox).update_many("Leads", [(str(number), {"City": "Bern"}) for number in range(11)])

    assert caught.value.kind == "concurrency"
    assert sandbox.calls("PUT /crm/v8/{module}") == 1
    crm(amend, sandbox)._calls._http.gate.enter(call(), 1)()  # type: ignore[union-attr]  # and the gate stays open


def test_crowded_read_is_given_up_after_a_few_tries(amend: Amend, sandbox: Sandbox) -> None:
    sandbox.fail_next("GET /crm/v8/org", status=429, body=CROWD, times=None)

    with pytest.raises(RateLimitedError) as caught:
        crm(amend, sandbox).org()

    assert caught.value.kind == "concurrency"
    assert sandbox.calls("GET /crm/v8/org") == 3


DESK = "desk:3981311"
DAY_OVER = {"errorCode": "THRESHOLD_EXCEEDED", "message": "API credits of the day are used up"}
DESK_CROWD = {"errorCode": "TOO_MANY_REQUESTS", "message": "Too many calls at the same time"}


def desk(amend: Amend, sandbox: Sandbox) -> DeskClient:
    return DeskClient(amend.http, sandbox.url, DESK.removeprefix("desk:"), lambda _: TOKEN)


@pytest.mark.parametrize("headers", [{"Retry-After": "5400"}, {}], ids=["with Retry-After", "without"])
def test_desks_used_up_day_closes_until_retry_after_or_midnight_and_a_crowd_does_not(
    headers: dict[str, str], amend: Amend, sandbox: Sandbox, clock: Clock
) -> None:
    """Pitfall 83: two 429s, two waits. The sandbox's host is in no table: its day ends at midnight of the clock's zone."""
    sandbox.fail_next("PATCH /api/v1/tickets/{id}", status=429, body=DESK_CROWD)
    with pytest.raises(RateLimitedError) as crowded:
        desk(amend, sandbox).update("tickets", "1", {"subject": "x"})
    sandbox.fail_next("PATCH /api/v1/tickets/{id}", status=429, body=DAY_OVER, headers=headers)
    with pytest.raises(RateLimitedError) as spent:
        desk(amend, sandbox).update("tickets", "1", {"subject": "x"})
    with pytest.raises(RateLimitedError) as closed:
        desk(amend, sandbox).update("tickets", "1", {"subject": "x"})

    seconds = 5400 if headers else 14 * 3600
    assert (crowded.value.kind, crowded.value.retry_after_seconds) == ("concurrency", None)
    assert (spent.value.kind, spent.value.retry_after_seconds) == ("credits", seconds)
    assert (closed.value.kind, closed.value.retry_after_seconds) == ("credits", seconds)
    assert sandbox.calls("PATCH /api/v1/tickets/{id}") == 2


@pytest.mark.parametrize(
    ("host", "ends"),
    [
        ("desk.zoho.eu", "2026-11-23T23:00+00:00"),
        ("desk.zoho.in", "2026-11-23T18:30+00:00"),
        ("desk.zoho.com.au", "2026-11-23T13:00+00:00"),
        ("desk.zoho.com", "2026-11-24T08:00+00:00"),
        ("desk.zohocloud.ca", "2026-11-24T05:00+00:00"),
        ("127.0.0.1:8001", "2026-11-24T00:00+00:00"),
    ],
)
def test_desks_day_ends_at_midnight_of_its_data_center(host: str, ends: str, clock: Clock) -> None:
    assert limits.midnight(host, clock()) == datetime.fromisoformat(ends)
