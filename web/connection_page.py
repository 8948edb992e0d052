"""The page of one connection: what the checks found and what to do about it, each with one button."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from flask import url_for
from sqlalchemy.exc import SQLAlchemyError

from web import connection_health, connection_scopes, connection_view
from web.connection_health import Course
from web.connection_scopes import Matrix
from web.connection_view import ConnectionView, State, Step
from zoho import diagnostics, scopes, tokens, watch
from zoho.connections import Connection
from zoho.diagnostics import Finding, Outcome
from zoho.errors import NotConnectedError, ThrottledError, ZohoError
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
    def look(self) -> str:
        """How much room it gets: ``quiet`` for what is well, ``waiting`` for what offers nothing to press, else ``news``."""
        if self.finding.outcome == Outcome.OK:
            return "quiet"
        return "waiting" if self.finding.outcome == Outcome.NOT_CHECKED and self.button is None else "news"


class ConnectionPage:
    """All that the page shows. ``findings`` come while it is being drawn; what depends on them is asked for after that."""

    def __init__(self, amend: Amend, user_id: UUID, connection: Connection, shown: ConnectionView, replaced: ConnectionView | None) -> None:
        self._amend, self._user_id, self._row = amend, user_id, connection
        self._rows: list[FindingRow] = []
        self.seconds = round(diagnostics.DEADLINE_SECONDS)
        self.connection = shown
        self.replaced = replaced
        """The connection that was to be reconnected, when somebody else came back."""

    @property
    def findings(self) -> Iterator[FindingRow]:
        """Run the checks: each finding when it is sure. A connection that is not in use is not asked for anything."""
        if not self.connection.is_active:
            return
        center = self._amend.data_centers.get(self._row.location)
        for finding in diagnostics.stream(self._amend, self._row.id):
            word, tone = WORDS[finding.outcome]
            row = FindingRow(finding, word, tone, _button(finding, self._row, center.crm_web if center else ""))
            self._rows.append(row)
            yield row
        self._look_again()

    def _look_again(self) -> None:
        """The checks wrote down what they learned."""
        try:
            watch.note(self._amend, self._row.id, [row.finding for row in self._rows])
            self._row, self.connection = connection_view.load(self._amend, self._row.id, self._user_id)
        except (SQLAlchemyError, NotConnectedError):  # half of the page is out: it ends with what was known before
            log.warning("connection %s could not be read again", self._row.id, exc_info=True)
        self.connection = _sobered(self.connection, self.first)

    @property
    def first(self) -> Finding | None:
        """Where to start: the nearest check that failed, else the nearest warning."""
        found = [row.finding for row in self._rows]
        bad = [finding for finding in found if finding.outcome in (Outcome.FAILED, Outcome.BROKE)]
        return next(iter(bad), None) or next((finding for finding in found if finding.outcome == Outcome.WARNING), None)

    @property
    def summary(self) -> str:
        """As in "1 failed, 2 warnings, 7 ok"."""
        counts = Counter(row.finding.outcome for row in self._rows)
        plural = "s" if counts[Outcome.WARNING] > 1 else ""
        words = {outcome: WORDS[outcome][0] + (plural if outcome == Outcome.WARNING else "") for outcome in ORDER}
        return ", ".join(f"{counts[outcome]} {words[outcome]}" for outcome in ORDER if counts[outcome])

    @property
    def course(self) -> Course | None:
        """How the connection was until now; None when that cannot be read any more."""
        try:
            return connection_health.course(self._amend, self.connection)
        except SQLAlchemyError:
            log.warning("the course of connection %s could not be read", self._row.id, exc_info=True)
            return None

    @property
    def matrix(self) -> Matrix | None:
        """The scopes, with what the checks learned of them."""
        return connection_scopes.build(self._amend, self._row) if self.connection.is_active else None


@dataclass(frozen=True, slots=True)
class Notice:
    """What to say after a button was pressed."""

    text: str
    tone: str


def build(amend: Amend, connection_id: UUID, user_id: UUID) -> ConnectionPage:
    """The page, before anything is asked of Zoho. Raises NotConnectedError."""
    connection, shown = connection_view.load(amend, connection_id, user_id)
    replaced = connection_view.load(amend, connection.replaces_id, user_id)[1] if connection.replaces_id else None
    return ConnectionPage(amend, user_id, connection, shown, replaced)


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


def _sobered(shown: ConnectionView, first: Finding | None) -> ConnectionView:
    """A connection one of whose checks failed is not called healthy because its last call worked."""
    if shown.state.tone in ("danger", "warning") or first is None or first.outcome == Outcome.WARNING:
        return shown
    return replace(shown, state=State("needs you", "danger", f"{first.title}: {first.cause or first.evidence}", Step.LOOK))


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
