"""A healthy connection to the sandbox, ways to spoil it, and ways to read what the checks say."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.walk import connect
from zoho import connections, tokens
from zoho.connections import Connection
from zoho.diagnostics import Finding, Outcome, examine

UNSEEN = {"crm_write", "desk_write"}
"""Of a connection that never edited anything: nobody can know."""


class Patient:
    """One connection."""

    def __init__(self, amend: Any, id: UUID) -> None:
        self.amend, self.id = amend, id

    @property
    def row(self) -> Connection:
        with self.amend.reading() as session:
            return connections.get(session, self.id)

    def write(self, **values: Any) -> None:
        """Put values into the row as somebody with a database tool would."""
        with self.amend.sessions.begin() as session:
            session.execute(update(Connection).where(Connection.id == self.id).values(values))

    def lack(self, *scopes: str) -> None:
        """A grant without these scopes, known to Amend."""
        row = self.row
        self.write(scopes_granted=[scope for scope in row.scopes_granted if scope not in scopes])

    def renew(self, clock: Any) -> None:
        """Later, a renewal."""
        clock.advance(minutes=5)
        tokens.renew(self.amend, self.id)

    def examine(self, **kwargs: Any) -> Report:
        return Report(examine(self.amend, self.id, **kwargs))


class Report(SimpleNamespace):
    """Findings by their slugs."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings=findings, **{finding.check: finding for finding in findings})

    @property
    def outcomes(self) -> dict[str, Outcome]:
        return {finding.check: finding.outcome for finding in self.findings}

    @property
    def not_green(self) -> list[str]:
        return [finding.check for finding in self.findings if finding.outcome != Outcome.OK and finding.check not in UNSEEN]

    @property
    def first_failed(self) -> Finding:
        return next(finding for finding in self.findings if finding.outcome in (Outcome.FAILED, Outcome.BROKE))

    @property
    def bad(self) -> list[str]:
        return [finding.check for finding in self.findings if finding.outcome in (Outcome.FAILED, Outcome.BROKE, Outcome.WARNING)]


@pytest.fixture
def new_patient(amend: Any, sandbox: Any, user: Any) -> Callable[..., Patient]:
    """Connect, with the choices of ``grants.begin``."""

    def make(**kwargs: Any) -> Patient:
        return Patient(amend, connect(amend, user.id, **kwargs).connection_id)

    return make


@pytest.fixture
def patient(new_patient: Callable[..., Patient]) -> Patient:
    return new_patient()
