"""The switches of the sandbox: habits of Zoho that a test or a demo turns on and off."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

CLIENT_ID = "1000.SANDBOX"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - the demo's client, of use nowhere else


@dataclass
class Client:
    """A client registered at the API console; no redirect URI listed means that any is accepted."""

    secret: str
    redirect_uris: tuple[str, ...] = ()
    name: str = "Amend"


def _clients() -> dict[str, Client]:
    return {CLIENT_ID: Client(CLIENT_SECRET)}


@dataclass
class Config:
    """Every switch, with the value that a well-behaved Zoho has."""

    clients: dict[str, Client] = field(default_factory=_clients)
    # Accounts
    answer_scope: bool = True  # name the granted scopes in token answers
    give_refresh_token: bool = True
    expires_in_milliseconds: bool = False  # the shape from before 2020, with expires_in_sec
    api_domain: str | None = None  # another value than our own address
    omit_api_domain: bool = False  # leave it out of refresh answers
    localised_throttle: bool = False
    code_limit: int = 0  # authorization codes per client in ten minutes; 10 at Zoho, 0 is no limit
    deny_consent: bool = False  # Accept is answered as if it were Reject
    callback_location: str | None = None  # None: "sandbox"; "": leave the parameter out
    callback_accounts_server: str | None = None  # None: our accounts address; "": leave it out
    person: int = 0  # who consents, an index into people.PEOPLE
    # CRM
    crm_orgs: int = 1
    hide_module: str | None = None
    no_api_access: bool = False  # the profile lacks "Zoho CRM API Access"
    no_customize: bool = False  # the profile lacks Module Customization: profiles are null
    wide_module: bool = False  # adds the module Wide, 300 fields
    automation: bool | dict[str, dict[str, Any]] = False  # a workflow rewrites fields after an update: module → field → value
    strict_picklists: bool = False  # refuse values that no layout knows
    credits_remaining: int | None = None  # X-API-CREDITS-REMAINING, which Zoho leaves out at first
    poison_record: str | None = None  # a call with this record in it is refused as a whole
    revoke_after_writes: int = 0  # somebody removes the app once so many records were written; 0 is never
    search_lag_seconds: int = 0  # records changed more recently are not found
    pages_by_number: int = 10  # of a list; those beyond want a page token
    time_zone: str = "Europe/Zurich"  # of the current user
    # Both products
    max_concurrent: int = 0  # calls of an organization at once; one more is answered 429; 0 is no limit
    max_heavy: int = 0  # of them, writes of more than 10 records and COQL
    latency_ms: int = 0  # how long every call takes at least
    # Desk
    desk_credits_remaining: int | None = 99_000  # X-Rate-Limit-Remaining-v3
    desk_orgs: int = 1
    desk_org_bound: bool = True  # with several organizations, a token reaches the one chosen at consent
    myform_422: bool = False
    myform_without_values: bool = False
    desk_hidden_fields: tuple[str, ...] = ()  # the agent's profile may not see them

    def set(self, switches: dict[str, Any]) -> None:
        """Turn switches. Raises ValueError naming one that does not exist or a value of the wrong kind."""
        known = {each.name for each in fields(self)} - {"clients"}
        for name, value in switches.items():
            if name not in known:
                raise ValueError(f"there is no switch {name!r}")
            if not _fits(getattr(Config(), name), value):
                raise ValueError(f"the switch {name!r} does not take {value!r}")
        for name, value in switches.items():
            setattr(self, name, tuple(value) if name == "desk_hidden_fields" else value)

    def as_json(self) -> dict[str, Any]:
        """All switches but the clients, whose secrets stay here."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "clients"}


def _fits(default: object, value: object) -> bool:
    if isinstance(default, bool):
        return isinstance(value, bool | dict)
    if isinstance(default, int):
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if isinstance(default, tuple):
        return isinstance(value, list | tuple)
    if isinstance(default, str):
        return isinstance(value, str)
    return value is None or isinstance(value, int | str)
