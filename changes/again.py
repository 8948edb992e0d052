"""After the fact, and before it: mend a cell that was refused, try failed rows again, take a whole plan back. Each is a plan of its own,
linked to the first, but for a cell that is mended before anything was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from changes import jobs, proposals, rows
from changes.jobs import Job, JobState
from changes.plans import StepState
from changes.proposals import FAILED, Proposal
from zoho.answers import Refused
from zoho.runtime import Amend

ENDED = (JobState.DONE, JobState.STOPPED, JobState.HALTED)


def undo(amend: Amend, user_id: UUID, plan_id: UUID) -> UUID | Refused:
    """Propose to put back what a plan changed; what changed since is skipped and listed. Raises NotFoundError."""
    job = jobs.own(amend, plan_id, user_id)
    if job.state not in ENDED:
        return Refused.saying("Stop this plan or let it end first; then it can be undone.")
    if not job.count("stored", "stored differently"):
        return Refused.saying("Nothing of this plan was stored, so there is nothing to undo.")
    return _child(amend, user_id, job, f"Undo of {job.title}", {"kind": "undo", "plan": str(plan_id)}, "undo")


def retry(
    amend: Amend,
    user_id: UUID,
    plan_id: UUID,
    *,
    mended: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
) -> UUID | Refused:
    """Propose the rows that failed once more: all, or ``only`` these; ``mended`` cells by row. Raises NotFoundError."""
    job = jobs.own(amend, plan_id, user_id)
    if job.state not in ENDED:
        return Refused.saying("Stop this plan or let it end first; then its failed rows can be tried again.")
    if not job.count(*FAILED):
        return Refused.saying("No row of this plan failed, so there is nothing to try again.")
    source = {"kind": "retry", "plan": str(plan_id), "mended": mended or {}, "only": [*only] if only is not None else None}
    return _child(amend, user_id, job, f"Retry of {job.title}", source, "retry")


def mend(amend: Amend, user_id: UUID, plan_id: UUID, row_id: UUID, values: Mapping[str, Any]) -> Refused | None:
    """Give other values to a row that was refused in the preview, which is then previewed again. Raises NotFoundError."""
    jobs.own(amend, plan_id, user_id)
    with amend.writing() as transaction:
        if not jobs.move_in(transaction, plan_id, [JobState.PREVIEWED, JobState.STALE, JobState.PREVIEWING], digest=None):
            return Refused.saying("This plan is past its preview. Retry the row instead.")
        same = (rows.TABLE.c.plan_id == plan_id) & (rows.TABLE.c.id == row_id) & (rows.TABLE.c.state == StepState.FAULTY)
        found = transaction.execute(select(rows.TABLE.c.given, rows.TABLE.c.verdict).where(same).with_for_update()).first()
        if found is None or found.given is None:
            return Refused.saying("This row cannot be mended here. Mend it in its source and propose that again.")
        anew: dict[str, Any] = {"given": {**found.given, **values}, "state": StepState.GIVEN, "verdict": None, "refusals": [], "note": None}
        transaction.execute(update(rows.TABLE).where(same).values(**anew))
        jobs.note(transaction, plan_id, {jobs.kind(StepState.FAULTY, found.verdict): -1, "given": 1}, state=JobState.PREVIEWING)
    amend.wake(plan_id)
    return None


def leave_out(amend: Amend, user_id: UUID, plan_id: UUID, row_id: UUID) -> Refused | None:
    """Reject one row of a preview: it will not be sent. Raises NotFoundError."""
    jobs.own(amend, plan_id, user_id)
    with amend.writing() as transaction:
        if not jobs.move_in(transaction, plan_id, [JobState.PREVIEWED], digest=None):
            return Refused.saying("This plan is past its preview.")
        same = (rows.TABLE.c.plan_id == plan_id) & (rows.TABLE.c.id == row_id) & (rows.TABLE.c.state == StepState.READY)
        out = {"state": StepState.DROPPED, "verdict": "skipped", "note": "Left out by hand."}
        if not transaction.execute(update(rows.TABLE).where(same).values(**out)).rowcount:
            return Refused.saying("This row is not one that would be sent.")
        jobs.note(transaction, plan_id, {"ready": -1, "left": 1}, state=JobState.PREVIEWING)
    amend.wake(plan_id)
    return None


def _child(amend: Amend, user_id: UUID, job: Job, title: str, source: Mapping[str, Any], origin: str) -> UUID:
    connection_id, about = job.plan.connection_id, (job.product, job.module)
    return proposals.propose(
        amend, user_id, Proposal(connection_id, *about, title, source, job.options, job.fields, parent_id=job.plan_id, origin=origin)
    )
