"""Scopes: what each feature needs, against what was asked for, granted, confirmed by a call, or refused in one."""

from __future__ import annotations

from dataclasses import dataclass

from zoho import scopes
from zoho.connections import Connection
from zoho.diagnostics.findings import ADD_SCOPE, Observation, failed, not_checked, ok, warning
from zoho.runtime import Amend
from zoho.scopes import FEATURES, PROFILE, Feature


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One feature's scope. ``granted`` is None when Zoho did not say; ``confirmed`` and ``refused`` are what calls taught."""

    feature: str
    scope: str
    requested: bool
    granted: bool | None
    confirmed: bool
    refused: bool


def scope_matrix(connection: Connection) -> tuple[ScopeRow, ...]:
    """A row for each feature of the connection's products."""
    features = (Feature("", PROFILE), *(feature for feature in FEATURES if feature.product in connection.products))
    return tuple(_row(connection, feature) for feature in features)


def _row(connection: Connection, feature: Feature) -> ScopeRow:
    need, scope = feature.need, feature.need.groups[0][0]
    granted = connection.scopes_granted
    return ScopeRow(
        feature=need.purpose,
        scope=scope,
        requested=not need.missing(connection.scopes_requested),
        granted=None if granted is None else not need.missing(granted),
        confirmed=scope in connection.scopes_confirmed,
        refused=scope in connection.scopes_refused,
    )


def crm(amend: Amend, connection: Connection) -> Observation:
    """The scopes of the CRM features."""
    return _product(amend, connection, "crm")


def desk(amend: Amend, connection: Connection) -> Observation:
    """The scopes of the Desk features."""
    return _product(amend, connection, "desk")


def _product(amend: Amend, connection: Connection, product: str) -> Observation:
    features = [feature for feature in FEATURES if feature.product == product]
    rows = [_row(connection, feature) for feature in features]
    lacking = [(row, feature) for row, feature in zip(rows, features, strict=True) if row.refused or row.granted is False]
    confirmed = sum(row.confirmed for row in rows)
    if not lacking:
        if connection.scopes_granted is None:
            return not_checked(
                "Zoho did not say which scopes it granted; unknown is not missing.",
                "They are learned from the first calls.",
                evidence=f"{confirmed} of {len(rows)} features confirmed by a call",
            )
        return ok(f"all {len(rows)} features granted, {confirmed} confirmed by a call")
    names = tuple(dict.fromkeys(row.scope for row, _ in lacking))
    told = failed if any(_is_wanted(amend, connection, row, feature) for row, feature in lacking) or _is_useless(rows) else warning
    return told(_evidence([row for row, _ in lacking]), _cause([row for row, _ in lacking]), _step(names), ADD_SCOPE, names)


def _is_wanted(amend: Amend, connection: Connection, row: ScopeRow, feature: Feature) -> bool:
    """False for what ZOHO_SCOPES leaves out on purpose: that is worth a warning, and no failure."""
    override = None if connection.location == "sandbox" else amend.settings.scopes
    return row.requested or row.refused or not feature.need.missing(scopes.to_ask(connection.products, override))


def _is_useless(rows: list[ScopeRow]) -> bool:
    """Nothing at all can be edited."""
    return not any(row.granted is not False and not row.refused for row in rows if row.feature.startswith("edit "))


def _evidence(rows: list[ScopeRow]) -> str:
    refused = [row.scope for row in rows if row.refused]
    missing = [row.scope for row in rows if not row.refused]
    parts = [f"not granted: {', '.join(dict.fromkeys(missing))}"] if missing else []
    parts += [f"refused in a call: {', '.join(dict.fromkeys(refused))}"] if refused else []
    return "; ".join(parts)


def _cause(rows: list[ScopeRow]) -> str:
    what = ", ".join(row.feature for row in rows)
    if any(row.requested for row in rows):
        return f"Zoho was asked for more than it granted: this connection cannot {what}."
    return f"Scopes are fixed when an account is connected, and these were not asked for then: this connection cannot {what}."


def _step(names: tuple[str, ...]) -> str:
    return f"Add {'it' if len(names) == 1 else 'them'}: Zoho will ask for your consent again."
