"""Commands as they are typed: a process, its output, its status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.service.processes import clean_environment


def run(instance: Path, *arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "service.cli", *arguments],
        env=clean_environment(AMEND_INSTANCE_DIR=str(instance), **settings),
        cwd=instance.parent,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_user_is_added_before_the_first_start(tmp_path: Path) -> None:
    done = run(tmp_path / "instance", "users", "add", "Ana@example.com", "--password-stdin", typed="correct horse battery\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "can sign in now" in done.stdout

    again = run(tmp_path / "instance", "users", "add", "ana@example.com", "--password-stdin", typed="correct horse battery\n")
    assert again.returncode == 1
    assert "ana@example.com is a user already." in again.stderr


def test_unknown_command_gets_the_help_and_status_2(tmp_path: Path) -> None:
    done = run(tmp_path / "instance", "frobnicate")
    assert done.returncode == 2
    assert "No such command 'frobnicate'" in done.stderr
    assert "Commands:" in done.stderr


def test_bad_setting_ends_a_command_with_its_name_and_status_2(tmp_path: Path) -> None:
    done = run(tmp_path / "instance", "users", "add", "ana@example.com", AMEND_PORT="many")
    assert done.returncode == 2
    assert "AMEND_PORT" in done.stderr
    assert "Traceback" not in done.stderr
