"""What was put into the search box: an address of Zoho's, an id, or words to search for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Address:
    """A record as one of Zoho's own addresses names it; ``module`` in the words of that address.

    ``host`` tells the data centre, but for customers' own domains; ``organization`` is CRM's ``org…`` or Desk's portal name.
    """

    product: str
    module: str
    record_id: str
    host: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class NoRecord:
    """An address that leads to no record, with what to do instead."""

    message: str


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that may be an id. ``is_sure``: too long for a telephone number."""

    text: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Words:
    """Anything else: to be searched for; empty text lists the newest."""

    text: str


Typed = Address | NoRecord | Number | Words

NOT_A_RECORD = (
    "This address does not lead to one record. Open the record in Zoho and copy the address from there, "
    "or type its name, e-mail, phone or id."
)
_LOOKS_LIKE_URL = re.compile(r"(?:https?:)?//|(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/", re.IGNORECASE)
_CRM_ORG = re.compile(r"/crm/(org\d+)/")
_DESK_PORTAL = re.compile(r"/(?:support|agent)/([^/]+)/")
_CRM_TAB = re.compile(r"/crm/(?:[^/]+/)?tab/(?P<module>[A-Za-z]\w*)/(?P<id>\d+)(?:/|$)")
_CRM_ENTITY = re.compile(r"/crm/(?:[^/]+/)*(?:Show)?EntityInfo\.do$", re.IGNORECASE)
_DESK_HASH = re.compile(r"/?(?P<module>[A-Za-z]+)/dv/(?P<id>\d+)(?:/|$)")
_DESK_WORDS = {"cases": "tickets"} | {name: name for name in "tickets contacts accounts tasks calls events products contracts".split()}
_DESK_PATH = re.compile(rf"/(?P<module>{'|'.join(_DESK_WORDS)})/(?:details?/|dv/)?(?P<id>\d+)(?:/|$)", re.IGNORECASE)
SURE_DIGITS = 16
"""A telephone number has at most 15 digits (E.164), a Zoho id rarely fewer than 16."""


def recognise(text: str) -> Typed:
    """What ``text`` is, by its shape alone: any host will do, for portals have hosts of their own."""
    text = " ".join(text.split())[:2000]
    if text.isascii() and text.isdigit() and 8 <= len(text) <= 30:
        return Number(text, len(text) >= SURE_DIGITS)
    if _LOOKS_LIKE_URL.match(text):
        return _address(text) or NoRecord(NOT_A_RECORD)
    return Words(text[:200])


def _address(text: str) -> Address | None:
    try:
        parts = urlsplit(text if "//" in text.split("?")[0] else f"//{text}")
        path, query, fragment = unquote(parts.path), parse_qs(parts.query), unquote(parts.fragment)
    except ValueError:
        return None
    found = _crm(path, query) or _crm(fragment, query) or _desk(path, fragment)
    if found is None:
        return None
    organization = (_CRM_ORG if found.product == "crm" else _DESK_PORTAL).search(f"{path}#{fragment}")
    return replace(found, host=parts.hostname or "", organization=organization[1] if organization else "")


def _crm(path: str, query: dict[str, list[str]]) -> Address | None:
    tab = _CRM_TAB.search(path)
    if tab:
        return _checked("crm", tab["module"], tab["id"])
    if _CRM_ENTITY.search(path):
        return _checked("crm", query.get("module", [""])[0], query.get("id", [""])[0])
    return None


def _desk(path: str, fragment: str) -> Address | None:
    found = _DESK_HASH.search(fragment) or _DESK_PATH.search(fragment) or _DESK_PATH.search(path)
    module = _DESK_WORDS.get(found["module"].lower()) if found else None
    return _checked("desk", module, found["id"]) if found and module else None


def _checked(product: str, module: str, record_id: str) -> Address | None:
    is_fit = re.fullmatch(r"[A-Za-z]\w{0,99}", module, re.ASCII) and re.fullmatch(r"[0-9]{1,30}", record_id)
    return Address(product, module, record_id) if is_fit else None
