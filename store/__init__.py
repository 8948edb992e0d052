"""Where things are kept: engine, sessions, the base of all tables, column types. Knows no table by name."""

from store.base import Base
from store.engine import glancing, make_engine, make_sessions, reading
from store.types import ExactJson, UtcDateTime

__all__ = ["Base", "ExactJson", "UtcDateTime", "glancing", "make_engine", "make_sessions", "reading"]
