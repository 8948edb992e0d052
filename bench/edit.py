"""What one form save costs over the bare HTTP calls it makes, and what a 300-field form costs to open.

Run it with ``.venv/bin/python -m bench.edit`` once ``./test`` has set things up. The
sandbox runs as another process, so its work is not counted. Ratios compare with ``requests`` on one keep-alive session making
the same calls in the same run; rounds alternate, so that a busy machine slows both.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import requests

from app import create_app
from changes import drafts, road
from people.sessions import open_session
from people.users import User
from service.settings import Settings
from store import migrate
from tests.pages import Visitor
from tests.walk import connect
from zoho import connections, tokens
from zoho.runtime import Amend

ROUNDS = 60
FIELDS = 300


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        port = _free_port()
        zoho = subprocess.Popen([sys.executable, "-m", "sandbox", "--port", str(port)], stdout=subprocess.DEVNULL)
        try:
            _wait(port)
            _measure(Path(scratch), port)
        finally:
            zoho.terminate()
            zoho.wait()


def _measure(scratch: Path, port: int) -> None:
    settings = Settings.load({}, instance_dir=scratch, sandbox_port=port)
    migrate.upgrade(settings.database_url)
    app = create_app(settings)
    amend: Amend = app.extensions["amend"]
    requests.post(f"http://127.0.0.1:{port}/_sandbox/faults", json={"config": {"wide_module": True}}, timeout=5).raise_for_status()
    user = User(email="bench@example.com", name="Bench", password_hash="none", failed_count=0, created_at=amend.now())
    with amend.sessions.begin() as session:
        session.add(user)
    with amend.sessions.begin() as session:
        operator = open_session(session, user, amend.now())
    visitor = Visitor(app.test_client())
    with visitor.client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = operator.get_id(), True
    connection_id = connect(amend, user.id).connection_id
    _saves(amend, visitor, user.id, connection_id)
    _form(amend, visitor, connection_id)


def _saves(amend: Amend, visitor: Visitor, user_id: UUID, connection_id: UUID) -> None:
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

    wall, cpu = _race({"form save": form_save, "road alone": road_save, "bare calls": bare_save}, opened)
    print(f"One save of one field: conditional write, read back ({ROUNDS} rounds, medians)")
    _print(wall, cpu, "bare calls")


def _form(amend: Amend, visitor: Visitor, connection_id: UUID) -> None:
    bare, url = _bare(amend, connection_id)
    record_id = _first(bare, url, "Wide", "id")
    page = f"/connections/{connection_id}/records/crm/Wide/{record_id}"
    size = len(visitor.get(page).data)

    def open_page(_: Any) -> None:
        assert visitor.get(page).status_code == 200

    def bare_read(_: Any) -> None:
        bare.get(f"{url}/Wide/{record_id}", timeout=5).json()

    wall, cpu = _race({"form page": open_page, "bare call": bare_read}, lambda: None)
    print(f"\nOpening a warm form of {FIELDS} fields: one call ({ROUNDS} rounds, medians), {size // 1024} KiB of HTML")
    _print(wall, cpu, "bare call")


def _race(runners: dict[str, Callable[[Any], None]], prepare: Callable[[], Any]) -> tuple[dict[str, float], dict[str, float]]:
    """Median wall and CPU milliseconds of each, in turns; what ``prepare`` does is not counted."""
    wall: dict[str, list[float]] = {name: [] for name in runners}
    cpu: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(ROUNDS + 3):
        for name, run in runners.items():
            given = prepare()
            started, used = time.perf_counter(), time.process_time()
            run(given)
            wall[name].append((time.perf_counter() - started) * 1000)
            cpu[name].append((time.process_time() - used) * 1000)
    return ({name: median(taken[3:]) for name, taken in all_.items()} for all_ in (wall, cpu))  # type: ignore[return-value]


def _print(wall: dict[str, float], cpu: dict[str, float], base: str) -> None:
    print(f"{'':12}{'wall ms':>9}{'ratio':>7}{'more':>7}{'CPU ms':>9}{'ratio':>7}{'more':>7}")
    for name in wall:
        columns = (wall[name], wall[name] / wall[base], wall[name] - wall[base], cpu[name], cpu[name] / cpu[base], cpu[name] - cpu[base])
        print(f"{name:12}" + "".join(f"{value:>{width}.1f}" for value, width in zip(columns, (9, 7, 7, 9, 7, 7), strict=True)))


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
    main()
