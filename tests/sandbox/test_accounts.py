import re

import pytest
import requests

from sandbox.server import Sandbox


def test_consent_page_names_scopes_and_person_and_says_that_it_is_not_zoho(zoho):
    asked = {
        "response_type": "code",
        "client_id": "1000.SANDBOX",
        "redirect_uri": "http://127.0.0.1:9/back",
        "scope": "ZohoCRM.org.READ,Desk.basic.READ",
    }
    answer = requests.get(zoho.url + "/oauth/v2/auth", params=asked, timeout=5)
    assert answer.status_code == 200
    for text in ("this is not Zoho", "Maria García", "Zylker Demo", "ZohoCRM.org.READ", "Desk.basic.READ", ">Accept<", ">Reject<"):
        assert text in answer.text
    style = re.search(r'href="(/_sandbox/[^"]+)"', answer.text)
    assert style is not None
    assert requests.get(zoho.url + style[1], timeout=5).headers["Content-Type"].startswith("text/css")
    assert "<style" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [{"client_id": "1000.OTHER"}, {"redirect_uri": "app://x"}, {"scope": "ZohoCRM.org.READ,Desk.contacts.ALL"}, {"response_type": "token"}],
)
def test_a_request_that_zoho_refuses_ends_on_its_own_page_and_never_calls_back(zoho, wrong):
    asked = {
        "response_type": "code",
        "client_id": "1000.SANDBOX",
        "redirect_uri": "http://127.0.0.1:9/back",
        "scope": "ZohoCRM.org.READ",
    } | wrong
    for answer in (
        requests.get(zoho.url + "/oauth/v2/auth", params=asked, timeout=5),
        requests.post(zoho.url + "/oauth/v2/auth", params=asked, data={"decision": "accept"}, allow_redirects=False, timeout=5),
    ):
        assert answer.status_code == 400
        assert "Location" not in answer.headers


def test_callback_carries_code_location_accounts_server_and_state(zoho, caller):
    back = caller.consent()
    assert back["accounts-server"] == zoho.url
    assert back["location"] == "sandbox"
    assert back["state"] == "s"
    assert back["code"].startswith("1000.")
    assert caller.consent(decision="reject") == {"error": "access_denied", "state": "s"}


def test_a_code_is_good_once_and_for_a_minute(caller, clock):
    code = caller.consent()["code"]
    assert "refresh_token" in caller.exchange(code)
    assert caller.exchange(code) == {"error": "invalid_code"}
    late = caller.consent()["code"]
    clock.advance(seconds=60)
    assert caller.exchange(late) == {"error": "invalid_code"}


def test_failures_of_the_token_endpoint_come_with_status_200(caller):
    for form, error in (
        ({"client_id": "1000.X"}, "invalid_client"),
        ({"client_secret": "no"}, "invalid_client_secret"),
        (
            {"redirect_uri": "http://127.0.0.1:9/other", "code": caller.consent()["code"], "grant_type": "authorization_code"},
            "invalid_redirect_uri",
        ),
        ({"grant_type": "refresh_token", "refresh_token": "1000.gone"}, "invalid_code"),
    ):
        answer = caller.post_token(**form)
        assert (answer.status_code, answer.json()) == (200, {"error": error})


def test_a_refresh_token_comes_only_offline_and_at_first_or_when_consent_is_forced(caller):
    assert "refresh_token" not in caller.exchange(caller.consent(access_type="online")["code"])
    assert "refresh_token" not in caller.exchange(caller.consent(prompt="")["code"])
    assert "refresh_token" in caller.exchange(caller.consent()["code"])


def test_the_eleventh_refresh_in_ten_minutes_is_denied_with_400(caller, clock):
    token = caller.connect()["refresh_token"]
    for _ in range(10):
        answer = caller.refresh(token)
        assert "access_token" in answer.json()
        assert "refresh_token" not in answer.json()
    denied = caller.refresh(token)
    assert denied.status_code == 400
    assert denied.json()["error"] == "Access Denied"
    clock.advance(minutes=10)
    assert caller.refresh(token).status_code == 200
    assert "access_token" in caller.refresh(token).json()


def test_the_21st_refresh_token_silently_ends_the_first_with_its_access_tokens(caller, clock):
    first_access = caller.token
    for _ in range(20):
        caller.connect()
    assert caller.crm("GET", "/org").status_code == 200
    caller.token = first_access
    assert caller.crm("GET", "/org").json()["code"] == "INVALID_TOKEN"


def test_the_16th_access_token_silently_ends_the_first(caller, clock):
    granted = caller.connect()
    for step in range(15):
        clock.advance(minutes=1 if step != 9 else 5)
        assert "access_token" in caller.refresh(granted["refresh_token"]).json()
    answer = caller.crm("GET", "/org")
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_OAUTHTOKEN")


def test_revoking_a_refresh_token_ends_its_access_tokens(zoho, caller):
    granted = caller.connect()
    revoke = zoho.url + "/oauth/v2/token/revoke"
    assert requests.post(revoke, params={"token": granted["refresh_token"]}, timeout=5).json() == {"status": "success"}
    assert caller.crm("GET", "/org").status_code == 401
    assert requests.post(revoke, data={"token": granted["refresh_token"]}, timeout=5).status_code == 400


def test_user_info_wants_its_scope(zoho, caller):
    info = requests.get(zoho.url + "/oauth/user/info", headers={"Authorization": f"Bearer {caller.token}"}, timeout=5).json()
    assert info["Email"] == "maria@zylker.example"
    caller.connect("ZohoCRM.org.READ")
    assert requests.get(zoho.url + "/oauth/user/info", headers={"Authorization": f"Bearer {caller.token}"}, timeout=5).status_code == 401


def test_three_hosts_answer_only_for_themselves(clock):
    with Sandbox(now=clock, separate_ports=True) as zoho:
        assert len({zoho.accounts_url, zoho.api_url, zoho.desk_url}) == 3
        assert requests.get(zoho.accounts_url + "/oauth/serverinfo", timeout=5).ok
        assert requests.get(zoho.api_url + "/oauth/serverinfo", timeout=5).status_code == 404
        assert requests.get(zoho.api_url + "/api/v1/organizations", timeout=5).status_code == 404
        assert requests.get(zoho.desk_url + "/api/v1/organizations", timeout=5).json()["errorCode"] == "UNAUTHORIZED"
