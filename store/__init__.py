"""Where things are kept: engine, sessions, the base of all tables, column types. Knows no table by name."""

from store.base import Base
from store.engine import make_engine, make_sessions, reading, wait_alone
from store.types import ExactJson, UtcDateTime

__all__ = ["Base", "ExactJson", "UtcDateTime", "make_engine", "make_sessions", "reading", "wait_alone"]
