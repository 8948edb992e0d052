"""What one guarded call teaches of a connection's scopes, and what it must not."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update

from tests.walk import add, connect
from zoho import access, clients, scopes
from zoho.connections import Connection
from zoho.errors import MissingScopeError

READ, SEARCH = scopes.crm_module("Leads", "READ"), scopes.crm_search("Leads")
LEADS, SECURE = "ZohoCRM.modules.leads.READ", "ZohoSearch.securesearch.READ"


@pytest.fixture
def connection_id(amend, sandbox):
    return connect(amend, add(amend)).connection_id


def write(amend, connection_id, **values):
    with amend.sessions.begin() as session:
        session.execute(update(Connection).where(Connection.id == connection_id).values(values))


def refused(amend, connection, need):
    """The scopes that are named when Zoho refuses a call under this need."""

    def refuse():
        raise MissingScopeError("OAUTH_SCOPE_MISMATCH")

    with pytest.raises(MissingScopeError) as caught:
        access.call(amend, connection, need, refuse)
    return caught.value.scopes


def test_of_several_suspects_all_are_named_and_none_is_blamed(amend, connection_id):
    write(amend, connection_id, scopes_granted=None, scopes_confirmed=[])
    connection = clients.load(amend, connection_id)
    assert refused(amend, connection, SEARCH) == (LEADS, SECURE)
    assert clients.load(amend, connection_id).scopes_refused == []
    assert access.call(amend, connection, READ, lambda: "read") == "read"


def test_the_last_suspect_is_blamed_and_refused_before_the_next_call(amend, connection_id):
    write(amend, connection_id, scopes_granted=None, scopes_confirmed=[LEADS])
    assert refused(amend, clients.load(amend, connection_id), SEARCH) == (SECURE,)
    connection = clients.load(amend, connection_id)
    assert connection.scopes_refused == [SECURE]
    with pytest.raises(MissingScopeError):
        access.call(amend, connection, SEARCH, lambda: pytest.fail("it was called"))


@pytest.mark.parametrize("known", [{"scopes_granted": ["ZohoCRM.modules.ALL"]}, {"scopes_granted": None, "scopes_confirmed": [LEADS]}])
def test_a_scope_that_was_granted_or_has_worked_is_never_blamed(amend, connection_id, known):
    write(amend, connection_id, **known)
    assert refused(amend, clients.load(amend, connection_id), READ) == (LEADS,)
    assert clients.load(amend, connection_id).scopes_refused == []


def test_a_scope_that_works_is_no_longer_refused(amend, connection_id):
    """Two calls run side by side: the one that works has the last word."""
    connection = clients.load(amend, connection_id)
    write(amend, connection_id, scopes_refused=[LEADS, SECURE], scopes_confirmed=[])
    connection.scopes_confirmed = []
    access.call(amend, connection, READ, lambda: "read")
    assert clients.load(amend, connection_id).scopes_refused == [SECURE]


def test_what_the_old_grant_taught_is_not_said_of_the_new_one(amend, connection_id):
    write(amend, connection_id, scopes_granted=None, scopes_confirmed=[])
    connection = clients.load(amend, connection_id)
    write(amend, connection_id, refresh_token="reconnected meanwhile")
    refused(amend, connection, READ)
    row = clients.load(amend, connection_id)
    assert (row.scopes_refused, row.last_failure_code) == ([], None)


def test_trouble_with_the_database_after_a_call_does_not_lose_its_answer(amend, connection_id, caplog):
    write(amend, connection_id, scopes_confirmed=[])
    with amend.sessions.begin() as session:
        session.execute(text("CREATE TRIGGER full BEFORE UPDATE ON zoho_connections BEGIN SELECT RAISE(ABORT, 'disk full'); END"))
    connection = clients.load(amend, connection_id)
    assert access.call(amend, connection, READ, lambda: "written") == "written"
    assert "could not be noted" in caplog.text
    assert LEADS not in caplog.text
