"""``./run tools``: what ``execute_tool`` can be told to do, each tool with its scopes and the JSON Schema of its parameters."""

from __future__ import annotations

import json
from typing import Any

import click

from zoho.errors import UnknownToolError
from zoho.tools import Tool, all_tools, find


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write them as JSON, with the schema of the parameters.")
def tools(name: str | None, as_json: bool) -> None:
    """List the tools, or show the one called NAME with its parameters."""
    try:
        found = all_tools() if name is None else (find(name),)
    except UnknownToolError as error:
        raise click.UsageError(f"there is no tool {name!r}; ./run tools lists them") from error
    if as_json:
        click.echo(json.dumps({"tools": [as_document(tool) for tool in found]}, indent=2, ensure_ascii=False))
    elif name is None:
        click.echo("\n".join(_line(tool) for tool in found))
    else:
        click.echo(_page(found[0]))


def as_document(tool: Tool) -> dict[str, Any]:
    """One tool as JSON. ``scopes``: of each group one must be granted; ``{module}`` stands for the module of the parameters."""
    return {
        "name": tool.name,
        "about": tool.about,
        "writes": tool.writes,
        "scopes": [list(group) for group in tool.scopes],
        "parameters": tool.schema,
    }


def _line(tool: Tool) -> str:
    return f"{tool.name:<26} {'write' if tool.writes else 'read ':<6} {tool.about}"


def _page(tool: Tool) -> str:
    wanted = tool.schema.get("required", [])
    lines = [_line(tool), "", "scopes"]
    lines += [f"  {' or '.join(group)}" for group in tool.scopes]
    lines += ["parameters"]
    lines += [f"  {key}{'' if key in wanted else ' (optional)'}" for key in tool.schema.get("properties", {})]
    return "\n".join(lines)
