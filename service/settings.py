"""Settings: from the environment, else from ``.env`` in the project's root; a bad one stops the start and is named.

Every setting is a field of ``Settings`` under the name that the environment has for it. Each rule belongs to one field, so
that all that is wrong is told at once; a rule sees the fields above its own, which is why their order matters.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.alert_settings import AlertSettings
from service.environment import ROOT, EnvFileError, gather, misspelt, surroundings
from service.secret_files import SecretFileError, read_or_make
from zoho import data_centers

SANDBOX_CLIENT_ID = "1000.SANDBOX"
SANDBOX_CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - the demo's client, of use nowhere else
Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """Settings that cannot be used. ``problems`` holds ``(setting, what is wrong)`` for each of them."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{setting} {problem}" for setting, problem in problems))


def _default_sandbox_port(data: dict[str, Any]) -> int:
    return int(data["port"]) + (1 if data["port"] < 65535 else -1)


def _default_data_center(data: dict[str, Any]) -> str:
    return data_centers.SANDBOX if data["sandbox"] and data["client_id"] is None else "us"


class Settings(AlertSettings):
    """What the operator decided. ``Settings.load()`` makes one; no secret of it appears in a repr."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, extra="ignore", validate_default=True, str_strip_whitespace=True)

    instance_dir: Path = Field(Path("instance"), alias="AMEND_INSTANCE_DIR")
    database_url: str = Field(
        default_factory=lambda data: f"sqlite:///{data['instance_dir'] / 'amend.db'}", alias="AMEND_DATABASE_URL", repr=False
    )
    host: str = Field("127.0.0.1", alias="AMEND_HOST")
    port: Port = Field(8000, alias="AMEND_PORT")
    public_url: str = Field("", alias="AMEND_PUBLIC_URL")
    secret_key: SecretStr = Field(SecretStr(""), alias="AMEND_SECRET_KEY")
    encryption_keys: tuple[SecretStr, ...] = Field((), alias="AMEND_ENCRYPTION_KEYS")
    admin_email: str | None = Field(None, alias="AMEND_ADMIN_EMAIL")
    admin_password: SecretStr | None = Field(None, alias="AMEND_ADMIN_PASSWORD")
    data_centers_file: Path | None = Field(None, alias="ZOHO_DATA_CENTERS_FILE")
    client_id: str | None = Field(None, alias="ZOHO_CLIENT_ID")
    client_secrets: dict[str, SecretStr] = Field({}, alias="ZOHO_CLIENT_SECRET_<LOCATION>")
    client_secret: SecretStr | None = Field(None, alias="ZOHO_CLIENT_SECRET")
    sandbox: bool = Field(default_factory=lambda data: data["client_id"] is None, alias="AMEND_SANDBOX")
    sandbox_port: Port = Field(default_factory=_default_sandbox_port, alias="AMEND_SANDBOX_PORT")
    data_center: str = Field(default_factory=_default_data_center, alias="ZOHO_DATA_CENTER")
    scopes: str | None = Field(None, alias="ZOHO_SCOPES")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """Settings from the environment over ``.env``, or from ``environ`` alone; ``overrides`` go by field name and win.

        Makes the instance directory, and the keys that are not set. Raises SettingsError.
        """
        try:
            given = gather(surroundings() if environ is None else environ)
        except EnvFileError as exc:
            raise SettingsError([(".env", str(exc))]) from exc
        names = {str(field.alias): name for name, field in cls.model_fields.items()}
        problems = misspelt(given, names)
        ours = {names[alias]: value for alias, value in given.items() if alias in names}
        try:
            settings = cls(**(ours | overrides))
        except ValidationError as exc:
            problems += [_problem(error) for error in exc.errors() if error["type"] != "default_factory_not_called"]
        if problems:
            raise SettingsError(problems)
        return settings.with_keys()

    @property
    def redirect_uri(self) -> str:
        """Where Zoho sends people back to; registered at Zoho's API console exactly so."""
        return f"{self.public_url}/connect/callback"

    @property
    def is_secure(self) -> bool:
        """True when people reach us over https: cookies are then Secure."""
        return self.public_url.startswith("https:")

    def with_keys(self) -> Self:
        """These settings with the keys of the instance, made on first start, where none are set. Raises SettingsError."""
        kept, made = self._make_instance() / "secrets", dict[str, Any]()
        problems = []
        if not self.secret_key.get_secret_value():
            try:
                made["secret_key"] = SecretStr(read_or_make(kept / "secret.key", lambda: secrets.token_urlsafe(48)))
            except SecretFileError as exc:
                problems.append(("AMEND_SECRET_KEY", f"is not set, and {exc}"))
        if not self.encryption_keys:
            try:
                made["encryption_keys"] = _keys(read_or_make(kept / "encryption.keys", _new_encryption_key))
            except (SecretFileError, ValueError) as exc:
                problems.append(("AMEND_ENCRYPTION_KEYS", f"is not set, and {exc}"))
        if problems:
            raise SettingsError(problems)
        return self.model_copy(update=made)

    def _make_instance(self) -> Path:
        try:
            self.instance_dir.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise SettingsError([("AMEND_INSTANCE_DIR", f"cannot be used: {exc}")]) from exc
        if not os.access(self.instance_dir, os.R_OK | os.W_OK | os.X_OK):
            raise SettingsError([("AMEND_INSTANCE_DIR", f"{self.instance_dir} is not writable")])
        return self.instance_dir

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load`` hands over: the names per location are open, and a test can give another environment."""
        return (init_settings,)

    @field_validator("instance_dir", "data_centers_file")
    @classmethod
    def _from_root(cls, path: Path | None) -> Path | None:
        return ROOT / path.expanduser() if path else None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        driver, separator, rest = url.partition("://")
        if driver == "sqlite" and rest.startswith("/"):
            file = rest.removeprefix("/").partition("?")[0]
            is_relative = file and not file.startswith(("/", ":memory:", "file:"))
            return f"sqlite:///{ROOT}/{rest[1:]}" if is_relative else url
        if not separator or driver not in ("postgresql", "postgresql+psycopg"):
            raise ValueError("must look like sqlite:////path/to/amend.db or postgresql://user:password@host/database")
        if rest.count("@") > 1:  # else what follows the first is taken for the host, and shown
            raise ValueError("must have each @ in the user or password written as %40")
        if find_spec("psycopg") is None:
            raise ValueError("names PostgreSQL, whose driver (the Python package psycopg) is not installed")
        return url

    @field_validator("public_url")
    @classmethod
    def _base_url(cls, url: str, info: ValidationInfo) -> str:
        here = f"http://{bracketed(info.data.get('host', ''))}"
        if not url and not data_centers.is_loopback(here):
            raise ValueError("must be set, to the address that people type, when AMEND_HOST is not this machine alone")
        clean = data_centers.origin(url or f"{here}:{info.data.get('port', 8000)}")
        if clean is None:
            raise ValueError("must be a base URL without a path, such as https://amend.example.com")
        return clean

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < 16:
            raise ValueError("must have at least 16 characters")
        return key

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def _key_list(cls, keys: Any) -> Any:
        return _keys(keys) if isinstance(keys, str) else keys

    @field_validator("admin_email")
    @classmethod
    def _is_email(cls, email: str | None) -> str | None:
        if email and (email.count("@") != 1 or not all(email.split("@")) or any(map(str.isspace, email))):
            raise ValueError("must be an e-mail address")
        return email

    @field_validator("admin_password")
    @classmethod
    def _belongs_to_somebody(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if password and info.data.get("admin_email", "") is None:
            raise ValueError("is set, but AMEND_ADMIN_EMAIL is not")
        return password

    @field_validator("data_centers_file")
    @classmethod
    def _is_table(cls, file: Path | None) -> Path | None:
        try:
            data_centers.load(file)
        except data_centers.DataCenterFileError as exc:
            raise ValueError(f"({file}) cannot be used: {exc}") from exc
        return file

    @field_validator("client_secrets")
    @classmethod
    def _by_location(cls, given: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        if "data_centers_file" not in info.data:
            return given
        names = {location.upper().replace("-", "_"): location for location in data_centers.load(info.data["data_centers_file"])}
        for name in given:
            if name.upper() not in names:
                raise ValueError(f"has no data centre {name}; known are {', '.join(sorted(names))}")
        return {names[name.upper()]: secret for name, secret in given.items()}

    @field_validator("client_secret")
    @classmethod
    def _completes_client(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        client_id, others = info.data.get("client_id"), info.data.get("client_secrets")
        if client_id and not secret and others == {}:
            raise ValueError("must be set together with ZOHO_CLIENT_ID")
        if not client_id and (secret or others):
            raise ValueError("is set, but ZOHO_CLIENT_ID is not")
        return secret

    @field_validator("sandbox_port")
    @classmethod
    def _free_of_web(cls, port: int, info: ValidationInfo) -> int:
        if port == info.data.get("port"):
            raise ValueError("must differ from AMEND_PORT")
        return port

    @field_validator("data_center")
    @classmethod
    def _known_location(cls, location: str, info: ValidationInfo) -> str:
        known = [*data_centers.load(info.data.get("data_centers_file")), *([data_centers.SANDBOX] if info.data.get("sandbox") else [])]
        if location.lower() not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return location.lower()


def bracketed(host: str) -> str:
    """``host`` as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _new_encryption_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def _keys(text: str) -> tuple[SecretStr, ...]:
    """A comma list of Fernet keys. Raises ValueError without saying what was found."""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    try:
        is_good = bool(keys) and all(len(base64.urlsafe_b64decode(key)) == 32 for key in keys)
    except (binascii.Error, ValueError):
        is_good = False
    if not is_good:
        raise ValueError("must be a comma list of keys, each 32 bytes in url-safe base64")
    return tuple(SecretStr(key) for key in keys)


def _problem(error: ErrorDetails) -> tuple[str, str]:
    """The setting and what is wrong, never what was given: it may be a secret."""
    name = str(error["loc"][0])
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "must", 1)
    field = Settings.model_fields.get(name)
    return (field.alias or name) if field else name, message
