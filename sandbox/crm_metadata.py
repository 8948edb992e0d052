"""Field, layout and module metadata in the shape of CRM v8, made from the tables."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from sandbox.crm_spec import FILES, LINKS, PLACES, Module, Option, Spec, meta_id
from sandbox.wire import Json

PROFILES = (("Administrator", "5725767000000026011"), ("Standard", "5725767000000026014"))
_ALL = {"web_update": True, "api_create": True, "web_create": True, "api_update": True}
_NONE = dict.fromkeys(_ALL, False)


def profiles(shown: bool) -> list[Json] | None:
    """Null for users without Module Customization."""
    return [{"permission_type": "read_write", "name": name, "id": id_} for name, id_ in PROFILES] if shown else None


def _option(module: Module, index: int, at: int, option: Option) -> Json:
    value: Json = {
        "display_value": option.display,
        "sequence_number": at + 1,
        "reference_value": option.actual,
        "colour_code": option.colour,
        "actual_value": option.actual,
        "id": meta_id(module.number, index, at + 1),
        "type": "used" if option.is_used else "unused",
    }
    if module.find("Stage") is not None and module.fields[index].name == "Stage":
        value |= {
            "probability": min(100, at * 25),
            "forecast_type": "Open",
            "deal_category": "Open",
            "forecast_category": {"name": "Pipeline", "id": "1"},
        }
    return value


def _lookup(spec: Spec, module_ids: dict[str, str]) -> Json:
    if spec.type == "userlookup":
        return {"revalidate_filter_during_edit": False}
    if spec.type != "lookup":
        return {}
    target = {"api_name": spec.lookup, "crypt": False, "id": module_ids.get(spec.lookup)}
    return {
        "display_label": spec.label,
        "revalidate_filter_during_edit": False,
        "api_name": spec.name,
        "module": target,
        "id": None,
        "query_details": {},
    }


def _links(module: Module, spec: Spec, module_ids: dict[str, str]) -> Json:
    """Lookups of several records or into several modules: v7's words for the one, 2026's for the other."""
    linking = {"api_name": f"{module.api_name}_X_{spec.name}", "id": meta_id(module.number, 7500, len(spec.name))}
    if spec.type == "multiselectlookup":
        names = {"lookup_apiname": module.singular, "connectedlookup_apiname": spec.name, "connectedfield_apiname": module.plural}
        there = {"connected_module": {"api_name": spec.lookup, "id": module_ids[spec.lookup]}, "linking_module": linking}
        return {"multiselectlookup": {**names, **there, "display_label": spec.label, "api_name": spec.name, "id": linking["id"]}}
    if spec.type == "multiuserlookup":
        fields = {"lookup_field": {"api_name": module.singular}, "connected_lookup_field": {"api_name": spec.name}}
        return {
            "multiuserlookup": {"linking_details": {"module": linking, **fields}, "connected_details": {"module": {"api_name": "users"}}}
        }
    if spec.type == "multi_module_lookup":
        modules = [{"api_name": name, "module_name": name, "id": module_ids[name]} for name in spec.targets]
        return {"multi_module_lookup": {"api_name": spec.name, "display_label": spec.label, "modules": modules}}
    return {}


def _special(spec: Spec) -> Json:
    """The keys whose content hangs on the type; an object that does not apply is empty."""
    number = {"return_type": "double", "expression": "${Age}", "dynamic": False, "assume_default": False}
    rollup = {
        "return_type": "integer",
        "expression": {"function_parameters": [{"api_name": "id"}], "criteria": None, "function": "COUNT"},
        "rollup_based_on": "related_list",
    }
    keys: Json = {
        "currency": {"rounding_option": "normal", "precision": 2} if spec.type == "currency" else {},
        "formula": number if spec.type == "formula" else {},
        "rollup_summary": rollup if spec.type == "rollup_summary" else {},
        "auto_number": {"prefix": "REF-", "start_number": "1", "suffix": None} if spec.type == "autonumber" else {},
        "unique": {"case_sensitive": False} if spec.is_unique else {},
        "crypt": {"mode": "encryption", "column": spec.name, "encFldIds": [], "notify": "", "table": "", "status": 1}
        if spec.is_encrypted
        else None,
        "mask_details": {"complete_mask": False, "show_first": None, "show_last": 4, "profiles": None} if spec.is_masked else None,
        "tooltip": {"name": "info_icon", "value": spec.tooltip} if spec.tooltip else None,
        "private": {"restricted": True, "type": "High", "export": False} if spec.is_restricted else None,
    }
    if spec.kind:
        keys["textarea"] = {"type": spec.kind}
    return keys


def _rights(spec: Spec) -> Json:
    """Who may write: formulas and their like nobody, subforms "nobody" though the API does, the owner "read-only" though it is not."""
    api = dict(_ALL if spec.is_writable and spec.type != "subform" else _NONE)
    view = {
        "view": spec.name not in ("id", "Locked__s", "Converted__s"),
        "edit": spec.is_writable,
        "quick_create": spec.is_mandatory,
        "create": spec.is_writable,
    }
    if spec.name == "Tag":
        api = dict(_ALL)
    always = spec.type == "autonumber" or spec.name in ("Owner", "id", "Locked__s", "Converted__s")
    return {
        "operation_type": api,
        "view_type": view,
        "field_read_only": always,
        "read_only": not spec.is_writable
        and spec.name not in ("Created_By", "Modified_By", "Created_Time", "Modified_Time", "Last_Activity_Time", "Full_Name", "Tag"),
        "visible": True,
    }


_PLAIN: Json = {
    "webhook": True,
    "type": "used",
    "multi_module_lookup": {},
    "multiselectlookup": {},
    "multiuserlookup": {},
    "created_time": None,
    "modified_time": None,
    "filterable": True,
    "sortable": True,
    "searchable": True,
    "external": None,
    "parent_field": None,
    "child_fields": None,
    "address": None,
    "colour_code_enabled_by_system": False,
    "pick_list_values_sorted_lexically": False,
    "global_picklist": None,
    "range": None,
    "created_source": "default",
    "ui_type": 1,
    "history_tracking": None,
    "history_tracking_enabled": False,
    "public": False,
    "hipaa_compliance": None,
}


def field_json(module: Module, index: int, module_ids: dict[str, str], *, profiles_shown: bool = True) -> Json:
    """One entry of GET /settings/fields."""
    spec = module.fields[index]
    subform = {"module": f"{spec.name}__s", "id": meta_id(module.number, index, 99)} if spec.type in ("subform", *FILES) else None
    label = f"{module.singular} Owner" if spec.name == "Owner" else spec.label
    return deepcopy(_PLAIN) | {
        "associated_module": subform,
        "field_label": label,
        "display_label": spec.first_label or label,
        **_rights(spec),
        **_special(spec),
        **_links(module, spec, module_ids),
        "lookup": _lookup(spec, module_ids),
        "id": meta_id(module.number, index),
        "mass_update": spec.is_writable,
        "profiles": profiles(profiles_shown),
        "api_name": spec.name,
        "enable_colour_code": any(option.colour for option in spec.options),
        "pick_list_values": [_option(module, index, at, option) for at, option in enumerate(spec.options)],
        "system_mandatory": spec.is_mandatory,
        "virtual_field": spec.type in ("subform", *LINKS) or spec.name == "Full_Name",
        "display_field": spec.name == module.name_field,
        "json_type": spec.json_type,
        "data_type": spec.type,
        "length": spec.limit,
        "decimal_place": PLACES.get(spec.type),
        "custom_field": spec.is_custom,
        "column_name": spec.name.upper()[:30],
        "separator": spec.type in ("integer", "currency"),
    }


def module_json(module: Module, *, profiles_shown: bool = True) -> Json:
    """One entry of GET /settings/modules."""
    return _module_entry(
        module.api_name, module.module_name, module.singular, module.plural, meta_id(module.number, 0, 99999), module.is_custom
    ) | {"profiles": [{"name": name, "id": id_} for name, id_ in PROFILES] if profiles_shown else None}


def _module_entry(api_name: str, module_name: str, singular: str, plural: str, id_: str, is_custom: bool) -> Json:
    rights: dict[str, Any] = dict.fromkeys(("api_supported", "editable", "viewable", "creatable", "deletable"), True)
    return rights | {
        "api_name": api_name,
        "module_name": module_name,
        "singular_label": singular,
        "plural_label": plural,
        "visibility": 1,
        "status": "visible",
        "show_as_tab": True,
        "generated_type": "custom" if is_custom else "default",
        "parent_module": {},
        "access_type": "org_based",
        "convertable": api_name == "Leads",
        "isBlueprintSupported": True,
        "triggers_supported": True,
        "filter_supported": True,
        "global_search_supported": True,
        "modified_time": None,
        "id": id_,
    }


@cache
def other_modules() -> tuple[Json, ...]:
    """Modules that come back too, though nobody edits records in them: Home, Notes, a subform, a linking module."""
    home = _module_entry("Home", "Home", "Home", "Home", meta_id(90, 0), False) | {
        "api_supported": False,
        "editable": False,
        "creatable": False,
    }
    notes = _module_entry("Notes", "Notes", "Note", "Notes", meta_id(91, 0), False) | {"show_as_tab": False, "status": "system_hidden"}
    rows = _module_entry("Other_Addresses__s", "Other_Addresses__s", "Address", "Other Addresses", meta_id(92, 0), False)
    link = _module_entry("Leads_X_Users", "LinkingModule1", "Lead X User", "Leads X Users", meta_id(93, 0), False)
    return tuple(
        {**entry, "profiles": []} for entry in (home, notes, rows | {"generated_type": "subform"}, link | {"generated_type": "linking"})
    )
