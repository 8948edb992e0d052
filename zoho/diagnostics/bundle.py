"""The support bundle: one JSON document with what somebody needs who is asked for help, and no secret.

Nothing gets in by default: settings and columns are named one by one. What is text goes through the redaction of logs, and at last
every secret that this Amend holds is searched for by its value, whatever it looks like and wherever it stands.
"""

from __future__ import annotations

import platform
import sqlite3
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from importlib import metadata
from os import environ
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError

from service.settings import Settings
from store import migrate, trial
from zoho import tokens
from zoho.connections import Connection
from zoho.diagnostics.findings import Finding
from zoho.errors import KeyLostError
from zoho.redaction import MASK, redact
from zoho.request_log import LoggedRequest
from zoho.runtime import Amend
from zoho.transport import PROXY_VARIABLES

REQUESTS = 200
"""The latest, of each connection."""
PACKAGES = "Flask SQLAlchemy alembic requests urllib3 Authlib cryptography pydantic pydantic-settings gunicorn psycopg huey".split()
COLUMNS = (
    "id name status location accounts_server api_domain api_domain_refused token_expires_at products features scopes_requested "
    "scopes_granted scopes_confirmed scopes_refused zuid time_zone crm_org_id crm_org_name zgid environment desk_org_id desk_org_name "
    "desk_portal_name refresh_not_before refreshed_at renewals failing_since failure_count last_success_at last_failure_at "
    "last_failure_code last_failure_detail created_at connected_at"
).split()
"""Of ``zoho_connections``: neither tokens, nor the person's name and e-mail."""
SHORTEST_SECRET = 6

Json = dict[str, Any]


def make(amend: Amend, findings: Mapping[str, Iterable[Finding]], connection_ids: Iterable[UUID]) -> Json:
    """The document. ``findings`` by connection id, '' for Amend itself. A part that cannot be had says why in its place."""
    ids = list(connection_ids)
    document: Json = {
        "made_at": amend.now(),
        "versions": versions(),
        "settings": _settings(amend.settings),
        "data_centers": [asdict(center) for center in amend.data_centers.values()],
        "database": _part(lambda: _database(amend)),
        "findings": [{"connection": key, **asdict(finding)} for key, found in findings.items() for finding in found],
        "connections": _part(lambda: _connections(amend, ids)),
        "requests": _part(lambda: _requests(amend, ids)),
    }
    return dict(_clean(document, _secrets(amend, ids)))


def versions() -> Json:
    """Of what Amend runs on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    system = {"python": platform.python_version(), "system": platform.platform(), "openssl": ssl.OPENSSL_VERSION}
    return {**system, "sqlite": sqlite3.sqlite_version, "packages": found}


def _settings(settings: Settings) -> Json:
    """Those that are no secret; of a secret only whether there is one."""
    url = make_url(settings.database_url)
    plain = ("instance_dir", "host", "port", "public_url", "redirect_uri", "data_center", "sandbox", "sandbox_port", "scopes")
    return {name: getattr(settings, name) for name in plain} | {
        "database": {"kind": url.get_backend_name(), "host": url.host, "name": url.database},
        "data_centers_file": settings.data_centers_file,
        "client_id": f"{settings.client_id[:12]}…" if settings.client_id else None,
        "has_client_secret": bool(settings.client_secret),
        "has_client_secret_of": sorted(settings.client_secrets),
        "encryption_keys": len(settings.encryption_keys),
        "has_admin": bool(settings.admin_email),
    }


def _database(amend: Amend) -> Json:
    tried = trial.try_writing(amend.settings.database_url)
    return {"revision": tried.revision, "wanted": migrate.head(), "trouble": tried.said or None}


def _connections(amend: Amend, ids: list[UUID]) -> list[Json]:
    with amend.reading() as session:
        rows = session.scalars(select(Connection).where(Connection.id.in_(ids))).all()
    return [{column: getattr(row, column) for column in COLUMNS} | _held(row) for row in rows]


def _held(row: Connection) -> Json:
    return {"has_access_token": bool(row.access_token), "has_refresh_token": bool(row.refresh_token)}


def _requests(amend: Amend, ids: list[UUID]) -> list[Json]:
    """The latest calls. What was sent, and good answers, hold people's data and stay here; a refusal's answer is what help needs."""
    amend.request_log.flush()
    with amend.reading() as session:
        newest = (
            select(LoggedRequest).where(LoggedRequest.connection_id == connection).order_by(LoggedRequest.id.desc()).limit(REQUESTS)
            for connection in ids
        )
        rows = [row for query in newest for row in session.scalars(query)]
    return [_request(row) for row in rows]


def _request(row: LoggedRequest) -> Json:
    columns = ("connection_id", "at", "method", "host", "org", "status", "error_code", "duration_ms", "attempts", "request_id")
    is_refusal = row.status is None or row.status >= 400
    return {name: getattr(row, name) for name in columns} | {
        "path": urlsplit(row.path).path,
        "answered": row.answered if is_refusal else None,
    }


def _part(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (SQLAlchemyError, OSError, ValueError, LookupError) as error:
        return {"broke": f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"}


def _secrets(amend: Amend, ids: list[UUID]) -> list[str]:
    """Every secret that is held, in each spelling it may have, the longest first."""
    values = {*_of_settings(amend.settings), *_of_proxies()}
    values.add(make_url(amend.settings.database_url).password or "")
    opened = _part(lambda: _tokens(amend, ids))
    values |= set(opened) if isinstance(opened, list) else set()
    found = {spelt for value in values if len(value) >= SHORTEST_SECRET for spelt in (value, quote(value, safe=""), quote_plus(value))}
    return sorted(found, key=len, reverse=True)


def _of_settings(settings: Settings) -> Iterator[str]:
    """Whatever is kept as a secret, alone or in a list or table; of a URL also its path, as errors of the network name it."""
    for _, held in settings:
        several = held.values() if isinstance(held, Mapping) else held if isinstance(held, tuple) else (held,)
        for value in (secret.get_secret_value() for secret in several if isinstance(secret, SecretStr)):
            _, is_url, rest = value.partition("://")
            yield from (value, *(["/" + rest.partition("/")[2]] if is_url else []))


def _of_proxies() -> Iterator[str]:
    """The passwords of the proxies, as written and as meant."""
    for name in PROXY_VARIABLES:
        password = environ.get(name, "").rpartition("@")[0].rpartition("://")[2].partition(":")[2]
        yield from (password, unquote(password))


def _tokens(amend: Amend, ids: list[UUID]) -> list[str]:
    """The tokens themselves and their seals, of all connections that go into the bundle."""
    with amend.reading() as session:
        rows = session.execute(select(Connection.id, Connection.access_token, Connection.refresh_token).where(Connection.id.in_(ids))).all()
    found = list[str]()
    for row in rows:
        for sealed in (row.access_token, row.refresh_token):
            found += [sealed, _opened(amend, row.id, sealed)] if sealed else []
    return found


def _opened(amend: Amend, connection_id: UUID, sealed: str) -> str:
    try:
        return tokens.unseal(amend, connection_id, sealed)
    except KeyLostError:
        return ""


def _clean(value: Any, secrets: list[str]) -> Any:
    """As JSON knows it, without a secret by its looks or by its value."""
    if isinstance(value, Mapping):
        return {str(key): _clean(child, secrets) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(child, secrets) for child in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    for secret in secrets:
        text = text.replace(secret, MASK)
    return redact(text)
