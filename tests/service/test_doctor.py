"""``./run doctor``: what it prints, and the status it ends with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from changes import heartbeat
from service.cli import main
from service.doctor import is_coloured
from tests.walk import connect
from zoho import runtime, tokens
from zoho.connections import Connection, Status

KEYS = {"connection", "check", "outcome", "evidence", "cause", "next"}


@pytest.fixture
def connection_id(amend, sandbox, user, clock):
    """Made and renewed by the wall clock, which the command goes by."""
    clock.at = datetime.now(UTC)
    made = connect(amend, user.id).connection_id
    clock.advance(seconds=1)
    tokens.renew(amend, made)
    return made


@pytest.fixture
def write(amend, connection_id):
    def write(**values):
        with amend.sessions.begin() as session:
            session.execute(update(Connection).where(Connection.id == connection_id).values(values))

    return write


@pytest.fixture
def doctor(settings, monkeypatch):
    """Run the command in the environment of these settings alone."""
    environ = {
        "AMEND_INSTANCE_DIR": str(settings.instance_dir),
        "AMEND_SANDBOX_PORT": str(settings.sandbox_port),
        "COLUMNS": "120",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    running = runtime.build(settings)
    heartbeat.beat(running, "here:1", running.now())
    running.close()

    def run(*arguments, columns="120"):
        return CliRunner().invoke(main, ["doctor", *arguments], env=environ | {"COLUMNS": columns}, catch_exceptions=False)

    return run


def findings(result):
    return json.loads(result.stdout)["findings"]


def of_connections(result):
    return [row for row in findings(result) if row["connection"]]


def test_without_a_connection_there_is_nothing_to_find(sandbox, doctor):
    result = doctor("--json")
    assert (result.exit_code, of_connections(result)) == (0, [])
    assert {row["outcome"] for row in findings(result)} == {"ok"}
    assert "no connection yet" in result.stderr
    assert "Amend itself" in doctor().stdout


def test_a_healthy_connection_ends_with_status_0(connection_id, doctor):
    result = doctor("--json")
    assert [row["check"] for row in findings(result) if row["outcome"] != "ok"] == ["crm_write", "desk_write"]
    assert result.exit_code == 0
    assert all(set(row) == KEYS for row in findings(result))
    assert {row["connection"] for row in findings(result)} == {"", str(connection_id)}


def test_a_fault_ends_with_status_1_and_is_named_with_cause_and_next_step(write, doctor):
    write(refresh_token=None)
    result = doctor("--json")
    first = next(row for row in findings(result) if row["outcome"] == "failed")
    assert result.exit_code == 1
    assert first["check"] == "refresh_token"
    assert "no refresh token" in first["cause"]
    assert "Reconnect" in first["next"]


def test_a_warning_ends_with_status_1(write, doctor):
    write(api_domain=None)
    assert doctor("--json").exit_code == 1


def test_the_table_names_connection_check_outcome_and_next_step(write, doctor):
    write(desk_org_id="999")
    result = doctor()
    assert "Zylker Demo, of ana@example.com, sandbox" in result.stdout
    line = next(line for line in result.stdout.splitlines() if "Desk organization" in line)
    assert line.split()[0] == "FAILED"
    assert "999 is not among Zylker Support (3981311)" in line
    assert "→ Choose the Desk organization." in result.stdout
    assert "Amend and 1 connection: " in result.stdout
    assert "1 failed" in result.stdout
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_a_disconnected_connection_is_passed_over_unless_it_is_asked_for(write, doctor, connection_id):
    write(status=Status.DISCONNECTED)
    assert doctor("--json").exit_code == 0
    asked = doctor("--json", "--connection", str(connection_id))
    assert (asked.exit_code, of_connections(asked)[0]["check"]) == (1, "connection")
    by_name = of_connections(doctor("--json", "zylker demo"))
    assert [(row["connection"], row["outcome"]) for row in by_name] == [
        (row["connection"], row["outcome"]) for row in of_connections(asked)
    ]


def test_a_connection_that_does_not_exist_is_the_one_finding(connection_id, doctor):
    result = doctor("--json", str(UUID(int=7)))
    row = findings(result)[-1]
    assert (result.exit_code, row["check"], row["outcome"]) == (1, "connection", "failed")
    assert str(UUID(int=7)) in row["evidence"]


def test_bad_settings_are_the_finding_and_end_with_status_2(doctor, monkeypatch):
    monkeypatch.setenv("AMEND_PORT", "none")
    monkeypatch.setenv("AMEND_SECRET_KEY", "geheim")
    result = doctor("--json")
    assert result.exit_code == 2
    assert [(row["check"], row["outcome"], row["next"]) for row in findings(result)] == [
        ("settings", "failed", "Correct AMEND_PORT."),
        ("settings", "failed", "Correct AMEND_SECRET_KEY."),
    ]
    assert "geheim" not in result.output


def test_a_database_that_cannot_be_used_is_the_finding_and_ends_with_status_2(doctor, settings):
    (settings.instance_dir / "amend.db").write_bytes(b"not a database, not at all" * 100)
    result = doctor("--json")
    assert result.exit_code == 2
    first = next(row for row in findings(result) if row["outcome"] != "ok")
    assert (first["check"], first["outcome"]) == ("database", "failed")
    assert "SQLITE_NOTADB" in first["evidence"]


def test_a_locked_database_is_told_within_seconds(connection_id, doctor, settings):
    with closing(sqlite3.connect(settings.instance_dir / "amend.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = doctor("--json")
        other.execute("ROLLBACK")
    first = next(row for row in findings(result) if row["outcome"] != "ok")
    assert (result.exit_code, first["check"]) == (2, "database")
    assert "lock" in first["cause"]


def test_a_database_that_was_never_made_is_made(doctor, settings, sandbox):
    (settings.instance_dir / "amend.db").unlink()
    assert doctor("--json").exit_code == 0


def test_a_key_that_was_lost_is_a_finding_of_the_connection(connection_id, doctor, monkeypatch):
    monkeypatch.setenv("AMEND_ENCRYPTION_KEYS", "ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=")
    result = doctor("--json")
    first = next(row for row in findings(result) if row["outcome"] != "ok")
    assert (result.exit_code, first["check"], first["connection"]) == (1, "key", str(connection_id))


@pytest.mark.parametrize("columns", ["48", "80", "200"])
def test_the_table_fits_the_terminal(write, doctor, columns):
    write(desk_org_id="999")
    told = [line for line in doctor(columns=columns).stdout.splitlines() if line.startswith("  ")]
    assert max(map(len, told)) <= int(columns)


def test_the_bundle_is_written_for_its_owner_alone(connection_id, doctor, sandbox, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctor("--bundle")
    file = tmp_path / "amend-support.json"
    assert "Wrote amend-support.json" in result.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    document = json.loads(file.read_text())
    assert {row["id"] for row in document["connections"]} == {str(connection_id)}
    assert not any(token in file.read_text() for grant in sandbox.grants for token in (grant.refresh_token, *grant.access_tokens))


def test_a_bundle_is_written_though_the_settings_are_no_good(doctor, monkeypatch, tmp_path):
    monkeypatch.setenv("AMEND_PORT", "none")
    assert doctor("--bundle", str(tmp_path / "help.json")).exit_code == 2
    assert json.loads((tmp_path / "help.json").read_text())["findings"][0]["check"] == "settings"


def test_a_bundle_that_cannot_be_written_says_so(connection_id, doctor, tmp_path):
    result = doctor("--bundle", str(tmp_path / "nowhere" / "help.json"))
    assert result.exit_code == 2
    assert "was not written" in result.stderr


def test_no_output_holds_a_token_or_a_secret(connection_id, doctor, amend, sandbox):
    text = doctor("--json").output + doctor().output
    for grant in sandbox.grants:
        assert grant.refresh_token not in text
        assert not any(token in text for token in grant.access_tokens)
    assert "sandbox-secret" not in text


@pytest.mark.parametrize(("environ", "expected"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colours_are_for_terminals_and_for_those_who_want_them(environ, expected):
    class Terminal:
        def isatty(self):
            return True

    assert is_coloured(environ, Terminal()) is expected
