"""When a plan stops by itself: repeated failures, or Zoho stores something else than was sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from changes import jobs
from changes.jobs import JobState
from changes.plans import Verdict
from zoho.runtime import Amend

MOST_FAILURES = 20
"""In a row, whichever call they were in."""
OTHERWISE = (Verdict.STORED_DIFFERENTLY, Verdict.NOT_STORED)
FAILED = (*OTHERWISE, Verdict.REFUSED, Verdict.UNKNOWN)


class Halt(Exception):
    """The plan must not go on by itself. ``reason`` is for its page."""

    def __init__(self, reason: dict[str, Any]) -> None:
        super().__init__(reason["code"])
        self.reason = reason


def streak(before: int, verdicts: Sequence[Verdict]) -> int:
    """How many rows failed one after the other, up to and with these; what was skipped says nothing."""
    for verdict in verdicts:
        if verdict in FAILED:
            before += 1
        elif verdict == Verdict.STORED:
            before = 0
    return before


def why(verdicts: Sequence[Verdict], failures: int, is_first: bool, tolerates: Sequence[str]) -> dict[str, Any] | None:
    """The reason to halt after these verdicts; None to go on. ``is_first``: they are of the rows that go ahead."""
    otherwise = sum(verdict in OTHERWISE for verdict in verdicts)
    failed = sum(verdict in FAILED for verdict in verdicts)
    if otherwise and "otherwise" not in tolerates:
        rows = "a row" if otherwise == 1 else f"{otherwise} rows"
        text = f"Zoho accepted {rows} and stored something else than was sent. An automation, a rule or a format of Zoho may be the cause."
        return {"code": "otherwise", "text": text, "advice": "Look at the rows, then go on or stop."}
    if "failures" in tolerates:
        return None
    if is_first and failed and 2 * failed >= len(verdicts):
        rows = "row" if len(verdicts) == 1 else "rows"
        text = f"Of the {len(verdicts)} {rows} that went ahead {failed} failed, so the others were not sent."
        return {"code": "failures", "text": text, "advice": "Look at the reasons, then go on or stop."}
    if failures >= MOST_FAILURES:
        text = f"{failures} rows failed one after the other, so the rest was not sent."
        return {"code": "failures", "text": text, "advice": "Look at the reasons, then go on or stop."}
    return None


def halt(amend: Amend, plan_id: UUID, reason: dict[str, Any]) -> None:
    """Stop a running plan until a person decides."""
    jobs.move(amend, plan_id, [JobState.RUNNING], state=JobState.HALTED, goes_on_in=JobState.RUNNING, reason=reason)
