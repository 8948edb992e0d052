"""The CRM around the records: organization, users, modules, fields, layouts, the list of APIs."""

from __future__ import annotations

from werkzeug.wrappers import Response

from sandbox.crm_layouts import layout_json
from sandbox.crm_metadata import module_json, other_modules
from sandbox.crm_reads import number_param
from sandbox.crm_spec import Module, meta_id
from sandbox.crm_store import crm_refusal
from sandbox.people import ACTIVE, CRM_ORGS, PEOPLE, Person
from sandbox.wire import Call, Json, Refused, Route, json_answer, loads, no_content

USER_TYPES = (
    "AllUsers", "ActiveUsers", "DeactiveUsers", "ConfirmedUsers", "NotConfirmedUsers", "DeletedUsers", "ActiveConfirmedUsers", "AdminUsers",
    "ActiveConfirmedAdmins", "CurrentUser", "AllActiveUsers", "ActiveAndDeactive",
)  # fmt: skip


def org(call: Call) -> Response:
    """GET /crm/v8/org: a list of one."""
    mine = next(each for each in CRM_ORGS if each.id == call.granted.crm_org)
    license_details = {
        "paid": True,
        "paid_type": "enterprise",
        "users_license_purchased": 10,
        "trial_type": None,
        "trial_expiry": None,
        "paid_expiry": None,
    }
    entry: Json = {
        "id": mine.id,
        "zgid": mine.zgid,
        "company_name": mine.name,
        "domain_name": f"org{mine.zgid}",
        "type": mine.kind,
        "time_zone": call.world.config.time_zone,
        "currency": "Swiss Franc - CHF",
        "currency_symbol": "CHF",
        "currency_locale": "CHF",
        "iso_code": "CHF",
        "mc_status": False,
        "primary_email": PEOPLE[0].email,
        "primary_zuid": PEOPLE[0].zuid,
        "country_code": "CH",
        "country": "Switzerland",
        "license_details": license_details,
        "hierarchy_preferences": {"type": "Role_Hierarchy"},
        "lite_users_enabled": False,
        "hipaa_compliance_enabled": False,
        "privacy_settings": False,
        "employee_count": "12",
        "phone": None,
        "website": None,
    }
    return json_answer({"org": [entry]})


def _user(call: Call, person: Person) -> Json:
    offset = call.world.crm.local(call.world.started_at.isoformat())
    administrator = person.profile == "Administrator"
    return {
        "id": person.id,
        "zuid": person.zuid if person in ACTIVE else None,
        "full_name": person.name,
        "first_name": person.first,
        "last_name": person.last,
        "email": person.email,
        "status": person.status,
        "confirm": True,
        "role": {"name": person.role, "id": meta_id(80, len(person.role))},
        "profile": {"name": person.profile, "id": "5725767000000026011" if administrator else "5725767000000026014"},
        "time_zone": call.world.config.time_zone,
        "country_locale": "en_GB",
        "locale": "en_GB",
        "language": "en_GB",
        "date_format": "dd/MM/yyyy",
        "time_format": "HH:mm",
        "decimal_separator": "Period",
        "number_separator": "Comma",
        "type__s": "Regular User",
        "alias": None,
        "Isonline": person == PEOPLE[0],
        "created_time": offset,
        "Modified_Time": offset,
        "Modified_By": {"name": PEOPLE[0].name, "id": PEOPLE[0].id},
        "created_by": {"name": PEOPLE[0].name, "id": PEOPLE[0].id},
    }


def users(call: Call) -> Response:
    """GET /crm/v8/users?type=…"""
    kind = call.query.get("type", "AllUsers")
    if kind not in USER_TYPES:
        raise crm_refusal("INVALID_DATA", 400, {"param_name": "type", "supported_values": list(USER_TYPES)})
    chosen = [person for person in PEOPLE if _is_of_type(person, kind, call.granted.person)]
    per_page, page = number_param(call, "per_page", 200, 200), number_param(call, "page", 1, 100_000)
    shown = chosen[(page - 1) * per_page : page * per_page]
    if not shown:
        return no_content()
    info = {"per_page": per_page, "count": len(shown), "page": page, "more_records": len(chosen) > page * per_page}
    return json_answer({"users": [_user(call, person) for person in shown], "info": info})


def _is_of_type(person: Person, kind: str, current: Person) -> bool:
    if kind == "CurrentUser":
        return person == current
    if kind == "DeletedUsers":
        return person.status == "deleted"
    if kind in ("AdminUsers", "ActiveConfirmedAdmins"):
        return person.profile == "Administrator" and person in ACTIVE
    if kind in ("DeactiveUsers", "NotConfirmedUsers"):
        return False
    return kind == "AllUsers" or person in ACTIVE


def user(call: Call) -> Response:
    """GET /crm/v8/users/{id}."""
    found = next((person for person in PEOPLE if person.id == call.args["id"]), None)
    return no_content() if found is None else json_answer({"users": [_user(call, found)]})


def modules(call: Call) -> Response:
    """GET /crm/v8/settings/modules."""
    shown = not call.world.config.no_customize
    entries = [module_json(module, profiles_shown=shown) for module in call.world.crm.modules().values()]
    return json_answer({"modules": [*entries, *other_modules()]})


def one_module(call: Call) -> Response:
    """GET /crm/v8/settings/modules/{api_name or id}."""
    wanted, ids = call.args["module"], call.world.crm.module_ids()
    name = next((name for name, id_ in ids.items() if id_ == wanted), wanted)
    return json_answer({"modules": [module_json(call.world.crm.get_module(name), profiles_shown=not call.world.config.no_customize)]})


def module_param(call: Call) -> Module:
    """The module of ``?module=``, or a refusal."""
    if not call.query.get("module"):
        raise crm_refusal("REQUIRED_PARAM_MISSING", 400, {"param_name": "module"})
    module = call.world.crm.modules().get(call.query["module"])
    if module is None:
        raise crm_refusal("INVALID_MODULE", 400, {"param_name": "module"})
    return module


def fields(call: Call) -> Response:
    """GET /crm/v8/settings/fields?module=…"""
    if call.query.get("type") == "unused":
        return no_content()
    columns = call.world.crm.columns(call.query.get("module", ""))
    return json_answer({"fields": call.world.crm.fields(module_param(call)) if columns is None else columns})


def _field(call: Call) -> Json:
    found = next((entry for entry in call.world.crm.fields(module_param(call)) if entry["id"] == call.args["id"]), None)
    if found is None:
        raise crm_refusal("INVALID_DATA", 400, {"resource_path_index": 2}, "the id given seems to be invalid")
    return found


def one_field(call: Call) -> Response:
    """GET /crm/v8/settings/fields/{id}?module=…"""
    return json_answer({"fields": [_field(call)]})


def pick_list_values(call: Call) -> Response:
    """GET /crm/v8/settings/fields/{id}/pick_list_values: needs the right to customize."""
    if call.world.config.no_customize:
        raise crm_refusal("NO_PERMISSION", 403, {"permissions": ["Crm_Implied_Customize_Zoho_CRM"]})
    values = [{**value, "layout_associations": None} for value in _field(call)["pick_list_values"]]
    return json_answer({"pick_list_values": values}) if values else no_content()


def layouts(call: Call) -> Response:
    """GET /crm/v8/settings/layouts?module=…"""
    module = module_param(call)
    entries, shown = call.world.crm.fields(module), not call.world.config.no_customize
    return json_answer({"layouts": [layout_json(module, which, entries, profiles_shown=shown) for which in range(len(module.layouts))]})


def which_layout(call: Call, module: Module) -> int:
    """The layout that the path names, or a refusal."""
    for which in range(len(module.layouts)):
        if module.layout_id(which) == call.args["id"]:
            return which
    raise crm_refusal("INVALID_DATA", 400, {"resource_path_index": 2}, "the id given seems to be invalid")


def one_layout(call: Call) -> Response:
    """GET /crm/v8/settings/layouts/{id}?module=…"""
    module = module_param(call)
    entry = layout_json(
        module, which_layout(call, module), call.world.crm.fields(module), profiles_shown=not call.world.config.no_customize
    )
    return json_answer({"layouts": [entry]})


_APIS = (
    ("/crm/v8/org", "GET", "ZohoCRM.org.READ", 1),
    ("/crm/v8/users", "GET", "ZohoCRM.users.READ", 1),
    ("/crm/v8/settings/modules", "GET", "ZohoCRM.settings.modules.READ", 1),
    ("/crm/v8/settings/fields", "GET", "ZohoCRM.settings.fields.READ", 1),
    ("/crm/v8/settings/layouts", "GET", "ZohoCRM.settings.layouts.READ", 1),
    ("/crm/v8/settings/custom_views", "GET", "ZohoCRM.settings.custom_views.READ", 1),
    ("/crm/v8/settings/layouts/{id}/map_dependency", "GET", "ZohoCRM.settings.map_dependency.READ", 1),
    ("/crm/v8/files", "POST", "ZohoCRM.files.CREATE", 1),
    ("/crm/v8/coql", "POST", "ZohoCRM.coql.READ", 1),
    ("/crm/v8/{module}", "GET", "ZohoCRM.modules.READ", 1),
    ("/crm/v8/{module}", "PUT", "ZohoCRM.modules.UPDATE", 1),
    ("/crm/v8/{module}/{id}", "GET", "ZohoCRM.modules.READ", 1),
    ("/crm/v8/{module}/{id}", "PUT", "ZohoCRM.modules.UPDATE", 1),
    ("/crm/v8/{module}/search", "GET", "ZohoSearch.securesearch.READ", 1),
    ("/crm/v8/{module}/{id}/__timeline", "GET", "ZohoCRM.modules.READ", 1),
    ("/crm/v8/{module}/{id}/actions/blueprint", "GET", "ZohoCRM.modules.READ", 1),
    ("/crm/v8/{module}/{id}/actions/blueprint", "PUT", "ZohoCRM.modules.UPDATE", 1),
    ("/crm/v8/{module}/{id}/Locking_Information__s", "GET", "ZohoCRM.modules.lockinginformation.READ", 1),
)


def apis(call: Call) -> Response:
    """GET /crm/v8/__apis[?filters=…]: scope and credits of each endpoint."""
    try:
        wanted = loads(call.query["filters"]) if "filters" in call.query else {}
        key, value = (str(wanted["field"]["api_name"]).rpartition(".")[2], wanted["value"]) if wanted else ("", "")
    except (ValueError, KeyError, TypeError) as exc:
        raise crm_refusal("INVALID_DATA", 400, {"param_name": "filters"}) from exc
    rows: dict[str, list[Json]] = {}
    for path, method, scope, credits in _APIS:
        operation: Json = {"method": method, "oauth_scope": scope, "min_credits": credits, "max_credits": credits}
        if key not in operation or operation[key] == value:
            rows.setdefault(path, []).append(operation)
    return (
        json_answer({"__apis": [{"path": path, "operation_types": operations} for path, operations in rows.items()]})
        if rows
        else no_content()
    )


def activities(_call: Call) -> Response:
    """The old module Activities: its scopes have been refused since v3."""
    raise Refused(
        {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "invalid oauth scope to access this URL", "status": "error"}, 401
    )


_FIELDS, _LAYOUTS, _MODULES = ("ZohoCRM.settings.fields.READ",), ("ZohoCRM.settings.layouts.READ",), ("ZohoCRM.settings.modules.READ",)
ROUTES = (
    Route("GET", "/crm/v8/org", org, ("ZohoCRM.org.READ",)),
    Route("GET", "/crm/v8/users", users, ("ZohoCRM.users.READ",)),
    Route("GET", "/crm/v8/users/<int:id>", user, ("ZohoCRM.users.READ",)),
    Route("GET", "/crm/v8/settings/modules", modules, _MODULES),
    Route("GET", "/crm/v8/settings/modules/<module>", one_module, _MODULES),
    Route("GET", "/crm/v8/settings/fields", fields, _FIELDS),
    Route("GET", "/crm/v8/settings/fields/<int:id>", one_field, _FIELDS),
    Route("GET", "/crm/v8/settings/fields/<int:id>/pick_list_values", pick_list_values, _FIELDS),
    Route("GET", "/crm/v8/settings/layouts", layouts, _LAYOUTS),
    Route("GET", "/crm/v8/settings/layouts/<int:id>", one_layout, _LAYOUTS),
    Route("GET", "/crm/v8/__apis", apis, ("ZohoCRM.apis.READ",)),
    Route("GET", "/crm/v8/Activities", activities),
)
