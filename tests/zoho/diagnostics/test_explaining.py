"""Explain this error: whatever is pasted is read for what the dictionary knows, and nothing else is made up."""

from __future__ import annotations

import json

import pytest

from zoho.diagnostics import TITLES
from zoho.diagnostics.explaining import SHOWN_CHARACTERS, explain_text
from zoho.errors.dictionary import PRODUCTS, codes

CODES = [(product, code) for product in PRODUCTS for code in codes(product)]
REFUSAL = {
    "data": [
        {
            "code": "INVALID_DATA",
            "details": {"api_name": "Phone", "json_path": "$.data[0].Phone", "maximum_length": 30},
            "message": "invalid data",
            "status": "error",
        }
    ]
}
DESK = {"errorCode": "UNPROCESSABLE_ENTITY", "message": "no", "errors": [{"fieldName": "/email", "errorType": "invalid"}]}


def one(text):
    (reading,) = explain_text(text).readings
    return reading


@pytest.mark.parametrize(("product", "code"), CODES, ids=str)
def test_every_code_of_the_dictionary_is_known_by_its_name_alone(product, code):
    found = [reading for reading in explain_text(code).readings if reading.source == product]
    assert [reading.code for reading in found] == [code]
    assert found[0].explanation
    assert found[0].check is None or found[0].check in TITLES


@pytest.mark.parametrize(
    ("text", "code", "check", "waiting"),
    [
        ("oauth_scope_mismatch", "OAUTH_SCOPE_MISMATCH", "crm_scopes", False),
        ('{"errorCode":"SCOPE_MISMATCH","message":"no"}', "SCOPE_MISMATCH", "desk_scopes", False),
        ('{"error":"invalid_code"}', "invalid_code", "connection", False),
        ('{"error":"invalid_client_secret"}', "invalid_client_secret", "client", False),
        ('{"error":"invalid_redirect_uri"}', "invalid_redirect_uri", "redirect_uri", False),
        ('{"error":"Access Denied","error_description":"You have made too many requests"}', "Access Denied", "throttle", True),
        ("12:00 WARNING us: HTTP 403, OAUTH_ORG_MISMATCH: The organization", "OAUTH_ORG_MISMATCH", "desk_org", False),
        ('answer was {\'x\': 1} {"code":"INVALID_TOKEN","status":"error"} in 3 ms', "INVALID_TOKEN", "token", False),
        ("zoho_error=key_lost request_id=None: refresh token", "key_lost", "key", False),
        ("<html><body>INVALID_URL_PATTERN</body></html>", "INVALID_URL_PATTERN", "data_center", False),
    ],
)
def test_codes_are_found_wherever_they_stand_with_the_check_that_tells_more(text, code, check, waiting):
    found = one(text)
    assert (found.code, found.check, found.explanation.waiting_helps) == (code, check, waiting)
    assert found.check_title


@pytest.mark.parametrize(("body", "field"), [(REFUSAL, "Phone at $.data[0].Phone"), (DESK, "/email")])
def test_a_refusal_says_where_the_field_is_and_that_no_check_is_about_it(body, field):
    found = one(json.dumps(body, indent=2))
    assert (found.field, found.check) == (field, None)


def test_a_body_is_found_between_others_and_words():
    text = f"sent {{'x': 1}} [1] got {json.dumps(REFUSAL)} then {json.dumps(DESK)}."
    assert [reading.field for reading in explain_text(text).readings] == ["Phone at $.data[0].Phone", "/email"]


def test_of_a_bulk_answer_each_different_refusal_is_told_and_successes_are_not():
    rows = [{"code": "SUCCESS"}, *({"code": "DUPLICATE_DATA", "details": {"api_name": f"F{n}"}} for n in range(3))]
    assert [reading.field for reading in explain_text(json.dumps({"data": rows})).readings] == ["F0", "F1", "F2"]


@pytest.mark.parametrize(
    ("text", "check", "word"),
    [
        ("<!doctype html><title>Zoho - Error</title><h1>We are unable</h1>", "data_center", "web page"),
        ("ConnectionError: host='desk.zoho.com' Caused by NameResolutionError", "desk_host", "DNS"),
        ("SSLError(SSLCertVerificationError(1, 'certificate verify failed')) www.zohoapis.eu", "api_host", "TLS"),
        ("requests.exceptions.ProxyError: Tunnel connection failed: 407", "accounts_host", "proxy"),
        ("requests.exceptions.ReadTimeout: accounts.zoho.com Read timed out.", "accounts_host", "in time"),
        ("sqlite3.OperationalError: database is locked", "database", "own database"),
    ],
)
def test_what_has_no_code_is_known_by_what_it_is(text, check, word):
    found = one(text)
    assert found.check == check
    assert word in found.explanation.meaning


@pytest.mark.parametrize(
    "page",
    [
        "<script>" * 5_000 + "OAUTH_SCOPE_MISMATCH",
        f"<Script src=x>{'var x; ' * 5_000}OAUTH_SCOPE_MISMATCH</sCRIPT >",
        "<style>OAUTH_SCOPE_MISMATCH</script></style><script>OAUTH_SCOPE_MISMATCH</script>",
        "<script OAUTH_SCOPE_MISMATCH",
    ],
    ids=["never ends", "long", "two kinds", "cut off"],
)
def test_a_code_within_a_pages_scripts_is_not_what_the_page_says(page):
    assert one(f"<p>INVALID_URL_PATTERN</p>{page}").code == "INVALID_URL_PATTERN"


def test_what_stands_after_a_script_is_read():
    assert one("<html><script>x</script><style>y</style><p>INVALID_URL_PATTERN").code == "INVALID_URL_PATTERN"


@pytest.mark.parametrize("text", ["FLUX_CAPACITOR_EMPTY", '{"code":"FLUX_CAPACITOR_EMPTY","message":"1.21 GW"}', "it does not work"])
def test_what_nobody_knows_is_said_to_be_unknown_in_its_own_words(text):
    found = one(text)
    assert found.explanation is None
    assert found.code or found.said


def test_nothing_pasted_is_nothing_found():
    assert explain_text(" \n ").readings == ()


@pytest.mark.parametrize(
    "text",
    [
        "GET https://x/?code=1000.aaaaaaaa.bbbbbbbb Authorization: Zoho-oauthtoken 1000.aaaaaaaa.bbbbbbbb INVALID_TOKEN",
        '{"access_token":"aaaaaaaa.bbbbbbbb","client_secret":"aaaaaaaa","code":"INVALID_TOKEN","message":"refresh_token=aaaaaaaa"}',
        '{"data":{"deep":[{"refreshToken":"aaaaaaaa"}]},"errorCode":"INVALID_OAUTH","message":"password: aaaaaaaa"}',
        "<p>client_secret=aaaaaaaa</p>",
    ],
)
def test_secrets_in_what_was_pasted_are_not_shown_again(text):
    assert "aaaaaaaa" not in repr(explain_text(text))


HOSTILE = (
    "a" * 1_000_000,
    "<" * 1_000_000,
    "<script" * 100_000,
    "[" * 500_000,
    "[" * 50_000 + "]" * 50_000 + " " * 10,
    '{"a":' * 30_000 + "1" + "}" * 30_000,
    "A_" * 500_000,
    '{"access_token":"' + "\\" * 100_000,
    "\ud800\0" * 60_000,
    json.dumps([{"code": f"X{n}"} for n in range(9_000)]),
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "replace").decode())
def test_a_hostile_megabyte_is_read_in_part_and_answered(text):
    found = explain_text(text)
    assert found.is_cut
    assert len(found.shown) <= SHOWN_CHARACTERS
    assert len(found.readings) <= 8
    assert all(reading.explanation is None for reading in found.readings)
