"""How Alembic meets our tables; run by store.migrate, which owns the connection and its transaction."""

from __future__ import annotations

import importlib
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from store import Base, ExactJson, UtcDateTime

TABLES = (
    "people.users",
    "people.sessions",
    "people.set_up",
    "zoho.connections",
    "zoho.authorization",
    "zoho.metadata",
    "zoho.limits",
    "zoho.request_log",
    "zoho.watch",
    "changes.alerts",
    "changes.heartbeat",
    "changes.jobs",
    "changes.plans",
    "changes.preferences",
    "changes.snapshots",
)
"""The modules that own tables: importing one makes its tables known."""


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types by the name under which the migration imports them."""
    if kind == "type" and isinstance(item, (ExactJson, UtcDateTime)):
        return f"store.{type(item).__name__}()"
    return False


def run() -> None:
    """Run what store.migrate asked for, on its connection."""
    metadata = context.config.attributes["metadata"]
    if metadata is None:
        for name in TABLES:
            importlib.import_module(name)
        metadata = Base.metadata
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
