"""Trying what may be read: what is called, what is learned, and that nothing is changed."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from tests.walk import add, connect
from zoho import clients, features, scope_trials
from zoho.connections import Connection
from zoho.errors import InvalidGrantError, NotConnectedError

MISMATCH = {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "no", "status": "error"}


@pytest.fixture
def ana(amend):
    return add(amend)


@pytest.fixture
def mine(amend, sandbox, ana):
    return connect(amend, ana).connection_id


def outcomes(trials):
    return {scope: trial.outcome for scope, trial in trials.by_scope.items()}


def test_every_scope_that_is_read_under_is_tried_and_confirmed(amend, sandbox, ana, mine):
    trials = scope_trials.run(amend, ana, mine)

    assert set(outcomes(trials).values()) <= {"worked", "unclear"}
    assert {"ZohoCRM.modules.leads.READ", "ZohoCRM.settings.layouts.READ", "ZohoSearch.securesearch.READ", "Desk.search.READ"} <= {
        scope for scope, outcome in outcomes(trials).items() if outcome == "worked"
    }
    assert {"Desk.tickets.READ", "ZohoCRM.users.READ"} <= set(clients.load(amend, mine).scopes_confirmed)


def test_nothing_is_written_and_no_more_is_asked_than_was_told(amend, sandbox, ana, mine):
    told = len(scope_trials.steps(clients.load(amend, mine)))
    sandbox.forget_calls()

    scope_trials.run(amend, ana, mine)

    assert {seen.method for seen in sandbox.requests} == {"GET"}
    assert len(sandbox.requests) == told


def test_only_what_is_switched_on_is_tried(amend, sandbox, ana):
    wanted = ["crm.leads"]
    narrow = connect(amend, ana, products=("crm",), wanted=wanted).connection_id
    tried = outcomes(scope_trials.run(amend, ana, narrow))
    assert {scope for scope in tried if ".modules." in scope and "settings" not in scope} == {"ZohoCRM.modules.leads.READ"}
    assert set(features.chosen(("crm",), wanted)[0].asked) > {"ZohoCRM.modules.leads.READ"}


def test_a_scope_that_zoho_refuses_is_told_apart_from_what_failed_otherwise(amend, sandbox, ana, mine):
    sandbox.fail_next("GET /crm/v8/Leads", status=401, body=MISMATCH)
    sandbox.fail_next("GET /crm/v8/Deals", status=500, times=None)

    found = scope_trials.run(amend, ana, mine)

    assert outcomes(found)["ZohoCRM.modules.leads.READ"] == "refused"
    assert outcomes(found)["ZohoCRM.modules.deals.READ"] == "unclear"
    assert found.by_scope["ZohoCRM.modules.deals.READ"].note


def test_what_was_found_is_kept_with_its_time_until_the_next_grant(amend, sandbox, ana, mine, clock):
    assert scope_trials.stored(amend, clients.load(amend, mine)) is None
    found = scope_trials.run(amend, ana, mine)
    assert scope_trials.stored(amend, clients.load(amend, mine)) == found
    clock.advance(minutes=1)
    connect(amend, ana, reconnects_id=mine)
    assert scope_trials.stored(amend, clients.load(amend, mine)) is None


def test_with_a_dead_grant_nothing_is_tried(amend, sandbox, ana, mine, clock):
    sandbox.revoke_all()
    clock.advance(hours=2)
    sandbox.forget_calls()
    with pytest.raises(InvalidGrantError):
        scope_trials.run(amend, ana, mine)
    assert sandbox.calls("GET /crm/v8/*") == 0


def test_several_desk_organizations_leave_desk_unclear_until_one_is_chosen(amend, sandbox, ana):
    sandbox.config.desk_orgs = 2
    mine = connect(amend, ana, products=("desk",)).connection_id
    found = scope_trials.run(amend, ana, mine)
    assert found.by_scope["Desk.tickets.READ"].outcome == "unclear"
    assert "Choose the Desk organization" in found.by_scope["Desk.tickets.READ"].note
    assert found.by_scope["Desk.basic.READ"].outcome == "worked"


def test_nobody_tries_anothers_connection(amend, sandbox, mine):
    with pytest.raises(NotConnectedError):
        scope_trials.run(amend, add(amend, "ben@example.com"), mine)


def test_a_refused_scope_is_not_asked_for_again(amend, sandbox, ana, mine):
    with amend.sessions.begin() as session:
        session.execute(update(Connection).where(Connection.id == mine).values(scopes_refused=["ZohoCRM.users.READ"]))
    sandbox.forget_calls()
    assert outcomes(scope_trials.run(amend, ana, mine))["ZohoCRM.users.READ"] == "refused"
    assert sandbox.calls("GET /crm/v8/users") == 0
