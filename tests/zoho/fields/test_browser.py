"""Chromium posts a form of every control and nobody touched any: the one proof that nothing untouched is ever sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from tests.zoho.fields.given import options
from zoho.fields import Field, Kind

ZONE = ZoneInfo("Europe/Berlin")
TRICKY = [
    "",
    " ",
    " a ",
    "a\nb",
    "\na",
    "\n\na\n",
    "a\r\nb",
    "a\rb",
    "\r",
    "<b>&amp;</b>\"'",
    "é😀\u2028\x0b\u202e",
    "tab\there",
    "x" * 20_000,
]
VALUES: dict[Kind, list[Any]] = {
    **dict.fromkeys((Kind.TEXT, Kind.TEXTAREA, Kind.RICH_TEXT, Kind.EMAIL), TRICKY),
    Kind.CURRENCY: [None, 0, "0.0", "x"],
    Kind.BOOLEAN: [None, True, False, "true", "false", "perhaps"],
    Kind.DATE: [None, "2026-11-23", "0001-01-01", "0206-01-01", "9999-12-31", "2026-02-30", "soon", "2026-11-23T10:00:00Z"],
    Kind.DATETIME: [
        None, "2026-11-23T14:32:00+01:00", "2026-11-23T14:32:23Z", "2026-10-25T02:30:00+01:00", "2026-11-23T14:32:23.456Z", "soon",
        "0001-01-01T00:00:00Z", "0206-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-22T23:00:00Z", "1466525776000",
    ],
    Kind.PICKLIST: [None, "a", "Line\nend", " b ", "gone", "-None-", 2022],
    Kind.MULTISELECT: [None, [], ["a"], [" b ", "a"], "a; b ", ["Line\nend", "gone"], "gone"],
    Kind.LOOKUP: [None, {"id": "5725767000000002589", "name": "x"}, "12"],
}  # fmt: skip


def cases() -> list[tuple[Field, Any]]:
    found = []
    for kind, wires in VALUES.items():
        for wire in wires:
            for chosen in (options("a", " b ", "Line\nend", "-None-"), ()) if kind in (Kind.PICKLIST, Kind.MULTISELECT) else ((),):
                name = f"f{len(found)}"
                found.append((Field(name, name, kind, "desk", (name,), options=chosen), wire))
    return found


def markup(field: Field, wire: Any) -> str:
    """As templates/records/_field.html writes it."""
    held, control = field.control(wire, ZONE), field.input_type(wire)
    values = [held] if isinstance(held, str) else list(held)
    value = escape(values[0]) if values else ""
    if control == "textarea":
        return f'<textarea name="{field.name}">\n{value}</textarea>'
    if control == "checkbox":
        return f'<input type="checkbox" name="{field.name}" value="true"{" checked" if value else ""}>'
    if control.startswith("select"):
        listed = dict.fromkeys([*([""] if control == "select" else []), *(option.value for option in field.options), *values])
        rows = "".join(f'<option value="{escape(one)}"{" selected" if one in values else ""}>x</option>' for one in listed)
        return f'<select name="{field.name}"{" multiple" if "-" in control else ""}>{rows}</select>'
    step = ' step="1"' if control == "datetime-local" else ""
    return f'<input type="{control}" name="{field.name}" value="{value}"{step}>'


@pytest.fixture
def posted_to() -> Iterator[tuple[str, list[bytes]]]:
    """A page of all controls, and what is posted from it."""
    page = (
        f'<!doctype html><meta charset="utf-8"><form method="post">{"".join(markup(*case) for case in cases())}<button>Go</button></form>'
    )
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(page)

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer("<title>posted</title>")

        def answer(self, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", bodies
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_chromium_posts_back_what_counts_as_untouched(chromium: Browser, posted_to: tuple[str, list[bytes]]) -> None:
    url, bodies = posted_to
    page = chromium.new_page()
    page.goto(url)
    page.click("button")
    page.wait_for_function("document.title === 'posted'")
    page.close()
    posted = parse_qs(bodies[0].decode(), keep_blank_values=True, max_num_fields=10_000)

    changed = [
        (field.kind.value, str(wire)[:40], posted.get(field.name, []), str(field.control(wire, ZONE))[:40])
        for field, wire in cases()
        if not field.is_untouched(posted.get(field.name, []), wire, ZONE)
        or (field.input_type(wire) not in ("checkbox", "select-multiple") and field.name not in posted)
    ]
    assert changed == []
