"""What a plan of many will cost, and the word of a person: go, pause, go on, stop. An approval is bound to exactly what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import update

from changes import jobs, preview, rows
from changes.batches import CALLS, SIZE
from changes.jobs import Job, JobState
from changes.plans import Plan, StepState
from zoho import limits
from zoho.answers import Refused
from zoho.runtime import Amend

GOOD_FOR = timedelta(hours=24)
"""How long a preview may be approved."""
TYPED_ABOVE = 1_000
"""Rows: for more, the number must be typed."""
SECONDS_A_CALL = 0.6
"""Until this plan has shown how long Zoho takes."""
SEEN_WITHIN = timedelta(hours=24)


def seal(amend: Amend, job: Job) -> None:
    """The preview is whole: compute what an approval is bound to, and what it will cost."""
    number = job.count("ready")
    digest = preview.digest(amend, job.plan_id, job.options)
    now = amend.now()
    values = {"digest": digest, "forecast": forecast(job.product, number), "previewed_at": now, "expires_at": now + GOOD_FOR}
    jobs.move(amend, job.plan_id, [JobState.PREVIEWING], state=JobState.PREVIEWED, reason=None, **values)


def forecast(product: str, number: int) -> dict[str, int]:
    """API calls, credits and seconds for so many rows: checked, read before, written, read back. crm.md section 14, desk.md section 9."""
    size = SIZE[product]
    ahead = min(number, 2) if size > 1 else 0
    batches = ceil(number / size) + ahead
    calls = (ceil(number / size) + 3 * batches) if number else 0
    writes = ceil(number / 10) + ahead if product == "crm" else number
    return {"calls": calls, "credits": calls - batches + writes if number else 0, "seconds": ceil(calls * SECONDS_A_CALL / CALLS)}


def credits_left(amend: Amend, job: Job) -> int | None:
    """API credits that the organization has left, as far as Zoho told within a day."""
    connection = job.plan.connection
    number = connection.crm_org_id if job.product == "crm" else connection.desk_org_id
    with amend.reading() as session:
        found = limits.find(session, f"{job.product}:{number}")
    if found is None or found.credits_left is None or found.credits_seen_at is None:
        return None
    return found.credits_left if amend.now() - found.credits_seen_at < SEEN_WITHIN else None


def approve(amend: Amend, user_id: UUID, plan_id: UUID, digest: str, typed: str = "", *, starts: bool = True) -> Refused | None:
    """Let a plan run as it was shown; Refused in words. Approving it twice lets it run once. Raises NotFoundError.

    ``starts``: at once; else ``apply`` starts it.
    """
    job = jobs.own(amend, plan_id, user_id)
    why = _why_not(amend, job, digest, typed)
    if why is not None:
        return Refused.saying(why)
    now = amend.now()
    values = {"state": JobState.CHECKING, "reason": None, "pace": _pace(job, now)} if starts else {"reason": None}
    with amend.writing() as transaction:
        if not jobs.move_in(transaction, plan_id, [JobState.PREVIEWED], **values):
            return Refused.saying("This plan was approved before. It runs once.")
        transaction.execute(update(Plan).where(Plan.id == plan_id).values(approved_at=now))
    if starts:
        amend.wake(plan_id)
    return None


def apply(amend: Amend, user_id: UUID, plan_id: UUID) -> Refused | None:
    """Start a plan that was approved as it is now; Refused in words. Raises NotFoundError."""
    job = jobs.own(amend, plan_id, user_id)
    if not is_approved(job):
        return Refused.saying("This plan is not approved as it is now. Look at it and approve it first.")
    return approve(amend, user_id, plan_id, job.digest or "", str(job.count("ready")))


def is_approved(job: Job) -> bool:
    """Whether somebody approved the latest preview."""
    approved_at, previewed_at = job.plan.approved_at, job.previewed_at
    return job.digest is not None and approved_at is not None and previewed_at is not None and approved_at >= previewed_at


def _why_not(amend: Amend, job: Job, digest: str, typed: str) -> str | None:
    number = job.count("ready")
    if job.plan.approved_at is not None and job.state not in (JobState.PREVIEWED, JobState.STALE):
        return "This plan was approved before. It runs once."
    if job.state != JobState.PREVIEWED:
        return "There is no preview to approve now."
    if not number:
        return "No row would change anything, so there is nothing to approve."
    if digest != job.digest:
        return "The plan is not as it was shown to you any more. Look at it again, then approve."
    if job.expires_at is not None and job.expires_at <= amend.now():
        return "This preview is older than a day. Make a fresh one, then approve."
    if number > TYPED_ABOVE and typed.strip().replace(",", "").replace(" ", "") != str(number):
        return f"Type the number of rows, {number}, to approve so many at once."
    left, needed = credits_left(amend, job), (job.forecast or {}).get("credits", 0)
    if left is not None and left < needed:
        return f"This needs about {needed:,} API credits, and Zoho says that {left:,} are left. Nothing was sent."
    return None


def start(amend: Amend, job: Job) -> None:
    """The last check before the sending is over: go, unless a record moved meanwhile."""
    moved = job.count("moved")
    if moved:
        one = moved == 1
        text = f"{moved:,} {'record' if one else 'records'} changed after the preview, so nothing was sent."
        refuse(amend, job, text)
        return
    jobs.move(amend, job.plan_id, [JobState.CHECKING], state=JobState.RUNNING, reason=None, pace=_pace(job, amend.now()))


def refuse(amend: Amend, job: Job, text: str) -> None:
    """An approved plan is not what was approved any more: it needs a fresh preview."""
    reason = {"code": "stale", "text": text, "advice": "Look at what changed, make a fresh preview and approve that."}
    with amend.writing() as transaction:
        if jobs.move_in(transaction, job.plan_id, [JobState.CHECKING], state=JobState.STALE, digest=None, reason=reason):
            transaction.execute(update(Plan).where(Plan.id == job.plan_id).values(approved_at=None))


def preview_again(amend: Amend, user_id: UUID, plan_id: UUID) -> bool:
    """Read all records anew that were not sent yet, and show what would change now. Raises NotFoundError."""
    again = (StepState.READY, StepState.FAULTY, StepState.DROPPED)
    jobs.own(amend, plan_id, user_id)
    with amend.writing() as transaction:
        waiting = [JobState.PREVIEWED, JobState.STALE]
        if not jobs.move_in(transaction, plan_id, waiting, state=JobState.PREVIEWING, digest=None, reason=None):
            return False
        same = (rows.TABLE.c.plan_id == plan_id) & rows.TABLE.c.state.in_(again) & _is_whole()
        anew: dict[str, Any] = {"state": StepState.GIVEN, "verdict": None, "note": None, "refusals": []}
        transaction.execute(update(rows.TABLE).where(same).values(**anew))
        counts = rows.recount(transaction, plan_id)
        transaction.execute(update(jobs.TABLE).where(jobs.TABLE.c.plan_id == plan_id).values(counts=counts))
    amend.wake(plan_id)
    return True


def _is_whole() -> Any:
    """Rows whose source was in order: what is wrong in the source stays wrong."""
    return rows.TABLE.c.given.is_not(None) | rows.TABLE.c.undoes_id.is_not(None)


def choose(amend: Amend, user_id: UUID, plan_id: UUID, options: Mapping[str, Any]) -> Refused | None:
    """Let other automations of Zoho's run with the writes; an approval is then bound to that. Raises NotFoundError."""
    job = jobs.own(amend, plan_id, user_id)
    if options == job.options:
        return None
    is_stale = job.state == JobState.STALE
    waiting = [JobState.STALE] if is_stale else [JobState.PREVIEWED, JobState.PREVIEWING]
    state = JobState.STALE if is_stale else JobState.PREVIEWING  # a worker seals it anew
    if not jobs.move(amend, plan_id, waiting, state=state, digest=None, options=dict(options)):
        return Refused.saying("This plan was approved with the automations that were shown. Stop it to change them.")
    amend.wake(plan_id)
    return None


def pause(amend: Amend, user_id: UUID, plan_id: UUID) -> bool:
    """Send nothing new; what is under way is settled. Raises NotFoundError."""
    jobs.own(amend, plan_id, user_id)
    return jobs.move(amend, plan_id, [JobState.RUNNING], state=JobState.PAUSED, goes_on_in=JobState.RUNNING)


def resume(amend: Amend, user_id: UUID, plan_id: UUID) -> bool:
    """Go on with a plan that was paused, parked, or halted: what halted it is then tolerated. Raises NotFoundError."""
    job = jobs.own(amend, plan_id, user_id)
    values: dict[str, Any] = {"state": job.goes_on_in or JobState.RUNNING, "not_before": None, "pace": _pace(job, amend.now())}
    if job.state == JobState.HALTED:
        code = (job.reason or {}).get("code")
        values |= {"tolerates": [*job.tolerates, code], "reason": None}
    goes_on = job.state in _RESTING and jobs.move(amend, plan_id, [job.state], **values)
    if goes_on:
        amend.wake(plan_id)
    return goes_on


def stop(amend: Amend, user_id: UUID, plan_id: UUID) -> bool:
    """End a plan; what was not sent will not be. Raises NotFoundError."""
    job = jobs.own(amend, plan_id, user_id)
    return not job.is_over and jobs.move(amend, plan_id, [job.state], state=JobState.STOPPED, ended_at=amend.now())


_RESTING = (JobState.PAUSED, JobState.HALTED, JobState.PARKED)


def _pace(job: Job, now: datetime) -> Mapping[str, Any]:
    """From where the rate is counted."""
    return {"since": now.isoformat(), "from": job.tried + job.count("skipped")}
