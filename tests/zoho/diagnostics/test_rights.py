"""What the connected user may do, what is left of the limits, and what Amend keeps: told without changing a record."""

from __future__ import annotations

from zoho import access, clients, metadata, scopes
from zoho.diagnostics import Outcome


def test_a_module_that_zoho_hides_from_the_user_is_named(patient, sandbox):
    sandbox.config.hide_module = "Leads"
    report = patient.examine()
    assert report.bad == ["crm_modules"]
    assert "does not let this user edit Leads" in report.crm_modules.cause


def test_only_the_modules_that_were_chosen_are_missed(new_patient, sandbox):
    sandbox.config.hide_module = "Deals"
    assert new_patient(products=("crm",), wanted=("crm.leads",)).examine().bad == []


def test_editing_is_green_only_after_an_edit_that_zoho_took(patient, amend, sandbox):
    sandbox.forget_calls()
    assert patient.examine().crm_write.outcome == Outcome.NOT_CHECKED
    assert sandbox.calls("PUT *") == sandbox.calls("PATCH *") == 0
    row = clients.load(amend, patient.id)
    access.call(amend, row, scopes.crm_module("Leads", "UPDATE"), lambda: None)
    assert patient.examine().crm_write.outcome == Outcome.OK


def test_credits_that_run_out_are_told_with_how_many_are_left(patient, sandbox):
    sandbox.config.credits_remaining = 120
    report = patient.examine()
    assert report.bad == ["crm_limits"]
    assert "120 credits left" in report.crm_limits.evidence


def test_fields_that_changed_in_zoho_after_amend_read_them_are_named_and_read_anew(patient, amend, sandbox):
    row = clients.load(amend, patient.id)
    metadata.crm_fields(amend, row, "Leads")
    assert patient.examine().crm_fields.outcome == Outcome.OK
    fields = clients.crm_client(amend, row).fields("Leads")
    older = [{**field, "length": 7} if field["api_name"] == "Phone" else field for field in fields]
    metadata._store(amend, row.id, "crm/Leads/fields", older, amend.now())
    report = patient.examine()
    assert report.bad == ["crm_fields"]
    assert "Leads: Phone" in report.crm_fields.evidence
    assert patient.examine().bad == []


def test_an_agent_that_was_switched_off_is_named(patient, sandbox):
    sandbox.fail_next("GET /api/v1/myinfo", status=200, body={"id": "1", "name": "Ana", "status": "DISABLED"})
    report = patient.examine()
    assert report.first_failed.check == "desk_agent"
    assert "not an active agent" in report.first_failed.cause
