"""What tests of plans share: propose, preview, approve, run, and look at what became of it."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from changes import approval, jobs, proposals, rows, runner
from changes.jobs import Job, JobState
from changes.proposals import Proposal
from zoho.runtime import Amend


def propose(amend: Amend, ana: UUID, connection_id: UUID, ids: list[str], values: dict[str, Any], **more: Any) -> UUID:
    """A plan that sets these fields of these records, previewed."""
    options = more.pop("options", {"trigger": []})
    source = {"kind": "ids", "ids": ids, "set": values}
    product, module = more.pop("product", "crm"), more.pop("module", "Leads")
    if product == "desk":
        options = {}
    proposal = Proposal(connection_id, product, module, "City", more.pop("source", source), options, **more)
    plan_id = proposals.propose(amend, ana, proposal)
    runner.run(amend, plan_id)
    return plan_id


def approve(amend: Amend, ana: UUID, plan_id: UUID) -> Any:
    """Approve what is shown, whatever its size."""
    job = jobs.load(amend, plan_id)
    return approval.approve(amend, ana, plan_id, job.digest or "", str(job.count("ready")))


def carry_out(amend: Amend, ana: UUID, plan_id: UUID) -> Job:
    """Approve and run."""
    assert approve(amend, ana, plan_id) is None
    runner.run(amend, plan_id)
    return jobs.load(amend, plan_id)


def counted(amend: Amend, plan_id: UUID) -> dict[str, int]:
    """Rows by kind, and proof that the job counts them right."""
    found = Counter(row.kind for row in rows.page(amend, plan_id, -1, 1_000_000))
    assert dict(found) == jobs.load(amend, plan_id).counts
    return dict(found)


def state(amend: Amend, plan_id: UUID) -> JobState:
    """Where the plan stands."""
    return JobState(jobs.load(amend, plan_id).state)
