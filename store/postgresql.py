"""PostgreSQL, set up to do for us what SQLite does: wait for a lock and for the network, but not for ever, and store any string."""

from __future__ import annotations

from typing import Any

from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event

from store.exact_json import storable

DEFAULTS = {"connect_timeout": "10", "tcp_user_timeout": "30000", "options": "-c lock_timeout=30s"}
"""Of libpq; the URL's own win. A server that is gone without a word is noticed after 30 s."""


def make_engine(url: URL) -> Engine:
    """An engine whose connections survive a restart of the server: each is tried before use."""
    engine = create_engine(url.set(query={**DEFAULTS, **url.query}), pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "handle_error", _hide_rows)
    return engine


class _Storable(StrDumperUnknown):
    """Text as PostgreSQL can hold it: NUL and lone surrogates, which it refuses, become U+FFFD."""

    def dump(self, obj: str) -> Any:
        return super().dump(storable(obj))


def _set_up(connection: Any, _record: Any) -> None:
    connection.adapters.register_dumper(str, _Storable)


def _hide_rows(context: ExceptionContext) -> None:
    """What the server says besides the error itself quotes the row that it is about; rows do not belong into logs."""
    original = context.original_exception
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    if primary is None:
        return
    whole = str(original)
    for error in (original, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(str(arg).replace(whole, primary) for arg in error.args)
