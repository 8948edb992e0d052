"""The queue (huey): it carries the word "look at this plan" from a page to a worker, at once. The truth is in our tables.

A word that is lost costs a second, for the worker also looks by itself. With SQLite it is a file beside the database; with PostgreSQL
it is in the database, so that workers of several hosts share it, by the one setting AMEND_DATABASE_URL.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import make_url

from service.settings import Settings
from zoho.runtime import Amend

if TYPE_CHECKING:
    from huey import Huey
    from huey.consumer import Consumer

log = logging.getLogger(__name__)

TASK = "carry_on"


def make(settings: Settings, carry_on: Callable[[str], None]) -> tuple[Huey, Any]:
    """The queue, opened at its first use, and the task that does ``carry_on(plan id)``. Messages are signed: huey pickles them.

    Huey takes a while to load, which no start of the web server should wait for.
    """
    from huey import PostgresHuey, SqliteHuey
    from huey.serializer import SignedSerializer

    how: dict[str, Any] = {
        "serializer": SignedSerializer(secret=settings.secret_key.get_secret_value(), salt="amend.plans"),
        "results": False,
    }
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        queue: Huey = SqliteHuey("amend", filename=str(settings.instance_dir / "queue.db"), **how)
    else:
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        queue = PostgresHuey("amend", dsn=dsn, **how)
    return queue, queue.task(name=TASK)(carry_on)


def trigger(settings: Settings) -> Callable[[UUID], None]:
    """What says to the workers that a plan can go on. It never fails: a queue that is away costs a second."""
    made: list[Any] = []

    def tell(plan_id: UUID) -> None:
        try:
            if not made:
                made.extend(make(settings, _not_here))
            made[1](str(plan_id))
            made[0].storage.close()  # of this thread: a plan is not begun so often that a connection should wait for the next
        except Exception:  # of whatever kind: the plan is stored, and the workers look for it by themselves
            log.exception("the queue did not take plan %s", plan_id)

    return tell


def consumer(amend: Amend, lanes: int) -> Consumer:
    """What listens in a worker, not started yet; its ``start`` takes the signals of the process."""
    queue, _ = make(amend.settings, lambda plan_id: _carry_on(amend, plan_id))
    return queue.create_consumer(workers=lanes, periodic=False, worker_type="thread", max_delay=1.0)


def _carry_on(amend: Amend, plan_id: str) -> None:
    from changes import runner

    runner.run(amend, UUID(plan_id))


def _not_here(_plan_id: str) -> None:
    raise RuntimeError("plans are carried on by a worker")
