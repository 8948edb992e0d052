"""``./run tools``, and the script of the README."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from sandbox.server import Sandbox
from service.environment import ROOT
from tests.service.processes import clean_environment
from tests.service.test_cli import run
from tests.walk import add, connect
from zoho.tools import all_tools


def test_tools_are_listed_with_what_they_do(tmp_path: Path) -> None:
    done = run(tmp_path / "instance", "tools")

    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [tool.name for tool in all_tools()]
    assert next(line for line in lines if line.startswith("crm.update_record")).split()[1] == "write"


def test_a_tool_is_shown_with_its_scopes_and_parameters(tmp_path: Path) -> None:
    done = run(tmp_path / "instance", "tools", "crm.query")

    assert "ZohoCRM.coql.READ" in done.stdout
    assert "  query\n" in done.stdout


def test_a_tool_is_written_as_json_with_the_schema_of_its_parameters(tmp_path: Path) -> None:
    (found,) = json.loads(run(tmp_path / "instance", "tools", "desk.update_ticket", "--json").stdout)["tools"]

    assert (found["name"], found["writes"], found["scopes"]) == ("desk.update_ticket", True, [["Desk.tickets.UPDATE"]])
    assert {"id", "name", "fields"} <= set(found["parameters"]["properties"])


def test_a_tool_that_does_not_exist_ends_with_status_2(tmp_path: Path) -> None:
    done = run(tmp_path / "instance", "tools", "crm.delete_everything")

    assert done.returncode == 2
    assert "there is no tool 'crm.delete_everything'" in done.stderr


def test_the_script_of_the_readme_writes_a_record_and_prints_its_receipt(amend, sandbox: Sandbox, settings, tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    file, lead = tmp_path / "script.py", sandbox.ids("Leads")[0]
    file.write_text(script)
    connection = connect(amend, add(amend)).connection_id
    environment = clean_environment(AMEND_INSTANCE_DIR=str(settings.instance_dir), AMEND_SANDBOX_PORT=str(settings.sandbox_port))

    done = subprocess.run(
        [sys.executable, str(file), str(connection), lead],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Done(value=Receipt(")
    assert "'stored'" in done.stdout
    assert sandbox.record("Leads", lead)["City"] == "Bern"
