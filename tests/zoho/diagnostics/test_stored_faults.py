"""One fault in the row or in the settings, and the first failed finding names it."""

from __future__ import annotations

import dataclasses
from uuid import uuid4

import pytest
from sqlalchemy import text

from zoho import diagnostics, tokens
from zoho.connections import Status
from zoho.diagnostics import Outcome
from zoho.keys import Keys

FAR = ("token", "renewal", "identity", "crm_org", "crm_records", "desk_org", "desk_records")


def assert_far_checks_wait_for(report, title):
    for slug in FAR:
        finding = getattr(report, slug)
        assert finding.outcome == Outcome.NOT_CHECKED, slug
        assert title in finding.cause, slug


def test_without_a_row_the_one_finding_says_so_and_how_to_connect(amend):
    (finding,) = diagnostics.examine(amend, uuid4())
    assert (finding.check, finding.outcome) == ("connection", Outcome.FAILED)
    assert "not connected" in finding.cause
    assert "Connect Zoho" in finding.next


def test_a_connection_that_needs_to_be_reconnected_tells_the_reason_that_was_kept(patient, clock):
    patient.write(
        status=Status.RECONNECT_NEEDED, last_failure_at=clock(), last_failure_code="invalid_grant", last_failure_detail="us: invalid_code"
    )
    report = patient.examine()
    assert report.first_failed.check == "connection"
    assert "us: invalid_code" in report.first_failed.evidence
    assert report.first_failed.action == "reconnect"
    assert_far_checks_wait_for(report, "Connection")


def test_a_dead_grant_of_the_wrong_data_centre_shows_both(patient):
    """Zoho's invalid_code means either."""
    patient.write(status=Status.RECONNECT_NEEDED, location="us", accounts_server="https://accounts.zoho.eu")
    report = patient.examine()
    assert report.connection.outcome == report.data_center.outcome == Outcome.FAILED


def test_a_disconnected_connection_says_so(patient):
    patient.write(status=Status.DISCONNECTED, access_token=None, refresh_token=None, token_expires_at=None)
    report = patient.examine()
    assert report.first_failed.check == "connection"
    assert report.first_failed.action == "reconnect"


def test_a_pending_connection_can_be_finished(patient):
    patient.write(status=Status.PENDING)
    report = patient.examine()
    assert (report.connection.outcome, report.connection.action) == (Outcome.WARNING, "finish")


def test_a_state_that_nobody_knows_is_named(patient):
    patient.write(status="zombie")
    assert "zombie" in patient.examine().first_failed.evidence


def test_a_row_that_cannot_be_read_is_a_finding(patient, amend):
    with amend.sessions.begin() as session:
        session.execute(text("UPDATE zoho_connections SET products = 'not json'"))
    (finding,) = diagnostics.examine(amend, patient.id)
    assert finding.outcome == Outcome.BROKE
    assert "cannot be read" in finding.cause


def test_a_lost_key_is_named_before_everything_that_needs_it(patient, amend):
    patient.amend = dataclasses.replace(amend, keys=Keys.of(["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="]))
    report = patient.examine()
    assert report.first_failed.check == "key"
    assert "AMEND_ENCRYPTION_KEYS" in report.first_failed.next
    assert_far_checks_wait_for(report, "Encryption key")


def test_a_token_of_another_row_is_named(patient, amend):
    patient.write(refresh_token=amend.keys.seal(uuid4(), "1000.x"))
    report = patient.examine()
    assert report.first_failed.check == "key"
    assert "another connection" in report.first_failed.evidence


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_refresh_token_is_named_though_the_access_token_still_works(patient, value):
    patient.write(refresh_token=value)
    report = patient.examine()
    assert report.first_failed.check == "refresh_token"
    assert report.first_failed.action == "reconnect"
    assert_far_checks_wait_for(report, "Refresh token")


def test_a_blank_refresh_token_is_named(patient, amend):
    patient.write(refresh_token=amend.keys.seal(patient.id, " "))
    assert patient.examine().first_failed.check == "refresh_token"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, "null"),
        (0, "zero"),
        (-5, "negative"),
        (1_800_000_000_000, "milliseconds"),
        (3600, "no time of this century"),
        ("tomorrow", "'tomorrow'"),
        (1_800_000_000.5, "not a whole number"),
    ],
)
def test_an_expiry_that_is_no_unix_time_is_named_with_what_was_seen_and_mended_by_a_renewal(patient, amend, value, seen):
    with amend.sessions.begin() as session:
        session.execute(text("UPDATE zoho_connections SET token_expires_at = :value"), {"value": value})
    report = patient.examine()
    assert report.first_failed.check == "token_expires_at"
    assert seen in report.first_failed.evidence
    assert report.first_failed.action == "refresh_now"
    assert report.bad == ["token_expires_at"]
    assert tokens.is_valid_expiry(patient.row.token_expires_at)
    assert patient.examine().bad == []


def test_an_expiry_further_ahead_than_zoho_gives_is_a_warning(patient, clock):
    patient.write(token_expires_at=int(clock().timestamp()) + 86_400)
    report = patient.examine()
    assert report.bad == ["token_expires_at"]
    assert report.token_expires_at.outcome == Outcome.WARNING


def test_a_location_that_is_not_in_the_table_is_named(patient):
    patient.write(location="mars")
    report = patient.examine()
    assert report.first_failed.check == "data_center"
    assert "mars" in report.first_failed.evidence
    assert report.first_failed.action == "fix_setting"


def test_an_accounts_server_of_another_data_centre_is_named(patient):
    patient.write(location="us", accounts_server="https://accounts.zoho.eu", api_domain="https://www.zohoapis.com")
    report = patient.examine()
    assert report.first_failed.check == "data_center"
    assert "accounts.zoho.eu" in report.first_failed.evidence
    assert_far_checks_wait_for(report, "Data centre")


def test_a_moved_row_of_our_own_table_is_a_warning(patient):
    patient.write(accounts_server="http://127.0.0.1:1")
    report = patient.examine()
    assert report.data_center.outcome == Outcome.WARNING
    assert report.bad == ["data_center"]


@pytest.mark.parametrize(
    "value", ["nonsense", "https://evil.example", "https://www.zohoapis.com.evil.example", "  ", "https://desk.zoho.com"]
)
def test_a_garbage_api_domain_is_named_and_no_token_leaves_for_it(patient, sandbox, value):
    patient.write(api_domain=value)
    report = patient.examine()
    assert report.first_failed.check == "api_domain"
    assert value.strip() in report.first_failed.evidence
    assert report.crm_org.outcome == report.crm_records.outcome == Outcome.NOT_CHECKED
    assert report.desk_records.outcome == Outcome.OK


def test_a_garbage_api_domain_of_a_connection_without_crm_is_only_a_warning(new_patient):
    patient = new_patient(products=("desk",))
    patient.write(api_domain="nonsense")
    assert patient.examine().bad == ["api_domain"]
    assert patient.examine().api_domain.outcome == Outcome.WARNING


def test_another_data_centres_api_domain_is_named_with_both(patient):
    patient.write(api_domain="https://www.zohoapis.eu")
    report = patient.examine()
    assert report.first_failed.check == "api_domain"
    assert "Europe (eu)" in report.first_failed.evidence
    assert report.first_failed.action == "refresh_now"


def test_another_data_centres_api_domain_is_named_for_a_built_in_row(patient, sandbox, monkeypatch):
    patient.write(location="us", accounts_server="https://accounts.zoho.com", api_domain="https://www.zohoapis.eu")
    report = patient.examine()
    assert report.first_failed.check == "api_domain"
    assert "United States" in report.first_failed.evidence


@pytest.mark.parametrize("value", [None, ""])
def test_an_api_domain_that_was_not_stored_is_a_warning(patient, value):
    patient.write(api_domain=value)
    report = patient.examine()
    assert report.bad == ["api_domain"]
    assert report.api_domain.outcome == Outcome.WARNING


def test_an_api_domain_that_was_refused_is_a_warning_with_the_host(patient):
    patient.write(api_domain_refused="https://www.zohoapis.mars")
    report = patient.examine()
    assert report.bad == ["api_domain"]
    assert "zohoapis.mars" in report.api_domain.evidence


def test_a_client_that_is_not_configured_for_the_data_centre_names_the_setting(patient, amend):
    patient.write(location="eu", accounts_server="https://accounts.zoho.eu", api_domain="https://www.zohoapis.eu")
    finding = next(finding for finding in patient.examine().findings if finding.check == "client")
    assert finding.outcome == Outcome.FAILED
    assert "ZOHO_CLIENT_ID" in finding.next
    assert finding.action == "fix_setting"


def test_a_throttle_is_a_warning_while_the_token_is_good(patient, clock):
    clock.advance(minutes=1)
    until = clock().replace(minute=11)
    patient.write(refresh_not_before=until)
    report = patient.examine()
    assert report.bad == ["throttle"]
    assert "2026-11-23 10:11:00 UTC" in report.throttle.next


def test_a_throttle_noted_while_the_clock_stood_wrong_locks_nobody_out(patient, clock):
    clock.advance(hours=2)
    patient.write(refresh_not_before=clock().replace(year=2031))
    report = patient.examine()
    assert report.not_green == []
    assert patient.row.refresh_not_before is None


def test_a_throttle_of_a_token_that_is_due_says_until_when_and_not_to_reconnect(patient, clock):
    clock.advance(hours=2)
    patient.write(refresh_not_before=clock().replace(minute=10))
    report = patient.examine()
    assert report.first_failed.check == "token"
    assert "used up" in report.first_failed.cause
    assert "12:10:00" in report.first_failed.next
    assert report.first_failed.action is None
    assert report.crm_org.outcome == Outcome.NOT_CHECKED
