"""What is wrong with a connection, why, and the one step that mends it: checks from near to far, each a function."""

from zoho.diagnostics.examine import examine
from zoho.diagnostics.findings import ACTIONS, Finding, Outcome
from zoho.diagnostics.granted import ScopeRow, scope_matrix
from zoho.diagnostics.table import TITLES
from zoho.errors import Action

__all__ = ["ACTIONS", "TITLES", "Action", "Finding", "Outcome", "ScopeRow", "examine", "scope_matrix"]
