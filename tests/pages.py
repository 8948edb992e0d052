"""Somebody with a browser, as far as a test without one can go: reads pages, posts forms with their CSRF token."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A client whose posts carry the token of the page they come from."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        """The answer, redirects not followed."""
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, *, page: str | None = None, **more: Any) -> TestResponse:
        """Post ``data`` with the CSRF token that ``page`` (by default the same path) holds."""
        return self.client.post(path, data={"csrf_token": self.token(page or path)} | (data or {}), **more)

    def token(self, page: str = "/sign-in") -> str:
        """The CSRF token in a page; empty when it has none."""
        found = TOKEN.search(self.client.get(page, follow_redirects=True).text)
        return unescape(found[1]) if found else ""

    def sign_in(self, email: str, password: str, *, next_path: str | None = None) -> TestResponse:
        """Fill in the sign-in page."""
        query = {"next": next_path} if next_path is not None else None
        data = {"csrf_token": self.token(), "email": email, "password": password}
        return self.client.post("/sign-in", query_string=query, data=data)


def text_of(answer: TestResponse) -> str:
    """What a person reads: no tags, entities resolved, spaces joined."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())
