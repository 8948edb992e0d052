"""What one call costs: CrmClient beside a bare keep-alive ``requests.Session`` making the same call, and beside Zoho's own SDK.

One update, 100 records a call, and both again in a module with 200 more fields. *Amend* is CrmClient alone; *Amend, wired* is as the app
uses it: the token out of the database for each call, the gate, the request log. Run it with ``.venv/bin/python -m bench.client``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from bench import fake, sdk
from bench.fake import Fake
from bench.race import Figure, Race, is_quick, race, ratio, show, table
from zoho import clients
from zoho.crm import CrmClient
from zoho.http import Http

BATCH = 100
LIMITS = {1: 1.25, BATCH: 1.3}
ROUNDS = {1: 300, BATCH: 60}
MODULES = {"Leads": "", "Wide": ", 200 more fields"}
Write = Callable[[str, list[tuple[str, dict[str, Any]]]], object]


def measure(quick: bool = False) -> list[Figure]:
    """Run the races, prove that each runner's writes were stored, and give the ratios."""
    figures = []
    with fake.running() as crm, fake.connected(crm) as (amend, connection_id), tempfile.TemporaryDirectory() as scratch:
        token, bare = crm.token(), crm.bare()
        alone = CrmClient(Http(), crm.base, lambda _: token)
        wired = clients.crm_client(amend, clients.load(amend, connection_id))
        for module, words in MODULES.items():
            sdk.start(crm, Path(scratch) / module)  # it keeps the fields of all modules in one file: a file for each
            for size, limit in LIMITS.items():
                writers: dict[str, Write] = {
                    "requests": _one(bare.update) if size == 1 else bare.update_many,
                    "Amend": _accepted(alone, size),
                    "Amend, wired": _accepted(wired, size),
                    "Zoho SDK": _one(sdk.update) if size == 1 else sdk.update_many,
                }
                what = ("one update" if size == 1 else f"{size} records a call") + words
                result = _compete(crm, module, writers, size, 2 if quick else ROUNDS[size])
                show(what, result)
                figures += _figures(what, result, limit)
    return figures


def _compete(crm: Fake, module: str, writers: dict[str, Write], size: int, rounds: int) -> Race:
    """Each writer has records of its own, and every turn writes other values."""
    all_ids, numbers, last = fake.ids(size * len(writers)), count(), dict[str, int]()
    own = {name: all_ids[at * size : (at + 1) * size] for at, name in enumerate(writers)}

    def runner(name: str) -> Callable[[int], None]:
        def run(number: int) -> None:
            last[name] = number
            values = fake.values(number)
            writers[name](module, [(id, values) for id in own[name]])

        return run

    result = race({name: runner(name) for name in writers}, rounds, lambda: next(numbers))
    held = crm.stored(module, "City")
    for name, mine in own.items():
        assert {held[id] for id in mine} == {f"City {last[name]}"}, f"{name} lost an update"
    return result


def _one(update: Callable[[str, str, dict[str, Any]], object]) -> Write:
    return lambda module, records: update(module, *records[0])


def _accepted(client: CrmClient, size: int) -> Write:
    def one(module: str, records: list[tuple[str, dict[str, Any]]]) -> None:
        assert client.update(module, *records[0]).status == "accepted"

    def many(module: str, records: list[tuple[str, dict[str, Any]]]) -> None:
        assert {outcome.status for outcome in client.update_many(module, records)} == {"accepted"}

    return one if size == 1 else many


def _figures(what: str, result: Race, limit: float) -> list[Figure]:
    return [
        Figure(f"{what}: {part}", ratio(result, "Amend", part), limit=limit, sdk=ratio(result, "Zoho SDK", part))
        for part in ("wall", "cpu")
    ]


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
