"""The registry: a tool declares its parameters, what it needs, and whether it writes; tools not listed are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

from zoho.errors import UnknownToolError
from zoho.scopes import Need
from zoho.tools.params import OneRecord


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation on one product. ``function(client, params)`` does it; ``params`` is validated against ``model``.

    ``module``: the one it works on, where the parameters do not say. ``is_org_free``: it needs no Desk organization.
    ``is_inner``: plans of many records use it; the public door does not know it.
    """

    name: str
    model: type[BaseModel]
    needs: Callable[[Any], Need]
    writes: bool
    function: Callable[[Any, Any], Any]
    about: str
    module: str | None = None
    is_org_free: bool = False
    is_inner: bool = False

    @property
    def product(self) -> str:
        """``crm`` or ``desk``, which is the first part of the name."""
        return self.name.split(".", 1)[0]

    @property
    def takes_name(self) -> bool:
        """Whether a record may be given by name instead of by id."""
        return issubclass(self.model, OneRecord)

    @property
    def scopes(self) -> tuple[tuple[str, ...], ...]:
        """What must be granted, one of each group; ``{module}`` stands for the module, ``custom`` for all that are not Zoho's own."""
        return self.needs(SimpleNamespace(module="{module}", query="select id from {module} where")).groups

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return self.model.model_json_schema()


_tools: dict[str, Tool] = {}


def tool(
    name: str,
    model: type[BaseModel],
    *,
    needs: Callable[[Any], Need],
    writes: bool = False,
    about: str = "",
    module: str | None = None,
    is_org_free: bool = False,
    is_inner: bool = False,
) -> Callable[..., Any]:
    """Register ``function(client, params)`` under ``name``; ``about`` says what it does, else the first line of its docstring."""

    def register(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        told = about or (function.__doc__ or "").partition("\n")[0]
        _tools[name] = Tool(name, model, needs, writes, function, told, module, is_org_free, is_inner)
        return function

    return register


def all_tools() -> tuple[Tool, ...]:
    """Every tool of the public door, by name."""
    return tuple(_tools[name] for name in sorted(_tools) if not _tools[name].is_inner)


def find(name: str) -> Tool:
    """Raises UnknownToolError."""
    found = _tools.get(name)
    if found is None:
        raise UnknownToolError(f"no tool {name!r:.60}")
    return found
