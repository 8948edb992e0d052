"""What the tests of the store share: a database with nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of its own, of the kind the test runs on."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path}/test.db"
    else:
        with request.getfixturevalue("cluster").database() as url:
            yield url
