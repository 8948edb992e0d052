"""The scopes of a connection as a table: needed, requested, granted, confirmed or refused; and the button that tries them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for

from web.connection_view import PRODUCTS
from zoho import api_list, diagnostics, scope_trials
from zoho.api_list import ApiList
from zoho.connections import Connection
from zoho.diagnostics import ScopeRow
from zoho.errors import NotConnectedError, ZohoError
from zoho.runtime import Amend
from zoho.scope_trials import Trial, Trials

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cell:
    """A word of the table and its tone; ``at``: when that was seen, if known; ``note``: why."""

    word: str
    tone: str = "secondary"
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """What one thing to do needs, and what is known of it. ``says``: what Zoho's own list has instead; ``add_url``: where to ask for it."""

    feature: str
    scope: str
    requested: Cell
    granted: Cell
    confirmed: Cell
    is_lacking: bool
    says: str
    cost: str
    add_url: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a product."""

    title: str
    rows: tuple[MatrixRow, ...]

    @property
    def worked(self) -> int:
        """How many of them a call confirmed."""
        return sum(row.confirmed.tone == "success" for row in self.rows)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The section of the page. ``calls`` is what the button costs, by product."""

    lacking: tuple[MatrixRow, ...]
    needed: tuple[Group, ...]
    parts: tuple[Group, ...]
    """What "All modules" has in it, as far as nothing is wrong with it."""
    others: tuple[Group, ...]
    """What no feature needs."""
    calls: tuple[tuple[str, int], ...]
    tried_at: datetime | None
    listed_at: datetime | None

    @property
    def total_calls(self) -> int:
        """Calls that the button makes."""
        return sum(count for _, count in self.calls)


def build(amend: Amend, connection: Connection) -> Matrix:
    """From what is stored; asks nobody."""
    trials, listed = scope_trials.stored(amend, connection), api_list.stored(amend, connection)
    pairs = [(row, _row(connection, row, trials, listed)) for row in diagnostics.scope_matrix(connection)]
    placed = {place: [pair for pair in pairs if _place(*pair) == place] for place in ("needed", "parts", "others")}
    steps = scope_trials.steps(connection)
    counts = {label: sum(_product(need.groups[0][0]) == key for need, _ in steps) for key, label in PRODUCTS.items()}
    return Matrix(
        lacking=tuple(shown for row, shown in pairs if row.required and shown.is_lacking),
        needed=_groups(placed["needed"]),
        parts=_groups(placed["parts"]),
        others=_groups(placed["others"]),
        calls=tuple((label, count) for label, count in counts.items() if count),
        tried_at=trials.at if trials else None,
        listed_at=listed.at if listed else None,
    )


def _place(row: ScopeRow, shown: MatrixRow) -> str:
    if not row.required:
        return "others"
    return "parts" if row.is_part and not shown.is_lacking else "needed"


def _groups(pairs: list[tuple[ScopeRow, MatrixRow]]) -> tuple[Group, ...]:
    titles = {"": "Always", **PRODUCTS}
    rows = {key: tuple(shown for row, shown in pairs if row.product == key) for key in titles}
    return tuple(Group(titles[key], found) for key, found in rows.items() if found)


def attempt(amend: Amend, user_id: UUID, connection_id: UUID) -> tuple[str, str]:
    """Try what may be read, and say what came of it, with the tone. Raises NotConnectedError."""
    try:
        trials = scope_trials.run(amend, user_id, connection_id)
    except NotConnectedError:
        raise
    except ZohoError as error:
        log.warning("trials failed, %s: %s", error.code, error)
        return f"Nothing was tried. {error.summary} {error.advice}", "error"
    counts = {word: trials.count(word) for word in ("worked", "refused", "unclear")}
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"Tried {len(trials.by_scope)} scopes by reading: {said or 'nothing to try'}.", "warning" if counts["refused"] else "success"


def _product(scope: str) -> str:
    return "desk" if scope.startswith("Desk.") else "crm"


def _row(connection: Connection, row: ScopeRow, trials: Trials | None, listed: ApiList | None) -> MatrixRow:
    trial = trials.by_scope.get(row.scope) if trials else None
    call = listed.find(row.scope) if listed else None
    is_lacking = row.is_lacking or bool(trial and trial.outcome == "refused" and not row.confirmed)
    return MatrixRow(
        feature=row.feature,
        scope=row.scope,
        requested=Cell("requested") if row.requested else Cell("not requested", "warning" if row.required else "secondary"),
        granted=_granted(row),
        confirmed=_confirmed(row, trial, trials),
        is_lacking=is_lacking,
        says=" or ".join(call.scopes) if call and not call.accepts(row.scope) else "",
        cost=call.cost if call else "",
        add_url=url_for("connect.start", connection=connection.id, scope=row.scope) if is_lacking or not row.requested else "",
    )


def _granted(row: ScopeRow) -> Cell:
    if row.granted is None:
        return Cell("Zoho did not say")
    return Cell("granted") if row.granted else Cell("not granted", "danger" if row.required else "secondary")


def _confirmed(row: ScopeRow, trial: Trial | None, trials: Trials | None) -> Cell:
    at = trials.at if trial and trials else None
    if row.refused or (trial and trial.outcome == "refused" and not row.confirmed):
        return Cell("refused by a call", "danger", at)
    if row.confirmed:
        return Cell("worked in a call", "success", at if trial and trial.outcome == "worked" else None)
    if trial and trial.outcome == "unclear":
        return Cell("tried, not clear", "secondary", at, trial.note)
    if row.feature.startswith("edit "):
        return Cell("not checked", note="Only a save can tell; Amend changes nothing to try it.")
    return Cell("not called yet")
