"""Where settings come from: the environment, over ``.env`` in the project's root."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
SECRET_PREFIX = "ZOHO_CLIENT_SECRET_"  # noqa: S105 - a name, not a secret
PER_LOCATION = "ZOHO_CLIENT_SECRET_<LOCATION>"


class EnvFileError(Exception):
    """``.env`` is there, but cannot be read."""


def surroundings(env_file: Path = ROOT / ".env") -> dict[str, str]:
    """The environment and ``.env`` as one; the environment wins, also with an empty value, which unsets. Raises EnvFileError."""
    try:
        written = {name: value for name, value in dotenv_values(env_file, interpolate=False).items() if value is not None}
    except (OSError, UnicodeDecodeError) as exc:
        raise EnvFileError(f"cannot be read: {exc}") from exc
    return written | os.environ


def gather(environ: Mapping[str, str]) -> dict[str, Any]:
    """What is set, by its name; the secrets per location as one dict, location → secret. Blank is unset."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    secrets = {name.removeprefix(SECRET_PREFIX): value for name, value in given.items() if name.startswith(SECRET_PREFIX)}
    return given | {PER_LOCATION: secrets}


def misspelt(environ: Mapping[str, str], known: Collection[str]) -> list[tuple[str, str]]:
    """``(name, what is wrong)`` for each name that begins as ours do and is none of them: a typing error must not pass unseen."""
    strangers = sorted(name for name in environ if name.startswith("AMEND_") and name not in known)
    return [(name, _did_you_mean(name, known)) for name in strangers]


def _did_you_mean(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
