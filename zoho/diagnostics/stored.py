"""The nearest checks: what lies in the row and in the settings. They ask nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from zoho import data_centers, oauth, renewals, tokens
from zoho.connections import Connection, Status
from zoho.data_centers import DataCenter
from zoho.diagnostics.findings import (
    FINISH,
    FIX_SETTING,
    RECONNECT,
    REFRESH_NOW,
    Observation,
    failed,
    from_error,
    moment,
    not_checked,
    ok,
    span,
    warning,
)
from zoho.errors import InvalidGrantError, KeyLostError, MisconfiguredError, NoRefreshTokenError, RenewalFailingError, ThrottledError
from zoho.runtime import Amend

LONGEST_LIFE_SECONDS = 2 * 3600
"""Zoho's access tokens live for an hour; an expiry further ahead than this was not written by Amend."""
STORES_IT = "Renew the token: Zoho then names the API domain again, and it is stored."


def state(amend: Amend, connection: Connection) -> Observation:
    """Where the connection stands, with the reason that was kept."""
    match connection.status:
        case Status.ACTIVE:
            return ok(f"active, connected {moment(connection.connected_at)}")
        case Status.PENDING:
            return warning(
                f"received {moment(connection.created_at)}, not finished",
                "Zoho granted access, but it is not settled yet whose grant this is.",
                "Finish connecting.",
                FINISH,
            )
        case Status.RECONNECT_NEEDED:
            return failed(
                f"needs to be reconnected{_last_failure(connection)}", InvalidGrantError.summary, "Reconnect the account.", RECONNECT
            )
        case Status.FAILING:
            return failed(f"failing{_last_failure(connection)}", renewals.last_words(connection), RenewalFailingError.advice, REFRESH_NOW)
        case Status.DISCONNECTED:
            return failed(
                "disconnected", "This account was disconnected here, and its tokens were deleted.", "Connect it again.", RECONNECT
            )
        case _:
            text = f"state {connection.status!r:.40}"
            return failed(text, "The connection's row holds a state that Amend does not know.", "Reconnect the account.", RECONNECT)


def _last_failure(connection: Connection) -> str:
    if connection.last_failure_at is None:
        return ""
    return f" since {moment(connection.last_failure_at)}: {connection.last_failure_code}, {connection.last_failure_detail}"


def key(amend: Amend, connection: Connection) -> Observation:
    """Whether AMEND_ENCRYPTION_KEYS open what is stored."""
    sealed = {"refresh token": connection.refresh_token, "access token": connection.access_token}
    lost = dict[str, KeyLostError]()
    for name, value in sealed.items():
        try:
            if value:
                tokens.unseal(amend, connection.id, value)
        except KeyLostError as error:
            lost[name] = error
    if lost:
        why = next(iter(lost.values()))
        return failed(f"{' and '.join(lost)}: {why}", _lost_key(amend, connection), why.advice, RECONNECT)
    found = [name for name, value in sealed.items() if value]
    return ok(f"{' and '.join(found)} can be opened") if found else not_checked("No token is stored that a key could open.")


def _lost_key(amend: Amend, connection: Connection) -> str:
    """Whether no connection's tokens open (the keys are others) or only some (a key was taken out too early)."""
    held = (Connection.refresh_token.is_not(None)) & (Connection.id != connection.id)
    with amend.reading() as session:
        others = session.execute(select(Connection.id, Connection.refresh_token).where(held).limit(50)).all()
    opened = sum(_opens(amend, row.id, row.refresh_token) for row in others)
    if opened:
        return (
            f"{KeyLostError.summary} {opened} of {len(others)} other connections can be opened: "
            "an older key was taken out of AMEND_ENCRYPTION_KEYS before all was sealed anew."
        )
    return f"{KeyLostError.summary}{' No other connection can be opened either: the keys were lost or replaced.' if others else ''}"


def _opens(amend: Amend, connection_id: UUID, sealed: str) -> bool:
    try:
        tokens.unseal(amend, connection_id, sealed)
    except KeyLostError:
        return False
    return True


def refresh_token(amend: Amend, connection: Connection) -> Observation:
    """Without one the connection is dead within the hour."""
    sealed = connection.refresh_token
    if sealed and tokens.unseal(amend, connection.id, sealed).strip():
        return ok("stored, sealed")
    seen = "null" if sealed is None else "blank"
    return failed(f"refresh_token is {seen}", NoRefreshTokenError.summary, NoRefreshTokenError.advice, RECONNECT)


def expiry(amend: Amend, connection: Connection) -> Observation:
    """Whether ``token_expires_at`` is a Unix time in seconds."""
    value: Any = connection.token_expires_at
    if not tokens.is_valid_expiry(value):
        return failed(
            f"token_expires_at is {_nonsense(value)}",
            "The stored expiry is not a Unix time in seconds, so Amend cannot trust the access token and renews it before the next call.",
            "Renew the token: that stores a valid expiry.",
            REFRESH_NOW,
        )
    left = value - amend.now().timestamp()
    text = f"{value}: {moment(datetime.fromtimestamp(value, UTC))}"
    if left > LONGEST_LIFE_SECONDS:
        return warning(
            f"token_expires_at is {text}, {span(left)} ahead",
            "Zoho's access tokens live for an hour, so this expiry cannot be right.",
            "Renew the token: that stores a valid expiry.",
            REFRESH_NOW,
        )
    return ok(f"{text}, {f'in {span(left)}' if left > 0 else f'{span(left)} ago; renewed before the next call'}")


def _nonsense(value: Any) -> str:
    if value is None:
        return "null"
    if not isinstance(value, int):
        return f"{str(value)[:40]!r}, which is not a whole number"
    if value <= 0:
        return f"{value}, which is {'zero' if value == 0 else 'negative'}"
    if tokens.is_valid_expiry(value // 1000):
        return f"{value}, which is in milliseconds"
    return f"{value}, which is no time of this century"


def data_center(amend: Amend, connection: Connection) -> Observation:
    """Whether the location is a row of the table, and the accounts server is that row's."""
    center = amend.data_centers.get(connection.location)
    if center is None:
        is_sandbox = connection.location == data_centers.SANDBOX
        return failed(
            f"location {connection.location!r} is not one of {', '.join(amend.data_centers)}",
            "The sandbox is switched off." if is_sandbox else "Amend does not know the hosts of this data centre.",
            f"Set {'AMEND_SANDBOX=1' if is_sandbox else 'ZOHO_DATA_CENTERS_FILE'} and start Amend again.",
            FIX_SETTING,
        )
    if data_centers.origin(connection.accounts_server or "") == data_centers.origin(center.accounts):
        return ok(f"{center.location} ({center.name}), {center.accounts}")
    seen = f"location {center.location} has {center.accounts}, but the connection was made at {connection.accounts_server!r:.100}"
    if not center.is_builtin:
        return warning(seen, "The table's row was changed after this account was connected.", "Reconnect if calls fail.", RECONNECT)
    cause = "The stored location and accounts server belong to two data centres; a token is good in one only."
    return failed(seen, cause, "Reconnect the account, so that Zoho names its data centre again.", RECONNECT)


def api_domain(amend: Amend, connection: Connection) -> Observation:
    """Whether CRM calls leave for a known API host of the connection's data centre."""
    center = tokens.data_center(amend, connection)
    stored = (connection.api_domain or "").strip()
    if not connection.api_domain:
        cause = f"The API domain that Zoho named is not stored; Amend uses {center.api}."
        return warning(f"api_domain is {'null' if connection.api_domain is None else 'blank'}", cause, STORES_IT, REFRESH_NOW)
    wrong = _wrong_domain(amend, center, stored)
    if wrong:
        told = failed if "crm" in connection.products else warning
        return told(*wrong, STORES_IT, REFRESH_NOW)
    if connection.api_domain_refused:
        return warning(
            f"{stored} is used; Zoho answered {connection.api_domain_refused!r:.120}",
            "Zoho named an API domain that is not in the table of data centres, so no token is sent there.",
            "If CRM calls fail, add the host in ZOHO_DATA_CENTERS_FILE.",
            FIX_SETTING,
        )
    return ok(f"{stored}, {data_centers.environment(stored)} of {center.name}")


def _wrong_domain(amend: Amend, center: DataCenter, stored: str) -> tuple[str, str] | None:
    """Evidence and cause, or None."""
    row = amend.data_centers.find_api(stored)
    is_trusted = amend.data_centers.trusted_api(center, stored) is not None
    if is_trusted and (row is None or row.location == center.location or not center.is_builtin):
        return None
    if row is not None:
        seen = f"api_domain {stored} is of {row.name} ({row.location}), the connection of {center.name} ({center.location})"
        return seen, "The stored API domain belongs to another data centre, where this account's tokens are not known."
    seen = f"api_domain {stored[:120]!r} is no API host of {center.name}, such as {center.api}"
    return seen, "The stored API domain is not a known Zoho host, so no token is sent there."


def client(amend: Amend, connection: Connection) -> Observation:
    """Whether client id and secret are set for this data centre."""
    center = tokens.data_center(amend, connection)
    try:
        us = oauth.credentials(amend.settings, center)
    except MisconfiguredError as error:
        cause = "Without client id and client secret no token can be renewed."
        return failed(str(error), cause, f"Set {error.setting} and start Amend again.", FIX_SETTING)
    return ok(f"client {us.client_id[:12]}… with a secret for {center.name}")


def redirect_uri(amend: Amend, connection: Connection) -> Observation:
    """What Zoho must have registered, letter by letter. No call of Zoho's tells; a wrong one shows on Zoho's page when connecting."""
    uri = amend.settings.redirect_uri
    if tokens.data_center(amend, connection).is_sandbox:
        return ok(f"{uri}; the sandbox takes any")
    cause = "Zoho has no call that tells which redirect URIs are registered; a wrong one shows on Zoho's page when connecting."
    return not_checked(cause, "Compare it with the one in Zoho's API console, letter by letter.", evidence=uri)


def throttle(amend: Amend, connection: Connection) -> Observation:
    """Whether Zoho lets us renew now, by its own word and by our count."""
    used = f"{len(renewals.counted(connection, amend.now()))} of {renewals.BUDGET} renewals used in ten minutes"
    until = renewals.waits_until(connection, amend.now())
    if until is None:
        return ok(used)
    told = from_error(ThrottledError(f"no renewal before {moment(until)}; {used}", retry_at=until), amend.now())
    return warning(told.evidence, told.cause, told.next, None)
