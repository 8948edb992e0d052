"""What we send to CRM has the shape that Zoho publishes, where its OpenAPI files are at hand."""

from __future__ import annotations

import re

from changes import drafts, execute_tool, find, road
from tests.oas import needs_oas, request_problems
from zoho import clients
from zoho.diagnostics import examine

pytestmark = needs_oas

OPERATIONS = [
    (r"GET /crm/v8/org", "org.json", "/crm/v8/org"),
    (r"GET /crm/v8/users", "users.json", "/crm/v8/users"),
    (r"GET /crm/v8/settings/modules", "modules.json", "/crm/v8/settings/modules"),
    (r"GET /crm/v8/settings/fields", "fields.json", "/crm/v8/settings/fields"),
    (r"GET /crm/v8/settings/layouts", "layouts.json", "/crm/v8/settings/layouts"),
    (r"GET /crm/v8/\w+/search", "module_search.json", "/crm/v8/{module}/search"),
    (r"(GET|PUT) /crm/v8/\w+/\d+", "record.json", "/crm/v8/{module_api_name}/{id}"),
    (r"GET /crm/v8/\w+", "record.json", "/crm/v8/{module_api_name}"),
]


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
    find.list_records(amend, connection, "crm", "Leads", "", 1)
    find.list_records(amend, connection, "crm", "Leads", "maria", 1)
    execute_tool(amend, connection_id, "crm.list_modules", {})
    examine(amend, connection_id)

    seen = [request for request in sandbox.requests if request.path.startswith("/crm/v8/")]
    assert {request.method for request in seen} == {"GET", "PUT"}
    for request in seen:
        line = f"{request.method} {request.path}"
        name, path = next((name, path) for pattern, name, path in OPERATIONS if re.fullmatch(pattern, line))
        body = request.body if request.method == "PUT" else None
        assert request_problems(name, path, request.method.lower(), request.query, body) == [], line
