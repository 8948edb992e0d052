"""``./run plan``: plans of many records from files, for scripts and for people at a terminal. The same road as the pages."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from changes import again, approval, jobs, parking, proposals, rows, runner
from changes.jobs import Job, JobState
from changes.plans import Verdict
from changes.proposals import Proposal
from service import plan_file
from service.plan_shown import as_document, as_text
from service.settings import Settings, SettingsError
from store import exact_json, migrate
from zoho import runtime
from zoho.answers import Refused
from zoho.connections import Connection, Status
from zoho.errors import NotFoundError, ZohoError
from zoho.runtime import Amend

DONE, NOT_ALL, COULD_NOT = 0, 1, 2
"""Exit codes: as asked; not every row is stored, or the plan waits for somebody; it could not be begun."""
POLL_SECONDS = 0.3


@click.group()
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.pass_context
def plan(context: click.Context, as_json: bool) -> None:
    """Plans of many records: propose FILE, show, approve, apply, undo.

    Exit code 0: as asked; 1: not every row is stored, or the plan waits for somebody; 2: it could not be begun.
    """
    context.obj = as_json


@plan.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--connection", metavar="ID", help="By id or name; needed when there are several.")
@click.pass_obj
def propose(as_json: bool, file: str, connection: str | None) -> None:
    """Propose the changes of FILE (JSON; - for standard input) and show what would change. Nothing is written."""

    def act(amend: Amend) -> UUID:
        asked = plan_file.read(file)
        chosen = _connection(amend, connection or asked.connection)
        options = {} if asked.trigger is None else {"trigger": asked.trigger}
        title = asked.title or f"{asked.module} from {Path(file).name}"
        return proposals.propose(
            amend, chosen.user_id, Proposal(chosen.id, asked.product, asked.module, title, asked.source, options, origin="file")
        )

    _run(as_json, act)


@plan.command()
@click.argument("plan_id", type=click.UUID)
@click.option("--rows", "kind", metavar="KIND", help="Only rows of this kind, such as refused.")
@click.pass_obj
def show(as_json: bool, plan_id: UUID, kind: str | None) -> None:
    """Show a plan: its state, its counts, its rows."""
    if kind is not None and kind not in rows.KINDS:
        raise click.UsageError(f"there are no rows of the kind {kind!r}; kinds: {', '.join(rows.KINDS)}")
    _run(as_json, lambda _: plan_id, kind=kind, is_moved=False)


@plan.command()
@click.argument("plan_id", type=click.UUID)
@click.option("--digest", help="Only if the plan is still the one with this digest.")
@click.pass_obj
def approve(as_json: bool, plan_id: UUID, digest: str | None) -> None:
    """Approve a plan exactly as it is shown. Nothing is written before apply."""

    def act(amend: Amend) -> UUID:
        job = jobs.load(amend, plan_id)
        number = str(job.count("ready"))
        _check(approval.approve(amend, job.plan.user_id, plan_id, digest or job.digest or "", number, starts=False))
        return plan_id

    _run(as_json, act, is_moved=False)


@plan.command()
@click.argument("plan_id", type=click.UUID)
@click.pass_obj
def apply(as_json: bool, plan_id: UUID) -> None:
    """Carry out an approved plan, here or by the worker, and wait for its end. One that is over is shown, and writes nothing."""

    def act(amend: Amend) -> UUID:
        job = jobs.load(amend, plan_id)
        if job.state in (JobState.PAUSED, JobState.PARKED):
            approval.resume(amend, job.plan.user_id, plan_id)
        elif not (job.is_over or job.is_at_work or job.state in (JobState.HALTED, JobState.STALE)):
            _check(approval.apply(amend, job.plan.user_id, plan_id))
        return plan_id

    _run(as_json, act, is_proof=True)


@plan.command("go-on")
@click.argument("plan_id", type=click.UUID)
@click.pass_obj
def go_on(as_json: bool, plan_id: UUID) -> None:
    """Go on with a plan that stopped by itself."""

    def act(amend: Amend) -> UUID:
        approval.resume(amend, jobs.load(amend, plan_id).plan.user_id, plan_id)
        return plan_id

    _run(as_json, act, is_proof=True)


@plan.command()
@click.argument("plan_id", type=click.UUID)
@click.pass_obj
def stop(as_json: bool, plan_id: UUID) -> None:
    """End a plan: what was not sent will not be."""

    def act(amend: Amend) -> UUID:
        approval.stop(amend, jobs.load(amend, plan_id).plan.user_id, plan_id)
        return plan_id

    _run(as_json, act, is_moved=False)


@plan.command()
@click.argument("plan_id", type=click.UUID)
@click.pass_obj
def undo(as_json: bool, plan_id: UUID) -> None:
    """Propose to take a plan back, and show what would change. Approve and apply that plan."""
    _run(as_json, lambda amend: _check(again.undo(amend, jobs.load(amend, plan_id).plan.user_id, plan_id)))


@plan.command()
@click.argument("plan_id", type=click.UUID)
@click.pass_obj
def retry(as_json: bool, plan_id: UUID) -> None:
    """Propose the rows that failed once more."""
    _run(as_json, lambda amend: _check(again.retry(amend, jobs.load(amend, plan_id).plan.user_id, plan_id)))


class _RefusedError(Exception):
    """What was asked cannot be done, in words."""


def _run(as_json: bool, act: Callable[[Amend], Any], *, kind: str | None = None, is_moved: bool = True, is_proof: bool = False) -> NoReturn:
    """Do it, move the plan as far as it goes, show it, and end with the exit code."""
    try:
        amend = runtime.build(Settings.load())
        migrate.upgrade(amend.settings.database_url)
        try:
            plan_id: UUID = act(amend)
            if is_moved:
                _move(amend, plan_id)
            job = jobs.load(amend, plan_id)
            document = as_document(amend, job, kind)
        finally:
            amend.close()
    except (SettingsError, _RefusedError, ValueError) as error:
        _end(as_json, "refused" if isinstance(error, _RefusedError) else "bad_input", str(error))
    except NotFoundError as error:
        _end(as_json, error.code, str(error))
    except ZohoError as error:
        _end(as_json, error.code, error.summary, error.advice)
    click.echo(exact_json.dumps({"ok": True, "plan": document}) if as_json else as_text(document))
    sys.exit(_exit_code(job) if is_proof else NOT_ALL if job.state == JobState.FAILED else DONE)


def _move(amend: Amend, plan_id: UUID) -> None:
    """Carry the plan on here while it can go on, or wait while a worker does."""
    while True:
        job = jobs.glance(amend, plan_id)
        if job.state == JobState.PARKED and job.not_before is not None:
            parking.wake(amend)
        elif job.state not in jobs.AT_WORK:
            return
        if not runner.run(amend, plan_id):
            time.sleep(POLL_SECONDS)


def _exit_code(job: Job) -> int:
    return DONE if job.state == JobState.DONE and set(job.counts) <= {Verdict.STORED.value, "dropped", "left"} else NOT_ALL


def _connection(amend: Amend, wanted: str | None) -> Connection:
    with amend.reading() as session:
        found = [one for one in _all(session) if wanted is None or wanted.lower() in (str(one.id), one.name.lower())]
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{one.name or 'unnamed'} {one.id}" for one in found)
    raise ValueError(f"Say which connection: {known}" if found else "There is no such connection. Connect Zoho in the browser first.")


def _all(session: Session) -> list[Connection]:
    alive = Connection.status.not_in([Status.PENDING, Status.DISCONNECTED])
    return [*session.scalars(select(Connection).where(alive).order_by(Connection.name))]


def _check(answer: UUID | Refused | None) -> UUID:
    if isinstance(answer, Refused):
        raise _RefusedError(" ".join(refusal.message for refusal in answer.refusals))
    return answer  # type: ignore[return-value]


def _end(as_json: bool, code: str, message: str, advice: str = "") -> NoReturn:
    if as_json:
        click.echo(exact_json.dumps({"ok": False, "error": {"code": code, "message": message, "advice": advice}}))
    else:
        click.echo(f"{message} {advice}".rstrip(), err=True)
    sys.exit(COULD_NOT)
