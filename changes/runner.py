"""Move a plan of many on: read its source, preview it, check it once more when it was approved, send it. One worker at a time has it.

Each stage takes the rows that are left and may die at any moment: whoever takes the plan up again finds in the rows what was done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from changes import approval, halting, jobs, parking, preview, proposals, rows, sending
from changes.batches import Records
from changes.halting import Halt
from changes.jobs import JobState
from changes.rows import Row
from changes.sending import LeaseLostError, Sending
from zoho.errors import ZohoError
from zoho.hooks import IS_BULK
from zoho.runtime import Amend

log = logging.getLogger(__name__)

THREADS = 16
"""More than calls at a time: while some wait for Zoho, others compare and write down."""
FIRST, SECOND = 1, 10
"""How many rows go ahead, each group proved before the next."""
RENEW_SECONDS = 4.0


def run_next(amend: Amend) -> bool:
    """Take up one plan that can go on, and move it as far as it goes. True when there was one."""
    parking.wake(amend)
    return run(amend)


def run(amend: Amend, plan_id: UUID | None = None) -> bool:
    """The same for this plan. False when there is nothing to do for us: another worker has it, or it waits."""
    owner = f"{jobs.owner_name()}:{threading.get_ident()}"
    claimed = jobs.claim(amend, owner, plan_id)
    if claimed is None:
        return False
    token = IS_BULK.set(True)  # calls of people go first
    try:
        with _lease(amend, claimed, owner) as is_lost:
            Run(amend, claimed, owner, is_lost).go()
    finally:
        IS_BULK.reset(token)
    return True


@contextmanager
def _lease(amend: Amend, plan_id: UUID, owner: str) -> Iterator[threading.Event]:
    """Keep the lease while the work goes on; the event says that it was lost."""
    done, lost = threading.Event(), threading.Event()

    def keep() -> None:
        while not done.wait(RENEW_SECONDS):
            try:
                if not jobs.renew(amend, plan_id, owner):
                    lost.set()
                    return
            except Exception:  # the database may come back before the lease is over
                log.exception("the lease of a plan could not be renewed")

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()
        jobs.release(amend, plan_id, owner)


class Run:
    """One worker's turn at one plan."""

    def __init__(self, amend: Amend, plan_id: UUID, owner: str, is_lost: threading.Event) -> None:
        self.amend, self.plan_id, self.owner, self._is_lost = amend, plan_id, owner, is_lost
        self._stages: dict[str, Callable[[], None]] = {
            JobState.READING: self._read,
            JobState.PREVIEWING: self._preview,
            JobState.CHECKING: self._check,
            JobState.RUNNING: self._send,
        }
        self._failures = 0

    def go(self) -> None:
        """Stage after stage, until one ends in a state that is not for workers. What stands in the way parks the plan."""
        try:
            while (stage := self._stages.get(self._state())) is not None and not self._is_lost.is_set():
                stage()
                if self._waits():
                    return
        except LeaseLostError:
            log.warning("plan %s was taken over by another worker", self.plan_id)
        except ZohoError as error:
            parking.park(self.amend, self.plan_id, error)

    def _job(self) -> jobs.Job:
        return jobs.load(self.amend, self.plan_id)

    def _state(self) -> str:
        return jobs.glance(self.amend, self.plan_id).state

    def _waits(self) -> bool:
        not_before = jobs.glance(self.amend, self.plan_id).not_before
        return not_before is not None and not_before > self.amend.now()

    def _records(self) -> Records:
        job = self._job()
        return Records(self.amend, job.plan.connection_id, job.product, job.module)

    def _read(self) -> None:
        proposals.read_source(self.amend, self._job(), lambda: self._goes_on(JobState.READING))

    def _preview(self) -> None:
        records = self._records()

        def one(taken: Sequence[Row]) -> None:
            self._write(preview.preview(self.amend, records, taken))

        if self._for_all(JobState.PREVIEWING, ("given",), one, records.size):
            approval.seal(self.amend, self._job())

    def _check(self) -> None:
        records, job = self._records(), self._job()
        if preview.digest(self.amend, self.plan_id, job.options) != job.digest:
            approval.refuse(self.amend, job, "The plan is not the one that was approved.")
            return
        is_whole = self._for_all(JobState.CHECKING, ("ready",), lambda taken: self._write(preview.has_moved(records, taken)), records.size)
        if is_whole:
            approval.start(self.amend, self._job())

    def _send(self) -> None:
        job = self._job()
        way = Sending(self.amend, self._records(), self.plan_id, self.owner, job.options)
        self._settle(way)
        try:
            self._go_ahead(way)
        except Halt as halt:
            halting.halt(self.amend, self.plan_id, halt.reason)
            return
        whole = self._for_all(JobState.RUNNING, ("ready",), lambda taken: self._send_some(way, taken), way.records.size)
        if not whole:
            return
        due = self._settle(way)
        if due is not None:
            jobs.move(self.amend, self.plan_id, [JobState.RUNNING], not_before=due)
        elif not rows.take(self.amend, self.plan_id, ("ready",), -1, 1):
            jobs.move(self.amend, self.plan_id, [JobState.RUNNING], state=JobState.DONE, ended_at=self.amend.now(), reason=None)

    def _settle(self, way: Sending) -> Any:
        """Rows that were sent and never settled; when the next of them can be told, if it is too early."""
        due = []
        after = -1
        while taken := rows.take(self.amend, self.plan_id, ("sent", "unknown"), after, way.records.size):
            after = taken[-1].position
            left = [row for row in taken if row.tries < sending.GIVEN_UP]
            if left and (at := sending.settle(way, left)) is not None:
                due.append(at)
        return min(due, default=None)

    def _go_ahead(self, way: Sending) -> None:
        """The first row, then ten, before all others."""
        while (tried := jobs.glance(self.amend, self.plan_id).tried) < FIRST + SECOND and self._goes_on(JobState.RUNNING):
            size = FIRST if tried < FIRST else FIRST + SECOND - tried
            taken = rows.take(self.amend, self.plan_id, ("ready",), -1, size)
            if not taken:
                return
            if way.records.size == 1:
                for row in taken:
                    self._send_some(way, [row])
            else:
                self._send_some(way, taken)

    def _send_some(self, way: Sending, taken: Sequence[Row]) -> None:
        verdicts = sending.send(way, taken)
        job = jobs.glance(self.amend, self.plan_id)
        self._failures = halting.streak(self._failures, verdicts)
        why = halting.why(verdicts, self._failures, job.tried <= FIRST + SECOND, job.tolerates)
        if why is not None:
            raise Halt(why)

    def _write(self, changed: Sequence[tuple[Row, dict[str, Any]]]) -> None:
        if not rows.write(self.amend, self.plan_id, self.owner, changed):
            raise LeaseLostError(str(self.plan_id))

    def _goes_on(self, state: str) -> bool:
        return not self._is_lost.is_set() and self._state() == state

    def _for_all(self, state: str, kinds: Sequence[str], work: Callable[[Sequence[Row]], None], size: int) -> bool:
        """Work on all rows of these kinds, several calls at a time; True when none is left, False when the plan was told to stop.

        A failure ends it when what is under way has come back.
        """
        after, running = -1, set[Future[None]]()
        failure: BaseException | None = None
        with ThreadPoolExecutor(THREADS, initializer=lambda: IS_BULK.set(True)) as pool:
            while True:
                while failure is None and len(running) < THREADS and self._goes_on(state):
                    taken = rows.take(self.amend, self.plan_id, kinds, after, size)
                    if not taken:
                        break
                    after = taken[-1].position
                    running.add(pool.submit(work, taken))
                if not running:
                    break
                done, running = wait(running, return_when=FIRST_COMPLETED)
                failure = failure or next((found for one in done if (found := one.exception()) is not None), None)
        if isinstance(failure, Halt):
            halting.halt(self.amend, self.plan_id, failure.reason)
            return False
        if failure is not None:
            raise failure
        return self._goes_on(state)
