"""Pages that are sent while they are drawn: plain HTML, no script. What stands before a slow part is on the screen meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, stream_template
from markupsafe import Markup

SEND = Markup("<!-- sent -->")
"""``{{ send }}`` in a template: what was drawn so far leaves now. Without it every tag would be a packet."""


def stream(template: str, **context: Any) -> Response:
    """The template as an answer in pieces, cut where it says ``{{ send }}``.

    Once it is under way no error page can take its place: what may fail must be asked before, or be caught where it is drawn.
    """
    answer = Response(_pieces(stream_template(template, send=SEND, **context)))
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would wait for the whole page
    return answer


def _pieces(parts: Iterable[str]) -> Iterator[str]:
    waiting: list[str] = []
    for part in parts:
        if part == SEND:
            yield "".join(waiting)
            waiting.clear()
        else:
            waiting.append(part)
    yield "".join(waiting)
