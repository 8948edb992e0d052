"""Faults of Amend itself: settings, disk, database. The first finding that is not well names them."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from store import trial
from tests.zoho.diagnostics.conftest import Report
from zoho.connections import Connection
from zoho.diagnostics import Outcome, examine, examine_own, own
from zoho.keys import Keys


def changed(amend, **settings):
    return replace(amend, settings=amend.settings.model_copy(update=settings))


def first(amend):
    return next(finding for finding in examine_own(amend) if finding.outcome != Outcome.OK)


def file_of(amend) -> Path:
    return Path(amend.settings.database_url.removeprefix("sqlite:///"))


def test_an_installation_that_is_well_is_green(amend):
    assert {finding.outcome for finding in examine_own(amend)} == {Outcome.OK}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"public_url": "http://amend.example.com"}, "AMEND_PUBLIC_URL is http://amend.example.com"),
        ({"client_id": "acme-client"}, "ZOHO_CLIENT_ID is acme-client"),
    ],
)
def test_settings_that_make_no_sense_are_named(amend, wrong, said):
    found = first(changed(amend, **wrong))
    assert (found.check, found.outcome, found.action) == ("settings", Outcome.WARNING, "fix_setting")
    assert said in found.evidence
    assert found.cause
    assert found.next


def test_a_key_that_is_named_twice_is_told_without_showing_it(amend):
    keys = amend.settings.encryption_keys * 2
    found = first(changed(amend, encryption_keys=keys))
    assert found.check == "settings"
    assert keys[0].get_secret_value() not in repr(found)


def test_a_folder_that_is_gone_is_named(amend, tmp_path):
    found = first(changed(amend, instance_dir=tmp_path / "gone"))
    assert (found.check, found.outcome) == ("disk", Outcome.FAILED)
    assert "AMEND_INSTANCE_DIR" in found.next


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_every_way_a_disk_can_refuse_has_a_cause_of_its_own():
    with pytest.raises(OSError, match="No space") as full, open("/dev/full", "wb", buffering=0) as file:
        file.write(own.SAMPLE)
    assert full.value.errno == errno.ENOSPC
    assert own.DISK[errno.ENOSPC][0] == "The disk is full."


def test_a_locked_database_is_named_at_once_and_nothing_after_it_hides_it(amend, patient):
    with closing(sqlite3.connect(file_of(amend), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        report = Report(examine(amend, patient.id))
        other.execute("ROLLBACK")
    assert report.first_failed.check == "database"
    assert "lock" in report.first_failed.cause
    assert "SQLITE_BUSY" in report.first_failed.evidence
    assert report.migrations.outcome == Outcome.NOT_CHECKED


def test_a_database_that_is_no_database_is_named_and_the_connection_waits_for_it(amend, patient):
    amend.sessions.kw["bind"].dispose()
    for extra in file_of(amend).parent.glob("amend.db-*"):
        extra.unlink()
    file_of(amend).write_bytes(b"not a database, not at all" * 100)
    report = Report(examine(amend, patient.id))
    assert report.first_failed.check == "database"
    assert "SQLITE_NOTADB" in report.first_failed.evidence
    assert "backup" in report.first_failed.next


def test_a_database_that_is_gone_is_not_made_anew(amend):
    amend.sessions.kw["bind"].dispose()
    file_of(amend).unlink()
    found = first(amend)
    assert (found.check, found.outcome) == ("database", Outcome.FAILED)
    assert not file_of(amend).exists()


def test_a_database_that_is_there_and_cannot_be_opened_is_not_called_missing(amend):
    amend.sessions.kw["bind"].dispose()
    for suffix in ("-wal", "-shm"):
        beside = file_of(amend).with_name(f"{file_of(amend).name}{suffix}")
        beside.unlink(missing_ok=True)
        beside.mkdir()
    tried = trial.try_writing(amend.settings.database_url)
    assert tried.kind == "read_only"
    assert str(file_of(amend)) in tried.said
    found = own.database(amend)
    assert "-wal" in found.cause
    assert "folder" in found.next


def test_a_database_of_a_newer_amend_is_named(amend):
    with closing(sqlite3.connect(file_of(amend))) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        other.commit()
    found = first(amend)
    assert found.check == "migrations"
    assert "newer Amend" in found.cause


@pytest.mark.parametrize("kind", [kind for _, kind in trial.KINDS])
def test_every_way_a_database_can_refuse_has_cause_and_next_step(kind):
    assert all(own.DATABASE[kind])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_takes_a_write_or_says_who_holds_the_lock(amend):
    assert {finding.outcome for finding in examine_own(amend)} == {Outcome.OK}
    with amend.sessions.kw["bind"].begin() as other:
        other.exec_driver_sql("LOCK TABLE alembic_version IN EXCLUSIVE MODE")
        found = first(amend)
    assert (found.check, found.outcome) == ("database", Outcome.FAILED)
    assert "lock" in found.cause


def test_a_postgresql_that_is_away_is_told_from_one_that_refuses(amend):
    found = first(changed(amend, database_url="postgresql://amend:geheim@127.0.0.1:1/amend"))
    assert found.check == "database"
    assert found.cause == own.DATABASE["unreachable"][0]
    assert "geheim" not in repr(found)


def test_keys_that_were_lost_are_told_from_a_key_that_was_taken_out_too_early(amend, new_patient):
    patient, other = new_patient(), new_patient(products=("desk",))
    young = Keys.of(["ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY="])
    alone = Report(examine(replace(amend, keys=young), patient.id))
    assert alone.first_failed.check == "key"
    assert "lost or replaced" in alone.first_failed.cause
    if other.id != patient.id:
        with amend.sessions.begin() as session:
            session.execute(update(Connection).where(Connection.id == other.id).values(refresh_token=young.seal(other.id, "1000.a.b")))
        assert "taken out of AMEND_ENCRYPTION_KEYS" in Report(examine(replace(amend, keys=young), patient.id)).first_failed.cause
