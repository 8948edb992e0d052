"""The pages of plans of many: the list, the preview and its approval, what is going on, every row, and what can be done again.

One file, though long: its fixtures bring a plan into each of its states, and every page is looked at in several of them.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from changes import jobs, rows, runner
from changes.jobs import JobState
from people import Operator
from sandbox.server import Sandbox
from tests import walk
from tests.changes import planning
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from zoho.runtime import Amend

BATCH = "PUT /crm/v8/{module}"


class Walk:
    """Ana with plans of her own: proposes as the page that proposes does, and lets the worker work."""

    def __init__(self, amend: Amend, client: Visitor, operator: Operator, connection_id: UUID, sandbox: Sandbox) -> None:
        self.amend, self.client, self.user_id, self.connection_id, self.sandbox = amend, client, operator.id, connection_id, sandbox
        self.ids = [id for id in sandbox.ids("Leads") if id not in sandbox.hostile("Leads")]

    def propose(self, number: int = 3, values: dict[str, Any] | None = None, **more: Any) -> str:
        """A previewed plan over the first leads; its path."""
        ids = more.pop("ids", None) or self.ids[:number]
        more.setdefault("fields", {"City": "City", "Phone": "Phone"})
        plan_id = planning.propose(self.amend, self.user_id, self.connection_id, ids, values or {"City": "Zürich"}, **more)
        return f"/plans/{plan_id}"

    def mixed(self) -> str:
        """One row that changes something, one that changes nothing, one that must be mended."""
        self.sandbox.edit("Leads", self.ids[1], City="Zürich")
        records = [{"id": id, "fields": {"City": "Zürich"}} for id in self.ids[:2]]
        records.append({"id": self.ids[2], "fields": {"City": "Zürich", "Phone": "1" * 41}})
        return self.propose(source={"kind": "json", "records": records})

    def work(self, path: str) -> None:
        """What the worker does."""
        runner.run(self.amend, UUID(path.split("/")[2]))

    def job(self, path: str) -> jobs.Job:
        return jobs.load(self.amend, UUID(path.split("/")[2]))

    def rows(self, path: str) -> list[rows.Row]:
        return rows.page(self.amend, UUID(path.split("/")[2]), -1, 1000)

    def approve(self, path: str, **more: str) -> Any:
        return self.client.post(f"{path}/approve", {"digest": self.job(path).digest or "", **more}, page=path)

    def carry_out(self, path: str) -> None:
        assert self.approve(path).status_code == 303
        self.work(path)

    def press(self, path: str, action: str, **data: str) -> Any:
        return self.client.post(f"{path}/{action}", data, page=path)

    def text(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200
        return text_of(answer)


@pytest.fixture
def ana(amend: Amend, client: Visitor, operator: Operator, connection_id: UUID, sandbox: Sandbox) -> Walk:
    return Walk(amend, client, operator, connection_id, sandbox)


def test_an_empty_list_says_how_to_begin(client: Visitor) -> None:
    answer = client.get("/plans")

    assert "No plan was made yet." in text_of(answer)
    assert 'href="/plans/new"' in answer.text


def test_the_list_has_one_line_a_plan_newest_first_in_pages(ana: Walk, clock: Clock) -> None:
    first = ana.propose(2)
    clock.advance(minutes=1)
    second = ana.propose(1)

    answer = ana.client.get("/plans")

    assert answer.text.index(second) < answer.text.index(first)
    assert "2 will change" in text_of(answer)
    assert "waits for you" in text_of(answer)
    older = ana.client.get("/plans", query_string={"before": ana.job(second).plan.created_at.isoformat()}).text
    assert first in older
    assert second not in older


def test_the_preview_counts_and_shows_before_and_after(ana: Walk) -> None:
    before = ana.sandbox.record("Leads", ana.ids[0])["City"]
    path = ana.mixed()

    text = ana.text(path)

    assert "1 will change, 1 must be mended, 1 changes nothing and is dropped" in text
    assert f"City {before} → to Zürich" in text
    assert "Nothing was sent. It waits for your approval until" in text
    assert "Approve and write 1 record" in text
    assert "API credits" in text
    assert not re.search(r"<button[^>]*>[^<]*Save", ana.client.get(path).text)


def test_an_approved_plan_tells_stored_first_and_links_each_row_to_its_receipt(ana: Walk) -> None:
    path = ana.propose(3)

    ana.carry_out(path)

    answer = ana.client.get(path)
    assert re.search(r'role="status"[^>]*>\s*<h1>3 stored</h1>', answer.text)
    receipts = re.findall(r'href="(/history/[0-9a-f-]+)"', answer.text)
    assert len(receipts) == 3
    receipt = ana.client.get(receipts[0])
    assert "Stored. Zoho now shows City = Zürich." in text_of(receipt)
    assert path in receipt.text


def test_an_approval_is_bound_to_what_was_shown(ana: Walk) -> None:
    path = ana.propose(2)

    answer = ana.client.post(f"{path}/approve", {"digest": "another"}, page=path)

    assert answer.status_code == 409
    assert "The plan is not as it was shown to you any more." in text_of(answer)
    assert ana.job(path).state == JobState.PREVIEWED


def test_approving_twice_lets_it_run_once(ana: Walk) -> None:
    path = ana.propose(2)
    digest = ana.job(path).digest or ""
    ana.carry_out(path)

    answer = ana.client.post(f"{path}/approve", {"digest": digest}, page=path)
    ana.work(path)

    assert answer.status_code == 409
    assert "It runs once." in text_of(answer)
    assert len(ana.sandbox.matching(BATCH)) == 2


def test_more_than_a_thousand_rows_want_their_number_typed(ana: Walk) -> None:
    path = ana.propose(3)
    make_larger(ana, path, 1_500)
    assert "Type 1,500 to approve" in ana.text(path)

    refused = ana.approve(path, typed="15")

    assert refused.status_code == 409
    assert "Type the number of rows" in text_of(refused)
    assert 'value="15"' in refused.text
    assert ana.approve(path, typed="1,500").status_code == 303


def make_larger(ana: Walk, path: str, number: int) -> None:
    """As many rows that are ready, straight into the database: reading so many records would only take time."""
    plan_id = UUID(path.split("/")[2])
    with ana.amend.writing() as transaction:
        transaction.execute(jobs.TABLE.update().where(jobs.TABLE.c.plan_id == plan_id).values(counts={"ready": number}, total=number))


def test_the_automations_are_chosen_here_and_kept_with_each_receipt(ana: Walk) -> None:
    path = ana.propose(2, options={})
    digest = ana.job(path).digest
    assert "All (Zoho's default)" in ana.text(path)

    assert ana.press(path, "options", automations="some", run="workflow").status_code == 303
    ana.work(path)

    assert ana.job(path).digest not in (None, digest)
    assert "Only: Workflow rules" in ana.text(path)
    ana.carry_out(path)
    assert [call.body["trigger"] for call in ana.sandbox.matching(BATCH)] == [["workflow"]] * 2
    receipt = ana.client.get(f"/history/{ana.rows(path)[0].id}")
    assert "Only: Workflow rules" in text_of(receipt)
    assert ana.press(path, "options", automations="none").status_code == 409


def test_a_faulty_cell_is_mended_in_place(ana: Walk) -> None:
    path = ana.mixed()
    row = ana.rows(path)[2]
    answer = ana.client.get(path)
    assert "at most 30" in text_of(answer)
    assert re.search(r'<label for="(cell-2-0)"[^>]*>Phone</label>\s*<input[^>]*id="\1"', answer.text)

    mended = ana.press(path, f"rows/{row.id}/mend", f_Phone="+41 44 1")
    assert mended.status_code == 303
    assert mended.location.endswith("#row-3")
    ana.work(path)

    assert "2 will change" in ana.text(path)
    ana.carry_out(path)
    assert ana.sandbox.record("Leads", ana.ids[2])["Phone"] == "+41 44 1"
    assert ana.sandbox.record("Leads", ana.ids[2])["City"] == "Zürich"


def test_a_row_can_be_left_out(ana: Walk) -> None:
    path = ana.propose(3)
    row = ana.rows(path)[1]
    kept = ana.sandbox.record("Leads", row.record_id)["City"]

    assert ana.press(path, f"rows/{row.id}/leave-out").status_code == 303
    ana.work(path)

    assert "2 will change, 1 is left alone" in ana.text(path)
    ana.carry_out(path)
    assert ana.sandbox.record("Leads", row.record_id)["City"] == kept
    assert ana.press(path, f"rows/{row.id}/leave-out").status_code == 409


def test_a_record_that_moved_makes_the_plan_stale_and_shows_three_values(ana: Walk) -> None:
    path = ana.propose(2)
    before = ana.sandbox.record("Leads", ana.ids[0])["City"]
    assert ana.approve(path).status_code == 303
    ana.sandbox.edit("Leads", ana.ids[0], by="Noor Haddad", City="Basel")
    ana.work(path)

    text = ana.text(f"{path}?kind=moved")

    assert ana.job(path).state == JobState.STALE
    assert "1 record changed after the preview, so nothing was sent." in text
    assert f"was {before} , is now Basel , yours Zürich" in text
    assert ana.sandbox.matching(BATCH) == []
    assert ana.press(path, "preview").status_code == 303
    ana.work(path)
    assert "City Basel → to Zürich" in ana.text(path)


def test_a_record_that_moved_after_the_approval_is_skipped_with_three_values(ana: Walk) -> None:
    path = ana.propose(2)
    before = ana.sandbox.record("Leads", ana.ids[0])["City"]
    assert ana.approve(path).status_code == 303
    ana.sandbox.edit("Leads", ana.ids[0], by="Noor Haddad", City="Basel")
    set_state(ana, path, JobState.RUNNING)  # the last check before the sending was over when the record moved
    ana.work(path)

    assert "1 stored, 1 skipped" in ana.text(path)
    assert f"was {before} , is now Basel , yours Zürich" in ana.text(f"{path}?kind=skipped")
    assert ana.sandbox.record("Leads", ana.ids[0])["City"] == "Basel"


def test_a_plan_that_zoho_changes_halts_and_says_why(ana: Walk) -> None:
    ana.sandbox.config.automation = {"Leads": {"City": "Genf"}}
    path = ana.propose(5, options={})
    ana.carry_out(path)

    text = ana.text(path)

    assert "0 stored, 1 not stored, 4 queued" in text or "0 stored, 1 stored differently, 4 queued" in text
    assert "stopped by itself" in text
    assert "stored something else than was sent" in text
    assert "Zoho now: Genf" in text
    ana.sandbox.config.automation = False
    assert ana.press(path, "resume").status_code == 303
    ana.work(path)
    assert "4 stored, 1 " in ana.text(path)


def test_a_plan_without_a_token_waits_and_names_the_button(ana: Walk) -> None:
    path = ana.propose(2)
    assert ana.approve(path).status_code == 303
    ana.sandbox.revoke_all()
    ana.work(path)

    answer = ana.client.get(path)

    assert ana.job(path).state == JobState.PARKED
    assert "It goes on where it is once the account is connected again." in text_of(answer)
    assert re.search(r'<a class="btn btn-primary" href="/connect[^"]*">Reconnect</a>', answer.text)
    assert "hx-get" in answer.text


def test_a_plan_that_waits_for_zoho_says_until_when(ana: Walk) -> None:
    path = ana.propose(2)
    assert ana.approve(path).status_code == 303
    ana.sandbox.fail_next("GET /crm/v8/{module}", status=503, times=None)
    ana.work(path)

    assert "it goes on by itself at" in ana.text(path)
    ana.sandbox.clear_faults()
    assert ana.press(path, "resume").status_code == 303
    ana.work(path)
    assert "2 stored" in ana.text(path)


def test_a_plan_can_be_paused_and_go_on(ana: Walk) -> None:
    path = ana.propose(2)
    assert ana.approve(path).status_code == 303
    set_state(ana, path, JobState.RUNNING)

    assert ana.press(path, "pause").status_code == 303
    assert "Paused: nothing new is sent" in ana.text(path)
    assert ana.press(path, "resume").status_code == 303
    ana.work(path)
    assert "2 stored" in ana.text(path)


def set_state(ana: Walk, path: str, state: JobState) -> None:
    with ana.amend.writing() as transaction:
        transaction.execute(jobs.TABLE.update().where(jobs.TABLE.c.plan_id == UUID(path.split("/")[2])).values(state=state))


def test_a_plan_can_be_discarded(ana: Walk) -> None:
    path = ana.propose(2)

    assert ana.press(path, "stop").status_code == 303

    assert "It was discarded before anything was sent" in ana.text(path)
    assert ana.approve(path).status_code == 409
    late = ana.press(path, "stop")
    assert late.status_code == 303
    assert "The plan had moved on meanwhile" in ana.text(path)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (JobState.READING, "The rows are being read from their source."),
        (JobState.PREVIEWING, "Previewing: 2 of 2 rows looked at."),
        (JobState.CHECKING, "Checking that no record moved since the preview."),
        (JobState.RUNNING, "The first row goes ahead."),
    ],
)
def test_a_plan_at_work_is_followed_with_and_without_scripts(ana: Walk, state: JobState, said: str) -> None:
    path = ana.propose(2)
    if state in (JobState.CHECKING, JobState.RUNNING):
        assert ana.approve(path).status_code == 303
    set_state(ana, path, state)

    answer = ana.client.get(path)

    assert said in text_of(answer)
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in answer.text
    part = re.search(r'hx-get="([^"]+)"', answer.text)
    assert part is not None
    still = ana.client.get(part[1])
    assert said in text_of(still)
    assert "data-news" not in still.text
    set_state(ana, path, JobState.DONE)
    news = ana.client.get(part[1]).text
    assert "data-news" in news
    assert "hx-get" not in news


def test_a_source_that_cannot_be_read_says_why(ana: Walk) -> None:
    path = ana.propose(source={"kind": "json", "records": []})

    text = ana.text(path)

    assert ana.job(path).state == JobState.FAILED
    assert "There is no record in it. Nothing was sent." in text
    assert "Look at the source and propose it again." in text


def test_failed_rows_are_mended_and_tried_again_in_a_plan_of_their_own(ana: Walk) -> None:
    good = {"id": ana.ids[3], "fields": {"City": "Chur"}}
    bad = {"id": ana.ids[4], "fields": {"City": "Chur", "Phone": "1" * 41}}
    mixed = ana.propose(source={"kind": "json", "records": [good, bad]})
    ana.carry_out(mixed)
    assert "1 stored" in ana.text(mixed)
    assert "Not sent: 1 was never mended." in ana.text(mixed)
    row = ana.rows(mixed)[1]
    assert "Mend and retry" in ana.text(mixed)

    child = ana.press(mixed, f"rows/{row.id}/mend", retry="1", f_Phone="+41 44 9")

    assert child.status_code == 303
    assert child.location != mixed
    ana.work(child.location)
    ana.carry_out(child.location)
    assert ana.sandbox.record("Leads", ana.ids[4])["Phone"] == "+41 44 9"
    assert child.location in ana.client.get(mixed).text
    assert mixed in ana.client.get(child.location).text


def test_a_plan_is_undone_by_a_plan_and_that_one_too(ana: Walk) -> None:
    before = [ana.sandbox.record("Leads", id)["City"] for id in ana.ids[:3]]
    path = ana.propose(3)
    ana.carry_out(path)

    undo = ana.press(path, "undo")
    assert undo.status_code == 303
    ana.work(undo.location)
    ana.carry_out(undo.location)

    assert [ana.sandbox.record("Leads", id)["City"] for id in ana.ids[:3]] == before
    assert "3 stored" in ana.text(undo.location)
    assert f'<a href="{path}">' in ana.client.get(undo.location).text
    again = ana.press(undo.location, "undo").location
    ana.work(again)
    ana.carry_out(again)
    assert ana.sandbox.record("Leads", ana.ids[0])["City"] == "Zürich"


def test_rows_are_found_by_kind_by_record_and_by_number(ana: Walk) -> None:
    path = ana.propose(60)

    first, last = ana.client.get(path).text, ana.client.get(f"{path}?row=60").text

    assert 'id="row-50"' in first
    assert 'id="row-51"' not in first
    assert f"{path}?after=49" in first
    assert re.findall(r'id="row-(\d+)"', last) == ["60"]
    assert re.findall(r'id="row-(\d+)"', ana.client.get(f"{path}?kind=ready&after=57").text) == ["59", "60"]
    assert re.findall(r'id="row-(\d+)"', ana.client.get(f"{path}?record={ana.ids[6]}").text) == ["7"]
    assert "No row here." in text_of(ana.client.get(f"{path}?kind=refused"))
    for query in ("kind=x", "after=x", "after=99999999999999999999", "row=-1", "row=1e9", "record=x", "record=1"):
        assert ana.client.get(f"{path}?{query}").status_code == 200


def test_the_rows_can_be_downloaded_safely(ana: Walk) -> None:
    ana.sandbox.edit("Leads", ana.ids[0], City="=1+1", Last_Name="@SUM(A1)", First_Name="")
    path = ana.propose(2, {"City": "+41 44"})
    ana.carry_out(path)

    answer = ana.client.get(f"{path}/rows.csv")

    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = [*csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))]
    assert lines[0][:4] == ["Line", "Record id", "Record", "Field"]
    row = next(line for line in lines if line[1] == ana.ids[0])
    assert row[2:8] == ["'@SUM(A1)", "City", "'=1+1", "'+41 44", "'+41 44", "stored"]
    assert f"/history/{ana.rows(path)[0].id}" in row[9]
    assert len([*csv.reader(io.StringIO(ana.client.get(f"{path}/rows.csv?kind=refused").text))]) == 1


def test_hostile_values_are_shown_as_text_and_cut(ana: Walk) -> None:
    ana.sandbox.edit("Leads", ana.ids[0], Last_Name="<script>alert(1)</script>\u202e", Description="<b>" + "y" * 31_000)
    path = ana.propose(1, {"Description": "z" * 32_000}, fields={"Description": "Description"})

    answer = ana.client.get(path)

    assert "<script>alert" not in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "z" * 301 not in answer.text
    assert "all 32,000 characters" in answer.text
    assert "z" * 32_000 in ana.client.get(f"{path}?record={ana.ids[0]}").text


def test_rows_of_plans_do_not_flood_the_history(ana: Walk) -> None:
    path = ana.propose(3)
    ana.carry_out(path)
    row = ana.rows(path)[0]

    listed = ana.client.get("/history").text
    of_record = ana.client.get(f"/history?product=crm&module=Leads&record={row.record_id}").text

    assert str(row.id) not in listed
    assert '<a href="/plans">Plans</a>' in listed
    assert str(row.id) in of_record


def test_a_row_that_was_not_sent_has_no_receipt(ana: Walk) -> None:
    row = ana.rows(ana.propose(1))[0]

    assert ana.client.get(f"/history/{row.id}").status_code == 404


def test_anothers_plan_is_absent(ana: Walk, amend: Amend) -> None:
    other = walk.add(amend, "noor@example.com")
    connection_id = walk.connect(amend, other).connection_id
    assert connection_id is not None
    plan_id = planning.propose(amend, other, connection_id, ana.ids[:1], {"City": "Zürich"})
    row = rows.page(amend, plan_id, -1, 1)[0]
    token = ana.client.token("/plans")

    for path in ("", "/progress", "/rows.csv"):
        assert ana.client.get(f"/plans/{plan_id}{path}").status_code == 404
    actions = (
        "approve",
        "options",
        "pause",
        "resume",
        "stop",
        "preview",
        "undo",
        "retry",
        f"rows/{row.id}/mend",
        f"rows/{row.id}/leave-out",
    )
    for action in actions:
        answer = ana.client.client.post(f"/plans/{plan_id}/{action}", data={"csrf_token": token})
        assert answer.status_code == 404, action
    assert str(plan_id) not in ana.client.get("/plans").text
    assert ana.client.get(f"/plans/{uuid4()}").status_code == 404
    assert jobs.load(amend, plan_id).state == JobState.PREVIEWED


def test_an_old_preview_cannot_be_approved(ana: Walk) -> None:
    path = ana.propose(1)
    with ana.amend.writing() as transaction:
        transaction.execute(jobs.TABLE.update().values(expires_at=ana.amend.now()))

    answer = ana.client.get(path)

    assert "This preview is too old to be approved." in text_of(answer)
    assert "Approve and write" not in answer.text
