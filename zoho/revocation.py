"""Giving a grant up at Zoho. What we keep does not depend on the answer; what we say does."""

from __future__ import annotations

import logging
from enum import StrEnum

from zoho import oauth, tokens
from zoho.connections import Connection
from zoho.data_centers import DataCenter
from zoho.errors import KeyLostError, ZohoError
from zoho.runtime import Amend

log = logging.getLogger(__name__)


class Revocation(StrEnum):
    """What Zoho was told when a grant was given up."""

    REVOKED = "revoked"
    NOT_KNOWN = "not_known"
    NOT_TOLD = "not_told"
    NOTHING_HELD = "nothing_held"


Revocable = tuple[DataCenter, str] | None


def held(amend: Amend, connection: Connection) -> Revocable:
    """The refresh token and where to revoke it, as far as both can still be known."""
    center = amend.data_centers.get(connection.location)
    if center is None or not connection.refresh_token:
        return None
    try:
        return center, tokens.unseal(amend, connection.id, connection.refresh_token)
    except KeyLostError:
        return None


def revoke_quietly(amend: Amend, old: Revocable) -> Revocation:
    """Tell Zoho that a refresh token is no longer wanted. What we keep does not depend on the answer."""
    if old is None:
        return Revocation.NOTHING_HELD
    try:
        was_known = oauth.revoke(amend.http, old[0], old[1])
    except ZohoError as error:
        log.warning("revoke failed zoho_error=%s: %s", error.code, error)
        return Revocation.NOT_TOLD
    return Revocation.REVOKED if was_known else Revocation.NOT_KNOWN
