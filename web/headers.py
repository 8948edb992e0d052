"""What every answer carries, and the one host we answer at."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, current_app, redirect, request
from flask.typing import ResponseReturnValue

from web.runtime import amend

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",  # no-referrer would fail the referrer check of CSRF on https
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ANY_HOST = frozenset({"health.show", "health.ready"})
"""Endpoints that answer whatever host was asked for: a prober knows only the address."""


def init_app(app: Flask) -> None:
    """Redirect to the one host before anything else; set the headers after everything else."""
    app.before_request(_require_our_host)
    app.after_request(_set_headers)


def _require_our_host() -> ResponseReturnValue | None:
    public_url = amend().settings.public_url
    if request.endpoint in ANY_HOST or _origin_host(request.host) == _origin_host(urlsplit(public_url).netloc):
        return None
    if request.method not in ("GET", "HEAD"):
        abort(421)
    query = request.query_string.decode("latin-1")
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    return redirect(f"{public_url}{path}{f'?{query}' if query else ''}", code=308)


def _origin_host(host: str) -> str:
    """``host`` in lower case without the port that its scheme implies anyway."""
    port = ":443" if amend().settings.is_secure else ":80"
    return host.lower().removesuffix(port)


def _set_headers(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if amend().settings.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["Cache-Control"] = _caching(response)
    return response


def _caching(response: Response) -> str:
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        return "no-store"
    is_current = request.args.get("v") == current_app.extensions["assets"].version(request.path.removeprefix("/static/"))
    return "public, max-age=31536000, immutable" if is_current else "no-cache"
