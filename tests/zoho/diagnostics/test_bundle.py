"""The support bundle holds what help needs, and none of the secrets that lie about."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from zoho import tokens
from zoho.diagnostics import bundle, examine
from zoho.request_log import LoggedRequest

PLANTED = "Zb7-planted/secret+value"


@pytest.fixture
def secretive(amend):
    """Settings each of whose secrets is known to the test."""
    secrets = {
        "secret_key": SecretStr(f"{PLANTED}-session"),
        "client_secret": SecretStr(f"{PLANTED}-client"),
        "admin_password": SecretStr(f"{PLANTED}-admin"),
        "client_secrets": {"eu": SecretStr(f"{PLANTED}-eu")},
        "database_url": amend.settings.database_url,
        "client_id": "1000.ABCDEFGHIJKLMNOP",
    }
    return replace(amend, settings=amend.settings.model_copy(update=secrets))


def text_of(amend, patient, **more):
    return json.dumps(bundle.make(amend, {str(patient.id): examine(amend, patient.id)}, [patient.id], **more), ensure_ascii=False)


def test_it_holds_findings_versions_settings_connection_requests_and_migration(amend, patient):
    document = bundle.make(amend, {str(patient.id): examine(amend, patient.id)}, [patient.id])
    assert {finding["check"] for finding in document["findings"]} >= {"database", "connection", "crm_org"}
    assert document["versions"]["packages"]["Flask"][0].isdigit()
    assert document["settings"]["public_url"] == amend.settings.public_url
    assert document["database"]["revision"] == document["database"]["wanted"]
    (row,) = document["connections"]
    assert (row["id"], row["has_refresh_token"], row["crm_org_id"]) == (str(patient.id), True, patient.row.crm_org_id)
    assert any(request["path"] == "/crm/v8/org" and request["status"] == 200 for request in document["requests"])
    assert json.loads(json.dumps(document)) == document


def test_no_secret_of_any_kind_from_any_store_is_in_it(secretive, patient, sandbox):
    opened = [tokens.unseal(secretive, patient.id, sealed) for sealed in (patient.row.refresh_token, patient.row.access_token)]
    sealed = [patient.row.refresh_token, patient.row.access_token]
    known = [f"{PLANTED}-{name}" for name in ("session", "client", "admin", "eu")] + opened + sealed
    known += [key.get_secret_value() for key in secretive.settings.encryption_keys]
    everywhere = " ".join(known)
    patient.write(name=everywhere[:200], last_failure_detail=everywhere[:500], last_failure_code="x", crm_org_name=everywhere[:400])
    patient.write(api_domain_refused=f"https://{PLANTED}-client.example", last_failure_at=secretive.now())
    shapes = "code=1000.cccccccc.dddddddd Bearer eeeeeeee.ffffffff refresh_token=gggggggg"
    row = {"connection_id": patient.id, "at": secretive.now(), "method": "GET", "host": "h", "duration_ms": 1, "attempts": 1, "status": 401}
    row |= {"path": f"/x/{opened[0]}?token=hhhhhhhh", "answered": f"{everywhere} {shapes}", "sent": everywhere, "request_id": opened[1]}
    with secretive.writing() as database:
        database.execute(insert(LoggedRequest).values(row))
    sandbox.fail_next("GET /crm/v8/org", status=403, body={"code": "NO_PERMISSION", "message": everywhere + shapes}, times=None)

    text = text_of(secretive, patient)

    for secret in (*known, PLANTED, "dddddddd", "ffffffff", "gggggggg", "hhhhhhhh", "sandbox-secret"):
        assert secret not in text
    assert "[redacted]" in text


def test_passwords_of_mail_webhook_proxy_and_database_are_not_in_it(amend, patient, monkeypatch):
    secrets = {
        "smtp_password": SecretStr(f"{PLANTED}-smtp"),
        "webhook_secret": SecretStr(f"{PLANTED}-signing"),
        "webhook_url": SecretStr("https://hooks.example/services/T0/planted-path"),
    }
    monkeypatch.setenv("ALL_PROXY", "http://bob:planted%2Dproxy@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    told = f"{PLANTED}-smtp {PLANTED}-signing url: /services/T0/planted-path planted-proxy planted%2Dproxy postgresql://a:planted-db@h/db"
    patient.write(last_failure_detail=told, last_failure_at=amend.now(), last_failure_code="x", crm_org_name=told)
    held = replace(amend, settings=amend.settings.model_copy(update=secrets))

    text = json.dumps(bundle.make(held, {}, [patient.id]))

    assert "planted" not in text.lower()
    assert text.count("[redacted]") > 5


def test_neither_people_nor_their_records_are_in_it(amend, patient):
    text = text_of(amend, patient)
    assert "maria@zylker.example" not in json.dumps(json.loads(text)["connections"])
    assert all(request["answered"] is None for request in json.loads(text)["requests"] if (request["status"] or 500) < 400)


def test_a_database_that_is_broken_costs_its_parts_and_not_the_bundle(amend, patient):
    gone = replace(amend, settings=amend.settings.model_copy(update={"database_url": "sqlite:////nowhere/amend.db"}))
    with amend.sessions.kw["bind"].begin() as connection:
        connection.exec_driver_sql("DROP TABLE zoho_requests")
    document = bundle.make(gone, {}, [patient.id])
    assert "SQLITE_CANTOPEN" in document["database"]["trouble"]
    assert "OperationalError" in document["requests"]["broke"]
    assert document["versions"]
