"""The pages of plans: the list, one plan, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from changes import again, approval, jobs, progress, results, rows
from changes.approval import TYPED_ABOVE
from store.exact_json import storable
from web.plans import page as pages
from web.plans.page import Message
from web.records.posted import automations
from web.runtime import amend, operator
from zoho.answers import Refused
from zoho.runtime import Amend

bp = Blueprint("plans", __name__)

PAGE = 50
DECISIONS: dict[str, Callable[[Amend, UUID, UUID], bool | UUID | Refused]] = {
    "pause": approval.pause,
    "resume": approval.resume,
    "stop": approval.stop,
    "preview": approval.preview_again,
    "undo": again.undo,
    "retry": again.retry,
}


@bp.context_processor
def _words() -> dict[str, object]:
    return {"progress": progress}


@bp.app_template_filter("instant")
def instant(text: str) -> datetime:
    """A time that was written down as text."""
    return datetime.fromisoformat(text)


@bp.get("/plans")
def index() -> ResponseReturnValue:
    """One line a plan, newest first."""
    with amend().reading() as session:
        found = jobs.list_own(session, operator().id, _before(request.args.get("before", "")), PAGE + 1)
    older = found[PAGE - 1].plan.created_at.isoformat() if len(found) > PAGE else None
    return render_template("plans/index.html", plans=found[:PAGE], older=older, now=amend().now())


@bp.get("/plans/<uuid:plan_id>")
def show(plan_id: UUID) -> ResponseReturnValue:
    """A plan: what is happening, what can be decided, and some of its rows."""
    return _page(plan_id)


@bp.get("/plans/<uuid:plan_id>/progress")
def follow(plan_id: UUID) -> ResponseReturnValue:
    """What is happening, for a page that follows it."""
    with amend().reading() as session:
        job = jobs.get_own(session, plan_id, operator().id)
    is_news = request.args.get("seen") != job.state
    return render_template("plans/_progress.html", job=job, now=amend().now(), is_live=pages.is_live(job), is_news=is_news)


@bp.get("/plans/<uuid:plan_id>/rows.csv")
def download(plan_id: UUID) -> ResponseReturnValue:
    """The rows for a spreadsheet, all or of one kind."""
    kind = pages.wanted(request.args).kind
    receipt = url_for("history.index", _external=True) + "/"
    answer = Response(results.write(amend(), operator().id, plan_id, kind, receipt), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="plan-{plan_id}{"-" if kind else ""}{kind.replace(" ", "-")}.csv"'
    return answer


@bp.post("/plans/<uuid:plan_id>/approve")
def approve(plan_id: UUID) -> ResponseReturnValue:
    """Let it run exactly as it was shown."""
    typed = request.form.get("typed", "")
    refused = approval.approve(amend(), operator().id, plan_id, request.form.get("digest", ""), typed)
    return _answer(plan_id, refused, typed)


@bp.post("/plans/<uuid:plan_id>/options")
def choose(plan_id: UUID) -> ResponseReturnValue:
    """Which of Zoho's automations run."""
    return _answer(plan_id, approval.choose(amend(), operator().id, plan_id, automations(request.form)))


@bp.post("/plans/<uuid:plan_id>/<word>")
def decide(plan_id: UUID, word: str) -> ResponseReturnValue:
    """Pause, go on, stop or discard, preview again; take it back or try what failed: a plan of its own, whose preview comes first."""
    if word not in DECISIONS:
        abort(404)
    done = DECISIONS[word](amend(), operator().id, plan_id)
    if done is False:
        flash("The plan had moved on meanwhile, so this changed nothing. Here is how it stands.")
    return _answer(plan_id, None if isinstance(done, bool) else done)


@bp.post("/plans/<uuid:plan_id>/rows/<uuid:row_id>/mend")
def mend(plan_id: UUID, row_id: UUID) -> ResponseReturnValue:
    """Other values for the cells that were refused: in this plan before its approval, in a retry after its end."""
    values = _values(request.form)
    if request.form.get("retry"):
        mended = {str(row_id): values}
        return _answer(plan_id, again.retry(amend(), operator().id, plan_id, mended=mended, only=[str(row_id)]))
    return _at_row(plan_id, row_id, again.mend(amend(), operator().id, plan_id, row_id, values))


@bp.post("/plans/<uuid:plan_id>/rows/<uuid:row_id>/leave-out")
def leave_out(plan_id: UUID, row_id: UUID) -> ResponseReturnValue:
    """Do not send this row."""
    return _at_row(plan_id, row_id, again.leave_out(amend(), operator().id, plan_id, row_id))


def _page(plan_id: UUID, message: Message | None = None) -> ResponseReturnValue:
    page = pages.load(amend(), operator().id, plan_id, pages.wanted(request.args), message)
    shown = render_template("plans/show.html", page=page, job=page.job, connection=page.connection, typed_above=TYPED_ABOVE)
    return shown, 409 if message else 200


def _answer(plan_id: UUID, done: UUID | Refused | None, typed: str = "") -> ResponseReturnValue:
    """The page of the plan, or of the one that came of it; with the reason when it was refused."""
    if isinstance(done, Refused):
        return _page(plan_id, Message(" ".join(refusal.message for refusal in done.refusals), typed))
    return redirect(url_for("plans.show", plan_id=done or plan_id), code=303)


def _at_row(plan_id: UUID, row_id: UUID, refused: Refused | None) -> ResponseReturnValue:
    """Back to where the row stands."""
    if refused is not None:
        return _answer(plan_id, refused)
    row = rows.get(amend(), plan_id, row_id)
    where: dict[str, Any] = {"after": max(-1, row.position - pages.PAGE // 2), "_anchor": f"row-{row.position + 1}"} if row else {}
    return redirect(url_for("plans.show", plan_id=plan_id, **where), code=303)


def _values(form: Mapping[str, str]) -> dict[str, str | None]:
    """Cells by field; nothing typed empties the field."""
    typed = {name.removeprefix("f_"): text.replace("\r\n", "\n") for name, text in form.items() if name.startswith("f_")}
    return {storable(name): storable(text) or None for name, text in typed.items()}


def _before(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
