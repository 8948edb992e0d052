import pytest

from sandbox.server import Sandbox


def ticket(zoho: Sandbox, **having: str) -> str:
    return next(id_ for id_, row in zoho.tickets.items() if all(row[name] == value for name, value in having.items()))


def test_organizations_need_no_org_and_everything_else_does(zoho, caller):
    caller.org = None
    assert caller.desk("GET", "/organizations").json()["data"][0]["id"] == "3981311"
    assert caller.desk("GET", "/tickets").status_code == 422
    for org, status, code in (("5725767000000020005", 403, "OAUTH_ORG_MISMATCH"), ("abc", 500, "INTERNAL_SERVER_ERROR")):
        caller.org = org
        answer = caller.desk("GET", "/tickets")
        assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    zoho.config.desk_orgs = 0
    caller.org = None
    assert caller.desk("GET", "/organizations").status_code == 204


def test_a_token_reaches_the_portal_that_was_chosen(zoho, caller):
    zoho.config.desk_orgs = 2
    caller.connect(desk_org="3981312")
    assert caller.desk("GET", "/tickets").json()["errorCode"] == "OAUTH_ORG_MISMATCH"
    caller.org = "3981312"
    assert caller.desk("GET", "/tickets").status_code == 200


def test_a_ticket_in_a_list_lacks_what_one_ticket_has(zoho, caller):
    row = caller.desk("GET", "/tickets", params={"limit": 5}).json()["data"][0]
    assert not {"modifiedTime", "description", "cf"} & set(row)
    whole = caller.desk("GET", f"/tickets/{row['id']}").json()
    assert {"modifiedTime", "description", "cf"} <= set(whole)
    asked = caller.desk("GET", "/tickets", params={"fields": "cf_modelname,modifiedTime"}).json()["data"][0]
    assert set(asked["cf"]) == {"cf_modelname"}
    assert caller.desk("GET", "/tickets", params={"status": "Nothing"}).status_code == 204
    assert caller.desk("GET", "/tickets", params={"from": 5000}).json()["errorCode"] == "UNPROCESSABLE_ENTITY"
    assert "Extra query parameter 'page'" in caller.desk("GET", "/tickets", params={"page": 2}).json()["message"]


def test_a_patch_changes_the_given_keys_and_answers_the_bare_ticket(zoho, caller):
    id_ = ticket(zoho, status="Open")
    before = zoho.tickets[id_]["modifiedTime"]
    answer = caller.desk("PATCH", f"/tickets/{id_}", json={"priority": "Low", "assigneeId": None, "cf": {"cf_phone": "12", "cf_url": None}})
    assert answer.status_code == 200
    assert (answer.json()["priority"], answer.json()["cf"]["cf_phone"], answer.json()["assigneeId"]) == ("Low", "12", None)
    assert answer.json()["modifiedTime"] > before
    assert answer.json()["modifiedTime"].endswith(".000Z")


@pytest.mark.parametrize(
    ("sent", "pointer", "kind"),
    [
        ({"prio": "High"}, "/prio", "invalid"),
        ({"modifiedTime": "2026-01-01T00:00:00.000Z"}, "/modifiedTime", "invalid"),
        ({"priority": "Urgent"}, "/priority", "invalid"),
        ({"dueDate": "2026-01-01T00:00:00+01:00"}, "/dueDate", "invalid"),
        ({"cf": {"cf_numberofitems": 5}}, "/cf/cf_numberofitems", "invalid"),
        ({"cf": {"cf_nothing": "x"}}, "/cf/cf_nothing", "invalid"),
        ({"cf_phone": "1"}, "/cf_phone", "invalid"),
        ({"subject": ""}, "/subject", "missing"),
        ({"contactId": "12"}, "/contactId", "invalid"),
        ({"subject": "x" * 1001}, "/subject", "invalid"),
    ],
)
def test_a_patch_is_refused_with_a_json_pointer(zoho, caller, sent, pointer, kind):
    answer = caller.desk("PATCH", f"/tickets/{ticket(zoho, status='Open')}", json=sent)
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "INVALID_DATA")
    assert [(error["fieldName"], error["errorType"]) for error in answer.json()["errors"]] == [(pointer, kind)]


def test_closing_tells_the_customer_unless_asked_not_to(zoho, caller):
    for quiet, mails in (("true", 0), ("false", 1)):
        id_ = ticket(zoho, status="Open")
        answer = caller.desk("PATCH", f"/tickets/{id_}", params={"disableClosureNotification": quiet}, json={"status": "Closed"})
        assert answer.json()["statusType"] == "Closed"
        assert len(zoho.notices) == mails


def test_search_wants_two_scopes_and_is_204_when_empty(zoho, caller):
    found = caller.desk("GET", "/tickets/search", params={"subject": "invoice*"}).json()
    assert found["count"] == 15 or found["count"] > 0
    assert caller.desk("GET", "/tickets/search", params={"subject": "nobodyatall"}).status_code == 204
    caller.connect("Desk.tickets.READ")
    answer = caller.desk("GET", "/tickets/search", params={"subject": "invoice"})
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "SCOPE_MISMATCH")


def test_the_form_of_the_agent_and_its_bad_moods(zoho, caller):
    layout = caller.desk("GET", "/layouts", params={"module": "tickets"}).json()["data"][0]["id"]
    form = caller.desk("GET", "/myForm", params={"layoutId": layout}).json()
    names = {field["apiName"] for section in form["sections"] for field in section["fields"]}
    assert {"subject", "status", "cf_education_type"} <= names
    zoho.config.myform_422 = True
    assert caller.desk("GET", "/myForm", params={"layoutId": layout}).status_code == 422
    zoho.config.desk_hidden_fields = ("priority",)
    assert "priority" not in caller.desk("GET", f"/tickets/{next(iter(zoho.tickets))}").json()


MODULES = ("tickets", "contacts", "accounts", "tasks", "products", "calls", "events", "contracts")


def test_every_module_can_be_listed_and_its_layout_read(caller):
    caller.connect(",".join(f"Desk.{name}.READ" for name in (*MODULES, "basic")))
    for module in MODULES:
        assert caller.desk("GET", f"/{module}").json()["data"]
        assert caller.desk("GET", "/fields", params={"module": module}).json()["data"]
        layout = caller.desk("GET", "/layouts", params={"module": module}).json()["data"][0]["id"]
        assert caller.desk("GET", f"/layouts/{layout}").json()["sections"][0]["fields"]
    for path in ("/agents", "/agents/me", "/myinfo", "/departments", "/accessibleOrganizations"):
        assert caller.desk("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("module", "change"),
    [("calls", {"direction": "outbound"}), ("events", {"category": "-None-"}), ("contracts", {"endDate": "2030-01-01"})],
)
def test_calls_events_and_contracts_are_patched_like_the_rest(caller, module, change):
    caller.connect(f"Desk.{module}.READ,Desk.{module}.UPDATE,Desk.search.READ")
    id_ = caller.desk("GET", f"/{module}").json()["data"][0]["id"]
    assert caller.desk("PATCH", f"/{module}/{id_}", json=change).json() | change == caller.desk("GET", f"/{module}/{id_}").json()
    assert caller.desk("PATCH", f"/{module}/{id_}", json={"nothing": "x"}).status_code == 422
    found = caller.desk("GET", f"/{module}/search", params={"_all": "e"})
    assert found.status_code == (404 if module == "contracts" else 200)


def test_a_ticket_tells_who_changed_what(zoho, caller):
    id_ = ticket(zoho, status="Open")
    caller.desk("PATCH", f"/tickets/{id_}", json={"priority": "Low"})
    zoho.edit("tickets", id_, subject="By Ana", by="Ana Ruiz")
    events = caller.desk("GET", f"/tickets/{id_}/History", params={"limit": "2"}).json()["data"]
    assert [event["actor"]["name"] for event in events] == ["Ana Ruiz", "Maria García"]
    assert events[0]["eventInfo"][0]["propertyValue"]["updatedValue"] == "By Ana"
    assert caller.desk("GET", f"/tickets/{id_}/History", params={"from": "3"}).json()["data"][0]["eventName"] == "TicketCreated"
    assert caller.desk("GET", "/tickets/12/History").status_code == 404
