"""The trip to Zoho's consent page and back, as a browser makes it, for tests that have no browser."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import requests

from people.users import User
from zoho import grants
from zoho.grants import Outcome
from zoho.runtime import Amend

_HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')
_SELECTED = re.compile(r'<select id="(\w+)".*?<option value="([^"]*)" selected', re.DOTALL)


def consent(url: str, decision: str = "accept", **choices: str) -> dict[str, str]:
    """Answer the consent page at ``url``; the query that comes back to our callback."""
    page = requests.get(url, timeout=5)
    assert page.status_code == 200, page.text
    form = {name: unescape(value) for name, value in (*_HIDDEN.findall(page.text), *_SELECTED.findall(page.text)) if name != "decision"}
    answer = requests.post(url, data={**form, **choices, "decision": decision}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, keep_blank_values=True))


def add(amend: Amend, email: str = "ana@example.com") -> UUID:
    """A user of Amend."""
    user = User(email=email, name="Ana Ruiz", password_hash="none", failed_count=0, created_at=amend.now())  # nobody signs in
    with amend.sessions.begin() as session:
        session.add(user)
    return user.id


def travel(amend: Amend, user_id: UUID, session_id: UUID | None = None, **kwargs: Any) -> tuple[UUID, dict[str, str]]:
    """Leave and come back, without handing in what was brought: the session and the callback's query."""
    session_id = session_id or uuid4()
    decision = kwargs.pop("decision", "accept")
    choices = kwargs.pop("choices", {})
    trip = grants.begin(
        amend, user_id, session_id, location=kwargs.pop("location", "sandbox"), products=kwargs.pop("products", ("crm", "desk")), **kwargs
    )
    return session_id, consent(grants.departure(amend, user_id, session_id, trip), decision, **choices)


def connect(amend: Amend, user_id: UUID, **kwargs: Any) -> Outcome:
    """A whole trip: the operator's connection to the sandbox."""
    session_id, query = travel(amend, user_id, **kwargs)
    return grants.complete(amend, user_id, session_id, query)
