"""Connecting, reconnecting, disconnecting: against the sandbox over real HTTP.

Long, for connecting has many ends, and each is one of the same trip.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, update

from tests.walk import add, connect, travel
from zoho import connections, grants, orgs, tokens
from zoho.connections import Connection, Status
from zoho.errors import (
    BadStateError,
    CodeExpiredError,
    ConsentRefusedError,
    MisconfiguredError,
    NoRefreshTokenError,
    NotConnectedError,
    UnknownHostError,
    ZohoError,
)
from zoho.grants import Result
from zoho.keys import Keys
from zoho.revocation import Revocation

pytestmark = pytest.mark.both_databases

TOKEN = "POST /oauth/v2/token"
REVOKE = "POST /oauth/v2/token/revoke"


@pytest.fixture
def ana(amend):
    return add(amend)


def stored(amend, connection_id):
    with amend.reading() as session:
        return connections.get(session, connection_id)


def count(amend):
    with amend.reading() as session:
        return session.scalar(select(func.count()).select_from(Connection))


def test_a_trip_to_zoho_ends_in_a_connection_with_everything_that_was_learned(amend, sandbox, ana):
    outcome = connect(amend, ana)

    row = stored(amend, outcome.connection_id)
    assert outcome.result == Result.CONNECTED
    assert row.status == Status.ACTIVE
    assert row.api_domain == sandbox.api_url
    assert row.token_expires_at == int(amend.now().timestamp()) + 3600
    assert row.zuid
    assert row.zoho_user_name
    assert row.time_zone == "Europe/Zurich"
    assert len({row.crm_org_id, row.zgid, row.desk_org_id}) == 3
    assert all((row.crm_org_id, row.zgid, row.desk_org_id))
    assert "ZohoCRM.modules.UPDATE" in row.scopes_granted
    assert "crm.all" in row.features


def test_tokens_are_sealed_at_rest(amend, sandbox, ana):
    row = stored(amend, connect(amend, ana).connection_id)
    assert "1000." not in f"{row.access_token}{row.refresh_token}"
    assert tokens.unseal(amend, row.id, row.refresh_token).startswith("1000.")


def test_connecting_again_updates_the_row_and_revokes_the_replaced_refresh_token(amend, sandbox, ana):
    first = connect(amend, ana)
    old = tokens.unseal(amend, first.connection_id, stored(amend, first.connection_id).refresh_token)

    second = connect(amend, ana)

    assert second.connection_id == first.connection_id
    assert second.result == Result.RENEWED
    assert count(amend) == 1
    assert sandbox.calls(REVOKE) == 1
    assert tokens.unseal(amend, second.connection_id, stored(amend, second.connection_id).refresh_token) != old
    tokens.renew(amend, second.connection_id)


def test_another_operator_gets_a_connection_of_their_own(amend, sandbox, ana):
    ben = add(amend, "ben@example.com")
    assert connect(amend, ana).connection_id != connect(amend, ben).connection_id
    with amend.reading() as session:
        assert len(connections.list_own(session, ben)) == 1


def test_a_reload_of_the_callback_is_harmless(amend, sandbox, ana):
    session_id, query = travel(amend, ana)
    first = grants.complete(amend, ana, session_id, query)
    calls = sandbox.calls(TOKEN)

    again = grants.complete(amend, ana, session_id, query)

    assert (again.connection_id, again.result) == (first.connection_id, Result.ALREADY)
    assert sandbox.calls(TOKEN) == calls


def test_a_reload_while_the_code_is_being_exchanged_finds_the_connection(amend, sandbox, ana):
    session_id, query = travel(amend, ana)
    sandbox.fail_next(TOKEN, fault="slow", seconds=0.6)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(grants.complete, amend, ana, session_id, query)
        while sandbox.calls(TOKEN) == 0:
            time.sleep(0.01)
        again = grants.complete(amend, ana, session_id, query)
    assert again.connection_id == first.result().connection_id
    assert [seen.body["grant_type"] for seen in sandbox.matching(TOKEN)] == ["authorization_code", "refresh_token"]


def test_a_reload_after_a_renewal_still_finds_the_connection(amend, sandbox, ana):
    connect(amend, ana)
    session_id, query = travel(amend, ana)
    first = grants.complete(amend, ana, session_id, query)
    assert grants.complete(amend, ana, session_id, query).connection_id == first.connection_id


def test_a_state_is_single_use_whatever_the_code(amend, sandbox, ana):
    session_id, query = travel(amend, ana)
    grants.complete(amend, ana, session_id, query)
    with pytest.raises(BadStateError):
        grants.complete(amend, ana, session_id, {**query, "code": "1000.other.code"})


def test_a_state_is_bound_to_the_session_and_the_operator(amend, sandbox, ana):
    session_id, query = travel(amend, ana)
    for user_id, session in ((ana, uuid4()), (uuid4(), session_id)):
        with pytest.raises(BadStateError):
            grants.complete(amend, user_id, session, query)
    assert sandbox.calls(TOKEN) == 0


@pytest.mark.parametrize("state", ["", "nonsense", "x" * 5000])
def test_a_missing_or_foreign_state_is_refused_before_any_call(amend, sandbox, ana, state):
    session_id, query = travel(amend, ana)
    with pytest.raises(BadStateError):
        grants.complete(amend, ana, session_id, {**query, "state": state})
    assert sandbox.calls(TOKEN) == 0


def test_a_state_dies_after_ten_minutes(amend, sandbox, ana, clock):
    session_id, query = travel(amend, ana)
    clock.advance(minutes=11)
    with pytest.raises(BadStateError):
        grants.complete(amend, ana, session_id, query)
    assert sandbox.calls(TOKEN) == 0


def test_a_refused_consent_is_said(amend, sandbox, ana):
    session_id, query = travel(amend, ana, decision="reject")
    with pytest.raises(ConsentRefusedError):
        grants.complete(amend, ana, session_id, query)
    assert count(amend) == 0


def test_an_expired_code_is_said_and_nothing_is_kept(amend, sandbox, ana, clock):
    session_id, query = travel(amend, ana)
    clock.advance(minutes=2)
    with pytest.raises(CodeExpiredError):
        grants.complete(amend, ana, session_id, query)
    assert count(amend) == 0


@pytest.mark.parametrize("server", ["https://accounts.zoho.com.evil.example", "http://127.0.0.1:9", "https://accounts.zoho.ca"])
def test_an_unknown_accounts_server_is_refused_and_the_secret_is_not_sent(amend, sandbox, ana, server):
    session_id, query = travel(amend, ana)
    with pytest.raises(UnknownHostError):
        grants.complete(amend, ana, session_id, {**query, "accounts-server": server})
    assert sandbox.calls(TOKEN) == 0
    assert count(amend) == 0


def test_without_accounts_server_and_location_the_trip_ends_where_it_began(amend, sandbox, ana):
    session_id, query = travel(amend, ana)
    bare = {key: value for key, value in query.items() if key not in ("accounts-server", "location")}
    assert grants.complete(amend, ana, session_id, bare).result == Result.CONNECTED


def test_a_grant_without_refresh_token_is_refused_with_the_reason(amend, sandbox, ana):
    sandbox.config.give_refresh_token = False
    with pytest.raises(NoRefreshTokenError):
        connect(amend, ana)
    assert count(amend) == 0


def test_a_data_center_without_its_client_is_refused_before_leaving(amend, sandbox, ana):
    with pytest.raises(MisconfiguredError) as caught:
        grants.begin(amend, ana, uuid4(), location="eu", products=("crm",))
    assert caught.value.setting == "ZOHO_CLIENT_ID"


def test_an_unknown_api_domain_is_kept_as_evidence_and_never_used(amend, sandbox, ana):
    sandbox.config.api_domain = "https://evil.example"
    row = stored(amend, connect(amend, ana).connection_id)
    assert row.api_domain == sandbox.api_url
    assert row.api_domain_refused == "https://evil.example"


def test_a_grant_that_could_not_be_probed_stays_pending_and_can_be_finished(amend, sandbox, ana):
    session_id, query = travel(amend, ana)
    for route in ("GET /oauth/user/info", "GET /crm/v8/users", "GET /crm/v8/org", "GET /api/v1/organizations", "GET /api/v1/myinfo"):
        sandbox.fail_next(route, status=503, times=5)
    outcome = grants.complete(amend, ana, session_id, query)
    assert outcome.result == Result.UNFINISHED
    assert stored(amend, outcome.connection_id).status == Status.PENDING

    sandbox.clear_faults()
    assert grants.finish(amend, ana, outcome.connection_id).result == Result.CONNECTED


def test_a_pending_grant_that_was_revoked_meanwhile_does_not_become_a_connection(amend, sandbox, ana, clock):
    session_id, query = travel(amend, ana)
    for route in ("GET /oauth/user/info", "GET /crm/v8/users", "GET /crm/v8/org", "GET /api/v1/organizations", "GET /api/v1/myinfo"):
        sandbox.fail_next(route, status=503, times=5)
    pending = grants.complete(amend, ana, session_id, query).connection_id
    sandbox.clear_faults()
    sandbox.revoke_all()
    clock.advance(hours=2)
    assert grants.finish(amend, ana, pending).result == Result.UNFINISHED
    assert stored(amend, pending).status != Status.ACTIVE


def test_reconnecting_as_somebody_else_waits_for_an_answer(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    sandbox.config.person = 1

    outcome = connect(amend, ana, reconnects_id=mine)

    assert outcome.result == Result.SOMEBODY_ELSE
    assert stored(amend, outcome.connection_id).status == Status.PENDING
    assert stored(amend, mine).status == Status.ACTIVE
    kept = grants.keep_as_new(amend, ana, outcome.connection_id)
    assert kept.connection_id != mine
    assert stored(amend, kept.connection_id).status == Status.ACTIVE


def test_a_connection_is_reconnected_in_place_after_it_died(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    sandbox.revoke_all()
    with pytest.raises(Exception, match="invalid_code"):
        tokens.renew(amend, mine)
    assert stored(amend, mine).status == Status.RECONNECT_NEEDED

    assert connect(amend, ana, reconnects_id=mine).connection_id == mine
    assert stored(amend, mine).status == Status.ACTIVE
    assert stored(amend, mine).last_failure_code is None


def test_disconnecting_revokes_at_zoho_and_forgets_the_tokens(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    assert grants.disconnect(amend, ana, mine) == Revocation.REVOKED
    row = stored(amend, mine)
    assert (row.status, row.access_token, row.refresh_token) == (Status.DISCONNECTED, None, None)
    with pytest.raises(NotConnectedError):
        tokens.access_token(amend, mine)


def test_disconnecting_without_zoho_says_that_zoho_was_not_told(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    sandbox.stop()
    assert grants.disconnect(amend, ana, mine) == Revocation.NOT_TOLD
    assert stored(amend, mine).refresh_token is None


def test_nobody_disconnects_anothers_connection(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    with pytest.raises(NotConnectedError):
        grants.disconnect(amend, add(amend, "ben@example.com"), mine)
    assert stored(amend, mine).status == Status.ACTIVE


def test_a_disconnected_connection_comes_back_with_its_history(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    grants.disconnect(amend, ana, mine)
    assert connect(amend, ana).connection_id == mine


def test_old_requests_are_cleared_away(amend, sandbox, ana, clock):
    travel(amend, ana)
    clock.advance(days=2)
    travel(amend, ana)
    from zoho.authorization import AuthorizationRequest

    with amend.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuthorizationRequest)) == 1
    assert timedelta(minutes=10) == grants.authorization.LIFETIME


def test_nobody_in_particular_does_not_take_over_somebodys_connection(amend, sandbox, ana):
    """Everything that could tell who came back refuses to."""
    mine = connect(amend, ana).connection_id
    sandbox.config.person = 1
    refused = {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "no", "status": "error"}
    sandbox.fail_next("GET /oauth/user/info", status=401, body={"error": "invalid"}, times=None)
    for route in ("GET /crm/v8/users", "GET /crm/v8/org"):
        sandbox.fail_next(route, status=401, body=refused, times=None)
    for route in ("GET /api/v1/organizations", "GET /api/v1/myinfo"):
        sandbox.fail_next(route, status=403, body={"errorCode": "SCOPE_MISMATCH", "message": "no"}, times=None)
    outcome = connect(amend, ana, reconnects_id=mine)
    assert outcome.result == Result.SOMEBODY_ELSE
    assert outcome.connection_id != mine
    assert sandbox.calls(REVOKE) == 0


def test_disconnecting_with_a_lost_key_does_not_say_that_nothing_was_held(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    stranger = replace(amend, keys=Keys.of([Fernet.generate_key().decode()]))
    assert grants.disconnect(stranger, ana, mine) == Revocation.NOT_TOLD


def test_a_throttled_revocation_is_not_a_revocation(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    sandbox.fail_next(REVOKE, status=400, body={"error": "Access Denied", "error_description": "too many", "status": "failure"})
    assert grants.disconnect(amend, ana, mine) == Revocation.NOT_TOLD


NOBODY_KNOWS = ("GET /oauth/user/info", "GET /crm/v8/users", "GET /crm/v8/org", "GET /api/v1/organizations", "GET /api/v1/myinfo")
NO_PERMISSION = {"code": "NO_PERMISSION", "details": {}, "message": "permission denied", "status": "error"}


def write(amend, connection_id, **values):
    with amend.sessions.begin() as session:
        session.execute(update(Connection).where(Connection.id == connection_id).values(values))


@pytest.mark.parametrize("status", [503, 429])
def test_reconnecting_waits_while_zoho_cannot_say_who_came_back(amend, sandbox, ana, status):
    mine = connect(amend, ana).connection_id
    sandbox.config.person = 1
    sandbox.fail_next("GET /oauth/user/info", status=status, body={}, times=None)
    for route in ("GET /crm/v8/users", "GET /crm/v8/org"):
        sandbox.fail_next(route, status=403, body=NO_PERMISSION, times=None)

    outcome = connect(amend, ana, products=("crm",), reconnects_id=mine)

    assert outcome.result == Result.UNFINISHED
    assert sandbox.calls(REVOKE) == 0
    sandbox.clear_faults()
    assert grants.finish(amend, ana, outcome.connection_id).result == Result.SOMEBODY_ELSE


def test_knowing_something_else_about_who_came_back_is_not_knowing_them(amend, sandbox, ana):
    """Only the old one's person and only the new one's organization are known: nothing compares."""
    mine = connect(amend, ana).connection_id
    write(amend, mine, crm_org_id=None, desk_org_id=None)
    sandbox.fail_next("GET /oauth/user/info", status=503, times=None)
    sandbox.fail_next("GET /crm/v8/users", status=503, times=None)
    outcome = connect(amend, ana, products=("crm",), reconnects_id=mine)
    assert outcome.result == Result.UNFINISHED
    sandbox.clear_faults()
    assert grants.finish(amend, ana, outcome.connection_id).connection_id == mine


def test_the_same_organization_is_enough_to_reconnect_in_place(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    for route in ("GET /oauth/user/info", "GET /crm/v8/users", "GET /api/v1/myinfo"):
        sandbox.fail_next(route, status=403, body=NO_PERMISSION, times=None)
    assert connect(amend, ana, products=("crm",), reconnects_id=mine).connection_id == mine


def test_another_desk_organization_of_the_same_person_is_somebody_else_where_there_is_no_crm(amend, sandbox, ana):
    mine = connect(amend, ana, products=("desk",)).connection_id
    write(amend, mine, desk_org_id="1")
    assert connect(amend, ana, products=("desk",), reconnects_id=mine).result == Result.SOMEBODY_ELSE


def test_a_grant_of_an_unknown_person_never_joins_that_of_a_known_one(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    for route in ("GET /oauth/user/info", "GET /crm/v8/users", "GET /api/v1/myinfo"):
        sandbox.fail_next(route, status=403, body=NO_PERMISSION, times=None)

    first = connect(amend, ana, products=("crm",))
    assert first.connection_id != mine
    assert stored(amend, first.connection_id).zuid is None

    assert connect(amend, ana, products=("crm",)).connection_id == first.connection_id


def test_disconnecting_where_the_data_center_is_gone_says_that_zoho_was_not_told(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    write(amend, mine, location="gone")
    assert grants.disconnect(amend, ana, mine) == Revocation.NOT_TOLD


def test_disconnecting_without_a_refresh_token_says_that_nothing_was_held(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    write(amend, mine, refresh_token=None)
    assert grants.disconnect(amend, ana, mine) == Revocation.NOTHING_HELD


def test_a_reconnect_during_a_disconnect_survives(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    sandbox.fail_next(REVOKE, fault="slow", seconds=0.6)
    ending = ThreadPoolExecutor(1).submit(grants.disconnect, amend, ana, mine)
    time.sleep(0.2)
    new = tokens.seal(amend, mine, "1000.new")
    write(amend, mine, refresh_token=new)
    ending.result(timeout=5)
    assert (stored(amend, mine).status, stored(amend, mine).refresh_token) == (Status.ACTIVE, new)


def test_a_reload_after_finishing_by_hand_still_finds_the_connection(amend, sandbox, ana):
    mine = connect(amend, ana).connection_id
    session_id, query = travel(amend, ana)
    for route in NOBODY_KNOWS:
        sandbox.fail_next(route, status=503, times=None)
    pending = grants.complete(amend, ana, session_id, query).connection_id
    sandbox.clear_faults()
    assert grants.finish(amend, ana, pending).connection_id == mine
    assert grants.complete(amend, ana, session_id, query).connection_id == mine


@pytest.mark.parametrize("name", ["state", "code", "location", "accounts-server"])
@pytest.mark.parametrize("value", ["\0x", "\ud800"])
def test_a_callback_with_signs_that_no_database_stores_is_refused(amend, sandbox, ana, name, value):
    session_id, query = travel(amend, ana)
    if name == "location":
        del query["accounts-server"]  # which tells more
    with pytest.raises(ZohoError):
        grants.complete(amend, ana, session_id, {**query, name: value})


def test_names_longer_than_their_columns_are_cut():
    long = "x" * 1000
    org = {"id": long, "company_name": long, "domain_name": long, "zgid": long, "time_zone": long}
    for column, value in orgs.crm_values(org, None).items():
        assert value is None or len(value) <= Connection.__table__.c[column].type.length


def test_a_new_connection_was_renewed_once_as_a_test_and_used_with_the_new_token(amend, sandbox, ana):
    row = stored(amend, connect(amend, ana).connection_id)
    exchange, renewal = (seen.body["grant_type"] for seen in sandbox.matching(TOKEN))
    assert (exchange, renewal) == ("authorization_code", "refresh_token")
    last = sandbox.requests[-1]
    assert (last.method, last.path) == ("GET", "/oauth/user/info")
    assert last.headers["Authorization"].endswith(tokens.unseal(amend, row.id, row.access_token))
    assert row.refreshed_at == amend.now()
    assert len(row.renewals) == 2, "the exchange and the test both count for Zoho"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 503}, Status.ACTIVE, "zoho_down"),
        ({"fault": "throttled"}, Status.ACTIVE, "throttled"),
        ({"status": 200, "body": {"error": "invalid_code"}}, Status.RECONNECT_NEEDED, "invalid_grant"),
    ],
)
def test_a_new_connection_that_cannot_be_renewed_is_kept_and_says_why(amend, sandbox, ana, fault, status, code):
    session_id, query = travel(amend, ana)
    exchanged = sandbox.fail_next(TOKEN, fault="slow", seconds=0)  # the exchange itself is well
    sandbox.fail_next(TOKEN, **fault)
    outcome = grants.complete(amend, ana, session_id, query)
    row = stored(amend, outcome.connection_id)
    assert exchanged.times == 0
    assert (outcome.result, row.status, row.last_failure_code) == (Result.CONNECTED, status, code)
    assert (row.refreshed_at, row.failure_count) == (None, 1)
    assert tokens.access_token(amend, row.id), "the token of the exchange still works"


def test_reconnecting_begins_with_the_count_of_the_new_grant(amend, sandbox, ana, clock):
    mine = connect(amend, ana).connection_id
    for _ in range(8):
        tokens.renew(amend, mine)
    assert len(stored(amend, mine).renewals) == 10
    connect(amend, ana, reconnects_id=mine)
    assert len(stored(amend, mine).renewals) == 2
    tokens.renew(amend, mine)
