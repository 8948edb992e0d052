"""Which field a column of a sheet is meant for, by its name, or as the person said last time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from changes import preferences
from changes.cells import why_not
from changes.meant import folded
from zoho.fields import Field
from zoho.runtime import Amend

ID = "id"
"""Stands for the column that says which record a row is about."""
UNUSED = ""
REMEMBERED, KEPT = "sheet_columns", 400
_ID_NAMES = frozenset({"id", "record id", "zcrm id", "zoho id", "crm id"})


@dataclass(frozen=True, slots=True)
class Match:
    """One column. ``target`` is a field's API name, ``id``, or "" for a column that is not used; ``why`` says so in words."""

    column: int
    header: str
    target: str
    why: str


def match_columns(
    header: Sequence[str], fields: Iterable[Field], singular: str = "", remembered: Mapping[str, str] | None = None
) -> list[Match]:
    """What each column means. ``singular`` is the module's name for one record, ``remembered`` is of ``remembered_columns``.

    By what was chosen last time, else by the field's API name, by ``Label (API_Name)``, or by its label, case and accents apart. A name
    that may mean two fields, and two columns that mean one, are left unused, with a word.
    """
    known = {field.name: field for field in fields}
    names = _names(known.values(), singular)
    found = [_match(at, text, known, names, remembered or {}) for at, text in enumerate(header)]
    twice = {target for target, count in Counter(one.target for one in found if one.target).items() if count > 1}
    return [replace(one, target=UNUSED, why=_clash(one, found)) if one.target in twice else one for one in found]


def remembered_columns(amend: Amend, user_id: UUID, connection_id: UUID, product: str, module: str) -> dict[str, str]:
    """What the person chose for columns of these names: ``target`` by header."""
    value = preferences.find(amend, user_id, connection_id, product, module, REMEMBERED)
    return {str(header): str(target) for header, target in value.items()} if isinstance(value, dict) else {}


def remember_columns(amend: Amend, user_id: UUID, connection_id: UUID, product: str, module: str, chosen: Mapping[str, str]) -> None:
    """Keep what was chosen, ``target`` by header, beside what was chosen for other headers before; the latest 400."""
    before = remembered_columns(amend, user_id, connection_id, product, module)
    merged = [*({header: target for header, target in before.items() if header not in chosen} | dict(chosen)).items()]
    preferences.keep(amend, user_id, connection_id, product, module, REMEMBERED, dict(merged[-KEPT:]))


def _match(at: int, text: str, known: Mapping[str, Field], names: Mapping[str, set[str]], remembered: Mapping[str, str]) -> Match:
    last = remembered.get(text)
    if last is not None and (last in (UNUSED, ID) or last in known):
        targets, why = {last}, "as you chose last time"
    elif text in known or text == ID:
        targets, why = {text}, "by its API name"
    else:
        targets, why = names.get(_key(text), set()), "by its name"
    if not targets:
        return Match(at, text, UNUSED, "No field is called so.")
    if len(targets) > 1:
        return Match(at, text, UNUSED, f"May mean {' or '.join(_label(known, one) for one in sorted(targets))}: choose one.")
    (target,) = targets
    refusal = why_not(known[target]) if target in known and target != ID else None
    return (
        Match(at, text, UNUSED, refusal)
        if refusal
        else Match(at, text, target, f"{_label(known, target)}, {why}" if target else f"Not used, {why}")
    )


def _names(fields: Iterable[Field], singular: str) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for field in fields:
        for text in {field.name, field.label, f"{field.label} ({field.name})"}:
            names.setdefault(_key(text), set()).add(field.name)
    for text in {*_ID_NAMES, _key(f"{singular} id")} if singular else _ID_NAMES:
        names.setdefault(text, set()).add(ID)
    return names


def _clash(one: Match, found: Sequence[Match]) -> str:
    others = " and ".join(f"“{other.header[:80]}”" for other in found if other.target == one.target and other.column != one.column)
    return f"Means the same field as {others}: choose one of them."


def _label(known: Mapping[str, Field], target: str) -> str:
    if target == ID:
        return "the id of the record"
    return f"{known[target].label} ({target})" if target in known else target


def _key(text: str) -> str:
    return folded(text.replace("_", " "))
