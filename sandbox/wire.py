"""JSON in and out, with every digit kept, and the shape of a call and of an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from sandbox.grants import Grant
    from sandbox.world import World

Json = dict[str, Any]
_MARK = f"decimal-{uuid4().hex}:"
_MARKED = re.compile(f'"{_MARK}([-0-9.]+)"')


def _encode(value: object) -> str:
    if isinstance(value, Decimal):
        return _MARK + format(value, "f")
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def dumps(value: object) -> str:
    """JSON text; a Decimal is written as a plain number with every digit."""
    return _MARKED.sub(r"\1", json.dumps(value, ensure_ascii=False, default=_encode))


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def loads(text: str | bytes) -> Any:
    """Parsed JSON, numbers with a point as Decimal. Raises ValueError for anything that is not JSON."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer as Zoho sends it."""
    data = dumps(body).encode("utf-8", "replace")
    return Response(data, status, headers=dict(headers or {}), content_type="application/json;charset=UTF-8")


def no_content() -> Response:
    """204 with an empty body: Zoho's way to say that there is nothing."""
    return Response(b"", 204)


def html_answer(page: str, status: int = 200) -> Response:
    """A page; styles come from the sandbox alone, nothing runs in it."""
    policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    return Response(page, status, headers={"Content-Security-Policy": policy}, content_type="text/html; charset=utf-8")


class Refused(Exception):
    """Ends the handling of a call with this answer."""

    def __init__(self, body: object, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.body = body
        self.status = status
        self.headers = headers

    def answer(self) -> Response:
        """The refusal on the wire."""
        return json_answer(self.body, self.status, self.headers)


@dataclass
class Call:
    """One request on its way through the sandbox."""

    world: World
    request: Request
    args: dict[str, str] = field(default_factory=dict)
    grant: Grant | None = None

    @property
    def granted(self) -> Grant:
        """The grant that the gate found."""
        if self.grant is None:
            raise Refused({"error": "no grant"}, 401)
        return self.grant

    @property
    def query(self) -> dict[str, str]:
        """The query parameters, the first of each name."""
        return self.request.args.to_dict()


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """``needs``: every scope named must be covered; ``{module}`` stands for the module of the path."""

    method: str
    rule: str
    handler: Handler
    needs: tuple[str, ...] = ()
