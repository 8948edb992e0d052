"""What is asked for follows from what somebody wants to do, and is no more than that."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoho import features, scopes
from zoho.features import BASE, BY_KEY, FEATURES, IDENTITY
from zoho.scope_words import doubt, explain

unhurried = settings(deadline=None)
ticks = st.sets(st.sampled_from(sorted(BY_KEY)))


@unhurried
@given(ticks)
def test_what_is_asked_allows_all_that_is_ticked_and_nothing_can_be_spared(keys):
    asked = features.to_ask(("crm", "desk"), keys)
    wanted = [*BASE["crm"], *BASE["desk"], *(each for key in keys for each in BY_KEY[key].needs)]
    assert [each.purpose for each in wanted if each.missing(asked)] == []
    assert scopes.least(asked) == asked


@unhurried
@given(ticks)
def test_nothing_is_created_or_deleted_so_neither_is_ever_asked_for(keys):
    """But files, which are no records: one has to be uploaded before a field can name it."""
    asked = set(features.to_ask(("crm", "desk"), keys)) - {"ZohoCRM.files.CREATE"}
    assert {scope.rpartition(".")[2] for scope in asked} <= {"READ", "UPDATE"}


@unhurried
@given(ticks)
def test_a_product_that_is_not_chosen_is_not_asked_for(keys):
    assert not any(scope.startswith("Zoho") for scope in features.to_ask(("desk",), keys))
    assert not any(scope.startswith("Desk") for scope in features.to_ask(("crm",), keys))


def test_all_modules_take_the_place_of_each():
    assert "ZohoCRM.modules.leads.READ" not in features.to_ask(("crm",), ["crm.all", "crm.leads"])
    assert "ZohoCRM.modules.leads.READ" in features.to_ask(("crm",), ["crm.leads"])


def test_the_defaults_let_people_search_and_edit_both_products():
    asked = features.to_ask(("crm", "desk"))
    for need in (scopes.crm_search("Deals"), scopes.crm_module("Vehicles", "UPDATE"), scopes.desk_search("tickets"), scopes.CRM_USERS):
        assert need.missing(asked) == ()


def test_search_asks_for_both_families_of_scopes():
    """Zoho wants the module and the search scope; one without the other is refused."""
    assert {"ZohoSearch.securesearch.READ", "ZohoCRM.modules.leads.READ"} <= set(features.to_ask(("crm",), ["crm.leads", "crm.search"]))
    assert {"Desk.search.READ", "Desk.tickets.READ"} <= set(features.to_ask(("desk",), ["desk.tickets", "desk.search"]))


def test_an_override_replaces_the_features_and_what_is_added_by_name_stays():
    assert features.to_ask(("crm",), None, "A.b.READ C.d.READ", ("E.f.READ",)) == ("A.b.READ", "C.d.READ", "E.f.READ")
    assert features.to_ask(("crm",), ["crm.all"], None, ("ZohoCRM.modules.deals.UPDATE",))[-1] == "ZohoCRM.modules.deals.UPDATE"


def test_an_older_connection_is_taken_for_what_its_scopes_allow():
    keys = features.wanted(("crm", "desk"), [], ["ZohoCRM.modules.ALL", "Desk.tickets.READ", "Desk.tickets.UPDATE"])
    assert keys == ("crm.all", "desk.tickets")
    assert features.wanted(("crm",), [], ["ZohoCRM.modules.deals.ALL"]) == ("crm.deals",)
    assert features.wanted(("crm",), ["crm.leads"], ["ZohoCRM.modules.ALL"]) == ("crm.leads",)


@pytest.mark.parametrize("scope", sorted({scope for feature in FEATURES for scope in feature.asked} | {IDENTITY}))
def test_every_scope_that_is_asked_for_is_explained_and_not_doubted(scope):
    assert explain(scope) != scope
    assert doubt(scope) == ""
