"""What Zoho's error codes mean, why they come and what to do: data files beside this module, read on first use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Product = Literal["crm", "desk", "oauth"]
PRODUCTS: tuple[Product, ...] = ("crm", "desk", "oauth")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code in plain words for whoever administers Zoho. ``waiting_helps``: the same call may succeed later unchanged."""

    meaning: str
    cause: str
    next_step: str
    waiting_helps: bool


def explain(product: str, zoho_code: str | None) -> Explanation | None:
    """The entry of a code in the dictionary of ``crm``, ``desk`` or ``oauth`` (the token endpoint); None for an unknown one."""
    if not zoho_code or product not in PRODUCTS:
        return None
    return codes(product).get(zoho_code)


@cache
def codes(product: str) -> Mapping[str, Explanation]:
    """Every code known of a product. Sources: crm.md section 13, desk.md section 8 and oauth.md section 4 of the dossier."""
    file = Path(__file__).with_name("codes") / f"{product}.json"
    entries: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return {code: Explanation(meaning, cause, step, waiting == "wait") for code, (meaning, cause, step, waiting) in entries.items()}
