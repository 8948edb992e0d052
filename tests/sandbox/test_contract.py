"""The sandbox's CRM answers against Zoho's published OpenAPI files, where they are at hand.

The files are looser and older than the dossier: status codes and ``required`` are not looked at, ``oneOf`` is read as ``anyOf``,
enumerations of codes and messages as examples, and null is a value of everything, for Zoho's own samples are full of it.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

OAS = Path(__file__).parents[3] / "shared" / "zoho" / "oas"
PREFIX = "https://raw.githubusercontent.com/Zohocorp-Pvt-Ltd/crm-oas/refs/heads/main/v8.0/"
pytestmark = pytest.mark.skipif(not OAS.is_dir(), reason="Zoho's OpenAPI files are not beside the repository")


def is_dropped(name: str, value: Any) -> bool:
    """``status`` alone keeps its enumeration, success or error: it tells the two kinds of answer apart."""
    return name in ("required", "format", "example", "examples", "pattern") or (
        name == "enum" and isinstance(value, list) and not {"success", "error"} & set(value)
    )


def loosened(node: Any) -> Any:
    if isinstance(node, list):
        return [loosened(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {name: loosened(value) for name, value in node.items() if not is_dropped(name, value)}
    if isinstance(kept.get("oneOf"), list):
        kept["anyOf"] = kept.pop("oneOf")
    if isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    return kept


@cache
def file(name: str) -> dict[str, Any]:
    """Descriptions of properties named ``required`` do not occur; ``properties`` are kept whole."""
    return loosened(json.loads((OAS / name).read_text()))


def retrieve(uri: str) -> Resource[Any]:
    return Resource.from_contents(file(uri.removeprefix(PREFIX)), default_specification=DRAFT4)


def resolved(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    pointer = schema.get("$ref", "")
    if pointer.startswith("#/"):
        schema = file(name)
        for part in pointer.removeprefix("#/").split("/"):
            schema = schema[part]
    return schema


def schema_of(name: str, path: str, method: str, key: str) -> dict[str, Any]:
    """The schema of the 200 answer: of its alternatives those that know the body's first key, else an error's would fit anything."""
    answer = resolved(name, file(name)["paths"][path][method]["responses"]["200"])
    schema = answer["content"]["application/json"]["schema"]
    branches = [each for each in schema.get("anyOf", [schema]) if key in resolved(name, each).get("properties", {})]
    assert branches, f"no published answer has {key!r}"
    return {"$id": PREFIX + name, "components": file(name)["components"], "anyOf": branches}


# Where Zoho's own sample answers contradict these files, the samples are right: ids are text, a time zone is a name.
CONTRADICTED = re.compile(r"\.(?:\w*id|time_zone): '[^']+' is not of type '(?:integer|object)'")


def told(error: jsonschema.ValidationError) -> list[str]:
    if not error.context:
        return [f"{error.json_path}: {error.message[:150]}"]
    best: dict[Any, list[str]] = {}
    for inner in error.context:
        best.setdefault(inner.schema_path[0], []).extend(told(inner))
    return min(best.values(), key=len)


def problems(name: str, path: str, method: str, body: Any) -> list[str]:
    schema = schema_of(name, path, method, next(iter(body)))
    validator = jsonschema.Draft202012Validator(schema, registry=Registry(retrieve=retrieve))
    return [line for error in validator.iter_errors(body) for line in told(error) if not CONTRADICTED.search(line)]


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
