from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.server import Sandbox

SCOPES = (
    "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.apis.READ,ZohoSearch.securesearch.READ,"
    "Desk.tickets.READ,Desk.tickets.UPDATE,Desk.contacts.READ,Desk.contacts.UPDATE,Desk.tasks.READ,Desk.products.READ,Desk.basic.READ,"
    "Desk.settings.READ,Desk.search.READ,AaaServer.profile.READ"
)
BACK = "http://127.0.0.1:9/connect/callback"
CLIENT = {"client_id": "1000.SANDBOX", "client_secret": "sandbox-secret"}


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Caller:
    """Speaks to a sandbox as a client would, over HTTP."""

    zoho: Sandbox
    token: str = ""
    org: str | None = "3981311"

    def consent(self, scope: str = SCOPES, decision: str = "accept", form: dict[str, str] | None = None, **query: str) -> dict[str, str]:
        asked = {"response_type": "code", "client_id": "1000.SANDBOX", "redirect_uri": BACK, "scope": scope, "state": "s"}
        asked |= {"access_type": "offline", "prompt": "consent"} | query
        data = {"decision": decision, **(form or {})}
        answer = requests.post(self.zoho.accounts_url + "/oauth/v2/auth", params=asked, data=data, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def post_token(self, **form: str) -> requests.Response:
        return requests.post(self.zoho.accounts_url + "/oauth/v2/token", data=CLIENT | form, timeout=5)

    def exchange(self, code: str, **form: str) -> dict[str, Any]:
        return self.post_token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK} | form).json()

    def connect(self, scope: str = SCOPES, **form: str) -> dict[str, Any]:
        granted = self.exchange(self.consent(scope, form=form)["code"])
        self.token = granted["access_token"]
        return granted

    def refresh(self, token: str) -> requests.Response:
        return self.post_token(grant_type="refresh_token", refresh_token=token)

    def crm(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}"} | more.pop("headers", {})
        return requests.request(method, f"{self.zoho.api_url}/crm/v8{path}", headers=headers, timeout=5, **more)

    def put(self, path: str, *records: dict[str, Any], headers: dict[str, str] | None = None, **body: Any) -> requests.Response:
        return self.crm("PUT", path, json={"data": list(records), **body}, headers=headers or {})

    def desk(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}"} | ({"orgId": self.org} if self.org else {})
        return requests.request(method, f"{self.zoho.desk_url}/api/v1{path}", headers=headers, timeout=5, **more)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def zoho(clock: Callable[[], datetime]) -> Iterator[Sandbox]:
    with Sandbox(now=clock) as running:
        yield running


@pytest.fixture
def caller(zoho: Sandbox) -> Caller:
    made = Caller(zoho)
    made.connect()
    return made


@pytest.fixture
def caller_for() -> Callable[[Sandbox], Caller]:
    return Caller
