"""What happens to records: every write is a plan, and travels one road. No Flask."""

from changes.road import execute_tool

__all__ = ["execute_tool"]
