"""One process of a storm: threads that all want a token at the same moment. ``python -m tests.zoho.storming``, see ``Process``."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from service.environment import ROOT
from service.settings import Settings
from tests.service.processes import clean_environment
from zoho import clients, runtime, tokens
from zoho.errors import ZohoError
from zoho.runtime import Amend


@dataclass(frozen=True)
class Got:
    """What one thread got, as a digest or an error's code, and when, on the clock that all processes share."""

    what: str
    began_at: float
    ended_at: float


class Process:
    """Another process of Amend on the same database and sandbox. ``go`` when ``ready``, then ``got``; once or more."""

    def __init__(self, amend: Amend, connection_id: UUID, threads: int, lease: timedelta | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.zoho.storming"],
            env=clean_environment(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._say(
            {
                "instance_dir": str(amend.settings.instance_dir),
                "database_url": amend.settings.database_url,
                "sandbox_port": amend.settings.sandbox_port,
                "now": amend.now().isoformat(),
                "lease": (lease or amend.refresh_lease).total_seconds(),
                "connection_id": str(connection_id),
                "threads": threads,
            }
        )

    def _say(self, what: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def ready(self) -> None:
        assert self._hear() == "ready"

    def go(self) -> None:
        self._say("go")

    def got(self) -> list[Got]:
        return [Got(**each) for each in self._hear()]

    def kill(self) -> None:
        """SIGKILL: nothing is cleaned up."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


def main() -> None:
    """The other side of ``Process``, on standard input and output."""
    told = json.loads(sys.stdin.readline())
    settings = Settings.load(
        {}, instance_dir=Path(told["instance_dir"]), database_url=told["database_url"], sandbox_port=told["sandbox_port"]
    )
    began, started_at = datetime.fromisoformat(told["now"]), time.monotonic()
    built = runtime.build(settings, now=lambda: began + timedelta(seconds=time.monotonic() - started_at))
    amend = replace(built, refresh_lease=timedelta(seconds=told["lease"]))
    connection_id = UUID(told["connection_id"])
    clients.load(amend, connection_id)
    at_once = threading.Barrier(told["threads"])

    def want(_: int) -> dict[str, Any]:
        at_once.wait()
        began_at = time.monotonic()
        try:
            what = sha256(tokens.access_token(amend, connection_id).encode()).hexdigest()
        except ZohoError as error:
            what = error.code
        return asdict(Got(what, began_at, time.monotonic()))

    with ThreadPoolExecutor(told["threads"]) as pool:
        print(json.dumps("ready"), flush=True)
        for _ in sys.stdin:
            print(json.dumps(list(pool.map(want, range(told["threads"])))), flush=True)


if __name__ == "__main__":
    main()
