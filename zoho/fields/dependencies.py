"""Picklists that offer what another's value allows, as a deal's Stage follows its Pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoho.fields.choices import NONE
from zoho.fields.form import dicts, word


@dataclass(frozen=True, slots=True)
class Dependency:
    """``parent``: the field that decides. ``offers``: its values, each with the values that then fit the child."""

    parent: str
    offers: Mapping[str, tuple[str, ...]]

    def allowed(self, value: str) -> frozenset[str] | None:
        """What fits this value of the parent; None when Zoho does not say, and anything may.

        Zoho lists a value that nobody mapped with empty ``maps``: that forbids nothing.
        """
        found = self.offers.get(value or NONE)
        return frozenset(found) if found else None


def dependencies_of(metas: Sequence[Mapping[str, Any]]) -> dict[str, Dependency]:
    """By the child's name, from ``pick_list_values[].maps[]`` of the fields of a layout. Source: the dossier's crm.md section 5."""
    found: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {}
    for meta in dicts(metas):
        parent = word(meta.get("api_name"))
        for value in dicts(meta.get("pick_list_values")):
            for child in dicts(value.get("maps")):
                offers = found.setdefault(word(child.get("api_name")), {}).setdefault(parent, {})
                offers[_actual(value)] = tuple(_actual(one) for one in dicts(child.get("pick_list_values")))
    # A child has one parent in Zoho; of two that claim it none is believed, for either may be out of date.
    return {child: Dependency(*parents.popitem()) for child, parents in found.items() if child and len(parents) == 1}


def _actual(value: Mapping[str, Any]) -> str:
    return word(value.get("actual_value"), value.get("display_value"))
