"""The worker does its tasks, survives those that break, is heard of, and leaves in good order."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from changes import heartbeat
from service.worker import Task, Worker, tasks
from tests.service.processes import Started, until
from zoho.runtime import Amend


@pytest.fixture
def beaten(amend: Amend) -> Iterator[list[Worker]]:
    """Workers of a test, each run in a thread, stopped whatever happens."""
    made: list[Worker] = []
    yield made
    for worker in made:
        worker.stop()


def run(amend: Amend, beaten: list[Worker], *what: Task) -> threading.Thread:
    worker = Worker(amend, what, "here:1")
    beaten.append(worker)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    return thread


def test_a_task_is_asked_until_it_has_no_more_and_one_that_breaks_stops_nothing(
    amend: Amend, beaten: list[Worker], caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []

    def good(_amend: Amend) -> bool:
        done.append(1)
        return done.count(1) < 3

    def bad(_amend: Amend) -> bool:
        done.append(0)
        raise RuntimeError("not today")

    with caplog.at_level(logging.CRITICAL):
        thread = run(amend, beaten, Task("bad", 60, bad), Task("good", 60, good))
        assert until(lambda: sorted(done) == [0, 1, 1, 1])
        assert until(lambda: heartbeat.last_beat(amend) is not None)
        beaten[0].stop()
        thread.join(10)
    assert not thread.is_alive()
    assert heartbeat.last_beat(amend) is None


def test_every_task_of_the_table_has_nothing_to_do_where_nothing_is(amend: Amend) -> None:
    assert [task.run(amend) for task in tasks()] == [False] * len(tasks())


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    running = Started(tmp_path / "instance")
    yield running
    running.stop()


def ready(port: int) -> tuple[int, dict[str, str]]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_run_starts_a_worker_and_another_after_a_kill(started: Started) -> None:
    started.until_announced()
    assert until(lambda: ready(started.port) == (200, dict.fromkeys(("status", "database", "key", "worker"), "ok")))
    os.kill(started.pid_of("service.worker"), signal.SIGKILL)
    assert until(lambda: "The worker stopped unexpectedly (killed by SIGKILL)" in started.said)
    assert until(lambda: any("service.worker" in command for command in started.pids().values()))
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(10) == 0
    assert started.pids() == {}
    assert "Traceback" not in started.said
