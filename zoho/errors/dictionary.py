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


def explain(product: str, zoho_code: str | None, message: str | None = None) -> Explanation | None:
    """The entry of a code in the dictionary of ``crm``, ``desk`` or ``oauth`` (the token endpoint); None for an unknown one.

    CRM says by the message alone what some of its widest codes mean: a ``message`` that is known goes before the code.
    """
    if not zoho_code or product not in PRODUCTS:
        return None
    said = message.lower() if message and product == "crm" else ""
    by_message = (found for known, found in codes("crm_messages").items() if known in said) if said else iter(())
    return next(by_message, None) or codes(product).get(zoho_code)


@cache
def codes(file: str) -> Mapping[str, Explanation]:
    """Every code known of a product, or ``crm_messages``: what a message may hold, in lower case.

    Sources: crm.md section 13, desk.md section 8 and oauth.md section 4 of the dossier, Zoho's OpenAPI files.
    """
    text = (Path(__file__).with_name("codes") / f"{file}.json").read_text(encoding="utf-8")
    entries: dict[str, list[str]] = json.loads(text)
    return {code: Explanation(meaning, cause, step, waiting == "wait") for code, (meaning, cause, step, waiting) in entries.items()}
