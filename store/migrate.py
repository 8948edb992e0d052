"""Bring a database to the shape of the code: Alembic, driven by hand.

One engine of its own, one connection, one transaction, under a lock: two starts at once are harmless, and a failed migration leaves
the database as it was. On SQLite foreign keys are off meanwhile, since a batch alter with them on empties cascading children; they
are checked before the commit.

``python -m store.migrate revision "message"`` writes the next migration from the tables in the code.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from store.engine import make_engine

DIRECTORY = Path(__file__).resolve().parent.parent / "migrations"
LOCK_KEY = 0x416D656E64
"""Of PostgreSQL's advisory lock; any constant."""


class MigrationError(Exception):
    """The database cannot be brought to the shape of the code. Nothing was changed."""


def upgrade(url: str, *, directory: Path = DIRECTORY, metadata: MetaData | None = None) -> None:
    """Run the migrations that are missing, all or none.

    Raises MigrationError, sqlalchemy.exc.SQLAlchemyError, alembic.util.CommandError (a database newer than the code).
    """
    with _transaction(url) as connection:
        config = _config(connection, directory, metadata)
        heads = set(ScriptDirectory.from_config(config).get_heads())
        if set(MigrationContext.configure(connection).get_current_heads()) != heads:  # else spare the import of every table
            command.upgrade(config, "head")


def head(directory: Path = DIRECTORY) -> str:
    """The revision that the code wants."""
    return ScriptDirectory(str(directory)).get_current_head() or ""


def drift(url: str, *, directory: Path = DIRECTORY, metadata: MetaData | None = None) -> list[Any]:
    """What differs between the database and the tables in the code, as Alembic's operations; empty when nothing does."""
    found: list[Any] = []

    def collect(_revision: Any, context: MigrationContext) -> list[Any]:
        found.extend(compare_metadata(context, context.opts["target_metadata"]))
        return []

    with _transaction(url) as connection:
        config = _config(connection, directory, metadata)
        script = ScriptDirectory.from_config(config)
        with EnvironmentContext(config, script, fn=collect):
            script.run_env()
    return found


def revision(message: str, *, directory: Path = DIRECTORY, metadata: MetaData | None = None) -> Path:
    """Write the migration from the last one to the tables in the code, to be read before it is committed."""
    number = len(list((directory / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/scratch.db"
        upgrade(url, directory=directory, metadata=metadata)
        with _transaction(url) as connection:
            config = _config(connection, directory, metadata)
            script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    if script is None or isinstance(script, list):
        raise MigrationError("one migration was asked for, another number was written")
    return Path(script.path)


@contextmanager
def _transaction(url: str) -> Iterator[Connection]:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            if is_sqlite:
                _driver(connection).execute("PRAGMA foreign_keys=OFF")  # ignored inside a transaction, so before it
            with connection.begin():  # BEGIN IMMEDIATE on SQLite: the lock
                if not is_sqlite:
                    _check_encoding(connection)
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
                yield connection
                if is_sqlite:
                    _check_foreign_keys(connection)
    finally:
        engine.dispose()


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        tables = sorted({f"{row[0]} → {row[2]}" for row in broken})
        raise MigrationError(f"{len(broken)} rows would point nowhere: {', '.join(tables)}")


def _check_encoding(connection: Connection) -> None:
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise MigrationError(f"its encoding is {encoding}, which cannot hold every name; it must be UTF8")


def _config(connection: Connection, directory: Path, metadata: MetaData | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(directory).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def main(arguments: list[str]) -> int:
    """``revision "message"``; 2 when asked for anything else."""
    if len(arguments) != 2 or arguments[0] != "revision":
        sys.stderr.write('usage: python -m store.migrate revision "message"\n')
        return 2
    sys.stdout.write(f"{revision(arguments[1])}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
