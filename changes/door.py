"""The public door: any tool by name. A read passes through; a write becomes a plan of one step, on the same road as a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from changes import apply, drafts, resolve, road, transitions, verify
from changes.apply import Applied, Edit
from changes.drafts import Entry
from changes.plans import Receipt, Target, Verdict
from changes.resolve import Seen
from changes.road import AlreadySent, Conflict
from zoho import clients, tools
from zoho.answers import Done, Question, Refused, ToolAnswer
from zoho.connections import Connection
from zoho.errors import ConflictError, UnknownToolError
from zoho.fields import unknown_field
from zoho.record_forms import record_fields
from zoho.runtime import Amend


def execute_tool(amend: Amend, connection_id: UUID, name: str, params: Mapping[str, Any]) -> ToolAnswer:
    """The public door: a read passes through; a write becomes a plan of one step and returns ``Done(Receipt)``.

    ``Question`` when a choice must be made, ``Refused`` with each reason at its field. Raises UnknownToolError,
    NotConnectedError, ConflictError (the record moved meanwhile) and the other ZohoErrors.
    """
    tool = tools.find(name)
    if tool.is_inner:
        raise UnknownToolError(f"{name} is for plans of many records")
    meant = resolve.which_record(amend, connection_id, tool, params)
    if isinstance(meant, Question | Refused):
        return meant
    if not tool.writes:
        return tools.run(amend, connection_id, name, meant)
    checked = tools.validate(tool, meant)
    if isinstance(checked, Refused):
        return checked
    if tool.name == transitions.TOOL:
        return _take_transition(amend, clients.load(amend, connection_id), checked)
    module = str(tool.module or getattr(checked, "module", ""))
    return _write_tool(amend, connection_id, tool.product, module, checked)


def _write_tool(amend: Amend, connection_id: UUID, product: str, module: str, params: Any) -> ToolAnswer:
    connection = clients.load(amend, connection_id)
    answer = verify.read_record(amend, connection, product, module, params.id, tuple(params.fields))
    if not isinstance(answer, Done):
        return answer  # type: ignore[no-any-return]
    record: dict[str, Any] = answer.value
    asked = getattr(params, "unmodified_since", None)
    if asked is not None:
        record = {**record, "Modified_Time": asked}
    known = record_fields(amend, connection, product, module, record, list(params.fields))
    fields = {name: known.get(name) or unknown_field(product, name) for name in params.fields}
    locked = {name: field.why_read_only or "This field cannot be edited." for name, field in fields.items() if not field.is_editable}
    if locked:
        return road.refused(locked)
    zone = drafts.zone_of(connection)
    values = resolve.which_values(amend, Seen(connection, product, record, zone), known, params.fields)
    if isinstance(values, Question | Refused):
        return values
    entries = [Entry(field, road.known(field.read(record)), values[name]) for name, field in fields.items()]
    edit = Edit(
        user_id=connection.user_id,
        connection=connection,
        target=Target(product, module, params.id, drafts.record_name(product, record, params.id)),
        record=record,
        changes=road.changes_of(entries, zone),
        fields=fields,
        zone=zone,
        origin="tool",
        options={key: value for key in ("trigger", "quiet_close") if (value := getattr(params, key, None)) not in (None, False)},
    )
    done = apply.apply(amend, edit)
    if not isinstance(done, Applied):  # a tool has no form that could have been sent before
        return done  # type: ignore[return-value]
    if done.settled.verdict == Verdict.CONFLICT:
        raise ConflictError("somebody changed the record between our reading and our writing")
    return Refused(done.settled.refusals) if done.settled.verdict == Verdict.REFUSED else Done(done.receipt)


def _take_transition(amend: Amend, connection: Connection, params: Any) -> ToolAnswer:
    opened = transitions.open_for(amend, connection.user_id, connection.id, params.module, params.id)
    if isinstance(opened, Question):
        return opened
    chosen = transitions.choose(amend, opened, params.transition_id)
    typed = chosen if isinstance(chosen, Refused) else transitions.from_wire(chosen, params.data)
    if isinstance(chosen, Refused) or isinstance(typed, Refused):
        return typed  # type: ignore[return-value]
    match saved := transitions.take(amend, connection.user_id, chosen, typed, origin="tool"):
        case Conflict():
            raise ConflictError("somebody changed the record between our reading and our writing")
        case AlreadySent():
            return Done(saved.receipt)
        case Receipt():
            return Done(saved)
    return saved
