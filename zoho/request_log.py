"""The log of requests to Zoho: what was sent, what came back, how long it took; redacted, of bounded size.

A call only puts a note into a queue, which is bounded; one thread a process writes the notes down, many in a transaction, and ends
when there is nothing left. Whatever fails here is logged and costs lines of this log, never a call.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String, Text, delete, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from store import Base, UtcDateTime, exact_json
from zoho.hooks import Exchange
from zoho.redaction import MASK, is_harmless, redact, redact_json

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5
MAX_WAITING = 5_000
"""Notes that wait to be written; the oldest are lost first."""
SHOWN_CHARACTERS = 2_000
READ_BYTES = 65_536
"""A body that may hold a secret is read whole to be redacted, up to this size; a larger one of that kind is not kept."""
KEPT_ROWS = 2_000
"""For a connection, and for the calls of none."""
KEPT_FOR = timedelta(days=14)
PRUNE_EVERY = 200
"""Rows written by this process."""
PAGE_ROWS = 50
AUTHORIZATION = "/oauth/"
"""Where no body is kept, and of the address no query: tokens are all that is told there."""


class LoggedRequest(Base):
    """One call. ``connection_id`` has no constraint: the log outlives what it tells of."""

    __tablename__ = "zoho_requests"
    __table_args__ = (Index("ix_zoho_requests_connection_id_id", "connection_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    connection_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(String(10))
    host: Mapped[str] = mapped_column(String(255))
    path: Mapped[str] = mapped_column(String(1000))  # with the query, redacted
    org: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(60))  # of ours, when no usable answer came
    duration_ms: Mapped[int]
    attempts: Mapped[int]  # reads may be sent again
    request_id: Mapped[str | None] = mapped_column(String(200))
    sent: Mapped[str | None] = mapped_column(Text)
    answered: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: only failures, of one method, with this text in the address, the request id or a body."""

    failures: bool = False
    method: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class LogPage:
    """Rows, newest first, and the id below which the next page begins, None when there is none."""

    rows: tuple[LoggedRequest, ...]
    before: int | None


class RequestLog:
    """The record hook of http.py. ``also`` is called with each transaction, for what else is to be written off the hot path."""

    def __init__(self, sessions: sessionmaker[Session], now: Callable[[], datetime], also: Callable[[Session], None] | None = None) -> None:
        self._sessions, self._now, self._also = sessions, now, also
        self._written = 0
        self._thread: threading.Thread | None = None
        self._start_over()
        _ALL.add(self)

    def record(self, exchange: Exchange) -> None:
        """Take note of a call that is over."""
        self._waiting.append((self._now(), exchange, _start(exchange.sent), _start(exchange.answer.raw if exchange.answer else None)))
        if self._thread is None:
            with self._mutex, suppress(RuntimeError):  # no more threads to be had: the next call tries again
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="request-log", daemon=True)
                    thread.start()
                    self._thread = thread

    def flush(self) -> None:
        """Write what waits, now. Never raises."""
        try:
            with self._writing:
                self._write()
        except Exception:  # whatever it is: a log must not stop what it tells of
            log.exception("lines of the request log were lost")

    def _start_over(self) -> None:
        """Also in a forked child: the parent writes what the parent noted."""
        self._waiting: deque[tuple[datetime, Exchange, bytes | None, bytes | None]] = deque(maxlen=MAX_WAITING)
        self._mutex, self._writing = threading.Lock(), threading.Lock()
        self._thread = None

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(FLUSH_SECONDS)
            self.flush()
            with self._mutex:
                self._thread = None  # before the last look: what comes after it starts another
                if not self._waiting:
                    return
                self._thread = threading.current_thread()

    def _write(self) -> None:
        rows = []
        while self._waiting:
            rows.append(_row(*self._waiting.popleft()))
        if not rows:
            return
        with self._sessions.begin() as session:
            session.execute(insert(LoggedRequest), rows)
            if self._also:
                self._also(session)
            self._written += len(rows)
            if self._written >= PRUNE_EVERY:
                self._written = 0
                prune(session, self._now())


_ALL: weakref.WeakSet[RequestLog] = weakref.WeakSet()


def _flush_all() -> None:
    for one in list(_ALL):
        one.flush()


def _start_over_all() -> None:
    for one in list(_ALL):
        one._start_over()


atexit.register(_flush_all)
os.register_at_fork(after_in_child=_start_over_all)


def prune(session: Session, now: datetime) -> None:
    """Forget what is too old, and of each connection all but the newest rows."""
    session.execute(delete(LoggedRequest).where(LoggedRequest.at < now - KEPT_FOR))
    for connection_id in session.scalars(select(LoggedRequest.connection_id).distinct()):
        same = LoggedRequest.connection_id == connection_id if connection_id else LoggedRequest.connection_id.is_(None)
        newest = select(LoggedRequest.id).where(same).order_by(LoggedRequest.id.desc())
        last = session.scalar(newest.offset(KEPT_ROWS - 1).limit(1))
        if last is not None:
            session.execute(delete(LoggedRequest).where(same, LoggedRequest.id < last))


def list_requests(session: Session, connection_id: UUID, wanted: Wanted, before: int | None = None) -> LogPage:
    """A page of a connection's requests, newest first. Whose connection it is, the caller has checked."""
    query = select(LoggedRequest).where(LoggedRequest.connection_id == connection_id)
    if wanted.failures:
        query = query.where(or_(LoggedRequest.status.is_(None), LoggedRequest.status >= 400, LoggedRequest.error_code.is_not(None)))
    if wanted.method:
        query = query.where(LoggedRequest.method == wanted.method)
    if wanted.text:
        places = (LoggedRequest.path, LoggedRequest.request_id, LoggedRequest.sent, LoggedRequest.answered)
        query = query.where(or_(*(place.icontains(wanted.text, autoescape=True) for place in places)))
    if before is not None:
        query = query.where(LoggedRequest.id < before)
    found = session.scalars(query.order_by(LoggedRequest.id.desc()).limit(PAGE_ROWS + 1)).all()
    return LogPage(tuple(found[:PAGE_ROWS]), found[PAGE_ROWS - 1].id if len(found) > PAGE_ROWS else None)


def _start(body: bytes | None) -> bytes | None:
    """What is kept of a body until it is written: its start where that has nothing to hide, else all that can be redacted."""
    if body is None or len(body) <= SHOWN_CHARACTERS:
        return body
    start = body[: 2 * SHOWN_CHARACTERS]
    if is_harmless(start):
        return start
    return body if len(body) <= READ_BYTES else f"[{len(body)} bytes, not kept: there may be a secret in them]".encode()


def _row(at: datetime, exchange: Exchange, sent: bytes | None, answered: bytes | None) -> dict[str, Any]:
    call, answer = exchange.call, exchange.answer
    parts = urlsplit(call.url)
    is_authorization = parts.path.startswith(AUTHORIZATION)
    path = parts.path + (f"?{parts.query}" if parts.query and not is_authorization else "")
    return {
        "connection_id": call.connection,
        "at": at,
        "method": call.method[:10],
        "host": parts.netloc.rpartition("@")[2][:255],
        "path": exact_json.storable(_hide(redact(path), exchange.token))[:1000],
        "org": call.org[:60] if call.org else None,
        "status": answer.status if answer else exchange.error.http_status if exchange.error else None,
        "error_code": exchange.error.code if exchange.error else None,
        "duration_ms": round(exchange.seconds * 1000),
        "attempts": exchange.attempts,
        "request_id": answer.request_id if answer else exchange.error.request_id if exchange.error else None,
        "sent": None if is_authorization else _shown(sent, exchange.token),
        "answered": None if is_authorization else _shown(answered, exchange.token),
    }


def _shown(body: bytes | None, token: str | None) -> str | None:
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    if not is_harmless(body):
        with suppress(ValueError):
            text = exact_json.dumps(redact_json(exact_json.loads(body)))
        text = redact(text)
    text = _hide(text, token).replace("\0", exact_json.REPLACEMENT)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _hide(text: str, token: str | None) -> str:
    """Whatever it looks like, the token of the call itself stays out."""
    return text.replace(token, MASK) if token else text
