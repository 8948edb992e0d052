"""The menu of faults: shown and turned by a person on this machine, by nobody else's page."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import requests

from sandbox.breaks import BREAKS, Break
from sandbox.server import Sandbox
from tests.sandbox.conftest import Caller


def turn(zoho: Sandbox, switch: str, fault: str = "", **headers: str) -> requests.Response:
    data = {"switch": switch, "fault": fault}
    return requests.post(f"{zoho.url}/_sandbox/break", data, headers={"Origin": zoho.url} | headers, allow_redirects=False, timeout=5)


def page(zoho: Sandbox) -> str:
    return unescape(requests.get(f"{zoho.url}/_sandbox/break", timeout=5).text)


def test_there_are_ten_and_none_is_on(zoho: Sandbox) -> None:
    assert len(BREAKS) == 10
    text = page(zoho)
    assert "Nothing is broken." in text
    assert all(f"{each.title} <span" in text and each.says in text for each in BREAKS)


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.slug)
def test_each_goes_on_is_shown_so_and_goes_off(zoho: Sandbox, each: Break, caller: Caller) -> None:
    slug = each.slug
    before = zoho.config.as_json()
    answer = turn(zoho, "on", slug)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/_sandbox/break#{slug}")
    assert "1 of 10 switched on." in page(zoho)
    turn(zoho, "on", slug)
    turn(zoho, "off", slug)
    assert "Nothing is broken." in page(zoho)
    assert zoho.config.as_json() == before


def test_all_off_ends_all(zoho: Sandbox, caller: Caller) -> None:
    kept = zoho.grants[0].refresh_token, zoho.grants[0].scopes
    for each in BREAKS:
        turn(zoho, "on", each.slug)
    assert "10 of 10 switched on." in page(zoho)
    assert turn(zoho, "all-off").status_code == 303
    assert "Nothing is broken." in page(zoho)
    assert (zoho.grants[0].refresh_token, zoho.grants[0].scopes) == kept


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example", "Origin": "http://evil.example"}]
)
def test_another_page_turns_nothing(zoho: Sandbox, headers: dict[str, str]) -> None:
    assert turn(zoho, "on", "profile", **headers).status_code == 403
    assert not zoho.config.no_api_access


def test_a_switch_that_is_none_is_refused(zoho: Sandbox) -> None:
    assert turn(zoho, "on", "everything").status_code == 400
    assert turn(zoho, "sideways", "html").status_code == 400


def test_a_revoked_grant_stays_revoked_over_a_restart_and_can_be_given_back(
    tmp_path: Path, caller_for: Callable[[Sandbox], Caller]
) -> None:
    file = tmp_path / "sandbox.json"
    with Sandbox(state_file=file) as zoho:
        caller_for(zoho).connect()
        token = zoho.grants[0].refresh_token
        turn(zoho, "on", "revoked")
    with Sandbox(state_file=file) as again:
        assert again.grants[0].refresh_token is None
        assert "1 of 10 switched on." in page(again)
        turn(again, "off", "revoked")
        assert again.grants[0].refresh_token == token
