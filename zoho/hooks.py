"""What http.py tells of its calls, and whom: the gate before each, the record after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from zoho.errors import RateLimitedError, ZohoError

if TYPE_CHECKING:
    from zoho.http import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """What the hooks are told of a call. ``org`` (``crm:`` or ``desk:`` and Zoho's id) is whose limits it counts against,
    None when unknown; ``is_heavy``: it counts against Zoho's smaller limit too, for writes of more than 10 records and COQL;
    ``is_bulk``: it belongs to a job that nobody sits and waits for.
    """

    method: str
    url: str
    org: str | None
    connection: UUID | None = None
    is_heavy: bool = False
    is_bulk: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call that is over. ``sent`` is the body as it left, ``token`` what must not be kept of it."""

    call: Call
    seconds: float
    attempts: int
    answer: Answer | None
    error: ZohoError | None = None
    sent: bytes | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


class Gate(Protocol):
    """Whoever decides when a call may leave."""

    def enter(self, call: Call, seconds: float) -> Callable[[], None]:
        """Wait for leave, at most so many seconds; the answer gives the place back. Raises RateLimitedError: nothing was sent."""

    def learn(self, org: str, answer: Answer) -> None:
        """See what an answer's headers say of the credits that are left."""

    def refuse(self, org: str, host: str, error: RateLimitedError) -> int | None:
        """Take note that Zoho refused a call because of a limit; seconds until it is worth asking again, None when unknown."""


Record = Callable[[Exchange], None]
"""Told of every call when it is over."""

CONNECTION: ContextVar[UUID | None] = ContextVar("connection", default=None)
"""For whom the calls that do not say it are made: those of the authorization server."""


@contextmanager
def for_connection(connection: UUID) -> Iterator[None]:
    """Within, calls that do not say for whom they are made are made for this connection."""
    mark = CONNECTION.set(connection)
    try:
        yield
    finally:
        CONNECTION.reset(mark)


IS_BULK: ContextVar[bool] = ContextVar("is_bulk", default=False)
"""Set by whoever runs a job that nobody waits for: its calls let the others pass."""
