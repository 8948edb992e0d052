"""Read a posted record form: what each control on the page held, which button was pressed, what was chosen besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from changes.uploads import MAX_NAME, Upload
from store.exact_json import storable
from web.records import lookups
from web.records.lookups import PREFIX
from zoho.crm.writes import TRIGGERS
from zoho.fields.cells import AGAIN
from zoho.orgs import DESK_ORG

RUN_NONE, RUN_SOME = "none", "some"


def seal(snapshot_id: UUID) -> str:
    """What a form carries beside its snapshot's id, so that its sender may add to the draft when their session is over."""
    return _sealer().dumps(str(snapshot_id))


def is_sealed(form: MultiDict[str, str]) -> bool:
    """True for a form that we made: the id alone, which stands in addresses, is not enough."""
    try:
        return bool(_sealer().loads(form.get("seal", "")) == form.get("snapshot"))
    except BadSignature:
        return False


def _sealer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="snapshot")


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted form. ``decision``: a contested field and whether the person's own value wins. ``adding``: the field that more rows
    are wanted for; ``uploads``: the files that were chosen, by field."""

    snapshot_id: UUID | None
    typed: dict[str, list[str]]
    is_review: bool
    is_show: bool
    """Show the form again with what was typed, for picklists to follow it."""
    is_discard: bool
    is_refresh: bool
    decision: tuple[str, bool] | None
    options: dict[str, Any]
    desk_org_id: str | None
    adding: str | None = None
    uploads: tuple[tuple[str, Upload], ...] = ()

    @property
    def to_keep(self) -> dict[str, list[str]]:
        """What was typed, and by name the files that were chosen: their content is not kept."""
        kept = {name: list(values) for name, values in self.typed.items()}
        for name, upload in self.uploads:
            kept.setdefault(name, []).append(f"{AGAIN}={storable(upload.filename or '')[:MAX_NAME]}")
        return kept


def read(form: MultiDict[str, str], files: MultiDict[str, Any] | None = None) -> Posted:
    """A field is on the page when its ``present`` key was posted; a control that posts nothing is then empty."""
    parts = _parts(form)
    chosen = ((key, upload) for key, upload in (files.items(multi=True) if files else ()) if upload.filename)
    return Posted(
        snapshot_id=uuid_of(form.get("snapshot", "")),
        typed={storable(name): parts.get(name) or lookups.posted(form, name) for name in form.getlist("present")},
        is_review=form.get("action") == "review",
        is_show=form.get("action") == "show",
        is_discard=form.get("action") == "discard",
        is_refresh=form.get("action") == "refresh",
        decision=_decision(form.get("decide", "")),
        options=_options(form),
        desk_org_id=form.get(DESK_ORG) or None,
        adding=storable(form.get("add", "")) or None,
        uploads=tuple((storable(key.removeprefix(PREFIX).partition(".")[0]), upload) for key, upload in chosen),
    )


def _parts(form: MultiDict[str, str]) -> dict[str, list[str]]:
    """The fields whose control has several parts, ``f_Field.part``: each part as ``part=value``, as zoho.fields reads it."""
    parts: dict[str, list[str]] = {}
    for key in form:
        name, dot, rest = key.partition(".")
        if dot and name.startswith(PREFIX):
            values = lookups.posted(form, key.removeprefix(PREFIX))
            parts.setdefault(name.removeprefix(PREFIX), []).extend(storable(f"{rest}={value}") for value in values)
    return parts


def _options(form: MultiDict[str, str]) -> dict[str, Any]:
    quiet = {"quiet_close": True} if form.get("quiet_close") else {}
    return {**automations(form), **quiet}


def automations(form: MultiDict[str, str]) -> dict[str, Any]:
    """Which of Zoho's automations were chosen, as options of a write; empty for all, Zoho's default."""
    if form.get("automations") not in (RUN_NONE, RUN_SOME):
        return {}
    ticked = form.getlist("run") if form["automations"] == RUN_SOME else ()
    return {"trigger": [name for name in TRIGGERS if name in ticked]}


def _decision(text: str) -> tuple[str, bool] | None:
    whose, _, name = text.partition(":")
    return (storable(name), whose == "mine") if name and whose in ("mine", "theirs") else None


def uuid_of(text: str) -> UUID | None:
    """The UUID of a text; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
