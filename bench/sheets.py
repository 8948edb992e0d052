"""Reading sheets: a CSV of 1,000,000 rows and a workbook of 100,000, 12 columns each, beside the plain libraries; and what a cell means.

Each in a fresh process, which tells its CPU seconds and how much its memory has grown at the peak. Run it with
``.venv/bin/python -m bench.sheets``.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from bench.race import Figure, is_quick, table
from tests.workbooks import write_workbook

ROWS = {"csv": 1_000_000, "xlsx": 100_000}
HEADER = "id First_Name Last_Name Email Phone City Amount Closing_Date Rating Description Opt_Out Count".split()
READ = """
from pathlib import Path
from changes import spreadsheets
path = Path(sys.argv[1])
started()
sheet = spreadsheets.inspect(path)
count = sum(row.complaint is None for row in spreadsheets.rows(path, sheet))
"""
PLAIN = {
    "csv": """
import csv
started()
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    count = sum(1 for _ in csv.reader(file)) - 1
""",
    "xlsx": """
from python_calamine import CalamineWorkbook
started()
count = sum(1 for _ in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows()) - 1
""",
}
DUPLICATES = """
from changes.ids import Duplicates, read_id
started()
seen, count = Duplicates(), int(sys.argv[1])
assert not any(seen.first_line(read_id(str(5725767000000000000 + 7 * line)), line) for line in range(count))
"""
MEASURED = """
import json, resource, sys, time
def started():
    global cpu, before
    cpu, before = time.process_time(), peak()
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
{code}
print(json.dumps([count, time.process_time() - cpu, (peak() - before) / 1024]))
"""


def measure(quick: bool = False) -> list[Figure]:
    """CPU seconds as ratios to csv.reader and to calamine, and the growth of memory in MiB."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        print(f"\nsheets of {len(HEADER)} columns, each read in a fresh process\n{'':34}{'rows':>10}{'CPU s':>9}{'MiB':>7}")
        for kind, total in ROWS.items():
            count = total // 100 if quick else total
            path = _written(Path(folder) / f"sheet.{kind}", kind, count)
            plain_seconds, _ = _run(f"{kind}, plain library", PLAIN[kind], str(path), count)
            seconds, grown = _run(f"{kind}, Amend", READ, str(path), count)
            figures.append(Figure(f"{kind} rows, CPU beside the plain library", seconds / plain_seconds))
            figures.append(Figure(f"{kind} rows, memory", grown, "MiB", 100 if kind == "csv" else None))
        count = ROWS["csv"] // 100 if quick else ROWS["csv"]
        _, grown = _run("ids, each looked for before", DUPLICATES, str(count), count)
        figures.append(Figure("ids of so many rows, memory", grown, "MiB", 60))
    return figures


def _run(what: str, code: str, argument: str, expected: int) -> tuple[float, float]:
    command = [sys.executable, "-c", MEASURED.format(code=code), argument]
    count, seconds, grown = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert count == expected
    print(f"{what:34}{count:>10,}{seconds:>9.2f}{grown:>7.0f}")
    return seconds, grown


def _written(path: Path, kind: str, count: int) -> Path:
    if kind == "xlsx":
        return write_workbook(path, {"Leads": _rows(count)})
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_rows(count))
    return path


def _rows(count: int) -> Iterator[list[Any]]:
    yield HEADER
    for at in range(count):
        words = [str(5725767000000000000 + at), "Ana", f"Ruiz {at}", f"ana{at}@example.com", "+41 44 123 45 67", "Zürich"]
        yield [*words, at / 100, date(2026, 11, 27), "Hot", "Met at the fair, wants an offer, calls back", True, at]


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
