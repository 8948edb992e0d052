"""The way to Zoho: each fault of it has a name of its own, and it is the first finding."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from tests import certificates
from tests.zoho import loopback
from zoho.data_centers import DataCenters
from zoho.diagnostics import Outcome
from zoho.http import Http


def moved(patient, **hosts):
    """The patient's data centre, with some of its hosts elsewhere."""
    rows = dict(patient.amend.data_centers.rows)
    rows["sandbox"] = replace(rows["sandbox"], **hosts)
    patient.amend = replace(patient.amend, data_centers=DataCenters(rows), http=Http(retries=0))
    if "api" in hosts:
        patient.write(api_domain=hosts["api"])
    return patient


def test_a_port_where_nobody_listens_refuses(patient):
    found = moved(patient, desk="http://127.0.0.1:1").examine().first_failed
    assert found.check == "desk_host"
    assert found.cause == "127.0.0.1 refuses connections."
    assert "Connection refused" in found.evidence


def test_a_name_that_dns_does_not_know_is_told_as_dns(patient):
    report = moved(patient, desk="http://desk.zoho.invalid").examine()
    assert report.first_failed.check == "desk_host"
    assert report.first_failed.cause.startswith("DNS: the name desk.zoho.invalid")
    assert report.desk_org.outcome == report.desk_records.outcome == Outcome.NOT_CHECKED
    assert report.crm_org.outcome == Outcome.OK


def test_a_proxy_that_is_away_is_told_as_the_proxy_without_its_password(patient, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://amend:geheim@127.0.0.1:1")
    report = moved(patient, desk="https://desk.zoho.invalid").examine()
    assert report.first_failed.check == "desk_host"
    assert report.first_failed.cause == "The proxy 127.0.0.1:1 does not let the call through."
    assert "geheim" not in repr(report)


def test_a_host_that_takes_the_call_and_is_silent_is_told_in_time(patient):
    def silent(connection, server):
        server.closing.wait(30)

    with loopback.RawServer(silent) as server:
        report = moved(patient, desk=server.url).examine(deadline_seconds=3)
    assert report.first_failed.check == "desk_host"
    assert "did not answer in time" in report.first_failed.cause
    assert report.crm_org.outcome == Outcome.OK


def test_a_host_that_hangs_up_is_told_as_broken_off(patient):
    with loopback.RawServer(lambda connection, server: connection.shutdown(socket.SHUT_RDWR)) as server:
        found = moved(patient, desk=server.url).examine().first_failed
    assert found.check == "desk_host"
    assert "broke the connection off" in found.cause


@pytest.fixture
def https():
    """Start a server that shows a certificate and hangs up: its port."""
    listeners = []

    def start(file):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize(
    ("name", "days", "is_trusted", "said"),
    [
        ("localhost", 30, False, "authority that this machine does not trust"),
        ("localhost", -1, True, "out of its time"),
        ("other.example", 30, True, "belongs to another host than localhost"),
    ],
)
def test_a_certificate_that_is_refused_is_told_by_its_reason(patient, tmp_path, monkeypatch, https, name, days, is_trusted, said):
    file = certificates.self_signed(tmp_path, name, days=days)
    if is_trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    found = moved(patient, desk=f"https://localhost:{https(file)}").examine().first_failed
    assert found.check == "desk_host"
    assert found.cause.startswith("TLS: ")
    assert said in found.cause


def test_reaching_a_host_costs_no_line_of_the_request_log_and_sends_no_token(patient, sandbox):
    patient.examine()
    seen = [request for request in sandbox.requests if request.path == "/"]
    assert len(seen) == 4
    assert not any("Authorization" in request.headers for request in seen)


@pytest.mark.parametrize(("seconds", "outcome"), [(20, Outcome.OK), (90, Outcome.WARNING), (3600, Outcome.FAILED), (-3600, Outcome.FAILED)])
def test_a_clock_that_is_off_is_named_with_how_far(patient, amend, seconds, outcome):
    patient.amend = replace(amend, now=lambda: amend.now() + timedelta(seconds=seconds))
    found = patient.examine().clock
    assert found.outcome == outcome
    if outcome == Outcome.FAILED:
        assert found.cause.startswith(f"This machine's clock is 1 h {'ahead of' if seconds > 0 else 'behind'} Zoho's")
