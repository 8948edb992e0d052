"""Zoho's own list of calls: what it teaches, and that no answer can break it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given

from tests.walk import add, connect
from tests.zoho.wire import bodies, fuzz
from zoho import api_list, clients, features
from zoho.api_list import ApiList, parse
from zoho.errors import MissingScopeError

KEYS = [*features.defaults(("crm",)), "crm.apis"]
EXTREMES = [None, [], "x", 7, {"path": 7}, {"path": "/crm/v8/org", "operation_types": [{"method": "GET", "min_credits": -1}]}]


def listed(*calls):
    rows = [
        {"path": path, "operation_types": [{"method": method, "oauth_scope": scope, "min_credits": least, "max_credits": most}]}
        for path, method, scope, least, most in calls
    ]
    return ApiList(tuple(parse({"__apis": rows})), datetime.now(UTC))


def test_zohos_list_is_kept_and_found_again(amend, sandbox):
    mine = clients.load(amend, connect(amend, add(amend), products=("crm",), wanted=KEYS).connection_id)
    assert api_list.stored(amend, mine) is None

    api_list.ask(amend, mine)

    found = api_list.stored(amend, mine)
    assert found.find("ZohoCRM.org.READ").cost == "1 credit"
    assert found.find("ZohoCRM.modules.leads.UPDATE").scopes == ("ZohoCRM.modules.UPDATE",)
    assert found.find("Desk.tickets.READ") is None


def test_the_list_is_not_asked_for_where_its_scope_was_not_granted(amend, sandbox):
    mine = clients.load(amend, connect(amend, add(amend), products=("crm",)).connection_id)
    with pytest.raises(MissingScopeError):
        api_list.ask(amend, mine)
    assert sandbox.calls("GET /crm/v8/__apis") == 0


def test_what_an_older_grant_taught_is_not_said_of_this_one(amend, sandbox, clock):
    ana = add(amend)
    mine = connect(amend, ana, products=("crm",), wanted=KEYS).connection_id
    api_list.ask(amend, clients.load(amend, mine))
    clock.advance(minutes=5)
    connect(amend, ana, products=("crm",), reconnects_id=mine)
    assert api_list.stored(amend, clients.load(amend, mine)) is None


def test_a_modules_own_entry_comes_before_that_of_all_modules():
    both = listed(
        ("/crm/v8/{module_api_name}/{id}", "PUT", "ZohoCRM.modules.ALL", 1, 1), ("/crm/v8/leads/{id}", "PUT", "ZohoCRM.odd.ALL", 1, 3)
    )
    assert both.find("ZohoCRM.modules.leads.UPDATE").cost == "1 to 3 credits"
    assert not both.find("ZohoCRM.modules.leads.UPDATE").accepts("ZohoCRM.modules.leads.UPDATE")
    assert both.find("ZohoCRM.modules.deals.UPDATE").accepts("ZohoCRM.modules.deals.UPDATE")


def test_a_scope_of_several_is_enough():
    found = listed(("/crm/v8/settings/fields", "GET", "ZohoCRM.settings.ALL,ZohoCRM.settings.fields.READ", 1, 1))
    assert found.find("ZohoCRM.settings.fields.READ").accepts("ZohoCRM.settings.fields.READ")


@pytest.mark.parametrize("row", EXTREMES)
def test_what_is_not_shaped_as_documented_is_left_out(row):
    assert all(call.max_credits is None for call in parse({"__apis": [row]}))
    assert parse(row) == []


@fuzz
@given(bodies)
def test_no_body_breaks_the_reading(body):
    from store import exact_json

    try:
        value = exact_json.loads(body)
    except (ValueError, RecursionError):
        return
    assert isinstance(parse(value), list)
    assert isinstance(parse({"__apis": value}), list)
