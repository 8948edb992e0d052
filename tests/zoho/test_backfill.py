"""A backfill of zoho_connections while others write to it: one engine, one connection, one transaction; nothing locked, nothing lost."""

from __future__ import annotations

import multiprocessing
import shutil
from textwrap import dedent

import pytest
from sqlalchemy import select, update

from store import make_engine, make_sessions, migrate
from tests.walk import add
from zoho.connections import Connection, Status

WRITERS, ROUNDS, ROWS = 8, 40, 200
BACKFILL = """
    from alembic import op
    import sqlalchemy as sa

    revision, down_revision = "{next}", "{last}"


    def upgrade():
        connection = op.get_bind()
        for id_, in connection.execute(sa.text("SELECT id FROM zoho_connections")).all():
            connection.execute(sa.text("UPDATE zoho_connections SET environment = 'production' WHERE id = :id"), {{"id": id_}})
"""


def write(url, mine):
    """Count in the row of this writer, as a refresh writes: read, then write."""
    sessions = make_sessions(make_engine(url))
    for _ in range(ROUNDS):
        with sessions.begin() as session:
            row = session.get_one(Connection, mine)
            row.token_expires_at = (row.token_expires_at or 0) + 1


@pytest.mark.both_databases
def test_a_backfill_beside_eight_writers_locks_nobody_out_and_loses_nothing(amend, tmp_path):
    user_id = add(amend)
    with amend.sessions.begin() as session:
        rows = [
            Connection(
                user_id=user_id, status=Status.ACTIVE, location="us", accounts_server="https://accounts.zoho.com", created_at=amend.now()
            )
            for _ in range(ROWS)
        ]
        session.add_all(rows)
    url = amend.settings.database_url
    directory = tmp_path / "migrations"
    shutil.copytree(migrate.DIRECTORY, directory)
    last = sorted(path.stem[:4] for path in (directory / "versions").glob("[0-9]*.py"))[-1]
    body = BACKFILL.format(last=last, next=f"{int(last) + 1:04d}")
    (directory / "versions" / f"{int(last) + 1:04d}_backfill.py").write_text(dedent(body))

    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write, args=(url, row.id)) for row in rows[:WRITERS]]
    for writer in writers:
        writer.start()
    migrate.upgrade(url, directory=directory)
    for writer in writers:
        writer.join(60)

    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    with amend.reading() as session:
        assert (
            session.scalars(select(Connection.token_expires_at).where(Connection.id.in_([row.id for row in rows[:WRITERS]]))).all()
            == [ROUNDS] * WRITERS
        )
        assert set(session.scalars(select(Connection.environment))) == {"production"}
    with amend.sessions.begin() as session:
        session.execute(update(Connection).values(name="still writable"))
