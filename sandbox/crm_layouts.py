"""Layout metadata in the shape of CRM v8: sections, mandatory fields, the picklist values of each layout."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.crm_metadata import PROFILES
from sandbox.crm_spec import Layout, Module, Spec, meta_id
from sandbox.crm_tables import PIPELINES, SEGMENTS
from sandbox.wire import Json


def _maps(spec: Spec, fields: dict[str, Json]) -> dict[str, list[Json]]:
    """actual value → maps of a controlling picklist."""
    tables: dict[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {"Industry": ("Segment", SEGMENTS), "Pipeline": ("Stage", PIPELINES)}
    child, table = tables.get(spec.name, ("", {}))
    if child not in fields:
        return {}
    values = fields[child]["pick_list_values"]
    return {
        parent: [
            {
                "api_name": child,
                "id": fields[child]["id"],
                "pick_list_values": [value for value in values if value["actual_value"] in allowed],
            }
        ]
        for parent, allowed in table.items()
    }


def _layout_field(module: Module, layout: Layout, spec: Spec, entry: Json, by_name: dict[str, Json], section: int, at: int) -> Json:
    allowed = layout.values.get(spec.name)
    maps = _maps(spec, by_name)
    options = [
        {**value, "maps": maps.get(value["actual_value"], [])}
        for value in entry["pick_list_values"]
        if value["type"] == "used" and (allowed is None or value["actual_value"] in allowed)
    ]
    return {
        **entry,
        "required": spec.is_mandatory or spec.name in layout.required,
        "pick_list_values": options,
        "sequence_number": at,
        "section_id": section,
        "validation_rule": None,
        "default_value": None,
        "refer_from_field": None,
        "show_type": 7,
        "category": 0,
        "element_type": "field",
    }


_PLAIN: Json = {
    "status": "active",
    "visible": True,
    "source": "crm",
    "has_more_profiles": False,
    "show_business_card": True,
    "created_time": None,
    "created_by": None,
    "created_for": None,
    "modified_time": None,
    "modified_by": None,
    "convert_mapping": None,
}


def layout_json(module: Module, which: int, fields: list[Json], *, profiles_shown: bool = True) -> Json:
    """One entry of GET /settings/layouts."""
    layout = module.layouts[which]
    by_name = {entry["api_name"]: entry for entry in fields}
    shown = [spec for spec in module.fields if spec.section and spec.name not in layout.without]
    names = list(dict.fromkeys(spec.section for spec in shown))
    sections = []
    for number, name in enumerate(names, 1):
        members = [spec for spec in shown if spec.section == name]
        entries = [_layout_field(module, layout, spec, by_name[spec.name], by_name, number, at) for at, spec in enumerate(members, 1)]
        sections.append(_section(module, which, number, str(name), entries))
    id_ = module.layout_id(which)
    view = {"name": layout.name, "id": id_, "type": "layout"}
    who = [
        {"default": which == 0, "name": name, "id": profile, "_default_view": view, "_default_assignment_view": view}
        for name, profile in PROFILES
    ]
    return {
        **_PLAIN,
        "id": id_,
        "name": layout.name,
        "display_label": layout.name,
        "api_name": f"{layout.name}__s",
        "generated_type": "system" if which == 0 else "custom",
        "profiles": who if profiles_shown else None,
        "actions_allowed": {
            "edit": True,
            "rename": True,
            "clone": True,
            "downgrade": False,
            "delete": False,
            "deactivate": False,
            "set_layout_permissions": True,
        },
        "sections": sections,
    }


def _section(module: Module, which: int, number: int, name: str, entries: list[Json]) -> Json:
    return {
        "id": meta_id(module.number, 8000 + which, number),
        "name": name,
        "display_label": name,
        "api_name": name.replace(" ", "_") + "__s",
        "sequence_number": number,
        "type": "used",
        "mode": "default_create",
        "tab_traversal": "left_to_right",
        "column_count": 2,
        "isSubformSection": False,
        "generated_type": "default",
        "properties": None,
        "actions_allowed": dict.fromkeys(
            ("add_field", "rename", "change_tab_traversal", "reorder", "delete", "remove_field", "change_column_count"), True
        ),
        "fields": entries,
    }
