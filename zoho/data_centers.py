"""The closed table of Zoho's data centres: location → accounts, API, Desk and web hosts.

A host taken from a request, an answer or the database only ever *selects* a row of this table, or is refused: no token and
no client secret leaves for a host that is not in it. Source: oauth.md section 1 of the dossier.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zoho.errors import BETWEEN, UnreachableError, UnreadableAnswerError, WrongDataCenterError, ZohoError
from zoho.errors.root import Facts

LOCATION = re.compile(r"[a-z][a-z0-9_-]{0,19}")


@dataclass(frozen=True, slots=True)
class DataCenter:
    """One location and the origins that serve it, each without a trailing slash."""

    location: str
    name: str
    accounts: str
    api: str
    desk: str
    crm_web: str
    desk_web: str
    is_builtin: bool = True
    """False for a row of ZOHO_DATA_CENTERS_FILE and for the sandbox."""

    @property
    def is_sandbox(self) -> bool:
        """True for Amend's own fake Zoho."""
        return self.location == SANDBOX

    @property
    def api_console(self) -> str:
        """Where a client is registered for this data centre."""
        return f"https://api-console.{_domain(self.accounts, 'accounts.')}/" if self.is_builtin else "https://api-console.zoho.com/"


class DataCenterFileError(ValueError):
    """ZOHO_DATA_CENTERS_FILE cannot be used; the message says which entry and why."""


SANDBOX = "sandbox"


def _row(location: str, name: str, zone: str, cloud: str | None = None) -> DataCenter:
    """A built-in row; ``cloud`` is the domain of accounts, Desk and web where it differs from the API's (Canada)."""
    web = cloud or zone
    return DataCenter(
        location=location,
        name=name,
        accounts=f"https://accounts.{web}",
        api=f"https://www.zohoapis.{zone.removeprefix('zoho.')}",
        desk=f"https://desk.{web}",
        crm_web=f"https://crm.{web}",
        desk_web=f"https://desk.{web}",
    )


BUILTIN: tuple[DataCenter, ...] = (
    _row("us", "United States", "zoho.com"),
    _row("eu", "Europe", "zoho.eu"),
    _row("in", "India", "zoho.in"),
    _row("au", "Australia", "zoho.com.au"),
    _row("jp", "Japan", "zoho.jp"),
    _row("ca", "Canada", "zoho.ca", cloud="zohocloud.ca"),
    _row("sa", "Saudi Arabia", "zoho.sa"),
    _row("uk", "United Kingdom", "zoho.uk"),
    _row("sg", "Singapore", "zoho.sg"),
    _row("ae", "United Arab Emirates", "zoho.ae"),
    _row("cn", "China", "zoho.com.cn"),
)
ENVIRONMENTS = {"www": "production", "sandbox": "sandbox", "developer": "developer"}
"""First label of a ``zohoapis.`` host → environment of the CRM organization."""


@dataclass(frozen=True)
class DataCenters(Mapping[str, DataCenter]):
    """The rows by location, in the order of the table."""

    rows: Mapping[str, DataCenter] = field(default_factory=lambda: {row.location: row for row in BUILTIN})

    def __getitem__(self, location: str) -> DataCenter:
        return self.rows[location]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def find_accounts(self, accounts_server: str, location: str | None = None) -> DataCenter | None:
        """The row whose accounts server has this origin; of several, the one at ``location``."""
        wanted = origin(accounts_server)
        found = [row for row in self.rows.values() if wanted and origin(row.accounts) == wanted]
        return next((row for row in found if row.location == location), found[0] if found else None)

    def find_api(self, api_domain: str) -> DataCenter | None:
        """The row an API origin belongs to: its own ``api``, or another environment of the same ``zohoapis.`` zone."""
        wanted = origin(api_domain)
        if wanted is None:
            return None
        return next((row for row in self.rows.values() if wanted in _api_origins(row)), None)

    def find_web(self, host: str) -> DataCenter | None:
        """The row that a web address belongs to: its own web hosts, and of a built-in row every host of its domain.

        For telling people where an address leads, never for sending anything there: customers' own domains are in no table.
        """
        host = host.lower().rstrip(".")
        return next((row for row in self.rows.values() if host in _web_hosts(row) or _is_below(host, row)), None)

    def knows(self, netloc: str) -> bool:
        """Whether a host, with its port if it names one, is Zoho's by this table; for telling, as ``find_web``."""
        netloc = netloc.lower()
        return any(netloc in _netlocs(row) or _is_below(netloc, row) for row in self.rows.values())

    def trusted_api(self, center: DataCenter, api_domain: str | None) -> str | None:
        """The origin to send CRM calls of this connection to, or None when ``api_domain`` must not be trusted.

        A built-in row accepts every known ``zohoapis.`` origin, since Zoho moves organizations and environments; a row of
        the file accepts its own ``api`` alone.
        """
        wanted = origin(api_domain or "")
        if wanted is None:
            return None
        if center.is_builtin:
            known = any(wanted in _api_origins(row) for row in self.rows.values() if row.is_builtin)
        else:
            known = wanted in _api_origins(center)
        return wanted if known else None


def environment(api_domain: str | None) -> str:
    """``production``, ``sandbox`` or ``developer``, by the first label of the API host."""
    host = urlsplit(api_domain or "").hostname or ""
    return ENVIRONMENTS.get(host.split(".", 1)[0], "production") if ".zohoapis." in host else "production"


def redirected(status: int, host: str, location: str, centers: DataCenters) -> ZohoError:
    """What a redirect means, which is never followed: another host of Zoho is another data centre, any other is not Zoho's doing."""
    try:
        target = urlsplit(location).netloc.rpartition("@")[2][:200]
    except ValueError:
        target = ""
    if target and target.lower() != host.lower():
        detail = f"{host} redirects ({status}) to {target}"
        if centers.knows(target):
            return WrongDataCenterError(detail, http_status=status)
        return UnreachableError(f"{detail}, which is not Zoho's", **BETWEEN | Facts(http_status=status))
    return UnreadableAnswerError(f"{host} answered with a redirect ({status}) that is not followed", http_status=status)


@lru_cache(maxsize=256)
def origin(url: str) -> str | None:
    """``scheme://host[:port]`` in lower case without a default port, or None when ``url`` is not a bare http(s) origin."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        return None
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.lower()
    scheme = parts.scheme.lower()
    is_default = port in (None, {"http": 80, "https": 443}[scheme])
    return f"{scheme}://{host}" if is_default else f"{scheme}://{host}:{port}"


def is_loopback(url: str) -> bool:
    """True when the URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def sandbox_row(port: int) -> DataCenter:
    """Amend's own fake Zoho, all three services on one loopback port."""
    base = f"http://127.0.0.1:{port}"
    return DataCenter(SANDBOX, "Sandbox", base, base, base, base, base, is_builtin=False)


def load(file: Path | None = None, sandbox_port: int | None = None) -> DataCenters:
    """The built-in table, with the rows of ``file`` added or put in place of theirs, and the sandbox if it runs.

    Raises DataCenterFileError.
    """
    rows = {row.location: row for row in BUILTIN}
    for entry in _entries(file) if file else []:
        row = _from_file(entry, rows)
        rows[row.location] = row
    if sandbox_port is not None:
        rows[SANDBOX] = sandbox_row(sandbox_port)
    return DataCenters(rows)


def _entries(file: Path) -> list[Any]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise DataCenterFileError(f"it cannot be read as JSON: {exc}") from exc
    if not isinstance(entries, list):
        raise DataCenterFileError("it must hold a list of objects")
    return entries


def _from_file(entry: Any, rows: Mapping[str, DataCenter]) -> DataCenter:
    if not isinstance(entry, dict) or not isinstance(entry.get("location"), str):
        raise DataCenterFileError(f"every entry needs a location: {entry!r:.80}")
    location = entry["location"].lower()
    if not LOCATION.fullmatch(location) or location == SANDBOX:
        raise DataCenterFileError(f"location {entry['location']!r:.40} is not usable")
    urls = {key: _checked(location, key, entry.get(key)) for key in ("accounts", "api", "desk")}
    optional = {key: _checked(location, key, entry[key]) for key in ("crm_web", "desk_web") if entry.get(key)}
    known = rows.get(location)
    name = known.name if known else location.upper()
    base = DataCenter(location, name, urls["accounts"], urls["api"], urls["desk"], crm_web=urls["api"], desk_web=urls["desk"])
    if isinstance(entry.get("name"), str) and entry["name"].strip():
        base = replace(base, name=entry["name"].strip())
    base = replace(base, crm_web=optional.get("crm_web", base.crm_web), desk_web=optional.get("desk_web", base.desk_web))
    return replace(base, is_builtin=False)


def _checked(location: str, key: str, url: Any) -> str:
    clean = origin(url) if isinstance(url, str) else None
    if clean is None:
        raise DataCenterFileError(f"{location}: {key} must be a base URL such as https://accounts.example.com")
    if clean.startswith("http:") and not is_loopback(clean):
        raise DataCenterFileError(f"{location}: {key} may use plain http on this machine only")
    return clean


def _api_origins(row: DataCenter) -> set[str]:
    host = urlsplit(row.api).hostname or ""
    if row.is_builtin and host.startswith("www.zohoapis."):
        return {f"https://{name}.{host.removeprefix('www.')}" for name in ENVIRONMENTS}
    found = origin(row.api)
    return {found} if found else set()


def _netlocs(row: DataCenter) -> set[str]:
    return {urlsplit(url).netloc for url in (*_api_origins(row), row.accounts, row.desk, row.crm_web, row.desk_web)}


def _web_hosts(row: DataCenter) -> set[str]:
    return {urlsplit(url).hostname or "" for url in (row.crm_web, row.desk_web)}


def _is_below(host: str, row: DataCenter) -> bool:
    return row.is_builtin and host.endswith("." + _domain(row.accounts, "accounts."))


def _domain(url: str, prefix: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix(prefix)
