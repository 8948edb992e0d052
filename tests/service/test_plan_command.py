"""``./run plan``: propose, show, approve, apply, undo, with JSON and exit codes that a script can rely on."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from service.cli import main
from tests.service.processes import clean_environment
from tests.walk import add, connect


@pytest.fixture
def command(amend, sandbox, settings):
    """Run ``./run plan …`` on Ana's connection to the sandbox; the status and the JSON."""
    connect(amend, add(amend))

    environment = clean_environment(AMEND_INSTANCE_DIR=str(settings.instance_dir), AMEND_SANDBOX_PORT=str(settings.sandbox_port))

    def call(*arguments: str, typed: str = "") -> tuple[int, dict]:
        done = CliRunner().invoke(main, ["plan", "--json", *arguments], input=typed, env=environment)
        assert done.stderr == ""
        return done.exit_code, json.loads(done.stdout)

    return call


def write(tmp_path, **content):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(content))
    return str(file)


def test_a_plan_from_a_file_is_proposed_approved_applied_and_undone(command, sandbox, tmp_path):
    ids = sandbox.ids("Leads")[:14]
    before = [sandbox.record("Leads", id)["City"] for id in ids]
    file = write(tmp_path, module="Leads", trigger=[], records=[{"id": id, "fields": {"City": f"Bern {id[-3:]}"}} for id in ids])

    status, proposed = command("propose", file)
    plan = proposed["plan"]
    assert (status, plan["state"], plan["counts"]) == (0, "previewed", {"ready": 14})
    assert plan["rows"][0]["changes"][0]["before"] == before[0]

    status, refused = command("apply", plan["id"])
    assert (status, refused["error"]["code"]) == (2, "refused")
    assert "approve it first" in refused["error"]["message"]
    assert command("approve", plan["id"], "--digest", plan["digest"])[1]["plan"]["is_approved"]
    status, applied = command("apply", plan["id"])
    assert (status, applied["plan"]["state"], applied["plan"]["counts"]) == (0, "done", {"stored": 14})
    assert [sandbox.record("Leads", id)["City"] for id in ids] == [f"Bern {id[-3:]}" for id in ids]

    assert command("apply", plan["id"])[0] == 0
    assert all(len(sandbox.writes(id)) == 1 for id in ids)

    undone = command("undo", plan["id"])[1]["plan"]
    assert undone["undoes_or_retries"] == plan["id"]
    command("approve", undone["id"])
    assert command("apply", undone["id"])[1]["plan"]["counts"] == {"stored": 14}
    assert [sandbox.record("Leads", id)["City"] for id in ids] == before


def test_what_zoho_refuses_ends_with_status_1_and_its_reason(command, sandbox, tmp_path):
    ids = [*sandbox.ids("Leads")[:3], sandbox.special("Leads", "in_approval")]
    file = write(tmp_path, module="Leads", ids=ids, set={"City": "Bern"})
    plan = command("propose", file)[1]["plan"]
    command("approve", plan["id"])

    status, applied = command("apply", plan["id"])
    shown = command("show", plan["id"], "--rows", "refused")[1]["plan"]["rows"]

    assert status == 1
    assert applied["plan"]["counts"]["refused"] == 1
    assert shown[0]["refusals"][0]["zoho_code"] == "NOT_APPROVED"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "plan.json"),
        ('{"module": "Leads"}', "either records, or ids and set"),
        ('{"module": "Leads", "records": [], "extra": 1}', "records"),
        ('{"module": "../x", "ids": ["1"], "set": {"City": "x"}}', "module"),
    ],
)
def test_a_file_that_is_no_plan_ends_with_status_2_and_says_why(command, tmp_path, content, said):
    file = tmp_path / "plan.json"
    file.write_text(content)

    status, answer = command("propose", str(file))

    assert (status, answer["error"]["code"]) == (2, "bad_input")
    assert said in answer["error"]["message"]


def test_an_id_that_is_a_number_is_refused_for_it_has_lost_digits(command, sandbox):
    content = f'{{"module": "Leads", "ids": [{sandbox.ids("Leads")[0]}], "set": {{"City": "x"}}}}'

    status, answer = command("propose", "-", typed=content)

    assert (status, answer["plan"]["counts"]) == (0, {"faulty": 1})
    assert "lost digits" in answer["plan"]["rows"][0]["refusals"][0]["message"]


def test_a_plan_that_is_not_there_ends_with_status_2(command):
    status, answer = command("show", "00000000-0000-0000-0000-000000000000")

    assert (status, answer["error"]["code"]) == (2, "not_found")
