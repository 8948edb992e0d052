"""How a bed of ``bench.doctor`` is spoiled: each makes one thing wrong, or gives a function that does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench.bed import WORKER, Bed
from changes import heartbeat
from sandbox.server import Sandbox
from tests import certificates
from zoho import clients, metadata
from zoho.keys import Keys

TOKEN = "POST /oauth/v2/token"
OTHER_KEY = "ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY="


def crm(code: str, status: int) -> dict[str, Any]:
    """A refusal in CRM's envelope, from now on."""
    body = {"code": code, "details": {}, "message": "refused", "status": "error"}
    return {"status": status, "body": body, "times": None}


def desk(code: str, status: int) -> dict[str, Any]:
    """A refusal in Desk's envelope, from now on."""
    return {"status": status, "body": {"errorCode": code, "message": "refused"}, "times": None}


def failing(route: str, *, due: bool = False, **fault: Any) -> Callable[[Bed], None]:
    """Zoho answers this route so, from now on."""

    def spoil(on: Bed) -> None:
        if due:
            on.due()
        on.zoho.fail_next(route, **{"times": None, **fault})

    return spoil


def row(**values: Any) -> Callable[[Bed], None]:
    """Values in the row of the connection."""
    return lambda on: on.write(**values)


def settings(**values: Any) -> Callable[[Bed], None]:
    """Other settings."""
    return lambda on: on.change(**values)


def switch(**switches: Any) -> Callable[[Bed], None]:
    """Habits of the sandbox."""
    return lambda on: on.zoho.config.set(switches)


def client(change: Callable[[dict[str, Any]], None]) -> Callable[[Bed], None]:
    """What the API console knows of the client changes, and a renewal is due."""

    def spoil(on: Bed) -> None:
        change(on.zoho.config.clients)
        on.due()

    return spoil


def new_secret(clients_: dict[str, Any]) -> None:
    """Of every client."""
    for client in clients_.values():
        client.secret = "another"


def moved(host: str, url: str) -> Callable[[Bed], None]:
    """One host is elsewhere."""
    return lambda on: on.move(**{host: url})


def tls(name: str, days: int, *, trusted: bool) -> Callable[[Bed], None]:
    """Desk shows this certificate."""

    def spoil(on: Bed) -> None:
        file = certificates.self_signed(on.folder, name, days=days)
        if trusted:
            on.environment("REQUESTS_CA_BUNDLE", str(file))
        on.move(desk=f"https://localhost:{on.serve(lambda _: None, file)}")

    return spoil


def american(on: Bed) -> None:
    """A connection of a data centre of Zoho's own, for which no client is set."""
    on.write(location="us", accounts_server="https://accounts.zoho.com", api_domain="https://www.zohoapis.com")


def without_secret(on: Bed) -> None:
    """Only the client id is set."""
    american(on)
    on.change(client_id="1000.ACME")


def silent(host: str) -> Callable[[Bed], None]:
    """A host takes the call and says nothing."""
    return lambda on: on.move(**{host: f"http://127.0.0.1:{on.serve(lambda connection: on.wait(connection))}"})


def slow(on: Bed) -> None:
    """Every answer takes its time."""
    on.zoho.fail_next("* /*", fault="slow", seconds=2.5, times=None)
    on.deadline_seconds = 25.0


def proxy(on: Bed) -> None:
    """Calls leave through a proxy that is away."""
    on.environment("HTTPS_PROXY", "http://amend:geheim@127.0.0.1:1")
    on.move(desk="https://desk.zoho.invalid")


def another_zoho(host: str) -> Callable[[Bed], None]:
    """A host that is alive and knows nothing of this account, as that of another data centre."""

    def spoil(on: Bed) -> None:
        other = on.stack.enter_context(Sandbox(now=on.clock))
        on.move(**{host: other.url})

    return spoil


def twentyone(on: Bed) -> None:
    """Zoho keeps twenty refresh tokens for a person and a client."""
    for _ in range(20):
        on.grant_elsewhere()
    on.due()


def key_lost(on: Bed) -> None:
    """Another key is all there is."""
    on.amend = replace(on.amend, keys=Keys.of([OTHER_KEY]))


def key_rotated_away(on: Bed) -> None:
    """The older key was taken out while one connection still needed it."""
    young = Keys.of([OTHER_KEY])
    other = on.connect(products=("desk",), choices={"person": "1"})
    on.reseal(other, young)
    on.amend = replace(on.amend, keys=young)


def read_only_database(on: Bed) -> None:
    """SQLite only reads a file whose format it knows too little of to write it: byte 18 of the header."""
    on.leave_database()
    with on.database.open("r+b") as file:
        file.seek(18)
        file.write(b"\3")


def no_database(on: Bed) -> None:
    """The file is gone."""
    on.leave_database()
    on.database.unlink()


def damaged(on: Bed) -> None:
    """Something else was written over it."""
    on.leave_database()
    for extra in on.database.parent.glob("amend.db-*"):
        extra.unlink()
    on.database.write_bytes(b"not a database, not at all" * 100)


def revision(number: str) -> Callable[[Bed], None]:
    """The database is of this migration."""

    def spoil(on: Bed) -> None:
        with closing(sqlite3.connect(on.database)) as other:
            other.execute("UPDATE alembic_version SET version_num = ?", (number,))
            other.commit()

    return spoil


def worker_killed(on: Bed) -> None:
    """Nothing was heard of it for five minutes."""
    on.clock.at += timedelta(minutes=5)


def worker_stuck(on: Bed) -> None:
    """It lives, and has missed a check."""
    on.clock.at += timedelta(days=1, hours=1)
    heartbeat.beat(on.amend, WORKER, on.clock())


def no_queue(on: Bed) -> None:
    """A table is gone."""
    with closing(sqlite3.connect(on.database)) as other:
        other.execute("DROP TABLE alerts")


def stale(on: Bed) -> None:
    """A field went at Zoho after Amend had read them all."""
    row = on.row
    metadata.crm_fields(on.amend, row, "Leads")
    fields = clients.crm_client(on.amend, row).fields("Leads")
    on.zoho.fail_next(
        "GET /crm/v8/settings/fields", status=200, body={"fields": [one for one in fields if one["api_name"] != "Phone"]}, times=None
    )


def clock(seconds: int) -> Callable[[Bed], None]:
    """Amend's clock is off by so much."""

    def spoil(on: Bed) -> None:
        right = on.amend.now
        on.amend = replace(on.amend, now=lambda: right() + timedelta(seconds=seconds))
        on.beat()

    return spoil


def two_portals(on: Bed) -> None:
    """Desk has two, and none is chosen."""
    on.zoho.config.desk_orgs = 2
    on.write(desk_org_id=None)


def foreign_portal(on: Bed) -> None:
    """Desk has two, and the token is of the other."""
    on.zoho.config.desk_orgs = 2
    on.write(desk_org_id="3981312")


def mixed_up(on: Bed) -> None:
    """The number of the CRM organization stands for Desk's."""
    on.write(desk_org_id=on.row.crm_org_id)


def nothing(on: Bed) -> None:
    """It is as it was made."""


def next_day(on: Bed) -> None:
    """The token is due."""
    on.later(hours=20)


def form_opened(on: Bed) -> None:
    """Its fields are kept."""
    metadata.crm_fields(on.amend, on.row, "Leads")
