"""What a failure looks like: its cause, one next step, the check that tells more, and Zoho's own words folded."""

from __future__ import annotations

from uuid import UUID

import pytest

from sandbox.server import Sandbox
from tests.pages import Visitor, text_of
from tests.web.connecting import connected
from tests.web.editing import edit_path, open_form, press

GET, PUT = "GET /crm/v8/{module}/{id}", "PUT /crm/v8/{module}/{id}"


def refused(code: str, message: str = "no", **details: object) -> dict[str, object]:
    return {"code": code, "details": details, "message": message, "status": "error"}


@pytest.fixture
def connection_id(client: Visitor, sandbox: Sandbox) -> UUID:
    return connected(client)


@pytest.fixture
def lead(sandbox: Sandbox) -> str:
    return next(id_ for id_ in sandbox.ids("Leads") if id_ not in sandbox.hostile("Leads"))


@pytest.mark.parametrize(
    ("fault", "check", "button"),
    [
        ({"status": 500, "body": refused("INTERNAL_ERROR")}, "last_calls", "Try again"),
        ({"status": 403, "body": refused("NO_PERMISSION")}, "crm_records", "Open the diagnostics"),
        ({"status": 401, "body": refused("INVALID_TOKEN")}, "data_center", "Reconnect"),
        ({"status": 400, "body": refused("NEW_CODE", "words of Zoho's own")}, "last_calls", "Try again"),
    ],
)
def test_an_error_page_has_one_next_step_and_leads_to_the_check_that_tells_more(
    client: Visitor, sandbox: Sandbox, connection_id: UUID, lead: str, fault: dict[str, object], check: str, button: str
) -> None:
    sandbox.fail_next(GET, times=None, headers={"X-Request-Id": "r-7"}, **fault)
    page = client.get(edit_path(connection_id, "crm", "Leads", lead))
    assert page.status_code >= 400
    assert page.text.count("btn-primary") == 1
    assert button in text_of(page)
    assert f'href="/connections/{connection_id}#check-{check}"' in page.text
    assert f'id="check-{check}"' in client.get(f"/connections/{connection_id}").text
    folded = text_of(page).partition("Details for support")[2]
    assert "r-7" in folded
    assert fault["body"]["code"] in folded  # type: ignore[index]


def test_an_unknown_code_keeps_zohos_own_words(client: Visitor, sandbox: Sandbox, connection_id: UUID, lead: str) -> None:
    sandbox.fail_next(GET, status=400, body=refused("NEW_CODE", "words of Zoho's own"))
    assert "words of Zoho's own" in text_of(client.get(edit_path(connection_id, "crm", "Leads", lead)))


def test_a_duplicate_leads_to_the_other_record(client: Visitor, sandbox: Sandbox, connection_id: UUID, lead: str) -> None:
    other = sandbox.ids("Leads")[1]
    row = refused("DUPLICATE_DATA", api_name="Email", duplicate_record={"id": other, "module": {"api_name": "Leads"}})
    sandbox.fail_next(PUT, status=400, body={"data": [row]})
    page = press(client, open_form(client, connection_id, "crm", "Leads", lead).type("City", "Bern"))
    assert page.status_code == 422
    assert f'href="{edit_path(connection_id, "crm", "Leads", other)}">Open that record</a>' in page.text


@pytest.mark.parametrize("other", [None, "x", [], {"id": "javascript:", "module": {"api_name": "Leads"}}, {"id": "7"}, {"module": "Leads"}])
def test_a_duplicate_that_zoho_does_not_name_has_no_link(
    client: Visitor, sandbox: Sandbox, connection_id: UUID, lead: str, other: object
) -> None:
    sandbox.fail_next(PUT, status=400, body={"data": [refused("DUPLICATE_DATA", api_name="Email", duplicate_record=other)]})
    page = press(client, open_form(client, connection_id, "crm", "Leads", lead).type("City", "Bern"))
    assert page.status_code == 422
    assert "Open that record" not in page.text


def test_a_save_that_fails_shows_the_request_and_its_check(client: Visitor, sandbox: Sandbox, connection_id: UUID, lead: str) -> None:
    form = open_form(client, connection_id, "crm", "Leads", lead).type("City", "Bern")
    sandbox.fail_next(PUT, status=403, body=refused("NO_PERMISSION"), headers={"X-Request-Id": "r-8"})
    page = press(client, form)
    assert "What you typed is kept." in text_of(page)
    assert "r-8" in text_of(page)
    assert f"/connections/{connection_id}#check-crm_records" in page.text
