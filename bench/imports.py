"""What loading costs, each in fresh processes: the API clients, all of ``zoho``, and Zoho's own SDK.

From compiled files, as at every start but the first; they are kept for the run in a folder of their own. Memory is the peak of the
process, Python's own included, as Linux tells it. Run it with ``.venv/bin/python -m bench.imports``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from statistics import median

from bench.race import Figure, is_quick, table

ROUNDS = 7
CLIENTS, PACKAGE, SDK = "http + crm + desk", "all of zoho", "Zoho SDK"
CODE = {
    CLIENTS: "import zoho.http, zoho.crm, zoho.desk",
    PACKAGE: "import pkgutil, zoho\nfor found in pkgutil.walk_packages(zoho.__path__, 'zoho.'): __import__(found.name)",
    SDK: """
from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.crm.api.dc import USDataCenter
from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
from zohocrmsdk.src.com.zoho.crm.api.record import BodyWrapper, Record, RecordOperations
""",
}
"""The SDK's part is what a script that updates a record imports."""
LIMITS = {CLIENTS: (150, 45), PACKAGE: (400, 75)}
TIMED = """
import time
started, used = time.perf_counter(), time.process_time()
{code}
wall, cpu = time.perf_counter() - started, time.process_time() - used
with open("/proc/self/status") as file:
    peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print([wall * 1000, cpu * 1000, peak / 1024])
"""


def measure(quick: bool = False) -> list[Figure]:
    """The fastest start of each, in milliseconds, and its MiB; in turns, after a first round that compiles."""
    with tempfile.TemporaryDirectory() as compiled:
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        turns = range(1 if quick else ROUNDS + 1)
        rounds = [{what: _load(code, environ) for what, code in CODE.items()} for _ in turns][-ROUNDS:]
    print(f"\nimports ({len(rounds)} rounds, each in a fresh process)")
    print(f"{'':20}{'wall ms':>10}{'fastest':>10}{'CPU ms':>10}{'fastest':>10}{'MiB':>8}")
    best = {}
    for what in CODE:
        walls, cpus, peaks = zip(*(one[what] for one in rounds), strict=True)
        best[what] = min(walls), median(peaks)
        print(f"{what:20}{median(walls):>10.0f}{min(walls):>10.0f}{median(cpus):>10.0f}{min(cpus):>10.0f}{median(peaks):>8.0f}")
    return [
        Figure(f"import of {what}", best[what][at], unit, limits[at], best[SDK][at] if what == CLIENTS else None)
        for what, limits in LIMITS.items()
        for at, unit in enumerate(("ms", "MiB"))
    ]


def _load(code: str, environ: dict[str, str]) -> tuple[float, float, float]:
    done = subprocess.run([sys.executable, "-c", TIMED.format(code=code)], env=environ, capture_output=True, text=True, check=True)
    wall, cpu, peak = json.loads(done.stdout)
    return wall, cpu, peak


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
