"""Faults on demand: a route, what goes wrong, and how many times."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.wire import Json, dumps

KINDS = ("status", "reset_before", "reset_after", "truncated", "html", "empty", "hang", "slow", "drip", "huge", "throttled")
_APPLIED = {"reset_after", "truncated", "slow", "drip"}  # the request is carried out all the same
HTML_PAGE = (
    "<!doctype html><html><head><title>Zoho - Error</title></head><body><h1>We are unable to process your request</h1></body></html>"
)
_PLACES = {"module": r"(?!(?:settings|org|users|coql)(?:/|$))[A-Za-z]\w*", "id": r"\d+"}


def route_pattern(route: str) -> re.Pattern[str]:
    """``PUT /crm/v8/{module}/{id}`` as a pattern over "METHOD path"; ``*`` stands for any method or any rest."""
    pattern = ""
    for part in re.split(r"(\{\w+\}|\*)", route.strip()):
        if part == "*":
            pattern += ".*" if pattern else r"[A-Z]+"
        elif part.startswith("{"):
            pattern += _PLACES.get(part[1:-1], r"[^/]+")
        else:
            pattern += re.escape(part)
    return re.compile(pattern)


@dataclass
class Fault:
    """``times`` counts down, None is for ever; ``applied``: carry the request out, then spoil the answer; ``label``: who set it."""

    id: int
    route: str
    kind: str
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = 1
    applied: bool = False
    seconds: float | None = None
    label: str = ""

    def matches(self, request: Request) -> bool:
        """Whether the request is one of this fault's route."""
        return route_pattern(self.route).fullmatch(f"{request.method} {request.path}") is not None

    def as_json(self) -> Json:
        """For the list at /_sandbox/faults."""
        return {**self.__dict__, "headers": dict(self.headers)}


class Faults:
    """The faults that wait for their request. The caller holds the sandbox's lock."""

    def __init__(self) -> None:
        self.all: list[Fault] = []
        self._ids = count(1)

    def add(self, route: str, **wanted: Any) -> Fault:
        """Add one; ``wanted``: status, fault, body, headers, times, applied, seconds, label. Raises ValueError for nonsense."""
        kind = wanted.pop("fault", None) or "status"
        if kind not in KINDS or not re.match(r"([A-Z]+|\*) (/|\*)", route):
            raise ValueError(f"no such fault: {kind!r} on {route!r}; kinds: {', '.join(KINDS)}")
        extra = set(wanted) - {"status", "body", "headers", "times", "applied", "seconds", "label"}
        if extra or (kind == "status" and not isinstance(wanted.get("status"), int)):
            raise ValueError(f"a fault needs a status or a kind, and does not take {sorted(extra)}")
        applied = wanted.pop("applied", None)
        fault = Fault(
            next(self._ids), route, kind, **{name: value for name, value in wanted.items() if value is not None or name == "times"}
        )
        fault.applied = kind in _APPLIED if applied is None else bool(applied)
        self.all.append(fault)
        return fault

    def take(self, request: Request) -> Fault | None:
        """The first fault for this request, used up by one."""
        fault = next((each for each in self.all if each.matches(request)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.all.remove(fault)
        return fault


def drop_connection(request: Request, *, hard: bool) -> None:
    """End the connection under the client: by a reset, or by closing early. Raises ConnectionResetError."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    if hard:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(connection.detach())
    else:
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("a fault was asked for")


def spoil(fault: Fault, request: Request, answer: Response | None, stopped: threading.Event) -> Response:
    """The answer that this fault makes of ``answer``, which is None when the request was not carried out."""
    match fault.kind:
        case "reset_before" | "reset_after":
            drop_connection(request, hard=True)
        case "hang":
            stopped.wait(60 if fault.seconds is None else fault.seconds)
            drop_connection(request, hard=False)
        case "slow":
            stopped.wait(1 if fault.seconds is None else fault.seconds)
        case "truncated":
            return _streamed(_half(request, _data(answer)), len(_data(answer)), answer)
        case "drip":
            return _streamed(_drops(_data(answer), 0.1 if fault.seconds is None else fault.seconds, stopped), len(_data(answer)), answer)
        case "huge":
            return Response((b" " * 1_000_000 for _ in range(64)), 200, content_type="application/json")
        case "html":
            return Response(
                fault.body or HTML_PAGE, fault.status or 502, headers=dict(fault.headers), content_type="text/html;charset=UTF-8"
            )
        case "empty":
            return Response(b"", fault.status or 200, headers=dict(fault.headers))
        case "throttled":
            description = "You have made too many requests continuously. Please try again after some time."
            return _json({"error_description": description, "error": "Access Denied", "status": "failure"}, 400, fault)
        case _:
            return _json(fault.body, fault.status or 500, fault)
    return answer if answer is not None else Response(b"", 200)


def _json(body: Any, status: int, fault: Fault) -> Response:
    if isinstance(body, str):
        return Response(body, status, headers=dict(fault.headers), content_type="text/plain; charset=utf-8")
    text = b"" if body is None else dumps(body).encode()
    return Response(text, status, headers=dict(fault.headers), content_type="application/json;charset=UTF-8")


def _data(answer: Response | None) -> bytes:
    return b"" if answer is None else answer.get_data()


def _streamed(parts: Iterator[bytes], length: int, answer: Response | None) -> Response:
    status = 200 if answer is None else answer.status_code
    return Response(parts, status, headers={"Content-Length": str(length)}, content_type="application/json;charset=UTF-8")


def _half(request: Request, data: bytes) -> Iterator[bytes]:
    yield data[: len(data) // 2]
    drop_connection(request, hard=False)


def _drops(data: bytes, seconds: float, stopped: threading.Event) -> Iterator[bytes]:
    for at in range(len(data)):
        stopped.wait(seconds)
        yield data[at : at + 1]
