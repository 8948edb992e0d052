"""Access tokens: the only way to one, and the only writer of the token columns besides a new grant.

One refresh at a time across threads, processes and hosts: a lease on the row, taken by compare-and-set. Whoever loses waits
and reads again. No transaction is open while Zoho is asked. Failures stay apart, and then no token is handed out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from zoho import connections, oauth
from zoho.connections import Connection, Status
from zoho.data_centers import DataCenter
from zoho.errors import (
    InvalidGrantError,
    MisconfiguredError,
    NoRefreshTokenError,
    NotConnectedError,
    ThrottledError,
    TokenNotSavedError,
    UnreachableError,
    ZohoError,
)
from zoho.hooks import for_connection
from zoho.oauth import Token
from zoho.runtime import Amend

MARGIN_SECONDS = 120
"""Refresh when fewer are left."""
LEASE = timedelta(seconds=40)
"""Longer than the longest token call (5 s to connect, 15 s to read, each address tried once)."""
POLL_SECONDS = 0.05
YEAR_2001, YEAR_2100 = 978_307_200, 4_102_444_800


def seal(amend: Amend, connection_id: UUID, value: str) -> str:
    """``value`` as it may lie in the database, readable for this connection alone."""
    return amend.keys.seal(connection_id, value)


def unseal(amend: Amend, connection_id: UUID, sealed: str) -> str:
    """The value again. Raises KeyLostError."""
    return amend.keys.unseal(connection_id, sealed)


def is_valid_expiry(token_expires_at: object) -> bool:
    """True for Unix seconds; milliseconds, 0, null, and the text that SQLite lets into a column of numbers are not."""
    return isinstance(token_expires_at, int) and YEAR_2001 <= token_expires_at <= YEAR_2100


def refresh_reason(connection: Connection, held: str | None, now: datetime, rejected: str | None) -> str | None:
    """Why the access token ``held`` must be refreshed before use, or None."""
    if held is None:
        return "none is stored"
    if not is_valid_expiry(connection.token_expires_at):
        return "its expiry is not known"
    if (connection.token_expires_at or 0) - now.timestamp() < MARGIN_SECONDS:
        return "it expires soon"
    if rejected is not None and rejected == held:
        return "Zoho rejected it"
    return None


def data_center(amend: Amend, connection: Connection) -> DataCenter:
    """The row of the connection's location. Raises MisconfiguredError when the table no longer has it."""
    found = amend.data_centers.get(connection.location)
    if found is None:
        setting = "AMEND_SANDBOX" if connection.location == "sandbox" else "ZOHO_DATA_CENTERS_FILE"
        raise MisconfiguredError(f"data centre {connection.location} is not in the table", setting=setting)
    return found


def access_token(amend: Amend, connection_id: UUID, rejected: str | None = None) -> str:
    """A usable access token, refreshed first when fewer than 120 seconds are left or when it is the ``rejected`` one.

    Raises NotConnectedError, NoRefreshTokenError and InvalidGrantError (a person must reconnect), ThrottledError
    (``retry_at``), MisconfiguredError, UnreachableError, ZohoDownError, UnreadableAnswerError, KeyLostError,
    TokenNotSavedError. Then no token is handed out.
    """
    give_up_at = time.monotonic() + LEASE.total_seconds() + 5
    while time.monotonic() < give_up_at:
        with amend.reading() as session:
            connection = connections.get(session, connection_id)
        held = _check(amend, connection)
        if refresh_reason(connection, held, amend.now(), rejected) is None and held is not None:
            return held
        # Who waits only reads: the write lock is for whoever may refresh.
        is_held = connection.refresh_lease_until is not None and connection.refresh_lease_until > amend.now()
        claim = None if is_held else _claim(amend, connection_id, rejected)
        if isinstance(claim, str):
            return claim
        if claim is None:
            time.sleep(POLL_SECONDS)
        elif token := _refresh(amend, claim):
            return token
    raise UnreachableError("another worker has been renewing this connection for too long")


def renew(amend: Amend, connection_id: UUID) -> None:
    """Refresh now, whatever is left: the button. A failure leaves the stored access token as it was. Raises as access_token."""
    with amend.reading() as session:
        connection = connections.get(session, connection_id)
    access_token(amend, connection_id, rejected=_check(amend, connection))


@dataclass(frozen=True, slots=True)
class _Claim:
    """The right to refresh, and what it was taken for."""

    connection: Connection
    until: datetime
    refresh_token: str = field(repr=False)


def _check(amend: Amend, connection: Connection) -> str | None:
    """The stored access token, opened, once it is clear that the connection may be used at all."""
    if connection.status == Status.DISCONNECTED:
        raise NotConnectedError(f"connection {connection.id} was disconnected")
    if not connection.refresh_token:
        raise NoRefreshTokenError(f"connection {connection.id} has no refresh token")
    if connection.status == Status.RECONNECT_NEEDED:
        raise InvalidGrantError(f"connection {connection.id} is waiting to be reconnected", zoho_code="invalid_code")
    return unseal(amend, connection.id, connection.access_token) if connection.access_token else None


def _claim(amend: Amend, connection_id: UUID, rejected: str | None) -> _Claim | str | None:
    """The claim; or the token another worker has just stored; or None while that worker is still at it."""
    now = amend.now()
    with amend.sessions.begin() as session:
        if not connections.claim_refresh(session, connection_id, now=now, until=now + LEASE):
            return None
        connection = connections.get(session, connection_id)
        held = _check(amend, connection)
        reason = refresh_reason(connection, held, now, rejected)
        if reason is None and held is not None:
            connections.free_refresh(session, connection_id, until=now + LEASE)
            return held
        if connection.refresh_not_before and connection.refresh_not_before > now:
            raise ThrottledError("renewals are used up; waiting as Zoho asked", retry_at=connection.refresh_not_before)
        opened = unseal(amend, connection_id, connection.refresh_token or "")
        session.expunge(connection)
    return _Claim(connection, now + LEASE, opened)


def _refresh(amend: Amend, claim: _Claim) -> str | None:
    """The new token, or None when the grant it belongs to was replaced meanwhile."""
    try:
        center = data_center(amend, claim.connection)
        us = oauth.credentials(amend.settings, center)
        with for_connection(claim.connection.id):
            token = oauth.refresh(amend.http, center, us, claim.refresh_token, amend.now())
    except ZohoError as error:
        _note_failure(amend, claim, error)
        raise
    return token.access_token if _save(amend, claim, center, token) else None


def _save(amend: Amend, claim: _Claim, center: DataCenter, token: Token) -> bool:
    """Write before use. The sealed refresh token is part of the condition: a grant that was replaced meanwhile is left alone.

    So is the lease of another worker, when ours has run out: the token is good all the same.
    """
    same = (Connection.id == claim.connection.id) & (Connection.refresh_token == claim.connection.refresh_token)
    values = {**token_values(amend, claim.connection.id, center, token), "refresh_not_before": None}
    if token.refresh_token is None:
        values.pop("refresh_token")
    if claim.connection.api_domain and not amend.data_centers.trusted_api(center, token.api_domain):
        values.pop("api_domain")
    if token.scope is None:
        values.pop("scopes_granted")
    try:
        with amend.sessions.begin() as session:
            connections.free_refresh(session, claim.connection.id, until=claim.until)
            return session.execute(update(Connection).where(same).values(values).returning(Connection.id)).first() is not None
    except SQLAlchemyError as exc:
        raise TokenNotSavedError(f"connection {claim.connection.id}: {type(exc).__name__}") from exc


def token_values(amend: Amend, connection_id: UUID, center: DataCenter, token: Token) -> dict[str, Any]:
    """The columns that a token answer fills, sealed. An ``api_domain`` outside the table is kept as evidence, never used."""
    now = amend.now()
    trusted = amend.data_centers.trusted_api(center, token.api_domain)
    return {
        "access_token": seal(amend, connection_id, token.access_token),
        "refresh_token": seal(amend, connection_id, token.refresh_token) if token.refresh_token else None,
        "token_expires_at": int(now.timestamp()) + token.expires_in_seconds,
        "api_domain": trusted or center.api,
        "api_domain_refused": token.api_domain[:255] if token.api_domain and not trusted else None,
        "scopes_granted": list(token.scope) if token.scope is not None else None,
        "refreshed_at": now,
        "last_success_at": now,
    }


def _note_failure(amend: Amend, claim: _Claim, error: ZohoError) -> None:
    values: dict[str, Any] = {
        "last_failure_at": amend.now(),
        "last_failure_code": error.code,
        "last_failure_detail": str(error)[:500],
    }
    if isinstance(error, InvalidGrantError) and claim.connection.status == Status.ACTIVE:
        values["status"] = Status.RECONNECT_NEEDED
    if isinstance(error, ThrottledError):
        values["refresh_not_before"] = error.retry_at
    same = (Connection.id == claim.connection.id) & (Connection.refresh_token == claim.connection.refresh_token)
    with amend.sessions.begin() as session:
        connections.free_refresh(session, claim.connection.id, until=claim.until)
        session.execute(update(Connection).where(same).values(values))
