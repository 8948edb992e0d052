"""Zoho's published OpenAPI files, where they are at hand, made loose enough to be true.

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

OAS = Path(__file__).parents[2] / "shared" / "zoho" / "oas"
PREFIX = "https://raw.githubusercontent.com/Zohocorp-Pvt-Ltd/crm-oas/refs/heads/main/v8.0/"
needs_oas = pytest.mark.skipif(not OAS.is_dir(), reason="Zoho's OpenAPI files are not beside the repository")


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


def request_problems(name: str, path: str, method: str, query: dict[str, str], body: Any) -> list[str]:
    """What a request has that the published operation does not: query parameters it does not know, types of the body."""
    operation = file(name)["paths"][path][method]
    known = {resolved(name, each).get("name") for each in operation.get("parameters", [])}
    found = [f"unknown parameter {key}" for key in query if key not in known]
    if body is None:
        return found
    schema = {
        "$id": PREFIX + name,
        "components": file(name)["components"],
        **operation["requestBody"]["content"]["application/json"]["schema"],
    }
    validator = jsonschema.Draft202012Validator(schema, registry=Registry(retrieve=retrieve))
    return found + [line for error in validator.iter_errors(body) for line in told(error)]
