"""The use cases: look at one connection from near to far, or at Amend alone. No web request is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from store import trial
from zoho import clients
from zoho.diagnostics import runner
from zoho.diagnostics.findings import Finding, Outcome
from zoho.diagnostics.table import CHECKS, OWN, AnyCheck, OwnCheck
from zoho.errors import NotConnectedError
from zoho.runtime import Amend

DEADLINE_SECONDS = 12.0
CALL_SHARE = 2 / 3
"""Of the deadline, for one call: one that hangs is then told as such before its check is given up."""
EVERYTHING: tuple[str, ...] = ("crm", "desk")


def own_checks(amend: Amend) -> tuple[OwnCheck, ...]:
    """The checks of Amend itself: ours, then those that app.py, the commands and the worker handed over."""
    return (*OWN, *amend.checks)


def examine(amend: Amend, connection_id: UUID, *, deadline_seconds: float = DEADLINE_SECONDS, with_own: bool = True) -> tuple[Finding, ...]:
    """Every check's finding in fixed order, near to far, within the deadline; the first that failed names the root cause.

    ``with_own=False`` leaves out Amend's own checks, for who looks at many connections and did those once (``examine_own``).
    Calls Zoho: a token that is due is renewed, confirmed and refused scopes are learned, a blank Desk organization is found and
    stored. A connection that does not exist, or whose row cannot be read, is the one finding. Raises nothing that a check may
    meet: a database that does not answer is a finding.
    """
    return tuple(stream(amend, connection_id, deadline_seconds=deadline_seconds, with_own=with_own))


def examine_own(amend: Amend, *, deadline_seconds: float = DEADLINE_SECONDS) -> tuple[Finding, ...]:
    """The findings of Amend itself, whatever is connected."""
    return tuple(runner.run(amend, None, (), own_checks(amend), deadline_seconds))


def stream(amend: Amend, connection_id: UUID, *, deadline_seconds: float = DEADLINE_SECONDS, with_own: bool = True) -> Iterator[Finding]:
    """As ``examine``, each finding as soon as it is sure, in the same order."""
    products = EVERYTHING
    try:
        if not trial.is_gone(amend.settings.database_url):  # a look into it would make it anew
            products = tuple(clients.load(amend, connection_id).products)
    except NotConnectedError as error:
        yield _absent(amend, error)
        return
    except SQLAlchemyError:
        pass  # the database's own check says why, and the others are told to wait for it
    except (ValueError, TypeError, LookupError) as error:
        yield _unreadable(amend, error)
        return
    hurried = replace(amend, http=amend.http.within(deadline_seconds * CALL_SHARE))
    checks: tuple[AnyCheck, ...] = (*own_checks(amend), *CHECKS) if with_own else CHECKS
    yield from runner.run(hurried, connection_id, products, checks, deadline_seconds)


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
