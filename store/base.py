"""The base of all tables. Constraints have predictable names, so that a migration can drop what another made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every mapped class derives from."""

    metadata = MetaData(naming_convention=NAMING)

    def hold(self, values: Mapping[str, Any]) -> Self:
        """Hold a row's values as if they were loaded: for objects of no session, of whose changes nobody keeps account."""
        self.__dict__.update(values)
        return self
