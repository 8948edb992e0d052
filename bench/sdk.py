"""Zoho's own Python SDK for CRM v8 (zohocrmsdk8-0, development only), pointed at the fake CRM and used as its manual says.

It keeps its state in the class Initializer, so a process has one of it. The store is its FileStore. Loading it takes a third of a second,
hence the imports inside.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from bench.fake import SUCCESS, Fake

REFRESH_TOKEN = f"1000.{9:032x}.{9:032x}"


def start(fake: Fake, folder: Path) -> Any:
    """Initialize it with a refresh token and an empty store in ``folder``; its token object."""
    from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
    from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
    from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
    from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer

    logger = logging.getLogger("SDKLogger")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    folder.mkdir(exist_ok=True)
    token = OAuthToken(client_id="1000.BENCH", client_secret="secret", refresh_token=REFRESH_TOKEN)
    Initializer.initialize(
        environment=DataCenter.Environment(fake.base, f"{fake.base}/oauth/v2/token", fake.base),
        token=token,
        store=FileStore(str(folder / "tokens.csv")),
        resource_path=str(folder),
    )
    return token


def update(module: str, id: str, values: dict[str, Any]) -> None:
    """One record."""
    from zohocrmsdk.src.com.zoho.crm.api.record import RecordOperations

    _check(RecordOperations(module).update_record(int(id), _wrapped([_record(values)])), 1)


def update_many(module: str, records: list[tuple[str, dict[str, Any]]]) -> None:
    """Up to 100 records."""
    from zohocrmsdk.src.com.zoho.crm.api.record import RecordOperations

    _check(RecordOperations(module).update_records(_wrapped([_record(values, id) for id, values in records])), len(records))


def _record(values: dict[str, Any], id: str | None = None) -> Any:
    from zohocrmsdk.src.com.zoho.crm.api.record import Record
    from zohocrmsdk.src.com.zoho.crm.api.util import Choice

    record = Record()
    if id is not None:
        record.set_id(int(id))
    for name, value in values.items():
        record.add_key_value(name, Choice(value) if name == "Lead_Status" else value)
    return record


def _wrapped(records: list[Any]) -> Any:
    from zohocrmsdk.src.com.zoho.crm.api.record import BodyWrapper

    body = BodyWrapper()
    body.set_data(records)
    return body


def _check(answer: Any, count: int) -> None:
    rows = answer.get_object().get_data()
    assert [row.get_code().get_value() for row in rows] == [SUCCESS] * count
