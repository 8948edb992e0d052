"""One fault at Zoho, and the first failed finding names it. What is unreachable is not dead, and what is dead is not unreachable."""

from __future__ import annotations

import dataclasses
from time import monotonic

import pytest

from sandbox.server import Sandbox
from zoho.connections import Status
from zoho.data_centers import DataCenters
from zoho.diagnostics import Outcome
from zoho.http import Http

TOKEN = "POST /oauth/v2/token"
LIVE = ("identity", "crm_org", "crm_records", "desk_org", "desk_records")


def test_a_revoked_grant_is_one_finding_at_the_token_though_it_looked_good(patient, sandbox):
    sandbox.revoke_all()
    report = patient.examine()
    assert report.first_failed.check == "token"
    assert "no longer accepts our refresh token" in report.first_failed.cause
    assert report.first_failed.action == "reconnect"
    assert all(getattr(report, slug).outcome == Outcome.NOT_CHECKED for slug in (*LIVE, "renewal"))
    assert patient.row.status == Status.RECONNECT_NEEDED
    assert patient.examine().first_failed.check == "connection"


def test_a_throttled_renewal_is_not_a_dead_grant(patient, sandbox, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, fault="throttled")
    report = patient.examine()
    assert report.first_failed.check == "token"
    assert "12:10:00" in report.first_failed.next
    assert patient.row.status == Status.ACTIVE


@pytest.mark.parametrize(("error", "setting"), [("invalid_client", "ZOHO_CLIENT_ID"), ("invalid_client_secret", "ZOHO_CLIENT_SECRET")])
def test_a_wrong_client_names_its_setting(patient, sandbox, clock, error, setting):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, status=200, body={"error": error})
    report = patient.examine()
    assert report.first_failed.check == "token"
    assert setting in report.first_failed.cause
    assert report.first_failed.action == "fix_setting"


@pytest.mark.parametrize("word", ["invalid_grant", "invalid_token", "INVALID_OAUTHTOKEN"])
def test_a_refresh_token_that_is_refused_in_other_words_wants_a_reconnect(patient, sandbox, clock, word):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, status=400, body={"error": word})
    found = patient.examine().first_failed
    assert (found.check, found.action, found.next) == ("token", "reconnect", "Reconnect the account.")


def test_an_error_of_zohos_own_accounts_server_is_called_that(patient, sandbox, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, times=9, status=200, body={"error": "general_error"})
    found = patient.examine().first_failed
    assert (found.check, found.cause, found.action) == ("token", "Zoho reports an error of its own.", "check_again")
    assert patient.row.status == Status.ACTIVE


def test_a_refusal_that_only_the_dictionary_knows_is_told_in_its_words(patient, sandbox, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, times=9, status=400, body={"error": "invalid_scope"})
    found = patient.examine().first_failed
    assert (found.check, found.next) == ("token", "Correct the list of scopes.")
    assert "A scope is misspelt" in found.cause


@pytest.mark.parametrize("status", [401, 404])
def test_a_web_page_at_the_token_endpoint_says_that_another_may_answer(patient, sandbox, clock, status):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, times=9, fault="html", status=status)
    found = patient.examine().first_failed
    assert (found.check, found.action) == ("token", "check_again")
    assert "something between Amend and Zoho answers" in found.cause
    assert "accounts host" in found.cause
    assert "diagnostics" not in found.next


@pytest.mark.parametrize(
    "fault",
    [{"status": 302, "headers": {"Location": "http://login.hotel.example/"}}, {"fault": "html", "status": 403}],
    ids=["portal", "firewall"],
)
def test_a_network_that_answers_for_zoho_is_named_and_no_reconnect_is_asked_for(patient, sandbox, fault):
    sandbox.fail_next("* /crm/v8/*", times=None, **fault)
    found = patient.examine().first_failed
    assert (found.check, found.action) == ("crm_org", "check_again")
    assert "Something between Amend and Zoho answers" in found.cause


@pytest.mark.parametrize("fault", [{"status": 200, "body": {"data": []}}, {"fault": "empty", "status": 204}], ids=["no row", "204"])
def test_a_login_without_desk_organization_is_asked_to_reconnect_for_there_is_none_to_choose(patient, sandbox, fault):
    sandbox.fail_next("GET /api/v1/organizations", times=None, **fault)
    found = patient.examine().first_failed
    assert (found.check, found.action) == ("desk_org", "reconnect")
    assert "belongs to no Desk organization" in found.cause


def test_a_limit_of_crm_says_until_when(patient, sandbox):
    body = {"code": "TOO_MANY_REQUESTS", "message": "too many", "details": {}, "status": "error"}
    sandbox.fail_next("* /crm/v8/*", times=None, status=429, body=body, headers={"Retry-After": "3600"})
    found = patient.examine().crm_org
    assert found.outcome == Outcome.WARNING
    assert "again at 2" in found.next
    assert found.next.endswith(" UTC.")


def test_an_answer_without_access_token_is_named(patient, sandbox, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, status=200, body={"api_domain": "x"})
    assert "no access token" in patient.examine().first_failed.evidence


def test_zoho_that_is_away_is_one_finding_and_the_connection_stays_alive(amend, patient):
    rows = dict(amend.data_centers.rows)
    gone = "http://127.0.0.1:1"
    rows["sandbox"] = dataclasses.replace(rows["sandbox"], accounts=gone, api=gone, desk=gone)
    patient.write(api_domain=gone, accounts_server=gone)
    patient.amend = dataclasses.replace(amend, data_centers=DataCenters(rows), http=Http(retries=0))
    report = patient.examine()
    assert [finding.check for finding in report.findings if finding.outcome == Outcome.FAILED] == ["accounts_host"]
    assert report.first_failed.cause == "127.0.0.1 refuses connections."
    assert report.first_failed.action == "check_again"
    assert all(getattr(report, slug).cause == "Not checked: Zoho cannot be reached." for slug in ("api_host", "desk_host", *LIVE))
    assert patient.row.status == Status.ACTIVE


def test_zoho_that_is_away_when_a_renewal_is_due_is_unreachable_and_not_dead(amend, patient, clock):
    clock.advance(hours=2)
    rows = dict(amend.data_centers.rows)
    rows["sandbox"] = dataclasses.replace(rows["sandbox"], accounts="http://127.0.0.1:1")
    patient.amend = dataclasses.replace(amend, data_centers=DataCenters(rows), http=Http(retries=0))
    report = patient.examine()
    assert (report.first_failed.check, report.first_failed.action) == ("accounts_host", "check_again")
    assert report.token.outcome == Outcome.FAILED
    assert all("cannot be reached" in getattr(report, slug).cause for slug in LIVE)
    assert patient.row.status == Status.ACTIVE


def test_a_hanging_product_is_told_in_time_and_hides_no_other(patient, sandbox):
    sandbox.fail_next("GET /crm/v8/org", fault="hang", times=None)
    started = monotonic()
    report = patient.examine(deadline_seconds=1.5)
    assert monotonic() - started < 2.5
    assert report.first_failed.check == "crm_org"
    assert report.bad == ["crm_org"] or report.bad == ["crm_org", "last_calls"]
    assert report.desk_records.outcome == report.crm_records.outcome == Outcome.OK


def test_a_hanging_accounts_server_is_told_in_time(patient, sandbox, clock):
    clock.advance(hours=2)
    sandbox.fail_next(TOKEN, fault="hang", times=None)
    report = patient.examine(deadline_seconds=1.5)
    assert report.first_failed.check == "token"
    assert "in time" in report.first_failed.evidence


@pytest.mark.parametrize(
    ("route", "slug", "status"),
    [
        *(("* /crm/v8/*", "crm_org", status) for status in (200, 401, 404, 502)),
        *(("* /api/v1/*", "desk_org", status) for status in (200, 401, 404, 502)),
        *(("GET /oauth/user/info", "identity", status) for status in (200, 401, 502)),
    ],
)
def test_a_web_page_instead_of_an_answer_is_named_with_the_host(patient, sandbox, route, slug, status):
    sandbox.fail_next(route, fault="html", status=status, times=None)
    report = patient.examine()
    assert report.first_failed.check == slug
    assert "127.0.0.1" in report.first_failed.evidence
    assert f"HTTP {status}" in report.first_failed.evidence
    if status == 404:
        assert "wrong Zoho data centre" in report.first_failed.cause


@pytest.mark.parametrize("route", ["GET /oauth/user/info", "GET /crm/v8/users", "GET /api/v1/myinfo", "GET /oauth/serverinfo"])
@pytest.mark.parametrize("fault", [{"fault": "html", "status": 404}, {"status": 404, "body": {}}])
def test_a_call_that_no_edit_needs_and_that_is_not_there_makes_nothing_red(patient, sandbox, route, fault):
    sandbox.fail_next(route, **fault, times=None)
    assert patient.examine().bad == []


def test_a_host_that_accepts_no_token_is_not_called_mended_by_the_renewal(patient, sandbox):
    for route in ("* /crm/v8/*", "* /api/v1/*", "GET /oauth/user/info"):
        sandbox.fail_next(route, status=401, body={"code": "INVALID_TOKEN", "errorCode": "INVALID_OAUTH"}, times=None)
    report = patient.examine()
    assert "works" not in report.token.evidence
    assert report.first_failed.check in ("identity", "crm_org")


def test_an_error_inside_a_success_is_no_record(patient, sandbox):
    row = {"code": "OAUTH_SCOPE_MISMATCH", "status": "error", "message": "invalid oauth scope", "details": {}}
    sandbox.fail_next("GET /crm/v8/Leads", status=200, body={"data": [row]}, times=None)
    report = patient.examine()
    assert report.first_failed.check == "crm_records"
    assert "OAUTH_SCOPE_MISMATCH" in report.first_failed.evidence


def test_a_desk_host_of_the_wrong_data_centre_is_recognised(amend, patient, clock):
    """A host that is alive, but does not know the token."""
    rows = dict(amend.data_centers.rows)
    with Sandbox(now=clock) as other:
        rows["sandbox"] = dataclasses.replace(rows["sandbox"], desk=other.url)
        patient.amend = dataclasses.replace(amend, data_centers=DataCenters(rows))
        report = patient.examine()
    assert report.first_failed.check == "desk_org"
    assert report.first_failed.action == "reconnect"
    assert report.crm_org.outcome == Outcome.OK


def test_an_api_host_that_does_not_know_a_fresh_token_is_the_wrong_data_centre(amend, patient, clock):
    rows = dict(amend.data_centers.rows)
    with Sandbox(now=clock) as other:
        rows["sandbox"] = dataclasses.replace(rows["sandbox"], api=other.url)
        patient.write(api_domain=other.url)
        patient.amend = dataclasses.replace(amend, data_centers=DataCenters(rows))
        report = patient.examine()
    assert report.first_failed.check == "crm_org"
    assert "wrong Zoho data centre" in report.first_failed.cause
    assert "INVALID_TOKEN" in report.first_failed.evidence


def test_a_user_without_api_access_is_sent_to_the_administrator(patient, sandbox):
    sandbox.config.no_api_access = True
    report = patient.examine()
    assert report.first_failed.check == "crm_org"
    assert report.first_failed.action == "open_zoho"


def test_another_zoho_user_behind_the_token_is_named(patient):
    patient.write(zuid="1")
    report = patient.examine()
    assert report.first_failed.check == "identity"
    assert "808233918" in report.first_failed.evidence


def test_another_crm_organization_behind_the_token_is_named(patient):
    patient.write(crm_org_id="42")
    report = patient.examine()
    assert report.first_failed.check == "crm_org"
    assert "stored is 42" in report.first_failed.evidence


def test_a_crm_organization_that_was_not_stored_is_a_warning(patient):
    patient.write(crm_org_id=None)
    assert patient.examine().bad == ["crm_org"]


def test_a_scope_missing_from_the_grant_is_named_with_the_button_that_asks_for_it(patient):
    patient.lack("Desk.contacts.UPDATE")
    report = patient.examine()
    assert report.first_failed.check == "desk_scopes"
    assert "Desk.contacts.UPDATE" in report.first_failed.evidence
    assert "edit Desk contacts" in report.first_failed.cause
    assert (report.first_failed.action, report.first_failed.scopes) == ("add_scope", ("Desk.contacts.UPDATE",))
    assert report.bad == ["desk_scopes"]


def test_a_grant_that_may_only_read_crm_is_named_before_an_edit_fails(patient):
    row = patient.row
    patient.write(scopes_granted=[scope for scope in row.scopes_granted if scope != "ZohoCRM.modules.UPDATE"])
    report = patient.examine()
    assert report.first_failed.check == "crm_scopes"
    assert report.first_failed.scopes == ("ZohoCRM.modules.UPDATE",)
    assert report.crm_records.outcome == Outcome.OK


def test_what_zoho_scopes_leaves_out_on_purpose_is_a_warning(patient, amend):
    narrow = ["ZohoCRM.modules.leads.ALL", "ZohoCRM.org.READ", "ZohoCRM.settings.modules.READ", "ZohoCRM.settings.fields.READ"]
    patient.write(
        scopes_requested=narrow, scopes_granted=narrow, products=["crm"], location="us", accounts_server="https://accounts.zoho.com"
    )
    patient.amend = dataclasses.replace(amend, settings=amend.settings.model_copy(update={"scopes": ",".join(narrow)}))
    patient.write(status=Status.ACTIVE, api_domain="https://www.zohoapis.eu")
    report = patient.examine()
    assert report.crm_scopes.outcome == Outcome.WARNING
    assert "ZohoCRM.modules.UPDATE" in report.crm_scopes.scopes


def test_a_scope_that_zoho_refuses_in_a_call_is_learned_and_named(sandbox, patient):
    patient.write(scopes_granted=None)
    sandbox.fail_next("GET /api/v1/tickets", status=403, body={"errorCode": "SCOPE_MISMATCH", "message": "no"})
    report = patient.examine()
    assert report.first_failed.check == "desk_records"
    assert report.first_failed.scopes == ("Desk.tickets.READ",)
    again = patient.examine()
    assert again.first_failed.check == "desk_scopes"
    assert "refused in a call: Desk.tickets.READ" in again.first_failed.evidence


@pytest.mark.parametrize("value", [None, "", "  ", "\t"])
def test_a_blank_desk_organization_is_found_and_stored(patient, value):
    expected = patient.row.desk_org_id
    patient.write(desk_org_id=value)
    report = patient.examine()
    assert report.desk_org.outcome == Outcome.WARNING
    assert "was blank; found and stored" in report.desk_org.evidence
    assert report.desk_records.outcome == Outcome.OK
    assert patient.row.desk_org_id == expected


def test_a_desk_organization_that_is_no_number_is_named_and_replaced(patient):
    patient.write(desk_org_id="acme")
    report = patient.examine()
    assert report.bad == ["desk_org"]
    assert "'acme'" in report.desk_org.evidence
    assert patient.examine().bad == []


def test_several_desk_organizations_are_a_question_to_the_operator(patient, sandbox):
    sandbox.config.desk_orgs = 2
    patient.write(desk_org_id=None)
    report = patient.examine()
    assert (report.desk_org.outcome, report.desk_org.action) == (Outcome.WARNING, "choose_organization")
    assert "Zylker Iberia (3981312)" in report.desk_org.evidence
    assert report.desk_records.outcome == Outcome.NOT_CHECKED


def test_a_desk_organization_of_somebody_else_is_named(patient):
    patient.write(desk_org_id="999")
    report = patient.examine()
    assert report.first_failed.check == "desk_org"
    assert "999" in report.first_failed.evidence
    assert report.first_failed.action == "choose_organization"
    assert report.desk_records.outcome == Outcome.NOT_CHECKED


def test_the_crm_organizations_number_in_the_desk_column_is_recognised(patient):
    patient.write(desk_org_id=patient.row.crm_org_id)
    assert "CRM organization's number" in patient.examine().first_failed.cause


def test_a_portal_that_the_token_is_not_bound_to_is_explained(patient, sandbox):
    sandbox.config.desk_orgs = 2
    patient.write(desk_org_id="3981312")
    report = patient.examine()
    assert report.first_failed.check == "desk_records"
    assert "another Zoho organization" in report.first_failed.cause
    assert "OAUTH_ORG_MISMATCH" in report.first_failed.evidence


def test_a_blank_desk_organization_that_cannot_be_looked_up_names_the_scope(patient):
    patient.write(desk_org_id=" ")
    patient.lack("Desk.basic.READ")
    report = patient.examine()
    assert report.desk_org.outcome == Outcome.FAILED
    assert "lacks the scope Desk.basic.READ" in report.desk_org.cause
    assert (report.desk_org.action, report.desk_org.scopes) == ("add_scope", ("Desk.basic.READ",))
    assert "Desk.basic.READ" in report.first_failed.evidence


def test_a_discovery_that_zoho_refuses_names_the_scope(patient, sandbox):
    patient.write(desk_org_id=None, scopes_granted=None)
    sandbox.fail_next("GET /api/v1/organizations", status=403, body={"errorCode": "SCOPE_MISMATCH", "message": "no"})
    report = patient.examine()
    assert report.first_failed.check == "desk_org"
    assert "Desk.basic.READ" in report.first_failed.cause


def test_used_up_credits_are_a_warning(patient, sandbox):
    sandbox.fail_next("* /api/v1/*", status=429, body={"errorCode": "THRESHOLD_EXCEEDED", "message": "no"}, times=None)
    report = patient.examine()
    assert report.desk_org.outcome == Outcome.WARNING
    assert "credits" in report.desk_org.cause


def test_an_accounts_server_that_will_not_name_anybody_costs_no_renewal_and_no_colour(patient, sandbox) -> None:
    """A 401 of user info says nothing of the token: CRM and Desk accept it."""
    sandbox.fail_next("GET /oauth/user/info", status=401, body={"error": "invalid_token"}, times=None)
    sandbox.forget_calls()
    for _ in range(3):
        assert {finding.outcome for finding in patient.examine().findings} <= {Outcome.OK, Outcome.NOT_CHECKED}
    assert sandbox.calls("POST /oauth/v2/token") == 0
