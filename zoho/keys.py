"""Tokens at rest: MultiFernet, with the connection id inside the seal, so that two rows' values cannot be swapped unseen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from zoho.errors import KeyLostError

OPENED_KEPT = 256
"""Opening a seal takes longer than the rest of handing out a token; so many stay open, in memory alone."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of AMEND_ENCRYPTION_KEYS: the first seals, all open."""

    fernet: MultiFernet = field(repr=False)
    _open: Callable[[UUID, str], str] = field(repr=False, compare=False)

    @classmethod
    def of(cls, keys: Iterable[str]) -> Keys:
        """Raises ValueError when a key is not 32 url-safe base64 bytes."""
        fernet = MultiFernet([Fernet(key) for key in keys])
        return cls(fernet, lru_cache(OPENED_KEPT)(partial(_open, fernet)))

    def seal(self, owner: UUID, value: str) -> str:
        """``value`` encrypted for the connection ``owner``."""
        return self.fernet.encrypt(json.dumps({"c": str(owner), "t": value}).encode()).decode()

    def unseal(self, owner: UUID, sealed: str) -> str:
        """The value again. Raises KeyLostError when no key opens it, or when it was sealed for another connection."""
        return self._open(owner, sealed)


def _open(fernet: MultiFernet, owner: UUID, sealed: str) -> str:
    try:
        content = json.loads(fernet.decrypt(sealed.encode()))
        if content["c"] == str(owner) and isinstance(content["t"], str):
            return str(content["t"])
    except (InvalidToken, ValueError, KeyError, TypeError) as exc:
        raise KeyLostError(f"connection {owner}: no key of AMEND_ENCRYPTION_KEYS opens the stored token") from exc
    raise KeyLostError(f"connection {owner}: the stored token was sealed for another connection")
