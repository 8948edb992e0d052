"""What monitoring hears: alive, ready, and which part is not; no secret, no sign-in."""

from __future__ import annotations

from flask import Flask
from pydantic import SecretStr

from app import create_app
from changes import heartbeat
from people.users import User
from sandbox.server import Sandbox
from service.settings import Settings
from tests.conftest import Clock
from tests.pages import Visitor
from tests.walk import connect
from zoho.runtime import Amend


def test_ready_when_database_key_and_worker_are(anonymous: Visitor, amend: Amend, user: User, sandbox: Sandbox, clock: Clock) -> None:
    connect(amend, user.id)
    heartbeat.beat(amend, "here:1", clock())
    answer = anonymous.get("/readyz", headers={"Host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "key": "ok", "worker": "ok"}


def test_not_ready_without_a_worker_but_alive(anonymous: Visitor, amend: Amend, clock: Clock) -> None:
    heartbeat.beat(amend, "here:1", clock())
    clock.advance(minutes=2)
    answer = anonymous.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "failed", "database": "ok", "key": "ok", "worker": "failed"}
    assert anonymous.get("/healthz").status_code == 200


def test_not_ready_when_the_key_opens_nothing_of_what_is_stored(
    amend: Amend, user: User, sandbox: Sandbox, settings: Settings, clock: Clock
) -> None:
    connect(amend, user.id)
    other = SecretStr("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    answer = create_app(settings.model_copy(update={"encryption_keys": (other,)}), now=clock).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["key"] == "failed"


def test_not_ready_without_a_database(settings: Settings, clock: Clock, app: Flask) -> None:
    gone = settings.model_copy(update={"database_url": "sqlite:////nowhere/amend.db"})
    answer = create_app(gone, now=clock).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "failed", "database": "failed", "key": "failed", "worker": "failed"}
