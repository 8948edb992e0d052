"""Access tokens: the only way to one, and the only writer of the token columns besides a new grant.

One refresh at a time across threads, processes and hosts: a lease on the row, taken by compare-and-set. Whoever loses waits
and reads again. No transaction is open while Zoho is asked. Failures stay apart, and then no token is handed out. A token that
has time left is handed out whatever became of renewals: Zoho is the one to end it, and what was typed can still be saved.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from zoho import connections, oauth, renewals
from zoho.connections import Connection, Status
from zoho.data_centers import DataCenter
from zoho.errors import MisconfiguredError, NoRefreshTokenError, NotConnectedError, TokenNotSavedError, UnreachableError, ZohoError
from zoho.hooks import for_connection
from zoho.oauth import Credentials, Token
from zoho.runtime import Amend

log = logging.getLogger(__name__)

MARGIN_SECONDS = 120
"""Refresh when fewer are left."""
POLL_SECONDS = 0.05
YEAR_2001, YEAR_2100 = 978_307_200, 4_102_444_800

_waiting: dict[UUID, threading.Lock] = {}
"""One thread of a process looks after a connection's renewal; the others wait for it here and not at the database."""


def seal(amend: Amend, connection_id: UUID, value: str) -> str:
    """``value`` as it may lie in the database, readable for this connection alone."""
    return amend.keys.seal(connection_id, value)


def unseal(amend: Amend, connection_id: UUID, sealed: str) -> str:
    """The value again. Raises KeyLostError."""
    return amend.keys.unseal(connection_id, sealed)


def is_valid_expiry(token_expires_at: object) -> bool:
    """True for Unix seconds; milliseconds, 0, null, and the text that SQLite lets into a column of numbers are not."""
    return isinstance(token_expires_at, int) and YEAR_2001 <= token_expires_at <= YEAR_2100


def refresh_reason(token_expires_at: int | None, held: str | None, now: datetime, rejected: str | None) -> str | None:
    """Why the access token ``held`` must be refreshed before use, or None."""
    if held is None:
        return "none is stored"
    if not is_valid_expiry(token_expires_at):
        return "its expiry is not known"
    if (token_expires_at or 0) - now.timestamp() < MARGIN_SECONDS:
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

    Raises NotConnectedError, NoRefreshTokenError, InvalidGrantError and RenewalFailingError (a person must act), ThrottledError
    (``retry_at``), MisconfiguredError, UnreachableError, ZohoDownError, UnreadableAnswerError, KeyLostError,
    TokenNotSavedError. Then no token is handed out. After a failure the next tries are spaced out: until then the same
    failure is raised again, with the time of the next try.
    """
    return _held(amend, _look(amend, connection_id), rejected) or _renewed(amend, connection_id, rejected)


def held(amend: Amend, connection: Connection) -> str | None:
    """The access token of a connection that has just been read, when it needs no renewal. Raises as ``access_token``."""
    return _held(amend, connection, None)


def renew(amend: Amend, connection_id: UUID) -> None:
    """Refresh now, whatever is left, also what was given up: the button. A failure leaves the stored access token as it was.

    Raises as access_token, but waits for nothing but Zoho's limit.
    """
    held = _opened(amend, _look(amend, connection_id))
    _renewed(amend, connection_id, rejected=held, by_hand=True)


@dataclass(frozen=True, slots=True)
class _Claim:
    """The right to refresh, and what it was taken for."""

    connection: Connection
    until: datetime
    center: DataCenter
    us: Credentials
    refresh_token: str = field(repr=False)


_TABLE = Connection.__table__
_COLUMNS = ("id", "status", "access_token", "refresh_token", "token_expires_at", "refresh_lease_until")
_LOOK = select(*(_TABLE.c[name] for name in _COLUMNS)).where(_TABLE.c.id == bindparam("connection_id"))


def _look(amend: Amend, connection_id: UUID) -> Any:
    """What handing out takes, as attributes. Every call to Zoho comes through here: one SELECT, no entity."""
    with amend.looking() as database:
        row = database.execute(_LOOK, {"connection_id": connection_id}).first()
    if row is None:
        raise NotConnectedError(f"no connection {connection_id}")
    return row


def _held(amend: Amend, row: Any, rejected: str | None) -> str | None:
    """The stored token when it needs no renewal."""
    token = _opened(amend, row)
    return token if refresh_reason(row.token_expires_at, token, amend.now(), rejected) is None else None


def _opened(amend: Amend, row: Any) -> str | None:
    """The stored access token, once it is clear that the connection (or its token columns) may be used at all."""
    if row.status == Status.DISCONNECTED:
        raise NotConnectedError(f"connection {row.id} was disconnected")
    if not row.refresh_token:
        raise NoRefreshTokenError(f"connection {row.id} has no refresh token")
    return unseal(amend, row.id, row.access_token) if row.access_token else None


def _renewed(amend: Amend, connection_id: UUID, rejected: str | None, *, by_hand: bool = False) -> str:
    """Another token than the ``rejected`` one: ours, or that of whoever was quicker."""
    seconds = 2 * amend.refresh_lease.total_seconds() + 5
    give_up_at = time.monotonic() + seconds
    with _alone(connection_id, seconds):
        while time.monotonic() < give_up_at:
            row = _look(amend, connection_id)
            token = _held(amend, row, rejected)
            # Who waits only reads: the write lock is for whoever may refresh.
            if token is None and (row.refresh_lease_until is None or row.refresh_lease_until <= amend.now()):
                claim = _claim(amend, connection_id, rejected, by_hand)
                token = _refresh(amend, claim) if claim else None
            if token is not None:
                return token
            time.sleep(POLL_SECONDS)
    raise UnreachableError("another worker has been renewing this connection for too long")


@contextmanager
def _alone(connection_id: UUID, seconds: float) -> Iterator[None]:
    """Only this thread of the process, or, after so many seconds, nobody."""
    lock = _waiting.setdefault(connection_id, threading.Lock())
    if not lock.acquire(timeout=seconds):
        raise UnreachableError("another thread has been renewing this connection for too long")
    try:
        yield
    finally:
        lock.release()


def _claim(amend: Amend, connection_id: UUID, rejected: str | None, by_hand: bool) -> _Claim | None:
    """The claim, counted; None when another worker is at it, or has just done it.

    What forbids a renewal is raised in here: before the write lock is asked for, and again under it, which takes the claim back.
    """
    with amend.reading() as session:
        connection = connections.get(session, connection_id)
    if _held(amend, connection, rejected) is not None:
        return None
    now = amend.now()
    renewals.check(connection, now, by_hand=by_hand)
    until = now + amend.refresh_lease
    try:
        with amend.sessions.begin() as session:
            if not connections.claim_refresh(session, connection_id, now=now, until=until):
                return None
            connection = connections.get(session, connection_id)
            if _held(amend, connection, rejected) is not None:
                connections.free_refresh(session, connection_id, until=until)
                return None
            renewals.check(connection, now, by_hand=by_hand)
            center = data_center(amend, connection)
            us = oauth.credentials(amend.settings, center)
            opened = unseal(amend, connection_id, connection.refresh_token or "")
            tries = [*renewals.counted(connection, now), renewals.stamp(now)]
            session.execute(update(Connection).where(Connection.id == connection_id).values(renewals=tries))
            session.expunge(connection)
    except DBAPIError as exc:
        raise TokenNotSavedError(
            f"connection {connection_id}: {type(exc).__name__} before asking Zoho",
            summary="The token was not renewed: Amend's database takes no changes, so a new token could not be saved.",
        ) from exc
    return _Claim(connection, until, center, us, opened)


def _refresh(amend: Amend, claim: _Claim) -> str | None:
    """The new token, or None when the grant it belongs to was replaced meanwhile."""
    try:
        with for_connection(claim.connection.id):
            token = oauth.refresh(amend.http, claim.center, claim.us, claim.refresh_token, amend.now())
        return token.access_token if _save(amend, claim, token) else None
    except ZohoError as error:
        _note_failure(amend, claim, error)
        raise


def _save(amend: Amend, claim: _Claim, token: Token) -> bool:
    """Write before use. The sealed refresh token is part of the condition: a grant that was replaced meanwhile is left alone.

    So is the lease of another worker, when ours has run out: the token is good all the same.
    """
    connection = claim.connection
    values = token_values(amend, connection.id, claim.center, token) | renewals.success(connection, amend.now())
    if token.refresh_token is None:
        values.pop("refresh_token")
    if connection.api_domain and not amend.data_centers.trusted_api(claim.center, token.api_domain):
        values.pop("api_domain")
    if token.scope is None:
        values.pop("scopes_granted")
    try:
        return _write(amend, claim, values)
    except SQLAlchemyError as exc:
        raise TokenNotSavedError(f"connection {connection.id}: {type(exc).__name__}") from exc


def _note_failure(amend: Amend, claim: _Claim, error: ZohoError) -> None:
    try:
        _write(amend, claim, renewals.failure(claim.connection, error, amend.now()))
    except SQLAlchemyError:  # the failure itself is what the caller must hear of
        log.exception("connection %s: a failed renewal (%s) could not be noted", claim.connection.id, error.code)


def _write(amend: Amend, claim: _Claim, values: dict[str, Any]) -> bool:
    """End the claim with these columns; False when the grant was replaced meanwhile, which then keeps its own."""
    same = (Connection.id == claim.connection.id) & (Connection.refresh_token == claim.connection.refresh_token)
    with amend.sessions.begin() as session:
        connections.free_refresh(session, claim.connection.id, until=claim.until)
        return session.execute(update(Connection).where(same).values(values).returning(Connection.id)).first() is not None


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
        "last_success_at": now,
    }
