"""The PostgreSQL server that tests use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from service.environment import ROOT
from tests.service.processes import until

SCRIPT = "from tests.postgres import Cluster; print(Cluster().directory, flush=True); input()"


@pytest.mark.usefixtures("cluster")
def test_the_server_of_a_killed_test_run_is_gone_with_its_files() -> None:
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as run:
        directory = Path(run.stdout.readline().strip())
        server = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
        run.kill()
    assert until(lambda: not directory.exists() and not Path(f"/proc/{server}").exists())
