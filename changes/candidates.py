"""Who or what may stand in a lookup: records by a search, people by their list, each with what tells it from its likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from changes import find
from changes.find import Wanted
from changes.meant import folded
from zoho import clients, metadata, scopes
from zoho.answers import Question, Refused
from zoho.connections import Connection
from zoho.fields import Field, Kind
from zoho.metadata import Source
from zoho.runtime import Amend
from zoho.tools.desk import MODULES as DESK_MODULES
from zoho.tools.desk import UNSEARCHED

SHOWN = 20
DETAILS = ("Company", "Account_Name", "Email", "City", "Mailing_City", "Billing_City", "Stage", "Phone", "Owner", "ticketNumber", "status")
"""What tells records of one name apart; modules have some of these each."""
MAX_DETAILS = 4
LAGS = "Zoho's search does not know records saved in the last moments; an id always works."
INACTIVE = "inactive in Zoho"


PEOPLE = {"crm": "users", "desk": "agents"}
ANY_MODULE = "se_module"
"""What CRM says in place of a module where any kind of record may stand."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record or person: ``details`` tells it from its likes, ``warning`` says why Zoho may refuse it."""

    id: str
    name: str
    details: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Those that fit a text, the best first; ``notice`` says what to know about them: none, more than these, nothing to search."""

    rows: tuple[Candidate, ...]
    notice: str = ""


def target_of(field: Field) -> str:
    """Where to look for what this field may hold, as ``find_candidates`` takes it; "" when it points to nothing that can be searched."""
    if field.kind == Kind.OWNER:
        return PEOPLE[field.product]
    return field.lookup_module or "" if field.kind == Kind.LOOKUP and field.lookup_module != ANY_MODULE else ""


def find_candidates(amend: Amend, connection: Connection, product: str, target: str, text: str) -> Candidates:
    """Who or what fits ``text``; the newest, or everybody, while it is shorter than two characters.

    ``target`` is a module, or on CRM ``users``, on Desk ``agents``, ``teams`` or ``departments``. Raises the ZohoErrors of a read.
    """
    text = " ".join(text.split())[:200]
    if (product, target) in _LISTS:
        return _of_list(amend, connection, (product, target), text)
    if product == "desk" and (target not in DESK_MODULES or (text and target in UNSEARCHED)):
        return Candidates((), f"Zoho has no search for {target}: give the id.")
    wanted = Wanted(text if len(text) > 1 else "", columns=DETAILS)
    answer = find.list_records(amend, connection, product, target, wanted)
    if isinstance(answer, Question):
        return Candidates((), f"{answer.prompt} Choose it on the connection's page.")
    if isinstance(answer, Refused):
        return Candidates((), " ".join(refusal.message for refusal in answer.refusals))
    rows = [
        Candidate(hit.record_id, hit.name, " · ".join([cell[:80] for cell in hit.cells if cell and cell != hit.name][:MAX_DETAILS]))
        for hit in answer.hits
    ]
    return _cut(rows, wanted.text, answer.more)


def _of_list(amend: Amend, connection: Connection, which: tuple[str, str], text: str) -> Candidates:
    source, read = _LISTS[which]
    part = metadata.read(amend, connection, [source(amend, connection)])[0]
    if part.notice:
        return Candidates((), part.notice)
    words = folded(text).split()
    rows = [row for row in map(read, part.body) if row.id and all(word in folded(f"{row.name} {row.details}") for word in words)]
    return _cut(sorted(rows, key=lambda row: bool(row.warning)), text, more=False, lags="")


def _cut(rows: Sequence[Candidate], text: str, more: bool, lags: str = LAGS) -> Candidates:
    if not rows:
        return Candidates((), f"Nothing found for “{text[:80]}”. {lags}".strip() if text else "Nothing to choose from.")
    is_cut = more or len(rows) > SHOWN
    return Candidates(tuple(rows[:SHOWN]), "There are more than these: type more of the name." if is_cut else "")


def _user(row: dict[str, Any]) -> Candidate:
    warning = "" if row.get("status") in (None, "active") else INACTIVE
    return Candidate(str(row.get("id") or ""), _named(row, "full_name", "email"), _text(row, "email"), warning)


def _agent(row: dict[str, Any]) -> Candidate:
    warning = "" if row.get("status") in (None, "ACTIVE") else INACTIVE
    return Candidate(str(row.get("id") or ""), _named(row, "name", "emailId"), _text(row, "emailId"), warning)


def _plain(row: dict[str, Any]) -> Candidate:
    is_off = row.get("isEnabled") in (False, "false")
    return Candidate(str(row.get("id") or ""), _named(row, "name", "id"), _text(row, "description")[:80], INACTIVE if is_off else "")


def _named(row: dict[str, Any], name: str, other: str) -> str:
    return _text(row, name) or " ".join(_text(row, key) for key in ("firstName", "lastName") if row.get(key)) or _text(row, other)


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _users(amend: Amend, connection: Connection) -> Source:
    return Source("crm/users", scopes.CRM_USERS, clients.crm_client(amend, connection).users)


def _desk(key: str) -> Callable[[Amend, Connection], Source]:
    def source(amend: Amend, connection: Connection) -> Source:
        client = clients.desk_client(amend, connection)
        return Source(f"desk/{key}", scopes.DESK_PEOPLE, getattr(client, key))

    return source


_LISTS: dict[tuple[str, str], tuple[Callable[[Amend, Connection], Source], Callable[[dict[str, Any]], Candidate]]] = {
    ("crm", "users"): (_users, _user),
    ("desk", "agents"): (_desk("agents"), _agent),
    ("desk", "teams"): (_desk("teams"), _plain),
    ("desk", "departments"): (_desk("departments"), _plain),
}
"""What is short enough to be read whole, as the form reads it, and looked through here."""
