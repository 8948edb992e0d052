"""What holds for every page: closed unless listed open, CSRF, headers, one host, errors in the shell."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, Request, abort, request
from sqlalchemy.exc import OperationalError
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import MAX_FORM, create_app
from service.settings import Settings
from tests.conftest import Clock
from tests.pages import Visitor, text_of
from web import runtime
from web.open_pages import OPEN
from zoho.errors import NotConnectedError, ThrottledError, ZohoError

VALUES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", "path": "x", "default": "x"}


def path_of(rule: Rule) -> str:
    """A path that the rule matches."""
    parts = {name: VALUES["uuid"] if name.endswith("_id") else "crm" for name in rule.arguments}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        parts[name] = VALUES["uuid"] if kind == "UUIDConverter" else "1" if kind == "IntegerConverter" else "crm"
    return rule.build(parts)[1] if rule.arguments else rule.rule  # type: ignore[index]


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def all_errors(root: type[ZohoError] = ZohoError) -> list[type[ZohoError]]:
    return [root, *(found for child in root.__subclasses__() for found in all_errors(child))]


def raising(app: Flask, error: Exception) -> str:
    """A page that fails so."""

    def fail(**_parts: str) -> str:
        raise error

    app.add_url_rule("/fail", "fail", fail, methods=["GET", "POST"])
    app.add_url_rule("/connections/<connection_id>/fail", "fail_there", fail)
    return "/fail"


def test_every_page_is_closed_unless_it_is_listed_open(app: Flask, anonymous: Visitor) -> None:
    for rule in rules(app, "GET"):
        if rule.endpoint not in OPEN:
            answer = anonymous.get(path_of(rule))
            assert (answer.status_code, (answer.location or "").split("?")[0]) == (303, "/sign-in"), rule


def test_nobody_posts_anywhere_but_to_the_open_pages(app: Flask, anonymous: Visitor) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for rule in rules(app, method):
            if rule.endpoint not in OPEN:
                answer = anonymous.client.open(path_of(rule), method=method)
                assert (answer.status_code, (answer.location or "").split("?")[0]) == (303, "/sign-in"), rule


def test_the_open_pages_are_there(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= OPEN


def test_every_post_wants_its_csrf_token(app: Flask, client: Visitor) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for rule in rules(app, method):
            answer = client.client.open(path_of(rule), method=method, data={"csrf_token": "made up"})
            assert answer.status_code == 400, rule
            assert "This page was open too long" in text_of(answer), rule


def test_a_token_of_another_session_is_refused(app: Flask, client: Visitor) -> None:
    token = Visitor(app.test_client()).token()
    assert client.client.post("/sign-out", data={"csrf_token": token}).status_code == 400


def test_htmx_may_send_the_token_as_a_header(client: Visitor) -> None:
    token = client.token("/nowhere")
    assert client.client.post("/sign-out", headers={"X-CSRFToken": token}).status_code == 303


def test_a_fragment_for_nobody_sends_the_whole_page_to_the_sign_in(app: Flask, anonymous: Visitor) -> None:
    app.add_url_rule("/closed", "closed", lambda: "secret")
    answer = anonymous.get("/closed", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/closed")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the stash hook was shown; it leads back to /kept."""
    seen: list[str] = []

    def keep(posted: Request) -> str | None:
        seen.append(posted.form.get("Phone", ""))
        return "/kept/1"

    monkeypatch.setattr(runtime, "stash_hooks", [keep])
    return seen


def test_what_nobody_posted_is_kept_and_led_back_to(app: Flask, anonymous: Visitor, kept: list[str]) -> None:
    app.add_url_rule("/edit", "edit", lambda: "saved", methods=["POST"])
    answer = anonymous.client.post("/edit", data={"Phone": "044"})
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/kept/1")
    assert kept == ["044"]


def test_what_was_posted_with_a_stale_token_is_kept_and_led_back_to(app: Flask, client: Visitor, kept: list[str]) -> None:
    app.add_url_rule("/edit", "edit", lambda: "saved", methods=["POST"])
    answer = client.client.post("/edit", data={"Phone": "044"})
    assert answer.status_code == 400
    assert 'href="/kept/1"' in answer.text
    assert "What you typed was kept." in text_of(answer)
    assert kept == ["044"]


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/healthz", "/static/amend.css", "/history"])
def test_every_answer_carries_the_headers(anonymous: Visitor, path: str) -> None:
    with anonymous.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Permissions-Policy" in headers
    assert "Strict-Transport-Security" not in headers


def test_no_page_has_script_or_style_of_its_own(app: Flask) -> None:
    for page in (Path(app.root_path) / "templates").rglob("*.html"):
        text = page.read_text()
        assert "<style" not in text, page
        assert " style=" not in text, page
        assert " onclick=" not in text, page
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), page


def test_pages_are_not_stored_and_static_files_are(app: Flask, anonymous: Visitor) -> None:
    page = anonymous.get("/sign-in")
    assert page.headers["Cache-Control"] == "no-store"
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("amend.css")  # type: ignore[operator]
    assert address in page.text
    for path, caching in (
        (address, "public, max-age=31536000, immutable"),
        ("/static/amend.css?v=old", "no-cache"),
        ("/static/x", "no-store"),
    ):
        with anonymous.get(path) as answer:
            assert answer.headers["Cache-Control"] == caching


def session_cookie(answer: TestResponse) -> str:
    return next(value for name, value in answer.headers if name == "Set-Cookie" and value.startswith("amend_session="))


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(anonymous: Visitor) -> None:
    cookie = session_cookie(anonymous.get("/sign-in"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie


@pytest.fixture
def secure(settings: Settings, clock: Clock) -> Visitor:
    """The app behind https://amend.example.com."""
    return Visitor(create_app(settings.model_copy(update={"public_url": "https://amend.example.com"}), now=clock).test_client())


def test_on_https_the_cookie_is_secure_and_the_browser_is_told_to_stay(secure: Visitor) -> None:
    answer = secure.get("/sign-in")
    assert answer.status_code == 200
    assert "Secure" in session_cookie(answer)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:8000", "127.0.0.1", "127.0.0.1:9000", "127.0.0.1.evil.example:8000", "a@b", "x y"]
)
def test_another_host_is_led_to_the_public_address(anonymous: Visitor, host: str) -> None:
    answer = anonymous.get("/sign-in?next=/a%20b", headers={"Host": host})
    assert answer.status_code in (308, 400)
    if answer.status_code == 308:
        assert answer.location == "http://127.0.0.1:8000/sign-in?next=/a%20b"
    assert anonymous.client.post("/sign-in", headers={"Host": host}).status_code in (421, 400)


@pytest.mark.parametrize("host", ["amend.example.com", "AMEND.example.com", "amend.example.com:443"])
def test_the_public_host_may_be_written_in_any_way(secure: Visitor, host: str) -> None:
    assert secure.get("/sign-in", headers={"Host": host}).status_code == 200


def test_proxy_headers_are_not_believed(anonymous: Visitor) -> None:
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
        "X-Forwarded-For": "1.2.3.4",
    }
    answer = anonymous.get("/sign-in", headers=headers)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def test_health_is_open_at_any_host(anonymous: Visitor) -> None:
    answer = anonymous.get("/healthz", headers={"Host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "database": "ok"})
    assert "Set-Cookie" not in answer.headers


def test_health_says_when_the_database_does_not_answer(settings: Settings, clock: Clock) -> None:
    broken = settings.model_copy(update={"database_url": "sqlite:////nowhere/at/all/amend.db"})
    answer = create_app(broken, now=clock).test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "failed", "database": "failed"})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 421, 429, 500, 503])
def test_an_http_error_is_a_page_in_the_shell(app: Flask, client: Visitor, status: int) -> None:
    app.add_url_rule("/fail", "fail", lambda: abort(status))
    answer = client.get("/fail")
    assert answer.status_code == status
    assert '<div class="top-bar">' in answer.text
    assert "Ana Ruiz" in answer.text
    assert answer.text.count("<h1>") == 1


def test_a_missing_page_is_said_to_be_missing_to_anybody(anonymous: Visitor) -> None:
    assert anonymous.get("/no/such/page").status_code == 404
    assert anonymous.client.post("/no/such/page").status_code == 404


def test_a_wrong_method_names_the_right_ones(client: Visitor) -> None:
    answer = client.client.put("/sign-in", data={"csrf_token": client.token("/nowhere")})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_fault_of_ours_has_a_reference_that_the_log_has_too(app: Flask, client: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    path = raising(app, RuntimeError("boom refresh_token=1000.0123456789abcdef.fedcba9876543210"))
    with caplog.at_level(logging.ERROR):
        answer = client.get(path)
    assert answer.status_code == 500
    assert "boom" not in answer.text
    reference = text_of(answer).partition("Reference for the log: ")[2].split()[0]
    assert f"reference={reference}" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "1000.0123456789abcdef" not in caplog.text


def test_a_database_that_fails_is_still_a_page(app: Flask, client: Visitor) -> None:
    answer = client.get(raising(app, OperationalError("SELECT 1", {}, Exception("disk"))))
    assert answer.status_code == 500
    assert "SELECT" not in answer.text


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.code)
def test_what_zoho_could_not_do_is_said_with_its_advice(app: Flask, client: Visitor, kind: type[ZohoError]) -> None:
    path = raising(app, kind("detail for the log", request_id="r-1"))
    answer = client.get(path)
    assert answer.status_code == kind.page_status
    assert kind.summary in text_of(answer)
    assert kind.advice in text_of(answer)
    assert "detail for the log" not in answer.text
    assert client.post(path, page="/nowhere").status_code == answer.status_code


def test_a_throttle_says_when_to_try_again(app: Flask, client: Visitor, clock: Clock) -> None:
    answer = client.get(raising(app, ThrottledError(retry_at=clock.at + timedelta(minutes=7))))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "420")
    assert "Next try at 23 Nov 2026, 10:07 UTC" in text_of(answer)


def test_an_error_of_a_connection_leads_to_the_check_that_tells_more(app: Flask, client: Visitor) -> None:
    raising(app, ZohoError())
    assert 'href="/connections/7#check-last_calls"' in client.get("/connections/7/fail").text


def test_a_connection_that_is_not_ones_own_is_a_404_without_a_link(app: Flask, client: Visitor) -> None:
    raising(app, NotConnectedError())
    answer = client.get("/connections/7/fail")
    assert answer.status_code == 404
    assert 'href="/connections/7"' not in answer.text
    assert "/connections/7#" not in answer.text


def test_a_form_of_many_long_fields_passes_and_one_beyond_measure_does_not(app: Flask, client: Visitor) -> None:
    app.add_url_rule("/edit", "edit", lambda: str(len(request.form)), methods=["POST"])
    token = {"csrf_token": client.token("/nowhere")}
    assert client.client.post("/edit", data=token | {f"f{n}": "é" * 32_000 for n in range(60)}).text == "61"
    assert client.client.post("/edit", data=token | {f"f{n}": "1" for n in range(3000)}).text == "3001"
    answer = client.client.post("/edit", data=token | {"f": "x" * (MAX_FORM + 1)})
    assert answer.status_code == 413
    assert "That is too much at once" in text_of(answer)


def test_a_page_says_what_it_is(anonymous: Visitor, client: Visitor) -> None:
    for answer in (anonymous.get("/sign-in"), anonymous.get("/nowhere"), client.get("/nowhere")):
        title = answer.text.partition("<title>")[2].partition("</title>")[0]
        assert title not in ("", "Amend")
        assert '<html lang="en">' in answer.text
