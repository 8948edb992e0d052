"""Explain this error: what somebody pasted, read for codes that the dictionary knows. Nothing is asked, stored or logged.

What is pasted is hostile: a megabyte, HTML, JSON a thousand levels deep, and the tokens that stand in logs. Only so much of it is
read, secrets are taken out before anything else is done, and what is not known is said to be unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from store import exact_json
from zoho.calls import text_of
from zoho.crm.errors import CLASSES as CRM
from zoho.desk.errors import CLASSES as DESK
from zoho.diagnostics.phrases import PHRASES, WEB_PAGE
from zoho.diagnostics.table import TITLES
from zoho.errors import (
    CodeExpiredError,
    ConsentRefusedError,
    Explanation,
    InvalidGrantError,
    MisconfiguredError,
    RequestRefusedError,
    ThrottledError,
    ZohoError,
    explain,
    kind_of,
)
from zoho.errors.dictionary import PRODUCTS, codes
from zoho.redaction import redact, redact_json

READ_CHARACTERS = 100_000
SHOWN_CHARACTERS = 2_000
MOST = 8
"""Different errors told of one text."""
MOST_NODES, MOST_BRACES = 5_000, 100
_BRACE = re.compile(r"[\[{]")

OAUTH: dict[str, type[ZohoError]] = {
    "invalid_code": InvalidGrantError,
    "invalid_grant": InvalidGrantError,
    "invalid_token": InvalidGrantError,
    "invalid_client": MisconfiguredError,
    "invalid_client_secret": MisconfiguredError,
    "invalid_redirect_uri": MisconfiguredError,
    "redirect_uri_mismatch": MisconfiguredError,
    "unauthorized_client": MisconfiguredError,
    "access_denied": ConsentRefusedError,
    "Access Denied": ThrottledError,
    "code_expired": CodeExpiredError,
}
CLASSES: dict[str, Mapping[str, type[ZohoError]]] = {"crm": CRM, "desk": DESK, "oauth": OAUTH}
NAMES = {"crm": "Zoho CRM", "desk": "Zoho Desk", "oauth": "Zoho's accounts server", "amend": "Amend", "network": "the way to Zoho"}
CHECKS = {"invalid_redirect_uri": "redirect_uri", "redirect_uri_mismatch": "redirect_uri", "invalid_scope": "crm_scopes"}
"""Where a code has a check that fits better than its class's."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One error found. ``explanation`` is None for what nobody knows; then ``said`` holds Zoho's own words.

    ``field`` is where Zoho says it lies; ``check`` the slug of the check that tells more, None when it is about the record.
    """

    code: str
    source: str
    said: str
    explanation: Explanation | None
    field: str
    check: str | None

    @property
    def source_name(self) -> str:
        """Whose word it is, in words."""
        return NAMES.get(self.source, "not known")

    @property
    def check_title(self) -> str:
        """The check's title, '' when there is none."""
        return TITLES.get(self.check or "", "")


@dataclass(frozen=True, slots=True)
class Explained:
    """What a text came to. ``shown`` is its beginning without secrets; ``is_cut``: not all of it was read."""

    readings: tuple[Reading, ...]
    shown: str
    is_cut: bool


def explain_text(pasted: str) -> Explained:
    """Every error that can be found in a code, a JSON body, an HTML page, a log line or an exception's text."""
    text = exact_json.storable(pasted[:READ_CHARACTERS]).strip()
    clean = redact(text)
    bodies = [redact_json(body) for body in _bodies(text)]
    found = [reading for body in bodies for reading in _of_json(body)]
    if not found:
        found = list(_of_words(_visible(clean)))
    if not found:
        found = [reading for reading in (_of_page(clean), _of_phrase(clean)) if reading is not None]
    if not found and clean:
        found = [Reading(clean[:80] if _is_code(clean) else "", "unknown", clean[:300], None, "", None)]
    unique = {(reading.code, reading.source, reading.field): reading for reading in found}
    shown = _shown(clean, bodies)
    is_cut = len(pasted) > READ_CHARACTERS or len(shown) > SHOWN_CHARACTERS
    return Explained(tuple(unique.values())[:MOST], shown[:SHOWN_CHARACTERS], is_cut)


def _shown(clean: str, bodies: list[Any]) -> str:
    """A text that is JSON and nothing else goes through the redaction that knows keys."""
    if len(bodies) == 1 and clean[:1] in "{[" and clean[-1:] in "}]":
        try:
            return exact_json.dumps(bodies[0])
        except (ValueError, RecursionError):
            return clean
    return clean


def _bodies(text: str) -> list[Any]:
    """The JSON in a text, wherever it begins, one body after the other."""
    decoder, bodies, at = json.JSONDecoder(), list[Any](), 0
    for _ in range(MOST_BRACES):
        brace = _BRACE.search(text, at)
        if brace is None:
            break
        try:
            body, at = decoder.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            at = brace.end()
            continue
        if _is_shallow(body):
            bodies.append(body)
    return bodies


def _is_shallow(body: Any) -> bool:
    """False for what would take a walk by recursion too deep."""
    level, layer = 0, [body]
    while layer and level < 60:
        layer = [child for node in layer for child in _children(node)]
        level += 1
    return not layer


def _children(node: Any) -> list[Any]:
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in values if isinstance(child, dict | list)]


def _of_json(body: Any) -> Iterator[Reading]:
    queue, seen = [body], 0
    while queue and seen < MOST_NODES:
        node, seen = queue.pop(0), seen + 1
        queue += _children(node)
        if isinstance(node, dict) and (reading := _of_object(node)) is not None:
            yield reading


def _of_object(node: dict[str, Any]) -> Reading | None:
    """CRM has ``code`` and ``details``, Desk ``errorCode`` and ``errors``, the accounts server ``error``."""
    if "errorCode" in node:
        source, code = "desk", text_of(node["errorCode"])
    elif isinstance(node.get("code"), str):
        source, code = "crm", text_of(node["code"])
    elif isinstance(node.get("error"), str):
        source, code = ("oauth" if node["error"] in codes("oauth") else "crm"), text_of(node["error"])
    else:
        return None
    if not code or code.upper() == "SUCCESS":
        return None
    said = text_of(node.get("message")) or text_of(node.get("error_description")) or text_of(node.get("error_info")) or ""
    return _reading(code, source, said, _field(node))


def _field(node: dict[str, Any]) -> str:
    details = node.get("details")
    if isinstance(details, dict):
        place = text_of(details.get("json_path")) or ""
        name = text_of(details.get("api_name")) or text_of(details.get("param_name")) or ""
        return " at ".join(part for part in (name, place) if part)[:300]
    rows = node.get("errors")
    names = [text_of(row.get("fieldName")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return ", ".join(name for name in names if name)[:300]


def _reading(code: str, source: str, said: str = "", field: str = "") -> Reading:
    others = [other for other in PRODUCTS if other != source]
    holder = next((product for product in (source, *others) if explain(product, code, said)), source)
    found = explain(holder, code, said)
    return Reading(code[:80], holder if found else source, said[:300], found, field, _check(code, holder) if found else None)


def _check(code: str, product: str) -> str | None:
    """That of the code's class; a refusal of a value has none."""
    kind = CLASSES.get(product, {}).get(code, RequestRefusedError)
    slug = CHECKS.get(code) or (kind.check if kind is not RequestRefusedError else None)
    return slug.format(product="desk" if product == "desk" else "crm") if slug else None


_WORD = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z][A-Za-z_]{3,59}(?![A-Za-z0-9_])")
_OURS = re.compile(r"\b(?:zoho_error|error_code|code)=([a-z_]{4,40})\b")
PLAIN = frozenset({"LOCKED", "FORBIDDEN", "UNAUTHORIZED", "NOT_FOUND"})
"""Codes that are words of everyday text too: known by their capitals alone."""


def _of_words(text: str) -> Iterator[Reading]:
    """Codes that stand in a sentence or a log line, in Zoho's spelling, or alone in any."""
    exact = [product for product in PRODUCTS if text in codes(product)]
    if exact:
        yield from (_reading(text, product) for product in exact)
        return
    for code in _OURS.findall(text):
        kind = kind_of(code)
        if kind is not ZohoError:
            yield _own(kind)
    is_desk = bool(re.search(r"desk\.|/api/v1|errorCode", text, re.IGNORECASE))
    for word in dict.fromkeys(_WORD.findall(text)):
        spelt = word.upper() if word == text else word
        known = next((each for each in (word, spelt, word.lower() if word == text else word) if _is_known(each)), None)
        if known:
            yield _reading(known, "desk" if is_desk and known in codes("desk") else "crm", text[:300] if text != word else "")
    if "Access Denied" in text and "too many requests" in text.lower():
        yield _reading("Access Denied", "oauth", text[:300])


def _is_known(word: str) -> bool:
    return any(word in codes(product) for product in PRODUCTS) and (word.isupper() or "_" in word or word not in PLAIN)


def _own(kind: type[ZohoError]) -> Reading:
    found = Explanation(kind.summary, "Amend's own word for what happened.", kind.advice, kind.lasts is False)
    return Reading(kind.code, "amend", "", found, "", kind.check.format(product="crm") if kind.check else None)


def _of_page(text: str) -> Reading | None:
    if not re.search(r"<(?:!doctype|html|head|title|body|h1)\b", text, re.IGNORECASE):
        return None
    return Reading("a web page", "network", _visible(text)[:300], WEB_PAGE, "", "data_center")


def _of_phrase(text: str) -> Reading | None:
    found = next(((check, told) for pattern, check, told in PHRASES if re.search(pattern, text, re.IGNORECASE)), None)
    if found is None:
        return None
    check, told = found
    hosts = {"desk.": "desk_host", "zohoapis": "api_host"} if check == "accounts_host" else {}
    slug = next((other for sign, other in hosts.items() if sign in text), check)
    return Reading("", "amend" if check == "database" else "network", text[:300], told, "", slug)


_HIDDEN = re.compile(r"<(script|style)\b", re.IGNORECASE)
_ENDS = {kind: re.compile(f"</{kind}", re.IGNORECASE) for kind in ("script", "style")}


def _visible(text: str) -> str:
    """A page without its tags; other text as it is."""
    if "<" not in text:
        return text
    return " ".join(unescape(re.sub(r"<[^<>]{0,2000}>", " ", " ".join(_without_code(text)))).split())


def _without_code(text: str) -> Iterator[str]:
    """What stands around scripts and styles. One that never ends hides the rest, as in a browser; so each end is sought once."""
    at = 0
    while begin := _HIDDEN.search(text, at):
        yield text[at : begin.start()]
        end = _ENDS[begin[1].lower()].search(text, begin.end())
        if end is None:
            return
        at = end.start()
    yield text[at:]


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z][\w .-]{2,79}", text) is not None
