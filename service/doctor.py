"""``./run doctor``: what is wrong with the connections, for whoever runs this machine. Exit 0 nothing, 1 findings, 2 could not check."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn, TextIO
from uuid import UUID

import click
from alembic.util import CommandError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from people.users import User
from service.settings import Settings, SettingsError
from store import migrate
from zoho import runtime
from zoho.connections import Connection, Status
from zoho.diagnostics import Finding, Outcome, examine
from zoho.runtime import Amend

NOTHING, FINDINGS, COULD_NOT_CHECK = 0, 1, 2
AT_ONCE = 4
"""Connections examined side by side."""
WORDS = {Outcome.OK: "ok", Outcome.WARNING: "WARNING", Outcome.FAILED: "FAILED", Outcome.NOT_CHECKED: "not checked", Outcome.BROKE: "BROKE"}
COLOURS = {Outcome.OK: "32", Outcome.WARNING: "33", Outcome.FAILED: "31", Outcome.NOT_CHECKED: "2", Outcome.BROKE: "31"}
"""SGR parameters; the word says the same."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A connection to examine, and how to name it."""

    id: UUID
    title: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write the findings as JSON.")
@click.option("--connection", "connection_id", type=click.UUID, metavar="ID", help="This connection alone, even a disconnected one.")
def doctor(as_json: bool, connection_id: UUID | None) -> None:
    """Check the connections of all users; exit 0 when nothing was found, 1 with findings, 2 when it could not check."""
    try:
        settings = Settings.load()
        migrate.upgrade(settings.database_url)
        examined = examine_all(runtime.build(settings), connection_id)
    except SettingsError as error:
        give_up(f"Settings in the environment or in .env:\n{error}")
    except (SQLAlchemyError, OSError, CommandError, migrate.MigrationError) as error:
        give_up(f"The database cannot be used: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    if not examined:
        click.echo("There is no connection yet: start Amend and press Connect Zoho.", err=True)
    if as_json:
        click.echo(json.dumps(as_document(examined), indent=2, ensure_ascii=False))
    else:
        click.echo(as_text(examined, width=shutil.get_terminal_size().columns, coloured=is_coloured(os.environ, sys.stdout)), nl=False)
    sys.exit(verdict(examined))


def give_up(why: str) -> NoReturn:
    """End the command: nothing could be checked."""
    click.echo(why, err=True)
    sys.exit(COULD_NOT_CHECK)


def examine_all(amend: Amend, connection_id: UUID | None = None) -> dict[Patient, tuple[Finding, ...]]:
    """The findings of every connection but the disconnected ones, or of the one that is asked for."""
    patients = find_patients(amend, connection_id)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(patients, pool.map(lambda patient: examine(amend, patient.id), patients), strict=True))


def find_patients(amend: Amend, connection_id: UUID | None) -> list[Patient]:
    """By user and name; an id that is asked for stays in the list though no row has it."""
    chosen = Connection.status != Status.DISCONNECTED if connection_id is None else Connection.id == connection_id
    columns = (Connection.id, Connection.name, Connection.location, User.email)
    query = select(*columns).join(User, User.id == Connection.user_id).where(chosen)
    with amend.reading() as session:
        rows = session.execute(query.order_by(User.email, Connection.name, Connection.created_at)).all()
    found = [Patient(row.id, f"{row.name or 'unnamed'}, of {row.email}, {row.location}, {row.id}") for row in rows]
    return found or ([Patient(connection_id, str(connection_id))] if connection_id else [])


def verdict(examined: Mapping[Patient, Iterable[Finding]]) -> int:
    """The exit status."""
    is_bad = any(finding.outcome not in (Outcome.OK, Outcome.NOT_CHECKED) for findings in examined.values() for finding in findings)
    return FINDINGS if is_bad else NOTHING


def as_document(examined: Mapping[Patient, Iterable[Finding]]) -> dict[str, list[dict[str, str]]]:
    """``{"findings": [{"connection", "check", "outcome", "evidence", "cause", "next"}]}``."""
    rows = [(patient, finding) for patient, findings in examined.items() for finding in findings]
    return {
        "findings": [
            {
                "connection": str(patient.id),
                "check": finding.check,
                "outcome": str(finding.outcome),
                "evidence": finding.evidence,
                "cause": finding.cause,
                "next": finding.next,
            }
            for patient, finding in rows
        ]
    }


def as_text(examined: Mapping[Patient, Sequence[Finding]], *, width: int, coloured: bool) -> str:
    """A table a connection, and a sentence that counts."""
    lines = list[str]()
    for patient, findings in examined.items():
        lines += [patient.title, *_table(findings, width, coloured), ""]
    return "\n".join([*lines, _count(examined), ""]) if examined else ""


def _table(findings: Sequence[Finding], width: int, coloured: bool) -> list[str]:
    outcome_width = max(map(len, WORDS.values()))
    title_width = max(len(finding.title) for finding in findings)
    indent = 2 + outcome_width + 2 + title_width + 2
    lines = list[str]()
    for finding in findings:
        word = WORDS[finding.outcome].ljust(outcome_width)
        shown = f"\x1b[{COLOURS[finding.outcome]}m{word}\x1b[0m" if coloured else word
        told = [text for text in (finding.evidence, finding.cause, f"→ {finding.next}" if finding.next else "") if text]
        if finding.outcome == Outcome.NOT_CHECKED:
            told = [" ".join(told)]
        wrapped = [line for text in told for line in textwrap.wrap(text, max(30, width - indent))] or [""]
        lines.append(f"  {shown}  {finding.title.ljust(title_width)}  {wrapped[0]}".rstrip())
        lines += [f"{' ' * indent}{line}" for line in wrapped[1:]]
    return lines


def _count(examined: Mapping[Patient, Sequence[Finding]]) -> str:
    outcomes = [finding.outcome for findings in examined.values() for finding in findings]
    counts = [f"{outcomes.count(outcome)} {WORDS[outcome].lower()}" for outcome in Outcome if outcome in outcomes]
    return f"{len(examined)} {'connection' if len(examined) == 1 else 'connections'}: {', '.join(counts)}."


def is_coloured(environ: Mapping[str, str], out: TextIO) -> bool:
    """On a terminal, unless NO_COLOR holds anything (no-color.org)."""
    return out.isatty() and not environ.get("NO_COLOR")
