"""The words of a field: its kinds, its options, the value that is not there, and the error a person can mend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Final

Wire = Any
"""A value as it stands in Zoho's JSON, read by store.exact_json: numbers with a fraction are Decimal."""


class Absent(Enum):
    """The type of ABSENT, and nothing else."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT
"""Zoho did not show this field. That is no null: what it holds is unknown."""


class FieldError(ValueError):
    """What was typed cannot be sent. The message is for the person who typed it, and names the limit."""


class Kind(StrEnum):
    """How a field is edited, whatever the product calls its type."""

    TEXT = "text"
    TEXTAREA = "textarea"
    RICH_TEXT = "rich_text"
    EMAIL = "email"
    PHONE = "phone"
    WEBSITE = "website"
    INTEGER = "integer"
    BIGINT = "bigint"
    DECIMAL = "decimal"
    CURRENCY = "currency"
    PERCENT = "percent"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    PICKLIST = "picklist"
    MULTISELECT = "multiselect"
    OWNER = "owner"
    LOOKUP = "lookup"
    ANY_LOOKUP = "any_lookup"
    SUBFORM = "subform"
    LINKS = "links"
    FILES = "files"
    IDS = "ids"
    SCHEDULE = "schedule"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose: what is sent, and what is shown for it."""

    value: str
    label: str
    colour: str | None = None
