"""What was learned of a connection at somebody's wish, kept beside the metadata until it is asked for again."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from store import exact_json
from zoho.connections import Connection
from zoho.metadata import CachedMetadata
from zoho.runtime import Amend

log = logging.getLogger(__name__)


def keep(amend: Amend, connection: Connection, key: str, body: Any) -> None:
    """Put JSON in place of what was kept under this key."""
    row = CachedMetadata(connection_id=connection.id, key=key, body=exact_json.dumps(body), fetched_at=amend.now())
    try:
        with amend.sessions.begin() as session:
            session.merge(row)
    except IntegrityError:  # the button was pressed twice, and the other answer is as good
        log.info("%s was kept by another request", key)


def recall(amend: Amend, connection: Connection, key: str) -> tuple[Any, datetime] | None:
    """What was kept since the connection was last granted, and when; what an older grant taught is not said of this one."""
    with amend.reading() as session:
        row = session.get(CachedMetadata, (connection.id, key))
    if row is None or (connection.connected_at is not None and row.fetched_at < connection.connected_at):
        return None
    return exact_json.loads(row.body), row.fetched_at
