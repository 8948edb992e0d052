"""What Zoho cuts. Of a rich text a list or a plain read shows the first 500 characters, and saving those would destroy the rest; of
many rows a record shows some, and says so in ``$has_more``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CUT = range(490, 512)
"""Characters that Zoho leaves of a rich text: 500, give or take an ellipsis and how an emoji is counted."""
WHOLE = "$whole"
"""Ours, in a record that was read: the fields known to be complete although they are as long as a cut one."""


def may_be_cut(text: str) -> bool:
    """True when ``text`` is about as long as what Zoho leaves of a longer one, in code points or in UTF-16 units."""
    return len(text) in CUT or len(text.encode("utf-16-le", "surrogatepass")) // 2 in CUT


def is_cut(record: Mapping[str, Any], name: str, text: Any) -> bool:
    """True when nobody has proved that ``text``, read from ``record``, is complete."""
    return isinstance(text, str) and may_be_cut(text) and name not in (record.get(WHOLE) or ())


def has_more(record: Mapping[str, Any], name: str) -> bool:
    """True when Zoho keeps more rows in this field than ``record`` shows. Source: the dossier's crm.md section 6."""
    said = record.get("$has_more")
    return isinstance(said, Mapping) and said.get(name) is True
