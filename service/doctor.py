"""``./run doctor``: what is wrong here and with the connections, for whoever runs this machine."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TextIO
from uuid import UUID

import click
from alembic.util import CommandError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from changes import checks
from people.users import User
from service.settings import Settings, SettingsError
from store import migrate, trial
from zoho import runtime
from zoho.connections import Connection, Status
from zoho.diagnostics import Finding, Outcome, bundle, examine, examine_own
from zoho.runtime import Amend

NOTHING, FINDINGS, COULD_NOT_CHECK = 0, 1, 2
AT_ONCE = 4
"""Connections examined side by side."""
WORDS = {Outcome.OK: "ok", Outcome.WARNING: "WARNING", Outcome.FAILED: "FAILED", Outcome.NOT_CHECKED: "not checked", Outcome.BROKE: "BROKE"}
ENOUGH = 44
"""Columns beside the titles, below which what is told stands under them."""
COLOURS = {Outcome.OK: "32", Outcome.WARNING: "33", Outcome.FAILED: "31", Outcome.NOT_CHECKED: "2", Outcome.BROKE: "31"}
"""SGR parameters; the word says the same."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A connection to examine, or with no id Amend itself, and how to name it."""

    id: UUID | None
    title: str


OWN = Patient(None, "Amend itself")
Examined = dict[Patient, tuple[Finding, ...]]
NEEDED = ("settings", "database", "migrations")
"""Without these no connection can be looked at."""


@click.command()
@click.argument("connection", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write the findings as JSON.")
@click.option("--connection", "connection_id", metavar="ID", help="The same as CONNECTION.")
@click.option("--bundle", "bundle_file", is_flag=False, flag_value="amend-support.json", metavar="[FILE]", help="Write a support bundle.")
def doctor(connection: str | None, as_json: bool, connection_id: str | None, bundle_file: str | None) -> None:
    """Check Amend and all connections, or CONNECTION alone, by id or name, even a disconnected one.

    Exit 0 when nothing was found, 1 with findings, 2 when it could not check the connections.
    """
    amend, examined = examine_all(connection or connection_id)
    if bundle_file:
        write_bundle(amend, examined, bundle_file)
    if len(examined) == 1 and verdict(examined) != COULD_NOT_CHECK:
        click.echo("There is no connection yet: start Amend and press Connect Zoho.", err=True)
    if as_json:
        click.echo(json.dumps(as_document(examined), indent=2, ensure_ascii=False))
    else:
        click.echo(as_text(examined, width=shutil.get_terminal_size().columns, coloured=is_coloured(os.environ, sys.stdout)), nl=False)
    sys.exit(verdict(examined))


def examine_all(wanted: str | None = None) -> tuple[Amend | None, Examined]:
    """What there is to say of Amend itself, and of every connection but the disconnected ones, or of the one that is wanted.

    Settings that are no good, and a database that does not answer, are findings like others; then no connection is in the answer.
    """
    try:
        settings = Settings.load()
    except SettingsError as error:
        return None, {OWN: tuple(_bad_setting(name, problem) for name, problem in error.problems)}
    trouble = _prepare(settings.database_url)
    amend = runtime.build(settings, checks=checks.CHECKS)
    examined: Examined = {OWN: tuple(finding for finding in (*examine_own(amend), trouble) if finding is not None)}
    if not _is_blocked(examined[OWN]):
        patients = find_patients(amend, wanted)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            told = pool.map(lambda patient: _examine(amend, patient), patients)
            examined |= dict(zip(patients, told, strict=True))
    return amend, examined


def _examine(amend: Amend, patient: Patient) -> tuple[Finding, ...]:
    if patient.id is not None:
        return examine(amend, patient.id, with_own=False)
    evidence, cause = f"there is no connection {patient.title!r}", "No connection has this id or name."
    step = "Run ./run doctor without one: that lists them all."
    return (Finding("connection", "Connection", Outcome.FAILED, evidence, cause, step, None, amend.now()),)


def _prepare(url: str) -> Finding | None:
    """Bring the database up to date, unless it takes no write anyway, which its check tells sooner than a migration would."""
    if trial.try_writing(url).kind not in (None, "missing", "empty"):
        return None
    try:
        migrate.upgrade(url)
    except (SQLAlchemyError, OSError, CommandError, migrate.MigrationError) as error:
        said = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        cause = "The database could not be brought to the shape of this code."
        step = "See what it says; nothing was changed."
        return Finding("migrations", "Shape of the database", Outcome.FAILED, said, cause, step, None, runtime.utc_now())
    return None


def _bad_setting(name: str, problem: str) -> Finding:
    cause = "This setting, in the environment or in .env, cannot be used, so Amend does not start."
    return Finding("settings", "Settings", Outcome.FAILED, f"{name} {problem}", cause, f"Correct {name}.", None, runtime.utc_now())


def _is_blocked(own: Iterable[Finding]) -> bool:
    return any(finding.check in NEEDED and finding.outcome in (Outcome.FAILED, Outcome.BROKE) for finding in own)


def write_bundle(amend: Amend | None, examined: Examined, file: str) -> None:
    """The support bundle, readable by its owner alone. Ends the command when it cannot be written."""
    by_id = {str(patient.id or ""): findings for patient, findings in examined.items()}
    if amend is None:
        document = {"versions": bundle.versions(), **as_document(examined)}
    else:
        document = bundle.make(amend, by_id, [patient.id for patient in examined if patient.id])
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            stream.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        click.echo(f"The bundle was not written: {file}: {error.strerror}", err=True)
        sys.exit(COULD_NOT_CHECK)
    click.echo(f"Wrote {file}: findings, versions, settings and the latest requests, without tokens and secrets.", err=True)


def find_patients(amend: Amend, wanted: str | None) -> list[Patient]:
    """By user and name; one that is asked for and is not there stays in the list without an id."""
    columns = (Connection.id, Connection.name, Connection.location, Connection.status, User.email)
    query = select(*columns).join(User, User.id == Connection.user_id)
    with amend.reading() as session:
        rows = session.execute(query.order_by(User.email, Connection.name, Connection.created_at)).all()
    if wanted is None:
        rows = [row for row in rows if row.status != Status.DISCONNECTED]
    else:
        rows = [row for row in rows if wanted.lower() in (str(row.id), row.name.lower())]
    found = [Patient(row.id, f"{row.name or 'unnamed'}, of {row.email}, {row.location}, {row.id}") for row in rows]
    return found or ([Patient(None, wanted)] if wanted else [])


def verdict(examined: Examined) -> int:
    """The exit status."""
    if _is_blocked(examined[OWN]):
        return COULD_NOT_CHECK
    is_bad = any(finding.outcome not in (Outcome.OK, Outcome.NOT_CHECKED) for findings in examined.values() for finding in findings)
    return FINDINGS if is_bad else NOTHING


def as_document(examined: Examined) -> dict[str, list[dict[str, str]]]:
    """``{"findings": [{"connection", "check", "outcome", "evidence", "cause", "next"}]}``; the connection of Amend itself is ''."""
    rows = [(patient, finding) for patient, findings in examined.items() for finding in findings]
    return {
        "findings": [
            {
                "connection": str(patient.id or ""),
                "check": finding.check,
                "outcome": str(finding.outcome),
                "evidence": finding.evidence,
                "cause": finding.cause,
                "next": finding.next,
            }
            for patient, finding in rows
        ]
    }


def as_text(examined: Examined, *, width: int, coloured: bool) -> str:
    """A table a connection, and a sentence that counts."""
    lines = list[str]()
    for patient, findings in examined.items():
        lines += [patient.title, *_table(findings, width, coloured), ""]
    return "\n".join([*lines, _count(examined), ""]) if examined else ""


def _table(findings: Sequence[Finding], width: int, coloured: bool) -> list[str]:
    outcome_width = max(map(len, WORDS.values()))
    title_width = max(len(finding.title) for finding in findings)
    indent = 2 + outcome_width + 2 + title_width + 2
    is_narrow = width - indent < ENOUGH
    if is_narrow:
        indent = 2 + outcome_width + 2
    lines = list[str]()
    for finding in findings:
        word = WORDS[finding.outcome].ljust(outcome_width)
        shown = f"\x1b[{COLOURS[finding.outcome]}m{word}\x1b[0m" if coloured else word
        told = [text for text in (finding.evidence, finding.cause, f"→ {finding.next}" if finding.next else "") if text]
        if finding.outcome == Outcome.NOT_CHECKED:
            told = [" ".join(told)]
        wrapped = [line for text in told for line in textwrap.wrap(text, max(20, width - indent))] or [""]
        if is_narrow:
            wrapped.insert(0, "")
        lines.append(f"  {shown}  {finding.title.ljust(title_width)}  {wrapped[0]}".rstrip())
        lines += [f"{' ' * indent}{line}" for line in wrapped[1:]]
    return lines


def _count(examined: Examined) -> str:
    outcomes = [finding.outcome for findings in examined.values() for finding in findings]
    counts = [f"{outcomes.count(outcome)} {WORDS[outcome].lower()}" for outcome in Outcome if outcome in outcomes]
    number = sum(patient != OWN for patient in examined)
    return f"Amend and {number} {'connection' if number == 1 else 'connections'}: {', '.join(counts)}."


def is_coloured(environ: Mapping[str, str], out: TextIO) -> bool:
    """On a terminal, unless NO_COLOR holds anything (no-color.org)."""
    return out.isatty() and not environ.get("NO_COLOR")
