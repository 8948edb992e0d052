"""Many records of one module: read and written as many at a time as Zoho allows, with the fields that they have."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from changes import verify
from changes.drafts import CRM_NAMES, record_name, zone_of
from zoho import clients, metadata, record_forms, tools
from zoho.answers import Batch, Done, Question, Refusal, Refused, WriteOutcome
from zoho.connections import Connection
from zoho.errors import DeskOrgUnknownError, RecordNotFoundError, RequestRefusedError
from zoho.fields import Field, Kind, layout_id, settled, unknown_field
from zoho.fields.cut import may_be_cut
from zoho.fields.form import comparable
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES

SIZE = {"crm": 100, "desk": 1}
"""Records a call: Desk has no update of many that says what became of each."""
UNLISTED = frozenset({Kind.SUBFORM, Kind.LINKS, Kind.FILES, Kind.RICH_TEXT})
"""What no list shows, or shows only the beginning of: records with such a field are read one by one."""
CALLS = 10
"""At a time, of one plan: Zoho's limit for writes of more than ten records."""
NAMED = frozenset({Kind.OWNER, Kind.LOOKUP, Kind.ANY_LOOKUP, *UNLISTED})
BESIDE = ("Modified_Time", "Modified_By", "Layout")
"""Version, author and layout of a record."""
CALLED = tuple(part for name in CRM_NAMES for part in name.split("+"))
"""What a record may be called by."""
FRESH_SECONDS = 60.0
"""How long connection and fields are taken for what they were."""


class Write(NamedTuple):
    """One record to change: its id, and the fields in Zoho's words."""

    record_id: str
    body: dict[str, Any]


class Records:
    """The records of one module through one connection. Methods raise the ZohoErrors of their calls; threads may share one."""

    def __init__(self, amend: Amend, connection_id: Any, product: str, module: str) -> None:
        self._amend, self._id, self.product, self.module = amend, connection_id, product, module
        self._places = threading.BoundedSemaphore(CALLS)
        self._renew()

    @property
    def size(self) -> int:
        """Records a call."""
        return SIZE[self.product]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the Zoho user."""
        return zone_of(self.connection)

    @property
    def connection(self) -> Connection:
        """Read again now and then: a token lasts an hour, a plan may take longer."""
        if monotonic() - self._at > FRESH_SECONDS:
            self._renew()
        return self._connection

    def _renew(self) -> None:
        self._connection, self._at = clients.load(self._amend, self._id), monotonic()
        self._fields: dict[str, Mapping[str, Field]] = {}
        self._beside: tuple[str, ...] | None = None

    def read(self, ids: Sequence[str], names: Sequence[str], *, is_named: bool = False) -> Batch:
        """These records with these fields, and what tells their name if asked for; one that is not there is left out."""
        if self.product == "desk":
            return Batch(self._one_by_one(ids), None)
        template = self._template({})
        if any(name in template and template[name].kind in UNLISTED for name in names):
            return Batch(self._one_by_one(ids, names), None)
        wanted = (*dict.fromkeys((*(name for name in names if name in template), *self._known_beside(is_named))),)
        params = {"module": self.module, "ids": tuple(ids), "fields": wanted}
        batch: Batch = _done(self._run("crm.get_records", params))
        cut = [id for id, record in batch.records.items() if any(_is_cut(record.get(name)) for name in names)]
        unlisted = [id for id in ids if id not in batch.records]  # a list leaves out what a record's own address shows
        return Batch({**batch.records, **self._one_by_one([*cut, *unlisted], names)}, batch.at)

    def fields(self, record: dict[str, Any], names: Sequence[str]) -> dict[str, Field]:
        """The fields of this record by name, as far as it has them."""
        if self.product == "desk":
            return record_forms.record_fields(self._amend, self.connection, "desk", self.module, record, [*names])
        template = self._template(record)
        return {name: comparable(settled(template[name], record), record) for name in names if name in template}

    def known_fields(self, record: dict[str, Any], names: Sequence[str]) -> dict[str, Field]:
        """Fields to compare and to send by: also such as Zoho does not list any more, and few are settled for the record."""
        if self.product == "desk":
            found = self.fields(record, names)
            return {name: found.get(name) or unknown_field("desk", name) for name in names}
        template = self._template(record)
        return {name: _named(template[name], record) if name in template else unknown_field("crm", name) for name in names}

    def name_of(self, record: Mapping[str, Any], record_id: str) -> str:
        """How people call this record."""
        return record_name(self.product, record, record_id)

    def version_of(self, record: Mapping[str, Any]) -> str | None:
        """Zoho's modification time, as it wrote it; None when it is no time."""
        version = verify.version_of(self.product, record)
        try:
            return version if version and instant(version) else None
        except ValueError:
            return None

    def write(self, rows: Sequence[Write], since: str | None, options: Mapping[str, Any]) -> list[WriteOutcome]:
        """Change these records in one call; an outcome each. Desk takes one record, and no condition."""
        if self.product == "desk":
            row = rows[0]
            params = {"id": row.record_id, "fields": row.body, **options}
            answer = self._run(f"desk.update_{DESK_MODULES[self.module]}", params)
            if isinstance(answer, Refused):
                return [WriteOutcome("refused", answer.refusals)]
            return [_done(answer)]
        sent = [{"id": row.record_id, "fields": row.body} for row in rows]
        params = {"module": self.module, "records": sent, "unmodified_since": since, **options}
        answer = self._run("crm.update_records", params)
        if isinstance(answer, Refused):
            return [WriteOutcome("refused", answer.refusals, is_whole=True)] * len(rows)
        outcomes: list[WriteOutcome] = _done(answer)
        return outcomes

    def _run(self, name: str, params: Mapping[str, Any]) -> Any:
        with self._places:
            return tools.run(self._amend, self.connection, name, params)

    def _one_by_one(self, ids: Sequence[str], names: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for id in ids:
            try:
                with self._places:
                    answer = verify.read_record(self._amend, self.connection, self.product, self.module, id, tuple(names))
            except RecordNotFoundError:
                continue
            found[id] = _done(answer)
        return found

    def _template(self, record: dict[str, Any]) -> Mapping[str, Field]:
        key = layout_id(record)
        if key not in self._fields:
            self._fields[key] = record_forms.layout_fields(self._amend, self.connection, self.module, record)
        return self._fields[key]

    def _known_beside(self, is_named: bool) -> tuple[str, ...]:
        """Version, author and layout, and what makes the name, as far as the module has them."""
        if self._beside is None:
            known = {str(meta.get("api_name")) for meta in metadata.crm_fields(self._amend, self.connection, self.module)}
            self._beside = tuple(name for name in dict.fromkeys((*BESIDE, *CALLED)) if name in known or name == "Modified_Time")
        return self._beside if is_named else tuple(name for name in self._beside if name in BESIDE)


def _named(field: Field, record: dict[str, Any]) -> Field:
    """With a name for the id that the record holds; other kinds show their values without knowing the record."""
    return settled(field, record) if field.kind in NAMED else field


def instant(version: str) -> datetime:
    """A version as a time. Raises ValueError."""
    at = datetime.fromisoformat(version)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _is_cut(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 400 and may_be_cut(value)


def _done(answer: Any) -> Any:
    """The value of an answer; a question about the organization, or a refusal of our own parameters, is an error here."""
    if isinstance(answer, Question):
        raise DeskOrgUnknownError(answer.prompt)
    if isinstance(answer, Refused):
        first = answer.refusals[0] if answer.refusals else Refusal(None, "")
        raise RequestRefusedError(f"{first.field}: {first.message}", summary=first.message)
    found: Done = answer
    return found.value
