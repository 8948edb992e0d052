"""Server time of the pages of plans: with 1,000 rows and with 1,000,000, at the beginning, in the middle and at the end.

The rows are put straight into the database, for Zoho has no part in showing them. Run it with ``.venv/bin/python -m bench.plan_page``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from app import create_app
from bench.race import Figure, is_quick, table
from bench.visitor import sign_in
from changes import jobs, plans, rows
from changes.plans import Change, Verdict, new_plan, to_rows
from service.settings import Settings
from store import migrate
from tests.pages import Visitor
from zoho.connections import Connection, Status
from zoho.runtime import Amend

ROUNDS = 30
SMALL, LARGE = 1_000, 1_000_000
CHUNK = 10_000
MOST_MS, MOST_RATIO = 100, 1.5


def measure(quick: bool = False) -> list[Figure]:
    """The slowest page of the larger plan, and how much slower than the same page of the smaller."""
    large, rounds = (3_000, 2) if quick else (LARGE, ROUNDS)
    times = [_times(number, rounds) for number in (SMALL, large)]
    figures = []
    print(f"\nserver time of pages, {SMALL:,} and {large:,} rows")
    for name, small_ms in times[0].items():
        large_ms = times[1][name]
        print(f"  {name:<28}{small_ms:>8.1f} ms{large_ms:>8.1f} ms{large_ms / small_ms:>8.2f}x")
        figures.append(Figure(f"{name}: {large:,} to {SMALL:,} rows", large_ms / small_ms, "x", None if quick else MOST_RATIO))
    slowest = max(times[1].values())
    return [*figures, Figure(f"slowest page of a plan of {large:,} rows", slowest, "ms", None if quick else MOST_MS)]


def _times(number: int, rounds: int) -> dict[str, float]:
    """Median milliseconds by page, of a database that holds one plan of so many rows."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings.load({}, instance_dir=Path(scratch))
        migrate.upgrade(settings.database_url)
        app = create_app(settings)
        amend: Amend = app.extensions["amend"]
        try:
            user, visitor = sign_in(app)
            plan = f"/plans/{fill(amend, user.id, number)}"
            return {name: _time(visitor, path, rounds) for name, path in _pages(plan, number).items()}
        finally:
            amend.close()


def _pages(plan: str, number: int) -> dict[str, str]:
    return {
        "plan, beginning": plan,
        "plan, middle": f"{plan}?after={number // 2}",
        "plan, end": f"{plan}?row={number - 20}",
        "plan, refused, middle": f"{plan}?kind=refused&after={number // 2}",
        "plan, one record": f"{plan}?record={number // 2}",
        "its progress": f"{plan}/progress",
        "list of plans": "/plans",
        "history": "/history",
        "history of a record": f"/history?product=crm&module=Leads&record={number // 2}",
    }


def _time(visitor: Visitor, path: str, rounds: int) -> float:
    seen = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        answer = visitor.get(path)
        seen.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, answer.text
    return median(seen[1:])


def fill(amend: Amend, user_id: UUID, number: int) -> UUID:
    """A plan that is done, of so many rows, one in a hundred refused, and sixty edits of single records."""
    now = amend.now()
    connection = Connection(
        user_id=user_id, location="sandbox", accounts_server="http://127.0.0.1:9", status=Status.ACTIVE, name="Bench", created_at=now
    )
    with amend.sessions.begin() as session:
        session.add(connection)
    plan = new_plan(user_id, connection, origin="plan", now=now)
    plan.hold({"is_many": True})
    refused = len(range(0, number, 100))
    job: dict[str, Any] = {"plan_id": plan.id, "title": "Bench", "product": "crm", "module": "Leads", "state": "done", "options": {}}
    job |= {"source": {"kind": "ids", "ids": [str(at) for at in range(number)], "set": {"City": "Bern"}}, "total": number, "ended_at": now}
    job |= {"counts": {"stored": number - refused, "refused": refused}, "fields": {"City": "City"}, "tolerates": []}
    with amend.writing() as transaction:
        plans.insert(transaction, plan)
        transaction.execute(insert(jobs.TABLE), job)
    made = _steps(plan.id, number, now)
    while chunk := [*islice(made, CHUNK)]:
        with amend.writing() as transaction:
            transaction.execute(insert(rows.TABLE), chunk)
    for _ in range(60):
        single = new_plan(user_id, connection, origin="form", now=amend.now())
        with amend.writing() as transaction:
            plans.insert(transaction, single)
            transaction.execute(insert(rows.TABLE), [*_steps(single.id, 1, now)])
    return plan.id


def _steps(plan_id: UUID, number: int, now: Any) -> Iterator[dict[str, Any]]:
    change = to_rows([Change("City", "City", "Genf", "Bern", "Genf", "Bern").settle(Verdict.STORED, "Bern", "Bern")])
    for at in range(number):
        verdict = Verdict.STORED if at % 100 else Verdict.REFUSED
        shared = {
            "plan_id": plan_id,
            "position": at,
            "product": "crm",
            "module": "Leads",
            "record_id": str(at),
            "record_name": f"Lead {at}",
        }
        yield {
            "id": uuid4(),
            **shared,
            "changes": change,
            "options": {},
            "state": "settled",
            "verdict": verdict,
            "sent_at": now,
            "settled_at": now,
        }


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
