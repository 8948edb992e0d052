"""Every setting: its default, its rule, its name when it is wrong."""

from __future__ import annotations

import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from service.environment import ROOT, gather, surroundings
from service.secret_files import SecretFileError, read_or_make
from service.settings import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, Settings, SettingsError

KEY, OTHER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
CLIENT = {"ZOHO_CLIENT_ID": "1000.X", "ZOHO_CLIENT_SECRET": "zoho-secret"}


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def load(instance: Path, **environ: str) -> Settings:
    return Settings.load({"AMEND_INSTANCE_DIR": str(instance)} | environ)


def problems(instance: Path, **environ: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as refused:
        load(instance, **environ)
    return dict(refused.value.problems)


def test_nothing_set_gives_a_loopback_server_with_the_sandbox(instance: Path) -> None:
    settings = load(instance)
    assert settings.database_url == f"sqlite:///{instance}/amend.db"
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (settings.sandbox, settings.sandbox_port, settings.data_center) == (True, 8001, "sandbox")
    assert settings.redirect_uri == "http://127.0.0.1:8000/connect/callback"
    assert not settings.is_secure
    assert settings.client_id is None
    assert settings.client_secrets == {}


def test_client_turns_the_sandbox_off_and_starts_at_us(instance: Path) -> None:
    settings = load(instance, **CLIENT)
    assert (settings.sandbox, settings.data_center) == (False, "us")


def test_sandbox_may_run_beside_a_client(instance: Path) -> None:
    settings = load(instance, AMEND_SANDBOX="on", **CLIENT)
    assert (settings.sandbox, settings.data_center) == (True, "us")


@pytest.mark.parametrize("word", ["false", "False", "0", "off", "no"])
def test_false_is_false(instance: Path, word: str) -> None:
    assert load(instance, AMEND_SANDBOX=word).sandbox is False


@pytest.mark.parametrize("blank", ["", "   "])
def test_blank_is_unset(instance: Path, blank: str) -> None:
    settings = load(instance, AMEND_PORT=blank, ZOHO_CLIENT_ID=blank, AMEND_SANDBOX=blank, ZOHO_CLIENT_SECRET_EU=blank)
    assert (settings.port, settings.client_id, settings.sandbox, settings.client_secrets) == (8000, None, True, {})


def test_all_that_is_wrong_is_told_at_once(instance: Path) -> None:
    found = problems(
        instance,
        AMEND_PORT="99999",
        AMEND_HOST="0.0.0.0",
        AMEND_SANDBOX="maybe",
        AMEND_SECRET_KEY="short",
        AMEND_ENCRYPTION_KEYS="not-a-key",
        AMEND_ADMIN_PASSWORD="hunter22",
        AMEND_DATABASE_URL="mysql://root:hunter22@host/amend",
        ZOHO_CLIENT_SECRET="hunter22",
        ZOHO_DATA_CENTER="mars",
    )
    assert set(found) == {
        "AMEND_PORT",
        "AMEND_PUBLIC_URL",
        "AMEND_SANDBOX",
        "AMEND_SECRET_KEY",
        "AMEND_ENCRYPTION_KEYS",
        "AMEND_ADMIN_PASSWORD",
        "AMEND_DATABASE_URL",
        "ZOHO_CLIENT_SECRET",
        "ZOHO_DATA_CENTER",
    }
    assert not re.search("hunter22|not-a-key", str(found))
    assert not instance.exists()


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"AMEND_PORT": "0"}, "AMEND_PORT"),
        ({"AMEND_PORT": "80a"}, "AMEND_PORT"),
        ({"AMEND_SANDBOX_PORT": "8000"}, "AMEND_SANDBOX_PORT"),
        ({"AMEND_HOST": "192.0.2.7"}, "AMEND_PUBLIC_URL"),
        ({"AMEND_PUBLIC_URL": "amend.example.com"}, "AMEND_PUBLIC_URL"),
        ({"AMEND_PUBLIC_URL": "https://amend.example.com/below"}, "AMEND_PUBLIC_URL"),
        ({"AMEND_PUBLIC_URL": "https://me:pw@amend.example.com"}, "AMEND_PUBLIC_URL"),
        ({"AMEND_DATABASE_URL": "amend.db"}, "AMEND_DATABASE_URL"),
        ({"AMEND_DATABASE_URL": "mysql://amend:pw@localhost/amend"}, "AMEND_DATABASE_URL"),
        ({"AMEND_DATABASE_URL": "postgresql://amend:p@ss@localhost/amend"}, "AMEND_DATABASE_URL"),
        ({"AMEND_ENCRYPTION_KEYS": f"{KEY},abc"}, "AMEND_ENCRYPTION_KEYS"),
        ({"AMEND_ENCRYPTION_KEYS": ","}, "AMEND_ENCRYPTION_KEYS"),
        ({"AMEND_ADMIN_EMAIL": "ana"}, "AMEND_ADMIN_EMAIL"),
        ({"ZOHO_CLIENT_ID": "1000.X"}, "ZOHO_CLIENT_SECRET"),
        ({"ZOHO_CLIENT_SECRET_EU": "s"}, "ZOHO_CLIENT_SECRET"),
        ({**CLIENT, "ZOHO_CLIENT_SECRET_MARS": "s"}, "ZOHO_CLIENT_SECRET_<LOCATION>"),
        ({**CLIENT, "ZOHO_DATA_CENTER": "sandbox"}, "ZOHO_DATA_CENTER"),
        ({"ZOHO_DATA_CENTERS_FILE": "/nowhere/centers.json"}, "ZOHO_DATA_CENTERS_FILE"),
        ({"AMEND_PROT": "9000"}, "AMEND_PROT"),
    ],
)
def test_bad_setting_is_named(instance: Path, environ: dict[str, str], named: str) -> None:
    assert list(problems(instance, **environ)) == [named]


def test_misspelt_setting_is_met_with_the_right_one(instance: Path) -> None:
    assert "AMEND_PORT" in problems(instance, AMEND_PROT="9000")["AMEND_PROT"]


@pytest.mark.parametrize(
    ("host", "url"), [("localhost", "http://localhost:8000"), ("::1", "http://[::1]:8000"), ("127.0.0.2", "http://127.0.0.2:8000")]
)
def test_loopback_hosts_need_no_public_url(instance: Path, host: str, url: str) -> None:
    assert load(instance, AMEND_HOST=host).public_url == url


def test_public_url_loses_its_slash_and_decides_on_secure(instance: Path) -> None:
    settings = load(instance, AMEND_HOST="0.0.0.0", AMEND_PUBLIC_URL="https://Amend.example.com/")
    assert settings.redirect_uri == "https://amend.example.com/connect/callback"
    assert settings.is_secure


def test_last_port_leaves_one_for_the_sandbox(instance: Path) -> None:
    assert load(instance, AMEND_PORT="65535").sandbox_port == 65534


def test_secret_per_location_replaces_the_shared_one(instance: Path) -> None:
    settings = load(instance, ZOHO_CLIENT_ID="1000.X", ZOHO_CLIENT_SECRET_EU="of-eu", ZOHO_DATA_CENTER="EU")
    assert settings.client_secrets["eu"].get_secret_value() == "of-eu"
    assert settings.data_center == "eu"


def entry(**changed: Any) -> dict[str, Any]:
    return {"location": "lab-1", "accounts": "http://127.0.0.1:1", "api": "http://127.0.0.1:2", "desk": "http://127.0.0.1:3"} | changed


def test_data_centers_of_the_file_are_known(instance: Path, tmp_path: Path) -> None:
    file = tmp_path / "centers.json"
    file.write_text(json.dumps([entry()]))
    environ = {"ZOHO_CLIENT_ID": "1000.X", "ZOHO_CLIENT_SECRET_LAB_1": "of-lab", "ZOHO_DATA_CENTER": "lab-1"}
    settings = load(instance, ZOHO_DATA_CENTERS_FILE=str(file), **environ)
    assert settings.data_centers_file == file
    assert settings.data_center == "lab-1"
    assert settings.client_secrets["lab-1"].get_secret_value() == "of-lab"


@pytest.mark.parametrize("content", ["", "{}", "[1]", json.dumps([entry(desk=None)]), json.dumps([entry(api="http://zoho.example")])])
def test_unusable_data_centers_file_is_refused(instance: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "centers.json"
    file.write_text(content)
    assert list(problems(instance, ZOHO_DATA_CENTERS_FILE=str(file))) == ["ZOHO_DATA_CENTERS_FILE"]


@pytest.mark.parametrize("url", ["postgresql://amend:pa55word@db.example/amend", "mysql://amend:pa55word@db.example", "pa55word@pa55word@"])
def test_the_password_of_a_database_is_neither_in_a_repr_nor_in_a_refusal(instance: Path, url: str) -> None:
    try:
        shown = repr(load(instance, AMEND_DATABASE_URL=url))
    except SettingsError as error:
        shown = f"{error!r} {error.problems}"
    assert "pa55word" not in shown


def test_relative_paths_start_at_the_project(tmp_path: Path) -> None:
    settings = Settings.load({"AMEND_DATABASE_URL": "sqlite:///data/amend.db"}, instance_dir=tmp_path)
    assert settings.database_url == f"sqlite:///{ROOT}/data/amend.db"


def test_environment_wins_over_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("AMEND_PORT=9000\nAMEND_HOST='::1'\nexport ZOHO_SCOPES=a,b # chosen\nZOHO_DATA_CENTER=eu\n")
    monkeypatch.setenv("AMEND_PORT", "9100")
    monkeypatch.setenv("ZOHO_DATA_CENTER", "")
    for name in ("AMEND_HOST", "ZOHO_SCOPES"):
        monkeypatch.delenv(name, raising=False)
    found = gather(surroundings(file))
    assert (found["AMEND_PORT"], found["AMEND_HOST"], found["ZOHO_SCOPES"]) == ("9100", "::1", "a,b")
    assert "ZOHO_DATA_CENTER" not in found


def test_no_secret_shows_in_a_repr(instance: Path) -> None:
    settings = load(
        instance,
        AMEND_SECRET_KEY="session-key-of-20-chars",
        AMEND_ENCRYPTION_KEYS=f"{KEY}, {OTHER_KEY}",
        AMEND_ADMIN_EMAIL="ana@example.com",
        AMEND_ADMIN_PASSWORD="admin-password",
        ZOHO_CLIENT_SECRET_EU="of-eu",
        **CLIENT,
    )
    assert [key.get_secret_value() for key in settings.encryption_keys] == [KEY, OTHER_KEY]
    for secret in ("session-key", KEY, OTHER_KEY, "admin-password", "of-eu", "zoho-secret"):
        assert secret not in repr(settings) + str(settings)


def test_keys_are_made_once_and_readable_by_their_owner_alone(instance: Path) -> None:
    first, second = load(instance), load(instance)
    assert first.secret_key.get_secret_value() == second.secret_key.get_secret_value()
    assert first.encryption_keys == second.encryption_keys
    assert Fernet(first.encryption_keys[0].get_secret_value())
    made = sorted((instance / "secrets").iterdir())
    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in made] == [("encryption.keys", 0o600), ("secret.key", 0o600)]


def test_key_that_others_can_read_is_refused_with_the_remedy(instance: Path) -> None:
    load(instance)
    (instance / "secrets" / "encryption.keys").chmod(0o640)
    assert "chmod 600" in problems(instance)["AMEND_ENCRYPTION_KEYS"]


def test_starts_at_once_end_with_the_same_key(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "a.key"
    numbers = iter(range(1000))
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: read_or_make(file, lambda: f"key {next(numbers)}"), range(64)))
    assert len(set(keys)) == 1
    assert [each.name for each in file.parent.iterdir()] == ["a.key"]


def test_empty_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.key").touch(mode=0o600)
    with pytest.raises(SecretFileError, match="empty"):
        read_or_make(tmp_path / "a.key", lambda: "new")


def test_instance_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert list(problems(tmp_path / "file")) == ["AMEND_INSTANCE_DIR"]


MAIL = {"AMEND_SMTP_HOST": "mail.example.com", "AMEND_ALERT_FROM": "amend@example.com", "AMEND_ALERT_TO": "ops@example.com"}


@pytest.mark.parametrize(("security", "port"), [("", 587), ("STARTTLS", 587), ("tls", 465), ("none", 25)])
def test_the_port_of_the_mail_server_follows_from_its_security(instance: Path, security: str, port: int) -> None:
    settings = load(instance, AMEND_SMTP_SECURITY=security, **MAIL)
    assert (settings.smtp_port, settings.alert_channels) == (port, ("email",))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"AMEND_SMTP_HOST": "mail.example.com"}, {"AMEND_ALERT_FROM", "AMEND_ALERT_TO"}),
        (MAIL | {"AMEND_SMTP_PASSWORD": "hunter22"}, {"AMEND_SMTP_PASSWORD"}),
        (MAIL | {"AMEND_SMTP_USER": "a", "AMEND_SMTP_PASSWORD": "hunter22", "AMEND_SMTP_SECURITY": "none"}, {"AMEND_SMTP_PASSWORD"}),
        (MAIL | {"AMEND_ALERT_TO": "ops@example.com, nobody"}, {"AMEND_ALERT_TO"}),
        (MAIL | {"AMEND_SMTP_SECURITY": "ssl"}, {"AMEND_SMTP_SECURITY"}),
        ({"AMEND_WEBHOOK_URL": "file:///etc/hunter22"}, {"AMEND_WEBHOOK_URL"}),
        ({"AMEND_WEBHOOK_SECRET": "hunter22"}, {"AMEND_WEBHOOK_SECRET"}),
        ({"AMEND_ALERT_GRACE_MINUTES": "-1"}, {"AMEND_ALERT_GRACE_MINUTES"}),
    ],
)
def test_a_bad_setting_of_alerts_is_named_without_a_secret(instance: Path, given: dict[str, str], named: set[str]) -> None:
    found = problems(instance, **given)
    assert set(found) == named
    assert "hunter22" not in str(found)


def test_every_setting_stands_in_the_example() -> None:
    """.env.example documents all of them, and nothing else."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#((?:AMEND|ZOHO)_[A-Z_<>]+)=", text, re.MULTILINE)) == {
        field.alias for field in Settings.model_fields.values()
    }


def test_sandbox_knows_the_client_that_we_use() -> None:
    """Two texts, since the sandbox imports nothing of ours."""
    text = (ROOT / "sandbox" / "config.py").read_text(encoding="utf-8")
    assert f'CLIENT_ID = "{SANDBOX_CLIENT_ID}"' in text
    assert f'CLIENT_SECRET = "{SANDBOX_CLIENT_SECRET}"' in text
