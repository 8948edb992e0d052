"""Nothing is red without a fault, and green only for what was really called."""

from __future__ import annotations

import re

import pytest

from tests.zoho.diagnostics.conftest import Report
from zoho import diagnostics, tokens
from zoho.diagnostics import Outcome, access_tokens, runner
from zoho.diagnostics.table import CHECKS, Check
from zoho.errors import ZohoDownError


def test_a_healthy_connection_is_all_green_once_it_was_renewed(patient, clock):
    patient.renew(clock)
    report = patient.examine()
    assert set(report.outcomes.values()) == {Outcome.OK}, report.bad


def test_a_new_connection_is_green_and_says_that_it_was_renewed_once_as_a_test(patient):
    report = patient.examine()
    assert set(report.outcomes.values()) == {Outcome.OK}
    assert report.renewal.evidence == "renewed once as a test: ok, 2026-11-23 10:00:00 UTC"


def test_a_connection_that_was_never_renewed_is_not_green_and_says_how_to_try(patient):
    patient.write(refreshed_at=None)
    report = patient.examine()
    assert [check for check, outcome in report.outcomes.items() if outcome != Outcome.OK] == ["renewal"]
    assert report.renewal.outcome == Outcome.NOT_CHECKED
    assert report.renewal.action == "refresh_now"


def test_a_renewal_that_failed_is_told_with_its_cause_while_the_token_at_hand_still_works(patient, sandbox, clock):
    sandbox.fail_next("POST /oauth/v2/token", status=503)
    with pytest.raises(ZohoDownError):
        tokens.renew(patient.amend, patient.id)
    report = patient.examine()
    assert report.bad == ["renewal"]
    assert report.renewal.outcome == Outcome.WARNING
    assert "HTTP 503" in report.renewal.evidence
    assert report.renewal.cause == ZohoDownError.summary
    assert "10:00:02" in report.renewal.next


def test_a_renewal_of_the_day_before_yesterday_is_no_longer_green(patient, clock):
    patient.renew(clock)
    clock.advance(days=2)
    patient.write(token_expires_at=int(clock().timestamp()) + 3000)
    report = Report(runner.run(patient.amend, patient.row, [Check("renewal", "Renewal", access_tokens.renewal)], 5))
    assert report.renewal.outcome == Outcome.NOT_CHECKED
    assert "2 days ago" in report.renewal.evidence


def test_a_token_that_is_due_is_renewed_on_the_way(patient, sandbox, clock):
    clock.advance(hours=3)
    report = patient.examine()
    assert report.token.evidence.startswith("renewed just now")
    assert report.renewal.outcome == Outcome.OK
    assert report.bad == []


def test_an_access_token_that_zoho_forgot_is_renewed_once_for_all_checks(patient, sandbox):
    before = sandbox.calls("POST /oauth/v2/token")
    sandbox.expire_access_tokens()
    assert patient.examine().bad == []
    assert sandbox.calls("POST /oauth/v2/token") == before + 1


def test_findings_come_in_the_order_of_the_table(patient):
    assert [finding.check for finding in patient.examine().findings] == [check.slug for check in CHECKS]


def test_live_checks_learn_the_scopes_that_work(patient):
    patient.examine()
    assert {"ZohoCRM.org.READ", "ZohoCRM.modules.leads.READ", "Desk.basic.READ", "Desk.tickets.READ", "AaaServer.profile.READ"} <= set(
        patient.row.scopes_confirmed
    )


def test_evidence_names_whom_and_what_was_asked_with_its_time(patient):
    report = patient.examine()
    assert "Zylker Demo" in report.crm_org.evidence
    assert patient.row.crm_org_id in report.crm_org.evidence
    assert "production" in report.crm_org.evidence
    assert "Zylker Support" in report.desk_org.evidence
    assert re.search(r"Leads: read record \d+; asked 2026-11-23 10:00:00 UTC", report.crm_records.evidence)
    assert patient.row.zuid in report.identity.evidence


def test_no_evidence_holds_a_token(patient, sandbox, amend):
    sandbox.fail_next(
        "GET /crm/v8/org", status=401, body={"code": "INVALID_TOKEN", "message": "1000.aaaaaaaaaaaa.bbbbbbbbbbbb"}, times=None
    )
    text = repr(patient.examine())
    assert not re.search(r"1000\.[0-9a-f]{12}", text)


def test_products_that_were_not_chosen_are_not_checked_and_can_be_added(new_patient, sandbox):
    report = new_patient(products=("desk",)).examine()
    for slug in ("crm_scopes", "crm_org", "crm_records"):
        finding = getattr(report, slug)
        assert finding.outcome == Outcome.NOT_CHECKED
        assert finding.cause == "CRM was not chosen when connecting."
        assert finding.action == "add_scope"
        assert "ZohoCRM.modules.UPDATE" in finding.scopes
    assert report.bad == []
    assert sandbox.calls("GET /crm/v8/*") == 0


def test_a_grant_whose_scopes_zoho_did_not_name_is_unknown_and_not_missing(sandbox, new_patient):
    sandbox.config.answer_scope = False
    report = new_patient().examine()
    assert report.crm_scopes.outcome == Outcome.NOT_CHECKED
    assert "did not say" in report.crm_scopes.cause
    assert report.bad == []


def test_a_failure_that_is_over_is_told_and_not_red(patient, sandbox, clock):
    sandbox.fail_next("GET /crm/v8/org", status=403, body={"code": "NO_PERMISSION", "message": "no", "status": "error"})
    assert patient.examine().crm_org.outcome == Outcome.FAILED
    clock.advance(seconds=30)
    report = patient.examine()
    assert report.bad == []
    assert "no_permission" in report.last_calls.evidence


def test_the_scope_matrix_has_three_columns_of_knowledge(patient):
    patient.examine()
    patient.write(scopes_refused=["Desk.search.READ"])
    rows = {row.scope: row for row in diagnostics.scope_matrix(patient.row)}
    read = rows["ZohoCRM.modules.leads.READ"]
    assert (read.feature, read.requested, read.granted, read.confirmed, read.refused) == ("read Leads", True, True, True, False)
    assert not rows["ZohoCRM.modules.deals.UPDATE"].confirmed
    assert rows["Desk.search.READ"].refused
    patient.write(scopes_granted=None)
    assert all(row.granted is None for row in diagnostics.scope_matrix(patient.row))


def test_the_scope_matrix_leaves_out_a_product_that_was_not_chosen(new_patient):
    rows = diagnostics.scope_matrix(new_patient(products=("desk",)).row)
    assert not any(row.scope.startswith("ZohoCRM") for row in rows)
