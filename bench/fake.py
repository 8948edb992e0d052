"""The fake CRM as the benches see it, and an Amend that is connected to it by the real trip to the consent page."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import requests

from bench.metadata import ORG
from service.settings import Settings
from store import migrate
from tests import walk
from zoho import runtime
from zoho.limits import OrgLimit
from zoho.runtime import Amend

SUCCESS = "SUCCESS"
_FIRST_ID = 5725767000000500000


@dataclass(frozen=True, slots=True)
class Fake:
    """The running fake, told and asked by requests that it does not count."""

    base: str

    def tell(self, **what: Any) -> dict[str, Any]:
        """``delay_ms`` for each answer, ``forget`` the counts, ``expire`` all access tokens; what it counted so far."""
        answer = requests.post(f"{self.base}/_fake", json=what, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def stored(self, module: str, field: str) -> dict[str, Any]:
        """What it holds of a field, by record id."""
        return dict(requests.get(f"{self.base}/_fake/stored/{module}/{field}", timeout=10).json())

    def token(self, refresh_token: str = f"1000.{7:032x}.{7:032x}") -> str:
        """An access token, fetched as a bare client does."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": "1000.BENCH", "client_secret": "secret"}
        return str(requests.post(f"{self.base}/oauth/v2/token", data=form, timeout=10).json()["access_token"])

    def bare(self) -> Bare:
        """The session that all is compared with."""
        session = requests.Session()
        session.headers["Authorization"] = f"Zoho-oauthtoken {self.token()}"
        return Bare(session, f"{self.base}/crm/v8")


@dataclass(frozen=True, slots=True)
class Bare:
    """A plain keep-alive session, and the least that a caller does with an answer."""

    session: requests.Session
    url: str

    def update(self, module: str, id: str, values: dict[str, Any], since: str | None = None) -> None:
        """One record."""
        headers = {"If-Unmodified-Since": since} if since else None
        answer = self.session.put(f"{self.url}/{module}/{id}", json={"data": [values]}, headers=headers, timeout=30).json()
        assert answer["data"][0]["code"] == SUCCESS, answer

    def update_many(self, module: str, records: list[tuple[str, dict[str, Any]]]) -> None:
        """Up to 100 records."""
        body = {"data": [{**values, "id": id} for id, values in records]}
        answer = self.session.put(f"{self.url}/{module}", json=body, timeout=30).json()
        assert [row["code"] for row in answer["data"]] == [SUCCESS] * len(records)

    def get(self, module: str, id: str) -> dict[str, Any]:
        """One record."""
        return dict(self.session.get(f"{self.url}/{module}/{id}", timeout=30).json()["data"][0])


@contextmanager
def running() -> Iterator[Fake]:
    """A fake CRM in a process of its own, which ends with ours."""
    command = [sys.executable, "-m", "bench.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Fake(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.stdin.close()


@contextmanager
def connected(fake: Fake, now: Callable[[], datetime] | None = None) -> Iterator[tuple[Amend, UUID]]:
    """An Amend with a database of its own and one connection to the fake's organization."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings.load({}, instance_dir=Path(scratch), sandbox_port=int(fake.base.rpartition(":")[2]))
        migrate.upgrade(settings.database_url)
        amend = runtime.build(settings, now=now)
        try:
            connection_id = walk.connect(amend, walk.add(amend), products=("crm",)).connection_id
            with amend.sessions.begin() as session:  # what the organization's edition allows: 20 calls at a time
                session.merge(OrgLimit(org=f"crm:{ORG['id']}", edition="enterprise"))
            yield amend, connection_id
        finally:
            amend.close()


def ids(count: int) -> list[str]:
    """Record ids, all different."""
    return [str(_FIRST_ID + number) for number in range(count)]


def values(number: int) -> dict[str, Any]:
    """Six changed fields of a record; ``City`` tells which write it was."""
    return {
        "City": f"City {number}",
        "Last_Name": "Ruiz",
        "Email": "ana.ruiz@example.com",
        "Phone": "+41 31 555 01 23",
        "No_of_Employees": number,
        "Lead_Status": "Contacted",
    }
