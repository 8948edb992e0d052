"""Rich text of Zoho as people read it: a document of its own, without anything that could run, load or lead away.

The page puts it into an iframe with an empty ``sandbox`` attribute, under a policy that loads nothing: this list is one more wall.
"""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

KEPT = frozenset(
    "a abbr b blockquote br caption code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i ins li ol p pre q s small span strike strong sub sup "
    "table tbody td tfoot th thead tr u ul".split()
)
DROPPED = frozenset("script style title template noscript iframe object embed svg math textarea select option".split())
"""What is left out with everything in it."""
VOID = frozenset({"br", "hr"})
MAX_TEXT = 100_000


class _Safe(HTMLParser):
    """Writes the document anew from the tags that are kept, without their attributes; all text is escaped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._open: list[str] = []
        self._dropped = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self._dropped += 1
        elif self._dropped:
            return
        elif tag == "img":
            self.parts.append(f"[picture: {escape(dict(attributes).get('alt') or 'not shown')}]")
        elif tag in KEPT:
            self.parts.append(f"<{tag}>")
            if tag not in VOID:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in DROPPED:
            self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED:
            self._dropped = max(0, self._dropped - 1)
        elif not self._dropped and tag in self._open:
            while self._open:
                closed = self._open.pop()
                self.parts.append(f"</{closed}>")
                if closed == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.parts.append(escape(data))


def document(html: str) -> str:
    """The text as a whole HTML document. Never raises."""
    safe = _Safe()
    safe.feed(html[:MAX_TEXT])
    safe.close()
    body = "".join(safe.parts) + "".join(f"</{tag}>" for tag in reversed(safe._open))
    return (
        f'<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Preview</title><body dir="auto">{body}'
    )
