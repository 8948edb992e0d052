"""The benches still work: each runs for a round or two, proves for itself that the records were stored, and prints its table.

No time is looked at here; see docs/performance.md.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from bench import all as every

ROOT = Path(__file__).parents[2]
NAMES = ("client", "edit", "imports", "plan", "plan_page", "road", "sheets", "storm", "throughput", "upload")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(name: str) -> str:
    done = subprocess.run([sys.executable, "-m", f"bench.{name}", "--quick"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("name", [name for name in NAMES if name != "storm"])
def test_a_bench_runs_to_its_table(name):
    _, heading, figures = run(name).partition("Amend       allowed    Zoho SDK\n")
    assert heading
    assert figures.strip()


def test_in_the_storm_we_renew_once_and_lose_no_update():
    assert "Amend                  1         0             0" in run("storm")


def test_all_benches_are_in_the_one_table():
    assert {*every.BENCHES} == {importlib.import_module(f"bench.{name}").measure for name in NAMES}
    modules = {path.stem for path in (ROOT / "bench").glob("*.py") if "def measure(" in path.read_text(encoding="utf-8")}
    assert modules == {*NAMES}
