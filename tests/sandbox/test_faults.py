import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
PUT = "PUT /crm/v8/{module}/{id}"


def test_a_status_is_answered_once_and_changes_nothing(zoho, caller):
    id_ = zoho.ids("Leads")[0]
    zoho.fail_next(PUT, status=503, body={"code": "X"}, headers={"Retry-After": "3"})
    failed = caller.put(f"/Leads/{id_}", {"City": "Bern"})
    assert (failed.status_code, failed.json(), failed.headers["Retry-After"]) == (503, {"code": "X"}, "3")
    assert zoho.record("Leads", id_)["City"] != "Bern"
    assert caller.put(f"/Leads/{id_}", {"City": "Bern"}).status_code == 200
    assert zoho.calls(PUT) == 2
    assert zoho.calls("GET /crm/v8/{module}/{id}") == 0
    assert zoho.requests[-1].body == {"data": [{"City": "Bern"}]}


@pytest.mark.parametrize(("fault", "is_applied"), [("reset_before", False), ("reset_after", True), ("truncated", True), ("hang", False)])
def test_transport_faults_do_or_do_not_carry_out_the_write(zoho, caller, fault, is_applied):
    id_ = zoho.ids("Leads")[0]
    zoho.fail_next(PUT, fault=fault, seconds=0.05)
    with pytest.raises(requests.RequestException):
        caller.put(f"/Leads/{id_}", {"City": "Bern"})
    assert (zoho.record("Leads", id_)["City"] == "Bern") is is_applied


def test_answers_that_are_none(zoho, caller):
    zoho.fail_next("GET /crm/v8/org", fault="html", status=401)
    assert caller.crm("GET", "/org").headers["Content-Type"].startswith("text/html")
    zoho.fail_next("GET /crm/v8/org", fault="empty")
    assert caller.crm("GET", "/org").content == b""
    zoho.fail_next("GET /crm/v8/org", fault="drip", seconds=0)
    assert caller.crm("GET", "/org").json()["org"]
    zoho.fail_next("POST /oauth/v2/token", fault="throttled")
    assert caller.refresh("x").status_code == 400


def test_faults_and_switches_are_set_over_http(zoho, caller):
    door = zoho.url + "/_sandbox/faults"
    added = requests.post(door, json={"route": "GET /crm/v8/org", "status": 500, "times": 2, "config": {"desk_orgs": 2}}, timeout=5)
    assert added.status_code == 201
    assert requests.get(door, timeout=5).json()["faults"][0]["times"] == 2
    assert zoho.config.desk_orgs == 2
    assert caller.crm("GET", "/org").status_code == 500
    assert requests.delete(door, params={"config": "1"}, timeout=5).json()["faults"] == []
    assert zoho.config.desk_orgs == 1
    assert caller.crm("GET", "/org").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"route": "nonsense", "status": 500}, {"route": "GET /x", "fault": "magic"}, {"config": {"nothing": 1}}, [], {"route": "GET /x"}],
)
def test_nonsense_over_http_is_refused(zoho, wrong):
    assert requests.post(zoho.url + "/_sandbox/faults", json=wrong, timeout=5).status_code == 400
    assert not zoho.config.as_json()["wide_module"]


def test_a_page_of_somebody_else_cannot_turn_switches(zoho):
    door = zoho.url + "/_sandbox/faults"
    assert requests.post(door, data=json.dumps({"config": {}}), headers={"Content-Type": "text/plain"}, timeout=5).status_code == 403
    assert requests.get(door, headers={"Host": "evil.example"}, timeout=5).status_code == 403


def test_state_survives_a_restart_and_damage_is_set_aside(tmp_path, clock, caller_for):
    file = tmp_path / "sandbox.json"
    with Sandbox(now=clock, state_file=file) as zoho:
        caller = caller_for(zoho)
        granted = caller.connect()
        id_ = zoho.ids("Leads")[5]
        caller.put(f"/Leads/{id_}", {"City": "Bern", "Score": 1.5})
        caller.desk("PATCH", f"/tickets/{next(iter(zoho.tickets))}", json={"subject": "Kept"})
    clock.advance(minutes=5)
    with Sandbox(now=clock, state_file=file) as zoho:
        again = caller_for(zoho)
        again.token = granted["access_token"]
        assert again.crm("GET", f"/Leads/{id_}").json()["data"][0]["City"] == "Bern"
        assert zoho.tickets[next(iter(zoho.tickets))]["subject"] == "Kept"
        assert "access_token" in again.refresh(granted["refresh_token"]).json()
    assert file.stat().st_mode & 0o077 == 0
    for damage in (
        "{",
        "[]",
        '{"version": 1, "started_at": 5}',
        '{"version":1,"started_at":"2026-01-01T00:00:00+00:00","grants":{"all":[{}],"seen":[]}}',
    ):
        file.write_text(damage)
        with Sandbox(now=clock, state_file=file) as zoho:
            assert caller_for(zoho).connect()["refresh_token"]
        assert (tmp_path / "sandbox.json.damaged").read_text() == damage


def test_it_serves_from_the_command_line_until_told_to_stop(tmp_path):
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state-file", str(tmp_path / "s.json")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ""}) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert requests.get(url + "/oauth/serverinfo", timeout=5).json()["result"] == "success"
        assert "not Zoho" in requests.get(url, timeout=5).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_it_listens_on_loopback_only():
    command = [sys.executable, "-m", "sandbox", "--host", "0.0.0.0", "--port", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert "loopback" in ended.stderr
