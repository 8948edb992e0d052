"""Picklists that offer what another's value allows, as a deal's Stage follows its Pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoho.fields.choices import NONE
from zoho.fields.form import dicts, part, word


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
    return {child: Dependency(*parents.popitem()) for child, parents in found.items() if child and len(parents) == 1 and "" not in parents}


def mapped_dependencies(rows: Sequence[Mapping[str, Any]]) -> dict[str, Dependency]:
    """The same from ``map_dependency`` of a layout, rows with their values: what is not in force or is of a subform is left out."""
    return dependencies_of(
        [
            {"api_name": word(part(row, "parent").get("api_name")), "pick_list_values": _with_child(row, part(row, "child"))}
            for row in dicts(rows)
            if row.get("active") is not False and not row.get("sub_module")
        ]
    )


def _with_child(row: Mapping[str, Any], child: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**value, "maps": [{"api_name": child.get("api_name"), "pick_list_values": value.get("maps")}]}
        for value in dicts(row.get("pick_list_values"))
    ]


def _actual(value: Mapping[str, Any]) -> str:
    return word(value.get("actual_value"), value.get("display_value"))
