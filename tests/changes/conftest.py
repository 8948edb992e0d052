"""What the tests of changes share: Ana, her connection to the sandbox, a lead and a ticket."""

from __future__ import annotations

import pytest

from tests.walk import add, connect


@pytest.fixture
def ana(amend, sandbox):
    return add(amend)


@pytest.fixture
def connection_id(amend, sandbox, ana):
    return connect(amend, ana).connection_id


@pytest.fixture
def lead(sandbox):
    return next(id_ for id_ in sandbox.ids("Leads") if id_ not in sandbox.hostile("Leads"))


@pytest.fixture
def ticket(sandbox):
    return next(iter(sandbox.tickets))
