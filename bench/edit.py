"""What one form save costs over the bare HTTP calls it makes, what a 300-field form costs to open, and how soon it is seen.

Here Zoho is the sandbox, in another process: it knows the layouts that a page needs, and closes each connection, so calls are dearer
than in the other benches. Run it with ``.venv/bin/python -m bench.edit``.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import requests

from app import create_app
from bench import form
from bench.race import BARE, Figure, is_quick, more, race, show, table
from bench.visitor import sign_in
from changes import drafts, road
from service.settings import Settings
from store import migrate
from tests.pages import Visitor
from tests.walk import connect
from zoho import connections, tokens
from zoho.runtime import Amend

ROUNDS = 60
FIELDS = 300


def measure(quick: bool = False) -> list[Figure]:
    """Run both races and give what is above the bare calls."""
    with tempfile.TemporaryDirectory() as scratch:
        port = _free_port()
        zoho = subprocess.Popen([sys.executable, "-m", "sandbox", "--port", str(port)], stdout=subprocess.DEVNULL)
        try:
            _wait(port)
            return _measure(Path(scratch), port, 2 if quick else ROUNDS)
        finally:
            zoho.terminate()
            zoho.wait()


def _measure(scratch: Path, port: int, rounds: int) -> list[Figure]:
    settings = Settings.load({}, instance_dir=scratch, sandbox_port=port, public_url=f"http://127.0.0.1:{_free_port()}")
    migrate.upgrade(settings.database_url)
    app = create_app(settings)
    amend: Amend = app.extensions["amend"]
    requests.post(f"http://127.0.0.1:{port}/_sandbox/faults", json={"config": {"wide_module": True}}, timeout=5).raise_for_status()
    user, visitor = sign_in(app)
    connection_id = connect(amend, user.id).connection_id
    try:
        saves = _saves(amend, visitor, user.id, connection_id, rounds)
        page, opening = _form(amend, visitor, connection_id, rounds)
        seen = form.paint(app, visitor, page, min(rounds, 15))
        return [saves, opening, *form.weigh(amend, visitor, connection_id, page), *seen]
    finally:
        amend.close()


def _saves(amend: Amend, visitor: Visitor, user_id: UUID, connection_id: UUID, rounds: int) -> Figure:
    bare, url = _bare(amend, connection_id)
    record_id = _first(bare, url, "Leads", "City")
    page = f"/connections/{connection_id}/records/crm/Leads/{record_id}"
    token = visitor.token(page)
    count = iter(range(10**6))

    def opened() -> Any:
        return drafts.open_record(amend, user_id, connection_id, "crm", "Leads", record_id)

    def form_save(snapshot: Any) -> None:
        data = {"csrf_token": token, "snapshot": str(snapshot.snapshot_id), "present": "City", "f_City": f"City {next(count)}"}
        answer = visitor.client.post(page, data=data)
        assert answer.status_code == 303, answer.text

    def road_save(snapshot: Any) -> None:
        assert road.save(amend, user_id, snapshot, {"City": [f"City {next(count)}"]}).verdict == "stored"  # type: ignore[union-attr]

    def bare_save(snapshot: Any) -> None:
        body = {"data": [{"City": f"City {next(count)}"}]}
        header = {"If-Unmodified-Since": snapshot.record["Modified_Time"]}
        assert bare.put(f"{url}/Leads/{record_id}", json=body, headers=header, timeout=5).json()["data"][0]["code"] == "SUCCESS"
        assert bare.get(f"{url}/Leads/{record_id}", timeout=5).json()["data"]

    result = race({BARE: bare_save, "road alone": road_save, "form save": form_save}, rounds, opened)
    show("one save of one field of a form: conditional write, read back", result)
    return Figure("one form save: CPU above its calls", more(result, "form save", "cpu"), "ms")


def _form(amend: Amend, visitor: Visitor, connection_id: UUID, rounds: int) -> tuple[str, Figure]:
    bare, url = _bare(amend, connection_id)
    record_id = _first(bare, url, "Wide", "id")
    page = f"/connections/{connection_id}/records/crm/Wide/{record_id}"
    visitor.get(page)

    def open_page(_: Any) -> None:
        assert visitor.get(page).status_code == 200

    def bare_read(_: Any) -> None:
        bare.get(f"{url}/Wide/{record_id}", timeout=5).json()

    result = race({BARE: bare_read, "form page": open_page}, rounds)
    show(f"opening a warm form of {FIELDS} fields", result)
    return page, Figure(f"opening a form of {FIELDS} fields: CPU above its call", more(result, "form page", "cpu"), "ms", 60)


def _bare(amend: Amend, connection_id: UUID) -> tuple[requests.Session, str]:
    with amend.reading() as session:
        api = connections.get(session, connection_id).api_domain
    bare = requests.Session()
    bare.headers["Authorization"] = f"Zoho-oauthtoken {tokens.access_token(amend, connection_id)}"
    return bare, f"{api}/crm/v8"


def _first(bare: requests.Session, url: str, module: str, field: str) -> str:
    answer = bare.get(f"{url}/{module}", params={"fields": field, "per_page": 200}, timeout=5).json()
    return str(answer["data"][-1]["id"])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the sandbox did not start")


if __name__ == "__main__":
    table(measure(is_quick(__doc__)))
