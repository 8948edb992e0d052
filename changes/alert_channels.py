"""The two ways an alert goes out: a mail by SMTP, a signed POST of JSON. Neither carries a token, a secret or a record."""

from __future__ import annotations

import hmac
import json
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import urlsplit

import requests

from service.settings import Settings

SMTP_SECONDS = 15
WEBHOOK_SECONDS = (5, 10)
"""To connect, and to wait for the next byte."""


class NotSentError(Exception):
    """The alert did not go out. Its text is for a page: no address with a secret in it, no words of a foreign server."""


@dataclass(frozen=True, slots=True)
class Message:
    """An alert in words for a mail, and as fields for a program (docs/alerts.md)."""

    subject: str
    lines: tuple[str, ...]
    fields: Mapping[str, Any]
    at: datetime


def send(settings: Settings, channel: str, message: Message) -> None:
    """Send by ``email`` or ``webhook``. Raises NotSentError, also for a channel that is no longer set up."""
    if channel not in settings.alert_channels:
        raise NotSentError("This way of sending alerts is no longer set up.")
    CHANNELS[channel](settings, message)


def _send_mail(settings: Settings, message: Message) -> None:
    mail = EmailMessage()
    host = urlsplit(settings.public_url).hostname or "localhost"
    mail["Subject"] = " ".join(message.subject.split())  # a name may hold a line break, a header must not
    mail["From"], mail["To"] = settings.alert_from or "", ", ".join(settings.alert_to)
    mail["Date"], mail["Message-ID"] = format_datetime(message.at), make_msgid(domain=host)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail.set_content("\n".join(message.lines) + "\n")
    try:
        with _mail_server(settings, host) as server:
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(mail)
    except smtplib.SMTPAuthenticationError as exc:
        raise NotSentError(f"The mail server did not accept AMEND_SMTP_USER and AMEND_SMTP_PASSWORD ({exc.smtp_code}).") from exc
    except smtplib.SMTPResponseException as exc:
        raise NotSentError(f"The mail server refused the mail with code {exc.smtp_code}.") from exc
    except smtplib.SMTPNotSupportedError as exc:
        raise NotSentError("The mail server does not offer what AMEND_SMTP_SECURITY or AMEND_SMTP_USER ask for.") from exc
    except (smtplib.SMTPException, OSError, ValueError) as exc:
        raise NotSentError(f"The mail server could not be used: {type(exc).__name__}.") from exc


def _mail_server(settings: Settings, ours: str) -> smtplib.SMTP:
    """Connected, and encrypted unless that is switched off. ``ours``: the name we greet with, or the library asks DNS for it."""
    host, port = settings.smtp_host or "", settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, local_hostname=ours, timeout=SMTP_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, local_hostname=ours, timeout=SMTP_SECONDS)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _post(settings: Settings, message: Message) -> None:
    url, secret = settings.webhook_url, settings.webhook_secret
    body = json.dumps(message.fields, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Amend"}
    if secret:
        headers["X-Amend-Signature"] = "sha256=" + hmac.digest(secret.get_secret_value().encode(), body, "sha256").hex()
    try:
        with requests.Session() as http:
            answer = http.post(
                url.get_secret_value() if url else "",
                data=body,
                headers=headers,
                timeout=WEBHOOK_SECONDS,
                allow_redirects=False,
                stream=True,  # nobody reads the answer, however long
            )
            answer.close()
    except (requests.RequestException, OSError, ValueError) as exc:
        raise NotSentError(f"The webhook's server could not be reached: {type(exc).__name__}.") from exc
    if answer.is_redirect:
        raise NotSentError(f"The webhook answered HTTP {answer.status_code}: redirects are not followed.")
    if not 200 <= answer.status_code < 300:
        raise NotSentError(f"The webhook answered HTTP {answer.status_code}.")


CHANNELS: Mapping[str, Callable[[Settings, Message], None]] = {"email": _send_mail, "webhook": _post}
