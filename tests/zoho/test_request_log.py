"""The log of requests: complete, without a secret, bounded, and never in a call's way."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from sandbox.server import Sandbox
from service.settings import Settings
from tests import walk
from tests.conftest import Clock
from tests.service.processes import clean_environment
from tests.zoho.loopback import RawServer, answer
from zoho import clients, limits, request_log, tokens
from zoho.errors import UnreachableError
from zoho.request_log import KEPT_FOR, KEPT_ROWS, MAX_WAITING, SHOWN_CHARACTERS, LoggedRequest, Wanted
from zoho.runtime import Amend

TOKEN = "1000.0123456789abcdef0123456789abcdef.fedcba9876543210fedcba9876543210"
ME = UUID(int=7)


def logged(amend: Amend) -> list[LoggedRequest]:
    """All rows, oldest first."""
    amend.request_log.flush()
    with amend.reading() as session:
        return list(session.scalars(select(LoggedRequest).order_by(LoggedRequest.id)))


def test_row_tells_what_was_sent_and_answered(amend: Amend) -> None:
    with RawServer(answer(b'{"data": []}', "200 OK", "X-Request-Id: r-1")) as server:
        amend.http.call(
            "PUT", f"{server.url}/crm/v8/Leads", params={"a": 1}, json={"City": "Zürich"}, token=TOKEN, org="crm:42", connection=ME
        )

    (row,) = logged(amend)
    assert (row.method, row.host, row.path) == ("PUT", server.url.removeprefix("http://"), "/crm/v8/Leads?a=1")
    assert (row.status, row.error_code, row.attempts, row.request_id, row.org) == (200, None, 1, "r-1", "crm:42")
    assert (row.connection_id, row.at, row.duration_ms >= 0) == (ME, amend.now(), True)
    assert (row.sent, row.answered) == ('{"City":"Zürich"}', '{"data": []}')


def test_call_without_an_answer_is_logged_with_our_code(amend: Amend) -> None:
    with RawServer(answer()) as server:
        url = server.url
    with pytest.raises(UnreachableError):
        amend.http.call("PUT", url, json={}, connection=ME)

    (row,) = logged(amend)
    assert (row.status, row.error_code, row.answered) == (None, "unreachable", None)


PLANTED = "planted-secret-0123456789"
BIG = "x" * 100_000


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ({"params": {"code": PLANTED, "access_token": PLANTED}}, b"{}"),
        ({"json": {"access_token": PLANTED, "nested": [{"client_secret": PLANTED}], "note": f"password={PLANTED}"}}, b"{}"),
        ({"json": {"pass": "x", "password": [PLANTED], "Refresh-Token": PLANTED}}, b"{}"),
        ({"json": {"note": BIG, "password": PLANTED}}, b"{}"),
        ({"json": {"password": PLANTED, "note": BIG}}, b"{}"),
        ({"form": {"client_secret": PLANTED, "refresh_token": PLANTED}}, b"{}"),
        ({"headers": {"X-Extra": PLANTED, "Cookie": PLANTED}}, b"{}"),
        ({"token": PLANTED}, f'{{"echo": "{PLANTED}"}}'.encode()),
        ({"token": PLANTED, "params": {"echo": PLANTED}}, f"<html>{PLANTED}</html>".encode()),
        ({}, f'{{"access_token": "{PLANTED}", "code": "{PLANTED}"}}'.encode()),
        ({}, f'{{"access_\\u0074oken": "{PLANTED}"}}'.encode()),
        ({}, f'{{"data": "{"y" * 1950}", "id_token": "{PLANTED}{BIG}"}}'.encode()),
        ({}, f"<html>refresh_token={PLANTED}&x=1</html>".encode()),
        ({}, f'cut off {{"client_secret": "{PLANTED}'.encode()),
        ({}, f"{TOKEN}".encode()),
    ],
)
def test_no_secret_is_in_the_log_wherever_it_was_planted(request_: dict[str, Any], reply: bytes, amend: Amend, settings: Settings) -> None:
    with RawServer(answer(reply)) as server:
        amend.http.call("POST", f"{server.url}/crm/v8/x", connection=ME, **request_)
        amend.http.session().post(f"{server.url}/oauth/v2/token", data={"client_secret": PLANTED, "refresh_token": TOKEN})
        amend.http.call("POST", f"{server.url}/oauth/v2/token/revoke", params={"token": PLANTED}, form={"token": PLANTED})
    assert len(logged(amend)) == 3
    amend.close()

    for file in settings.instance_dir.glob("amend.db*"):
        assert PLANTED.encode() not in file.read_bytes()
        assert TOKEN.encode() not in file.read_bytes()


def test_token_endpoint_is_logged_for_its_connection_without_bodies(amend: Amend, sandbox: Sandbox, user: Any) -> None:
    connection_id = walk.connect(amend, user.id).connection_id
    assert connection_id is not None
    tokens.renew(amend, connection_id)

    row = next(row for row in reversed(logged(amend)) if row.path == "/oauth/v2/token")
    assert (row.method, row.status, row.sent, row.answered) == ("POST", 200, None, None)
    assert row.connection_id == connection_id


def test_calls_of_the_clients_are_logged_with_organization_and_connection(amend: Amend, sandbox: Sandbox, user: Any) -> None:
    connection_id = walk.connect(amend, user.id).connection_id
    assert connection_id is not None
    connection = clients.load(amend, connection_id)

    clients.crm_client(amend, connection).current_user()

    row = logged(amend)[-1]
    assert (row.path, row.org, row.connection_id) == ("/crm/v8/users?type=CurrentUser", f"crm:{connection.crm_org_id}", connection_id)


def test_long_bodies_are_cut(amend: Amend) -> None:
    with RawServer(answer(b'{"data": "' + b"y" * 50_000 + b'"}')) as server:
        amend.http.call("PUT", server.url, json={"note": "ü" * 50_000}, connection=ME)

    (row,) = logged(amend)
    assert len(row.sent or "") == len(row.answered or "") == SHOWN_CHARACTERS + 1
    assert (row.sent or "").endswith("…")


def test_rows_are_written_within_a_second_by_a_thread_that_then_ends(amend: Amend) -> None:
    with RawServer(answer()) as server:
        amend.http.call("GET", server.url)
    writer = amend.request_log._thread
    assert writer is not None
    writer.join(30)

    with amend.reading() as session:
        assert len(session.scalars(select(LoggedRequest)).all()) == 1
    assert not writer.is_alive()


LAST_WORDS = """
import sys
from pathlib import Path
from service.settings import Settings
from zoho import runtime

amend = runtime.build(Settings.load({}, instance_dir=Path(sys.argv[1])))
amend.http.call("GET", sys.argv[2])
"""


def test_nothing_is_lost_when_the_process_ends_at_once(amend: Amend, settings: Settings) -> None:
    with RawServer(answer()) as server:
        command = [sys.executable, "-c", LAST_WORDS, str(settings.instance_dir), f"{server.url}/last-words"]
        subprocess.run(command, check=True, env=clean_environment())

    assert [row.path for row in logged(amend)] == ["/last-words"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_forked_child_writes_its_own_rows_and_not_its_parents(amend: Amend) -> None:
    with RawServer(answer()) as server:
        amend.http.call("GET", f"{server.url}/parent")
        child = os.fork()
        if child == 0:
            amend.http.call("GET", f"{server.url}/child")
            amend.request_log.flush()
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    assert sorted(row.path for row in logged(amend)) == ["/child", "/parent"]


def test_database_that_takes_nothing_costs_lines_of_the_log_and_no_call(amend: Amend, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    with amend.sessions.begin() as session:
        session.execute(text("DROP TABLE zoho_requests"))
    with RawServer(answer(b'{"a": 1}')) as server:
        assert amend.http.call("GET", server.url).body == {"a": 1}
    amend.request_log.flush()

    assert "lines of the request log were lost" in caplog.text


def test_queue_is_bounded_when_nobody_writes(amend: Amend) -> None:
    amend.request_log._waiting.extend([None] * (MAX_WAITING + 10))  # type: ignore[list-item]

    assert len(amend.request_log._waiting) == MAX_WAITING
    amend.request_log._waiting.clear()


def test_old_rows_and_all_but_the_newest_of_a_connection_are_forgotten(amend: Amend, clock: Clock) -> None:
    def row(connection: UUID | None, at: Any) -> LoggedRequest:
        return LoggedRequest(connection_id=connection, at=at, method="GET", host="h", path="/", duration_ms=1, attempts=1)

    other = uuid4()
    with amend.sessions.begin() as session:
        session.add_all([row(ME, clock()) for _ in range(KEPT_ROWS + 5)])
        session.add_all([row(other, clock()), row(None, clock()), row(other, clock() - KEPT_FOR - timedelta(seconds=1))])
    with amend.sessions.begin() as session:
        request_log.prune(session, clock())

    with amend.reading() as session:
        kept = session.scalars(select(LoggedRequest.connection_id)).all()
        newest = request_log.list_requests(session, ME, Wanted()).rows[0].id
    assert (kept.count(ME), kept.count(other), kept.count(None)) == (KEPT_ROWS, 1, 1)
    assert newest == KEPT_ROWS + 5


def test_credits_that_zoho_names_are_kept_and_absence_is_not_unlimited(amend: Amend, sandbox: Sandbox, user: Any, clock: Clock) -> None:
    """Pitfall 63: the header comes only when half of the day's credits are used."""
    connection_id = walk.connect(amend, user.id).connection_id
    assert connection_id is not None
    connection = clients.load(amend, connection_id)
    org = f"crm:{connection.crm_org_id}"

    def known() -> int | None:
        amend.request_log.flush()
        with amend.reading() as session:
            found = limits.find(session, org)
        assert found is not None
        return found.credits_left

    clients.crm_client(amend, connection).current_user()
    assert known() is None
    for left, kept in ((49_000, 49_000), (48_999, 49_000), (40_000, 40_000)):
        sandbox.config.credits_remaining = left
        clients.crm_client(amend, connection).current_user()
        assert known() == kept
    clock.advance(minutes=2)
    sandbox.config.credits_remaining = 39_999
    clients.crm_client(amend, connection).current_user()
    assert known() == 39_999
