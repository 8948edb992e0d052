"""The composition root: ``create_app`` puts the running app together; ``flask run`` finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from urllib.parse import urlsplit

from flask import Flask, g
from flask_login import current_user
from flask_wtf import CSRFProtect

from changes import checks
from service import queue
from service.settings import Settings
from web import assets, errors, headers, logs, open_pages, sign_in
from web.runtime import amend
from zoho import runtime
from zoho.data_centers import SANDBOX

BLUEPRINTS = (
    "health",
    "sign_in",
    "connections",
    "alerts",
    "request_log",
    "connect",
    "records",
    "candidates",
    "history",
    "plans",
    "explain",
    "bundle",
)
"""Modules of ``web``, each with a blueprint ``bp``."""
MAX_FORM = 16 * 1024 * 1024
"""Bytes: a record may have dozens of fields of 32,000 characters, each up to nine bytes when posted."""


def create_app(settings: Settings | None = None, *, now: Callable[[], datetime] | None = None) -> Flask:
    """The app for these settings, by default those of the environment. The database must have been upgraded.

    Raises service.settings.SettingsError.
    """
    built = runtime.build(settings, now=now, checks=checks.CHECKS)
    built = replace(built, wake=queue.trigger(built.settings))
    app = errors.LoggedFlask("app")
    app.config.from_mapping(_configuration(built.settings))
    app.extensions["amend"] = built
    assets.init_app(app)
    logs.init_app(app)
    headers.init_app(app)
    sign_in.init_app(app)
    open_pages.init_app(app)
    CSRFProtect(app)
    errors.init_app(app)
    app.context_processor(_shell)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"web.{name}").bp)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    public = urlsplit(settings.public_url)
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SERVER_NAME": public.netloc,
        "PREFERRED_URL_SCHEME": public.scheme,
        "SESSION_COOKIE_NAME": "amend_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: people keep pages open for days
        "WTF_CSRF_HEADERS": ["X-CSRFToken"],
        "MAX_CONTENT_LENGTH": MAX_FORM,
        "MAX_FORM_MEMORY_SIZE": MAX_FORM,
        "MAX_FORM_PARTS": 5000,
    }


def _shell() -> dict[str, object]:
    """What base.html needs. Nobody is looked up here: the page may be about a database that does not answer."""
    user = g.get("_login_user")
    settings = amend().settings
    return {
        "operator": current_user if user is not None and user.is_authenticated else None,
        "is_sandbox_only": settings.data_center == SANDBOX and settings.client_id is None,
    }
