"""The sandbox's CRM answers against Zoho's published OpenAPI files, where they are at hand."""

import pytest

from tests.oas import needs_oas, problems, request_problems

pytestmark = needs_oas
RECORD, BATCH, ONE = "record.json", "/crm/v8/{module_api_name}", "/crm/v8/{module_api_name}/{id}"
READS = [
    ("org.json", "/crm/v8/org", "/org", {}),
    ("users.json", "/crm/v8/users", "/users", {"type": "AllUsers"}),
    ("users.json", "/crm/v8/users", "/users", {"type": "CurrentUser"}),
    ("modules.json", "/crm/v8/settings/modules", "/settings/modules", {}),
    ("modules.json", "/crm/v8/settings/modules/{api_name}", "/settings/modules/Vehicles", {}),
    *(
        ("fields.json", "/crm/v8/settings/fields", "/settings/fields", {"module": module})
        for module in ("Leads", "Contacts", "Accounts", "Deals", "Vehicles")
    ),
    *(("layouts.json", "/crm/v8/settings/layouts", "/settings/layouts", {"module": module}) for module in ("Leads", "Deals", "Vehicles")),
    ("apis.json", "/crm/v8/__apis", "/__apis", {}),
    ("custom_views.json", "/crm/v8/settings/custom_views", "/settings/custom_views", {"module": "Leads"}),
    (RECORD, BATCH, "/Leads", {"fields": "Last_Name,Owner,Phone,Modified_Time", "per_page": "20"}),
    ("module_search.json", "/crm/v8/{module}/search", "/Contacts/search", {"word": "mar"}),
]


@pytest.mark.parametrize(("name", "path", "ours", "params"), READS, ids=lambda value: str(value)[:40])
def test_a_read_has_the_published_shape(caller, name, path, ours, params):
    answer = caller.crm("GET", ours, params=params)
    assert answer.status_code == 200
    assert problems(name, path, "get", answer.json()) == []


@pytest.mark.parametrize(
    ("name", "path", "tail", "state"),
    [
        (RECORD, ONE, "", "limits"),
        (RECORD, ONE, "", "nulls"),
        (RECORD, "/crm/v8/{module_api_name}/{id}/actions/fetch_full_data", "/actions/fetch_full_data", "long"),
        ("timelines.json", "/crm/v8/{module}/{record_id}/__timeline", "/__timeline", "long"),
        ("blueprint.json", "/crm/v8/{module_api_name}/{record_id}/actions/blueprint", "/actions/blueprint", "blueprint"),
        ("record_locking.json", "/crm/v8/{module_name}/{record_id}/Locking_Information__s", "/Locking_Information__s", "locked"),
    ],
)
def test_what_stands_beside_a_record_has_the_published_shape(zoho, caller, name, path, tail, state):
    id_ = zoho.special("Leads", state)
    zoho.edit("Leads", id_, Phone="12")
    answer = caller.crm("GET", f"/Leads/{id_}{tail}")
    assert answer.status_code == 200
    assert problems(name, path, "get", answer.json()) == []


def test_picklist_values_and_dependencies_have_the_published_shape(caller):
    fields = caller.crm("GET", "/settings/fields", params={"module": "Leads"}).json()["fields"]
    rating = next(field["id"] for field in fields if field["api_name"] == "Rating")
    values = caller.crm("GET", f"/settings/fields/{rating}/pick_list_values", params={"module": "Leads"}).json()
    assert problems("pick_list_values.json", "/crm/v8/settings/fields/{field_id}/pick_list_values", "get", values) == []
    layout = caller.crm("GET", "/settings/layouts", params={"module": "Leads"}).json()["layouts"][0]["id"]
    caller.connect("ZohoCRM.settings.map_dependency.READ")
    mapped = caller.crm("GET", f"/settings/layouts/{layout}/map_dependency", params={"module": "Leads"}).json()
    assert problems("field_map_dependency.json", "/crm/v8/settings/layouts/{layout_id}/map_dependency", "get", mapped) == []


def test_a_query_and_a_transition_have_the_published_shape(zoho, caller):
    caller.connect("ZohoCRM.coql.READ,ZohoCRM.modules.ALL")
    query = {"select_query": "select Last_Name, Owner from Leads where id is not null limit 3"}
    assert request_problems("coql.json", "/crm/v8/coql", "post", {}, query) == []
    assert problems("coql.json", "/crm/v8/coql", "post", caller.crm("POST", "/coql", json=query).json()) == []
    id_ = zoho.special("Deals", "blueprint")
    path = f"/Deals/{id_}/actions/blueprint"
    transition = caller.crm("GET", path).json()["blueprint"]["transitions"][0]["id"]
    moved = caller.crm("PUT", path, json={"blueprint": [{"transition_id": transition, "data": {"Notes": "x", "Description": "y"}}]})
    assert problems("blueprint.json", "/crm/v8/{module_api_name}/{record_id}/actions/blueprint", "put", moved.json()) == []


def test_writes_that_work_and_that_fail_have_the_published_shape(zoho, caller):
    one, two = zoho.ids("Leads")[:2]
    mixed = caller.put(
        "/Leads", {"id": one, "City": "Bern"}, {"id": two, "Head_Count": "x"}, {"id": zoho.special("Leads", "locked"), "City": "x"}
    )
    assert mixed.status_code == 207
    assert problems(RECORD, BATCH, "put", mixed.json()) == []
    taken = caller.put(f"/Leads/{one}", {"Email": zoho.record("Leads", two)["Email"]})
    assert problems(RECORD, ONE, "put", taken.json()) == []
    stale = caller.put(f"/Leads/{one}", {"City": "Basel"}, headers={"If-Unmodified-Since": "2020-01-01T00:00:00+00:00"})
    assert stale.status_code == 412
    assert problems(RECORD, ONE, "put", stale.json()) == []


def test_the_check_can_fail(caller):
    """The schemas are loose; a wrong type must still be seen."""
    org = caller.crm("GET", "/org").json()
    org["org"][0]["company_name"] = 5
    assert problems("org.json", "/crm/v8/org", "get", org)
