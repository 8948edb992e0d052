"""Read the record back and compare: the only proof that an edit was stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from changes.plans import MAX_VERSION, Change, Verdict
from zoho import tools
from zoho.answers import Done
from zoho.connections import Connection
from zoho.errors import ZohoError
from zoho.fields import ABSENT, Field
from zoho.fields.cut import has_more
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES


def version_of(product: str, record: Mapping[str, Any]) -> str | None:
    """``Modified_Time`` or ``modifiedTime``, as Zoho wrote it; None when the profile may not see it, or when it is no time."""
    value = record.get("Modified_Time" if product == "crm" else "modifiedTime")
    return value if isinstance(value, str) and 0 < len(value) <= MAX_VERSION else None


def read_record(
    amend: Amend, connection: Connection, product: str, module: str, record_id: str, whole: tuple[str, ...] | None = None
) -> Any:
    """The record as Zoho holds it now: Done(dict), or the Question which Desk organization. Raises the ZohoErrors of a read.

    ``whole``: the texts that must not be cut, which takes a call more where Zoho cut one; all of them unless named.
    """
    if product == "desk":
        return tools.run(amend, connection, f"desk.get_{DESK_MODULES[module]}", {"id": record_id})
    return tools.run(amend, connection, "crm.get_record", {"module": module, "id": record_id, "whole": whole})


def read_back(
    amend: Amend, connection: Connection, product: str, module: str, record_id: str, whole: tuple[str, ...]
) -> dict[str, Any] | str:
    """The record after a write of the fields ``whole``, or in words why it cannot be seen."""
    try:
        answer = read_record(amend, connection, product, module, record_id, whole)
    except ZohoError as error:
        return error.summary
    if isinstance(answer, Done) and isinstance(answer.value, dict):
        return answer.value
    return "Zoho did not show the record."


def compare(changes: Sequence[Change], fields: Mapping[str, Field], record: Mapping[str, Any], zone: ZoneInfo) -> tuple[Change, ...]:
    """Each change with what the record holds now, and its own verdict."""
    return tuple(_compare_one(change, fields[change.name], record, zone) for change in changes)


def _compare_one(change: Change, field: Field, record: Mapping[str, Any], zone: ZoneInfo) -> Change:
    after = field.read(record)
    if after is ABSENT:
        return change.settle(Verdict.UNKNOWN, None, "")
    if type(after) is type(change.sent) and after == change.sent and not isinstance(after, list | dict):
        return change.settle(Verdict.STORED, after, change.sent_text)
    if field.same(change.sent, after):
        verdict = Verdict.STORED
    elif has_more(record, field.name):
        return change.settle(Verdict.UNKNOWN, None, "Zoho shows only a part of these rows.")
    elif field.same(change.before, after):
        verdict = Verdict.NOT_STORED
    else:
        verdict = Verdict.STORED_DIFFERENTLY
    return change.settle(verdict, after, field.show_change(change.before, after, zone)[1])


def overall(changes: Sequence[Change]) -> Verdict:
    """One word for the record: the same for all, else *unknown* if any is, else *stored differently*."""
    verdicts = {change.verdict for change in changes}
    if len(verdicts) == 1:
        return Verdict(verdicts.pop() or Verdict.UNKNOWN)
    return Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.STORED_DIFFERENTLY
