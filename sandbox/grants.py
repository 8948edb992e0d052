"""Authorization codes, refresh tokens and access tokens, with Zoho's limits."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.people import PEOPLE, Person

CODE_SECONDS = 60
TOKEN_SECONDS = 3600
WINDOW_SECONDS = 600
REFRESHES_PER_WINDOW = 10
LIVE_ACCESS_TOKENS = 15
REFRESH_TOKENS_PER_USER = 20


def new_token() -> str:
    """In the form of Zoho's tokens and codes."""
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"


@dataclass
class Grant:
    """A consent, and the tokens made from it. Times are Unix seconds."""

    client_id: str
    zuid: str
    scopes: tuple[str, ...]
    crm_org: str | None
    desk_org: str | None
    created_at: float
    refresh_token: str | None = None
    access_tokens: dict[str, float] = field(default_factory=dict)  # token → expires at, oldest first
    refreshed_at: list[float] = field(default_factory=list)
    altered: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the menu of faults: its slug → the attributes as they were

    def alter(self, slug: str, values: Mapping[str, Any]) -> None:
        """Give attributes other values, and keep what they were."""
        self.altered[slug] = {name: getattr(self, name) for name in values}
        for name, value in values.items():
            setattr(self, name, value)

    def restore(self, slug: str) -> None:
        """Take back what ``alter`` did; access tokens stay gone, as after a restart of Zoho's."""
        for name, value in self.altered.pop(slug).items():
            if name != "access_tokens":
                setattr(self, name, value)

    @property
    def person(self) -> Person:
        """Who consented."""
        return next((each for each in PEOPLE if each.zuid == self.zuid), PEOPLE[0])


@dataclass
class Code:
    """An authorization code: good once, for a minute."""

    grant: Grant
    redirect_uri: str
    expires_at: float
    offline: bool
    used: bool = False


@dataclass
class Grants:
    """All consents. The caller holds the sandbox's lock."""

    all: list[Grant] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)  # client and person that consented before
    superseded: set[str] = field(default_factory=set)  # access tokens pushed out by newer ones
    issued_at: dict[str, list[float]] = field(default_factory=dict)

    def issue_code(self, grant: Grant, redirect_uri: str, *, offline: bool, consent: bool, at: float) -> str:
        """A code for this consent. A refresh token comes offline only, at the first consent or when asked with prompt=consent."""
        key = f"{grant.client_id} {grant.zuid}"
        gives_refresh_token = offline and (consent or key not in self.seen)
        self.seen.add(key)
        code = new_token()
        self.codes[code] = Code(grant, redirect_uri, at + CODE_SECONDS, gives_refresh_token)
        self.issued_at.setdefault(grant.client_id, []).append(at)
        return code

    def codes_in_window(self, client_id: str, at: float) -> int:
        """How many codes this client got in the last ten minutes."""
        return sum(1 for issued in self.issued_at.get(client_id, ()) if at - issued < WINDOW_SECONDS)

    def begin(self, code: Code, *, with_refresh_token: bool) -> Grant:
        """Redeem a code: the 21st refresh token of a person and client silently deletes the oldest."""
        code.used = True
        grant = code.grant
        same = (grant.client_id, grant.zuid)
        self.all = [each for each in self.all if "revoked" not in each.altered or (each.client_id, each.zuid) != same]
        if with_refresh_token and code.offline:
            grant.refresh_token = new_token()
            mine = [each for each in self.all if each.refresh_token and (each.client_id, each.zuid) == (grant.client_id, grant.zuid)]
            for oldest in mine[: len(mine) - REFRESH_TOKENS_PER_USER + 1]:
                self.all.remove(oldest)
        self.all.append(grant)
        return grant

    def add_access_token(self, grant: Grant, at: float) -> str:
        """A new access token; the 16th live one silently ends the oldest."""
        grant.access_tokens = {token: until for token, until in grant.access_tokens.items() if until > at}
        while len(grant.access_tokens) >= LIVE_ACCESS_TOKENS:
            oldest = next(iter(grant.access_tokens))
            del grant.access_tokens[oldest]
            self.superseded.add(oldest)
        token = new_token()
        grant.access_tokens[token] = at + TOKEN_SECONDS
        return token

    def is_throttled(self, grant: Grant, at: float) -> bool:
        """Whether ten access tokens were made in the last ten minutes."""
        grant.refreshed_at = [moment for moment in grant.refreshed_at if at - moment < WINDOW_SECONDS]
        return len(grant.refreshed_at) >= REFRESHES_PER_WINDOW

    def find_refresh(self, token: str) -> Grant | None:
        """The grant of a refresh token."""
        return next((each for each in self.all if token and each.refresh_token == token), None)

    def find_access(self, token: str, at: float) -> Grant | None:
        """The grant of a live access token."""
        return next((each for each in self.all if each.access_tokens.get(token, 0.0) > at), None)

    def revoke(self, token: str) -> bool:
        """End a refresh token with its access tokens, or one access token. False when unknown."""
        grant = self.find_refresh(token)
        if grant is not None:
            self.all.remove(grant)
            return True
        return any(each.access_tokens.pop(token, None) is not None for each in self.all)

    def dump(self) -> dict[str, Any]:
        """What survives a restart; codes do not."""
        return {"all": [asdict(grant) for grant in self.all], "seen": sorted(self.seen)}

    def load(self, state: dict[str, Any]) -> None:
        """Take up a dump. Raises KeyError, TypeError or ValueError for one that is damaged."""
        self.all = [Grant(**{**each, **_typed(each)}) for each in state["all"]]
        for grant in self.all:
            grant.altered = {slug: {**kept, **_typed(kept)} for slug, kept in grant.altered.items()}
        self.seen = set(state["seen"])


def _typed(state: dict[str, Any]) -> dict[str, Any]:
    """The attributes that JSON does not give back as they were."""
    types: dict[str, Callable[[Any], Any]] = {
        "scopes": tuple,
        "created_at": float,
        "access_tokens": lambda kept: {token: float(until) for token, until in kept.items()},
        "refreshed_at": lambda kept: [float(moment) for moment in kept],
    }
    return {name: typed(state[name]) for name, typed in types.items() if name in state}
