"""The storm: 32 threads find one expired token at the same moment, and each has an update to make.

Zoho allows ten renewals per refresh token in ten minutes. Counted at the fake CRM: renewals asked for, renewals refused, and updates
that were not stored. Run it with ``.venv/bin/python -m bench.storm``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

from bench import fake, sdk
from bench.fake import Fake
from bench.race import Figure, is_quick, table
from zoho import clients

MODULE = "Leads"
THREADS, DELAY_MS = 32, 150
RENEWAL = "POST /oauth/v2/token"
Update = Callable[[str, str, dict[str, Any]], object]


def measure(quick: bool = False) -> list[Figure]:
    """Renewals and lost updates, ours and the SDK's. It is over in a second, so ``quick`` changes nothing."""
    with fake.running() as crm:
        ours, theirs = _ours(crm), _theirs(crm)
    print(f"\n{THREADS} threads on one expired token, {DELAY_MS} ms a call")
    print(f"{'':14}{'renewals':>10}{'refused':>10}{'lost updates':>14}")
    for name, row in (("Amend", ours), ("Zoho SDK", theirs)):
        print(f"{name:14}{row[0]:>10}{row[1]:>10}{row[2]:>14}")
    return [
        Figure(f"{THREADS} threads on one expired token: renewals", ours[0], "calls", 1, theirs[0]),
        Figure(f"{THREADS} threads on one expired token: updates lost", ours[2], "records", 0, theirs[2]),
    ]


def _ours(crm: Fake) -> tuple[int, int, int]:
    """Two hours go by between connecting and the storm."""
    passed = timedelta()
    with fake.connected(crm, now=lambda: datetime.now(UTC) + passed) as (amend, connection_id):
        client = clients.crm_client(amend, clients.load(amend, connection_id))
        passed = timedelta(hours=2)
        return _storm(crm, client.update, 1)


def _theirs(crm: Fake) -> tuple[int, int, int]:
    """It has fetched its first token by a renewal, as its manual says, which leaves nine of the ten; then the stored expiry passes."""
    from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer

    with tempfile.TemporaryDirectory() as scratch:
        token = sdk.start(crm, Path(scratch))
        sdk.update(MODULE, fake.ids(1)[0], fake.values(0))  # fetches the fields
        token.set_expires_in("1")
        Initializer.get_initializer().store.save_token(token)
        return _storm(crm, sdk.update, 2)


def _storm(crm: Fake, update: Update, number: int) -> tuple[int, int, int]:
    """Renewals asked for, renewals refused, updates lost; ``number`` tells whose values they are."""
    crm.tell(delay_ms=DELAY_MS, expire=True, forget=True)
    together, ids = Barrier(THREADS), fake.ids(THREADS)

    def run(record_id: str) -> None:
        together.wait()
        update(MODULE, record_id, fake.values(number))

    with ThreadPoolExecutor(THREADS) as pool:
        wait([pool.submit(run, record_id) for record_id in ids])
    seen, held = crm.tell(delay_ms=0), crm.stored(MODULE, "City")
    return seen["calls"].get(RENEWAL, 0), seen["throttled"], sum(held.get(one) != f"City {number}" for one in ids)


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
