"""What a tool or a write answers when it is not an error: done, a question to the operator, refusals at fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; ``value`` is what the tool found or changed."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer to a question; ``detail`` tells it from its likes."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A choice the operator must make first. ``schema`` is JSON Schema of the answer, ``name`` its key in the tool's params."""

    prompt: str
    schema: Mapping[str, Any]
    options: tuple[Choice, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value, or with ``field`` None the whole record, was refused. ``field`` is the API name; ``details`` are Zoho's own."""

    field: str | None
    message: str
    zoho_code: str | None = None
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done; each refusal can be corrected by the operator."""

    refusals: tuple[Refusal, ...]

    @classmethod
    def saying(cls, message: str) -> Refused:
        """One reason, of no field."""
        return cls((Refusal(field=None, message=message),))


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a list; ``more`` says that another page may follow, ``next_token`` leads to it where Zoho gives one.

    ``previous_token`` leads back, where Zoho gives that.
    """

    records: list[dict[str, Any]]
    more: bool
    next_token: str | None = None
    previous_token: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records by their ids, those that Zoho showed; ``at`` is Zoho's own time of the answer, where it told."""

    records: dict[str, dict[str, Any]]
    at: datetime | None


class WriteOutcome(NamedTuple):
    """What Zoho said to one write of one record.

    ``accepted`` is Zoho's claim, to be verified by reading back; ``conflict``: the record moved since it was read (HTTP 412);
    ``unknown``: sent, and nobody knows whether it was stored (``note`` says why). ``answer`` is Zoho's body, redacted.
    ``modified_at`` is Zoho's own text of the time, ``modified_by`` the name of who changed a record in conflict. ``is_whole``: it was said
    of the whole call, not of this record.
    """

    status: Literal["accepted", "refused", "conflict", "unknown"]
    refusals: tuple[Refusal, ...] = ()
    answer: Any = None
    http_status: int | None = None
    request_id: str | None = None
    note: str = ""
    modified_at: str | None = None
    modified_by: str | None = None
    is_whole: bool = False


ToolAnswer = Done | Question | Refused
"""What running a tool comes to, when it is not an error."""
