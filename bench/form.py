"""What a form of 300 fields weighs, and how soon Chromium shows it on loopback. Part of ``bench.edit``."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from bench.race import Figure
from tests.chromium import find_chromium, launched
from tests.pages import Visitor
from zoho.request_log import LoggedRequest
from zoho.runtime import Amend

_SEEN = """() => new Promise(seen => {
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  const shifts = [];
  new PerformanceObserver(list => shifts.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true });
  const look = () => painted()
    ? setTimeout(() => seen([painted().startTime, shifts.reduce((sum, one) => sum + one.value, 0)]), 150)
    : setTimeout(look, 10);
  look();
})"""


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def weigh(amend: Amend, visitor: Visitor, connection_id: UUID, page: str) -> list[Figure]:
    """KiB of HTML, plain and gzipped, and the calls that a warm opening makes."""
    before = _calls(amend, connection_id)
    html = visitor.get(page).data
    calls = _calls(amend, connection_id) - before
    return [
        Figure("its HTML", len(html) / 1024, "KiB", 250),
        Figure("its HTML gzipped", len(gzip.compress(html, 6)) / 1024, "KiB", 30),
        Figure("calls of a warm opening", calls, "calls", 1),
    ]


def paint(app: Flask, visitor: Visitor, page: str, rounds: int) -> list[Figure]:
    """First contentful paint and layout shift in headless Chromium, the page's files cached; nothing where there is no Chromium."""
    if find_chromium() is None:
        return []
    cookie: Any = visitor.client.get_cookie(app.config["SESSION_COOKIE_NAME"], domain=urlsplit(_url(app)).hostname or "")
    with _served(app), launched() as browser:
        context = browser.new_context(base_url=_url(app))
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": _url(app)}])
        window = context.new_page()
        seen = []
        for _ in range(rounds + 1):
            window.goto(page)
            seen.append(window.evaluate(_SEEN))
        context.close()
    return [
        Figure("its first paint in Chromium", median(one[0] for one in seen[1:]), "ms", 200),
        Figure("its layout shift", max(one[1] for one in seen), "of the window", 0),
    ]


def _url(app: Flask) -> str:
    return f"http://{app.config['SERVER_NAME']}"


@contextmanager
def _served(app: Flask) -> Iterator[None]:
    where = urlsplit(_url(app))
    server = ThreadedWSGIServer(where.hostname or "", where.port or 80, app, handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _calls(amend: Amend, connection_id: UUID) -> int:
    amend.request_log.flush()
    with amend.reading() as session:
        mine = select(func.count()).select_from(LoggedRequest).where(LoggedRequest.connection_id == connection_id)
        return session.scalar(mine) or 0
