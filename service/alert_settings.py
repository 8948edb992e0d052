"""Who is told when a connection dies, and by which way: the settings of alerts."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from zoho import data_centers

PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _default_port(data: dict[str, Any]) -> int:
    return PORTS[data["smtp_security"]]


class AlertSettings(BaseSettings):
    """Part of ``Settings``. E-mail goes out when ``smtp_host`` is set, a webhook when ``webhook_url`` is; both may be."""

    alert_grace_minutes: int = Field(15, alias="AMEND_ALERT_GRACE_MINUTES", ge=0, le=1440)
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", alias="AMEND_SMTP_SECURITY")
    smtp_host: str | None = Field(None, alias="AMEND_SMTP_HOST")
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = Field(default_factory=_default_port, alias="AMEND_SMTP_PORT")
    smtp_user: str | None = Field(None, alias="AMEND_SMTP_USER")
    smtp_password: SecretStr | None = Field(None, alias="AMEND_SMTP_PASSWORD")
    alert_from: str | None = Field(None, alias="AMEND_ALERT_FROM")
    alert_to: tuple[str, ...] = Field((), alias="AMEND_ALERT_TO")
    webhook_url: SecretStr | None = Field(None, alias="AMEND_WEBHOOK_URL")
    webhook_secret: SecretStr | None = Field(None, alias="AMEND_WEBHOOK_SECRET")

    @property
    def alert_channels(self) -> tuple[str, ...]:
        """``email``, ``webhook``, both or none."""
        return tuple(name for name, is_set in (("email", self.smtp_host), ("webhook", self.webhook_url)) if is_set)

    @property
    def webhook_host(self) -> str:
        """Where the webhook goes, without the path, which may be a secret."""
        return urlsplit(self.webhook_url.get_secret_value()).hostname or "" if self.webhook_url else ""

    @field_validator("smtp_security", mode="before")
    @classmethod
    def _in_lower_case(cls, word: Any) -> Any:
        return word.lower() if isinstance(word, str) else word

    @field_validator("smtp_password")
    @classmethod
    def _travels_safely(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        host = info.data.get("smtp_host")
        if password and not info.data.get("smtp_user"):
            raise ValueError("is set, but AMEND_SMTP_USER is not")
        if password and info.data.get("smtp_security") == "none" and not data_centers.is_loopback(f"http://{host}"):
            raise ValueError("would travel in clear: AMEND_SMTP_SECURITY must be starttls or tls")
        return password

    @field_validator("alert_from")
    @classmethod
    def _can_be_sent_from(cls, address: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("smtp_host") and not address:
            raise ValueError("must be set together with AMEND_SMTP_HOST")
        return _address(address) if address else address

    @field_validator("alert_to", mode="before")
    @classmethod
    def _address_list(cls, given: Any, info: ValidationInfo) -> Any:
        found = tuple(_address(each) for each in given.split(",") if each.strip()) if isinstance(given, str) else given
        if info.data.get("smtp_host") and not found:
            raise ValueError("must be set together with AMEND_SMTP_HOST")
        return found

    @field_validator("webhook_url")
    @classmethod
    def _is_web_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            try:
                parts = urlsplit(url.get_secret_value())
                is_good = parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 1) > 0
            except ValueError:
                is_good = False
            if not is_good:
                raise ValueError("must look like https://host/path")
        return url

    @field_validator("webhook_secret")
    @classmethod
    def _signs_something(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if secret and not info.data.get("webhook_url") and "webhook_url" in info.data:
            raise ValueError("is set, but AMEND_WEBHOOK_URL is not")
        return secret


def _address(text: str) -> str:
    """``ops@example.com`` or ``Amend <ops@example.com>``. Raises ValueError."""
    address = parseaddr(text)[1]
    if address.count("@") != 1 or not all(address.split("@")) or any(map(str.isspace, address)) or not text.isprintable():
        raise ValueError("must be an e-mail address, or a comma list of them for AMEND_ALERT_TO")
    return text.strip()
