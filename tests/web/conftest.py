"""What tests of pages share: a connection of Ana's, and a record to edit."""

from __future__ import annotations

from uuid import UUID

import pytest

from people import Operator
from sandbox.server import Sandbox
from tests import walk
from zoho.runtime import Amend


@pytest.fixture
def connection_id(amend: Amend, operator: Operator, sandbox: Sandbox) -> UUID:
    found = walk.connect(amend, operator.id).connection_id
    assert found is not None
    return found


@pytest.fixture
def lead(sandbox: Sandbox) -> str:
    return sandbox.ids("Leads")[5]
