"""Child processes that cannot outlive the supervisor, and how one is started again when it dies.

On Linux the kernel kills a child when its parent goes, even by kill -9 (PR_SET_PDEATHSIG). A child has a session of its own,
so that Ctrl-C at the terminal reaches the supervisor alone, which then stops the children in order.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from service.environment import ROOT

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
QUICK_SECONDS = 10.0
"""A child that lived shorter died quickly."""
MAX_QUICK_DEATHS = 5
FIRST_DELAY_SECONDS = 0.5


def die_with(parent: int) -> None:
    """Have the kernel kill this process when ``parent`` dies; leave at once if it is dead already."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@dataclass(frozen=True, slots=True)
class Child:
    """A row of the table of children: what to run, and how long it may take to stop."""

    name: str
    command: tuple[str, ...]
    stop_seconds: float = 5.0
    environ: Mapping[str, str] = field(default_factory=dict)
    files: tuple[int, ...] = ()
    """Open file descriptors that the child keeps, under the same numbers."""
    is_late: bool = False
    """It starts when people are served already, so that they do not wait for it."""


@dataclass(slots=True)
class Keeper:
    """Keeps one child running. ``clock`` gives seconds that never go back."""

    child: Child
    clock: Callable[[], float] = time.monotonic
    process: subprocess.Popen[bytes] | None = None
    quick_deaths: int = 0
    started_at: float = 0.0
    restart_at: float | None = None

    def start(self) -> None:
        """Start the child; on Linux it dies with us."""
        parent = os.getpid()
        self.started_at, self.restart_at = self.clock(), None
        self.process = subprocess.Popen(
            self.child.command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self.child.environ},
            pass_fds=self.child.files,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,  # ours holds the announcement alone
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),  # safe: the supervisor has one thread
        )

    def look_after(self) -> str | None:
        """Start the child again when it died and its pause is over. Returns what to tell about a death just noticed."""
        if self.process is None:
            if self.restart_at is not None and self.clock() >= self.restart_at and not self.has_given_up:
                self.start()
            return None
        status = self.process.poll()
        if status is None:
            return None
        self.process = None
        lived = self.clock() - self.started_at
        self.quick_deaths = self.quick_deaths + 1 if lived < QUICK_SECONDS else 1
        delay = FIRST_DELAY_SECONDS * 2 ** (self.quick_deaths - 1)
        self.restart_at = self.clock() + delay
        again = "" if self.has_given_up else f"; starting it again in {delay:g} s"
        return f"The {self.child.name} stopped unexpectedly ({_in_words(status)}){again}."

    @property
    def has_given_up(self) -> bool:
        """True after several deaths, each soon after its start: starting it once more would not help."""
        return self.quick_deaths >= MAX_QUICK_DEATHS

    def ask_to_stop(self) -> None:
        """SIGTERM: finish what is in hand, take nothing new."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """SIGKILL for the child and all that it started."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def has_stopped(self) -> bool:
        """True when no process of this child is running."""
        return self.process is None or self.process.poll() is not None


def _in_words(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
