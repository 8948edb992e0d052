"""What the whole road of an edit adds to the calls it makes: ``execute_tool`` beside bare ``requests`` making the same calls.

Everything is real: SQLite in a file, a connection with a sealed token, the read, the conditional write, the reading back, the receipt.
The metadata is warm, as it is for all but the first edit of an hour. Run it with ``.venv/bin/python -m bench.road``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from uuid import UUID

from bench import fake
from bench.fake import Bare, Fake
from bench.race import Figure, is_quick, more, race, ratio, show, table
from changes import execute_tool
from zoho.answers import Done
from zoho.runtime import Amend

MODULE = "Leads"
DELAY_MS = 150
ROUNDS, SLOW_ROUNDS = 150, 8
CALLS = {"GET /crm/v8/Leads/{id}": 2, "PUT /crm/v8/Leads/{id}": 1}
"""What the road asks Zoho for one warm edit, and what the bare runner therefore does too."""


def measure(quick: bool = False) -> list[Figure]:
    """Run it at 0 ms and at 150 ms a call."""
    with fake.running() as crm, fake.connected(crm) as (amend, connection_id):
        ours, theirs = fake.ids(2)
        numbers = count()
        runners = {"requests": _bare(crm.bare(), theirs), "Amend": _road(amend, connection_id, ours)}
        _check_calls(crm, runners["Amend"], next(numbers))
        at_once = race(runners, 3 if quick else ROUNDS, lambda: next(numbers))
        show("one edit, read to receipt, at 0 ms a call", at_once)
        crm.tell(delay_ms=DELAY_MS)
        slow = race(runners, 1 if quick else SLOW_ROUNDS, lambda: next(numbers), warm_up=1)
        show(f"one edit, read to receipt, at {DELAY_MS} ms a call", slow)
    return [
        Figure("one edit, read to receipt: wall above its calls", more(at_once, "Amend"), "ms", 2),
        Figure("one edit, read to receipt: CPU above its calls", more(at_once, "Amend", "cpu"), "ms"),
        Figure(f"one edit, read to receipt, at {DELAY_MS} ms a call: wall", ratio(slow, "Amend"), limit=1.05),
    ]


def _check_calls(crm: Fake, run: Callable[[int], None], number: int) -> None:
    run(number)  # fetches the metadata
    crm.tell(forget=True)
    run(number + 10**6)
    made = crm.tell()["calls"]
    assert made == CALLS, f"the road makes other calls now: {made}; let the bare runner make them too"


def _road(amend: Amend, connection_id: UUID, id: str) -> Callable[[int], None]:
    def run(number: int) -> None:
        fields = {"City": f"City {number}"}
        answer = execute_tool(amend, connection_id, "crm.update_record", {"module": MODULE, "id": id, "fields": fields})
        assert isinstance(answer, Done), answer
        assert answer.value.verdict == "stored", answer

    return run


def _bare(bare: Bare, id: str) -> Callable[[int], None]:
    def run(number: int) -> None:
        before = bare.get(MODULE, id)
        bare.update(MODULE, id, {"City": f"City {number}"}, since=before["Modified_Time"])
        assert bare.get(MODULE, id)["City"] == f"City {number}"

    return run


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
