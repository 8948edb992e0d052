"""What is wrong with a connection, why, and the one step that mends it: checks from near to far, each a function.

Checks that know what this room must not (worker, queue) are ``OwnCheck`` rows handed over in ``Amend.checks``.
"""

from zoho.diagnostics.examine import DEADLINE_SECONDS, examine, examine_own, own_checks, stream
from zoho.diagnostics.findings import ACTIONS, Finding, Observation, Outcome, failed, not_checked, ok, warning
from zoho.diagnostics.granted import ScopeRow, scope_matrix
from zoho.diagnostics.table import CHECKS, TITLES, OwnCheck
from zoho.errors import Action

__all__ = [
    "ACTIONS",
    "CHECKS",
    "DEADLINE_SECONDS",
    "TITLES",
    "Action",
    "Finding",
    "Observation",
    "Outcome",
    "OwnCheck",
    "ScopeRow",
    "examine",
    "examine_own",
    "failed",
    "not_checked",
    "ok",
    "own_checks",
    "scope_matrix",
    "stream",
    "warning",
]
