"""What a Desk field and module are made of; the tables of desk_tables and desk_activities are written in these words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One field. ``type`` is Desk's; custom fields live in ``cf``, with string values."""

    name: str
    label: str
    type: str = "Text"
    limit: int = 255
    options: tuple[str, ...] = ()
    is_mandatory: bool = False
    is_read_only: bool = False
    lookup: str = ""
    is_nested: bool = False
    section: int = 0

    @property
    def is_custom(self) -> bool:
        """Whether it lives in ``cf``."""
        return self.name.startswith("cf_")


@dataclass(frozen=True)
class DeskModule:
    """``number`` makes its ids; ``also``: keys that a PATCH may name though no form shows them."""

    number: int
    name: str
    scope: str
    fields: tuple[Field, ...]
    sections: tuple[str, ...]
    also: tuple[str, ...] = ()
    searchable: tuple[str, ...] = ()
    max_limit: int = 99

    @property
    def layout_id(self) -> str:
        """The id of its one layout."""
        return f"18920000000001{self.number:04d}"

    def find(self, name: str) -> Field | None:
        """The field of this API name."""
        return next((each for each in self.fields if each.name == name), None)


def choice(text: str) -> tuple[str, ...]:
    """``"One, Another"`` as values."""
    return tuple(text.split(", "))
