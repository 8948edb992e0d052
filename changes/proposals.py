"""Where the rows of a plan of many come from: ids, a list of Zoho's, a sheet, a file of a script, another plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from changes import find, jobs, plans, rows, sheet_source
from changes.find import Wanted
from changes.given import Given
from changes.ids import Duplicates
from changes.jobs import Job, JobState
from changes.plans import StepState, Verdict
from zoho import connections
from zoho.answers import Refusal
from zoho.connections import Connection
from zoho.errors import RequestRefusedError
from zoho.fields.choices import MAX_ID
from zoho.runtime import Amend

CHUNK = 1_000
MOST_ROWS = 1_000_000
MOST_LISTED = 100_000
"""Records that a list of Zoho's gives."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan to be made. ``source``: ``{"kind": …}`` and what that kind needs, see the readers below; ``options`` go with every write."""

    connection_id: UUID
    product: str
    module: str
    title: str
    source: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    parent_id: UUID | None = None
    origin: str = "plan"


def propose(amend: Amend, user_id: UUID, proposal: Proposal) -> UUID:
    """Store a plan that a worker will read and preview. Raises NotFoundError when the connection is not the operator's."""
    with amend.reading() as session:
        connection: Connection = connections.get_own(session, proposal.connection_id, user_id)
    plan = plans.new_plan(user_id, connection, origin=proposal.origin, now=amend.now())
    plan.hold({"approved_at": None, "is_many": True})
    job = {
        "plan_id": plan.id,
        "title": " ".join(proposal.title.split())[:200] or proposal.module,
        "product": proposal.product,
        "module": proposal.module,
        "source": dict(proposal.source),
        "options": dict(proposal.options),
        "fields": dict(proposal.fields),
        "parent_id": proposal.parent_id,
        "state": JobState.READING,
        "tolerates": [],
        "counts": {},
    }
    with amend.writing() as transaction:
        plans.insert(transaction, plan)
        transaction.execute(insert(jobs.TABLE), job)
    amend.wake(plan.id)
    return plan.id


def read_source(amend: Amend, job: Job, goes_on: Callable[[], bool]) -> None:
    """Turn the source of a plan into rows, a thousand at a time, from where an earlier try ended. Raises what the source raises."""
    try:
        _read(amend, job, goes_on)
    finally:
        if "file" in job.source and jobs.load(amend, job.plan_id).state != JobState.READING:
            sheet_source.forget(amend, job.source["file"])


def _read(amend: Amend, job: Job, goes_on: Callable[[], bool]) -> None:
    source, reader = job.source, READERS[job.source["kind"]]
    is_listing = source["kind"] == "listing"
    position, listed = _so_far(amend, job.plan_id, is_listing)
    given = _unique(reader(amend, job, source), is_listing, listed)
    fresh = given if is_listing else islice(given, position, None)
    while chunk := list(islice(fresh, CHUNK)):
        if not goes_on():
            return
        if position + len(chunk) > MOST_ROWS:
            raise RequestRefusedError("too many rows", summary=f"A plan takes at most {MOST_ROWS:,} rows.", advice="Split it.")
        _store(amend, job, chunk, position)
        position += len(chunk)
    if not position:
        raise RequestRefusedError("no rows", summary="There is no record in it.", advice="Look at the source and propose it again.")
    jobs.move(amend, job.plan_id, [JobState.READING], state=JobState.PREVIEWING, total=position)


def _so_far(amend: Amend, plan_id: UUID, is_listing: bool) -> tuple[int, list[str]]:
    """How many rows an earlier try stored; of a list of Zoho's, which may have moved since, which records."""
    mine = rows.TABLE.c.plan_id == plan_id
    with amend.looking() as connection:
        last = connection.scalar(select(func.max(rows.TABLE.c.position)).where(mine))
        listed = connection.scalars(select(rows.TABLE.c.record_id).where(mine)).all() if is_listing else ()
    return (0 if last is None else last + 1), [*listed]


def _unique(given: Iterable[Given], is_listing: bool, listed: Iterable[str]) -> Iterator[Given]:
    """The rows, a record that came before being wrong, or left out where a list repeats it."""
    seen = Duplicates()
    for id in listed:
        seen.first_line(id, 0)
    for one in given:
        first = seen.first_line(one.record_id, one.line or 0) if one.wrong is None else None
        if first is None:
            yield one
        elif not is_listing:
            where = f"line {first}" if first else "an earlier row"
            wrong = Refusal(field="id", message=f"This record stands in {where} already. Keep one of the two.")
            yield Given(one.record_id, None, one.line, wrong)


def _store(amend: Amend, job: Job, chunk: Iterable[Given], position: int) -> None:
    values = [_step(job, one, place) for place, one in enumerate(chunk, position)]
    counts = Counter(jobs.kind(one["state"], one["verdict"]) for one in values)
    with amend.writing() as transaction:
        transaction.execute(insert(rows.TABLE), values)
        jobs.note(transaction, job.plan_id, counts)


def _step(job: Job, one: Given, position: int) -> dict[str, Any]:
    is_wrong = one.wrong is not None
    return {
        "id": uuid4(),
        "plan_id": job.plan_id,
        "position": position,
        "product": job.product,
        "module": job.module,
        "record_id": one.record_id[:40],
        "record_name": one.record_id[:40],
        "changes": [],
        "options": job.options,
        "state": StepState.FAULTY if is_wrong else StepState.GIVEN,
        "verdict": Verdict.REFUSED.value if is_wrong else None,
        "refusals": [asdict(one.wrong)] if one.wrong else [],
        "given": None if is_wrong else dict(one.values or {}) if one.undoes_id is None else None,
        "line": one.line,
        "undoes_id": one.undoes_id,
    }


def check_id(text: str) -> Refusal | None:
    """Why a text is no record id."""
    if text.isascii() and text.isdigit() and len(text) <= MAX_ID:
        return None
    return Refusal(field="id", message=f"“{text[:60]}” is not a record id: an id is digits only." if text else "There is no record id.")


def _from_ids(_amend: Amend, _job: Job, source: Mapping[str, Any]) -> Iterator[Given]:
    """``{"ids": […], "set": {field: value}}``."""
    for place, id in enumerate(source["ids"], 1):
        text = str(id).strip().removeprefix("zcrm_")
        yield Given(text, source["set"], place, check_id(text))


def _from_json(_amend: Amend, _job: Job, source: Mapping[str, Any]) -> Iterator[Given]:
    """``{"records": [{"id": …, "fields": {…}}]}``."""
    for place, record in enumerate(source["records"], 1):
        text = str(record.get("id", "")).removeprefix("zcrm_")
        wrong = check_id(text)
        if not isinstance(record.get("id"), str):
            wrong = Refusal(field="id", message="Write the id as a text: a number has lost digits.")
        yield Given(text, record.get("fields") or {}, place, wrong)


def _from_listing(amend: Amend, job: Job, source: Mapping[str, Any]) -> Iterator[Given]:
    """``{"text", "view", "sort", "set"}``: all pages of what the find page shows."""
    wanted = Wanted(text=source.get("text", ""), view=source.get("view", ""), sort=source.get("sort", ""))
    page, token, number = 1, "", 0
    while True:
        found = find.list_records(amend, job.plan.connection, job.product, job.module, _turned(wanted, page, token))
        if not isinstance(found, find.Listing):
            raise RequestRefusedError(f"{found}", summary="Zoho does not list these records.", advice="Choose them another way.")
        for hit in found.hits:
            number += 1
            yield Given(hit.record_id, source["set"])
        if found.is_cut or number > MOST_LISTED:
            raise RequestRefusedError(
                "the list is cut", summary="Zoho does not list all of these records.", advice="Narrow the filter, or give the ids."
            )
        if not found.more:
            return
        page, token = page + 1, found.next_token


def _turned(wanted: Wanted, page: int, token: str) -> Wanted:
    return Wanted(text=wanted.text, page=page, token=token, view=wanted.view, sort=wanted.sort)


def _from_plan(amend: Amend, _job: Job, source: Mapping[str, Any]) -> Iterator[Given]:
    """``{"plan": id}``: what that plan stored, the last first, to be taken back."""
    after = -1
    while taken := rows.take(amend, UUID(source["plan"]), ("stored", "stored differently"), after, CHUNK):
        for row in taken:
            yield Given(row.record_id, None, row.line, undoes_id=row.id)
        after = taken[-1].position


FAILED = ("refused", "not stored", "stored differently", "skipped", "faulty", "moved")
"""What may be tried again."""


def _from_failed(amend: Amend, _job: Job, source: Mapping[str, Any]) -> Iterator[Given]:
    """``{"plan": id, "mended": {row: {field: value}}, "only": [row]}``: the rows of that plan that failed, with mended cells."""
    mended, only, after = source.get("mended") or {}, source.get("only"), -1
    while taken := rows.take(amend, UUID(source["plan"]), FAILED, after, CHUNK):
        for row in taken:
            if only is None or str(row.id) in only:
                yield _tried_again(row, mended.get(str(row.id)) or {})
        after = taken[-1].position


def _tried_again(row: rows.Row, mended: Mapping[str, Any]) -> Given:
    if row.undoes_id:
        return Given(row.record_id, None, row.line, undoes_id=row.undoes_id)
    given = row.given if row.given is not None else {change["name"]: change["sent"] for change in row.changes}
    return Given(row.record_id, {**given, **mended}, row.line, check_id(row.record_id))


READERS: dict[str, Callable[[Amend, Job, Mapping[str, Any]], Iterator[Given]]] = {
    "ids": _from_ids,
    "json": _from_json,
    "listing": _from_listing,
    "undo": _from_plan,
    "retry": _from_failed,
    "sheet": sheet_source.read,
}
