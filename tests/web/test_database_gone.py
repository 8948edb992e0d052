"""PostgreSQL is killed while Amend runs: whoever asks is told, and nothing need be restarted when it is back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from werkzeug.test import TestResponse

from store import migrate
from tests.pages import Visitor, text_of
from tests.postgres import PASSWORD, Cluster
from tests.service.processes import until
from tests.web.connecting import connected

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def server(cluster: Cluster) -> Iterator[Cluster]:
    """A server of its own, since it is killed; ``cluster`` says whether there can be one."""
    running = Cluster()
    yield running
    running.stop()


@pytest.fixture
def database_url(server: Cluster) -> str:
    server.execute("CREATE DATABASE amend")
    migrate.upgrade(server.url("amend"))
    return server.url("amend")


def is_told(answer: TestResponse) -> bool:
    return answer.status_code == 503 and "The database does not answer" in text_of(answer)


@pytest.mark.usefixtures("sandbox")
def test_a_database_killed_in_mid_request_is_told_and_used_again_when_it_is_back(
    client: Visitor, server: Cluster, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    page = f"/connections/{connected(client)}"
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url) as other, caplog.at_level(logging.ERROR):
        other.execute("SELECT id FROM zoho_connections FOR UPDATE")
        asked = pool.submit(client.post, f"{page}/name", {"name": "Renamed"})
        with psycopg.connect(database_url, autocommit=True) as watch:
            assert until(lambda: watch.execute(WAITING).fetchone() == (1,))

        server.crash()

        assert is_told(asked.result(30))
        assert is_told(client.get(page))
        assert client.get("/healthz").status_code == 503
        other.close()
    assert PASSWORD not in caplog.text

    server.start_again()

    assert client.get("/healthz").status_code == 200
    assert client.get(page).status_code == 200
    assert client.post(f"{page}/name", {"name": "Renamed"}).status_code == 303
