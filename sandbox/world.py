"""All that the sandbox holds: switches, clock, grants, records, faults, and what was asked of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request

from sandbox.config import Config
from sandbox.crm_store import CrmStore
from sandbox.desk_store import DeskStore
from sandbox.faults import Faults
from sandbox.grants import Grant, Grants
from sandbox.traffic import Traffic

Now = Callable[[], datetime]
MAX_REQUESTS = 5000


@dataclass(frozen=True)
class Seen:
    """A request that came in. ``body`` is parsed JSON, a form's dict, or text."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class World:
    """The state behind one sandbox. Everything but waiting happens under ``lock``."""

    def __init__(self, now: Now | None = None) -> None:
        self.now: Now = now or (lambda: datetime.now(UTC))
        self.started_at = self.now()
        self.lock = threading.RLock()
        self.stopped = threading.Event()
        self.config = Config()
        self.grants = Grants()
        self.faults = Faults()
        self.traffic = Traffic(self.config)
        self.requests: list[Seen] = []
        self.written = 0
        self.crm = CrmStore(self.config, self.now, self.started_at)
        self.desk = DeskStore(self.config, self.now, self.started_at)
        self.accounts_url = self.api_url = self.desk_url = ""
        self.on_change: Callable[[], None] | None = None

    def time(self) -> float:
        """The clock as Unix seconds."""
        return self.now().timestamp()

    def changed(self) -> None:
        """Tell whoever keeps the state."""
        if self.on_change is not None:
            self.on_change()

    def note_writes(self, number: int) -> None:
        """So many records were written; after some of them somebody may remove the app."""
        self.written += number
        if 0 < self.config.revoke_after_writes <= self.written:
            self.config.revoke_after_writes = 0
            self.grants.all.clear()
        self.changed()

    def grant_of(self, request: Request) -> Grant | None:
        """The grant of the request's access token. ``Bearer`` is tolerated."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.grants.find_access(token.strip(), self.time()) if scheme.lower() in ("zoho-oauthtoken", "bearer") else None

    def org_of(self, request: Request) -> str:
        """Whose limits a call counts against: ``crm:`` and the organization of its token, or ``desk:`` and the one it names."""
        if request.path.startswith("/api/"):
            return f"desk:{request.headers.get('orgId', '')}"
        grant = self.grant_of(request)
        return f"crm:{(grant and grant.crm_org) or ''}"

    def record(self, seen: Seen) -> None:
        """Remember a request; the oldest are forgotten."""
        self.requests.append(seen)
        if len(self.requests) > MAX_REQUESTS:
            del self.requests[: MAX_REQUESTS // 2]

    def dump(self) -> dict[str, Any]:
        """What survives a restart: grants, tokens, and the records that were changed."""
        return {
            "version": 1,
            "started_at": self.started_at.isoformat(),
            "grants": self.grants.dump(),
            "crm": self.crm.dump(),
            "desk": self.desk.dump(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up a dump. Raises KeyError, TypeError, ValueError or AttributeError for one that is damaged."""
        if state["version"] != 1:
            raise ValueError("another version")
        self.started_at = datetime.fromisoformat(state["started_at"])
        self.grants.load(state["grants"])
        self.crm.load(state["crm"], self.started_at)
        self.desk.load(state["desk"], self.started_at)
