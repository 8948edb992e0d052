"""Each fault of the sandbox's menu is named by the checks, and ends with its switch."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.breaks import BREAKS
from zoho import tokens
from zoho.diagnostics import Outcome

NAMED = {
    "revoked": ("token", "no longer accepts our refresh token"),
    "throttled": ("token", "10 renewals in 10 minutes"),
    "scope": ("crm_records", "ZohoCRM.modules"),
    "profile": ("crm_org", "does not allow access by API"),
    "module": None,  # the checks go on to the next module: it is seen where a lead is looked for
    "credits": ("crm_org", "credits of the day"),
    "desk-org": ("desk_records", "organization"),
    "html": ("crm_org", "could not be read"),
    "hang": ("crm_org", "cannot be reached"),
    "reset": ("crm_org", "cannot be reached"),
}
MEND = {"revoked": tokens.renew, "throttled": tokens.renew}
"""What the row keeps for itself until somebody presses Refresh now."""


def turn(sandbox: Any, switch: str, slug: str) -> None:
    data = {"switch": switch, "fault": slug}
    answer = requests.post(f"{sandbox.url}/_sandbox/break", data, headers={"Origin": sandbox.url}, allow_redirects=False, timeout=5)
    assert answer.status_code == 303


@pytest.mark.parametrize("slug", [each.slug for each in BREAKS])
def test_a_fault_of_the_menu_is_named_first_and_gone_when_switched_off(slug: str, patient: Any, sandbox: Any, clock: Any) -> None:
    turn(sandbox, "on", slug)
    report = patient.examine(deadline_seconds=4)
    worried = [finding for finding in report.findings if finding.outcome in (Outcome.FAILED, Outcome.WARNING, Outcome.BROKE)]
    named = NAMED[slug]
    if named:
        check, words = named
        assert (worried[0].check, words in f"{worried[0].cause} {worried[0].evidence}") == (check, True), worried[0]
    turn(sandbox, "off", slug)
    clock.advance(minutes=11)
    MEND.get(slug, lambda *_: None)(patient.amend, patient.id)
    if slug == "scope":
        return  # refused once, the scope is asked for by reconnecting
    report = patient.examine()
    assert set(report.bad) <= {"crm_limits"}  # the last word that Zoho said of credits is kept until it says another
    assert {report.crm_records.outcome, report.desk_records.outcome} == {Outcome.OK}
