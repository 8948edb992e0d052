"""One Field for both products: what Zoho says about a field, and its value between the wire and a form's control."""

from zoho.fields.crm import crm_columns, crm_dependencies, crm_form, crm_template, layout_id, used_layout_id
from zoho.fields.crm_rows import is_any_module, subform_modules, with_columns, with_modules
from zoho.fields.dependencies import Dependency, mapped_dependencies
from zoho.fields.desk import desk_form
from zoho.fields.field import Field, unknown_field
from zoho.fields.form import Form, Section, settled, settled_form, with_field, with_options
from zoho.fields.words import ABSENT, Absent, FieldError, Kind, Option, Wire

__all__ = [
    "ABSENT",
    "Absent",
    "Dependency",
    "Field",
    "FieldError",
    "Form",
    "Kind",
    "Option",
    "Section",
    "Wire",
    "crm_columns",
    "crm_dependencies",
    "crm_form",
    "crm_template",
    "desk_form",
    "is_any_module",
    "layout_id",
    "mapped_dependencies",
    "settled",
    "settled_form",
    "subform_modules",
    "unknown_field",
    "used_layout_id",
    "with_columns",
    "with_field",
    "with_modules",
    "with_options",
]
