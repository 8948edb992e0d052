"""Answers that no dossier foresees: bodies near and far from Zoho's own, with any status. ``AMEND_FUZZ_EXAMPLES`` sets how many."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import requests_mock
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from zoho.answers import WriteOutcome
from zoho.errors import ZohoError

CODES = """SUCCESS INVALID_DATA MANDATORY_NOT_FOUND MULTIPLE_OR_MULTI_ERRORS ALREADY_MODIFIED RECORD_LOCKED DUPLICATE_DATA NO_PERMISSION
INVALID_TOKEN OAUTH_SCOPE_MISMATCH TOO_MANY_REQUESTS INTERNAL_ERROR INVALID_URL_PATTERN UNPROCESSABLE_ENTITY SCOPE_MISMATCH INVALID_OAUTH
OAUTH_ORG_MISMATCH THRESHOLD_EXCEEDED URL_NOT_FOUND FORBIDDEN SOMETHING_NEW success error 拒绝访问""".split()
KEYS = """data code status message details api_name json_path errors errorCode fieldName errorType errorMessage id info more_records users
org modules fields layouts count maximum_length expected_data_type supported_values layout_rule duplicate_record expected_fields dependee
permissions Modified_Time Modified_By name modifiedTime error error_info access_token""".split()
STATUSES = [200, 201, 202, 204, 207, 301, 304, 400, 401, 403, 404, 405, 408, 412, 413, 415, 422, 429, 500, 502, 503]

fuzz = settings(max_examples=int(os.environ.get("AMEND_FUZZ_EXAMPLES", "300")), deadline=None, suppress_health_check=[*HealthCheck])

_scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(CODES), st.text(max_size=12), st.just("123"))
_paths = st.sampled_from(["$.data[0].Phone", "$.data[0].id", "$.data[0].Owner.id", "$.data", "$", "/cf/cf_x", "/contactId", "/", ""])
_json = st.recursive(
    _scalars | _paths,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)
texts = st.text(max_size=12) | _paths
anything = _json
_row = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from(CODES) | _json,
        "status": st.sampled_from(["success", "error"]) | _json,
        "message": _json,
        "details": _json,
    },
)
_crm = st.fixed_dictionaries({"data": st.lists(_row, max_size=2) | _json}) | _row
_desk = st.fixed_dictionaries({"errorCode": st.sampled_from(CODES) | _json, "message": _json}, optional={"errors": st.lists(_json) | _json})
_text = st.one_of(_crm, _desk, _json).map(lambda value: json.dumps(value).encode())
_cut = st.tuples(_text, st.integers(0, 40)).map(lambda pair: pair[0][: -pair[1] or None])
bodies = st.one_of(
    _text, _cut, st.binary(max_size=60), st.sampled_from([b"", b"  ", b"<html>", b"null", b"[]", b"{}", b"0", b'"', b"[" * 5000])
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["application/json", "text/html", "", "application/json;charset=nonsense"]),
        "Retry-After": st.sampled_from(["1", "-1", "soon", "99999999999", "Wed, 21 Oct 2015 07:28:00 GMT"]),
        "Location": st.sampled_from(["/x", "https://accounts.zoho.com/signin", "http://[", ""]),
    },
)
answers = st.fixed_dictionaries({"status_code": st.sampled_from(STATUSES), "content": bodies, "headers": headers})


def play(answer: dict[str, Any], method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a client's method makes of one answer, given to every call: its value, or the ZohoError. Anything else escapes."""
    with requests_mock.Mocker() as zoho:
        zoho.register_uri(requests_mock.ANY, requests_mock.ANY, **answer)
        try:
            return method(*args, **kwargs)
        except ZohoError as error:
            return error


def check_outcome(outcome: Any, answer: dict[str, Any]) -> None:
    """What holds for every outcome of a write."""
    if isinstance(outcome, ZohoError):
        return
    assert isinstance(outcome, WriteOutcome)
    assert outcome.status != "accepted" or answer["status_code"] < 500
    assert (outcome.status == "refused") == bool(outcome.refusals)
    assert all(refusal.message for refusal in outcome.refusals)
    assert (outcome.status == "unknown") == bool(outcome.note)
