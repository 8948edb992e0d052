"""The checks on the connection's page, Explain this error, and the support bundle, as a person meets them."""

from __future__ import annotations

import json
import re
from uuid import UUID, uuid4

import pytest

from sandbox.server import Sandbox
from tests.pages import Visitor, text_of
from tests.web.connecting import connected, store
from zoho import errors
from zoho.diagnostics import TITLES
from zoho.runtime import Amend


@pytest.fixture
def connection_id(client: Visitor, sandbox: Sandbox) -> UUID:
    return connected(client)


def test_the_page_begins_before_zoho_is_asked(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    sandbox.forget_calls()
    answer = client.client.get(f"/connections/{connection_id}", buffered=False)
    pieces = iter(answer.response)

    first = next(pieces)
    first = first.decode() if isinstance(first, bytes) else first

    assert "Checking, nearest first" in first
    assert sandbox.calls("*") == 0
    assert "</html>" in "".join(piece.decode() if isinstance(piece, bytes) else piece for piece in pieces)


def test_findings_are_sent_from_near_to_far_and_the_verdict_last(client: Visitor, amend: Amend, connection_id: UUID) -> None:
    store(amend, connection_id, desk_org_id="999")

    page = client.get(f"/connections/{connection_id}").text

    sent = re.findall(r'id="check-(\w+)"', page)
    assert [slug for slug in sent if slug in TITLES] == list(TITLES)
    assert page.index('class="verdict"') > page.index('id="check-last_calls"')
    assert '<a href="#check-desk_org">Desk organization</a>' in page


def every_error(kind: type[errors.ZohoError] = errors.ZohoError) -> list[type[errors.ZohoError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in every_error(child))]


def test_every_check_that_an_error_leads_to_has_its_place_on_the_page(client: Visitor, connection_id: UUID) -> None:
    page = client.get(f"/connections/{connection_id}").text

    for kind in every_error():
        for product in ("crm", "desk") if kind.check else ():
            assert f'id="check-{(kind.check or "").format(product=product)}"' in page, kind


def test_what_was_pasted_is_explained_with_a_link_to_the_check(client: Visitor, connection_id: UUID) -> None:
    path = f"/connections/{connection_id}/explain"

    answer = client.post(path, {"text": '{"errorCode":"OAUTH_ORG_MISMATCH","message":"The organization differs"}'})

    words = text_of(answer)
    assert answer.status_code == 200
    for expected in ("belongs to another Desk organization", "does not help", "Zoho's words The organization differs"):
        assert expected in words
    assert f'href="/connections/{connection_id}#check-desk_org"' in answer.text


def test_without_a_connection_the_check_is_named(client: Visitor) -> None:
    assert "“Access token”, on the page of the connection" in text_of(client.post("/explain", {"text": "INVALID_TOKEN"}))


def test_an_unknown_error_is_said_to_be_unknown(client: Visitor) -> None:
    words = text_of(client.post("/explain", {"text": "FLUX_CAPACITOR_EMPTY"}))

    assert "Amend does not know this error" in words
    assert "In its own words" in words


def test_nothing_pasted_asks_for_something(client: Visitor) -> None:
    assert "Nothing was pasted" in text_of(client.post("/explain", {"text": "  "}))


def test_a_pasted_secret_and_markup_come_back_harmless(client: Visitor, caplog: pytest.LogCaptureFixture, connection_id: UUID) -> None:
    pasted = "<script>alert(1)</script>\u202e INVALID_TOKEN Zoho-oauthtoken 1000.aaaaaaaa.bbbbbbbb " + "x" * 1_000_000

    page = client.post(f"/connections/{connection_id}/explain", {"text": pasted}).text

    assert "<script>alert" not in page
    assert "bbbbbbbb" not in page + caplog.text
    assert "not all of it" in page
    assert len(page) < 50_000


def test_the_box_of_somebody_elses_connection_is_not_there(client: Visitor) -> None:
    assert client.get(f"/connections/{uuid4()}/explain").status_code == 404
    assert client.post(f"/connections/{uuid4()}/bundle", page="/explain").status_code == 404


def test_the_bundle_is_one_file_with_the_findings_and_no_token(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    answer = client.post(f"/connections/{connection_id}/bundle", page="/explain")

    assert re.fullmatch(r'attachment; filename="amend-support-[\d-]+\.json"', answer.headers["Content-Disposition"])
    document = json.loads(answer.text)
    assert {finding["check"] for finding in document["findings"]} >= set(TITLES)
    secrets = [sandbox.grants[0].refresh_token, *sandbox.grants[0].access_tokens]
    assert not any(secret in answer.text for secret in secrets)


def test_a_bundle_that_zoho_refuses_tells_it(client: Visitor, sandbox: Sandbox, connection_id: UUID) -> None:
    sandbox.revoke_all()

    document = json.loads(client.post(f"/connections/{connection_id}/bundle", page="/explain").text)

    assert "failed" in {finding["outcome"] for finding in document["findings"]}
