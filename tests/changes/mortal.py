"""Workers to be killed: a process that has everything imported, and forks one whenever it reads a line. It prints the pid."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import store.postgresql  # noqa: F401 slow to import, so not once a worker
from changes import runner
from service.settings import Settings
from zoho import runtime


def work(settings: Settings) -> None:
    """Carry plans on until killed."""
    amend = runtime.build(settings)
    while True:
        try:
            if not runner.run_next(amend):
                time.sleep(0.02)
        except Exception as error:  # noqa: BLE001 as the worker's guard: the database may be gone for a while
            print(f"broke: {type(error).__name__}", file=sys.stderr)
            time.sleep(0.1)


def main() -> None:
    """``mortal.py <instance> <database url> <sandbox port>``."""
    directory, url, port = sys.argv[1:]
    settings = Settings.load({}, instance_dir=Path(directory), database_url=url, sandbox_port=int(port))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            work(settings)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
