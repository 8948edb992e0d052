"""The posted form of fields to set: which records, which fields, what each control held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from werkzeug.datastructures import MultiDict

from changes import snapshots
from store.exact_json import storable
from web.records import posted
from zoho.fields.shown import lf
from zoho.runtime import Amend

LISTED = ("q", "view", "sort")
_NOT_KEPT = frozenset({"csrf_token", "snapshot", "seal", "action"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A form as it was posted. ``listing``: all that a list finds; None: the records of ``ids``."""

    ids: str
    listing: Mapping[str, str] | None
    names: tuple[str, ...]
    emptied: frozenset[str]
    typed: Mapping[str, list[str]]
    action: str
    form: dict[str, list[str]]


def read(form: MultiDict[str, str]) -> Asked:
    """What a form of the find page, or of ours, says."""
    listing = {name: storable(form.get(name, ""))[:300] for name in LISTED} if form.get("kind") == "listing" else None
    ids = lf(storable("\n".join([*form.getlist("id"), form.get("ids", "")]).strip()))
    kept = {storable(name): [storable(value) for value in form.getlist(name)] for name in form if name not in _NOT_KEPT | {"id", "ids"}}
    return Asked(
        ids=ids,
        listing=listing,
        names=tuple(dict.fromkeys(form.getlist("field"))),
        emptied=frozenset(form.getlist("empty")),
        typed=posted.read(form).typed,
        action=form.get("action", ""),
        form={**kept, "ids": [ids]},
    )


def keep(amend: Amend, asked: Asked, snapshot_id: UUID | None, user_id: UUID | None) -> None:
    """Remember what was typed. Without ``user_id`` for somebody whose session is over: the caller vouches."""
    if snapshot_id is not None:
        snapshots.keep_typed(amend, snapshot_id, asked.form, user_id)
