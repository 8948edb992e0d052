"""Zoho's public list of its data centres against our closed table: news for a person, never a source of hosts."""

from __future__ import annotations

from typing import Any

from zoho import data_centers, tokens
from zoho.connections import Connection
from zoho.diagnostics.findings import CHECK_AGAIN, Observation, not_checked, ok, warning
from zoho.errors import ZohoError
from zoho.runtime import Amend


def compare(amend: Amend, connection: Connection) -> Observation:
    """``GET {accounts}/oauth/serverinfo``, which asks for no token: ``{"result", "locations": {"us": "https://accounts.zoho.com", …}}``.

    A row of ZOHO_DATA_CENTERS_FILE differs from Zoho's on purpose. Source: oauth.md section 1 of the dossier.
    """
    accounts = tokens.data_center(amend, connection).accounts
    try:
        answer = amend.http.call("GET", f"{accounts}/oauth/serverinfo")
    except ZohoError as error:
        return _unknown(error.summary)
    listed = answer.body.get("locations") if answer.status == 200 and isinstance(answer.body, dict) else None
    if not isinstance(listed, dict) or not listed:
        return _unknown(f"The accounts server answered HTTP {answer.status} without a list of data centres.")
    news = [text for location, server in sorted(listed.items())[:50] if (text := _news(amend, location, server))]
    if not news:
        return ok(f"Zoho lists {', '.join(sorted(listed))[:200]}: the table agrees")
    return warning(
        "; ".join(news)[:500],
        "Zoho names data centres that Amend's table does not have. No token and no secret is sent to them.",
        "If accounts of these shall connect, compare with Zoho's documentation and add the hosts in ZOHO_DATA_CENTERS_FILE.",
        CHECK_AGAIN,
    )


def _news(amend: Amend, location: Any, server: Any) -> str:
    row = amend.data_centers.get(str(location).lower())
    if row is None:
        return f"{str(location)[:20]!r} at {str(server)[:100]!r} is not in the table"
    if row.is_builtin and data_centers.origin(str(server)) != row.accounts:
        return f"{row.location} is {str(server)[:100]!r} for Zoho, {row.accounts} in the table"
    return ""


def _unknown(why: str) -> Observation:
    return not_checked(why, "Nothing needs to be done: the table is what Amend goes by.")
