"""Column types that give back exactly what was put in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from store import exact_json


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in, aware UTC out. SQLite keeps it as UTC without a zone, so that text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Raises ValueError for a naive datetime: nobody can say which instant it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: an instant needs its zone")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactJson(TypeDecorator[Any]):
    """JSON as text: decimals keep every digit, integers any size. None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:
        """Raises ValueError for what JSON cannot hold (see exact_json.dumps)."""
        return None if value is None else exact_json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Numbers with a fraction come back as Decimal."""
        return None if value is None else exact_json.loads(value)
