"""A real PostgreSQL server for the test run: a cluster of its own in a temporary directory, reached over a socket in it.

A small shell keeps it: when the pipe to us ends, by our doing or because the run was killed, it stops the server and removes
everything.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

MISSING = "PostgreSQL is not installed; on Debian or Ubuntu: apt-get install postgresql"
USER, PASSWORD = "amend", "s3cret-of-the-server"
KEEPER = """
initdb -D data -U "$1" --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --no-locale --no-sync >initdb.log 2>&1 || cat initdb.log
pg_ctl -D data -l server.log -w -s -o "-k $PWD -c listen_addresses= -c fsync=off -c max_connections=200" start && echo ready && cat
pg_ctl -D data -m immediate -s stop
rm -rf "$PWD"
"""


@cache
def find_binaries() -> Path | None:
    """Where ``initdb`` and ``pg_ctl`` are; Debian keeps them off the PATH, a directory a version."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    homes = [*debian, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((home for home in homes if (home / "initdb").exists() and (home / "pg_ctl").exists()), None)


def _not_root() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: who runs it instead, as arguments of subprocess."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    somebody = names.get("postgres") or names["nobody"]
    return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


class Cluster:
    """A running server. ``url`` leads into one of its databases."""

    def __init__(self) -> None:
        binaries = find_binaries()
        assert binaries is not None
        self.directory = Path(tempfile.mkdtemp(prefix="amend-postgres-"))
        (self.directory / "password").write_text(PASSWORD)
        self._who = _not_root()
        if self._who:
            for path in (self.directory, self.directory / "password"):
                os.chown(path, self._who["user"], self._who["group"])
        self._where = {"cwd": self.directory, "env": os.environ | {"PATH": f"{binaries}:{os.environ['PATH']}"}}
        self._keeper = self._start_keeper()

    def _start_keeper(self) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        keeper = subprocess.Popen(["sh", "-c", KEEPER, "sh", USER], start_new_session=True, **pipes, **self._where, **self._who)
        said = []
        for line in keeper.stdout:
            if line == "ready\n":
                return keeper
            said.append(line)
        raise RuntimeError(f"PostgreSQL did not start: {''.join(said)}")

    def stop(self) -> None:
        """Stop it; nothing is left."""
        self._keeper.communicate()

    def control(self, *arguments: str) -> None:
        """``pg_ctl``, as whoever runs the server."""
        command = ["pg_ctl", "-D", "data", "-w", "-s", *arguments]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, **self._where, **self._who)

    def url(self, database: str) -> str:
        """As in AMEND_DATABASE_URL."""
        return f"postgresql://{USER}:{PASSWORD}@/{database}?host={self.directory}"

    def execute(self, statement: str) -> None:
        """Run a statement outside any transaction, as creating and dropping databases must."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new database, a copy of ``template``; dropped afterwards."""
        name = f"test_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")
