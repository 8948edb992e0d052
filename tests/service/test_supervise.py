"""The whole of it is started as ./run starts it: processes, ports, signals."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.postgres import PASSWORD, Cluster
from tests.service.processes import PATIENCE_SECONDS, Started, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the promise that no process stays behind is Linux's")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    running = Started(tmp_path / "instance")
    yield running
    running.stop()


def get(port: int, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_start_answers_says_how_to_get_in_and_leaves_nothing_after_sigterm(started: Started) -> None:
    started.until_announced()
    assert get(started.port, "/healthz")[0] == 200
    assert f"Amend is running at http://127.0.0.1:{started.port}" in started.said
    assert f"http://127.0.0.1:{started.port}/set-up/" in started.said
    assert len(started.pids()) >= 4  # supervisor, sandbox, gunicorn's master and worker

    started.process.send_signal(signal.SIGTERM)

    assert started.process.wait(10) == 0
    assert started.pids() == {}


def test_ctrl_c_stops_all(started: Started) -> None:
    started.until_announced()

    started.process.send_signal(signal.SIGINT)

    assert started.process.wait(10) == 0
    assert started.pids() == {}


def test_kill_of_the_supervisor_leaves_no_process(started: Started) -> None:
    """Even kill -9, which nobody can catch: the kernel tells the children."""
    started.until_announced()

    started.process.kill()
    started.process.wait()

    assert until(lambda: started.pids() == {}, seconds=3), started.pids()


def test_kill_of_the_web_server_is_answered_by_a_new_one(started: Started) -> None:
    started.until_announced()
    before = set(started.pids())

    os.kill(started.pid_of("gunicorn"), signal.SIGKILL)

    assert until(lambda: "web server stopped unexpectedly (killed by SIGKILL)" in started.said)
    assert until(lambda: answers(started.port))
    new = [command for pid, command in started.pids().items() if pid not in before]
    assert sum("gunicorn" in command for command in new) == 2


def answers(port: int) -> bool:
    try:
        return get(port, "/healthz")[0] == 200
    except OSError:
        return False


def test_request_in_flight_is_answered_when_told_to_stop(started: Started) -> None:
    """Half of a request is sent, the stop asked for, then the rest: the answer still comes."""
    started.until_announced()
    with closing(socket.create_connection(("127.0.0.1", started.port), timeout=10)) as connection:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{started.port}\r\nConnection: close\r\n".encode())
        threading.Event().wait(0.3)  # the worker has taken it up
        started.process.send_signal(signal.SIGTERM)
        connection.sendall(b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert started.process.wait(10) == 0


def test_port_in_use_is_said_with_the_setting_to_change(tmp_path: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        running = Started(tmp_path / "instance", AMEND_PORT=str(port))
        assert running.process.wait(20) == 2
    assert f"AMEND_PORT must be another port: {port} on 127.0.0.1 is already in use" in running.said
    assert "Traceback" not in running.said


def test_bad_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    running = Started(tmp_path / "instance", AMEND_PORT="many", ZOHO_DATA_CENTER="mars")
    assert running.process.wait(20) == 2
    assert "AMEND_PORT" in running.said
    assert "ZOHO_DATA_CENTER" in running.said
    assert "Traceback" not in running.said


def test_refused_first_user_stops_the_start_and_all_that_was_started(tmp_path: Path) -> None:
    running = Started(tmp_path / "instance", AMEND_ADMIN_EMAIL="ana@example.com", AMEND_ADMIN_PASSWORD="short")
    assert running.process.wait(20) == 2
    assert "AMEND_ADMIN_PASSWORD" in running.said
    assert "Traceback" not in running.said
    assert running.pids() == {}


@pytest.mark.parametrize("where", ["amend:pa55word@127.0.0.1:9/amend", "amend:pa55word@/amend?host=/nowhere"])
def test_a_database_server_that_is_not_there_stops_the_start(tmp_path: Path, where: str) -> None:
    running = Started(tmp_path / "instance", AMEND_DATABASE_URL=f"postgresql://{where}")
    assert running.process.wait(PATIENCE_SECONDS) == 2
    assert "AMEND_DATABASE_URL names a database that cannot be used" in running.said
    assert "pa55word" not in running.said
    assert "Traceback" not in running.said
    assert running.pids() == {}


def test_a_wrong_password_of_the_database_stops_the_start_and_is_not_shown(tmp_path: Path, cluster: Cluster) -> None:
    running = Started(tmp_path / "instance", AMEND_DATABASE_URL=cluster.url("postgres").replace(":s3cret", ":pa55word"))
    assert running.process.wait(PATIENCE_SECONDS) == 2
    assert "password authentication failed" in running.said
    assert "pa55word" not in running.said


def test_two_starts_at_once_on_one_postgresql_serve_and_stop(tmp_path: Path, cluster: Cluster) -> None:
    with cluster.database() as url:
        both = [Started(tmp_path / name, AMEND_DATABASE_URL=url) for name in ("one", "two")]
        try:
            for running in both:
                running.until_announced()
                assert get(running.port, "/healthz")[0] == 200
        finally:
            for running in both:
                running.stop()
    assert [running.process.returncode for running in both] == [0, 0]
    assert [running.pids() for running in both] == [{}, {}]
    assert PASSWORD not in both[0].said + both[1].said


def test_second_start_is_told_in_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed, not asserted: it depends on the machine."""
    for _ in range(2):
        running = Started(tmp_path / "instance")
        running.until_announced()
        seconds = time.monotonic() - running.began_at
        running.stop()
    with capsys.disabled():
        print(f"\nsecond start: first answer after {seconds:.2f} s")
