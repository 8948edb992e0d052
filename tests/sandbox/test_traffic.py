"""Too many calls at once, as Zoho's two products say it."""

import threading

import pytest


def together(count, call):
    """The answers of calls that all run at the same time."""
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(call())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_call_more_than_the_limit_is_refused_by_crm(zoho, caller):
    zoho.config.max_concurrent, zoho.config.latency_ms = 2, 1500

    answers = together(4, lambda: caller.crm("GET", "/org"))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]
    refusal = next(answer.json() for answer in answers if answer.status_code == 429)
    assert (refusal["code"], refusal["status"]) == ("TOO_MANY_REQUESTS", "error")
    assert "concurrency limit" in refusal["message"]
    assert list(zoho.peaks.values()) == [2]


def test_one_call_more_than_the_limit_is_refused_by_desk(zoho, caller):
    zoho.config.max_concurrent, zoho.config.latency_ms = 1, 1500

    answers = together(2, lambda: caller.desk("GET", "/agents"))

    assert sorted(answer.status_code for answer in answers) == [200, 429]
    assert next(answer.json()["errorCode"] for answer in answers if answer.status_code == 429) == "TOO_MANY_REQUESTS"


@pytest.mark.parametrize(("records", "statuses"), [(10, [200, 200]), (11, [200, 429])])
def test_only_writes_of_more_than_ten_records_count_against_the_smaller_limit(zoho, caller, records, statuses):
    zoho.config.max_heavy, zoho.config.latency_ms = 1, 1500
    leads = [{"id": id_, "City": "Bern"} for id_ in zoho.ids("Leads")[:records]]

    answers = together(2, lambda: caller.put("/Leads", *leads))

    assert sorted(answer.status_code if answer.status_code == 429 else 200 for answer in answers) == statuses


def test_desk_tells_the_credits_that_are_left_and_crm_only_when_it_likes(zoho, caller):
    zoho.config.desk_credits_remaining = 7

    assert caller.desk("GET", "/agents").headers["X-Rate-Limit-Remaining-v3"] == "7"
    assert "X-API-CREDITS-REMAINING" not in caller.crm("GET", "/org").headers
