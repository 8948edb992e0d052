"""One message for each change that lasts, by mail and by webhook; a message that could not be sent is tried again and shown."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from changes import alerts
from people.users import User
from sandbox.server import Sandbox
from service.settings import Settings
from tests.changes.receivers import Hook, MailServer, hook, mail_server
from tests.conftest import Clock
from tests.walk import connect
from zoho import grants, watch
from zoho.connections import Connection
from zoho.runtime import Amend

pytestmark = pytest.mark.both_databases

NAME = "Zylker Demo"


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def posted() -> Iterator[Hook]:
    with hook() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, mailbox: MailServer, posted: Hook) -> Settings:
    """As an operator would set it up, read from their words."""
    said = Settings.load(
        {
            "AMEND_INSTANCE_DIR": str(settings.instance_dir),
            "AMEND_SMTP_HOST": "127.0.0.1",
            "AMEND_SMTP_PORT": str(mailbox.port),
            "AMEND_SMTP_SECURITY": "none",
            "AMEND_SMTP_USER": "amend",
            "AMEND_SMTP_PASSWORD": "s3cret",
            "AMEND_ALERT_FROM": "Amend <amend@example.com>",
            "AMEND_ALERT_TO": "ops@example.com, ana@example.com",
            "AMEND_WEBHOOK_URL": posted.url,
            "AMEND_WEBHOOK_SECRET": "sign-with-this",
        }
    )
    names = [name for name in type(said).model_fields if name.startswith(("smtp_", "alert_", "webhook_"))]
    return settings.model_copy(update={name: getattr(said, name) for name in names})


@pytest.fixture
def connection_id(amend: Amend, user: User, sandbox: Sandbox) -> UUID:
    found = connect(amend, user.id).connection_id
    assert found is not None
    run(amend)
    return found


def run(amend: Amend) -> None:
    """What the worker does each time round."""
    for piece in (watch.check_next, alerts.write_next, alerts.send_next):
        while piece(amend):
            pass


def pass_minutes(amend: Amend, clock: Clock, minutes: int) -> None:
    for _ in range(minutes):
        clock.advance(minutes=1)
        run(amend)


def test_a_dead_account_is_told_after_the_grace_period_once_and_its_recovery_once(
    amend: Amend, connection_id: UUID, user: User, sandbox: Sandbox, clock: Clock, mailbox: MailServer, posted: Hook
) -> None:
    clock.advance(hours=23)
    sandbox.revoke_all()
    run(amend)
    pass_minutes(amend, clock, 14)
    assert (mailbox.mails, posted.bodies) == ([], [])
    pass_minutes(amend, clock, 1)
    assert [event["event"] for event in posted.events] == ["needs_you"]
    mail = mailbox.mails[0]
    assert mail["Subject"] == f"Amend: {NAME} needs you"
    assert mail["To"] == "ops@example.com, ana@example.com"
    assert "Zoho no longer accepts its refresh token" in mail.get_content()
    assert f"{amend.settings.public_url}/connections/{connection_id}" in mail.get_content()

    pass_minutes(amend, clock, 90)
    assert len(mailbox.mails) == len(posted.bodies) == 1
    connect(amend, user.id, reconnects_id=connection_id)
    pass_minutes(amend, clock, 60)
    assert [event["event"] for event in posted.events] == ["needs_you", "recovered"]
    assert mailbox.mails[1]["Subject"] == f"Amend: {NAME} is well again"
    assert len(mailbox.mails) == 2


def test_a_blip_of_the_network_is_no_alarm(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock, mailbox: MailServer, posted: Hook
) -> None:
    clock.advance(hours=23)
    sandbox.fail_next("* /*", fault="reset_before", times=None)
    run(amend)
    pass_minutes(amend, clock, 5)
    sandbox.clear_faults()
    pass_minutes(amend, clock, 60)
    assert (mailbox.mails, posted.bodies) == ([], [])


def test_what_lasts_is_told_as_may_recover_and_once_more_when_it_gets_worse(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock, posted: Hook
) -> None:
    clock.advance(hours=23)
    sandbox.fail_next("* /*", status=503, times=None)
    run(amend)
    pass_minutes(amend, clock, 16)
    assert [event["event"] for event in posted.events] == ["may_recover"]
    sandbox.clear_faults()
    sandbox.revoke_all()
    pass_minutes(amend, clock, 60)
    assert [event["event"] for event in posted.events] == ["may_recover", "needs_you"]


def test_two_workers_write_news_once_and_send_it_once(amend: Amend, connection_id: UUID, posted: Hook, clock: Clock) -> None:
    with amend.sessions.begin() as session:
        bad = {"state": "needs_you", "bad_since": clock(), "checked_at": clock()}
        session.execute(update(watch.ConnectionHealth).values(bad))
    at_once = replace(amend, settings=amend.settings.model_copy(update={"alert_grace_minutes": 0}))
    found = alerts._find_news(at_once)
    assert found is not None
    assert alerts._claim_news(at_once, found)
    assert not alerts._claim_news(at_once, found)
    assert len(alerts.list_alerts(at_once)) == 2  # a mail and a post
    first = alerts._find_waiting(at_once)
    assert first is not None
    assert alerts._claim(at_once, first) is not None
    assert alerts._claim(at_once, first) is None


def test_the_webhook_is_signed_and_holds_what_is_documented_and_no_more(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock, posted: Hook
) -> None:
    clock.advance(hours=23)
    sandbox.revoke_all()
    run(amend)
    pass_minutes(amend, clock, 15)
    signature = "sha256=" + hmac.digest(b"sign-with-this", posted.bodies[0], "sha256").hex()
    assert posted.headers[0]["X-Amend-Signature"] == signature
    event = posted.events[0]
    assert set(event) == {"id", "event", "at", "sent_by", "connection", "reason", "since"}
    assert event["connection"] == {
        "id": str(connection_id),
        "name": NAME,
        "url": f"{amend.settings.public_url}/connections/{connection_id}",
    }
    assert b"1000." not in posted.bodies[0]


@pytest.mark.parametrize(("status", "said"), [(500, "HTTP 500"), (302, "redirects are not followed")])
def test_a_failure_to_send_is_kept_without_a_secret_and_tried_again(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock, posted: Hook, mailbox: MailServer, status: int, said: str
) -> None:
    posted.status, mailbox.refuses_login = status, True
    clock.advance(hours=23)
    sandbox.revoke_all()
    run(amend)
    pass_minutes(amend, clock, 15)
    failed = {alert.channel: alert for alert in alerts.list_alerts(amend)}
    assert said in (failed["webhook"].error or "")
    assert "did not accept AMEND_SMTP_USER" in (failed["email"].error or "")
    assert "s3cret" not in (failed["email"].error or "")
    assert "t0ken" not in (failed["webhook"].error or "")

    posted.status, mailbox.refuses_login = 200, False
    pass_minutes(amend, clock, 3)
    assert all(alert.sent_at and not alert.error for alert in alerts.list_alerts(amend))
    assert len(mailbox.mails) == 1
    pass_minutes(amend, clock, 30)
    assert len(mailbox.mails) == 1


def test_nobody_hears_that_it_needs_you_after_it_is_well_again(
    amend: Amend, connection_id: UUID, user: User, sandbox: Sandbox, clock: Clock, posted: Hook, mailbox: MailServer
) -> None:
    posted.status = 500
    clock.advance(hours=23)
    sandbox.revoke_all()
    run(amend)
    pass_minutes(amend, clock, 15)
    connect(amend, user.id, reconnects_id=connection_id)
    pass_minutes(amend, clock, 20)
    posted.status = 204
    posted.bodies.clear()
    pass_minutes(amend, clock, 40)
    assert posted.bodies == []  # neither the bad news nor the end of what was never heard of
    assert [mail["Subject"] for mail in mailbox.mails] == [f"Amend: {NAME} needs you", f"Amend: {NAME} is well again"]
    unsent = next(alert for alert in alerts.list_alerts(amend) if alert.channel == "webhook")
    assert unsent.next_try_at is None
    assert "HTTP 500" in (unsent.error or "")


def test_worse_news_takes_the_place_of_what_still_waits_to_be_sent(
    amend: Amend, connection_id: UUID, user: User, sandbox: Sandbox, clock: Clock, posted: Hook
) -> None:
    posted.status = 500
    clock.advance(hours=23)
    sandbox.fail_next("* /*", status=503, times=None)
    run(amend)
    pass_minutes(amend, clock, 16)
    sandbox.clear_faults()
    sandbox.revoke_all()
    pass_minutes(amend, clock, 30)
    assert {event["event"] for event in posted.events[-2:]} == {"needs_you"}
    posted.status = 204
    posted.bodies.clear()
    pass_minutes(amend, clock, 60)
    assert [event["event"] for event in posted.events] == ["needs_you"]


def test_an_alert_that_can_never_be_sent_is_given_up(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock, mailbox: MailServer
) -> None:
    mailbox.refuses = 550
    sandbox.revoke_all()
    clock.advance(hours=23)
    run(amend)
    pass_minutes(amend, clock, 15)
    for _ in range(20):
        clock.advance(hours=1)
        run(amend)
    mail = next(alert for alert in alerts.list_alerts(amend) if alert.channel == "email")
    assert (mail.tries, mail.next_try_at, mail.sent_at) == (alerts.MAX_TRIES, None, None)
    assert mail.error == "The mail server refused the mail with code 550."


def test_a_mail_server_without_starttls_is_not_given_the_password(amend: Amend, connection_id: UUID, mailbox: MailServer) -> None:
    strict = replace(amend, settings=amend.settings.model_copy(update={"smtp_security": "starttls"}))
    mail, post = alerts.send_test(strict)
    assert "does not offer" in (mail.error or "")
    assert post.sent_at is not None
    assert not any(line.startswith("AUTH") for line in mailbox.heard)
    assert mailbox.mails == []


def test_a_test_alert_goes_out_at_once_by_every_way(amend: Amend, posted: Hook, mailbox: MailServer) -> None:
    assert [(alert.channel, alert.error) for alert in alerts.send_test(amend)] == [("email", None), ("webhook", None)]
    assert posted.events[0]["event"] == "test"
    assert mailbox.mails[0]["Subject"] == "Amend: a test alert"


def test_a_name_with_a_line_break_makes_no_header(
    amend: Amend, connection_id: UUID, user: User, sandbox: Sandbox, clock: Clock, mailbox: MailServer
) -> None:
    with amend.sessions.begin() as session:
        session.execute(update(Connection).values(name="Acme\r\nBcc: all@example.com"))
    clock.advance(hours=23)
    sandbox.revoke_all()
    run(amend)
    pass_minutes(amend, clock, 15)
    assert mailbox.mails[0]["Bcc"] is None
    assert mailbox.mails[0]["Subject"] == "Amend: Acme Bcc: all@example.com needs you"


def test_nobody_is_told_of_what_was_disconnected_meanwhile(
    amend: Amend, connection_id: UUID, user: User, sandbox: Sandbox, clock: Clock, posted: Hook
) -> None:
    clock.advance(hours=23)
    sandbox.revoke_all()
    run(amend)
    grants.disconnect(amend, user.id, connection_id)
    pass_minutes(amend, clock, 30)
    assert posted.bodies == []


def test_without_a_way_to_send_nothing_is_written_and_the_news_waits(
    amend: Amend, connection_id: UUID, sandbox: Sandbox, clock: Clock
) -> None:
    silent = replace(amend, settings=amend.settings.model_copy(update={"smtp_host": None, "webhook_url": None}))
    sandbox.revoke_all()
    clock.advance(hours=23)
    for _ in range(16):
        run(silent)
        clock.advance(minutes=1)
    assert alerts.list_alerts(silent) == []
    assert alerts.send_test(silent) == []
    set_up = replace(amend, settings=silent.settings.model_copy(update={"webhook_url": SecretStr("http://127.0.0.1:9/")}))
    assert alerts.write_next(set_up)
