"""Which record, and which value, is meant: what a person would have to choose is asked before anything is written.

A question is answered by sending the same parameters again with the answer under the question's ``name``; a name with points
is a path into the parameters (``fields.Rating``, ``fields.Interests.1``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from changes.drafts import record_name
from changes.meant import Ambiguous, Unknown, options_like, people_like, question, same_text
from zoho import clients, orgs, tools
from zoho.answers import Choice, Done, Page, Question, Refusal, Refused
from zoho.connections import Connection
from zoho.fields import ABSENT, Field, FieldError, Kind
from zoho.fields.shown import name_in
from zoho.orgs import DESK_ORG
from zoho.runtime import Amend
from zoho.tools import Tool
from zoho.tools.desk import MODULES as DESK_MODULES
from zoho.tools.desk import UNSEARCHED

Params = Mapping[str, Any]
NAMES = frozenset({"name", "search"})
"""Parameters that say what a record is called."""
DETAILS = {
    "crm": "Email Company Account_Name City Mailing_City Billing_City Stage Owner Modified_Time".split(),
    "desk": "ticketNumber email account accountName status city modifiedTime createdTime".split(),
}
"""What tells records of one name apart, in this order."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as it was read, and through which connection."""

    connection: Connection
    product: str
    record: Mapping[str, Any]
    zone: ZoneInfo


def which_record(amend: Amend, connection_id: UUID, tool: Tool, params: Params) -> Params | Question | Refused:
    """The parameters with the record by its id, and with answers in the places that were asked about. Asks nobody but for a name.

    A name that one record has is replaced by its id; none is Refused, several are a Question with what tells them apart.
    """
    given = _answered(params)
    if not isinstance(given, Refused) and tool.product == "desk" and DESK_ORG in given:
        given = _with_org(amend, connection_id, given)
    if isinstance(given, Refused) or not tool.takes_name or not (NAMES & set(given)):
        return given
    checked: Any = tools.validate(tool, given)
    if isinstance(checked, Refused):
        return checked
    nameless = {key: value for key, value in given.items() if key not in NAMES}
    if checked.id:  # the answer to which of that name
        return nameless
    module = tool.module or checked.module
    found = _search(amend, connection_id, tool.product, module, checked.name, "id")
    if isinstance(found, Question | Refused):
        return found
    return {**nameless, "id": found}


def which_values(amend: Amend, seen: Seen, fields: Mapping[str, Field], wanted: Params) -> dict[str, Any] | Question | Refused:
    """The values to write: display values as actual ones, people and records by id.

    A value that is only nearly one of those allowed is a Question, never a guess; one that is far from all is Refused.
    """
    values: dict[str, Any] = {}
    refusals: list[Refusal] = []
    questions: list[Question] = []
    for name, value in wanted.items():
        field = fields.get(name)
        resolve = _BY_KIND.get(field.kind) if field is not None and value not in (None, "", [], {}) else None
        try:
            values[name] = resolve(amend, seen, field, value) if resolve and field else value
        except (Unknown, FieldError) as why:
            refusals.append(Refusal(field=name, message=str(why)))
        except Ambiguous as which:
            questions.append(which.question)
    if refusals:
        return Refused(tuple(refusals))
    return questions[0] if questions else values


def search_terms(text: str) -> dict[str, str]:
    """The one parameter of CRM's search that fits the shape of ``text``: ``email``, ``phone`` or ``word``."""
    if re.fullmatch(r"[^\s@]+@[^\s@]+", text):
        return {"email": text}
    digits = sum(character.isdigit() for character in text)
    if re.fullmatch(r"[+()\d\s./#-]+", text) and digits >= 5:
        return {"phone": text}
    return {"word": text}


def _answered(params: Params) -> Params | Refused:
    """Answers under a path, moved to the place they answer for."""
    paths = [key for key in params if isinstance(key, str) and "." in key]
    given: Any = {key: value for key, value in params.items() if key not in paths}
    for path in paths:
        try:
            given = _put(given, path.split("."), params[path])
        except (LookupError, ValueError):
            return Refused((Refusal(field=path, message="This answers no question about these parameters."),))
    return given if paths else params


def _put(holder: Any, path: Sequence[str], answer: Any) -> Any:
    if not path:
        return answer
    step, *rest = path
    if isinstance(holder, Mapping):
        return {**holder, step: _put(holder[step], rest, answer)}
    items = holder.split(";") if isinstance(holder, str) else list(holder)
    items[int(step)] = _put(items[int(step)], rest, answer)
    return items


def _with_org(amend: Amend, connection_id: UUID, given: Params) -> Params | Refused:
    """The answer to which Desk organization: stored while none is; another than the stored one is not chosen in passing."""
    wanted = str(given[DESK_ORG])
    connection = clients.load(amend, connection_id)
    if orgs.is_org_id(connection.desk_org_id):
        if (connection.desk_org_id or "").strip() != wanted:
            message = "This connection edits another Desk organization; its page is the place to change that."
            return Refused((Refusal(field=DESK_ORG, message=message),))
    elif not orgs.choose_desk_org_by_id(amend, connection.user_id, connection_id, wanted):
        return Refused((Refusal(field=DESK_ORG, message="This login has no Desk organization of that number."),))
    return {key: value for key, value in given.items() if key != DESK_ORG}


def _search(amend: Amend, connection_id: UUID, product: str, module: str, text: str, name: str) -> str | Question | Refused:
    """The id of the one record that is called so. ``name`` is that of the question."""
    if product == "desk" and (module in UNSEARCHED or module not in DESK_MODULES):
        return Refused((Refusal(field="name", message=f"Zoho has no search for {module}: give the id."),))
    how = (
        ("crm.search_records", {"module": module, **search_terms(text)}) if product == "crm" else (f"desk.search_{module}", {"text": text})
    )
    answer = tools.run(amend, connection_id, *how)
    if not isinstance(answer, Done):
        return answer
    page: Page = answer.value
    hits = [record for record in page.records if str(record.get("id") or "").isdigit()]
    exact = [record for record in hits if any(same_text(text, called) for called in _called(product, record))]
    chosen = exact or hits
    if len(chosen) == 1 and not page.more:
        return str(chosen[0]["id"])
    if not chosen:
        message = f"No record of {module} is called “{text}”. Zoho's search lags behind new records; an id always works."
        return Refused((Refusal(field="name", message=message),))
    options = [_choice(product, record) for record in (hits if page.more else chosen)]
    return question(name, f"Which of the {module} called “{text}” do you mean?", options, more=page.more)


def _called(product: str, record: Mapping[str, Any]) -> tuple[str, ...]:
    emails = [str(record[key]) for key in ("Email", "email") if record.get(key)]
    return (record_name(product, record, ""), *emails)


def _choice(product: str, record: Mapping[str, Any]) -> Choice:
    record_id = str(record["id"])
    held = [record.get(key) for key in DETAILS[product]]
    texts = [name_in(value) if isinstance(value, dict) else str(value or "") for value in held]
    return Choice(record_id, record_name(product, record, record_id), " · ".join([text[:80] for text in texts if text] + [record_id]))


def _picklist(amend: Amend, seen: Seen, field: Field, value: Any) -> Any:
    if not field.options or isinstance(value, dict | list):
        return value
    text = str(value)
    found = options_like(field, text, f"fields.{field.name}")
    return value if found == text else _parsed(seen, field, (found,))


def _multiselect(amend: Amend, seen: Seen, field: Field, value: Any) -> Any:
    if not field.options or isinstance(value, dict):
        return value
    is_one = isinstance(value, str) and all(option.value != value for option in field.options)
    texts = value.split(";") if is_one else value if isinstance(value, list | tuple) else [value]
    found = [options_like(field, str(text).strip(), f"fields.{field.name}.{at}") for at, text in enumerate(texts)]
    return _parsed(seen, field, found)


def _owner(amend: Amend, seen: Seen, field: Field, value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    text = str(value).strip()
    return _parsed(seen, field, (text if text.isdigit() else people_like(field, text, f"fields.{field.name}"),))


def _lookup(amend: Amend, seen: Seen, field: Field, value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    text = str(value).strip()
    if text.isdigit():
        return _parsed(seen, field, (text,))
    if not field.lookup_module or field.lookup_module == "se_module":
        raise Unknown("Give the id of the record: any kind of record may stand here.")
    found = _search(amend, seen.connection.id, seen.product, field.lookup_module, text, f"fields.{field.name}")
    if isinstance(found, Question):
        raise Ambiguous(found)
    if isinstance(found, Refused):
        raise Unknown(found.refusals[0].message)
    return _parsed(seen, field, (found,))


def _merged(amend: Amend, seen: Seen, field: Field, value: Any) -> Any:
    was = field.read(seen.record)
    return field.merged(None if was is ABSENT else was, value)


def _parsed(seen: Seen, field: Field, posted: Sequence[str]) -> Any:
    was = field.read(seen.record)
    return field.parse(posted, seen.zone, None if was is ABSENT else was)


_BY_KIND: dict[Kind, Callable[[Amend, Seen, Field, Any], Any]] = {
    Kind.PICKLIST: _picklist,
    Kind.MULTISELECT: _multiselect,
    Kind.OWNER: _owner,
    Kind.LOOKUP: _lookup,
    Kind.ANY_LOOKUP: _merged,
    Kind.SUBFORM: _merged,
    Kind.LINKS: _merged,
    Kind.FILES: _merged,
}
