"""One guarded call: scopes known to be missing are refused before it, what Zoho answers is learned after it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from zoho import scopes
from zoho.connections import Connection
from zoho.errors import InvalidGrantError, MissingScopeError, NoRefreshTokenError, RenewalFailingError, ZohoError
from zoho.runtime import Amend
from zoho.scopes import Need

log = logging.getLogger(__name__)

T = TypeVar("T")
Scopes = tuple[str, ...]
REMEMBER_EVERY = timedelta(minutes=1)
"""How often a mere success is worth a write."""


def call(amend: Amend, connection: Connection, need: Need, function: Callable[[], T]) -> T:
    """Run ``function``, which asks Zoho once or more under ``need``, for this connection.

    Raises MissingScopeError, which names the scopes, before or after the call; and whatever the function raises.
    """
    missing = known_missing(connection, need)
    if missing:
        raise MissingScopeError(f"{need.purpose}: not granted", scopes=missing)
    try:
        result = function()
    except MissingScopeError as error:
        suspects = _suspects(connection, need)
        # Of several suspects nobody knows the guilty one: blaming all would forbid what was granted.
        _store(amend, connection, refused=suspects if len(suspects) == 1 else (), **_failure(amend.now(), error))
        named = suspects or tuple(group[0] for group in need.groups)
        raise MissingScopeError(f"{need.purpose}: {error}", scopes=named, zoho_code=error.zoho_code, request_id=error.request_id) from error
    except ZohoError as error:
        # Those that end a grant were noted with the token that failed.
        if not isinstance(error, InvalidGrantError | NoRefreshTokenError | RenewalFailingError):
            _store(amend, connection, **_failure(amend.now(), error))
        raise
    try:
        _confirm(amend, connection, need)
    except SQLAlchemyError:  # Zoho has answered, perhaps to a write: that must not be lost for a note
        log.exception("what a call proved could not be noted")
    return result


def known_missing(connection: Connection, need: Need) -> tuple[str, ...]:
    """Scopes of this need that the grant is known to lack: by Zoho's own list, or by an earlier refusal."""
    refused = {scope for group in need.groups for scope in group[:1] if scope in connection.scopes_refused}
    return tuple(dict.fromkeys((*need.missing(connection.scopes_granted), *sorted(refused))))


def _suspects(connection: Connection, need: Need) -> tuple[str, ...]:
    """Zoho does not name the scope it missed: it is one that no call has confirmed yet and no grant is known to cover."""
    known = (*connection.scopes_confirmed, *(connection.scopes_granted or ()))
    return tuple(group[0] for group in need.groups if not any(scopes.covers(known, scope) for scope in group))


def _confirm(amend: Amend, connection: Connection, need: Need) -> None:
    now = amend.now()
    proven = tuple(group[0] for group in need.groups)
    good, bad = connection.last_success_at, connection.last_failure_at
    is_news = not set(proven) <= set(connection.scopes_confirmed) or not set(proven).isdisjoint(connection.scopes_refused)
    if is_news or good is None or now - good > REMEMBER_EVERY or (bad is not None and bad > good):
        _store(amend, connection, confirmed=proven if is_news else (), last_success_at=now)


def _store(amend: Amend, connection: Connection, *, confirmed: Scopes = (), refused: Scopes = (), **values: Any) -> None:
    """Write, and keep the detached object in step, so that a second call in one request knows.

    What was learned of scopes is added to what lies there now, since calls run side by side. Of a grant that was replaced or
    ended meanwhile nothing is kept: it would be said of another.
    """
    same = (Connection.id == connection.id) & (Connection.refresh_token == connection.refresh_token)
    with amend.sessions.begin() as session:
        row = session.scalar(select(Connection).where(same).with_for_update())
        if row is None:
            return
        if row.failing_since:  # the failure to tell of is the renewal's
            values = {column: value for column, value in values.items() if not column.startswith("last_failure")}
        if confirmed or refused:
            values["scopes_confirmed"] = _with(row.scopes_confirmed, confirmed)
            values["scopes_refused"] = [scope for scope in _with(row.scopes_refused, refused) if scope not in confirmed]
        for column, value in values.items():
            setattr(row, column, value)
    for column, value in values.items():
        setattr(connection, column, value)


def _failure(now: datetime, error: ZohoError) -> dict[str, Any]:
    return {"last_failure_at": now, "last_failure_code": error.code, "last_failure_detail": str(error)[:500]}


def _with(known: list[str], more: Scopes) -> list[str]:
    return list(dict.fromkeys((*known, *more)))
