"""The operator: who is signed in, as pages and use cases see them."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody signed in, through one session of theirs. The properties are what Flask-Login asks for."""

    id: UUID
    email: str
    name: str
    session_id: UUID
    token: str = field(repr=False)

    @property
    def is_authenticated(self) -> bool:
        """True: an operator exists only while their session lives."""
        return True

    @property
    def is_active(self) -> bool:
        """True, as above."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """False, as above."""
        return False

    def get_id(self) -> str:
        """The secret token of the session: what the signed cookie carries."""
        return self.token


def new_token() -> str:
    """A secret of 256 bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What the database keeps of a token. One round suffices: nobody guesses 256 bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
