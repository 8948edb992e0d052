"""Send the rows of a plan, prove them by reading back, and settle each. No row is sent twice, whatever dies meanwhile.

A CRM write carries the time after which the record must not have been changed, so that a second try of a write that did arrive is
refused by Zoho. Where no condition can be sent (Desk), a try that nobody heard of again is repeated only when it cannot be on its way
any more.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from changes import preview, rows, verify
from changes.batches import Records, Write, instant
from changes.plans import Change, StepState, Verdict
from changes.road import LATE
from changes.rows import Row, settled
from zoho.answers import Batch, WriteOutcome
from zoho.errors import ZohoError
from zoho.fields import Field
from zoho.runtime import Amend

MOST_TRIES = 3
GIVEN_UP = 99
"""In place of the number of tries: nobody will ever know."""
SECOND = timedelta(seconds=1)
Values = dict[str, Any]


class LeaseLostError(Exception):
    """Somebody else works on the plan now: nothing more may be written."""


@dataclass(slots=True)
class Sending:
    """What is needed to send rows of one plan."""

    amend: Amend
    records: Records
    plan_id: UUID
    owner: str
    options: Mapping[str, Any]
    mutex: threading.Lock = field(default_factory=threading.Lock)
    """Threads of one process take turns in writing: SQLite would let them wait for one another in sleeps."""

    def write(self, changed: Sequence[tuple[Row, Values]]) -> None:
        """Write rows down. Raises LeaseLostError."""
        with self.mutex:
            if not rows.write(self.amend, self.plan_id, self.owner, changed):
                raise LeaseLostError(str(self.plan_id))

    def mark_sent(self, taken: Sequence[Row]) -> list[Row]:
        """The rows as sent, which is written down before the call leaves. Raises LeaseLostError."""
        with self.mutex:
            marked = rows.mark_sent(self.amend, self.plan_id, self.owner, taken, self.options)
        if marked is None:
            raise LeaseLostError(str(self.plan_id))
        return marked


@dataclass(slots=True)
class Sent:
    """What came of one call or of the parts it was split into: rows with Zoho's outcome, and those of which nothing was stored."""

    outcomes: list[tuple[Row, WriteOutcome]] = field(default_factory=list)
    unsent: list[Row] = field(default_factory=list)
    error: ZohoError | None = None


def send(sending: Sending, taken: Sequence[Row]) -> list[Verdict]:
    """Read before, write, read back and settle these rows; their verdicts, in order.

    Raises LeaseLostError, and the ZohoErrors after which the plan must wait; the rows that they hit stay to be sent.
    """
    batch = sending.records.read([row.record_id for row in taken], _names(taken))
    verdicts: dict[UUID, Verdict] = {}
    kept: list[tuple[Row, Values]] = []
    ready: list[Row] = []
    for row in taken:
        values = _not_to_send(sending, row, batch.records.get(row.record_id))
        if values is None:
            ready.append(row)
        else:
            kept.append((row, values))
    _write_down(sending, kept, verdicts)
    if ready:
        ready = sending.mark_sent(ready)
        sent = _call(sending, ready, batch, _since(sending.records, ready, batch))
        sending.write([(row, {"state": StepState.READY, "verdict": None, "tries": row.tries - 1}) for row in sent.unsent])
        judged, unseen = _judge(sending, sent.outcomes)
        _write_down(sending, judged, verdicts)
        if error := sent.error or unseen:
            raise error
    return [verdicts[row.id] for row in taken if row.id in verdicts]


def settle(sending: Sending, taken: Sequence[Row]) -> datetime | None:
    """Settle rows that were sent and of which nobody knows: by reading, else by sending them again when that is safe.

    The time when one of them can be looked at again, if there is one. Raises as ``send``.
    """
    found = sending.records.read([row.record_id for row in taken], _names(taken)).records
    changed: list[tuple[Row, Values]] = []
    due: list[datetime] = []
    for row in taken:
        again_at = _again_at(sending, row)
        values = _by_reading(sending, row, found.get(row.record_id))
        if values is None and again_at is not None and again_at > sending.amend.now():
            due.append(again_at)
        elif values is None:
            changed.append((row, _again(sending, row, found.get(row.record_id))))
        else:
            changed.append((row, values))
    sending.write(changed)
    return min(due, default=None)


def _names(taken: Sequence[Row]) -> list[str]:
    return [*dict.fromkeys(change["name"] for row in taken for change in row.changes)]


def _not_to_send(sending: Sending, row: Row, record: dict[str, Any] | None) -> Values | None:
    """How a row ends of which nothing is sent; None for one that is to be sent."""
    amend, records = sending.amend, sending.records
    if record is None:
        return settled(amend, Verdict.REFUSED, row.read_changes(), note=f"Nothing was sent. {preview.GONE}", tries=row.tries)
    if preview.is_as_previewed(records, row, record):
        return None
    now = preview.as_now(records, row, record)
    if row.tries and (stored := _stored(records, row, record)):
        return settled(amend, Verdict.STORED, stored, note="Reading the record back settled it.", tries=row.tries)
    note = f"Skipped, and nothing was overwritten: the record was changed after the preview{preview.who(records, record)}."
    return settled(amend, Verdict.SKIPPED, now, note=note, tries=row.tries)


def _stored(records: Records, row: Row, record: dict[str, Any]) -> tuple[Change, ...] | None:
    """The changes of a row if the record shows them all."""
    compared = verify.compare(row.read_changes(), _fields(records, row, record), record, records.zone)
    return compared if verify.overall(compared) == Verdict.STORED else None


def _fields(records: Records, row: Row, record: dict[str, Any]) -> dict[str, Field]:
    return records.known_fields(record, [change["name"] for change in row.changes])


def _since(records: Records, taken: Sequence[Row], batch: Batch) -> str | None:
    """The time after which none of these may have been changed: the latest of their versions, but a second before Zoho answered."""
    versions = [version for row in taken if (version := records.version_of(batch.records[row.record_id]))]
    if records.product == "desk" or len(versions) < len(taken):
        return None
    latest = max(versions, key=instant)
    if batch.at is not None and instant(latest) > batch.at - SECOND:
        return (batch.at - SECOND).isoformat(timespec="seconds")
    return latest


def _body(records: Records, row: Row, record: dict[str, Any]) -> Write:
    body: dict[str, Any] = {}
    fields = _fields(records, row, record)
    for change in row.changes:
        fields[change["name"]].place(body, change["sent"], change["before"])
    return Write(row.record_id, body)


def _call(sending: Sending, taken: Sequence[Row], batch: Batch, since: str | None) -> Sent:
    """One call; split in halves while Zoho refuses it as a whole or finds that something moved, until the culprit is alone."""
    records = sending.records
    writes = [_body(records, row, batch.records[row.record_id]) for row in taken]
    try:
        outcomes = records.write(writes, since, sending.options)
    except ZohoError as error:
        return Sent(unsent=[*taken], error=error)
    again = [row for row, outcome in zip(taken, outcomes, strict=True) if _is_worth_splitting(outcome, since, records, batch, row, taken)]
    sent = Sent([(row, outcome) for row, outcome in zip(taken, outcomes, strict=True) if row not in again])
    for part in _halves(again):
        own = records.version_of(batch.records[part[0].record_id]) if len(part) == 1 else None
        more = _call(sending, part, batch, own or since) if sent.error is None else Sent(unsent=part)
        sent = Sent([*sent.outcomes, *more.outcomes], [*sent.unsent, *more.unsent], sent.error or more.error)
    return sent


def _is_worth_splitting(outcome: WriteOutcome, since: str | None, records: Records, batch: Batch, row: Row, taken: Sequence[Row]) -> bool:
    if outcome.status == "conflict":
        return len(taken) > 1 or since != records.version_of(batch.records[row.record_id])
    return outcome.status == "refused" and outcome.is_whole and len(taken) > 1


def _halves(taken: list[Row]) -> list[list[Row]]:
    middle = (len(taken) + 1) // 2
    return [part for part in (taken[:middle], taken[middle:]) if part]


def _judge(sending: Sending, outcomes: Sequence[tuple[Row, WriteOutcome]]) -> tuple[list[tuple[Row, Values]], ZohoError | None]:
    """What became of rows that were sent: by reading back all of which Zoho did not say no; and what kept us from reading."""
    amend, records = sending.amend, sending.records
    asked = [row for row, outcome in outcomes if outcome.status != "refused"]
    found: dict[str, dict[str, Any]] = {}
    unseen: ZohoError | None = None
    for first in range(0, len(asked), records.size):
        part = asked[first : first + records.size]
        try:
            found |= records.read([row.record_id for row in part], _names(part)).records
        except ZohoError as error:
            unseen = error
    settled_rows = []
    for row, outcome in outcomes:
        if outcome.status == "refused":
            values = settled(amend, Verdict.REFUSED, row.read_changes(), refusals=outcome.refusals, outcome=outcome, tries=row.tries)
        else:
            values = _verdict(sending, row, outcome, found.get(row.record_id), unseen.summary if unseen else "")
        settled_rows.append((row, values))
    return settled_rows, unseen


def _verdict(sending: Sending, row: Row, outcome: WriteOutcome, record: dict[str, Any] | None, unseen: str) -> Values:
    amend, records, changes = sending.amend, sending.records, row.read_changes()
    if record is None:
        said = "Zoho accepted the change" if outcome.status == "accepted" else outcome.note or "Nobody knows what became of it"
        note = f"{said}, but the record could not be read back: {unseen or 'Zoho did not show it.'}"
        return settled(amend, Verdict.UNKNOWN, changes, note=note, outcome=outcome, tries=row.tries)
    compared = verify.compare(changes, _fields(records, row, record), record, records.zone)
    verdict = verify.overall(compared)
    if outcome.status == "accepted":
        return settled(amend, verdict, compared, outcome=outcome, tries=row.tries)
    if verdict == Verdict.STORED:
        note = "Reading the record back settled it."
    elif outcome.status == "conflict":
        verdict = Verdict.SKIPPED
        note = f"Skipped, and nothing was overwritten: the record was changed at this moment{preview.who(records, record)}."
    else:
        verdict, note = Verdict.UNKNOWN, f"{outcome.note} The record does not show it yet.".strip()
    return settled(amend, verdict, compared, note=note, outcome=outcome, tries=row.tries)


def _write_down(sending: Sending, changed: Sequence[tuple[Row, Values]], verdicts: dict[UUID, Verdict]) -> None:
    sending.write(changed)
    verdicts |= {row.id: Verdict(values["verdict"]) for row, values in changed}


def _by_reading(sending: Sending, row: Row, record: dict[str, Any] | None) -> Values | None:
    """How reading settles a row that was sent; None when the record does not tell."""
    amend, records = sending.amend, sending.records
    if record is None:
        note = "The record is not there any more, so nobody can tell whether it was stored."
        return settled(amend, Verdict.UNKNOWN, row.read_changes(), note=note, tries=GIVEN_UP)
    if stored := _stored(records, row, record):
        return settled(amend, Verdict.STORED, stored, note="Reading the record back settled it.", tries=row.tries)
    if preview.is_as_previewed(records, row, record):
        return None
    compared = verify.compare(row.read_changes(), _fields(records, row, record), record, records.zone)
    if row.was_accepted:
        return settled(amend, verify.overall(compared), compared, note="Settled by reading the record later.", tries=row.tries)
    note = "The record was changed by somebody since and holds other values now, so nobody can tell whether this was ever stored."
    return settled(amend, Verdict.UNKNOWN, compared, note=note, tries=GIVEN_UP)


def _again_at(sending: Sending, row: Row) -> datetime | None:
    """When a row may be sent again: at once under a condition, else when it cannot be on its way any more."""
    if sending.records.product == "crm" and row.version is not None:
        return None
    return row.sent_at + LATE if row.sent_at else None


def _again(sending: Sending, row: Row, record: dict[str, Any] | None) -> Values:
    """To be sent once more; after too many tries it is not stored, or nobody knows."""
    if row.tries < MOST_TRIES:
        return {"state": StepState.READY, "verdict": None, "note": None}
    changes = row.read_changes()
    compared = verify.compare(changes, _fields(sending.records, row, record), record, sending.records.zone) if record else changes
    note = f"Zoho did not take it in {row.tries} tries; the record shows the earlier values."
    return settled(sending.amend, Verdict.NOT_STORED, compared, note=note, tries=row.tries)
