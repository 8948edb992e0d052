"""The access token: can it be had now, was it ever renewed, and what the last calls came to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from zoho import clients, renewals, tokens
from zoho.connections import Connection
from zoho.diagnostics.findings import CHECK_AGAIN, REFRESH_NOW, Observation, moment, not_checked, ok, span, warning
from zoho.runtime import Amend

RECENT = timedelta(hours=24)
"""A renewal that succeeded within this time still counts as seen."""


def usable(amend: Amend, connection: Connection) -> Observation:
    """Whether an access token can be handed out; it is renewed only when that is due. Raises as tokens.access_token."""
    tokens.access_token(amend, connection.id)
    now = clients.load(amend, connection.id)
    if not tokens.is_valid_expiry(now.token_expires_at):
        return warning("handed out, but its expiry is not valid", "The renewal was not stored.", "Check again.", CHECK_AGAIN)
    expires_at = datetime.fromtimestamp(now.token_expires_at or 0, UTC)
    renewed = "renewed just now, " if now.refreshed_at != connection.refreshed_at else ""
    left = span((expires_at - amend.now()).total_seconds())
    next_at = moment(expires_at - timedelta(seconds=tokens.MARGIN_SECONDS))
    return ok(f"{renewed}good until {moment(expires_at)}, {left} left; renewed next from {next_at}")


def superseded(amend: Amend, handed_out: Connection) -> Observation | None:
    """What to say of a token that was handed out as good, when a call then had to renew it; None when none had to."""
    now = clients.load(amend, handed_out.id)
    was_due = not handed_out.token_expires_at or handed_out.token_expires_at - amend.now().timestamp() <= 2 * tokens.MARGIN_SECONDS
    if now.access_token == handed_out.access_token or was_due:
        return None
    return warning(
        f"looked good, and was refused in a call; renewed {moment(now.refreshed_at)}, and the new one works",
        "Zoho did not know the access token any more, though its hour was not over: it was revoked, or another program renews with the "
        "same grant, for which Zoho keeps few tokens at a time.",
        "Nothing now: it was renewed. If it comes again, find the other program that uses this connection's refresh token.",
        CHECK_AGAIN,
    )


def renewal(amend: Amend, connection: Connection) -> Observation:
    """Whether the refresh token is known to work: green only for a renewal that was made, with its time."""
    at, connected_at = connection.refreshed_at, connection.connected_at
    step = "Renewal is tried when you press Refresh now."
    if connection.failing_since:
        return _failing(connection)
    if at is None:
        return not_checked("This connection was never renewed.", step, REFRESH_NOW)
    if connected_at is not None and at < connected_at:
        return not_checked("This connection was not renewed since it was made.", step, REFRESH_NOW, evidence=f"made {moment(connected_at)}")
    ago = (amend.now() - at).total_seconds()
    seen = f"last renewed {moment(at)}, {span(ago)} ago"
    if ago > RECENT.total_seconds():
        return not_checked("The last renewal is more than a day old.", step, REFRESH_NOW, evidence=seen)
    return ok(f"renewed once as a test: ok, {moment(at)}" if renewals.is_test(connection) else seen)


def _failing(connection: Connection) -> Observation:
    """The token at hand still works; the next renewal may not."""
    next_try = renewals.next_try_at(connection)
    tried = f"{connection.failure_count} {'try' if connection.failure_count == 1 else 'tries'}"
    seen = f"{tried} failed since {moment(connection.failing_since)}: {connection.last_failure_code}, {connection.last_failure_detail}"
    step = f"Amend tries again by itself, when a token is needed, from {moment(next_try)}; Refresh now does not wait."
    return warning(seen, renewals.reason(connection), step, REFRESH_NOW)


def last_calls(amend: Amend, connection: Connection) -> Observation:
    """What was noted of the last success and the last failure."""
    good, bad = connection.last_success_at, connection.last_failure_at
    if bad is None:
        return ok(f"last success {moment(good)}, no failure noted") if good else not_checked("No call was made yet.")
    failure = f"last failure {moment(bad)}: {connection.last_failure_code}, {connection.last_failure_detail}"
    seen = f"last success {moment(good)}; {failure}"
    if good is not None and good >= bad:
        return ok(seen)
    return warning(seen, "The last noted call failed.", "See the checks above for what holds now.", CHECK_AGAIN)
