"""Invariants of the whole exception tree, and of the dictionary of Zoho's codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import oas
from zoho import diagnostics, errors
from zoho.errors import MisconfiguredError, MissingScopeError, RateLimitedError, ThrottledError, UnreachableError, ZohoError, explain
from zoho.errors.dictionary import PRODUCTS, codes

CODES_OF_CRM = """
INVALID_TOKEN INVALID_OAUTHTOKEN AUTHENTICATION_FAILURE OAUTH_SCOPE_MISMATCH INVALID_OAUTHSCOPE NO_PERMISSION AUTHORIZATION_FAILED
INACTIVE_USER FORBIDDEN UNABLE_TO_PARSE_DATA_TYPE RESOURCE_NOT_FOUND NOT_FOUND FEATURE_PERMISSION NOT_ALLOWED INVALID_MODULE
INVALID_URL_PATTERN INVALID_REQUEST_METHOD INVALID_DATA MANDATORY_NOT_FOUND REQUIRED_PARAM_MISSING DEPENDENT_FIELD_MISSING
DEPENDENT_MISMATCH EXPECTED_FIELD_MISSING AMBIGUITY_DURING_PROCESSING MAPPING_MISMATCH DUPLICATE_DATA MULTIPLE_OR_MULTI_ERRORS
DUPLICATE_LINKING_DATA LIMIT_EXCEEDED RECORD_LOCKED LOCKED RECORD_IN_BLUEPRINT NOT_APPROVED NOT_REVIEWED CONVERTED_RECORD
ID_ALREADY_CONVERTED CANNOT_PERFORM_ACTION CANNOT_PROCESS NOT_SUPPORTED FEATURE_NOT_SUPPORTED FEATURE_NOT_ENABLED ALREADY_SCHEDULED
NO_RECORDS_FOUND NO_CONTENT ALREADY_MODIFIED TOKEN_BOUND_DATA_MISMATCH EXPIRED_VALUE DISCRETE_PAGINATION_LIMIT_EXCEEDED
PAGINATION_LIMIT_EXCEEDED PATTERN_NOT_MATCHED INVALID_QUERY SYNTAX_ERROR DUPLICATE_ALIAS INVALID_ALIAS CRITERIA_LIMIT_EXCEEDED
LIMIT_REACHED EXPECTED_PARAM_MISSING FIELD_TYPE_UNAVAILABLE TOO_MANY_REQUESTS RATE_LIMIT_EXCEEDED SERVICE_UNAVAILABLE
STORAGE_SPACE_EXCEEDED FILE_SIZE_MORE_THAN_ALLOWED_SIZE FILE_TOO_LARGE DEPENDENT_SERVICE_ERROR TERRITORY_NOT_ENABLED CANNOT_DELETE
ALREADY_USED DATA_MISMATCH API_NOT_SUPPORTED VERSION_NOT_SUPPORTED INTERNAL_ERROR INTERNAL_SERVER_ERROR
""".split()
CODES_OF_DESK = """
BAD_REQUEST UNAUTHORIZED INVALID_OAUTH SCOPE_MISMATCH OAUTH_ORG_MISMATCH FORBIDDEN LICENSE_ACCESS_LIMITED URL_NOT_FOUND
METHOD_NOT_ALLOWED RESOURCE_SIZE_EXCEEDED UNSUPPORTED_MEDIA_TYPE INVALID_DATA EMPTY_PAYLOAD UNPROCESSABLE_ENTITY DUPLICATE_CONTRACT
ONLY_LIVECHAT_USER INTEGRATION_ADMIN_ERROR TOO_MANY_REQUESTS THRESHOLD_EXCEEDED INTERNAL_SERVER_ERROR
""".split()
CODES_OF_OAUTH = [
    "invalid_code",
    "invalid_client",
    "invalid_client_secret",
    "invalid_redirect_uri",
    "invalid_grant_type",
    "invalid_request",
    "access_denied",
    "Access Denied",
    "general_error",
]


def tree(root: type[ZohoError] = ZohoError) -> Iterator[type[ZohoError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("kind", [*tree()])
def test_every_error_has_a_code_a_plain_summary_and_an_advice(kind: type[ZohoError]) -> None:
    error = kind()

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert error.summary.endswith(".")
    assert error.advice.endswith(".")
    assert str(error) == error.summary
    assert kind is ZohoError or "code" in vars(kind), "a class of its own needs a code of its own"


@pytest.mark.parametrize("kind", [*tree()])
def test_every_error_points_to_a_check_that_exists(kind: type[ZohoError]) -> None:
    checks = {kind.check.format(product=product) for product in ("crm", "desk")} if kind.check else set()

    assert checks <= diagnostics.TITLES.keys()
    assert kind.action is None or kind.action in diagnostics.ACTIONS
    assert 400 <= kind.page_status < 600


def test_an_error_that_was_written_down_is_known_again() -> None:
    assert errors.kind_of("throttled") is ThrottledError
    assert errors.kind_of("of another age") is ZohoError


def test_no_two_errors_share_a_code() -> None:
    found = [kind.code for kind in tree() if kind.__module__.startswith("zoho.errors")]

    assert len(found) == len(set(found))


def test_every_error_of_the_tree_is_exported() -> None:
    names = {kind.__name__ for kind in tree() if kind.__module__.startswith("zoho.errors")}

    assert names <= set(errors.__all__)


def test_error_keeps_zohos_own_words_and_hides_tokens() -> None:
    error = ZohoError(
        "GET failed with 1000.0123456789abcdef.0123456789abcdef",
        request_id="r-1",
        zoho_code="X",
        zoho_message="access_token=abc",
        http_status=418,
    )

    assert (error.request_id, error.zoho_code, error.http_status) == ("r-1", "X", 418)
    assert str(error) == "GET failed with [redacted]"
    assert error.zoho_message == "access_token=[redacted]"


def test_missing_scope_is_named_with_its_purpose() -> None:
    error = MissingScopeError("401", scopes=("ZohoCRM.modules.deals.UPDATE",), purpose="edit Deals")

    assert error.summary == "This needs ZohoCRM.modules.deals.UPDATE (edit Deals), which this connection does not have."
    assert "ZohoCRM.modules.deals.UPDATE" in error.advice
    assert MissingScopeError().scopes == ()


def test_other_facts_of_an_error_are_optional() -> None:
    assert ThrottledError().retry_at is None
    assert MisconfiguredError("x", setting="ZOHO_CLIENT_ID").advice.startswith("Check ZOHO_CLIENT_ID")
    assert UnreachableError().is_ambiguous is False
    assert (RateLimitedError().kind, RateLimitedError().retry_after_seconds) == ("unknown", None)
    assert "credits" in RateLimitedError(kind="credits").summary


@pytest.mark.parametrize(
    ("product", "code"),
    [("crm", code) for code in CODES_OF_CRM] + [("desk", code) for code in CODES_OF_DESK] + [("oauth", code) for code in CODES_OF_OAUTH],
)
def test_every_documented_code_is_in_the_dictionary(product: str, code: str) -> None:
    assert explain(product, code) is not None


@pytest.mark.parametrize("product", [*PRODUCTS, "crm_messages"])
def test_dictionary_speaks_in_short_whole_sentences(product: str) -> None:
    for code, found in codes(product).items():
        for text in (found.meaning, found.cause, found.next_step):
            assert text.endswith("."), code
            assert text[0].isupper(), code
            assert max(len(sentence.split()) for sentence in re.split(r"[.:] ", text)) <= 25, code


NOT_CODES = {"FILE_UPLOAD_SUCCESS", "RECORD_ID", "LIGHT_AGENTS", "NEW_FREE", "READ_ONLY", "READ_WRITE", "RESTRICTED_ACCESS"}
"""What the dossier writes in capitals and is no error."""


def codes_in(node: object) -> Iterator[str]:
    """The values of every ``code`` in one of Zoho's OpenAPI files: enumerations, constants, examples, sample answers."""
    if isinstance(node, list):
        for each in node:
            yield from codes_in(each)
    if isinstance(node, dict):
        code = node.get("code")
        given = [*code.get("enum", ()), code.get("const"), code.get("example")] if isinstance(code, dict) else [code]
        yield from (each for each in given if isinstance(each, str) and "SUCCESS" not in each)
        for each in node.values():
            yield from codes_in(each)


@oas.needs_oas
@pytest.mark.parametrize("product", ["crm", "desk"])
def test_every_code_that_the_dossier_names_is_explained(product: str) -> None:
    text = (oas.OAS.parent / f"{product}.md").read_text()
    named = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b", text)) - NOT_CODES

    assert len(named) > 15
    assert named - codes(product).keys() == set()


@oas.needs_oas
def test_every_code_that_zoho_publishes_is_explained() -> None:
    named = {code for file in sorted(oas.OAS.glob("*.json")) for code in codes_in(json.loads(file.read_text()))}

    assert len(named) > 70
    assert named - codes("crm").keys() == set()


@oas.needs_oas
def test_every_failure_of_the_token_endpoint_is_explained() -> None:
    table = (oas.OAS.parent / "oauth.md").read_text().partition("### Failures")[2].partition("\n---")[0]
    cells = re.findall(r"^\| [*\d/]+ \| (`[^|]+) \|", table, re.MULTILINE)
    named = {code for cell in cells for code in re.findall(r"`([A-Za-z_ ]+)`", cell)}

    assert len(named) > 6
    assert named - codes("oauth").keys() == set()


@oas.needs_oas
def test_every_message_that_is_worth_matching_is_matched() -> None:
    line = next(line for line in (oas.OAS.parent / "crm.md").read_text().splitlines() if line.startswith("Messages worth matching"))

    for message in re.findall(r'"([^"]+)"', line):
        assert any(known in message.lower() for known in codes("crm_messages")), message


def test_a_known_message_says_more_than_its_code() -> None:
    by_message = explain("crm", "INVALID_DATA", "Picklist not found in record layout")

    assert by_message is not None
    assert by_message.meaning.startswith("This value is not in the list")
    assert explain("desk", "INVALID_DATA", "picklist not found in record layout") == explain("desk", "INVALID_DATA")
    assert explain("crm", None, "picklist not found in record layout") is None


def test_unknown_codes_and_products_have_no_explanation() -> None:
    assert explain("crm", "SOMETHING_NEW") is None
    assert explain("crm", None) is None
    assert explain("../crm", "INVALID_DATA") is None


@pytest.mark.parametrize(("code", "waiting_helps"), [("TOO_MANY_REQUESTS", True), ("RECORD_LOCKED", True), ("INVALID_DATA", False)])
def test_dictionary_says_whether_waiting_helps(code: str, waiting_helps: bool) -> None:
    found = explain("crm", code)

    assert found is not None
    assert found.waiting_helps is waiting_helps


def test_the_page_on_zohos_traps_has_every_row_and_tests_that_exist() -> None:
    """A row without a test says that it does not apply."""
    root = Path(__file__).parents[2]
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", (root / "docs" / "zoho.md").read_text(), re.MULTILINE)

    assert [int(number) for number, *_ in rows] == [*range(1, 88)]
    for number, trap, noticed, cell in rows:
        named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", cell)
        assert trap
        assert noticed
        assert named or cell == "does not apply", number
        for file, name in named:
            assert re.search(rf"^ *def {name}\(", (root / "tests" / file).read_text(), re.MULTILINE), f"{number}: {file}::{name}"
