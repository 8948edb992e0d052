"""What can be done to records: a closed registry of tools, and ``run``, which alone checks scopes and organizations."""

from zoho.tools import crm, desk  # noqa: F401 importing them fills the registry
from zoho.tools.registry import Tool, all_tools, find
from zoho.tools.run import run, validate

__all__ = ["Tool", "all_tools", "find", "run", "validate"]
