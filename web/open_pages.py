"""Closed by default: the endpoints below are open to anybody, every other wants somebody signed in."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from flask import Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from web.runtime import stash

OPEN = frozenset({"static", "health.show", "health.ready", "sign_in.sign_in", "sign_in.set_up"})
MAX_PATH = 2000
MAX_DECODED = 3
"""A path that is still encoded after so many rounds is up to something."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ufeff\ud800-\udfff]")


def init_app(app: Flask) -> None:
    """Put the door before every view."""
    app.before_request(_require_operator)


def is_own_path(target: str) -> bool:
    """True for a path of ours that a browser cannot read as another site: no scheme, no host, no control characters, no tricks."""
    if len(target) > MAX_PATH or _UNSAFE.search(target):
        return False
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    for _ in range(MAX_DECODED):
        if not path.startswith("/") or path.startswith("//") or _UNSAFE.search(path):
            return False
        decoded = unquote(path)
        if decoded == path:
            return True
        path = decoded
    return False


def _require_operator() -> ResponseReturnValue | None:
    if request.endpoint in OPEN:
        return None
    if current_user.is_authenticated or request.endpoint is None:  # no such page: nothing to keep closed
        return None
    return _to_sign_in(_way_back())


def _way_back() -> str | None:
    """Where to go after signing in: the page that was asked for, or the one that keeps what was typed."""
    if request.endpoint == "connect.callback":
        return "/connect"  # its address holds a code, of use to the session that has ended and to nobody else
    if request.method in ("GET", "HEAD"):
        query = request.query_string.decode("latin-1")
        return quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    return stash(request)


def _to_sign_in(way_back: str | None) -> ResponseReturnValue:
    is_worth_it = way_back is not None and way_back != "/" and is_own_path(way_back)
    target = url_for("sign_in.sign_in", next=way_back if is_worth_it else None)
    if request.headers.get("HX-Request"):  # a fragment of a page must not be replaced by the sign-in page
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target, code=303)
