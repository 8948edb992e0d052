"""A lookup on the form: typed by name or id, chosen among candidates, posted as what was typed and the id that was chosen.

Its control has three parts: ``f_Field`` holds the text, ``id_Field`` the chosen record as ``id name``, ``as_Field`` the text that
this choice stands for; in a table or beside a choice of modules the name of the control stands for the field's. A text that was
changed since is no longer the choice; nothing is ever chosen for the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from changes.candidates import ANY_MODULE, Candidates, find_candidates, target_of
from changes.drafts import Opened
from store.exact_json import storable
from zoho.connections import Connection
from zoho.errors import ZohoError
from zoho.fields import Field
from zoho.fields.choices import MAX_ID, id_of
from zoho.fields.shown import name_in
from zoho.runtime import Amend

PREFIX, ID, AS = "f_", "id_", "as_"
MOST_IN_A_SELECT = 20
"""People; a longer list is searched by typing a name, a shorter one is a plain select, where that works as well."""


@dataclass(frozen=True, slots=True)
class Picker:
    """What the control of a lookup holds. ``offered``: what the text may mean, when it is neither a choice nor an id."""

    target: str
    url: str
    text: str
    id: str
    beside: str
    kind: str = ""
    """Name of the control that says in which module to search, at the end of ``url``."""
    offered: Candidates | None = None


def posted(form: MultiDict[str, str], name: str) -> list[str]:
    """What the control of a field posted; of a lookup the text, and then the id if the text still stands for it."""
    values = [storable(value) for value in form.getlist(PREFIX + name)]
    if AS + name not in form:
        return values
    text = _line(values[-1] if values else "")
    record_id, _, called = storable(form.get(ID + name, "")).partition(" ")
    is_chosen = bool(record_id) and text == _line(storable(form[AS + name]))
    return [_line(called) or text, record_id] if is_chosen else [text]


def picker(opened: Opened, field: Field, wire: Any, current: Sequence[str], control: str) -> Picker | None:
    """The control for a lookup whose records can be searched; None for every other field. ``current``: as ``posted`` gives it."""
    target = target_of(field)
    is_searched = control == "text" or (control == "select" and len(field.options) > MOST_IN_A_SELECT)
    if not target or not is_searched:
        return None
    return _picker(opened, field, wire, current, target, _beside(field, target))


def module_picker(opened: Opened, field: Field, wire: Any, current: Sequence[str], target: str) -> Picker:
    """The control for a lookup into one of several modules; ``target`` is the one that is chosen, "" for none."""
    words = "Type a name to search, or give an id." if target else "Choose the kind of record, then type a name or give an id."
    found = _picker(opened, field, wire, current, target or ANY_MODULE, words)
    return replace(found, target=target, url=found.url.rpartition("/")[0] + "/", kind=f"{PREFIX}{field.name}.module")


def _picker(opened: Opened, field: Field, wire: Any, current: Sequence[str], target: str, words: str) -> Picker:
    record_id = current[-1].strip() if current and _is_id(current[-1].strip()) else ""
    text = _line(current[0]) if len(current) > 1 else _called(field, wire, record_id) or (current[0] if current else "")
    url = url_for("candidates.show", connection_id=opened.connection.id, product=opened.product, target=target)
    return Picker(target, url, text, record_id, words)


def candidates(amend: Amend, connection: Connection, product: str, target: str, text: str) -> Candidates:
    """Who or what fits a text. What keeps Zoho from telling is said, for an id can be given all the same."""
    try:
        return find_candidates(amend, connection, product, target, text)
    except ZohoError as error:
        return Candidates((), f"{error.summary} An id can be given all the same.")


def _called(field: Field, wire: Any, record_id: str) -> str:
    """The name of what an id points to, where it is known."""
    if record_id and record_id == id_of(wire) and isinstance(wire, dict) and name_in(wire):
        return _line(name_in(wire))
    known = (option.label for option in (*field.held, *field.options) if option.value == record_id)
    return _line(next(known, ""))


def _beside(field: Field, target: str) -> str:
    words = f"Type a name to search {target.replace('_', ' ')}, or give an id."
    if field.is_filtered:
        return f"{words} Zoho limits what may stand here by a filter of its own, and may refuse others."
    if target == "users":
        return f"{words} Only active users are listed; Zoho refuses others."
    return words


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_ID


def _line(text: str) -> str:
    """As a one-line input holds it."""
    return " ".join(text.split())
