"""Passwords: Argon2id by argon2-cffi at its defaults (64 MiB, about 0.1 s of a core a check: throttle before asking)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH, MAX_LENGTH = 12, 1024

_hasher = PasswordHasher()


def problem(password: str) -> str | None:
    """What is wrong with a new password, in words for the page, or None. Length is the only rule: composition rules weaken."""
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters (you typed {len(password)})."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters (you typed {len(password)})."
    return None


def hash_password(password: str) -> str:
    """The hash to store."""
    return _hasher.hash(_bytes(password))


def verify(stored: str | None, password: str) -> bool:
    """True when ``password`` made the ``stored`` hash. Without one (no such user) it takes as long and is False."""
    if len(password) > MAX_LENGTH:
        password = ""
    try:
        return _hasher.verify(stored or _nobody(), _bytes(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """True when the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody's password")


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
