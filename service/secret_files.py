"""Keys made on first start and kept in ``instance/secrets/``, one a file, readable by their owner alone."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path


class SecretFileError(Exception):
    """A key file cannot be made, read or trusted; the message says what to do."""


def read_or_make(file: Path, make: Callable[[], str]) -> str:
    """The file's content, made first if there is none. Processes that start at once all end with the same key.

    The key is written whole to a file of its own (O_CREAT | O_EXCL, 0600) and then linked to its name: a link, unlike a
    rename, fails where the name is taken, and a reader never sees half a key. Raises SecretFileError.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _create(file, make())
        return _read(file)
    except OSError as exc:
        raise SecretFileError(f"{file}: {exc.strerror or exc}") from exc


def _create(file: Path, key: str) -> None:
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(key + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        os.unlink(draft)


def _read(file: Path) -> str:
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise SecretFileError(f"{file} can be read by others; run: chmod 600 '{file}'")
    try:
        key = file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as exc:
        raise SecretFileError(f"{file} is not text") from exc
    if not key:
        raise SecretFileError(f"{file} is empty; restore it from a backup, or remove it to have a new one made")
    return key
