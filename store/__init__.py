"""Where things are kept: engine, sessions, the base of all tables, column types. Knows no table by name.

What needs SQLAlchemy is loaded when it is first asked for: the API clients use ``exact_json`` alone, and start in a third of the time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.base import Base
    from store.engine import make_engine, make_sessions, reading
    from store.types import ExactJson, UtcDateTime

__all__ = ["Base", "ExactJson", "UtcDateTime", "make_engine", "make_sessions", "reading"]

_HOMES = {
    "Base": "base",
    "ExactJson": "types",
    "UtcDateTime": "types",
    "make_engine": "engine",
    "make_sessions": "engine",
    "reading": "engine",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
