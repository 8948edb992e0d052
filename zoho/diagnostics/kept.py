"""What Amend keeps of an organization between calls: credits and places, and the fields that forms are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from store import exact_json
from zoho import access, clients, limits, metadata, scopes
from zoho.connections import Connection
from zoho.diagnostics.findings import CHECK_AGAIN, Observation, moment, not_checked, ok, span, warning
from zoho.metadata import CachedMetadata
from zoho.runtime import Amend

FEW_CREDITS = 500


def crm_limits(amend: Amend, connection: Connection) -> Observation:
    """Credits and calls at a time of the CRM organization."""
    return _limits(amend, f"crm:{connection.crm_org_id}" if connection.crm_org_id else "")


def desk_limits(amend: Amend, connection: Connection) -> Observation:
    """Credits and calls at a time of the Desk organization."""
    return _limits(amend, f"desk:{connection.desk_org_id}" if connection.desk_org_id else "")


def _limits(amend: Amend, org: str) -> Observation:
    amend.request_log.flush()  # the gate's notes of the calls just made are written with it
    with amend.reading() as session:
        known = limits.find(session, org) if org else None
    edition = known.edition if known else None
    places = f"{limits.at_once(org, edition)} calls at a time ({edition or 'edition not known, so the fewest'})"
    if known is None or (known.credits_left is None and known.not_before is None):
        return ok(f"{places}; Zoho has not said how many credits are left")
    left = f"{known.credits_left:,} credits left, seen {moment(known.credits_seen_at)}" if known.credits_left is not None else places
    if known.not_before and known.not_before > amend.now():
        cause = "The organization's API credits of the day are used up, so Zoho refuses every call until new ones come."
        return warning(f"{left}; no call before {moment(known.not_before)}", cause, "Wait, or buy more; nothing is lost.", CHECK_AGAIN)
    if known.credits_left is not None and known.credits_left < FEW_CREDITS:
        cause = "Few API credits of the day are left; when they are used up Zoho refuses every call."
        return warning(left, cause, "Put large plans off until tomorrow, or buy more credits.", CHECK_AGAIN)
    return ok(f"{left}; {places}")


def fields(amend: Amend, connection: Connection) -> Observation:
    """The fields of the CRM module whose form was opened last, as kept, against those that Zoho has now."""
    mine = (CachedMetadata.connection_id == connection.id) & CachedMetadata.key.like("crm/%/fields")
    with amend.reading() as session:
        row = session.scalar(select(CachedMetadata).where(mine).order_by(CachedMetadata.fetched_at.desc()).limit(1))
    if row is None:
        return ok("no form was opened yet: nothing is kept that could be stale")
    module, age = row.key.split("/")[1], span((amend.now() - row.fetched_at).total_seconds())
    lacking = access.known_missing(connection, scopes.CRM_FIELDS)
    if lacking:
        return not_checked(f"What is kept of {module} cannot be compared without {lacking[0]}.")
    client = clients.crm_client(amend, connection)
    now = access.call(amend, connection, scopes.CRM_FIELDS, lambda: client.fields(module))
    changed = _changed(exact_json.loads(row.body), now)
    if not changed:
        return ok(f"{module}: {len(now)} fields, as kept {age} ago")
    metadata.forget(amend, connection.id, "crm")
    return warning(
        f"{module}: {', '.join(changed[:6])}{' …' if len(changed) > 6 else ''} differ from what was kept {age} ago",
        f"{len(changed)} fields were changed in Zoho after Amend had read them, so forms showed them as they were.",
        "Open the form again: what was kept has been thrown away.",
        CHECK_AGAIN,
    )


def _changed(kept: Any, now: list[dict[str, Any]]) -> list[str]:
    """API names of fields that came, went, or changed in what forms go by."""
    before, after = (
        {
            str(field.get("api_name")): [field.get(key) for key in ("id", "data_type", "length", "field_label", "pick_list_values")]
            for field in rows
        }
        for rows in (kept if isinstance(kept, list) else [], now)
    )
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
