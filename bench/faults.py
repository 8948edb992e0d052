"""The faults of ``bench.doctor``, near to far: what is spoiled, and what the first finding must name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench.bed import REFUSED, WORKER, Bed
from changes import heartbeat
from sandbox.server import Sandbox
from zoho import clients, features, metadata
from zoho.connections import Status
from zoho.keys import Keys

TOKEN = "POST /oauth/v2/token"
OTHER_KEY = "ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY="


@dataclass(frozen=True, slots=True)
class Fault:
    """``named``: the check whose finding must come first, and a word of what it says in evidence, cause or next step."""

    name: str
    spoil: Callable[[Bed], None]
    check: str
    word: str
    choices: dict[str, Any] = field(default_factory=dict)


def _crm(code: str, status: int) -> dict[str, Any]:
    body = {"code": code, "details": {}, "message": "refused", "status": "error"}
    return {"status": status, "body": body, "times": None}


def _desk(code: str, status: int) -> dict[str, Any]:
    return {"status": status, "body": {"errorCode": code, "message": "refused"}, "times": None}


def _failing(route: str, *, due: bool = False, **fault: Any) -> Callable[[Bed], None]:
    """Zoho answers this route so, from now on."""

    def spoil(on: Bed) -> None:
        if due:
            on.due()
        on.zoho.fail_next(route, **{"times": None, **fault})

    return spoil


def _row(**values: Any) -> Callable[[Bed], None]:
    return lambda on: on.write(**values)


def _settings(**values: Any) -> Callable[[Bed], None]:
    return lambda on: on.change(**values)


def _switch(**switches: Any) -> Callable[[Bed], None]:
    return lambda on: on.zoho.config.set(switches)


def _client(change: Callable[[dict[str, Any]], None]) -> Callable[[Bed], None]:
    def spoil(on: Bed) -> None:
        change(on.zoho.config.clients)
        on.due()

    return spoil


def _new_secret(clients_: dict[str, Any]) -> None:
    for client in clients_.values():
        client.secret = "another"


def _moved(host: str, url: str) -> Callable[[Bed], None]:
    return lambda on: on.move(**{host: url})


def _tls(name: str, days: int, *, trusted: bool) -> Callable[[Bed], None]:
    def spoil(on: Bed) -> None:
        file = on.certificate(name, days=days)
        if trusted:
            on.environment("REQUESTS_CA_BUNDLE", str(file))
        on.move(desk=f"https://localhost:{on.serve(lambda _: None, file)}")

    return spoil


def _american(on: Bed) -> None:
    """A connection of a data centre of Zoho's own, for which no client is set."""
    on.write(location="us", accounts_server="https://accounts.zoho.com", api_domain="https://www.zohoapis.com")


def _without_secret(on: Bed) -> None:
    _american(on)
    on.change(client_id="1000.ACME")


def _silent(host: str) -> Callable[[Bed], None]:
    return lambda on: on.move(**{host: f"http://127.0.0.1:{on.serve(lambda connection: on.wait(connection))}"})


def _slow(on: Bed) -> None:
    on.zoho.fail_next("* /*", fault="slow", seconds=2.5, times=None)
    on.deadline_seconds = 25.0


def _proxy(on: Bed) -> None:
    on.environment("HTTPS_PROXY", "http://amend:geheim@127.0.0.1:1")
    on.move(desk="https://desk.zoho.invalid")


def _another_zoho(host: str) -> Callable[[Bed], None]:
    """A host that is alive and knows nothing of this account, as that of another data centre."""

    def spoil(on: Bed) -> None:
        other = on.stack.enter_context(Sandbox(now=on.clock))
        on.move(**{host: other.url})

    return spoil


def _twentyone(on: Bed) -> None:
    for _ in range(20):
        on.grant_elsewhere()
    on.due()


def _key_lost(on: Bed) -> None:
    on.amend = replace(on.amend, keys=Keys.of([OTHER_KEY]))


def _key_rotated_away(on: Bed) -> None:
    young = Keys.of([OTHER_KEY])
    other = on.connect(products=("desk",), choices={"person": "1"})
    on.reseal(other, young)
    on.amend = replace(on.amend, keys=young)


def _read_only_database(on: Bed) -> None:
    """SQLite only reads a file whose format it knows too little of to write it: byte 18 of the header."""
    on.leave_database()
    with on.database.open("r+b") as file:
        file.seek(18)
        file.write(b"\3")


def _no_database(on: Bed) -> None:
    on.leave_database()
    on.database.unlink()


def _damaged(on: Bed) -> None:
    on.leave_database()
    for extra in on.database.parent.glob("amend.db-*"):
        extra.unlink()
    on.database.write_bytes(b"not a database, not at all" * 100)


def _revision(number: str) -> Callable[[Bed], None]:
    def spoil(on: Bed) -> None:
        with closing(sqlite3.connect(on.database)) as other:
            other.execute("UPDATE alembic_version SET version_num = ?", (number,))
            other.commit()

    return spoil


def _worker_killed(on: Bed) -> None:
    on.clock.at += timedelta(minutes=5)


def _worker_stuck(on: Bed) -> None:
    on.clock.at += timedelta(days=1, hours=1)
    heartbeat.beat(on.amend, WORKER, on.clock())


def _no_queue(on: Bed) -> None:
    with closing(sqlite3.connect(on.database)) as other:
        other.execute("DROP TABLE alerts")


def _stale(on: Bed) -> None:
    row = on.row
    metadata.crm_fields(on.amend, row, "Leads")
    fields = clients.crm_client(on.amend, row).fields("Leads")
    on.zoho.fail_next(
        "GET /crm/v8/settings/fields", status=200, body={"fields": [one for one in fields if one["api_name"] != "Phone"]}, times=None
    )


def _clock(seconds: int) -> Callable[[Bed], None]:
    def spoil(on: Bed) -> None:
        right = on.amend.now
        on.amend = replace(on.amend, now=lambda: right() + timedelta(seconds=seconds))
        on.beat()

    return spoil


def _two_portals(on: Bed) -> None:
    on.zoho.config.desk_orgs = 2
    on.write(desk_org_id=None)


def _foreign_portal(on: Bed) -> None:
    on.zoho.config.desk_orgs = 2
    on.write(desk_org_id="3981312")


def _mixed_up(on: Bed) -> None:
    on.write(desk_org_id=on.row.crm_org_id)


def _scope(scope: str, how: str) -> Fault:
    check = "identity" if scope == features.IDENTITY else "desk_scopes" if scope.startswith("Desk.") else "crm_scopes"
    return Fault(f"scope {scope} {how}", partial(Bed.lack, scope=scope), check, scope)


NEAR = (
    Fault("public address without https", _settings(public_url="http://amend.example.com"), "settings", "AMEND_PUBLIC_URL"),
    Fault("client id mistyped", _settings(client_id="acme-client"), "settings", "ZOHO_CLIENT_ID"),
    Fault(
        "encryption key named twice",
        lambda on: on.change(encryption_keys=on.amend.settings.encryption_keys * 2),
        "settings",
        "AMEND_ENCRYPTION_KEYS",
    ),
    Fault("instance folder gone", lambda on: on.change(instance_dir=on.folder / "gone"), "disk", "gone"),
    Fault("instance folder read-only", _settings(instance_dir=Path("/proc/self")), "disk", "/proc"),
    Fault("disk full", lambda on: on.fill_disk(), "disk", "full"),
    Fault("database locked", Bed.hold_database, "database", "lock"),
    Fault("database read-only", _read_only_database, "database", "written"),
    Fault("database gone", _no_database, "database", "not where"),
    Fault("database damaged", _damaged, "database", "not a whole database"),
    Fault("database server away", _settings(database_url="postgresql://amend:geheim@127.0.0.1:1/amend"), "database", "does not answer"),
    Fault("database of a newer Amend", _revision("9999"), "migrations", "newer"),
    Fault("database not migrated", _revision("0001"), "migrations", "0001"),
)
BACKGROUND = (
    Fault("worker killed", _worker_killed, "worker", "last heard of"),
    Fault("worker stopped", lambda on: heartbeat.leave(on.amend, WORKER), "worker", "stopped"),
    Fault("worker gets to nothing", _worker_stuck, "queue", "waited"),
    Fault("queue out of reach", _no_queue, "queue", "cannot be read"),
)
ROW = (
    Fault("connection not finished", _row(status=Status.PENDING), "connection", "not finished"),
    Fault("connection ended here", _row(status=Status.DISCONNECTED), "connection", "disconnected"),
    Fault("connection known to be dead", _row(status=Status.RECONNECT_NEEDED), "connection", "reconnect"),
    Fault("connection in no known state", _row(status="odd"), "connection", "state"),
    Fault("key lost", _key_lost, "key", "encryption key"),
    Fault("key rotated away", _key_rotated_away, "key", "taken out"),
    Fault("refresh token missing", _row(refresh_token=None), "refresh_token", "null"),
    Fault("refresh token blank", lambda on: on.write(refresh_token=on.seal(" ")), "refresh_token", "blank"),
    Fault("location of no data centre", _row(location="xx"), "data_center", "xx"),
    Fault(
        "location and accounts server of two data centres",
        _row(location="eu", accounts_server="https://accounts.zoho.com"),
        "data_center",
        "two data centres",
    ),
    Fault("API domain blank", _row(api_domain=""), "api_domain", "blank"),
    Fault(
        "API domain of another data centre",
        _row(api_domain="https://www.zohoapis.eu", location="us", accounts_server="https://accounts.zoho.com"),
        "api_domain",
        "another data centre",
    ),
    Fault("API domain of a stranger", _row(api_domain="https://www.zohoapis.com.evil.example"), "api_domain", "not a known Zoho host"),
    Fault("client not set", _american, "client", "ZOHO_CLIENT_ID"),
    Fault("client secret not set", _without_secret, "client", "ZOHO_CLIENT_SECRET"),
    Fault("expiry in milliseconds", _row(token_expires_at=1_795_000_000_000), "token_expires_at", "milliseconds"),
    Fault("expiry missing", _row(token_expires_at=None), "token_expires_at", "null"),
    Fault("expiry a year ahead", _row(token_expires_at=1_826_000_000), "token_expires_at", "hour"),
)
WAY = (
    Fault("accounts server refuses connections", _moved("accounts", REFUSED), "accounts_host", "refuses"),
    Fault("API host refuses connections", _moved("api", REFUSED), "api_host", "refuses"),
    Fault("Desk host refuses connections", _moved("desk", REFUSED), "desk_host", "refuses"),
    Fault("DNS does not know the accounts server", _moved("accounts", "http://accounts.zoho.invalid"), "accounts_host", "DNS"),
    Fault("DNS does not know Desk", _moved("desk", "http://desk.zoho.invalid"), "desk_host", "DNS"),
    Fault("proxy away", _proxy, "desk_host", "proxy"),
    Fault("TLS of a stranger's authority", _tls("localhost", 30, trusted=False), "desk_host", "authority"),
    Fault("TLS certificate expired", _tls("localhost", -1, trusted=True), "desk_host", "out of its time"),
    Fault("TLS certificate of another host", _tls("other.example", 30, trusted=True), "desk_host", "another host"),
    Fault("Desk host hangs", _silent("desk"), "desk_host", "in time"),
    Fault("API host hangs", _silent("api"), "api_host", "in time"),
    Fault("everything slow", _slow, "accounts_host", "slow"),
    Fault("clock an hour ahead", _clock(3600), "clock", "ahead"),
    Fault("clock an hour behind", _clock(-3600), "clock", "behind"),
)
GRANT = (
    Fault("grant revoked at Zoho", lambda on: on.zoho.revoke_all(), "token", "no longer accepts"),
    Fault("21st refresh token pushed this one out", _twentyone, "token", "no longer accepts"),
    Fault("client secret wrong", _client(_new_secret), "token", "ZOHO_CLIENT_SECRET"),
    Fault("client unknown there", _client(dict.clear), "token", "ZOHO_CLIENT_ID"),
    Fault(
        "secret of another data centre",
        _failing(TOKEN, due=True, status=200, body={"error": "invalid_client_secret"}),
        "token",
        "data centre",
    ),
    Fault("renewals throttled", _failing(TOKEN, due=True, fault="throttled"), "token", "10:"),
    Fault("renewals throttled, known before", lambda on: on.throttle(), "throttle", "ten minutes"),
    Fault("renewal answered by HTML", _failing(TOKEN, due=True, fault="html"), "token", "HTTP 502"),
    Fault("renewal answered without a token", _failing(TOKEN, due=True, status=200, body={"api_domain": "x"}), "token", "no access token"),
    Fault("renewal hangs", _failing(TOKEN, due=True, fault="hang"), "token", "in time"),
    Fault("access token superseded", lambda on: on.zoho.expire_access_tokens(), "token", "not know"),
    Fault("token of another Zoho user", _row(zuid="1"), "identity", "another Zoho user"),
)
FAR = (
    Fault("CRM answers HTML", _failing("* /crm/v8/*", fault="html", status=200), "crm_org", "web page"),
    Fault("CRM path not found there", _failing("* /crm/v8/*", fault="html", status=404), "crm_org", "wrong Zoho data centre"),
    Fault("API host of another data centre", _another_zoho("api"), "crm_org", "wrong Zoho data centre"),
    Fault(
        "CRM in maintenance",
        _failing("* /crm/v8/*", status=503, body={"code": "INTERNAL_ERROR", "status": "error", "message": "x", "details": {}}),
        "crm_org",
        "503",
    ),
    Fault("CRM breaks off", _failing("* /crm/v8/*", fault="reset_before"), "crm_org", "broke"),
    Fault("CRM answers half", _failing("* /crm/v8/*", fault="truncated"), "crm_org", "broke"),
    Fault("CRM hangs", _failing("* /crm/v8/*", fault="hang"), "crm_org", "in time"),
    Fault("CRM answers nothing", _failing("GET /crm/v8/org", fault="empty"), "crm_org", "could not be read"),
    Fault("profile without API access", _switch(no_api_access=True), "crm_org", "API"),
    Fault("user inactive", _failing("* /crm/v8/*", **_crm("INACTIVE_USER", 401)), "crm_org", "inactive"),
    Fault("token of another CRM organization", _row(crm_org_id="42"), "crm_org", "another CRM organization"),
    Fault("CRM organization not stored", _row(crm_org_id=None), "crm_org", "not stored"),
    Fault("edition without the feature", _failing("* /crm/v8/*", **_crm("FEATURE_NOT_SUPPORTED", 403)), "crm_org", "edition"),
    Fault("module hidden from the profile", _switch(hide_module="Deals"), "crm_modules", "Deals"),
    Fault("all modules forbidden", _failing("GET /crm/v8/{module}", **_crm("NO_PERMISSION", 403)), "crm_records", "profile"),
    Fault(
        "CRM credits spent",
        _failing(
            "* /crm/v8/*",
            status=429,
            body={"code": "LIMIT_EXCEEDED", "status": "error", "message": "You have reached your API credits limit", "details": {}},
            headers={"X-API-CREDITS-REMAINING": "0"},
        ),
        "crm_org",
        "credits",
    ),
    Fault("few CRM credits left", _switch(credits_remaining=120), "crm_limits", "120"),
    Fault("too many calls at a time", _failing("* /crm/v8/*", **_crm("TOO_MANY_REQUESTS", 429)), "crm_org", "too many"),
    Fault("fields changed since they were read", _stale, "crm_fields", "Phone"),
    Fault("Desk organization blank", _row(desk_org_id=" "), "desk_org", "blank"),
    Fault("Desk organization no number", _row(desk_org_id="acme"), "desk_org", "acme"),
    Fault("Desk organization not chosen", _two_portals, "desk_org", "Choose"),
    Fault("Desk organization of somebody else", _row(desk_org_id="999"), "desk_org", "999"),
    Fault("CRM's number as Desk organization", _mixed_up, "desk_org", "CRM organization's number"),
    Fault("token bound to another Desk organization", _foreign_portal, "desk_records", "OAUTH_ORG_MISMATCH"),
    Fault("Desk answers HTML", _failing("* /api/v1/*", fault="html", status=200), "desk_org", "web page"),
    Fault("Desk host of another data centre", _another_zoho("desk"), "desk_org", "wrong Zoho data centre"),
    Fault("Desk forbids", _failing("* /api/v1/tickets", **_desk("FORBIDDEN", 403)), "desk_records", "may"),
    Fault("Desk edition without the API", _failing("* /api/v1/*", **_desk("LICENSE_ACCESS_LIMITED", 403)), "desk_org", "edition"),
    Fault(
        "Desk credits spent",
        _failing(
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
        _failing("GET /api/v1/myinfo", status=200, body={"id": "1", "name": "Ana", "status": "DISABLED"}),
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


def _nothing(on: Bed) -> None:
    """It is as it was made."""


def _next_day(on: Bed) -> None:
    """The token is due."""
    on.later(hours=20)


def _form_opened(on: Bed) -> None:
    """Its fields are kept."""
    metadata.crm_fields(on.amend, on.row, "Leads")


WELL: tuple[tuple[str, Callable[[Bed], None], dict[str, Any]], ...] = (
    ("just connected", _nothing, {}),
    ("a day later", _next_day, {}),
    ("CRM alone", _nothing, {"products": ("crm",)}),
    ("Desk alone", _nothing, {"products": ("desk",)}),
    ("one feature alone", _nothing, {"products": ("crm",), "wanted": ("crm.leads",)}),
    ("Zoho hides the granted scopes", _row(scopes_granted=None), {}),
    ("several Desk organizations, one chosen", _switch(desk_orgs=2), {}),
    ("a form was opened", _form_opened, {}),
)
"""Connections that are well, in which nothing may be found."""
