"""gunicorn's settings, read by ``gunicorn --config python:service.web_server``.

One process: the brake on sign-in counts in its memory, and threads are enough to wait for Zoho.
"""

from __future__ import annotations

import os
from typing import Any

from service.children import die_with

workers = 1
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 20
control_socket_disable = True  # gunicorn would put it under $HOME, which may be read-only
forwarded_allow_ips = ""  # AMEND_PUBLIC_URL says how people reach us, not a header
loglevel = "warning"
proc_name = "amend"


def post_fork(server: Any, worker: Any) -> None:
    """A worker dies with the master, which dies with the supervisor."""
    die_with(server.pid)


def post_worker_init(worker: Any) -> None:
    """Serve no request before the database is ready: loading the app and migrating run at the same time.

    The supervisor holds the other end of the pipe ``GATE_FD`` and closes it; reading then ends.
    """
    if "GATE_FD" in os.environ:
        os.read(int(os.environ["GATE_FD"]), 1)
