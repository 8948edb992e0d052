from datetime import datetime

import pytest


def only(answer):
    (item,) = answer.json()["data"]
    return item


def test_every_module_has_every_data_type(caller):
    wanted = set("text textarea email phone website integer bigint double currency percent boolean date datetime".split())
    wanted |= set("picklist multiselectpicklist ownerlookup userlookup lookup formula rollup_summary autonumber layout".split())
    seen = set()
    for module in ("Leads", "Contacts", "Accounts", "Deals", "Vehicles"):
        types = {field["data_type"] for field in caller.crm("GET", "/settings/fields", params={"module": module}).json()["fields"]}
        assert wanted <= types
        seen |= types
    assert {"subform", "fileupload"} <= seen


def test_a_list_wants_fields_and_pages_by_token_after_page_ten(caller):
    assert caller.crm("GET", "/Leads").json()["details"] == {"param_name": "fields"}
    many = caller.crm("GET", "/Leads", params={"fields": ",".join(f"F{n}" for n in range(51))}).json()
    assert many["code"] == "LIMIT_EXCEEDED"
    seen, token = set(), None
    for page in range(1, 30):
        where = {"page": page} if page <= 10 else {"page_token": token}
        answer = caller.crm("GET", "/Leads", params={"fields": "Last_Name", "per_page": 10, "converted": "both", **where}).json()
        seen |= {row["id"] for row in answer["data"]}
        token = answer["info"]["next_page_token"]
        if not answer["info"]["more_records"]:
            break
    assert len(seen) == 200
    assert caller.crm("GET", "/Leads", params={"fields": "Last_Name", "ids": "1"}).status_code == 204


def test_ids_are_text_of_nineteen_digits(zoho, caller):
    for id_ in zoho.ids("Leads"):
        assert isinstance(id_, str)
        assert len(id_) == 19


def test_an_update_moves_modified_time_in_the_users_zone_and_answers_no_values(zoho, caller):
    id_ = zoho.ids("Leads")[1]
    before = only(caller.crm("GET", f"/Leads/{id_}"))["Modified_Time"]
    item = only(caller.put(f"/Leads/{id_}", {"Phone": "+41 44 555 11 22"}))
    assert item["code"] == "SUCCESS"
    assert item["details"]["Modified_Time"].endswith("+01:00")
    assert datetime.fromisoformat(item["details"]["Modified_Time"]) > datetime.fromisoformat(before)
    assert "Phone" not in item["details"]
    again = only(caller.put(f"/Leads/{id_}", {"Phone": "1"}))
    assert again["details"]["Modified_Time"] > item["details"]["Modified_Time"]


REFUSALS = [
    ({"Head_Count": "12"}, {"expected_data_type": "integer"}),
    ({"Head_Count": True}, {"expected_data_type": "integer"}),
    ({"Head_Count": 1234567890}, {"maximum_length": 9}),
    ({"Interests": "Opera;Fishing"}, {"expected_data_type": "jsonarray"}),
    ({"Newsletter": "true"}, {"expected_data_type": "boolean"}),
    ({"First_Contact": "31/12/2026"}, {"expected_data_type": "date"}),
    ({"First_Contact": "2026-02-30"}, {"expected_data_type": "date"}),
    ({"Next_Call": "2026-02-03T10:00:00"}, {"expected_data_type": "datetime"}),
    ({"Next_Call": "2026-02-03T10:00:00.000Z"}, {"expected_data_type": "datetime"}),
    ({"Last_Name": "x" * 81}, {"maximum_length": 80}),
    ({"Owner": "Maria"}, {"expected_data_type": "jsonobject"}),
    ({"Email": "nobody"}, {"expected_data_type": "email"}),
    ({"Phone": ".123"}, {"expected_data_type": "phone"}),
    ({"Ledger_Number": "9" * 19}, {"maximum_length": 18}),
    ({"Score": 10**16}, {"maximum_length": 16}),
]


@pytest.mark.parametrize(("sent", "details"), REFUSALS)
def test_a_value_of_the_wrong_kind_is_refused_with_its_place(zoho, caller, sent, details):
    answer = caller.put(f"/Leads/{zoho.ids('Leads')[2]}", sent)
    (name,) = sent
    assert answer.status_code == 400
    assert only(answer)["code"] == "INVALID_DATA"
    assert only(answer)["details"] == {**details, "api_name": name, "json_path": f"$.data[0].{name}"}


def test_null_clears_and_a_mandatory_field_refuses_it(zoho, caller):
    id_ = zoho.ids("Leads")[3]
    assert only(caller.put(f"/Leads/{id_}", {"Phone": None, "Newsletter": None, "Interests": None}))["code"] == "SUCCESS"
    stored = zoho.record("Leads", id_)
    assert (stored["Phone"], stored["Newsletter"], stored["Interests"]) == (None, False, [])
    assert only(caller.put(f"/Leads/{id_}", {"Last_Name": None}))["code"] == "MANDATORY_NOT_FOUND"


def test_many_records_answer_in_their_order_with_207_when_mixed(zoho, caller):
    one, two = zoho.ids("Leads")[4:6]
    mixed = caller.put("/Leads", {"id": one, "City": "Bern"}, {"id": two, "Ciudad": "Bern"}, {"City": "Bern"}, {"id": "1", "City": "x"})
    assert mixed.status_code == 207
    assert [item["code"] for item in mixed.json()["data"]] == ["SUCCESS", "INVALID_DATA", "MANDATORY_NOT_FOUND", "INVALID_DATA"]
    assert caller.put("/Leads", *({"id": one} for _ in range(101))).json()["code"] == "LIMIT_EXCEEDED"
    assert caller.put("/Leads", {"id": one, "City": "Basel"}, {"id": two, "City": "Basel"}).status_code == 200


def test_several_problems_of_one_record_come_together(zoho, caller):
    one, two = zoho.ids("Leads")[6:8]
    taken = zoho.record("Leads", two)
    both = only(caller.put(f"/Leads/{one}", {"Email": taken["Email"].upper(), "Customer_Code": taken["Customer_Code"]}))
    assert both["code"] == "MULTIPLE_OR_MULTI_ERRORS"
    assert [error["details"]["duplicate_record"]["id"] for error in both["details"]["errors"]] == [two, two]
    assert only(caller.put(f"/Leads/{one}", {"Email": taken["Email"]}))["code"] == "DUPLICATE_DATA"


def test_if_unmodified_since_conflicts_with_412_and_who_did_it(zoho, caller):
    id_ = zoho.ids("Leads")[8]
    read = only(caller.crm("GET", f"/Leads/{id_}"))["Modified_Time"]
    zoho.edit("Leads", id_, Phone="123", by="Ana Ruiz")
    answer = caller.put(f"/Leads/{id_}", {"City": "Bern"}, headers={"If-Unmodified-Since": read})
    assert answer.status_code == 412
    assert only(answer)["code"] == "ALREADY_MODIFIED"
    assert only(answer)["details"]["Modified_By"]["name"] == "Ana Ruiz"
    read = only(answer)["details"]["Modified_Time"]
    assert caller.put(f"/Leads/{id_}", {"City": "Bern"}, headers={"If-Unmodified-Since": read}).status_code == 200


def test_records_in_a_state_refuse_with_the_code_of_the_state(zoho, caller):
    codes = {"locked": "RECORD_LOCKED", "blueprint": "RECORD_IN_BLUEPRINT", "converted": "CONVERTED_RECORD", "in_approval": "NOT_APPROVED"}
    for state, code in codes.items():
        assert only(caller.put(f"/Leads/{zoho.special('Leads', state)}", {"Lead_Status": "Contacted"}))["code"] == code
    assert caller.crm("GET", f"/Leads/{zoho.special('Leads', 'locked')}/Locking_Information__s").status_code == 200
    assert caller.crm("GET", f"/Leads/{zoho.special('Leads', 'blueprint')}/actions/blueprint").json()["blueprint"]["transitions"]


def test_a_workflow_rewrites_unless_the_trigger_forbids_it(zoho, caller):
    zoho.config.automation = True
    id_ = zoho.ids("Leads")[9]
    caller.put(f"/Leads/{id_}", {"Phone": "044 555"}, trigger=[])
    assert zoho.record("Leads", id_)["Phone"] == "044 555"
    caller.put(f"/Leads/{id_}", {"Phone": "044 666"})
    assert zoho.record("Leads", id_)["Phone"] == "044666"


def test_a_layout_in_the_write_drops_fields_off_it_and_checks_its_mandatory_ones(zoho, caller):
    id_ = zoho.ids("Leads")[10]
    partner = caller.crm("GET", "/settings/layouts", params={"module": "Leads"}).json()["layouts"][1]
    assert partner["name"] == "Partner"
    values = {"Layout": {"id": partner["id"]}, "Phone": "1", "Country": "Chad", "Designation": "dropped"}
    assert only(caller.put(f"/Leads/{id_}", values))["code"] == "SUCCESS"
    assert zoho.record("Leads", id_)["Designation"] != "dropped"
    assert only(caller.put(f"/Leads/{id_}", {"Layout": {"id": partner["id"]}, "Phone": None}))["code"] == "MANDATORY_NOT_FOUND"


def test_rich_text_is_cut_at_500_but_not_in_full_data_and_masks_hold(zoho, caller):
    id_ = next(id_ for id_ in zoho.ids("Contacts") if zoho.record("Contacts", id_)["Brief"] and zoho.record("Contacts", id_)["National_Id"])
    assert len(only(caller.crm("GET", f"/Contacts/{id_}"))["Brief"]) == 500
    assert len(only(caller.crm("GET", f"/Contacts/{id_}/actions/fetch_full_data"))["Brief"]) > 500
    assert only(caller.crm("GET", f"/Contacts/{id_}"))["National_Id"].startswith("***")
    assert only(caller.crm("GET", f"/Contacts/{id_}"))["Health_Note"] is None


def test_search_equals_behaves_like_contains_and_takes_escapes(zoho, caller):
    found = caller.crm("GET", "/Leads/search", params={"criteria": "((Company:equals:zylker)and(Last_Name:starts_with:Gar))"}).json()[
        "data"
    ]
    assert found
    assert all("Zylker" in row["Company"] for row in found)
    zoho.edit("Leads", zoho.ids("Leads")[11], Company="Foo (Bar), Inc")
    one = caller.crm("GET", "/Leads/search", params={"criteria": r"(Company:equals:Foo \(Bar\)\, Inc)"}).json()["data"]
    assert [row["id"] for row in one] == [zoho.ids("Leads")[11]]
    assert len(caller.crm("GET", "/Leads/search", params={"word": "john smith"}).json()["data"]) >= 2
    assert caller.crm("GET", "/Leads/search", params={"word": "nobodyatall"}).status_code == 204
    assert caller.crm("GET", "/Leads/search", params={"criteria": "((Company"}).json()["code"] == "INVALID_QUERY"


def test_decimals_keep_their_digits(zoho, caller):
    id_ = zoho.ids("Deals")[0]
    headers = {"Content-Type": "application/json"}
    caller.crm("PUT", f"/Deals/{id_}", data=b'{"data":[{"Score": 1234567890123456.7891}]}', headers=headers)
    assert '"Score": 1234567890123456.7891' in caller.crm("GET", f"/Deals/{id_}").text


def test_subform_rows_are_appended_edited_and_deleted_by_id(zoho, caller):
    id_ = zoho.ids("Leads")[12]
    rows = zoho.record("Leads", id_)["Other_Addresses"]
    assert len(rows) == 2
    sent = [{"id": rows[0]["id"], "Label": "Home"}, {"id": rows[1]["id"], "_delete": None}, {"Label": "Cabin"}]
    assert only(caller.put(f"/Leads/{id_}", {"Other_Addresses": sent}))["code"] == "SUCCESS"
    assert [row["Label"] for row in zoho.record("Leads", id_)["Other_Addresses"]] == ["Home", "Cabin"]


def test_refusals_of_the_whole_request(zoho, caller):
    assert caller.crm("GET", "/Nowhere", params={"fields": "id"}).json()["code"] == "INVALID_MODULE"
    assert (caller.crm("GET", "/a/b/c/d").status_code, caller.crm("GET", "/a/b/c/d").json()["code"]) == (404, "INVALID_URL_PATTERN")
    zoho.config.hide_module = "Deals"
    assert caller.crm("GET", "/Deals", params={"fields": "id"}).json()["code"] == "INVALID_MODULE"
    zoho.config.no_api_access = True
    assert caller.crm("GET", "/org").json()["details"] == {"permissions": ["Crm_Implied_Api_Access"]}
    zoho.config.no_api_access = False
    caller.connect("ZohoCRM.modules.Leads.READ")
    assert caller.crm("GET", "/Leads", params={"fields": "id"}).status_code == 200
    mismatch = caller.put(f"/Leads/{zoho.ids('Leads')[0]}", {"City": "x"})
    assert (mismatch.status_code, mismatch.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")
    caller.token = ""
    assert caller.crm("GET", "/org").json()["code"] == "AUTHENTICATION_FAILURE"


def test_the_wide_module_has_three_hundred_fields(zoho, caller):
    assert caller.crm("GET", "/settings/fields", params={"module": "Wide"}).status_code == 400
    zoho.config.wide_module = True
    fields = caller.crm("GET", "/settings/fields", params={"module": "Wide"}).json()["fields"]
    assert sum(field["api_name"].startswith("Wide_") for field in fields) + 1 == 300


def test_the_timeline_tells_who_changed_what(zoho, caller):
    id_ = zoho.ids("Leads")[13]
    zoho.edit("Leads", id_, Phone="77", by="Ana Ruiz")
    newest = caller.crm("GET", f"/Leads/{id_}/__timeline").json()["__timeline"][0]
    assert newest["done_by"]["name"] == "Ana Ruiz"
    assert newest["field_history"][0]["_value"]["new"] == "77"
