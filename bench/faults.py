"""The faults of ``bench.doctor``, near to far: what is spoiled, and what the first finding must name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench.bed import REFUSED, WORKER, Bed
from bench.spoil import (
    TOKEN,
    american,
    another_zoho,
    client,
    clock,
    crm,
    damaged,
    desk,
    failing,
    foreign_portal,
    form_opened,
    key_lost,
    key_rotated_away,
    mixed_up,
    moved,
    new_secret,
    next_day,
    no_database,
    no_queue,
    nothing,
    proxy,
    read_only_database,
    revision,
    row,
    settings,
    silent,
    slow,
    stale,
    switch,
    tls,
    twentyone,
    two_portals,
    without_secret,
    worker_killed,
    worker_stuck,
)
from changes import heartbeat
from zoho import features
from zoho.connections import Status


@dataclass(frozen=True, slots=True)
class Fault:
    """``named``: the check whose finding must come first, and a word of what it says in evidence, cause or next step."""

    name: str
    spoil: Callable[[Bed], None]
    check: str
    word: str
    choices: dict[str, Any] = field(default_factory=dict)


def _scope(scope: str, how: str) -> Fault:
    check = "identity" if scope == features.IDENTITY else "desk_scopes" if scope.startswith("Desk.") else "crm_scopes"
    return Fault(f"scope {scope} {how}", partial(Bed.lack, scope=scope), check, scope)


NEAR = (
    Fault("public address without https", settings(public_url="http://amend.example.com"), "settings", "AMEND_PUBLIC_URL"),
    Fault("client id mistyped", settings(client_id="acme-client"), "settings", "ZOHO_CLIENT_ID"),
    Fault(
        "encryption key named twice",
        lambda on: on.change(encryption_keys=on.amend.settings.encryption_keys * 2),
        "settings",
        "AMEND_ENCRYPTION_KEYS",
    ),
    Fault("instance folder gone", lambda on: on.change(instance_dir=on.folder / "gone"), "disk", "gone"),
    Fault("instance folder read-only", settings(instance_dir=Path("/sys")), "disk", "/sys"),
    Fault("disk full", lambda on: on.fill_disk(), "disk", "full"),
    Fault("database locked", Bed.hold_database, "database", "lock"),
    Fault("database read-only", read_only_database, "database", "written"),
    Fault("database gone", no_database, "database", "not where"),
    Fault("database damaged", damaged, "database", "not a whole database"),
    Fault("database server away", settings(database_url="postgresql://amend:geheim@127.0.0.1:1/amend"), "database", "does not answer"),
    Fault("database of a newer Amend", revision("9999"), "migrations", "newer"),
    Fault("database not migrated", revision("0001"), "migrations", "0001"),
)
BACKGROUND = (
    Fault("worker killed", worker_killed, "worker", "last heard of"),
    Fault("worker stopped", lambda on: heartbeat.leave(on.amend, WORKER), "worker", "stopped"),
    Fault("worker gets to nothing", worker_stuck, "queue", "waited"),
    Fault("queue out of reach", no_queue, "queue", "cannot be read"),
)
ROW = (
    Fault("connection not finished", row(status=Status.PENDING), "connection", "not finished"),
    Fault("connection ended here", row(status=Status.DISCONNECTED), "connection", "disconnected"),
    Fault("connection known to be dead", row(status=Status.RECONNECT_NEEDED), "connection", "reconnect"),
    Fault("connection in no known state", row(status="odd"), "connection", "state"),
    Fault("key lost", key_lost, "key", "encryption key"),
    Fault("key rotated away", key_rotated_away, "key", "taken out"),
    Fault("refresh token missing", row(refresh_token=None), "refresh_token", "null"),
    Fault("refresh token blank", lambda on: on.write(refresh_token=on.seal(" ")), "refresh_token", "blank"),
    Fault("location of no data centre", row(location="xx"), "data_center", "xx"),
    Fault(
        "location and accounts server of two data centres",
        row(location="eu", accounts_server="https://accounts.zoho.com"),
        "data_center",
        "two data centres",
    ),
    Fault("API domain blank", row(api_domain=""), "api_domain", "blank"),
    Fault(
        "API domain of another data centre",
        row(api_domain="https://www.zohoapis.eu", location="us", accounts_server="https://accounts.zoho.com"),
        "api_domain",
        "another data centre",
    ),
    Fault("API domain of a stranger", row(api_domain="https://www.zohoapis.com.evil.example"), "api_domain", "not a known Zoho host"),
    Fault("client not set", american, "client", "ZOHO_CLIENT_ID"),
    Fault("client secret not set", without_secret, "client", "ZOHO_CLIENT_SECRET"),
    Fault("expiry in milliseconds", row(token_expires_at=1_795_000_000_000), "token_expires_at", "milliseconds"),
    Fault("expiry missing", row(token_expires_at=None), "token_expires_at", "null"),
    Fault("expiry a year ahead", row(token_expires_at=1_826_000_000), "token_expires_at", "hour"),
)
WAY = (
    Fault("accounts server refuses connections", moved("accounts", REFUSED), "accounts_host", "refuses"),
    Fault("API host refuses connections", moved("api", REFUSED), "api_host", "refuses"),
    Fault("Desk host refuses connections", moved("desk", REFUSED), "desk_host", "refuses"),
    Fault("DNS does not know the accounts server", moved("accounts", "http://accounts.zoho.invalid"), "accounts_host", "DNS"),
    Fault("DNS does not know Desk", moved("desk", "http://desk.zoho.invalid"), "desk_host", "DNS"),
    Fault("proxy away", proxy, "desk_host", "proxy"),
    Fault("TLS of a stranger's authority", tls("localhost", 30, trusted=False), "desk_host", "authority"),
    Fault("TLS certificate expired", tls("localhost", -1, trusted=True), "desk_host", "out of its time"),
    Fault("TLS certificate of another host", tls("other.example", 30, trusted=True), "desk_host", "another host"),
    Fault("Desk host hangs", silent("desk"), "desk_host", "in time"),
    Fault("API host hangs", silent("api"), "api_host", "in time"),
    Fault("everything slow", slow, "accounts_host", "slow"),
    Fault("clock an hour ahead", clock(3600), "clock", "ahead"),
    Fault("clock an hour behind", clock(-3600), "clock", "behind"),
)
GRANT = (
    Fault("grant revoked at Zoho", lambda on: on.zoho.revoke_all(), "token", "no longer accepts"),
    Fault("21st refresh token pushed this one out", twentyone, "token", "no longer accepts"),
    Fault("client secret wrong", client(new_secret), "token", "ZOHO_CLIENT_SECRET"),
    Fault("client unknown there", client(dict.clear), "token", "ZOHO_CLIENT_ID"),
    Fault(
        "secret of another data centre",
        failing(TOKEN, due=True, status=200, body={"error": "invalid_client_secret"}),
        "token",
        "data centre",
    ),
    Fault("renewals throttled", failing(TOKEN, due=True, fault="throttled"), "token", "10:"),
    Fault("renewals throttled, known before", lambda on: on.throttle(), "throttle", "ten minutes"),
    Fault("renewal answered by HTML", failing(TOKEN, due=True, fault="html"), "token", "HTTP 502"),
    Fault("renewal answered without a token", failing(TOKEN, due=True, status=200, body={"api_domain": "x"}), "token", "no access token"),
    Fault("renewal hangs", failing(TOKEN, due=True, fault="hang"), "token", "in time"),
    Fault("access token superseded", lambda on: on.zoho.expire_access_tokens(), "token", "not know"),
    Fault("token of another Zoho user", row(zuid="1"), "identity", "another Zoho user"),
)
FAR = (
    Fault("CRM answers HTML", failing("* /crm/v8/*", fault="html", status=200), "crm_org", "web page"),
    Fault("CRM path not found there", failing("* /crm/v8/*", fault="html", status=404), "crm_org", "wrong Zoho data centre"),
    Fault("API host of another data centre", another_zoho("api"), "crm_org", "wrong Zoho data centre"),
    Fault(
        "CRM in maintenance",
        failing("* /crm/v8/*", status=503, body={"code": "INTERNAL_ERROR", "status": "error", "message": "x", "details": {}}),
        "crm_org",
        "503",
    ),
    Fault("CRM breaks off", failing("* /crm/v8/*", fault="reset_before"), "crm_org", "broke"),
    Fault("CRM answers half", failing("* /crm/v8/*", fault="truncated"), "crm_org", "broke"),
    Fault("CRM hangs", failing("* /crm/v8/*", fault="hang"), "crm_org", "in time"),
    Fault("CRM answers nothing", failing("GET /crm/v8/org", fault="empty"), "crm_org", "could not be read"),
    Fault("profile without API access", switch(no_api_access=True), "crm_org", "API"),
    Fault("user inactive", failing("* /crm/v8/*", **crm("INACTIVE_USER", 401)), "crm_org", "inactive"),
    Fault("token of another CRM organization", row(crm_org_id="42"), "crm_org", "another CRM organization"),
    Fault("CRM organization not stored", row(crm_org_id=None), "crm_org", "not stored"),
    Fault("edition without the feature", failing("* /crm/v8/*", **crm("FEATURE_NOT_SUPPORTED", 403)), "crm_org", "edition"),
    Fault("module hidden from the profile", switch(hide_module="Leads"), "crm_modules", "Leads"),
    Fault("all modules forbidden", failing("GET /crm/v8/{module}", **crm("NO_PERMISSION", 403)), "crm_records", "profile"),
    Fault(
        "CRM credits spent",
        failing(
            "* /crm/v8/*",
            status=429,
            body={"code": "LIMIT_EXCEEDED", "status": "error", "message": "You have reached your API credits limit", "details": {}},
            headers={"X-API-CREDITS-REMAINING": "0"},
        ),
        "crm_org",
        "credits",
    ),
    Fault("few CRM credits left", switch(credits_remaining=120), "crm_limits", "120"),
    Fault("too many calls at a time", failing("* /crm/v8/*", **crm("TOO_MANY_REQUESTS", 429)), "crm_org", "too many"),
    Fault("fields changed since they were read", stale, "crm_fields", "Phone"),
    Fault("Desk organization blank", row(desk_org_id=" "), "desk_org", "blank"),
    Fault("Desk organization no number", row(desk_org_id="acme"), "desk_org", "acme"),
    Fault("Desk organization not chosen", two_portals, "desk_org", "Choose"),
    Fault("Desk organization of somebody else", row(desk_org_id="999"), "desk_org", "999"),
    Fault("CRM's number as Desk organization", mixed_up, "desk_org", "CRM organization's number"),
    Fault("token bound to another Desk organization", foreign_portal, "desk_records", "OAUTH_ORG_MISMATCH"),
    Fault("Desk answers HTML", failing("* /api/v1/*", fault="html", status=200), "desk_org", "web page"),
    Fault("Desk host of another data centre", another_zoho("desk"), "desk_org", "wrong Zoho data centre"),
    Fault("Desk forbids", failing("* /api/v1/tickets", **desk("FORBIDDEN", 403)), "desk_records", "may"),
    Fault("Desk edition without the API", failing("* /api/v1/*", **desk("LICENSE_ACCESS_LIMITED", 403)), "desk_org", "edition"),
    Fault(
        "Desk credits spent",
        failing(
            "* /api/v1/*",
            status=429,
            body={"errorCode": "THRESHOLD_EXCEEDED", "message": "refused"},
            headers={"X-Rate-Limit-Remaining-v3": "0", "Retry-After": "3600"},
        ),
        "desk_org",
        "credits",
    ),
    Fault(
        "agent switched off",
        failing("GET /api/v1/myinfo", status=200, body={"id": "1", "name": "Ana", "status": "DISABLED"}),
        "desk_agent",
        "not an active agent",
    ),
)
SCOPES = tuple(_scope(scope, "not granted") for scope in features.to_ask(("crm", "desk")))
UNTOLD = (
    Fault("scope to read CRM taken, untold", partial(Bed.withhold, scope="ZohoCRM.modules.READ"), "crm_records", "scope"),
    Fault("scope of Desk organizations taken, untold", partial(Bed.withhold, scope="Desk.basic.READ"), "desk_agent", "Desk.basic.READ"),
    Fault("scope of Desk tickets taken, untold", partial(Bed.withhold, scope="Desk.tickets.READ"), "desk_records", "Desk.tickets.READ"),
)
FAULTS = (*NEAR, *BACKGROUND, *ROW, *WAY, *GRANT, *SCOPES, *UNTOLD, *FAR)


WELL: tuple[tuple[str, Callable[[Bed], None], dict[str, Any]], ...] = (
    ("just connected", nothing, {}),
    ("a day later", next_day, {}),
    ("CRM alone", nothing, {"products": ("crm",)}),
    ("Desk alone", nothing, {"products": ("desk",)}),
    ("one feature alone", nothing, {"products": ("crm",), "wanted": ("crm.leads",)}),
    ("Zoho hides the granted scopes", row(scopes_granted=None), {}),
    ("several Desk organizations, one chosen", switch(desk_orgs=2), {}),
    ("a form was opened", form_opened, {}),
)
"""Connections that are well, in which nothing may be found."""
