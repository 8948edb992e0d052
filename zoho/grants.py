"""The life of a grant: begin a trip to Zoho, complete it, finish what it brought, prove that it can be renewed, disconnect.

A code dies in a minute, so it is exchanged at once and saved sealed as *pending*; only then Zoho is asked who it was and which
organizations they have, and the grant becomes a new connection, renews the one it belongs to, or waits for an answer when
somebody else came back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from store import exact_json, wait_alone
from zoho import authorization, clients, connections, features, oauth, probes, renewals, tokens
from zoho.authorization import AuthorizationRequest
from zoho.connections import Connection, Status
from zoho.data_centers import DataCenter
from zoho.errors import (
    BadStateError,
    CodeExpiredError,
    ConsentRefusedError,
    MisconfiguredError,
    NoRefreshTokenError,
    UnknownHostError,
    ZohoError,
)
from zoho.revocation import Revocable, Revocation, held, revoke_quietly
from zoho.runtime import Amend

log = logging.getLogger(__name__)

PROOF_SECONDS = 5.0
"""For each of the two calls that prove a new grant: a person is waiting for the page."""
EXCHANGE_SECONDS = 3
"""How long a reload of the callback waits for the exchange that its first opening has begun."""


class Result(StrEnum):
    """How a trip to Zoho ended."""

    CONNECTED = "connected"
    RENEWED = "renewed"
    ALREADY = "already"
    SOMEBODY_ELSE = "somebody_else"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The connection to show, and what happened."""

    connection_id: UUID
    result: Result


def begin(
    amend: Amend,
    user_id: UUID,
    session_id: UUID,
    *,
    location: str,
    products: Sequence[str],
    wanted: Sequence[str] | None = None,
    more_scopes: Sequence[str] = (),
    reconnects_id: UUID | None = None,
) -> UUID:
    """Prepare a trip to Zoho's consent page and return its id; ``departure`` gives the address.

    ``wanted``: the keys of the features to ask the scopes of, None for the products' defaults; ``more_scopes`` come on top.
    Raises MisconfiguredError (no client or secret for this data centre), NotConnectedError (nothing to reconnect).
    """
    center = amend.data_centers.get(location)
    if center is None:
        raise MisconfiguredError(f"data centre {location!r:.40} is not in the table", setting="ZOHO_DATA_CENTER")
    oauth.credentials(amend.settings, center)
    keys = features.defaults(products) if wanted is None else wanted
    override = None if center.is_sandbox else amend.settings.scopes
    with amend.sessions.begin() as session:
        if reconnects_id is not None:
            connections.get_own(session, reconnects_id, user_id)
        row = authorization.open_request(
            session,
            user_id,
            session_id,
            now=amend.now(),
            location=location,
            products=list(products),
            features=[feature.key for feature in features.chosen(products, keys)],
            scopes=list(features.to_ask(products, keys, override, more_scopes)),
            reconnects_id=reconnects_id,
        )
        return row.id


def departure(amend: Amend, user_id: UUID, session_id: UUID, request_id: UUID) -> str:
    """The address of Zoho's consent page for a prepared trip. Raises BadStateError, MisconfiguredError."""
    with amend.reading() as session:
        row = authorization.get_open(session, request_id, user_id, session_id, amend.now())
    center = amend.data_centers[row.location]
    return oauth.authorization_url(center, oauth.credentials(amend.settings, center), row.scopes, row.state)


def complete(amend: Amend, user_id: UUID, session_id: UUID, query: Mapping[str, str]) -> Outcome:
    """Handle the callback: ``state``, ``code`` or ``error``, ``location``, ``accounts-server``.

    Raises BadStateError, ConsentRefusedError, UnknownHostError (the secret is not sent), CodeExpiredError,
    NoRefreshTokenError (nothing is kept), MisconfiguredError, ThrottledError, UnreachableError.
    """
    query = {name: exact_json.storable(value) for name, value in query.items()}
    code = query.get("code", "")
    with amend.sessions.begin() as session:
        trip, is_reload = authorization.take(session, query.get("state", ""), user_id, session_id, code, amend.now())
    if is_reload:
        connection_id = trip.connection_id or _await_exchange(amend, trip)
        if connection_id is None:
            raise CodeExpiredError("the callback was opened again after it failed")
        return Outcome(connection_id, Result.ALREADY)
    if query.get("error"):
        raise ConsentRefusedError(f"Zoho came back with error={query['error']!r:.60}")
    if not code:
        raise BadStateError("Zoho came back without a code")
    center = _center(amend, trip, query)
    token = oauth.exchange(amend.http, center, oauth.credentials(amend.settings, center), code, amend.now())
    if token.refresh_token is None:
        raise NoRefreshTokenError("the exchange brought no refresh_token")
    pending_id = _save_pending(amend, trip, center, token)
    return finish(amend, user_id, pending_id)


def _await_exchange(amend: Amend, trip: AuthorizationRequest) -> UUID | None:
    """What the first opening of the callback may be making at this moment; None when nothing comes of it."""
    is_fresh = trip.used_at is not None and amend.now() - trip.used_at < timedelta(minutes=1)
    give_up_at = time.monotonic() + (EXCHANGE_SECONDS if is_fresh else 0)
    while time.monotonic() < give_up_at:
        with amend.reading() as session:
            row = session.get(AuthorizationRequest, trip.id)
        if row is not None and row.connection_id is not None:
            return row.connection_id
        time.sleep(0.1)
    return None


def _center(amend: Amend, trip: AuthorizationRequest, query: Mapping[str, str]) -> DataCenter:
    """The row that the callback names. What the browser brought only selects; an unknown server is refused."""
    location = query.get("location", "").lower()
    server = query.get("accounts-server", "")
    if server:
        found = amend.data_centers.find_accounts(server, location or trip.location)
        if found is None:
            raise UnknownHostError(f"accounts-server {server!r:.100} is not in the table of data centres")
        return found
    if location and location not in amend.data_centers:
        raise UnknownHostError(f"location {location!r:.40} is not in the table of data centres")
    return amend.data_centers[location or trip.location]


def _save_pending(amend: Amend, trip: AuthorizationRequest, center: DataCenter, token: oauth.Token) -> UUID:
    pending = Connection(
        id=uuid4(),
        user_id=trip.user_id,
        status=Status.PENDING,
        location=center.location,
        accounts_server=center.accounts,
        products=trip.products,
        features=trip.features,
        scopes_requested=trip.scopes,
        replaces_id=trip.reconnects_id,
        created_at=amend.now(),
        renewals=[renewals.stamp(amend.now())],  # Zoho counts the access token of the exchange too
    )
    for column, value in tokens.token_values(amend, pending.id, center, token).items():
        setattr(pending, column, value)
    with amend.sessions.begin() as session:
        session.add(pending)
        session.flush()
        authorization.settle(session, trip.id, pending.id)
    return pending.id


def finish(amend: Amend, user_id: UUID, pending_id: UUID) -> Outcome:
    """Ask Zoho whose grant this is, make it a connection, and prove it. May be called again for one that was left pending.

    Raises NotConnectedError.
    """
    with amend.reading() as session:
        pending = connections.get_own(session, pending_id, user_id)
    if pending.status != Status.PENDING:
        return Outcome(pending_id, Result.ALREADY)
    found = probes.identify(amend, pending)
    if found.is_incomplete and not found.is_known:
        return Outcome(pending_id, Result.UNFINISHED)
    with amend.sessions.begin() as session:
        wait_alone(session, f"connections of {user_id}")  # two grants of one identity must not both become connections
        pending = connections.get_own(session, pending_id, user_id)
        if pending.status != Status.PENDING:
            return Outcome(pending_id, Result.ALREADY)
        for column, value in found.values.items():
            setattr(pending, column, value)
        wanted = session.get(Connection, pending.replaces_id) if pending.replaces_id else None
        is_same = probes.is_same_person(wanted, pending) if wanted is not None else True
        if not is_same:
            return Outcome(pending_id, Result.UNFINISHED if is_same is None and found.is_incomplete else Result.SOMEBODY_ELSE)
        target = wanted or connections.find_same_grant(session, pending)
        outcome, old = _adopt(amend, target, pending, session) if target else (_activate(pending, amend), None)
    revoke_quietly(amend, old)
    _prove(amend, outcome.connection_id)
    return outcome


def _prove(amend: Amend, connection_id: UUID) -> None:
    """Renew once as a test, and make one call with the new token. What fails stays noted in the row and undoes nothing."""
    hurried = replace(amend, http=amend.http.within(PROOF_SECONDS))
    try:
        tokens.renew(hurried, connection_id)
        probes.person(hurried, clients.load(hurried, connection_id))
    except ZohoError as error:
        log.warning("the new grant of connection %s was not proved, %s: %s", connection_id, error.code, error)


def keep_as_new(amend: Amend, user_id: UUID, pending_id: UUID) -> Outcome:
    """Answer to "somebody else came back": keep theirs as a connection of its own, and leave the old one as it is."""
    with amend.sessions.begin() as session:
        connections.get_own(session, pending_id, user_id).replaces_id = None
    return finish(amend, user_id, pending_id)


def disconnect(amend: Amend, user_id: UUID, connection_id: UUID) -> Revocation:
    """Revoke at Zoho and forget the tokens, whatever Zoho answers; the row and its history stay.

    Raises NotConnectedError.
    """
    with amend.reading() as session:
        connection = connections.get_own(session, connection_id, user_id)
    revocation = revoke_quietly(amend, held(amend, connection))
    if revocation == Revocation.NOTHING_HELD and connection.refresh_token:
        revocation = Revocation.NOT_TOLD  # it is held, and cannot be opened or has no address any more
    revoked = connection.refresh_token
    with amend.sessions.begin() as session:
        connection = connections.get_own(session, connection_id, user_id, locked=True)
        if connection.refresh_token != revoked:
            return revocation  # reconnected at this very moment: the new grant is not the one that was ended
        if connection.status == Status.PENDING:
            session.delete(connection)
            return revocation
        connection.status = Status.DISCONNECTED
        connection.access_token = connection.refresh_token = connection.token_expires_at = None
    return revocation


def rename(amend: Amend, user_id: UUID, connection_id: UUID, name: str) -> None:
    """Call a connection by another name, of at most 200 characters. Raises NotConnectedError."""
    with amend.sessions.begin() as session:
        connections.get_own(session, connection_id, user_id).name = name[:200]


def _activate(pending: Connection, amend: Amend) -> Outcome:
    pending.status = Status.ACTIVE
    pending.connected_at = amend.now()
    pending.name = pending.name or _name(pending)
    return Outcome(pending.id, Result.CONNECTED)


def _name(connection: Connection) -> str:
    org = connection.crm_org_name or connection.desk_org_name or connection.zoho_user_name or "Zoho"
    suffix = f" ({connection.environment})" if connection.environment not in (None, "production") else ""
    return f"{org}{suffix}"[:200]


_FROM_GRANT = (
    "token_expires_at api_domain api_domain_refused location accounts_server products features scopes_requested scopes_granted renewals "
    "refreshed_at refresh_not_before failing_since failure_count last_success_at last_failure_at last_failure_code last_failure_detail"
).split()
_IF_KNOWN = (
    "zuid zoho_user_name zoho_user_email time_zone crm_org_id crm_org_name crm_domain_name zgid environment desk_org_id desk_org_name "
    "desk_portal_name"
).split()


def _adopt(amend: Amend, target: Connection, pending: Connection, session: Any) -> tuple[Outcome, Revocable]:
    """Move a new grant into the connection it belongs to, sealed anew for it; the token it replaces is to be revoked."""
    old, new = held(amend, target), held(amend, pending)
    for column in _FROM_GRANT:
        setattr(target, column, getattr(pending, column))
    for column in _IF_KNOWN:
        setattr(target, column, getattr(pending, column) or getattr(target, column))
    target.access_token = tokens.seal(amend, target.id, tokens.unseal(amend, pending.id, pending.access_token or ""))
    target.refresh_token = tokens.seal(amend, target.id, new[1] if new else "")
    target.status = Status.ACTIVE
    target.connected_at = amend.now()
    target.scopes_confirmed = target.scopes_refused = []
    target.refresh_lease_until = None
    authorization.hand_over(session, pending.id, target.id)
    session.delete(pending)
    return Outcome(target.id, Result.RENEWED), None if old and new and old[1] == new[1] else old
