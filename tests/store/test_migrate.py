"""Migrations: all or nothing, once, whoever starts them, on either database."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, MetaData, String, Table, inspect, text
from sqlalchemy.exc import IntegrityError

from store import make_engine, migrate
from store.base import NAMING

pytestmark = pytest.mark.both_databases


def parents_and_children() -> MetaData:
    metadata = MetaData(naming_convention=NAMING)
    Table("parent", metadata, Column("id", Integer, primary_key=True), Column("name", String(20), nullable=False))
    Table("child", metadata, Column("id", Integer, primary_key=True), Column("parent_id", ForeignKey("parent.id", ondelete="CASCADE")))
    return metadata


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Migrations of a database of our own, made by the same env.py and template as the real ones."""
    directory = tmp_path / "migrations"
    (directory / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        shutil.copy(migrate.DIRECTORY / name, directory)
    migrate.revision("initial", directory=directory, metadata=parents_and_children())
    return directory


def add_migration(directory: Path, number: int, upgrade: str) -> None:
    body = f"""
        import sqlalchemy as sa
        from alembic import op

        revision, down_revision = "{number:04d}", "{number - 1:04d}"


        def upgrade():
            {upgrade}
    """
    (directory / "versions" / f"{number:04d}_next.py").write_text(dedent(body))


def run(url: str, directory: Path) -> None:
    migrate.upgrade(url, directory=directory, metadata=parents_and_children())


def test_a_written_migration_makes_the_tables_it_was_written_from(url: str, directory: Path, engine: Engine) -> None:
    migrate.upgrade(url, directory=directory, metadata=parents_and_children())
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "child", "parent"}
    assert migrate.drift(url, directory=directory, metadata=parents_and_children()) == []


def test_drift_is_seen(url: str, directory: Path) -> None:
    migrate.upgrade(url, directory=directory, metadata=parents_and_children())
    metadata = parents_and_children()
    Table("more", metadata, Column("id", Integer, primary_key=True))
    assert [step[0] for step in migrate.drift(url, directory=directory, metadata=metadata)] == ["add_table"]


def test_an_upgrade_by_several_processes_at_once_is_harmless(url: str, directory: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=run, args=(url, directory)) for _ in range(6)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * 6


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_batch_alter_keeps_the_children(url: str, directory: Path, engine: Engine) -> None:
    """With foreign keys on, the drop of the old parent table would cascade."""
    migrate.upgrade(url, directory=directory, metadata=parents_and_children())
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO parent VALUES (1, 'one')"))
        connection.execute(text("INSERT INTO child VALUES (1, 1)"))
    engine.dispose()
    add_migration(
        directory,
        2,
        'with op.batch_alter_table("parent", recreate="always") as batch: batch.alter_column("name", type_=sa.String(40))',
    )
    migrate.upgrade(url, directory=directory, metadata=parents_and_children())
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM child")) == 1


def test_a_failed_migration_leaves_the_database_as_it_was(url: str, directory: Path, engine: Engine) -> None:
    """SQLite checks foreign keys before the commit, PostgreSQL at once."""
    migrate.upgrade(url, directory=directory, metadata=parents_and_children())
    add_migration(directory, 2, "op.execute('CREATE TABLE half (id INTEGER)'); op.execute('INSERT INTO child VALUES (1, 99)')")
    with pytest.raises((migrate.MigrationError, IntegrityError), match="child"):
        migrate.upgrade(url, directory=directory, metadata=parents_and_children())
    assert not inspect(engine).has_table("half")
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"


def test_the_next_migration_imports_our_column_types(directory: Path) -> None:
    from store import ExactJson, UtcDateTime

    metadata = parents_and_children()
    Table("note", metadata, Column("id", Integer, primary_key=True), Column("at", UtcDateTime), Column("body", ExactJson))
    path = migrate.revision("notes", directory=directory, metadata=metadata)
    assert path.name == "0002_notes.py"
    assert "store.UtcDateTime()" in path.read_text()
    assert "store.ExactJson()" in path.read_text()


def test_the_database_has_the_shape_of_the_code(url: str) -> None:
    migrate.upgrade(url)
    assert migrate.drift(url) == []


def test_every_module_with_tables_is_known_to_the_migrations() -> None:
    source = (migrate.DIRECTORY / "env.py").read_text()
    root = migrate.DIRECTORY.parent
    for room in ("people", "zoho", "changes", "web", "service"):
        for path in (root / room).rglob("*.py"):
            if "__tablename__" in path.read_text():
                name = ".".join(path.relative_to(root).with_suffix("").parts)
                assert f'"{name}"' in source


def test_a_wrong_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate.main(["up"]) == 2
    assert "usage" in capsys.readouterr().err
