"""How many records a second can be written: 10,000 at 150 ms a call, 100 a call, Zoho's limit of 10 calls at the same time.

The write phase alone, through the wired client (token from the database, gate, request log), beside bare ``requests`` and Zoho's SDK with
10 threads, and the SDK in a loop. Run it with ``.venv/bin/python -m bench.throughput``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from bench import fake, sdk
from bench.fake import Fake
from bench.race import Figure, is_quick, race, ratio, show, table
from zoho import clients

MODULE = "Leads"
RECORDS, BATCH, AT_ONCE, DELAY_MS = 10_000, 100, 10, 150
CEILING = BATCH * AT_ONCE / DELAY_MS * 1000
"""Records a second when nothing but Zoho takes time."""
ROUNDS = 3
LOOPED = 1_000
"""Records that the SDK writes in a loop: each call takes as long as the one before it, so the rest is reckoned from them."""
Write = Callable[[list[tuple[str, dict[str, Any]]]], object]


def measure(quick: bool = False) -> list[Figure]:
    """Rates against those of ``requests`` and against the ceiling."""
    records = 1_000 if quick else RECORDS
    with fake.running() as crm, fake.connected(crm) as (amend, connection_id), tempfile.TemporaryDirectory() as scratch:
        client, bare = clients.crm_client(amend, clients.load(amend, connection_id)), crm.bare()
        sdk.start(crm, Path(scratch))
        sdk.update(MODULE, fake.ids(1)[0], fake.values(0))  # fetches the fields
        crm.tell(delay_ms=DELAY_MS)
        writes: dict[str, Write] = {
            "requests": lambda batch: bare.update_many(MODULE, batch),
            "Amend": lambda batch: client.update_many(MODULE, batch),
            "Zoho SDK": lambda batch: sdk.update_many(MODULE, batch),
        }
        numbers = count(1)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            runners = {name: _runner(crm, pool, write, records) for name, write in writes.items()}
            result = race(runners, 1 if quick else ROUNDS, lambda: next(numbers), warm_up=int(not quick))
        looped = _loop(writes["Zoho SDK"], min(LOOPED, records // 10))
        seen = crm.tell()
    hooks = ", ".join(f"{name} {'on' if getattr(amend.http, name) else 'off'}" for name in ("gate", "record"))
    show(f"{records:,} records, {BATCH} a call, {AT_ONCE} at once, {DELAY_MS} ms a call; hooks: {hooks}", result)
    print(f"at the same time at most {seen['peak_heavy']} calls; {seen['crowded']} refused; ceiling {CEILING:,.0f} records/s")
    print(f"Zoho SDK in a loop: {looped:,.0f} records/s ({looped / CEILING:.0%}), reckoned from {min(LOOPED, records // 10):,} records")
    rates = {name: records / min(laps.wall) * 1000 for name, laps in result.items()}
    return [
        Figure("10,000 records: rate beside requests", 1 / ratio(result, "Amend"), "x", 0.97, 1 / ratio(result, "Zoho SDK"), is_least=True),
        Figure("10,000 records: share of the ceiling, fastest", rates["Amend"] / CEILING, sdk=rates["Zoho SDK"] / CEILING),
        Figure("the same, requests", rates["requests"] / CEILING, sdk=looped / CEILING),
    ]


def _runner(crm: Fake, pool: ThreadPoolExecutor, write: Write, records: int) -> Callable[[int], None]:
    ids = fake.ids(records)

    def run(number: int) -> None:
        values = fake.values(number)
        batches = [[(id, values) for id in ids[at : at + BATCH]] for at in range(0, records, BATCH)]
        for _ in pool.map(write, batches):
            pass

    return run


def _loop(write: Write, records: int) -> float:
    """Records a second, one call after the other."""
    ids, started = fake.ids(records), time.perf_counter()
    for at in range(0, records, BATCH):
        write([(id, fake.values(at)) for id in ids[at : at + BATCH]])
    return records / (time.perf_counter() - started)


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
