"""The fake CRM of the benches proves what it is asked to prove."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from bench import fake
from bench.fake import Fake
from bench.race import Figure

ID, *_ = IDS = fake.ids(100)


@pytest.fixture(scope="module")
def crm() -> Iterator[Fake]:
    with fake.running() as running:
        yield running


def test_what_was_written_is_read_back(crm):
    crm.bare().update("Leads", ID, fake.values(7))
    assert crm.bare().get("Leads", ID)["City"] == "City 7"
    assert crm.stored("Leads", "City") == {ID: "City 7"}


def test_a_record_that_moved_is_not_overwritten(crm):
    bare = crm.bare()
    bare.update("Leads", ID, fake.values(1))
    with pytest.raises(AssertionError, match="ALREADY_MODIFIED"):
        bare.update("Leads", ID, fake.values(2), since="2026-01-01T00:00:00+00:00")
    assert bare.get("Leads", ID)["City"] == "City 1"


def test_the_eleventh_renewal_of_a_grant_is_refused(crm):
    assert len({crm.token("1000.mine") for _ in range(10)}) == 10
    form = {"grant_type": "refresh_token", "refresh_token": "1000.mine"}
    answer = requests.post(f"{crm.base}/oauth/v2/token", data=form, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "Access Denied")
    assert crm.token("1000.yours")


def test_an_expired_token_is_refused(crm):
    bare = crm.bare()
    crm.tell(expire=True)
    assert bare.session.get(f"{bare.url}/Leads/{ID}", timeout=5).status_code == 401


def test_an_eleventh_large_write_at_the_same_time_is_refused(crm):
    bare = crm.bare()
    crm.tell(delay_ms=2000, forget=True)
    body = {"data": [{"id": id, "City": "Bern"} for id in IDS]}

    def write(_: int) -> int:
        return requests.put(f"{bare.url}/Leads", json=body, headers=bare.session.headers, timeout=10).status_code

    with ThreadPoolExecutor(10) as pool:
        made = pool.map(write, range(10))
        while crm.tell()["peak_heavy"] < 10:
            pass
        assert write(11) == 429
        assert [*made] == [200] * 10
    seen = crm.tell(delay_ms=0)
    assert (seen["crowded"], seen["peak_heavy"], seen["calls"]["PUT /crm/v8/Leads"]) == (1, 11, 11)


def test_one_session_keeps_one_connection(crm):
    bare = crm.bare()
    bare.get("Leads", ID)
    before = crm.tell(forget=True)["connections"]
    for _ in range(5):
        bare.get("Leads", ID)
    seen = crm.tell()
    assert (seen["calls"], seen["connections"]) == ({"GET /crm/v8/Leads/{id}": 5}, before + 1)  # the one that asks


@pytest.mark.parametrize(
    ("ours", "limit", "is_least", "is_missed"), [(1.2, 1.25, False, False), (1.3, 1.25, False, True), (0.96, 0.97, True, True)]
)
def test_a_figure_on_the_wrong_side_of_its_limit_is_missed(ours, limit, is_least, is_missed):
    assert Figure("one update", ours, limit=limit, is_least=is_least).is_missed is is_missed
