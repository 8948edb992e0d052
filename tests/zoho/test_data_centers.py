"""The closed table: eleven rows, and nothing that is not in it."""

from __future__ import annotations

import json

import pytest

from zoho import data_centers
from zoho.data_centers import BUILTIN, DataCenterFileError, load, origin

EXPECTED = {
    "us": ("https://accounts.zoho.com", "https://www.zohoapis.com", "https://desk.zoho.com"),
    "eu": ("https://accounts.zoho.eu", "https://www.zohoapis.eu", "https://desk.zoho.eu"),
    "in": ("https://accounts.zoho.in", "https://www.zohoapis.in", "https://desk.zoho.in"),
    "au": ("https://accounts.zoho.com.au", "https://www.zohoapis.com.au", "https://desk.zoho.com.au"),
    "jp": ("https://accounts.zoho.jp", "https://www.zohoapis.jp", "https://desk.zoho.jp"),
    "ca": ("https://accounts.zohocloud.ca", "https://www.zohoapis.ca", "https://desk.zohocloud.ca"),
    "sa": ("https://accounts.zoho.sa", "https://www.zohoapis.sa", "https://desk.zoho.sa"),
    "uk": ("https://accounts.zoho.uk", "https://www.zohoapis.uk", "https://desk.zoho.uk"),
    "sg": ("https://accounts.zoho.sg", "https://www.zohoapis.sg", "https://desk.zoho.sg"),
    "ae": ("https://accounts.zoho.ae", "https://www.zohoapis.ae", "https://desk.zoho.ae"),
    "cn": ("https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn", "https://desk.zoho.com.cn"),
}


def test_the_table_holds_the_eleven_data_centers_with_the_hosts_of_the_dossier():
    assert {row.location: (row.accounts, row.api, row.desk) for row in BUILTIN} == EXPECTED


def test_canada_is_zohocloud_for_people_and_zohoapis_for_the_api():
    canada = load()["ca"]
    assert (canada.crm_web, canada.desk_web) == ("https://crm.zohocloud.ca", "https://desk.zohocloud.ca")
    assert load().find_accounts("https://accounts.zoho.ca") is None


@pytest.mark.parametrize("location", EXPECTED)
def test_every_accounts_server_selects_its_own_row(location):
    assert load().find_accounts(EXPECTED[location][0] + "/").location == location


@pytest.mark.parametrize(
    "server",
    [
        "https://accounts.zoho.com.evil.example",
        "https://evil.example/accounts.zoho.com",
        "http://accounts.zoho.com",
        "https://accounts.zoho.com:8443",
        "https://user@accounts.zoho.com",
        "https://accounts.zoho.com/oauth",
        "javascript:alert(1)",
        "https://[::1",
        "accounts.zoho.com",
        "",
        "https://accounts.zoho.com?x=1",
        "https://аccounts.zoho.com",
    ],
)
def test_an_unknown_accounts_server_selects_nothing(server):
    assert load().find_accounts(server) is None


@pytest.mark.parametrize("api", ["https://www.zohoapis.eu", "https://sandbox.zohoapis.com", "https://developer.zohoapis.in/"])
def test_every_environment_of_a_known_zohoapis_host_is_trusted(api):
    table = load()
    assert table.trusted_api(table["us"], api) == api.rstrip("/")


@pytest.mark.parametrize(
    "api", ["https://zohoapis.com.evil.example", "https://api.zoho.eu", "http://www.zohoapis.com", "https://x.zohoapis.com", None, ""]
)
def test_no_token_leaves_for_an_api_host_outside_the_table(api):
    table = load()
    assert table.trusted_api(table["us"], api) is None


@pytest.mark.parametrize("location", EXPECTED)
@pytest.mark.parametrize(("label", "environment"), [("www", "production"), ("sandbox", "sandbox"), ("developer", "developer")])
def test_every_data_centre_has_its_three_api_hosts(location, label, environment):
    table, zone = load(), EXPECTED[location][1].removeprefix("https://www.")
    api = f"https://{label}.{zone}"
    assert table.find_api(api).location == location
    assert table.trusted_api(table[location], api) == api
    assert data_centers.environment(api) == environment


def test_environment_is_read_off_the_api_host():
    assert data_centers.environment("https://sandbox.zohoapis.com") == "sandbox"
    assert data_centers.environment("https://developer.zohoapis.eu") == "developer"
    assert data_centers.environment("https://www.zohoapis.eu") == "production"
    assert data_centers.environment("https://sandbox.example") == "production"


def test_a_file_adds_and_overrides_rows_and_its_rows_trust_their_own_api_alone(tmp_path):
    file = tmp_path / "dc.json"
    rows = [
        {"location": "us", "accounts": "http://127.0.0.1:1", "api": "http://127.0.0.1:2", "desk": "http://127.0.0.1:3"},
        {
            "location": "lab",
            "accounts": "https://a.example",
            "api": "https://b.example",
            "desk": "https://c.example",
            "crm_web": "https://w.example",
        },
    ]
    file.write_text(json.dumps(rows))
    table = load(file)
    assert table.find_accounts("http://127.0.0.1:1/").location == "us"
    assert table.find_accounts("https://accounts.zoho.com") is None
    assert table.trusted_api(table["us"], "http://127.0.0.1:2") == "http://127.0.0.1:2"
    assert table.trusted_api(table["us"], "https://www.zohoapis.com") is None
    assert table["lab"].crm_web == "https://w.example"
    assert not table["lab"].is_builtin
    assert table["eu"].is_builtin


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[1]",
        '[{"location": "x"}]',
        '[{"location": "lab", "accounts": "http://a.example", "api": "https://b.example", "desk": "https://c.example"}]',
        '[{"location": "lab", "accounts": "ftp://a", "api": "https://b.example", "desk": "https://c.example"}]',
        '[{"location": "sandbox", "accounts": "http://127.0.0.1", "api": "http://127.0.0.1", "desk": "http://127.0.0.1"}]',
        '[{"location": "../x", "accounts": "http://127.0.0.1", "api": "http://127.0.0.1", "desk": "http://127.0.0.1"}]',
    ],
)
def test_a_bad_file_is_refused_with_the_entry_named(tmp_path, text):
    file = tmp_path / "dc.json"
    file.write_text(text)
    with pytest.raises(DataCenterFileError):
        load(file)


def test_origin_drops_default_ports_and_case():
    assert origin("HTTPS://Accounts.Zoho.COM:443/") == "https://accounts.zoho.com"
    assert origin("http://127.0.0.1:80") == "http://127.0.0.1"
    assert origin("http://[::1]:8080") == "http://[::1]:8080"
