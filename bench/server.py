"""A fake CRM for measuring: a process of its own, HTTP/1.1 with keep-alive, next to no work per call.

The sandbox has Zoho's habits but closes each connection, so what one call costs cannot be seen beside it. This one knows only what
the benches prove things with: it remembers what was written, counts what it was asked, throttles renewals and refuses an eleventh
large write at the same time. Every id is a record. ``python -m bench.server`` prints its port and ends when its input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bench import metadata

HEAVY, HEAVY_AT_ONCE = 10, 10
"""A write of more records counts against a limit of its own: so many at the same time."""
RENEWALS, WINDOW_SECONDS = 10, 600
Json = dict[str, Any]
Answer = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """What the wire brought; ``headers`` as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: bytes
    body: bytes

    def header(self, name: bytes) -> str:
        """A header's value, ``""`` when there is none."""
        head = self.headers.lower()
        at = head.find(b"\r\n" + name + b":")
        start = at + len(name) + 3
        return "" if at < 0 else self.headers[start : head.find(b"\r\n", start)].decode("latin-1").strip()


class Crm:
    """All that it remembers."""

    def __init__(self) -> None:
        self.base = ""
        self.delay_seconds = 0.0
        self.records: dict[tuple[str, str], Json] = {}
        self.tokens: set[str] = set()
        self.renewals: dict[str, list[float]] = {}
        self.numbers = count(1)
        self.open_connections = 0
        self.busy = self.heavy = 0
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.calls: Counter[str] = Counter()
        self.connections = self.open_connections
        self.peak = self.peak_heavy = self.throttled = self.crowded = 0

    def answer(self, request: Request) -> Answer:
        """Do what is asked, at once."""
        if request.path == "/_fake":
            return self._control(request)
        if request.path.startswith("/_fake/stored/"):
            module, field = request.path.split("/")[3:]
            return 200, _json({id: held[field] for (where, id), held in self.records.items() if where == module and field in held})
        self.calls[f"{request.method} {self._kind(request.path)}"] += 1
        if request.path.startswith("/oauth/"):
            return self._authorize(request)
        if request.header(b"authorization").removeprefix("Zoho-oauthtoken ") not in self.tokens:
            return 401, _json({"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"})
        return self._crm(request, request.path.removeprefix("/crm/v8/").split("/"))

    @staticmethod
    def _kind(path: str) -> str:
        *parts, last = path.split("/")
        return "/".join([*parts, "{id}" if last.isdigit() else last])

    def _control(self, request: Request) -> Answer:
        asked = json.loads(request.body or b"{}")
        self.delay_seconds = asked.get("delay_ms", self.delay_seconds * 1000) / 1000
        if asked.get("forget"):
            self.forget()
        if asked.get("expire"):
            self.tokens.clear()
        seen = {"connections": self.connections, "peak": self.peak, "peak_heavy": self.peak_heavy}
        return 200, _json({"calls": self.calls, "throttled": self.throttled, "crowded": self.crowded, **seen})

    def _authorize(self, request: Request) -> Answer:
        if request.path == "/oauth/v2/auth":
            if request.method == "GET":
                return 200, b"{}"
            query = {name: values[0] for name, values in request.query.items()}
            back = urlencode({"code": f"1000.{next(self.numbers)}", "state": query["state"], "location": "sandbox"})
            return 302, f"{query['redirect_uri']}?{back}".encode()
        if request.path != "/oauth/v2/token":
            return 401, _json({"error": "INVALID_OAUTHSCOPE"})
        given = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        answer = {"token_type": "Bearer", "expires_in": 3600, "api_domain": self.base}
        if given["grant_type"] == "authorization_code":
            return 200, _json({**answer, "access_token": self._token(), "refresh_token": f"1000.{next(self.numbers):032x}.{0:032x}"})
        now, used = time.monotonic(), self.renewals.setdefault(given["refresh_token"], [])
        used[:] = [at for at in used if now - at < WINDOW_SECONDS]
        if len(used) >= RENEWALS:
            self.throttled += 1
            said = "You have made too many requests continuously. Please try again after some time."
            return 400, _json({"error_description": said, "error": "Access Denied", "status": "failure"})
        used.append(now)
        return 200, _json({**answer, "access_token": self._token()})

    def _token(self) -> str:
        token = f"1000.{next(self.numbers):032x}.{1:032x}"
        self.tokens.add(token)
        return token

    def _crm(self, request: Request, parts: list[str]) -> Answer:
        if request.method == "PUT":
            return self._update(request, *parts)
        match parts:
            case ["org"]:
                return 200, _json({"org": [metadata.ORG]})
            case ["users"]:
                return 200, _json({"users": [metadata.USER], "info": {"more_records": False}})
            case ["settings", ("fields" | "layouts") as part]:
                module = request.query["module"][0]
                return 200, _json({part: metadata.fields(module) if part == "fields" else metadata.layouts(module)})
            case [module] if "ids" in request.query:
                return 200, _json({"data": self._listed(module, request.query), "info": {"more_records": False}})
            case [module, id] if id.isdigit():
                return 200, _json({"data": [{**metadata.record(module), **self.records.get((module, id), {}), "id": id}]})
        return 404, _json({"code": "INVALID_URL_PATTERN", "details": {}, "message": "no such address", "status": "error"})

    def _listed(self, module: str, query: dict[str, list[str]]) -> list[Json]:
        names, plain = query["fields"][0].split(","), metadata.record(module)
        wanted = {name: plain.get(name) for name in names}
        ids = query["ids"][0].split(",")
        return [
            {**wanted, **{name: held[name] for name in names if name in (held := self.records.get((module, id), {}))}, "id": id}
            for id in ids
        ]

    def _update(self, request: Request, module: str, id: str | None = None) -> Answer:
        rows = json.loads(request.body)["data"]
        if self.heavy > HEAVY_AT_ONCE:
            self.crowded += 1
            return 429, _json({"code": "TOO_MANY_REQUESTS", "details": {}, "message": "too many concurrent calls", "status": "error"})
        since = request.header(b"if-unmodified-since")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        answers = [self._store(module, id or row["id"], row, since, at) for row in rows]
        return 200, f'{{"data":[{",".join(answers)}]}}'.encode()

    def _store(self, module: str, id: str, row: Json, since: str, at: str) -> str:
        held = self.records.setdefault((module, id), {})
        was = held.get("Modified_Time", metadata.MODIFIED)
        if since and datetime.fromisoformat(was) > datetime.fromisoformat(since):
            return json.dumps({"code": "ALREADY_MODIFIED", "details": {"Modified_Time": was}, "message": "modified", "status": "error"})
        held.update(row, Modified_Time=at)
        return metadata.ROW % (at, id)


class Wire(asyncio.Protocol):
    """One connection."""

    def __init__(self, crm: Crm) -> None:
        self.crm, self.buffer = crm, b""

    def connection_made(self, transport: Any) -> None:
        """Count it."""
        self.transport = transport
        self.crm.connections += 1
        self.crm.open_connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no longer."""
        self.crm.open_connections -= 1

    def data_received(self, data: bytes) -> None:
        """Serve every request that is complete."""
        self.buffer += data
        for request in self._requests():
            self._serve(request)

    def _requests(self) -> Iterator[Request]:
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[: end + 2]
            line, rest = head.split(b"\r\n", 1)
            method, target, _ = line.decode("latin-1").split(" ")
            parts = urlsplit(target)
            request = Request(method, parts.path, parse_qs(parts.query), b"\r\n" + rest, b"")
            length = int(request.header(b"content-length") or 0)
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            yield Request(method, request.path, request.query, request.headers, body)

    def _serve(self, request: Request) -> None:
        crm = self.crm
        is_heavy = request.method == "PUT" and request.body.count(b'"id":') > HEAVY
        is_counted = not request.path.startswith("/_fake")
        crm.busy += is_counted
        crm.heavy += is_heavy
        crm.peak, crm.peak_heavy = max(crm.peak, crm.busy), max(crm.peak_heavy, crm.heavy)
        answer = crm.answer(request)
        if is_counted and crm.delay_seconds:
            asyncio.get_running_loop().call_later(crm.delay_seconds, self._leave, answer, is_counted, is_heavy)
        else:
            self._leave(answer, is_counted, is_heavy)

    def _leave(self, answer: Answer, is_counted: bool, is_heavy: bool) -> None:
        self.crm.busy -= is_counted
        self.crm.heavy -= is_heavy
        status, body = answer
        where = b""
        if status == 302:
            where, body = b"Location: " + body + b"\r\n", b""
        head = b"HTTP/1.1 %d -\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), where)
        self.transport.write(head + body)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


async def _serve_forever() -> None:
    crm = Crm()
    server = await asyncio.get_running_loop().create_server(lambda: Wire(crm), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    crm.base = f"http://127.0.0.1:{port}"
    print(port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve_forever())
