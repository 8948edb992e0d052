"""The use case: look at one connection, from near to far."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from zoho import clients
from zoho.diagnostics import runner
from zoho.diagnostics.findings import Finding, Outcome
from zoho.diagnostics.table import CHECKS
from zoho.errors import NotConnectedError
from zoho.runtime import Amend

DEADLINE_SECONDS = 12.0
CALL_SHARE = 2 / 3
"""Of the deadline, for one call: one that hangs is then told as such before its check is given up."""


def examine(amend: Amend, connection_id: UUID, *, deadline_seconds: float = DEADLINE_SECONDS) -> tuple[Finding, ...]:
    """Every check's finding in fixed order, near to far, within the deadline; the first that failed names the root cause.

    Calls Zoho: a token that is due is renewed, confirmed and refused scopes are learned, a blank Desk organization is found and
    stored. A connection that does not exist, or whose row cannot be read, is the one finding. Raises sqlalchemy.exc.SQLAlchemyError.
    """
    try:
        connection = clients.load(amend, connection_id)
    except NotConnectedError as error:
        return (_absent(amend, error),)
    except (ValueError, TypeError, LookupError) as error:
        return (_unreadable(amend, error),)
    hurried = replace(amend, http=amend.http.within(deadline_seconds * CALL_SHARE))
    return runner.run(hurried, connection, CHECKS, deadline_seconds)


def _absent(amend: Amend, error: NotConnectedError) -> Finding:
    slug, title = CHECKS[0].slug, CHECKS[0].title
    return Finding(slug, title, Outcome.FAILED, str(error), error.summary, "Press Connect Zoho on the first page.", None, amend.now())


def _unreadable(amend: Amend, error: Exception) -> Finding:
    """A column of the row holds what its type cannot be made of."""
    slug, title = CHECKS[0].slug, CHECKS[0].title
    cause = "The connection's row in the database cannot be read: a column holds what does not belong there."
    return Finding(
        slug, title, Outcome.BROKE, type(error).__name__, cause, "Restore the row from a backup, or connect again.", None, amend.now()
    )
