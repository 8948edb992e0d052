"""Read a posted record form: what each control on the page held, which button was pressed, what was chosen besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from store.exact_json import storable
from web.records import lookups
from web.records.rows import PREFIX
from zoho.orgs import DESK_ORG

RUN_NONE = "none"


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
    """A posted form. ``decision``: a contested field and whether the person's own value wins."""

    snapshot_id: UUID | None
    typed: dict[str, list[str]]
    is_review: bool
    is_discard: bool
    is_refresh: bool
    decision: tuple[str, bool] | None
    options: dict[str, Any]
    desk_org_id: str | None


def read(form: MultiDict[str, str]) -> Posted:
    """A field is on the page when its ``present`` key was posted; a control that posts nothing is then empty."""
    return Posted(
        snapshot_id=uuid_of(form.get("snapshot", "")),
        typed={storable(name): lookups.posted(form, name, PREFIX) for name in form.getlist("present")},
        is_review=form.get("action") == "review",
        is_discard=form.get("action") == "discard",
        is_refresh=form.get("action") == "refresh",
        decision=_decision(form.get("decide", "")),
        options=_options(form),
        desk_org_id=form.get(DESK_ORG) or None,
    )


def _options(form: MultiDict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if form.get("automations") == RUN_NONE:
        options["trigger"] = []
    if form.get("quiet_close"):
        options["quiet_close"] = True
    return options


def _decision(text: str) -> tuple[str, bool] | None:
    whose, _, name = text.partition(":")
    return (storable(name), whose == "mine") if name and whose in ("mine", "theirs") else None


def uuid_of(text: str) -> UUID | None:
    """The UUID of a text; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
