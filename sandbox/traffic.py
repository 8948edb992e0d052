"""How many calls run at once, by organization, and Zoho's refusal when they are too many."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.wrappers import Request, Response

from sandbox.config import Config
from sandbox.crm_store import crm_refusal
from sandbox.desk_store import desk_refusal

HEAVY_RECORDS = 10
"""A write of more counts against the smaller limit too, as does COQL."""
MESSAGES = {
    "concurrency": "The concurrency limit of the user for the app is exceeded",
    "sub-concurrency": "The sub-concurrency limit of the user for the app is exceeded",
}


class Traffic:
    """The calls that are under way. ``peaks`` holds the most there ever were: ``crm:<id>``, ``crm:<id>:heavy``, ``desk:<id>``."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self.peaks: Counter[str] = Counter()

    @contextmanager
    def place(self, org: str, *, is_heavy: bool) -> Iterator[Response | None]:
        """Count a call while it runs; what it is refused with, or None."""
        names = [org, f"{org}:heavy"] if is_heavy else [org]
        limits = [self._config.max_concurrent, self._config.max_heavy]
        with self._lock:
            too_many = next((at for at, name in enumerate(names) if 0 < limits[at] <= self._running[name]), None)
            if too_many is None:
                self._running.update(names)
                self.peaks |= self._running
        if too_many is not None:
            yield _refusal(org, ("concurrency", "sub-concurrency")[too_many])
            return
        try:
            yield None
        finally:
            with self._lock:
                self._running.subtract(names)


def is_heavy(request: Request, body: object) -> bool:
    """Whether a call counts against the smaller limit."""
    data = body.get("data") if isinstance(body, dict) else None
    is_batch = request.method in ("PUT", "POST") and isinstance(data, list) and len(data) > HEAVY_RECORDS
    return request.path.endswith("/coql") or is_batch


def _refusal(org: str, limit: str) -> Response:
    if org.startswith("desk:"):
        return desk_refusal("TOO_MANY_REQUESTS", 429, MESSAGES[limit]).answer()
    return crm_refusal("TOO_MANY_REQUESTS", 429, message=MESSAGES[limit]).answer()
