"""What works in the background: daily checks of connections, alerts. Started by ./run; others may run on other hosts.

``TASKS`` is the one place for work. A task does one piece and says whether there may be more; what is to be done, and who does
it, stands in our tables, where each piece is claimed by compare-and-set. So a kill costs nothing but the time of a lease, and
any number of workers share the work. A queue carries the word that a plan can go on; without it the clock does, within a second.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoho.runtime import Amend

log = logging.getLogger("worker")

LANES = 2
"""Plans that one worker carries on at a time: a long one does not keep the preview of another waiting."""
STOP_SECONDS = 4.0
"""For the piece of work in hand; what takes longer is taken up again by its lease."""


@dataclass(frozen=True, slots=True)
class Task:
    """``run`` does one piece of work, and returns True when there may be more; it is asked again every so many seconds."""

    name: str
    every_seconds: float
    run: Callable[[Amend], bool]


def tasks() -> tuple[Task, ...]:
    """The table of tasks."""
    from changes import alerts, runner
    from zoho import watch

    return (
        *(Task(f"plans, lane {lane}", 1, runner.run_next) for lane in range(1, LANES + 1)),
        Task("checks", 5, watch.check_next),
        Task("alerts to write", 5, alerts.write_next),
        Task("alerts to send", 5, alerts.send_next),
    )


class Worker:
    """Runs each task in a thread of its own, so that a slow one delays no other, and is heard of meanwhile."""

    def __init__(self, amend: Amend, tasks: Sequence[Task], name: str = "") -> None:
        self._amend, self._tasks = amend, tasks
        self._name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish what is in hand, take nothing new."""
        self._stopping.set()

    def run(self) -> None:
        """Work until ``stop``."""
        from changes import heartbeat

        started_at = self._amend.now()
        threads = [threading.Thread(target=self._repeat, args=(task,), name=task.name, daemon=True) for task in self._tasks]
        for thread in threads:
            thread.start()
        while not self._stopping.is_set():
            self._guard("heartbeat", lambda: heartbeat.beat(self._amend, self._name, started_at))
            self._stopping.wait(heartbeat.BEAT_SECONDS)
        for thread in threads:
            thread.join(STOP_SECONDS / len(threads))
        self._guard("farewell", lambda: heartbeat.leave(self._amend, self._name))

    def _repeat(self, task: Task) -> None:
        while not self._stopping.is_set():
            if not self._guard(task.name, lambda: task.run(self._amend)):
                self._stopping.wait(task.every_seconds)

    def _guard(self, name: str, work: Callable[[], bool | None]) -> bool:
        """False also for work that broke: it must not end the worker, and is tried again in its time."""
        try:
            return bool(work())
        except Exception:  # whatever it is: the log says it, and the next piece of work is another
            log.exception("%s broke", name)
            return False


def main() -> int:
    """Work until SIGTERM or SIGINT. Status 2: a setting is wrong."""
    from service import queue
    from service.settings import SettingsError
    from zoho import runtime
    from zoho.redaction import RedactingFilter

    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    logging.basicConfig(format="worker: %(message)s", handlers=[handler])
    try:
        amend = runtime.build()
    except SettingsError as error:
        print(f"The worker cannot start:\n{error}", file=sys.stderr)
        return 2
    worker, listener = Worker(amend, tasks()), queue.consumer(amend, LANES)
    listener.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
    listener.stop()
    amend.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
