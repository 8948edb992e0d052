"""What happens to records: every write is a plan, and travels one road. No Flask."""

import people.users  # noqa: F401 the table that connections and plans point to: a script imports nothing else that has it
from changes.door import execute_tool

__all__ = ["execute_tool"]
