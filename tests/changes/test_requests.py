"""What we send to CRM has the shape that Zoho publishes, where its OpenAPI files are at hand."""

from __future__ import annotations

import re

from changes import drafts, execute_tool, find, road
from changes.find import Wanted
from sandbox.crm_tables import build_modules
from sandbox.crm_views import view_id
from tests.oas import needs_oas, request_problems
from zoho import clients
from zoho.diagnostics import examine

pytestmark = needs_oas

LAYOUT = "/crm/v8/settings/layouts/{layout_id}"
OPERATIONS = [
    (r"GET /crm/v8/org", "org.json", "/crm/v8/org"),
    (r"GET /crm/v8/users", "users.json", "/crm/v8/users"),
    (r"GET /crm/v8/settings/modules", "modules.json", "/crm/v8/settings/modules"),
    (r"GET /crm/v8/settings/fields", "fields.json", "/crm/v8/settings/fields"),
    (r"GET /crm/v8/settings/custom_views", "custom_views.json", "/crm/v8/settings/custom_views"),
    (r"GET /crm/v8/settings/layouts", "layouts.json", "/crm/v8/settings/layouts"),
    (r"GET /crm/v8/settings/layouts/\d+/map_dependency", "field_map_dependency.json", f"{LAYOUT}/map_dependency"),
    (r"GET /crm/v8/settings/layouts/\d+/map_dependency/\d+", "field_map_dependency.json", f"{LAYOUT}/map_dependency/{{dependency_id}}"),
    (r"GET /crm/v8/__apis", "apis.json", "/crm/v8/__apis"),
    (r"POST /crm/v8/coql", "coql.json", "/crm/v8/coql"),
    (r"GET /crm/v8/\w+/\d+/__timeline", "timelines.json", "/crm/v8/{module}/{record_id}/__timeline"),
    (r"(GET|PUT) /crm/v8/\w+/\d+/actions/blueprint", "blueprint.json", "/crm/v8/{module_api_name}/{record_id}/actions/blueprint"),
    (r"GET /crm/v8/\w+/\d+/actions/fetch_full_data", "record.json", "/crm/v8/{module_api_name}/{id}/actions/fetch_full_data"),
    (r"GET /crm/v8/\w+/\d+/Locking_Information__s", "record_locking.json", "/crm/v8/{module_name}/{record_id}/Locking_Information__s"),
    (r"GET /crm/v8/\w+/search", "module_search.json", "/crm/v8/{module}/search"),
    (r"(GET|PUT) /crm/v8/\w+/\d+", "record.json", "/crm/v8/{module_api_name}/{id}"),
    (r"GET /crm/v8/\w+", "record.json", "/crm/v8/{module_api_name}"),
]


def unpublished(requests):
    """What is wrong with which of the requests that CRM got."""
    found = {}
    for request in requests:
        line = f"{request.method} {request.path}"
        name, path = next((name, path) for pattern, name, path in OPERATIONS if re.fullmatch(pattern, line))
        body = None if request.method == "GET" else request.body
        found[line] = request_problems(name, path, request.method.lower(), request.query, body)
    return {line: problems for line, problems in found.items() if problems}


def test_every_request_of_the_main_job_has_the_published_shape(amend, sandbox, ana, connection_id, lead):
    found = drafts.open_record(amend, ana, connection_id, "crm", "Leads", lead)
    typed = {
        "City": ["Bern"],
        "Phone": ["+41 44 1"],
        "Annual_Revenue": ["1234.50"],
        "No_of_Employees": ["7"],
        "Email_Opt_Out": ["true"],
    }
    road.save(amend, ana, found, {name: value for name, value in typed.items() if name in found.record_form.form.by_name})
    connection = clients.load(amend, connection_id)
    for wanted in (Wanted(), Wanted("maria"), Wanted(sort="-Modified_Time"), Wanted(view=view_id(build_modules()["Leads"], 1))):
        find.list_records(amend, connection, "crm", "Leads", wanted)
    find.list_views(amend, connection, "Leads")
    execute_tool(amend, connection_id, "crm.list_modules", {})
    examine(amend, connection_id)

    seen = [request for request in sandbox.requests if request.path.startswith("/crm/v8/")]
    assert {request.method for request in seen} == {"GET", "PUT"}
    assert unpublished(seen) == {}
