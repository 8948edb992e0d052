"""``./run alerts`` tells what became of the last ones, and tries the way."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from service.cli import main
from service.settings import Settings
from tests.changes.receivers import hook


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMEND_INSTANCE_DIR", str(settings.instance_dir))


def test_a_test_alert_is_sent_and_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    with hook() as posted:
        monkeypatch.setenv("AMEND_WEBHOOK_URL", posted.url)
        tried = CliRunner().invoke(main, ["alerts", "test"])
        assert tried.exit_code == 0, tried.output
        assert [event["event"] for event in posted.events] == ["test"]
        posted.status = 500
        assert CliRunner().invoke(main, ["alerts", "test"]).exit_code == 1
    listed = CliRunner().invoke(main, ["alerts"]).output.splitlines()
    assert "not sent: The webhook answered HTTP 500." in listed[0]
    assert "webhook  sent" in listed[1]
    assert "t0ken" not in "".join(listed)


def test_nobody_to_tell_is_said_with_the_settings() -> None:
    tried = CliRunner().invoke(main, ["alerts", "test"])
    assert tried.exit_code == 1
    assert "AMEND_SMTP_HOST" in tried.stderr
    assert "No alert was written yet." in CliRunner().invoke(main, ["alerts"]).output


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMEND_WEBHOOK_URL", "ftp://example.com")
    tried = CliRunner().invoke(main, ["alerts"])
    assert tried.exit_code == 2
    assert "AMEND_WEBHOOK_URL must look like https://host/path" in tried.stderr
