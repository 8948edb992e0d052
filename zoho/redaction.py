"""Takes tokens, codes, secrets and passwords out of text, JSON and log records."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

MASK = "[redacted]"

_NAMES = (
    r"(?:\w*[_-])?(?:access|refresh|enhance|id)[ _-]?token"  # not INVALID_TOKEN, which ends like id_token
    r"|\w*(?:auth[_-]?token|api[_-]?key|secret|secret[_-]?key|encryption[_-]?keys?|password|passwd|pwd)"
)
_BEGIN = r"(?:\b|(?<=%[0-9a-f]{2})|(?<=%25[0-9a-f]{2})|(?<=\\[nrt]))"
"""Of a name: in a text that is percent-encoded or within JSON it may follow a letter."""
_IS, _COLON, _QUOTE = r"(?:=|%(?:25){0,3}3d)", r"(?::|%(?:25){0,3}3a)", r"(?:\\*[\"']|%(?:25){0,3}2[27])"
"""As they are, percent-encoded once or more often, and a quote also as it stands in JSON within JSON."""
_VALUE = (
    r"""(?:"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\]|\\.)*'"""
    r"""|(?P<escaped>\\+["'])(?s:.*?)(?:(?<!\\)(?P=escaped)|\Z)|[^\s&;,"'})\]]+)"""
)
_TRIGGER = re.compile(
    r"1000\.|token|secret|password|passwd|pwd|api[_-]?key|authorization|bearer|cookie|code|encryption|gAAAA|://[^\s/@]*@", re.IGNORECASE
)
"""Almost no text has a secret: one cheap look spares the rest."""
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b1000\.[0-9A-Za-z_-]{6,}\.[0-9A-Za-z_-]+"), MASK),
    (re.compile(r"gAAAA[\w-]{20,}=*"), MASK),  # sealed by Fernet
    (re.compile(r"(://)[^\s/?#\"'<>]+@"), rf"\1{MASK}@"),
    (re.compile(r"\b(Zoho-oauthtoken|Bearer|Basic)\s+[^\s\"',;]+", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(rf"({_BEGIN}(?:{_NAMES}){_QUOTE}?\s*(?:{_IS}|{_COLON})\s*){_VALUE}", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(rf"({_BEGIN}(?:code|token){_IS})[^\s&\"'#]+", re.IGNORECASE), rf"\1{MASK}"),
    (
        re.compile(r"(\b(?:authorization|set-cookie|cookie)[\"']?\s*:\s*[\"']?)(?!Zoho-|Bearer|Basic)[^\r\n\"']+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
)
_SECRET_KEYS = frozenset(
    "accesstoken refreshtoken enhancetoken idtoken authtoken token clientsecret webhooksecret secret secretkey encryptionkey "
    "encryptionkeys password passwd pwd apikey xapikey zapikey authorization cookie setcookie".split()
)
_ERROR_WORD = re.compile(r"[A-Z_]+")
_SIGNS = tuple(b"1000. token secret passw pwd authorization bearer basic cookie encryption code= code% gaaaa".split())
_HIDDEN_SIGNS = tuple(
    re.compile(sign) for sign in (rb'code["_-]*\s*:\s*"(?:1000|[^" ]{20})', rb"\\u00[2-7]", rb"api[_-]?key", rb"://[^\s/@]*@")
)
"""A code that is none of Zoho's error words; a letter of ASCII written as an escape, which nobody does without a reason; a key;
who signs in within a URL. Patterns that begin with plain letters are found eight times as fast as one that has a choice.
"""


def redact(text: str) -> str:
    """``text`` with every token, authorization code, secret and password replaced by ``[redacted]``; client ids stay."""
    if not _TRIGGER.search(text):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def is_harmless(body: bytes) -> bool:
    """True when ``redact`` and ``redact_json`` would find nothing in this body: one quick look, where they take each value.

    False proves nothing: most of what has the word in it has no secret.
    """
    lower = body.lower()
    return not (any(sign in lower for sign in _SIGNS) or any(sign.search(lower) for sign in _HIDDEN_SIGNS))


def redact_json(value: Any) -> Any:
    """A copy of decoded JSON whose secret keys hold ``[redacted]``, and whose other texts went through ``redact``.

    ``code`` is Zoho's word for an error, for a postcode in Desk accounts, and for OAuth's authorization code: only a value
    that looks like the last one goes.
    """
    if isinstance(value, Mapping):
        return {key: _redact_entry(str(key), entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [redact_json(entry) for entry in value]
    return redact(value) if isinstance(value, str) else value


def _redact_entry(key: str, value: Any) -> Any:
    name = key.lower().replace("_", "").replace("-", "")
    if name in _SECRET_KEYS and isinstance(value, str | list | dict) and value:
        return MASK
    if name == "code" and isinstance(value, str) and _looks_like_oauth_code(value):
        return MASK
    return redact_json(value)


def _looks_like_oauth_code(value: str) -> bool:
    return value.startswith("1000.") or (len(value) >= 20 and " " not in value and not _ERROR_WORD.fullmatch(value))


class RedactingFilter(logging.Filter):
    """Redacts the message with its arguments, the exception's text and the stack of every record that passes."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; the record is changed in place."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError, AttributeError):
            message = f"{record.msg} {record.args}"
        record.msg, record.args = redact(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
