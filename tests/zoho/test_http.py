"""HTTP as the clients get it: whole answers, faults told apart, nothing sent twice that changes something, no secret let out.

Long, for each fault of a wire is a test; the whole matrix of faults and calls stands apart.
"""

from __future__ import annotations

import gzip
import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import requests
import requests_mock
from urllib3.exceptions import NameResolutionError

from tests.zoho.loopback import RawServer, answer, drip, raw, reset, silence
from zoho import transport
from zoho.data_centers import BUILTIN, DataCenters
from zoho.errors import (
    RateLimitedError,
    RequestRefusedError,
    TokenRejectedError,
    UnreachableError,
    UnreadableAnswerError,
    WrongDataCenterError,
    ZohoError,
)
from zoho.hooks import Call, Exchange
from zoho.http import Answer, Http
from zoho.transport import Network

TOKEN = "1000.0123456789abcdef0123456789abcdef.fedcba9876543210fedcba9876543210"


def quick(**settings: Any) -> Http:
    return Http(**{"timeout": (1.0, 0.3), "deadline_seconds": 1.0, "retries": 0, **settings})


def test_answer_holds_exact_numbers_status_and_request_id() -> None:
    with RawServer(answer(b'{"price": 0.10, "id": 1234567890123456789}', "200 OK", "X-Request-Id: r-1")) as server:
        got = Http().call("GET", server.url + "/x", token=TOKEN, params={"page": 2, "left_out": None})

    assert got.body == {"price": Decimal("0.10"), "id": 1234567890123456789}
    assert (got.status, got.request_id, got.is_json) == (200, "r-1", True)
    assert server.requests[0].startswith(b"GET /x?page=2 HTTP/1.1\r\n")
    assert f"Authorization: Zoho-oauthtoken {TOKEN}".encode() in server.requests[0]


def test_body_is_sent_with_every_digit() -> None:
    with RawServer(answer()) as server:
        Http().call("PUT", server.url, json={"Amount": Decimal("0.10"), "Name": "ä"}, headers={"orgId": "7"})

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == '{"Amount":0.10,"Name":"ä"}'.encode()
    assert b"Content-Type: application/json" in head
    assert b"orgId: 7" in head


@pytest.mark.parametrize("status", [200, 204])
def test_no_body_is_an_empty_answer(status: int, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get("https://www.zohoapis.eu/x", status_code=status)

    got = Http().call("GET", "https://www.zohoapis.eu/x")

    assert (got.is_empty, got.is_json, got.is_html, got.body) == (True, False, False, None)


@pytest.mark.parametrize(
    ("body", "content_type", "is_html"),
    [
        (b"\n <html><title>Zoho Desk - Error</title>", "application/json", True),
        (b"Sorry, we are down", "text/html;charset=UTF-8", True),
        (b'{"data": [{"id": "1', "application/json", False),
        (b'{"a": \xff\xfe}', "application/json", False),
        (b"[" * 100_000, "application/json", False),
        (b'{"a": NaN}', "application/json", False),
    ],
)
def test_what_is_not_json_is_told_apart_from_html(
    body: bytes, content_type: str, is_html: bool, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get("https://www.zohoapis.eu/x", content=body, headers={"Content-Type": content_type})

    got = Http().call("GET", "https://www.zohoapis.eu/x")

    assert (got.is_json, got.body, got.is_html) == (False, None, is_html)


def test_json_that_calls_itself_html_is_read_all_the_same(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get("https://www.zohoapis.eu/x", content=b'{"error": "invalid_code"}', headers={"Content-Type": "text/html"})

    assert Http().call("GET", "https://www.zohoapis.eu/x").body == {"error": "invalid_code"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
@pytest.mark.parametrize(
    "script",
    [
        reset,
        silence,
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"),
        raw(b"nonsense\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nX: "),
    ],
    ids=["reset", "silence", "closed", "cut off", "not HTTP", "drip"],
)
def test_write_whose_answer_is_lost_is_sent_once_and_ambiguous(method: str, script: Any) -> None:
    with RawServer(script) as server, pytest.raises(UnreachableError) as caught:
        quick(retries=2).call(method, server.url, json={"a": 1})

    assert caught.value.is_ambiguous
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\x00\xff\xfe" * 100,
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 \xff\r\nX\xff: \xff\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, deflate, br\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 500 + b"\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"HTTP/1.1 503 Busy\r\nRetry-After: never\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe:99999/\r\nContent-Length: 0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_whatever_the_bytes_the_call_ends_in_an_answer_or_an_error_of_ours(method: str, reply: bytes) -> None:
    with RawServer(raw(reply)) as server:
        try:
            outcome: object = quick(retries=1).call(method, server.url, json={} if method == "PUT" else None)
        except ZohoError as error:
            outcome = error

    assert isinstance(outcome, Answer | UnreachableError | UnreadableAnswerError | WrongDataCenterError)


def test_refused_connection_is_not_ambiguous() -> None:
    with RawServer(answer()) as server:
        url = server.url

    with pytest.raises(UnreachableError, match="refused") as caught:
        quick().call("PUT", url, json={})
    assert not caught.value.is_ambiguous


@pytest.mark.parametrize(
    ("fault", "is_ambiguous"),
    [
        (requests.ConnectTimeout("slow"), False),
        (requests.ConnectionError(NameResolutionError("www.zohoapis.eu", object(), OSError("unknown"))), False),  # type: ignore[arg-type]
        (requests.exceptions.SSLError("certificate"), False),
        (requests.exceptions.ProxyError("proxy"), False),
        (requests.ReadTimeout("slow"), True),
        (requests.exceptions.ChunkedEncodingError("cut"), True),
        (requests.ConnectionError(ConnectionResetError("Connection aborted.")), True),
    ],
)
def test_faults_say_whether_the_request_may_have_reached_zoho(
    fault: Exception, is_ambiguous: bool, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.put("https://www.zohoapis.eu/x", exc=fault)

    with pytest.raises(UnreachableError) as caught:
        Http().call("PUT", "https://www.zohoapis.eu/x", json={})

    assert caught.value.is_ambiguous is is_ambiguous


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1",
        b"HTTP/1.1 200 OK\r\nX-Endless: ",
        b"HTTP/1.1 ",
    ],
    ids=["body", "chunk size", "header", "status line"],
)
def test_drip_ends_at_the_deadline_although_no_single_wait_is_long(start: bytes) -> None:
    with RawServer(drip(start, b"0")) as server:
        started = monotonic()
        with pytest.raises(UnreachableError):
            quick(deadline_seconds=0.5, retries=2).call("GET", server.url)

        assert monotonic() - started < 3


def test_answer_larger_than_the_cap_is_refused_also_when_packed() -> None:
    bomb = gzip.compress(b" " * 5_000_000)
    for script in (answer(b" " * 5_000_000), answer(bomb, "200 OK", "Content-Encoding: gzip")):
        with RawServer(script) as server, pytest.raises(UnreadableAnswerError, match="larger than"):
            quick(max_bytes=1_000_000).call("GET", server.url)


def test_answer_that_cannot_be_unpacked_is_unreadable() -> None:
    with RawServer(answer(b"not gzip", "200 OK", "Content-Encoding: gzip")) as server, pytest.raises(UnreadableAnswerError) as caught:
        quick().call("PUT", server.url, json={})

    assert caught.value.is_ambiguous


@pytest.mark.parametrize("fault", [reset, answer(b"{}", "503 Busy"), answer(b"{}", "503 Busy", "Retry-After: 0")])
def test_read_is_sent_again_after_a_passing_fault(fault: Any) -> None:
    with RawServer(fault, answer(b'{"a": 1}')) as server:
        got = quick(retries=2).call("GET", server.url)

    assert got.body == {"a": 1}
    assert len(server.requests) == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_write_is_not_sent_again_after_a_503(method: str) -> None:
    with RawServer(answer(b"{}", "503 Busy", "Retry-After: 0")) as server:
        assert quick(retries=2).call(method, server.url, json={}).status == 503

    assert len(server.requests) == 1


@pytest.mark.parametrize("retry_after", ["3600", "not a date"])
def test_read_does_not_wait_for_a_long_retry_after(retry_after: str) -> None:
    with RawServer(answer(b"{}", "429 Slow", f"Retry-After: {retry_after}")) as server:
        got = quick().call("GET", server.url)

    assert (got.status, got.headers["Retry-After"]) == (429, retry_after)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Same", "308 Same"])
def test_redirect_to_another_host_is_not_followed_and_names_it(status: str) -> None:
    with RawServer(answer(b"{}")) as other, RawServer(answer(b"{}", status, f"Location: {other.url}/y?token=secret")) as server:
        with pytest.raises(WrongDataCenterError) as caught:
            Http(centers=DataCenters({"here": replace(BUILTIN[0], desk=other.url)})).call(
                "POST", server.url, form={"client_secret": "s3cret"}
            )

        assert other.requests == []
    assert other.url.removeprefix("http://") in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("target", ["http://login.hotel.example/?token=secret", "https://zoho.com.evil.example/", "https://evilzoho.com/"])
def test_redirect_out_of_zoho_says_that_something_else_answers(target: str) -> None:
    with RawServer(answer(b"", "302 Found", f"Location: {target}")) as server, pytest.raises(UnreachableError) as caught:
        Http().call("GET", server.url)

    assert target.split("/")[2] in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "Something between Amend and Zoho answers" in caught.value.summary
    assert (caught.value.action, caught.value.is_ambiguous) == ("check_again", False)


@pytest.mark.parametrize("host", ["accounts.zoho.eu", "www.zohoapis.eu", "sandbox.zohoapis.in", "desk.zohocloud.ca", "crm.zoho.com"])
def test_redirect_to_another_host_of_zoho_is_another_data_center(host: str) -> None:
    with RawServer(answer(b"", "302 Found", f"Location: https://{host}/")) as server, pytest.raises(WrongDataCenterError, match=host):
        Http().call("GET", server.url)


@pytest.mark.parametrize("location", ["/elsewhere", "", "http://[broken"])
def test_redirect_within_the_host_is_an_unreadable_answer(location: str) -> None:
    with RawServer(answer(b"{}", "302 Found", f"Location: {location}")) as server, pytest.raises(UnreadableAnswerError):
        Http().call("GET", server.url)


def test_connection_is_kept_and_cookies_are_not() -> None:
    with RawServer(answer(b"{}", "200 OK", "Set-Cookie: JSESSIONID=1")) as server:
        http = Http()
        http.call("GET", server.url)
        http.call("GET", server.url)

        assert server.connections == 1
    assert b"Cookie" not in server.requests[1]


def test_connection_is_not_used_again_after_a_long_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answer(b"{}")) as server:
        http = Http()
        http.call("GET", server.url)
        monkeypatch.setattr(transport, "IDLE_SECONDS", -1)
        http.call("PUT", server.url, json={})

        assert server.connections == 2


def test_each_thread_has_a_session_of_its_own() -> None:
    http = Http()
    others: list[object] = []
    thread = threading.Thread(target=lambda: others.append(http.session()))
    thread.start()
    thread.join()

    assert http.session() is http.session()
    assert http.session() is not others[0]


def test_netrc_is_never_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with RawServer(answer()) as server:
        Http().call("GET", server.url)

    assert b"Authorization" not in server.requests[0]


def test_proxy_of_the_environment_is_used_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answer(b'{"by": "proxy"}')) as proxy, RawServer(answer(b'{"by": "host"}')) as server:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        http = Http(network=Network())

        assert http.call("GET", server.url).body == {"by": "host"}
        assert http.call("GET", "http://zoho.invalid/x").body == {"by": "proxy"}


def test_certificate_bundle_comes_from_the_environment() -> None:
    assert Network({"SSL_CERT_FILE": "/etc/ours.pem"}).verify == "/etc/ours.pem"
    assert Network({"SSL_CERT_FILE": "/etc/ours.pem", "REQUESTS_CA_BUNDLE": "/etc/theirs.pem"}).verify == "/etc/theirs.pem"
    assert Network({}).verify is True


@pytest.mark.parametrize("token", ["", "line\nbreak", "blank blank", "ünicode"])
def test_token_that_no_header_can_carry_is_refused_unsent(token: str) -> None:
    with RawServer(answer()) as server, pytest.raises(TokenRejectedError):
        Http().call("GET", server.url, token=token)

    assert server.requests == []


@pytest.mark.parametrize("value", [float("nan"), Decimal("Infinity"), object(), {1: 2}])
def test_value_that_is_not_json_is_refused_unsent(value: object) -> None:
    with RawServer(answer()) as server, pytest.raises(RequestRefusedError):
        Http().call("PUT", server.url, json={"a": value})

    assert server.requests == []


def test_no_secret_is_in_errors_logs_or_reprs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with RawServer(reset) as server, pytest.raises(ZohoError) as caught:
        quick(retries=1).call("GET", server.url, token=TOKEN)
    with RawServer(answer(f'{{"access_token": "{TOKEN}"}}'.encode())) as server:
        got = Http().call("POST", server.url, form={"client_secret": "hush-hush", "refresh_token": TOKEN})

    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(got.headers) + got.text + caplog.text
    assert TOKEN not in shown
    assert "hush-hush" not in shown
    assert "[redacted]" in got.text


class OwnGate:
    """A gate that writes down what it is told."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def enter(self, call: Call, seconds: float) -> Callable[[], None]:
        self.seen.append(("in", call.method, call.url.rpartition("/")[2], call.org, seconds))
        return lambda: self.seen.append("out")

    def learn(self, org: str, answer: Answer) -> None:
        self.seen.append((org, answer.status))

    def refuse(self, org: str, host: str, error: RateLimitedError) -> int | None:
        return None


def test_gate_is_entered_for_an_organizations_call_and_left_whatever_comes_of_it() -> None:
    gate = OwnGate()
    with RawServer(answer(), reset, answer()) as server:
        http = quick(gate=gate)
        http.call("GET", server.url + "/org", org="crm:42")
        with pytest.raises(UnreachableError):
            http.call("PUT", server.url + "/Leads", json={}, org="crm:42")
        http.call("GET", server.url + "/info")

    assert gate.seen == [("in", "GET", "org", "crm:42", 1.0), ("crm:42", 200), "out", ("in", "PUT", "Leads", "crm:42", 1.0), "out"]


def test_every_call_is_recorded_with_its_tries_also_those_that_go_over_the_bare_session() -> None:
    seen: list[Exchange] = []
    with RawServer(answer(), reset, answer(b"{}", "503 Busy"), answer(), reset) as server:
        http = quick(record=seen.append, retries=1)
        http.call("GET", server.url)
        with pytest.raises(UnreachableError):
            http.call("PUT", server.url, json={"a": 1}, token=TOKEN)
        http.call("GET", server.url)
        with pytest.raises(requests.RequestException):
            http.session().post(server.url, data={"client_secret": "hush"})

    told = [(each.call.method, each.answer and each.answer.status, each.error and each.error.code, each.attempts) for each in seen]
    assert told == [("GET", 200, None, 1), ("PUT", None, "unreachable", 1), ("GET", 200, None, 2), ("POST", None, "unreachable", 1)]
    assert [each.sent for each in seen] == [None, b'{"a":1}', None, None]
    assert all(each.seconds > 0 for each in seen)
    assert TOKEN not in repr(seen)


def test_gate_may_hold_a_call_back() -> None:
    class Shut(OwnGate):
        def enter(self, call: Call, seconds: float) -> Callable[[], None]:
            raise RateLimitedError("used up", kind="credits")

    with RawServer(answer()) as server, pytest.raises(RateLimitedError):
        Http(gate=Shut()).call("GET", server.url, org="crm:42")

    assert server.requests == []


@pytest.mark.parametrize("make", [lambda url: Http().session().post(url, data={"code": "x"}), lambda url: Http().session().get(url)])
def test_session_for_authlib_does_not_follow_redirects_either(make: Callable[[str], requests.Response]) -> None:
    with RawServer(answer(b"{}", "307 Same", "Location: http://127.0.0.1:1/")) as server:
        assert make(server.url).status_code == 307
