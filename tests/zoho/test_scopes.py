"""What a grant covers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoho import scopes
from zoho.scope_words import doubt, explain

unhurried = settings(deadline=None)


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("ZohoCRM.modules.ALL", "ZohoCRM.modules.leads.UPDATE"),
        ("ZohoCRM.modules.all", "ZohoCRM.modules.READ"),
        ("ZohoCRM.modules.UPDATE", "ZohoCRM.modules.custom.UPDATE"),
        ("ZohoCRM.modules.WRITE", "ZohoCRM.modules.deals.UPDATE"),
        ("ZohoCRM.settings.ALL", "ZohoCRM.settings.fields.READ"),
        ("ZohoCRM.settings.all", "ZohoCRM.settings.fields.READ"),
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


SERVICES = ["ZohoCRM.modules", "ZohoCRM.modules.leads", "ZohoCRM.settings", "ZohoCRM.settings.fields", "Desk.tickets"]
OPERATIONS = ["READ", "UPDATE", "CREATE", "DELETE", "WRITE", "ALL", "read"]
some_scope = st.builds("{}.{}".format, st.sampled_from(SERVICES), st.sampled_from(OPERATIONS))
some_scopes = st.lists(some_scope, max_size=6)


def allowed(held):
    """Every single thing that these scopes allow, spelt out: the second witness of the comparison."""
    parts = {"all": ["read", "create", "update", "delete"], "write": ["create", "update", "delete"]}
    split = [(scope.lower().rpartition(".")[0], scope.lower().rpartition(".")[2]) for scope in held]
    return {
        (place.lower(), part)
        for node, operation in split
        for part in parts.get(operation, [operation])
        for place in SERVICES
        if f"{place.lower()}.".startswith(f"{node}.")
    }


@unhurried
@given(some_scopes, some_scope)
def test_a_scope_is_covered_exactly_when_all_that_it_allows_is_allowed_already(held, wanted):
    assert scopes.covers(held, wanted) == (allowed([wanted]) <= allowed(held))


@unhurried
@given(some_scopes)
def test_the_least_scopes_allow_the_same_and_none_can_be_spared(held):
    least = scopes.least(held)
    assert allowed(least) == allowed(held)
    assert set(least) <= set(held)
    assert not any(scopes.covers([other for other in least if other != scope], scope) for scope in least)


@unhurried
@given(some_scopes, some_scope, some_scope)
def test_more_scopes_never_allow_less(held, more, wanted):
    assert scopes.covers([*held, more], wanted) or not scopes.covers(held, wanted)


@unhurried
@given(some_scopes, some_scope)
def test_case_makes_no_difference(held, wanted):
    assert scopes.covers(held, wanted) == scopes.covers([scope.upper() for scope in held], wanted.lower())


@unhurried
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_can_be_compared_and_explained(granted, wanted):
    scopes.covers(scopes.parse(granted), wanted)
    scopes.least([granted, wanted])
    assert isinstance(explain(wanted), str)
    assert isinstance(doubt(wanted), str)


OF_THE_DOSSIER = """
ZohoCRM.modules.READ ZohoCRM.modules.UPDATE ZohoCRM.modules.CREATE ZohoCRM.modules.ALL ZohoCRM.modules.leads.READ
ZohoCRM.modules.custom.UPDATE ZohoCRM.settings.modules.READ ZohoCRM.settings.ALL ZohoCRM.settings.fields.READ ZohoCRM.settings.layouts.READ
ZohoCRM.settings.map_dependency.READ ZohoCRM.settings.custom_views.READ ZohoCRM.settings.related_lists.READ ZohoCRM.settings.profiles.READ
ZohoCRM.settings.roles.READ ZohoCRM.settings.territories.READ ZohoCRM.settings.tags.READ ZohoCRM.org.READ ZohoCRM.users.READ
ZohoCRM.coql.READ ZohoSearch.securesearch.READ ZohoCRM.mass_update.leads.UPDATE ZohoCRM.mass_update.READ ZohoCRM.change_owner.CREATE
ZohoCRM.composite_requests.CUSTOM ZohoCRM.bulk.ALL ZohoCRM.bulk.CREATE ZohoCRM.bulk.READ ZohoFiles.files.ALL ZohoCRM.apis.READ
ZohoCRM.modules.lockinginformation.READ ZohoCRM.files.CREATE ZohoCRM.modules.attachments.READ ZohoCRM.modules.notes.READ
Desk.tickets.READ Desk.tickets.update Desk.contacts.READ Desk.contacts.DELETE Desk.contacts.WRITE Desk.tasks.READ Desk.calls.UPDATE
Desk.events.READ Desk.articles.UPDATE Desk.products.READ Desk.basic.READ Desk.settings.READ Desk.feeds.read Desk.community.read
Desk.zia.read Desk.extensions.read Desk.search.READ Desk.phonebridge.read Desk.imports Desk.exports Desk.settings.extension.read
Desk.organization.READ Desk.fields.READ Desk.layouts.READ Desk.accounts.READ Desk.agents.READ Desk.departments.READ
Desk.activities.tasks.READ Desk.activities.calls.READ Desk.activities.events.UPDATE Desk.contracts.READ AaaServer.profile.READ
""".split()


@pytest.mark.parametrize("scope", OF_THE_DOSSIER)
def test_every_scope_that_zoho_documents_is_explained_and_not_doubted(scope):
    assert explain(scope) != scope
    assert explain(scope).split()[0] in ("read", "edit", "create", "create,", "read,", "delete", "send")
    assert doubt(scope) == ""


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        ("ZohoCRM.settings.READ", "ZohoCRM.settings.fields.READ"),
        ("Desk.contacts.all", "Desk.contacts.READ"),
        ("ZohoCRM.modules.Activities.READ", "tasks"),
        ("ZohoCRM.modules.activities.ALL", "tasks"),
        ("ZohoCRM.modules.REED", "REED is no operation"),
        ("ZohoCMR.modules.READ", "no service"),
        ("ZohoCRM", "no service"),
    ],
)
def test_a_name_that_is_known_to_be_wrong_is_doubted_with_the_right_one(scope, word):
    assert word in doubt(scope)
