"""One row of a plan as its source says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from zoho.answers import Refusal


@dataclass(frozen=True, slots=True)
class Given:
    """``values``: text, None or JSON by field. ``wrong``: why the row cannot be used, and at which field."""

    record_id: str
    values: Mapping[str, Any] | None
    line: int | None = None
    wrong: Refusal | None = None
    undoes_id: UUID | None = None
