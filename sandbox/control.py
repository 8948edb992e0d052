"""/_sandbox/faults: faults and switches over HTTP, for another process or a menu. Never part of Zoho."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.consent import STYLE
from sandbox.wire import Call, Refused, Route, json_answer, loads

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def _guard(call: Call, *, writes: bool) -> None:
    """A page in somebody's browser shall not turn our switches: JSON needs a preflight, which nobody answers."""
    host = call.request.host.rsplit(":", 1)[0] if not call.request.host.endswith("]") else call.request.host
    if host not in _LOOPBACK or (writes and not call.request.is_json):
        raise Refused({"error": "from this machine, as application/json"}, 403)


def _state(call: Call) -> dict[str, Any]:
    world = call.world
    return {"faults": [fault.as_json() for fault in world.faults.all], "config": world.config.as_json(), "peaks": world.traffic.peaks}


def show(call: Call) -> Response:
    """GET: ``{"faults": […], "config": {switch: value}, "peaks": {organization: calls at once}}``."""
    _guard(call, writes=False)
    return json_answer(_state(call))


def add(call: Call) -> Response:
    """POST ``{"route", "status" or "fault", …}`` adds a fault; ``{"config": {switch: value}}`` turns switches."""
    _guard(call, writes=True)
    try:
        wanted = loads(call.request.get_data())
        if not isinstance(wanted, dict):
            raise ValueError("an object is expected")
        if "config" in wanted:
            call.world.config.set(wanted.pop("config"))
        if wanted:
            call.world.faults.add(wanted.pop("route", ""), **wanted)
    except (ValueError, TypeError, AttributeError) as exc:
        raise Refused({"error": str(exc)}, 400) from exc
    return json_answer(_state(call), 201)


def clear(call: Call) -> Response:
    """DELETE: no faults any more; ``?config=1`` puts the switches back too."""
    host = call.request.host.rsplit(":", 1)[0]
    if host not in _LOOPBACK:
        raise Refused({"error": "from this machine"}, 403)
    call.world.faults.all.clear()
    if call.query.get("config"):
        fresh = type(call.world.config)()
        for name in call.world.config.as_json():
            setattr(call.world.config, name, getattr(fresh, name))
    return json_answer(_state(call))


def style(_call: Call) -> Response:
    """The style sheet of our pages."""
    return Response(STYLE.read_bytes(), 200, content_type="text/css; charset=utf-8")


ROUTES = (
    Route("GET", "/_sandbox/faults", show),
    Route("POST", "/_sandbox/faults", add),
    Route("DELETE", "/_sandbox/faults", clear),
    Route("GET", "/_sandbox/style.css", style),
)
