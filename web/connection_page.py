"""The page of one connection: what the checks found and what to do about it, each with one button."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from flask import url_for

from web import connection_scopes, connection_view
from web.connection_scopes import Matrix
from web.connection_view import ConnectionView, State, Step
from zoho import diagnostics, scopes, tokens, watch
from zoho.connections import Connection
from zoho.diagnostics import Finding, Outcome
from zoho.errors import ThrottledError, ZohoError
from zoho.runtime import Amend

log = logging.getLogger(__name__)

ORDER = (Outcome.FAILED, Outcome.BROKE, Outcome.WARNING, Outcome.NOT_CHECKED, Outcome.OK)
WORDS = {
    Outcome.FAILED: ("failed", "danger"),
    Outcome.BROKE: ("check broke", "danger"),
    Outcome.WARNING: ("warning", "warning"),
    Outcome.NOT_CHECKED: ("not checked", "secondary"),
    Outcome.OK: ("ok", "success"),
}


@dataclass(frozen=True, slots=True)
class Button:
    """What a finding offers. ``posts``: it changes something here, so it is a form."""

    label: str
    url: str
    posts: bool = False
    is_external: bool = False


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding as the page shows it."""

    finding: Finding
    word: str
    tone: str
    button: Button | None

    @property
    def is_quiet(self) -> bool:
        """True for what needs no attention."""
        return self.finding.outcome == Outcome.OK

    @property
    def is_waiting(self) -> bool:
        """True for what was not checked and offers nothing to press."""
        return self.finding.outcome == Outcome.NOT_CHECKED and self.button is None


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """All that the page shows."""

    connection: ConnectionView
    findings: tuple[FindingRow, ...]
    summary: str
    matrix: Matrix | None
    replaced: ConnectionView | None
    """The connection that was to be reconnected, when somebody else came back."""

    @property
    def news(self) -> tuple[FindingRow, ...]:
        """What needs attention, worst first."""
        return tuple(row for row in self.findings if not row.is_quiet and not row.is_waiting)

    @property
    def waiting(self) -> tuple[FindingRow, ...]:
        """What could not be checked until something else is mended."""
        return tuple(row for row in self.findings if row.is_waiting)

    @property
    def quiet(self) -> tuple[FindingRow, ...]:
        """What was checked and is well."""
        return tuple(row for row in self.findings if row.is_quiet)


@dataclass(frozen=True, slots=True)
class Notice:
    """What to say after a button was pressed."""

    text: str
    tone: str


def build(amend: Amend, connection_id: UUID, user_id: UUID) -> ConnectionPage:
    """Check the connection and tell. One in use is asked of Zoho; a pending or ended one is only shown. Raises NotConnectedError."""
    _, shown = connection_view.load(amend, connection_id, user_id)
    found = diagnostics.examine(amend, connection_id) if shown.is_active else ()
    watch.note(amend, connection_id, found)
    connection, shown = connection_view.load(amend, connection_id, user_id)  # the checks wrote down what they learned
    center = amend.data_centers.get(connection.location)
    zoho_url = center.crm_web if center else ""
    rows = sorted((_row(finding, connection, zoho_url) for finding in found), key=lambda row: ORDER.index(row.finding.outcome))
    matrix = connection_scopes.build(amend, connection) if shown.is_active else None
    replaced = connection_view.load(amend, connection.replaces_id, user_id)[1] if connection.replaces_id else None
    return ConnectionPage(_sobered(shown, rows), tuple(rows), _summary(rows), matrix, replaced)


def renew(amend: Amend, connection_id: UUID, user_id: UUID) -> Notice:
    """Refresh the access token now, and say in plain words what became of it. Raises NotConnectedError for another's connection."""
    connection_view.load(amend, connection_id, user_id)
    try:
        tokens.renew(amend, connection_id)
    except ZohoError as error:
        log.warning("renew failed, %s: %s", error.code, error)
        retry_at = error.retry_at if isinstance(error, ThrottledError) else None
        when = f" Next try at {retry_at:%H:%M} UTC." if retry_at else ""
        return Notice(f"Not renewed. {error.summary} {error.advice}{when}", "error")
    return Notice("Renewed: Zoho gave a new access token.", "success")


def _sobered(shown: ConnectionView, rows: Sequence[FindingRow]) -> ConnectionView:
    """A connection one of whose checks failed is not called healthy because its last call worked."""
    if shown.state.tone in ("danger", "warning") or not rows or rows[0].finding.outcome not in (Outcome.FAILED, Outcome.BROKE):
        return shown
    first = rows[0].finding
    return replace(shown, state=State("needs you", "danger", f"{first.title}: {first.cause or first.evidence}", Step.LOOK))


def _summary(rows: Sequence[FindingRow]) -> str:
    """As in "1 failed, 2 warnings, 7 ok"."""
    counts = Counter(row.finding.outcome for row in rows)
    plural = "s" if counts[Outcome.WARNING] > 1 else ""
    words = {outcome: WORDS[outcome][0] + (plural if outcome == Outcome.WARNING else "") for outcome in ORDER}
    return ", ".join(f"{counts[outcome]} {words[outcome]}" for outcome in ORDER if counts[outcome])


def _row(finding: Finding, connection: Connection, zoho_url: str) -> FindingRow:
    word, tone = WORDS[finding.outcome]
    return FindingRow(finding, word, tone, _button(finding, connection, zoho_url))


def _button(finding: Finding, connection: Connection, zoho_url: str) -> Button | None:
    """One button for the finding's action. "Reconnect" and "Refresh now" stand once on the page, so these say it in other words."""
    match finding.action:
        case "reconnect":
            return Button("Connect again", url_for("connect.start", connection=connection.id))
        case "add_scope":
            url = url_for("connect.start", connection=connection.id, scope=scopes.join(finding.scopes) or None)
            return Button("Add scope" if len(finding.scopes) == 1 else "Add scopes", url)
        case "choose_organization":
            return Button("Choose organization", url_for("connections.desk_organization", connection_id=connection.id))
        case "refresh_now":
            return Button("Try it now", url_for("connections.refresh", connection_id=connection.id), posts=True)
        case "finish":
            return Button("Finish", url_for("connections.finish", connection_id=connection.id), posts=True)
        case "fix_setting":
            return Button("Compare the settings", url_for("connect.start", connection=connection.id, _anchor="settings"))
        case "check_again":
            return Button("Check again", url_for("connections.show", connection_id=connection.id))
        case "open_zoho":
            return Button("Open Zoho", zoho_url, is_external=True) if zoho_url else None
    return None
