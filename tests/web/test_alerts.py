"""The connections page says who is told, and whether that works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from sandbox.server import Sandbox
from service.settings import Settings
from tests.changes.receivers import Hook, hook
from tests.pages import Visitor, text_of
from tests.web.connecting import connected


@pytest.fixture
def posted() -> Iterator[Hook]:
    with hook() as running:
        running.status = 500
        yield running


@pytest.fixture
def settings(settings: Settings, posted: Hook) -> Settings:
    """Alerts go to a webhook that answers 500."""
    return settings.model_copy(update={"webhook_url": SecretStr(posted.url)})


def test_a_failed_test_alert_is_told_and_stays_told_until_one_arrives(client: Visitor, sandbox: Sandbox, posted: Hook) -> None:
    connected(client)
    assert "webhook at 127.0.0.1" in text_of(client.get("/"))
    answer = client.post("/alerts/test", page="/")
    assert answer.status_code == 303
    said = text_of(client.get("/"))
    assert "The last alert by webhook was not sent: The webhook answered HTTP 500." in said
    assert "t0ken" not in said
    posted.status = 200
    client.post("/alerts/test", page="/")
    said = text_of(client.get("/"))
    assert "Webhook: sent." in said
    assert "The last alert by webhook was not sent" not in said
