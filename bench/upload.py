"""A sheet of 1,000,000 rows by 3 columns: its upload, and the worker's reading of it into rows of a plan.

The upload goes through the page, as a browser sends it; the reading runs in a process of its own, whose peak of memory is a worker's. Run
it with ``.venv/bin/python -m bench.upload``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from time import perf_counter
from uuid import UUID

from app import create_app
from bench.race import Figure, is_quick, table
from changes import proposals, sheet_source
from changes.proposals import Proposal
from changes.sheet_source import Column
from people import passwords
from people.users import User
from sandbox.server import Sandbox
from service.settings import Settings
from tests import migrated, walk
from tests.conftest import EMAIL, PASSWORD
from tests.pages import Visitor

ROWS, QUICK_ROWS = 1_000_000, 20_000
FIRST_ID = 5725767000010000000
READ = """
import json, sys, time
from uuid import UUID
from changes import jobs, proposals
from service.settings import Settings
from zoho import runtime

amend = runtime.build(Settings.load({}, instance_dir=sys.argv[1], sandbox_port=9))
job = jobs.load(amend, UUID(sys.argv[2]))
started = time.perf_counter()
proposals.read_source(amend, job, lambda: True)
took = time.perf_counter() - started
with open("/proc/self/status") as file:
    peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print(json.dumps([took, peak / 1024, jobs.load(amend, job.plan_id).total]))
"""


def measure(quick: bool = False) -> list[Figure]:
    """Seconds of the upload, rows a second of the reading, and MiB of the process that reads."""
    count = QUICK_ROWS if quick else ROWS
    with tempfile.TemporaryDirectory() as where, Sandbox() as zoho:
        folder = Path(where) / "instance"
        folder.mkdir()
        migrated.make(folder / "amend.db")
        port = int(zoho.url.rpartition(":")[2])
        app = create_app(Settings.load({}, instance_dir=folder, sandbox_port=port))
        amend = app.extensions["amend"]
        with amend.sessions.begin() as session:
            hashed = passwords.hash_password(PASSWORD)
            ana = User(email=EMAIL, name="Ana Ruiz", password_hash=hashed, failed_count=0, created_at=amend.now())
            session.add(ana)
        connection_id = walk.connect(amend, ana.id).connection_id
        assert connection_id is not None
        visitor = Visitor(app.test_client())
        visitor.sign_in(EMAIL, PASSWORD)
        content = _sheet(count)
        upload_seconds, file = _upload(visitor, folder, connection_id, content)
        columns = [Column(1, "City", empties=False, is_id=False), Column(2, "Phone", empties=False, is_id=False)]
        source = sheet_source.source(file, "leads.csv", "", 0, columns)
        plan_id = proposals.propose(amend, ana.id, Proposal(connection_id, "crm", "Leads", "Bench", source))
        amend.close()
        read_seconds, peak = _read(folder, plan_id, count)
    print(f"\nupload of {count:,} rows: {len(content) / 1e6:.0f} MB in {upload_seconds:.1f} s, read in {read_seconds:.1f} s")
    return [
        Figure("upload of the sheet", upload_seconds, "s", 15),
        Figure("rows read a second", count / read_seconds, "rows", 3_000, is_least=True),
        Figure("peak memory of the reading", peak, "MiB", 300),
    ]


def _sheet(count: int) -> bytes:
    lines = (f"{FIRST_ID + at},City {at % 5_000},+41 44 {at:07}\r\n" for at in range(count))
    return ("Record Id,City,Phone\r\n" + "".join(lines)).encode()


def _upload(visitor: Visitor, folder: Path, connection_id: UUID, content: bytes) -> tuple[float, str]:
    path = f"/connections/{connection_id}/plans/upload"
    token = visitor.token(path)
    started = perf_counter()
    data = {"csrf_token": token, "where": "crm/Leads", "file": (BytesIO(content), "leads.csv")}
    answer = visitor.client.post(path, data=data)
    took = perf_counter() - started
    assert answer.status_code == 303, answer.text
    (kept,) = (folder / "uploads").iterdir()
    return took, kept.name


def _read(folder: Path, plan_id: UUID, count: int) -> tuple[float, float]:
    command = [sys.executable, "-c", READ, str(folder), str(plan_id)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "."})
    took, peak, total = json.loads(done.stdout)
    assert total == count
    return took, peak


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
