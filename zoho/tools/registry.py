"""The registry: a tool declares its parameters, what it needs, and whether it writes; tools not listed are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from zoho.errors import UnknownToolError
from zoho.scopes import Need


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation on one product. ``function(client, params)`` does it; ``params`` is validated against ``model``."""

    name: str
    model: type[BaseModel]
    needs: Callable[[Any], Need]
    writes: bool
    function: Callable[[Any, Any], Any]

    @property
    def product(self) -> str:
        """``crm`` or ``desk``, which is the first part of the name."""
        return self.name.split(".", 1)[0]

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return self.model.model_json_schema()


_tools: dict[str, Tool] = {}


def tool(name: str, model: type[BaseModel], *, needs: Callable[[Any], Need], writes: bool = False) -> Callable[..., Any]:
    """Register ``function(client, params)`` under ``name``."""

    def register(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        _tools[name] = Tool(name, model, needs, writes, function)
        return function

    return register


def find(name: str) -> Tool:
    """Raises UnknownToolError."""
    found = _tools.get(name)
    if found is None:
        raise UnknownToolError(f"no tool {name!r:.60}")
    return found
