"""A plan that cannot go on for now: no token, no credits, no network. It waits, and goes on by itself where it was."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from changes import jobs
from changes.jobs import AT_WORK, Job, JobState
from zoho.connections import Connection, Status
from zoho.errors import NotFoundError, RequestRefusedError, ZohoError
from zoho.runtime import Amend

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0
"""Seconds; the pause doubles while it fails again and again."""
FOR_GOOD = (RequestRefusedError, NotFoundError)
"""What no waiting mends."""


def park(amend: Amend, plan_id: UUID, error: ZohoError) -> None:
    """Let a plan wait after an error that nothing was stored by: till Zoho takes calls again, or till somebody reconnects."""
    job = jobs.load(amend, plan_id)
    if job.state not in AT_WORK:
        return
    reason: dict[str, Any] = {"code": error.code, "text": error.summary, "advice": error.advice, "action": error.action}
    if isinstance(error, FOR_GOOD) and job.state in (JobState.READING, JobState.PREVIEWING):
        jobs.move(amend, plan_id, [job.state], state=JobState.FAILED, reason=reason, ended_at=amend.now())
        return
    pauses = ((job.reason or {}).get("pauses") or 0) + 1 if (job.reason or {}).get("code") == error.code else 0
    not_before = None
    if not _needs_person(error):
        seconds = getattr(error, "retry_after_seconds", None) or min(LONGEST_PAUSE, FIRST_PAUSE * 2**pauses)
        not_before = amend.now() + timedelta(seconds=seconds)
    reason |= {"pauses": pauses, "grant": _grant(job.plan.connection), "parked_at": amend.now().isoformat()}
    jobs.move(amend, plan_id, [job.state], state=JobState.PARKED, goes_on_in=job.state, not_before=not_before, reason=reason)


def wake(amend: Amend) -> int:
    """Let the plans go on whose time has come, or whose connection was made anew; how many."""
    with amend.reading() as session:
        parked = session.scalars(select(Job).where(Job.state == JobState.PARKED)).all()
    return sum(_wake(amend, job) for job in parked if _is_ripe(amend, job))


def _wake(amend: Amend, job: Job) -> bool:
    return jobs.move(amend, job.plan_id, [JobState.PARKED], state=job.goes_on_in, goes_on_in=None, not_before=None)


def _is_ripe(amend: Amend, job: Job) -> bool:
    if job.not_before is not None:
        return job.not_before <= amend.now()
    connection = job.plan.connection
    return connection.status == Status.ACTIVE and (job.reason or {}).get("grant") != _grant(connection)


def _needs_person(error: ZohoError) -> bool:
    """Whether only a new grant can help; all else is tried again from time to time."""
    return error.action in ("reconnect", "add_scope")


def _grant(connection: Connection) -> str:
    """Tells one grant from the next, and nothing else of it."""
    held: Any = f"{connection.refresh_token}"
    return hashlib.sha256(held.encode()).hexdigest()[:16]
