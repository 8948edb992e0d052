"""Handing out access tokens: refreshed in time, once, written back; each failure told apart, and then none is handed out.

Long, for each way a renewal can end is a test; the storms stand apart in test_storm.py.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
import requests_mock
from pydantic import SecretStr
from sqlalchemy import event, text, update

from tests.service.processes import until
from tests.walk import add, connect
from zoho import clients, connections, renewals, tokens
from zoho.connections import Connection, Status
from zoho.errors import (
    InvalidGrantError,
    KeyLostError,
    MisconfiguredError,
    NoRefreshTokenError,
    RenewalFailingError,
    ThrottledError,
    TokenNotSavedError,
    UnreachableError,
    UnreadableAnswerError,
    ZohoDownError,
    ZohoError,
)
from zoho.keys import Keys

pytestmark = pytest.mark.both_databases

TOKEN = "POST /oauth/v2/token"


@pytest.fixture
def connection_id(amend, sandbox):
    found = connect(amend, add(amend)).connection_id
    sandbox.forget_calls()
    return found


def stored(amend, connection_id):
    with amend.reading() as session:
        return connections.get(session, connection_id)


def write(amend, connection_id, **values):
    with amend.sessions.begin() as session:
        session.execute(update(Connection).where(Connection.id == connection_id).values(values))


def test_a_fresh_token_is_handed_out_without_a_call(amend, sandbox, connection_id):
    tokens.access_token(amend, connection_id)
    assert sandbox.calls(TOKEN) == 0


@pytest.mark.parametrize(("seconds_left", "refreshes"), [(121, 0), (120, 0), (119, 1), (0, 1), (-5000, 1)])
def test_refresh_happens_when_fewer_than_120_seconds_are_left(amend, sandbox, connection_id, seconds_left, refreshes):
    write(amend, connection_id, token_expires_at=int(amend.now().timestamp()) + seconds_left)
    tokens.access_token(amend, connection_id)
    assert sandbox.calls(TOKEN) == refreshes


@pytest.mark.parametrize("expiry", [None, 0, -1, 1_800_000_000_000, 5])
def test_an_expiry_that_is_no_unix_time_means_refresh(amend, sandbox, connection_id, expiry):
    write(amend, connection_id, token_expires_at=expiry)
    tokens.access_token(amend, connection_id)
    assert sandbox.calls(TOKEN) == 1
    assert tokens.is_valid_expiry(stored(amend, connection_id).token_expires_at)


def test_refresh_keeps_the_stored_refresh_token_when_zoho_sends_none(amend, sandbox, connection_id, clock):
    """RFC 6749 section 6 makes a new refresh token optional."""
    before = stored(amend, connection_id).refresh_token
    clock.advance(hours=2)
    new = tokens.access_token(amend, connection_id)
    row = stored(amend, connection_id)
    assert row.refresh_token == before
    assert tokens.unseal(amend, connection_id, row.access_token) == new
    assert sandbox.calls(TOKEN) == 1


def test_refresh_keeps_the_stored_api_domain_when_zoho_sends_none_or_nonsense(amend, sandbox, connection_id):
    before = stored(amend, connection_id).api_domain
    sandbox.config.omit_api_domain = True
    tokens.renew(amend, connection_id)
    assert stored(amend, connection_id).api_domain == before
    sandbox.config.omit_api_domain = False
    sandbox.config.api_domain = "https://evil.example"
    tokens.renew(amend, connection_id)
    row = stored(amend, connection_id)
    assert (row.api_domain, row.api_domain_refused) == (before, "https://evil.example")


def test_milliseconds_of_old_are_not_a_thousand_hours(amend, sandbox, connection_id):
    sandbox.config.expires_in_milliseconds = True
    tokens.renew(amend, connection_id)
    assert stored(amend, connection_id).token_expires_at == int(amend.now().timestamp()) + 3600


def test_a_rejected_token_is_refreshed_once_and_a_newer_one_is_left_alone(amend, sandbox, connection_id):
    first = tokens.access_token(amend, connection_id)
    second = tokens.access_token(amend, connection_id, rejected=first)
    assert second != first
    assert tokens.access_token(amend, connection_id, rejected=first) == second
    assert sandbox.calls(TOKEN) == 1


def test_forty_threads_on_one_expired_token_make_one_refresh(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, fault="slow", seconds=0.3)
    with ThreadPoolExecutor(40) as pool:
        got = set(pool.map(lambda _: tokens.access_token(amend, connection_id), range(40)))
    assert len(got) == 1
    assert sandbox.calls(TOKEN) == 1


def test_a_lease_whose_holder_died_is_taken_over_when_it_ends(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    write(amend, connection_id, refresh_lease_until=amend.now() + amend.refresh_lease)
    waiting = ThreadPoolExecutor(1).submit(tokens.access_token, amend, connection_id)
    time.sleep(0.15)
    assert not waiting.done()
    clock.advance(seconds=amend.refresh_lease.total_seconds())
    assert waiting.result(timeout=5)
    assert sandbox.calls(TOKEN) == 1


FAULTS = [
    ({"status": 200, "body": {"error": "invalid_code"}}, InvalidGrantError),
    ({"status": 200, "body": {"error": "invalid_client"}}, MisconfiguredError),
    ({"status": 200, "body": {"error": "invalid_client_secret"}}, MisconfiguredError),
    (
        {"status": 400, "body": {"error": "Access Denied", "error_description": "You have made too many", "status": "failure"}},
        ThrottledError,
    ),
    ({"status": 400, "body": {"error": "拒绝访问", "error_description": "请稍后再试", "status": "failure"}}, ThrottledError),
    ({"status": 200, "body": {"error": "Access Denied", "status": "failure"}}, ThrottledError),
    ({"status": 200, "body": {}}, UnreadableAnswerError),
    ({"status": 200, "body": {"access_token": None}}, UnreadableAnswerError),
    ({"status": 200, "body": {"access_token": 7, "expires_in": 3600}}, UnreadableAnswerError),
    ({"status": 200, "body": []}, UnreadableAnswerError),
    ({"status": 200, "body": {"error": "general_error"}}, ZohoDownError),
    ({"status": 400, "body": {"error": "invalid_grant"}}, InvalidGrantError),
    ({"status": 401, "body": {"error": "invalid_token"}}, InvalidGrantError),
    ({"status": 400, "body": {"error": "INVALID_OAUTHTOKEN"}}, InvalidGrantError),
    ({"status": 400, "body": {"error": "invalid_scope"}}, MisconfiguredError),
    ({"status": 400, "body": {"error": "invalid_request", "error_description": "a parameter is missing"}}, MisconfiguredError),
    ({"fault": "html"}, ZohoError),
    ({"fault": "truncated"}, ZohoError),
    ({"fault": "empty"}, UnreadableAnswerError),
    ({"status": 503}, ZohoDownError),
    ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/steal"}}, ZohoError),
    ({"fault": "reset_before"}, UnreachableError),
    ({"fault": "reset_after"}, UnreachableError),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS, ids=lambda value: str(value)[:50])
def test_each_failure_is_told_apart_and_hands_out_no_token(amend, sandbox, connection_id, clock, fault, error):
    before = stored(amend, connection_id)
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, **fault)

    with pytest.raises(error) as caught:
        tokens.access_token(amend, connection_id)

    row = stored(amend, connection_id)
    assert caught.value.advice
    assert (row.refresh_token, row.access_token) == (before.refresh_token, before.access_token)
    assert row.refresh_lease_until is None
    assert row.last_failure_code == caught.value.code
    assert (row.status == Status.RECONNECT_NEEDED) == (error is InvalidGrantError)


def test_after_a_throttle_nobody_asks_again_before_its_end(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, status=400, body={"error": "Access Denied", "error_description": "too many", "status": "failure"})
    with pytest.raises(ThrottledError) as first:
        tokens.access_token(amend, connection_id)
    with pytest.raises(ThrottledError) as second:
        tokens.access_token(amend, connection_id)
    assert second.value.retry_at == first.value.retry_at == amend.now() + timedelta(minutes=10)
    assert sandbox.calls(TOKEN) == 1
    clock.advance(minutes=10, seconds=1)
    assert tokens.access_token(amend, connection_id)


def test_a_dead_connection_is_not_asked_again(amend, sandbox, connection_id, clock):
    sandbox.revoke_all()
    clock.advance(hours=2)
    for _ in range(3):
        with pytest.raises(InvalidGrantError):
            tokens.access_token(amend, connection_id)
    assert sandbox.calls(TOKEN) == 1


HANG = {"fault": "hang", "seconds": 30}


@pytest.mark.parametrize(("fault", "error"), [*FAULTS, (HANG, UnreachableError)], ids=lambda value: str(value)[:50])
def test_a_failed_refresh_by_hand_leaves_a_working_token_working(amend, sandbox, connection_id, fault, error):
    """Also after ``invalid_code``: if Zoho ended the access token too, it will say so; if not, what was typed can still be saved."""
    hurried = replace(amend, http=amend.http.within(0.3)) if fault == HANG else amend
    before = tokens.access_token(amend, connection_id)
    sandbox.fail_next(TOKEN, **fault)
    with pytest.raises(error):
        tokens.renew(hurried, connection_id)
    assert tokens.access_token(amend, connection_id) == before
    assert clients.crm_client(amend, stored(amend, connection_id)).org()
    assert (stored(amend, connection_id).status == Status.RECONNECT_NEEDED) == (error is InvalidGrantError)


def test_a_connection_that_zoho_called_dead_is_revived_by_hand_when_zoho_takes_it_back(amend, sandbox, connection_id):
    sandbox.fail_next(TOKEN, status=200, body={"error": "invalid_code"})
    with pytest.raises(InvalidGrantError):
        tokens.renew(amend, connection_id)
    tokens.renew(amend, connection_id)
    assert stored(amend, connection_id).status == Status.ACTIVE


def test_ten_renewals_in_ten_minutes_are_counted_and_the_next_is_told_when(amend, sandbox, connection_id, clock):
    first_at = clock()  # of the exchange and of the renewal that proved it
    for _ in range(renewals.BUDGET - 2):
        clock.advance(seconds=10)
        tokens.renew(amend, connection_id)
    calls = sandbox.calls(TOKEN)
    for refresh in (tokens.renew, lambda *who: tokens.access_token(*who, rejected=tokens.access_token(*who))):
        with pytest.raises(ThrottledError) as caught:
            refresh(amend, connection_id)
        assert caught.value.retry_at == first_at + renewals.WINDOW
    assert sandbox.calls(TOKEN) == calls, "Zoho was not asked"
    assert stored(amend, connection_id).failing_since is None, "to be told to wait is no failure"
    clock.at = first_at + renewals.WINDOW
    tokens.renew(amend, connection_id)


def test_failures_count_against_the_budget_too(amend, sandbox, connection_id):
    write(amend, connection_id, renewals=[])
    sandbox.fail_next(TOKEN, status=503, times=None)
    for _ in range(renewals.BUDGET):
        with pytest.raises(ZohoDownError):
            tokens.renew(amend, connection_id)
    with pytest.raises(ThrottledError):
        tokens.renew(amend, connection_id)


@pytest.mark.parametrize("tried", [["soon", None, -1, 1e400], [0] * 50, [4_000_000_000] * 50])
def test_a_count_that_is_nonsense_does_not_stop_a_renewal(amend, sandbox, connection_id, tried):
    write(amend, connection_id, renewals=[each for each in tried if each != float("inf")])
    tokens.renew(amend, connection_id)
    assert len(stored(amend, connection_id).renewals) == 1


def test_failing_renewals_are_spaced_out_and_callers_hear_the_last_failure_with_the_next_try(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, status=503, times=None)
    pauses = []
    for calls in range(1, 15):
        with pytest.raises(ZohoDownError):
            tokens.access_token(amend, connection_id)
        assert sandbox.calls(TOKEN) == calls
        failed_at = clock()
        with pytest.raises(ZohoDownError, match="HTTP 503") as caught:
            tokens.access_token(amend, connection_id)
        next_try_at = renewals.next_try_at(stored(amend, connection_id))
        assert f"{next_try_at:%H:%M:%S} UTC" in caught.value.advice
        assert sandbox.calls(TOKEN) == calls, "Zoho was not asked in between"
        pauses.append((next_try_at - failed_at).total_seconds())
        clock.at = next_try_at
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600, 600]
    assert stored(amend, connection_id).status == Status.ACTIVE
    sandbox.clear_faults()
    assert tokens.access_token(amend, connection_id)
    assert stored(amend, connection_id).failure_count == 0


def test_refresh_now_does_not_wait_for_the_next_try(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, status=503)
    with pytest.raises(ZohoDownError):
        tokens.access_token(amend, connection_id)
    tokens.renew(amend, connection_id)


def fail_until(amend, sandbox, connection_id, clock, days, every_hours=12):
    """Try twice a day while Zoho's accounts server is down."""
    sandbox.fail_next(TOKEN, status=503, times=None)
    for _ in range(int(days * 24 / every_hours) + 1):
        with pytest.raises(ZohoDownError):
            tokens.access_token(amend, connection_id)
        clock.advance(hours=every_hours)


def test_only_four_days_of_failing_need_a_person_who_revives_it_with_refresh_now(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    fail_until(amend, sandbox, connection_id, clock, days=3.5)
    assert stored(amend, connection_id).status == Status.ACTIVE
    with pytest.raises(ZohoDownError):
        tokens.access_token(amend, connection_id)
    assert stored(amend, connection_id).status == Status.FAILING
    calls = sandbox.calls(TOKEN)
    with pytest.raises(RenewalFailingError) as caught:
        tokens.access_token(amend, connection_id)
    assert caught.value.summary == f"Renewing has failed for four days, last because: {ZohoDownError.summary}"
    assert sandbox.calls(TOKEN) == calls
    with pytest.raises(ZohoDownError):
        tokens.renew(amend, connection_id)
    sandbox.clear_faults()
    tokens.renew(amend, connection_id)
    assert (stored(amend, connection_id).status, stored(amend, connection_id).failing_since) == (Status.ACTIVE, None)


def test_days_on_which_nobody_tried_are_no_days_of_failing(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    fail_until(amend, sandbox, connection_id, clock, days=20, every_hours=100)
    assert stored(amend, connection_id).status == Status.ACTIVE


def test_a_refresh_sends_no_scope(amend, sandbox, connection_id):
    tokens.renew(amend, connection_id)
    (seen,) = sandbox.matching(TOKEN)
    assert {"grant_type", "client_id", "client_secret", "refresh_token"} <= set(seen.body)
    assert "scope" not in {**seen.body, **seen.query}


def test_a_european_connection_is_renewed_at_the_european_accounts_server(amend, sandbox, connection_id):
    """Elsewhere Zoho says invalid_client or invalid_code, with HTTP 200, and people think that their secret is wrong."""
    ours = amend.settings.model_copy(update={"client_id": "1000.OURS", "client_secret": SecretStr("ours")})
    write(amend, connection_id, location="eu", accounts_server="https://accounts.zoho.eu", api_domain="https://www.zohoapis.eu")
    with requests_mock.Mocker() as zoho:
        zoho.post("https://accounts.zoho.eu/oauth/v2/token", json={"access_token": "1000.new.token", "expires_in": 3600})
        tokens.renew(replace(amend, settings=ours), connection_id)
    assert [seen.hostname for seen in zoho.request_history] == ["accounts.zoho.eu"]
    assert stored(amend, connection_id).api_domain == "https://www.zohoapis.eu", "an answer that names none changes none"


CRM_SAYS = [{"code": code, "details": {}, "message": "no", "status": "error"} for code in ("INVALID_TOKEN", "INVALID_OAUTHTOKEN")]
DESK_SAYS = [{"errorCode": code, "message": "no"} for code in ("INVALID_OAUTH", "UNAUTHORIZED")]


@pytest.mark.parametrize("body", [*CRM_SAYS, *DESK_SAYS], ids=lambda body: body.get("code") or body["errorCode"])
def test_however_zoho_says_that_a_token_is_no_good_it_is_renewed_once_and_the_call_goes_on(amend, sandbox, connection_id, body):
    connection = stored(amend, connection_id)
    client, route = (clients.crm_client, "GET /crm/v8/org") if "code" in body else (clients.desk_client, "GET /api/v1/organizations")
    sandbox.fail_next(route, status=401, body=body)
    made = client(amend, connection)
    assert made.org() if "code" in body else made.organizations()
    assert (sandbox.calls(TOKEN), sandbox.calls(route)) == (1, 2)


def test_no_refresh_token_is_said(amend, sandbox, connection_id):
    write(amend, connection_id, refresh_token=None)
    with pytest.raises(NoRefreshTokenError):
        tokens.access_token(amend, connection_id)


def test_a_lost_key_is_said(amend, sandbox, connection_id):
    from cryptography.fernet import Fernet

    stranger = replace(amend, keys=Keys.of([Fernet.generate_key().decode()]))
    with pytest.raises(KeyLostError):
        tokens.access_token(stranger, connection_id)


def test_two_rows_whose_tokens_were_swapped_are_noticed(amend, sandbox, connection_id):
    other = connect(amend, add(amend, "ben@example.com")).connection_id
    write(amend, connection_id, access_token=stored(amend, other).access_token)
    with pytest.raises(KeyLostError):
        tokens.access_token(amend, connection_id)


SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""The fault is made with what only SQLite has."""
DISK_FULL = """CREATE TRIGGER full BEFORE UPDATE OF access_token ON zoho_connections WHEN new.access_token <> old.access_token
BEGIN SELECT RAISE(ABORT, 'no space left'); END"""


@SQLITE
def test_a_token_that_cannot_be_saved_is_an_error_which_the_row_keeps(amend, sandbox, connection_id, clock):
    before = stored(amend, connection_id).access_token
    clock.advance(hours=2)
    with amend.sessions.begin() as session:
        session.execute(text(DISK_FULL))
    with pytest.raises(TokenNotSavedError):
        tokens.access_token(amend, connection_id)
    row = stored(amend, connection_id)
    assert (row.last_failure_code, row.access_token, row.refresh_lease_until) == ("token_not_saved", before, None)
    with pytest.raises(TokenNotSavedError):
        tokens.access_token(amend, connection_id)
    assert sandbox.calls(TOKEN) == 1, "no token of Zoho's ten is wasted on a database that takes none"


@pytest.fixture
def impatient(amend):
    """Amend, which gives up a locked database after 0.2 s instead of 30."""
    event.listen(amend.sessions.kw["bind"], "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=200"))
    amend.sessions.kw["bind"].dispose()
    return amend


@SQLITE
def test_a_token_that_meets_a_locked_database_is_an_error_and_the_next_try_mends_it(impatient, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, fault="slow", seconds=0.5)
    refreshing = ThreadPoolExecutor(1).submit(tokens.access_token, impatient, connection_id)
    assert until(lambda: sandbox.calls(TOKEN) == 1)
    with closing(sqlite3.connect(impatient.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TokenNotSavedError) as caught:
            refreshing.result(timeout=10)
        other.execute("ROLLBACK")
    assert "could not be saved" in caught.value.summary
    clock.advance(seconds=impatient.refresh_lease.total_seconds())
    assert tokens.access_token(impatient, connection_id)


@SQLITE
def test_a_database_that_takes_no_changes_is_said_before_zoho_is_asked(impatient, sandbox, connection_id, clock):
    clock.advance(hours=2)
    with closing(sqlite3.connect(impatient.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TokenNotSavedError) as caught:
            tokens.access_token(impatient, connection_id)
        other.execute("ROLLBACK")
    assert "was not renewed" in caught.value.summary
    assert sandbox.calls(TOKEN) == 0


def test_a_grant_replaced_during_a_refresh_is_not_overwritten(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, fault="slow", seconds=0.4)
    refreshing = ThreadPoolExecutor(1).submit(tokens.access_token, amend, connection_id)
    time.sleep(0.1)
    new = {"refresh_token": "1000.new", "access_token": "1000.newer"}
    sealed = {column: tokens.seal(amend, connection_id, value) for column, value in new.items()}
    write(amend, connection_id, **sealed, token_expires_at=int(amend.now().timestamp()) + 3600, refresh_lease_until=None)
    assert refreshing.result(timeout=5) == "1000.newer", "the new grant's token is handed out, not the old one's"
    assert stored(amend, connection_id).refresh_token == sealed["refresh_token"]


def test_no_token_stands_in_an_error_a_log_or_a_repr(amend, sandbox, connection_id, clock, caplog):
    caplog.set_level("DEBUG")
    secret = tokens.unseal(amend, connection_id, stored(amend, connection_id).refresh_token)
    access = tokens.access_token(amend, connection_id)
    clock.advance(hours=2)
    for fault, _ in FAULTS:
        write(amend, connection_id, status=Status.ACTIVE, refresh_not_before=None, failing_since=None, renewals=[])
        sandbox.fail_next(TOKEN, **fault)
        with pytest.raises(ZohoError) as caught:
            tokens.access_token(amend, connection_id)
        error = caught.value
        said = f"{error!r} {error} {error.summary} {error.__cause__!r} {stored(amend, connection_id).last_failure_detail}"
        assert secret not in said
        assert access not in said
        assert "sandbox-secret" not in said
    assert secret not in caplog.text
    assert "sandbox-secret" not in caplog.text


@pytest.mark.parametrize("more", [{"error": None}, {"error": ""}])
def test_a_token_beside_an_empty_error_is_a_token(amend, sandbox, connection_id, clock, more):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, status=200, body={"access_token": "1000.new.token", "expires_in": 3600, **more})
    assert tokens.access_token(amend, connection_id) == "1000.new.token"


def test_a_renewal_that_cannot_begin_gives_its_lease_back(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    write(amend, connection_id, location="gone")
    for _ in range(2):
        with pytest.raises(MisconfiguredError):
            tokens.access_token(amend, connection_id)
    assert stored(amend, connection_id).refresh_lease_until is None


def test_a_lease_that_another_worker_took_over_stays_theirs(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, fault="slow", seconds=0.4)
    refreshing = ThreadPoolExecutor(1).submit(tokens.access_token, amend, connection_id)
    time.sleep(0.1)
    theirs = amend.now() + 3 * amend.refresh_lease
    write(amend, connection_id, refresh_lease_until=theirs)
    token = refreshing.result(timeout=5)
    row = stored(amend, connection_id)
    assert row.refresh_lease_until == theirs
    assert tokens.unseal(amend, connection_id, row.access_token) == token, "the grant is the same: the token is kept"


def test_a_failed_renewal_leaves_the_lease_of_another_worker(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, fault="slow", seconds=0.4)
    sandbox.config.clients.clear()
    refreshing = ThreadPoolExecutor(1).submit(tokens.access_token, amend, connection_id)
    time.sleep(0.1)
    theirs = amend.now() + 3 * amend.refresh_lease
    write(amend, connection_id, refresh_lease_until=theirs)
    with pytest.raises(MisconfiguredError):
        refreshing.result(timeout=5)
    assert stored(amend, connection_id).refresh_lease_until == theirs


def test_who_waits_for_a_renewal_does_not_ask_for_the_write_lock(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    write(amend, connection_id, refresh_lease_until=amend.now() + amend.refresh_lease)
    statements = []
    engine = amend.sessions.kw["bind"]

    @event.listens_for(engine, "before_cursor_execute")
    def hear(_c, _cursor, statement, *_):
        if threading.current_thread().name.startswith("waiting"):  # the request log writes in a thread of its own
            statements.append(statement)

    waiting = ThreadPoolExecutor(1, thread_name_prefix="waiting").submit(tokens.access_token, amend, connection_id)
    time.sleep(0.3)
    while_waiting = list(statements)
    clock.advance(seconds=amend.refresh_lease.total_seconds())
    waiting.result(timeout=5)
    assert any(statement.startswith("SELECT") for statement in while_waiting)
    assert not any(statement.startswith("UPDATE") or "IMMEDIATE" in statement for statement in while_waiting)


def test_a_byte_order_mark_before_the_answer_does_not_matter(amend, sandbox, connection_id, clock):
    clock.advance(hours=2)
    answer = {"access_token": "1000.new.token", "expires_in": 3600}
    with requests_mock.Mocker() as zoho:
        zoho.post(f"{sandbox.url}/oauth/v2/token", content=b"\xef\xbb\xbf" + json.dumps(answer).encode())
        assert tokens.access_token(amend, connection_id) == "1000.new.token"
