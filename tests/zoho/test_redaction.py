"""What may not be read in a log, an error or a receipt."""

from __future__ import annotations

import io
import json
import logging

import pytest

from zoho.redaction import RedactingFilter, is_harmless, redact, redact_json

TOKEN = "1000.0123456789abcdef0123456789abcdef.fedcba9876543210fedcba9876543210"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Zoho-oauthtoken {TOKEN}", TOKEN),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("Authorization: Zoho-oauthtoken sandbox-token-1", "sandbox-token-1"),
        (f"a token {TOKEN} in prose", TOKEN),
        ("refresh_token=first&grant_type=refresh_token", "first"),
        ('{"access_token": "one", "expires_in": 3600}', '"one"'),
        ("{'client_secret': 'it\\'s mine'}", "mine"),
        ("POST /oauth/v2/token?code=abc123&state=1", "abc123"),
        ("https://accounts.zoho.eu/oauth/v2/token/revoke?token=abc123", "abc123"),
        ("AMEND_ADMIN_PASSWORD=hunter2", "hunter2"),
        ("ZOHO_CLIENT_SECRET: hunter2", "hunter2"),
        ("Cookie: session=hunter2; other=1", "hunter2"),
        ("postgresql://amend:hunter2@db/amend", "hunter2"),
        ("ProxyError: http://bob:hunt@er2@proxy:3128", "er2"),
        ("webhook_secret=hunter2", "hunter2"),
        ("x-api-key: hunter2", "hunter2"),
        ("{'api_key': 'hunter2'}", "hunter2"),
        ("https://x.example/?zapikey=hunter2", "hunter2"),
        ("authtoken=hunter2", "hunter2"),
        ("Server=db;Pwd=hunter2;", "hunter2"),
        ("refresh token: hunter2", "hunter2"),
        (f"refresh_token is gAAAAA{'Bx-_' * 20}==", "Bx-_"),
        (json.dumps(json.dumps({"refresh_token": "hunter2"})), "hunter2"),
        (json.dumps(json.dumps(json.dumps({"a": [{"password": 'a"hunter2'}]}))), "hunter2"),
        ('{\\"client_secret\\": \\"hush hunter2', "hunter2"),
        (json.dumps("first line\nrefresh_token=hunter2"), "hunter2"),
        ("next=https%3A%2F%2Fx%3Frefresh_token%3Dhunter2", "hunter2"),
        ("u=%253Fa%253D1%2526code%253Dhunter2", "hunter2"),
        ("body=%7B%22access_token%22%3A%22hunter2%22%7D", "hunter2"),
    ],
)
def test_secrets_leave_the_text(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "[redacted]" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "PUT www.zohoapis.eu: no complete answer in time",
        '{"code": "INVALID_DATA", "status": "error"}',
        "client_id=1000.ABCDEFGHIJKLMNOP",
        "HTTP 401, INVALID_TOKEN: invalid oauth token",
        "Leads 4150868000000002175",
        "https://www.zohoapis.eu/crm/v8/Leads?email=ana@example.com",
        "no refresh token, so nothing renews the access token",
        "client_secret was read\nname: token",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_json_loses_its_secret_values_and_keeps_zohos_codes_and_postcodes() -> None:
    value = {
        "access_token": "a",
        "nested": [{"Refresh-Token": "b", "Authorization": "c", "password": "d", "clientSecret": "e"}],
        "code": "DISCRETE_PAGINATION_LIMIT_EXCEEDED",
        "account": {"code": "SW1A 1AA"},
        "callback": {"code": "1000.abc.def"},
        "id": 7,
        "none": None,
    }

    shown = redact_json(value)

    assert shown["code"] == "DISCRETE_PAGINATION_LIMIT_EXCEEDED"
    assert shown["account"] == {"code": "SW1A 1AA"}
    assert (shown["id"], shown["none"]) == (7, None)
    assert shown["callback"] == {"code": "[redacted]"}
    assert set(shown["nested"][0].values()) == {"[redacted]"}
    assert shown["access_token"] == "[redacted]"
    assert value["access_token"] == "a"


def test_log_filter_redacts_message_arguments_exception_and_stack() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("redaction")
    logger.addHandler(handler)

    logger.warning("refresh_token=%s for %d", "hush-1", 5)
    logger.info("answer %s", json.dumps({"access_token": "hush-2"}))
    try:
        raise ValueError("client_secret=hush-3")
    except ValueError:
        logger.exception("failed", stack_info=True)
    logger.warning("badly formatted %d", "password=hush-4")

    assert "hush" not in stream.getvalue()
    assert "for 5" in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert "badly formatted" in stream.getvalue()


@pytest.mark.parametrize(
    "value",
    [
        {"access_token": "a"},
        {"Refresh-Token": "b"},
        {"PASSWORD": "p"},
        {"x": [{"client_secret": ["s"]}]},
        {"note": f"my token is {TOKEN}"},
        {"note": "Bearer abc.def"},
        {"code": "abcdefghijklmnopqrstuvwxyz0123"},
        {"co-de": "1000.abc.def"},
        {"cookie": "x=1"},
        {"note": "?code=abc123"},
        {"note": "?code%3Dabc123"},
        {"x-api-key": "k"},
        {"zapikey": "k"},
        {"authtoken": "k"},
        {"webhook_secret": "k"},
        {"note": "pwd=k"},
        {"note": "http://bob:k@proxy"},
        {"note": "gAAAAA" + "b" * 40},
    ],
)
@pytest.mark.parametrize("is_ascii", [True, False])
def test_quick_look_never_calls_a_body_harmless_that_has_something_to_redact(value: dict[str, object], is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    escaped = text.replace("t", "\\u0074").replace("o", "\\u006f").replace("O", "\\u004f")

    assert redact_json(value) != value
    assert not is_harmless(text.encode())
    assert not is_harmless(escaped.encode())


def test_zohos_usual_answer_is_harmless() -> None:
    assert is_harmless('{"data": [{"code": "SUCCESS", "details": {"id": "1", "name": "Müller \\u00e4"}}]}'.encode())


def test_secret_whose_end_was_cut_off_is_redacted_too() -> None:
    assert "hush" not in redact('{"data": [{"client_secret": "hush hush hu')
