"""A plan of many records for scripts and for people at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from changes import approval, rows
from changes.jobs import Job, JobState
from zoho.runtime import Amend

SHOWN = 20
"""Rows: those that need a person come first."""


def as_document(amend: Amend, job: Job, kind: str | None = None) -> dict[str, Any]:
    """A plan for scripts. ``counts`` by kind; ``rows`` the first of them, those that need a person first."""
    shown = rows.take(amend, job.plan_id, (kind,), -1, SHOWN) if kind else _most_telling(amend, job)
    return {
        "id": str(job.plan_id),
        "title": job.title,
        "state": job.state,
        "product": job.product,
        "module": job.module,
        "total": job.total,
        "counts": job.counts,
        "digest": job.digest,
        "is_approved": approval.is_approved(job),
        "expires_at": job.expires_at.isoformat() if job.expires_at else None,
        "forecast": job.forecast,
        "reason": {key: job.reason.get(key) for key in ("code", "text", "advice")} if job.reason else None,
        "undoes_or_retries": str(job.parent_id) if job.parent_id else None,
        "rows": [_row(row) for row in shown],
    }


def _most_telling(amend: Amend, job: Job) -> list[rows.Row]:
    kinds = [name for name in _FIRST if job.counts.get(name)]
    found: list[rows.Row] = []
    for name in kinds:
        found += rows.take(amend, job.plan_id, (name,), -1, SHOWN - len(found)) if len(found) < SHOWN else []
    return found


_FIRST = (
    "faulty",
    "moved",
    "unknown",
    "not stored",
    "stored differently",
    "refused",
    "conflict",
    "skipped",
    "left",
    "ready",
    "sent",
    "stored",
)


def _row(row: rows.Row) -> dict[str, Any]:
    return {
        "receipt": str(row.id),
        "line": row.line,
        "record": row.record_id,
        "name": row.record_name,
        "kind": row.kind,
        "note": row.note,
        "refusals": [{key: one.get(key) for key in ("field", "message", "zoho_code")} for one in row.refusals],
        "changes": [{key: change[key] for key in ("name", "label", "before", "sent", "after", "verdict")} for change in row.changes],
    }


def as_text(document: Mapping[str, Any]) -> str:
    """A plan for people at a terminal."""
    counts = ", ".join(f"{number:,} {name}" for name, number in document["counts"].items()) or "no rows yet"
    lines = [f"{document['title']}  {document['id']}", f"  {document['state']}{_approved(document)}: {counts}"]
    if document["reason"]:
        lines += [f"  {document['reason']['text']} {document['reason'].get('advice') or ''}".rstrip()]
    if document["state"] == JobState.PREVIEWED and document["forecast"]:
        cost = document["forecast"]
        minutes = max(1, cost["seconds"] // 60)
        lines += [f"  about {cost['calls']:,} calls, {cost['credits']:,} credits, {minutes} min; digest {document['digest']}"]
    for row in document["rows"]:
        said = "; ".join(f"{change['label']}: {_short(change['before'])} → {_short(change['sent'])}" for change in row["changes"])
        told = " ".join(
            part for part in (row["note"] or "", *(f"{one['field'] or ''}: {one['message']}" for one in row["refusals"])) if part
        )
        lines.append(f"  {row['kind']:<18} {row['record']}  {row['name']}  {said}  {told}".rstrip())
    left = sum(document["counts"].values()) - len(document["rows"])
    return "\n".join([*lines, f"  … and {left:,} more" if left > 0 else ""]).rstrip()


def _approved(document: Mapping[str, Any]) -> str:
    return ", approved and not yet applied" if document["is_approved"] and document["state"] == JobState.PREVIEWED else ""


def _short(value: Any) -> str:
    text = " ".join(str("empty" if value in (None, "") else value).split())
    return "".join(mark if mark.isprintable() else "�" for mark in text[:60])
