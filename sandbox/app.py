"""The WSGI app: routes, authentication, the record of requests, the faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox import (
    accounts,
    consent,
    control,
    crm_coql,
    crm_dependencies,
    crm_files,
    crm_reads,
    crm_settings,
    crm_side,
    crm_writes,
    desk,
    desk_settings,
)
from sandbox.crm_store import crm_refusal
from sandbox.desk_store import desk_refusal
from sandbox.faults import spoil
from sandbox.gate import crm_gate, desk_gate
from sandbox.traffic import is_heavy
from sandbox.wire import Call, Refused, Route, html_answer, loads
from sandbox.world import Seen, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ROUTES: tuple[Route, ...] = (
    *accounts.ROUTES,
    *control.ROUTES,
    *crm_settings.ROUTES,
    *crm_dependencies.ROUTES,
    *crm_coql.ROUTES,
    *crm_files.ROUTES,
    *crm_side.ROUTES,
    *crm_reads.ROUTES,
    *crm_writes.ROUTES,
    *desk_settings.ROUTES,
    *desk.ROUTES,
)
ALL = frozenset({"accounts", "api", "desk"})
MAX_BODY = 32 * 1024 * 1024


@cache
def _map() -> Map:
    """Made at the first request: the sandbox listens sooner."""
    rules = [Rule(route.rule, methods=[route.method], endpoint=route) for route in _ROUTES]
    return Map(rules, strict_slashes=False, merge_slashes=False)


def product_of(path: str) -> str:
    """Which host a path belongs to: accounts, api, desk, or any."""
    for prefix, product in (("/oauth/", "accounts"), ("/crm/", "api"), ("/api/", "desk")):
        if path.startswith(prefix):
            return product
    return "any"


class App:
    """Answers for one or more of the hosts; all hosts of a sandbox share one World."""

    def __init__(self, world: World, hosts: frozenset[str] = ALL) -> None:
        self.world = world
        self.hosts = hosts

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ)
        request.max_content_length = MAX_BODY
        try:
            return self._answer(request)(environ, start_response)
        except HTTPException as refusal:  # a body too large or too strange to be read
            return refusal.get_response()(environ, start_response)
        finally:
            request.close()  # the files of an upload

    def _answer(self, request: Request) -> Response:
        if request.path.startswith("/_sandbox/"):
            with self.world.lock:
                return _carry_out(self.world, request, "any")
        seen = Seen(request.method, request.path, request.args.to_dict(), dict(request.headers), _body(request))
        product = product_of(request.path)
        if product not in ("api", "desk"):
            return self._carried_out(request, seen, product, None)
        with self.world.lock:
            org = self.world.org_of(request)
        with self.world.traffic.place(org, is_heavy=is_heavy(request, seen.body)) as refusal:
            self.world.stopped.wait(self.world.config.latency_ms / 1000)
            return self._carried_out(request, seen, product, refusal)

    def _carried_out(self, request: Request, seen: Seen, product: str, refusal: Response | None) -> Response:
        with self.world.lock:
            self.world.record(seen)
            if refusal is not None:
                return refusal
            fault = self.world.faults.take(request)
            answer = None
            if fault is None or fault.applied:
                answer = self._host_answer(request, product)
        return spoil(fault, request, answer, self.world.stopped) if fault is not None else answer or Response(b"", 500)

    def _host_answer(self, request: Request, product: str) -> Response:
        if product != "any" and product not in self.hosts:
            return html_answer(consent.error_page("The page you asked for is not on this server."), 404)
        return _carry_out(self.world, request, product)


def _body(request: Request) -> Any:
    if request.mimetype == "application/x-www-form-urlencoded":
        return request.form.to_dict()
    if request.mimetype == "multipart/form-data":
        return {name: file.filename for name, file in request.files.items(multi=True)}
    data = request.get_data()
    try:
        return loads(data) if request.is_json else data.decode("utf-8", "replace")
    except ValueError:
        return data.decode("utf-8", "replace")


def _carry_out(world: World, request: Request, product: str) -> Response:
    if request.path == "/":
        return html_answer(consent.front_page())
    try:
        route, args = _map().bind_to_environ(request.environ).match()
    except MethodNotAllowed:
        return _WRONG_METHOD[product]()
    except HTTPException:
        return _NOT_FOUND[product]()
    call = Call(world, request, {name: str(value) for name, value in args.items()})
    try:
        gate = {"api": crm_gate, "desk": desk_gate}.get(product)
        return gate(call, route) if gate is not None else route.handler(call)
    except Refused as refusal:
        return refusal.answer()


def _plain(status: int) -> Response:
    return html_answer(consent.error_page("The page you asked for is not on this server."), status)


_NOT_FOUND: dict[str, Callable[[], Response]] = {
    "api": lambda: crm_refusal("INVALID_URL_PATTERN", 404).answer(),
    "desk": lambda: desk_refusal("URL_NOT_FOUND", 404).answer(),
    "accounts": lambda: _plain(404),
    "any": lambda: _plain(404),
}
_WRONG_METHOD: dict[str, Callable[[], Response]] = {
    "api": lambda: crm_refusal("INVALID_REQUEST_METHOD", 400).answer(),
    "desk": lambda: desk_refusal("METHOD_NOT_ALLOWED", 405).answer(),
    "accounts": lambda: _plain(405),
    "any": lambda: _plain(405),
}
