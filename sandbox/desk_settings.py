"""Desk around the records: organizations, departments, agents, fields, layouts, myForm."""

from __future__ import annotations

from werkzeug.wrappers import Response

from sandbox.desk_spec import DeskModule, Field
from sandbox.desk_store import desk_refusal
from sandbox.desk_tables import DEPARTMENTS, MODULES, STATUSES, TEAMS
from sandbox.people import DESK_ORGS, PEOPLE, DeskOrg, Person
from sandbox.wire import Call, Json, Route, json_answer, no_content


def listed(rows: list[Json]) -> Response:
    """``{"data": […]}``, or 204 when there is nothing."""
    return json_answer({"data": rows}) if rows else no_content()


def _org(call: Call, org: DeskOrg) -> Json:
    return {
        "id": org.id,
        "companyName": org.name,
        "portalName": org.portal,
        "alias": org.name,
        "edition": "ENTERPRISE",
        "isDefault": "true" if org == DESK_ORGS[0] else "false",
        "isAdminInOrg": True,
        "isSandboxPortal": "false",
        "timeZone": call.world.config.time_zone,
        "currencyCode": "CHF",
        "currencySymbol": "CHF",
        "country": "Switzerland",
        "city": "Zürich",
        "employeeCount": "12",
        "portalURL": f"https://support.{org.portal}.example",
        "primaryContact": PEOPLE[0].email,
    }


def organizations(call: Call) -> Response:
    """GET /organizations, without orgId: all organizations of the user."""
    return listed([_org(call, org) for org in DESK_ORGS[: call.world.config.desk_orgs]])


def accessible_organizations(call: Call) -> Response:
    """GET /accessibleOrganizations: those that this token reaches."""
    reach = [org for org in DESK_ORGS[: call.world.config.desk_orgs] if call.granted.desk_org in (None, org.id)]
    return listed([_org(call, org) for org in reach])


def one_organization(call: Call) -> Response:
    """GET /organizations/{id}."""
    found = next((org for org in DESK_ORGS[: call.world.config.desk_orgs] if org.id == call.args["id"]), None)
    if found is None:
        raise desk_refusal("URL_NOT_FOUND", 404)
    return json_answer(_org(call, found))


def departments(_call: Call) -> Response:
    """GET /departments."""
    names = ("name", "nameInCustomerPortal", "sanitizedName")
    return listed(
        [
            {"id": id_, **dict.fromkeys(names, name), "isEnabled": True, "isDefault": at == 0, "description": None}
            for at, (id_, name) in enumerate(DEPARTMENTS)
        ]
    )


def teams(_call: Call) -> Response:
    """GET /teams."""
    return json_answer({"teams": [{"id": id_, "name": name, "departmentId": DEPARTMENTS[0][0]} for id_, name in TEAMS]})


def _agent(call: Call, person: Person) -> Json:
    return {
        "id": person.agent_id,
        "zuid": person.zuid,
        "firstName": person.first,
        "lastName": person.last,
        "name": person.name,
        "emailId": person.email,
        "status": "ACTIVE" if person.status == "active" else "DISABLED",
        "isConfirmed": True,
        "roleId": "189200000000000101",
        "profileId": "189200000000000201",
        "rolePermissionType": "Admin" if person.profile == "Administrator" else "Agent",
        "associatedDepartmentIds": [id_ for id_, _name in DEPARTMENTS],
        "timeZone": call.world.config.time_zone,
        "langCode": "en_GB",
        "photoURL": None,
    }


def agents(call: Call) -> Response:
    """GET /agents[?status=ACTIVE|DISABLED]."""
    rows = [_agent(call, person) for person in PEOPLE]
    wanted = call.query.get("status")
    return listed([row for row in rows if wanted in (None, row["status"])])


def me(call: Call) -> Response:
    """GET /agents/me and /myinfo."""
    return json_answer(_agent(call, call.granted.person))


def one_agent(call: Call) -> Response:
    """GET /agents/{id}."""
    found = next((person for person in PEOPLE if person.agent_id == call.args["id"]), None)
    if found is None:
        raise desk_refusal("URL_NOT_FOUND", 404)
    return json_answer(_agent(call, found))


def _module_param(call: Call) -> DeskModule:
    module = MODULES.get(call.query.get("module", ""))
    if module is None:
        raise desk_refusal("UNPROCESSABLE_ENTITY", 422, "The value passed for the 'module' query parameter is invalid.")
    return module


def field_id(module: DeskModule, field: Field) -> str:
    """The id of a field."""
    return f"18920000000002{module.number}{module.fields.index(field):03d}"


def _field(module: DeskModule, field: Field) -> Json:
    entry: Json = dict.fromkeys(
        ("isIdentifier", "showToHelpCenter", "isSortable", "isEncryptedField", "isIndexed", "isInternalState"), False
    )
    entry |= dict.fromkeys(("modifiedTime", "createdTime", "modifiedBy", "createdBy"), None)
    entry |= {
        "id": field_id(module, field),
        "apiName": field.name,
        "name": field.name,
        "displayLabel": field.label,
        "i18NLabel": field.label,
        "type": field.type,
        "maxLength": field.limit,
        "isMandatory": field.is_mandatory,
        "isCustomField": field.is_custom,
        "isComputed": field.type == "Formula",
        "isBasic": field.is_mandatory,
        "isPresence": True,
        "sourceType": "USERDEFINED" if field.is_custom else "SYSTEM",
        "toolTip": None,
        "toolTipType": None,
    }
    if field.type in ("Picklist", "Multiselect"):
        entry["subType"] = "Plain"
    if field.name == "status" and module.name == "tickets":
        entry["pickListValues"] = [{"value": value, "statusType": kind} for value, kind in STATUSES.items()]
    if field.type in ("Decimal", "Currency"):
        entry |= {"decimalPlaces": 2, "roundingOption": "normal", "roundingPrecision": 2}
    if field.lookup:
        entry["lookup"] = {
            "module": {"apiName": field.lookup, "nameField": "name", "id": "189200000000000020"},
            "relatedListLabel": module.name,
            "onDelete": "SET_NULL",
        }
    return entry


def _visible(call: Call, module: DeskModule) -> list[Field]:
    return [field for field in module.fields if field.name not in call.world.config.desk_hidden_fields]


def fields(call: Call) -> Response:
    """GET /fields?module=tickets: picklist values are mostly left out, as Zoho does."""
    module = _module_param(call)
    return listed([_field(module, field) for field in _visible(call, module)])


def organization_fields(call: Call) -> Response:
    """GET /organizationFields?module=tickets, deprecated; it has allowedValues."""
    module = _module_param(call)
    rows = []
    for field in _visible(call, module):
        values = [
            {"value": value, "statusType": STATUSES[value]} if field.name == "status" and module.name == "tickets" else {"value": value}
            for value in field.options
        ]
        rows.append(_field(module, field) | ({"allowedValues": values} if values else {}))
    return listed(rows)


def layout_field(call: Call, module: DeskModule, field: Field, *, is_form: bool) -> Json:
    """A field in a layout."""
    entry: Json = {
        "id": field_id(module, field),
        "apiName": field.name,
        "displayLabel": field.label,
        "type": field.type,
        "maxLength": field.limit,
        "isMandatory": field.is_mandatory,
        "isSystemMandatory": field.is_mandatory,
        "isReadOnly": field.is_read_only,
        "isCustomField": field.is_custom,
        "isEncryptedField": False,
        "isRemovable": field.is_custom,
        "toolTip": None,
        "toolTipType": None,
    }
    if field.options:
        hides = is_form and call.world.config.myform_without_values
        entry |= {
            "allowedValues": [] if hides else list(field.options),
            "sortBy": "userDefined",
            "isNested": field.is_nested,
            "defaultValue": field.options[0],
        }
    return entry


def _layout(call: Call, module: DeskModule, *, is_form: bool) -> Json:
    sections = []
    for number, name in enumerate(module.sections):
        members = [layout_field(call, module, field, is_form=is_form) for field in _visible(call, module) if field.section == number]
        sections.append({"id": number + 1, "name": name, "isCustomSection": False, "fields": members})
    head = {
        "id": module.layout_id,
        "layoutName": "Default Layout",
        "layoutDisplayName": "Default Layout",
        "isDefaultLayout": True,
        "isStandardLayout": True,
    }
    return {**head, "departmentId": DEPARTMENTS[0][0], "module": module.name, "status": "ACTIVE", "sections": sections}


def layouts(call: Call) -> Response:
    """GET /layouts?module=tickets: without the fields."""
    layout = _layout(call, _module_param(call), is_form=False)
    return listed([{key: value for key, value in layout.items() if key != "sections"}])


def _by_layout_id(id_: str | None) -> DeskModule:
    module = next((each for each in MODULES.values() if each.layout_id == id_), None)
    if module is None:
        raise desk_refusal("URL_NOT_FOUND", 404)
    return module


def one_layout(call: Call) -> Response:
    """GET /layouts/{id}."""
    return json_answer(_layout(call, _by_layout_id(call.args["id"]), is_form=False))


def my_form(call: Call) -> Response:
    """GET /myForm?layoutId=…: the layout as the agent's profile sees it; some portals answer 422."""
    if call.world.config.myform_422:
        raise desk_refusal("UNPROCESSABLE_ENTITY", 422)
    return json_answer(_layout(call, _by_layout_id(call.query.get("layoutId")), is_form=True))


_BASIC = ("Desk.basic.READ|Desk.settings.READ|Desk.organization.READ",)
_FIELDS = ("Desk.basic.READ|Desk.fields.READ|Desk.settings.READ",)
_LAYOUTS = ("Desk.basic.READ|Desk.layouts.READ|Desk.settings.READ",)
ROUTES = (
    Route("GET", "/api/v1/organizations", organizations, _BASIC),
    Route("GET", "/api/v1/organizations/<int:id>", one_organization, _BASIC),
    Route("GET", "/api/v1/accessibleOrganizations", accessible_organizations, _BASIC),
    Route("GET", "/api/v1/departments", departments, _BASIC),
    Route("GET", "/api/v1/teams", teams, _BASIC),
    Route("GET", "/api/v1/agents", agents, ("Desk.basic.READ|Desk.settings.READ|Desk.agents.READ",)),
    Route("GET", "/api/v1/agents/me", me, _BASIC),
    Route("GET", "/api/v1/agents/<int:id>", one_agent, _BASIC),
    Route("GET", "/api/v1/myinfo", me, _BASIC),
    Route("GET", "/api/v1/fields", fields, _FIELDS),
    Route("GET", "/api/v1/organizationFields", organization_fields, ("Desk.settings.READ|Desk.fields.READ|Desk.basic.READ",)),
    Route("GET", "/api/v1/layouts", layouts, _LAYOUTS),
    Route("GET", "/api/v1/layouts/<int:id>", one_layout, _LAYOUTS),
    Route("GET", "/api/v1/myForm", my_form, _LAYOUTS),
)
