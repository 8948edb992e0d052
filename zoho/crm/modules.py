"""Which CRM modules can be offered for editing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zoho.calls import text_of

_APART = frozenset({"Notes", "Attachments", "Locking_Information__s"})


@dataclass(frozen=True, slots=True)
class Module:
    """A module by its API name, with its names in the user's language."""

    api_name: str
    singular: str
    plural: str
    id: str | None = None
    is_custom: bool = False
    web_name: str | None = None
    """``module_name``: what the addresses of Zoho's own pages call it."""


def editable_modules(modules: Iterable[dict[str, Any]]) -> list[Module]:
    """Those of ``GET /settings/modules`` that the API edits and the user sees: no subforms, linking modules, notes, trackers.

    Only the API name may be used in calls: Meetings are ``Events``, and ``module_name`` of a custom module is ``CustomModule3``.
    """
    return [_module(row) for row in modules if _is_editable(row)]


def _is_editable(row: dict[str, Any]) -> bool:
    return (
        row.get("api_supported") is True
        and row.get("editable") is True
        and row.get("generated_type") in ("default", "custom", None)
        and row.get("status") in ("visible", None)
        and text_of(row.get("api_name")) is not None
        and row.get("api_name") not in _APART
    )


def _module(row: dict[str, Any]) -> Module:
    name = str(row["api_name"])
    plural = text_of(row.get("plural_label")) or name
    return Module(
        name,
        text_of(row.get("singular_label")) or plural,
        plural,
        text_of(row.get("id")),
        row.get("generated_type") == "custom",
        text_of(row.get("module_name")),
    )
