"""The nearest checks: settings, disk and database of this Amend, whatever is connected. They ask nobody."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import text

from service.settings import Settings
from store import migrate, trial
from zoho import data_centers
from zoho.diagnostics.findings import CHECK_AGAIN, FIX_SETTING, Observation, failed, ok, warning
from zoho.runtime import Amend

CLIENT_ID = re.compile(r"1000\.\w+", re.ASCII)
FEW_BYTES, TOO_FEW_BYTES = 500_000_000, 20_000_000
SAMPLE = b"\0" * 65_536
"""What is written to see that the disk takes it, and removed."""

DATABASE: dict[trial.Kind, tuple[str, str]] = {
    "locked": (
        "Another program holds the database's lock, so nothing can be saved and no token renewed.",
        "Close what has it open: a database tool, a backup, a second Amend.",
    ),
    "read_only": (
        "The database file, its -wal file or its folder cannot be written, so nothing can be saved and no token renewed.",
        "Make the file, the -wal and -shm files beside it, and their folder writable for the user that Amend runs as.",
    ),
    "full": ("There is no room left for the database.", "Make room on the disk that holds it."),
    "missing": ("The database is not where AMEND_DATABASE_URL says.", "Correct AMEND_DATABASE_URL, or start Amend, which makes it."),
    "damaged": ("The file is not a whole database.", "Stop Amend and restore the database from a backup."),
    "empty": ("The database was never brought to the shape that Amend needs.", "Start Amend again: that does it."),
    "unreachable": ("The database server does not answer.", "Start it, or correct AMEND_DATABASE_URL."),
    "refused": ("The database server does not accept the user or the password.", "Correct AMEND_DATABASE_URL."),
    "unknown": ("The database did not take a write.", "Look at what it says; Amend's log says more."),
}
DISK: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("The disk is full.", "Make room on it."),
    errno.EDQUOT: ("The quota of the disk is used up.", "Make room, or ask for a larger quota."),
    errno.EROFS: ("The disk is mounted read-only.", "Mount it so that Amend may write."),
    errno.EACCES: ("Amend may not write into its folder.", "Give the user that Amend runs as the right to write there."),
    errno.ENOENT: ("The folder is gone.", "Restore it from a backup, or correct AMEND_INSTANCE_DIR."),
}


def settings(amend: Amend) -> Observation:
    """Whether the settings make sense together; each alone was looked at when Amend started."""
    held = amend.settings
    doubts = [text for text in (_public_url(held), _client_id(held), _keys(held)) if text]
    if doubts:
        return warning(*doubts[0], FIX_SETTING)
    where = f"{held.public_url}, {'the sandbox alone' if held.client_id is None else f'data centre {held.data_center}'}"
    return ok(f"{where}, {len(held.encryption_keys)} encryption {'key' if len(held.encryption_keys) == 1 else 'keys'}")


Doubt = tuple[str, str, str] | None
"""Evidence, cause and next step."""


def _public_url(held: Settings) -> Doubt:
    if held.is_secure or data_centers.is_loopback(held.public_url):
        return None
    cause = "People reach Amend without encryption: passwords, and what Zoho sends back, can be read on the way."
    return f"AMEND_PUBLIC_URL is {held.public_url}", cause, "Put a proxy with https in front and set AMEND_PUBLIC_URL to its address."


def _client_id(held: Settings) -> Doubt:
    if held.client_id is None or CLIENT_ID.fullmatch(held.client_id):
        return None
    cause = "Zoho's client ids begin with 1000. and go on in letters and digits; this one does not."
    return f"ZOHO_CLIENT_ID is {held.client_id[:12]}…", cause, "Copy the client id again from Zoho's API console."


def _keys(held: Settings) -> Doubt:
    values = [key.get_secret_value() for key in held.encryption_keys]
    if len(set(values)) == len(values):
        return None
    return f"{len(values)} keys, some twice", "AMEND_ENCRYPTION_KEYS names a key more than once.", "Name each key once, the newest first."


def disk(amend: Amend) -> Observation:
    """Whether the instance folder takes a file, and how much room is left there."""
    folder = amend.settings.instance_dir
    try:
        _write(folder)
        free = shutil.disk_usage(folder).free
        inodes = os.statvfs(folder)
    except OSError as error:
        cause, step = DISK.get(error.errno or 0, ("Amend cannot write into its folder.", "See what the system says."))
        return failed(f"{folder}: {error.strerror or error}", cause, step, FIX_SETTING)
    seen = f"{folder}: {free / 1e9:.1f} GB free"
    if free < TOO_FEW_BYTES or (inodes.f_files and inodes.f_favail < 100):
        return failed(f"{seen}, {inodes.f_favail} files", "The disk is as good as full.", "Make room on it.", CHECK_AGAIN)
    if free < FEW_BYTES:
        return warning(seen, "The disk is almost full; then nothing more can be saved.", "Make room on it.", CHECK_AGAIN)
    return ok(f"{seen}, a file was written and removed")


def _write(folder: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".trial-") as file:
        file.write(SAMPLE)
        file.flush()
        os.fsync(file.fileno())


def database(amend: Amend) -> Observation:
    """Whether the database takes a write now."""
    tried = trial.try_writing(amend.settings.database_url)
    if tried.kind is not None:
        return failed(tried.said, *DATABASE[tried.kind], CHECK_AGAIN)
    kind = amend.sessions.kw["bind"].dialect.name
    return ok(f"{ {'sqlite': 'SQLite', 'postgresql': 'PostgreSQL'}.get(kind, kind) } took a write")


def migrations(amend: Amend) -> Observation:
    """Whether database and code are of one age."""
    with amend.looking() as rows:
        held, wanted = rows.scalar(text("SELECT version_num FROM alembic_version")), migrate.head()
    if held == wanted:
        return ok(f"the database is at {held}, as the code wants")
    is_newer = held is not None and held > wanted
    cause = "The database was last used by a newer Amend." if is_newer else "The database was not brought to the shape of this code."
    step = "Run the newer Amend, or restore the database from before." if is_newer else "Start Amend again: that does it."
    return failed(f"the database is at {held}, the code wants {wanted}", cause, step, CHECK_AGAIN)
