"""Whatever one check does, the others are told."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime

import pytest

from zoho.diagnostics import ACTIONS, Outcome, OwnCheck, examine_own
from zoho.diagnostics.findings import failed, from_error, ok
from zoho.diagnostics.runner import run
from zoho.diagnostics.table import CHECKS, OWN, Check
from zoho.errors import InvalidGrantError, UnreachableError, ZohoError


def good(amend, connection):
    return ok("seen")


def bad(amend, connection):
    return failed("seen", "cause", "next", None)


def raises(error):
    def check(amend, connection):
        raise error

    return check


def outcomes(amend, patient, *checks, deadline=5.0):
    return {finding.check: finding for finding in run(amend, patient.id, patient.row.products, checks, deadline)}


def test_a_check_that_raises_broke_and_hides_no_other(amend, patient):
    found = outcomes(amend, patient, Check("a", "A", raises(RuntimeError("boom"))), Check("b", "B", good))
    assert (found["a"].outcome, found["b"].outcome) == (Outcome.BROKE, Outcome.OK)
    assert "boom" in found["a"].evidence


def test_a_check_that_hangs_broke_in_time_and_hides_no_other(amend, patient):
    release = threading.Event()

    def hang(amend, connection):
        release.wait(30)
        return ok("late")

    found = outcomes(amend, patient, Check("a", "A", hang), Check("b", "B", good), Check("c", "C", good, needs=("a",)), deadline=0.3)
    release.set()
    assert (found["a"].outcome, found["b"].outcome, found["c"].outcome) == (Outcome.BROKE, Outcome.OK, Outcome.NOT_CHECKED)
    assert found["a"].evidence == "no answer within 0.3 s"


def test_checks_without_needs_run_side_by_side(amend, patient):
    both = threading.Barrier(2, timeout=10)

    def meet(amend, connection):
        both.wait()
        return ok("met")

    found = outcomes(amend, patient, Check("a", "A", meet), Check("b", "B", meet))
    assert {finding.outcome for finding in found.values()} == {Outcome.OK}


def test_what_is_pointless_names_the_root_and_not_the_link_between(amend, patient):
    checks = (Check("a", "Aaa", bad), Check("b", "Bbb", good, needs=("a",)), Check("c", "Ccc", good, needs=("b",)), Check("d", "D", good))
    found = outcomes(amend, patient, *checks)
    assert "“Aaa”" in found["b"].cause
    assert "“Aaa”" in found["c"].cause
    assert found["d"].outcome == Outcome.OK


def test_a_grant_that_a_far_check_found_dead_is_the_tokens_finding(amend, patient):
    dead = InvalidGrantError("us token endpoint: invalid_code")
    checks = (
        Check("token", "Access token", good),
        Check("far", "Far", raises(dead), needs=("token",)),
        Check("on", "On", good, needs=("far",)),
    )
    found = outcomes(amend, patient, *checks)
    assert found["token"].outcome == Outcome.FAILED
    assert found["far"].outcome == found["on"].outcome == Outcome.NOT_CHECKED
    assert "Access token" in found["on"].cause


def test_one_unreachable_host_is_one_finding(amend, patient):
    away = UnreachableError("GET desk.example: the connection was refused")
    checks = (Check("a", "A", raises(away)), Check("b", "B", raises(away)), Check("c", "C", raises(UnreachableError("GET other: refused"))))
    found = outcomes(amend, patient, *checks)
    assert [finding.outcome for finding in found.values()] == [Outcome.FAILED, Outcome.NOT_CHECKED, Outcome.FAILED]


def test_findings_come_as_they_are_sure_and_in_the_order_of_the_table(amend, patient):
    release = threading.Event()

    def wait(amend, connection):
        release.wait(30)
        return ok("late")

    checks = (Check("a", "A", good), Check("b", "B", wait), Check("c", "C", good))
    told = run(amend, patient.id, (), checks, 30)
    first = next(told)
    release.set()
    assert [first.check, *(finding.check for finding in told)] == ["a", "b", "c"]


def test_checks_that_the_app_hands_over_are_told_before_those_of_the_connection(amend, patient):
    handed = dataclasses.replace(amend, checks=(OwnCheck("worker", "Worker", lambda amend: failed("none", "dead", "start it", None)),))
    patient.amend = handed
    order = [finding.check for finding in patient.examine().findings]
    assert order.index("worker") < order.index("connection")
    assert "worker" in [finding.check for finding in examine_own(handed)]
    assert "worker" not in [finding.check for finding in patient.examine(with_own=False).findings]


def every_error(kind=ZohoError):
    yield kind
    for child in kind.__subclasses__():
        yield from every_error(child)


@pytest.mark.parametrize("kind", [*every_error()], ids=lambda kind: kind.__name__)
def test_every_error_of_ours_comes_to_cause_next_step_and_a_known_action(kind):
    seen = from_error(kind("detail"), datetime.now(UTC))
    assert seen.outcome in (Outcome.FAILED, Outcome.WARNING)
    assert seen.evidence
    assert seen.cause
    assert seen.next
    assert "diagnostics" not in seen.next, "that is where this stands"
    assert seen.action is None or seen.action in ACTIONS


def test_needs_and_order_of_the_table_point_to_nearer_checks():
    seen = {check.slug for check in OWN}
    for check in CHECKS:
        assert {*check.needs, *check.after} <= seen, check.slug
        seen.add(check.slug)


def test_no_secret_is_shown_in_a_findings_cause_or_next_step(amend, patient):
    def quotes(amend, connection):
        return failed("pwd=hush-1", "Zoho says: refresh_token=hush-2", "Open http://bob:hush-3@proxy:3128.", None)

    found = outcomes(amend, patient, Check("a", "A", quotes))["a"]
    assert "hush" not in repr(found)
    assert "[redacted]" in found.cause
    assert "@proxy:3128" in found.next
