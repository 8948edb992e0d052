"""COQL, timelines, blueprints and page tokens as Zoho has them."""

import pytest

SCOPES = "ZohoCRM.modules.ALL,ZohoCRM.coql.READ,ZohoCRM.settings.map_dependency.READ,ZohoCRM.settings.layouts.READ"


@pytest.fixture
def ask(caller):
    caller.connect(SCOPES)
    return lambda select: caller.crm("POST", "/coql", json={"select_query": select})


def test_a_query_compares_text_exactly_where_search_only_contains(zoho, ask):
    one, other = zoho.ids("Accounts")[:2]
    zoho.edit("Accounts", one, Account_Name="ABC")
    zoho.edit("Accounts", other, Account_Name="ABC Inc")
    rows = ask("select Account_Name from Accounts where Account_Name = 'ABC'").json()["data"]
    assert rows == [{"id": one, "Account_Name": "ABC"}]


def test_a_query_gives_lookups_by_id_and_names_through_a_point(zoho, ask):
    id_ = next(id_ for id_ in zoho.ids("Contacts") if zoho.record("Contacts", id_)["Account_Name"])
    account = zoho.record("Contacts", id_)["Account_Name"]
    (row,) = ask("select Account_Name, Account_Name.Account_Name from Contacts where id = " + id_).json()["data"]  # noqa: S608
    assert row == {"id": id_, "Account_Name": {"id": account["id"]}, "Account_Name.Account_Name": account["name"]}


def test_a_query_is_ordered_and_cut_into_pages(zoho, ask):
    body = ask("select Last_Name from Leads where id is not null order by Last_Name desc, id asc limit 2, 3").json()
    names = [row["Last_Name"] for row in body["data"]]
    assert names == sorted(names, key=str.casefold, reverse=True)
    assert body["info"] == {"count": 3, "more_records": True}


@pytest.mark.parametrize(
    ("condition", "test"),
    [
        (
            "(Email_Opt_Out = 'true' and City in ('Genève', 'Madrid'))",
            lambda row: row["Email_Opt_Out"] and row["City"] in ("Genève", "Madrid"),
        ),
        ("Head_Count > 450", lambda row: (row["Head_Count"] or 0) > 450),
        ("((Head_Count is null) or Last_Name like 'Gar%')", lambda row: row["Head_Count"] is None or row["Last_Name"].startswith("Gar")),
        ("Last_Name not like '%a%'", lambda row: "a" not in row["Last_Name"].lower()),
        ("Last_Name = 'O\\'Neill'", lambda row: row["Last_Name"] == "O'Neill"),
        ("Rating != 'Active'", lambda row: row["Rating"] not in (None, "Active")),
    ],
)
def test_conditions_choose_the_rows(zoho, ask, condition, test):
    wanted = {id_ for id_ in zoho.ids("Leads") if test(zoho.record("Leads", id_))}
    found = {row["id"] for row in ask("select id from Leads where " + condition).json()["data"]}  # noqa: S608
    assert found == wanted
    assert wanted


@pytest.mark.parametrize(
    ("select", "code"),
    [
        ("select Last_Name from Leads", "SYNTAX_ERROR"),
        ("select from", "SYNTAX_ERROR"),
        ("select id from Leads where id =", "SYNTAX_ERROR"),
        ("select id from Leads where id is not null limit 1 2", "SYNTAX_ERROR"),
        ("select id from Leads where ~", "SYNTAX_ERROR"),
        ("select Nothing from Leads where id is not null", "INVALID_QUERY"),
        ("select id from Nowhere where id is not null", "INVALID_QUERY"),
        ("select id from Leads where Description = 'x'", "INVALID_QUERY"),
        ("select id from Leads where Head_Count > 'x'", "INVALID_QUERY"),
        ("select id from Leads where id is not null limit 2001", "LIMIT_EXCEEDED"),
    ],
)
def test_a_query_that_is_none_is_refused(ask, select, code):
    answer = ask(select)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_query_wants_the_scope_of_the_module_too_and_is_204_when_empty(caller, ask):
    assert ask("select id from Leads where Last_Name = 'Nobody At All'").status_code == 204
    caller.connect("ZohoCRM.coql.READ,ZohoCRM.modules.Deals.READ")
    assert ask("select id from Deals where id is not null").status_code == 200
    answer = ask("select id from Leads where id is not null")
    assert (answer.status_code, answer.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")


def test_a_list_goes_on_by_token_where_page_numbers_end(zoho, caller):
    zoho.config.pages_by_number = 2
    query = {"fields": "id", "per_page": "20"}
    assert caller.crm("GET", "/Leads", params=query | {"page": "3"}).json()["code"] == "DISCRETE_PAGINATION_LIMIT_EXCEEDED"
    seen, more = [], {"page": "1"}
    while more:
        body = caller.crm("GET", "/Leads", params=query | more).json()
        seen += [row["id"] for row in body["data"]]
        token = body["info"]["next_page_token"]
        more = {"page_token": token} if token else {}
    assert sorted(seen) == sorted(id_ for id_ in zoho.ids("Leads") if not zoho.record("Leads", id_)["Converted__s"])


def test_a_timeline_grows_with_every_write_and_goes_on_by_token(zoho, caller):
    id_ = zoho.ids("Deals")[3]
    caller.put(f"/Deals/{id_}", {"Amount": 5})
    zoho.edit("Deals", id_, Amount=6, by="Ana Ruiz")
    first = caller.crm("GET", f"/Deals/{id_}/__timeline", params={"per_page": "2"}).json()
    assert [entry["done_by"]["name"] for entry in first["__timeline"]] == ["Ana Ruiz", "Maria García"]
    token = {"page_token": first["info"]["next_page_token"]}
    rest = caller.crm("GET", f"/Deals/{id_}/__timeline", params=token).json()
    assert [entry["action"] for entry in rest["__timeline"]] == ["added"]
    both = caller.crm("GET", f"/Deals/{id_}/__timeline", params=token | {"per_page": "2"})
    assert both.json()["code"] == "AMBIGUITY_DURING_PROCESSING"


def transit(caller, id_, transition, **data):
    body = {"blueprint": [{"transition_id": transition, "data": data}]}
    return caller.crm("PUT", f"/Deals/{id_}/actions/blueprint", json=body).json()


def test_a_deal_in_a_blueprint_moves_by_its_transitions_alone(zoho, caller):
    id_ = zoho.special("Deals", "blueprint")
    zoho.edit("Deals", id_, Stage="Qualification")
    assert caller.put(f"/Deals/{id_}", {"Stage": "Proposal"}).json()["data"][0]["code"] == "RECORD_IN_BLUEPRINT"
    offered = caller.crm("GET", f"/Deals/{id_}/actions/blueprint").json()["blueprint"]["transitions"]
    by_name = {each["next_field_value"]: each["id"] for each in offered}
    assert transit(caller, id_, by_name["Proposal"])["message"] == "transition updated successfully"
    assert zoho.record("Deals", id_)["Stage"] == "Proposal"
    assert transit(caller, id_, by_name["Closed Won"])["message"] == "transition saved partially"
    assert zoho.record("Deals", id_)["Stage"] == "Proposal"
    transit(caller, id_, by_name["Closed Won"], Description="Signed")
    assert (zoho.record("Deals", id_)["Stage"], zoho.record("Deals", id_)["Description"]) == ("Closed Won", "Signed")
    assert transit(caller, id_, "12")["message"] == "invalid transition"
    assert transit(caller, zoho.ids("Deals")[0], "12")["code"] == "RECORD_NOT_IN_PROCESS"


def test_a_layout_tells_which_stages_fit_a_pipeline(caller):
    caller.connect(SCOPES)
    layout = caller.crm("GET", "/settings/layouts", params={"module": "Deals"}).json()["layouts"][0]["id"]
    path = f"/settings/layouts/{layout}/map_dependency"
    listed = caller.crm("GET", path, params={"module": "Deals"}).json()["map_dependency"]
    assert [(each["parent"]["api_name"], each["child"]["api_name"]) for each in listed] == [("Industry", "Segment"), ("Pipeline", "Stage")]
    one = caller.crm("GET", f"{path}/{listed[1]['id']}", params={"module": "Deals"}).json()["map_dependency"][0]
    renewal = next(value for value in one["pick_list_values"] if value["actual_value"] == "Renewal")
    assert [value["actual_value"] for value in renewal["maps"]] == ["Negotiation", "Closed Won", "Closed Lost"]
    assert caller.crm("GET", f"{path}/12", params={"module": "Deals"}).status_code == 400
