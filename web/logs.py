"""No token, code, secret or password in a log line, whoever writes it."""

from __future__ import annotations

import logging

from flask import Flask

from zoho.redaction import RedactingFilter

LOGGERS = ("", "gunicorn.error", "gunicorn.access", "urllib3", "werkzeug")


def init_app(app: Flask) -> None:
    """Put the filter on the app's logger and handlers, and on those of everybody who may write a line of ours."""
    for logger in (app.logger, *(logging.getLogger(name) for name in LOGGERS)):
        _add(logger)
        for handler in logger.handlers:
            _add(handler)


def _add(filterer: logging.Filterer) -> None:
    if not any(isinstance(present, RedactingFilter) for present in filterer.filters):
        filterer.addFilter(RedactingFilter())
