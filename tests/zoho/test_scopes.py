"""What a grant covers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoho import scopes


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("ZohoCRM.modules.ALL", "ZohoCRM.modules.leads.UPDATE"),
        ("ZohoCRM.modules.all", "ZohoCRM.modules.READ"),
        ("ZohoCRM.modules.UPDATE", "ZohoCRM.modules.custom.UPDATE"),
        ("ZohoCRM.modules.WRITE", "ZohoCRM.modules.deals.UPDATE"),
        ("ZohoCRM.settings.ALL", "ZohoCRM.settings.fields.READ"),
        ("Desk.tickets.update", "Desk.tickets.UPDATE"),
        ("aaaserver.profile.read", "AaaServer.profile.READ"),
    ],
)
def test_a_wider_scope_covers_a_narrower_one(granted, wanted):
    assert scopes.covers([granted], wanted)


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("ZohoCRM.modules.UPDATE", "ZohoCRM.modules.READ"),
        ("ZohoCRM.modules.leads.ALL", "ZohoCRM.modules.deals.READ"),
        ("ZohoCRM.modules.leads.ALL", "ZohoCRM.modules.READ"),
        ("ZohoCRM.modules.WRITE", "ZohoCRM.modules.READ"),
        ("ZohoCRM.mod.ALL", "ZohoCRM.modules.READ"),
        ("ZohoCRM.ALL", "ZohoCRM.modules.READ"),
        ("Desk.contacts.UPDATE", "Desk.tickets.UPDATE"),
        ("", "Desk.tickets.UPDATE"),
    ],
)
def test_a_scope_covers_nothing_else(granted, wanted):
    assert not scopes.covers([granted], wanted)


def test_the_standard_grant_covers_every_feature_of_the_matrix():
    asked = scopes.to_ask(("crm", "desk"))
    assert {feature.need.purpose: feature.need.missing(asked) for feature in scopes.FEATURES if feature.need.missing(asked)} == {}


def test_an_unknown_grant_lacks_nothing():
    assert scopes.crm_module("Leads", "UPDATE").missing(None) == ()


def test_what_lacks_is_named_in_the_modules_own_scope():
    assert scopes.crm_module("Deals", "UPDATE").missing(["ZohoCRM.modules.READ"]) == ("ZohoCRM.modules.deals.UPDATE",)
    assert scopes.crm_search("Leads").missing(["ZohoCRM.modules.ALL"]) == ("ZohoSearch.securesearch.READ",)
    assert scopes.desk_module("accounts", "UPDATE").missing(["Desk.accounts.UPDATE"]) == ()


def test_a_custom_module_is_covered_by_its_own_scope_or_by_that_of_custom_modules():
    need = scopes.crm_module("Vehicles", "UPDATE")
    assert need.missing(["ZohoCRM.modules.custom.UPDATE"]) == ()
    assert need.missing(["ZohoCRM.modules.leads.UPDATE"]) == ("ZohoCRM.modules.custom.UPDATE",)


def test_lists_come_with_commas_or_blanks():
    assert scopes.parse("a.b.READ,  c.d.ALL a.b.READ\n") == ("a.b.READ", "c.d.ALL")
    assert scopes.parse(None) == ()


def test_an_override_replaces_the_products_scopes():
    assert scopes.to_ask(("crm",), "A.b.READ C.d.READ", ("E.f.READ",)) == ("A.b.READ", "C.d.READ", "E.f.READ")


@pytest.mark.parametrize("scope", [scope for product in scopes.PRODUCTS.values() for scope in product] + [scopes.IDENTITY])
def test_every_scope_that_is_asked_for_is_explained_in_plain_words(scope):
    assert scopes.explain(scope) != scope


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_can_be_compared_and_explained(granted, wanted):
    scopes.covers(scopes.parse(granted), wanted)
    assert isinstance(scopes.explain(wanted), str)
