"""A real start of Amend as a person starts it, in an instance of its own, and what is left of it afterwards."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from service.environment import ROOT, surroundings

PATIENCE_SECONDS = 60.0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**settings: str) -> dict[str, str]:
    """Ours without the settings of whoever runs the tests: an empty value unsets also what their .env says."""
    theirs = {name for name in surroundings() if name.startswith(("AMEND_", "ZOHO_"))}
    return dict(os.environ) | dict.fromkeys(theirs, "") | {"PYTHONPATH": str(ROOT)} | settings


def until(is_so: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Look again and again, at most ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        threading.Event().wait(0.05)
    return is_so()


class Started:
    """A supervisor, its ports, and all processes that carry its mark in their environment."""

    def __init__(self, instance: Path, **settings: str) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.mark = f"AMEND_INSTANCE_DIR={instance}".encode()
        self.log = instance.with_suffix(".log")
        self.began_at = time.monotonic()
        given = {"AMEND_INSTANCE_DIR": str(instance), "AMEND_PORT": str(self.port), "AMEND_SANDBOX_PORT": str(self.sandbox_port)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "service.supervise"],
                env=clean_environment(**(given | settings)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=instance.parent,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def until_announced(self) -> None:
        until(lambda: "Stop with Ctrl-C" in self.said or self.process.poll() is not None)
        assert "Stop with Ctrl-C" in self.said, self.said

    def pids(self) -> dict[int, str]:
        """Every living process of this start, by the mark, with its command line."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # gone meanwhile, or of another user
        return found

    def pid_of(self, pattern: str) -> int:
        """The first process with this in its command line: of gunicorn, the master."""
        return min(pid for pid, command in self.pids().items() if re.search(pattern, command))

    def stop(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
