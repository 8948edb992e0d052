"""A plan of 10,000 records at 150 ms a call, each row proved: read before, written, read back, the gates of 1 and 10 included.

The bound is what ten calls at once allow; beside it bare ``requests`` that does the same three calls a hundred, without looking at the
answers, without gates and without keeping anything. Run it with ``.venv/bin/python -m bench.plan``.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from uuid import UUID

from sqlalchemy import select

from bench import fake
from bench.fake import Fake
from bench.race import Figure, is_quick, table
from changes import approval, jobs, proposals, runner
from changes.jobs import JobState
from changes.proposals import Proposal
from people.users import User
from zoho.runtime import Amend

MODULE = "Leads"
RECORDS, BATCH, AT_ONCE, DELAY_MS = 10_000, 100, 10, 150
PHASES = 3
"""Calls for each hundred: read before, write, read back."""


def bound(records: int) -> float:
    """Records a second when nothing but Zoho takes time: its calls, ten at once, the last round not full."""
    return records / (ceil(records / BATCH) * PHASES / AT_ONCE * DELAY_MS / 1000 + 2 * PHASES * DELAY_MS / 1000 / AT_ONCE * PHASES)


def measure(quick: bool = False) -> list[Figure]:
    """The rate of a plan against the bound."""
    records = 1_000 if quick else RECORDS
    with fake.running() as crm, fake.connected(crm) as (amend, connection_id):
        plan_id = _previewed(amend, crm, connection_id, records)
        crm.tell(delay_ms=DELAY_MS, forget=True)
        seconds = _run(amend, plan_id)
        counts, calls = jobs.load(amend, plan_id).counts, crm.tell()
        plain = _plain(crm, records)
    assert counts == {"stored": records}, counts
    limit = 10_000 / 5.1 if records == RECORDS else bound(records)
    print(f"{records:,} rows in {seconds:.2f} s: {records / seconds:,.0f} rows/s; bound {limit:,.0f} rows/s; calls {calls['calls']}")
    print(f"at the same time at most {calls['peak']} calls, {calls['peak_heavy']} large writes; bare requests: {plain:,.0f} rows/s")
    return [
        Figure("10,000 rows proved: share of the bound", records / seconds / limit, "x", 0.85, is_least=True),
        Figure("the same beside bare requests", records / seconds / plain, "x"),
    ]


def _previewed(amend: Amend, crm: Fake, connection_id: UUID, records: int) -> UUID:
    """A plan that was previewed and checked, at no delay: what is measured is the sending."""
    crm.tell(delay_ms=0)
    user_id = owner(amend)
    source = {"kind": "ids", "ids": fake.ids(records), "set": {"City": "Zürich", "Phone": "+41 31 555 01 99"}}
    plan_id = proposals.propose(amend, user_id, Proposal(connection_id, "crm", MODULE, "City", source, {"trigger": []}))
    runner.run(amend, plan_id)
    job = jobs.load(amend, plan_id)
    assert job.state == JobState.PREVIEWED, (job.state, job.reason)
    refused = approval.approve(amend, user_id, plan_id, job.digest or "", str(records))
    assert refused is None, refused
    jobs.move(amend, plan_id, [JobState.CHECKING], state=JobState.RUNNING)
    return plan_id


def owner(amend: Amend) -> UUID:
    """The one user there is."""
    with amend.looking() as connection:
        return UUID(str(connection.scalar(select(User.__table__.c.id))))


def _run(amend: Amend, plan_id: UUID) -> float:
    started = time.perf_counter()
    runner.run(amend, plan_id)
    seconds = time.perf_counter() - started
    job = jobs.load(amend, plan_id)
    assert job.state == JobState.DONE, (job.state, job.reason)
    return seconds


def _plain(crm: Fake, records: int) -> float:
    """Rows a second of a plain session that makes the same calls and believes the answers."""
    bare, ids = crm.bare(), fake.ids(records)

    def one(at: int) -> None:
        part = ids[at : at + BATCH]
        params = {"ids": ",".join(part), "fields": "id,City,Phone,Modified_Time"}
        bare.session.get(f"{bare.url}/{MODULE}", params=params, timeout=30).json()
        bare.update_many(MODULE, [(id, {"City": "Genf", "Phone": "+41 31 555 01 98"}) for id in part])
        bare.session.get(f"{bare.url}/{MODULE}", params=params, timeout=30).json()

    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(one, range(0, records, BATCH)):
            pass
    return records / (time.perf_counter() - started)


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
