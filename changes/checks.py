"""What the doctor asks of the background: is a worker alive, and does it get through its work. app.py hands these to diagnostics."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from changes import alerts, heartbeat
from zoho import watch
from zoho.diagnostics import Observation, OwnCheck, failed, not_checked, ok, warning
from zoho.diagnostics.findings import CHECK_AGAIN, moment, span
from zoho.runtime import Amend

BEHIND = timedelta(minutes=10)
"""Work that has waited longer than this should have been done."""
START = "Start Amend with ./run, which starts the worker too; what it said when it ended stands in its output."


def worker(amend: Amend) -> Observation:
    """Whether some worker was heard of within a minute. A warning: edits go on without one, but nobody would hear of a dead account."""
    beat_at = heartbeat.last_beat(amend)
    cause = "The worker does not run: connections are not checked daily, and nobody is alerted."
    if beat_at is None:
        left_at = heartbeat.last_farewell(amend)
        if left_at is None:
            return not_checked("No worker was started yet.", START)
        return warning(f"the last one was stopped {moment(left_at)}", cause, START, CHECK_AGAIN)
    ago = span((amend.now() - beat_at).total_seconds())
    if not heartbeat.is_alive(amend, beat_at):
        return warning(f"last heard of {moment(beat_at)}, {ago} ago", cause, START, CHECK_AGAIN)
    return ok(f"heard of {ago} ago")


def queue(amend: Amend) -> Observation:
    """How much work waits, and whether it waits too long."""
    try:
        checks, messages = watch.count_due(amend), alerts.count_waiting(amend)
        late = watch.count_due(amend, for_longer_than=BEHIND) + alerts.count_waiting(amend, for_longer_than=BEHIND)
    except SQLAlchemyError as exc:
        return failed(type(exc).__name__, "The queue in Amend's database cannot be read.", "Check the database and the disk.", CHECK_AGAIN)
    seen = f"{_count(checks, 'check')} of connections and {_count(messages, 'alert')} waiting"
    if late:
        cause = f"{_count(late, 'piece')} of work waited for more than {span(BEHIND.total_seconds())}: no worker gets to it."
        return warning(seen, cause, "See whether the worker runs; its output says what it stumbles over.", CHECK_AGAIN)
    return ok(seen)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


CHECKS = (OwnCheck("worker", "Worker", worker, needs=("database",)), OwnCheck("queue", "Queue", queue, needs=("database",)))
