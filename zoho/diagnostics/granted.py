"""Scopes: what each feature needs, against what was asked for, granted, confirmed by a call, or refused in one."""

from __future__ import annotations

from dataclasses import dataclass

from zoho import features
from zoho.connections import Connection
from zoho.diagnostics.findings import ADD_SCOPE, Observation, failed, not_checked, ok, warning
from zoho.runtime import Amend
from zoho.scopes import PROFILE, Need, covers


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One thing to do and its scope. ``product`` is '' for what belongs to all.

    ``required``: the features that are switched on need it; ``is_part``: only as a part of "All modules"; ``granted`` is None
    when Zoho did not say; ``confirmed`` and ``refused`` are what calls taught.
    """

    product: str
    feature: str
    scope: str
    required: bool
    is_part: bool
    requested: bool
    granted: bool | None
    confirmed: bool
    refused: bool

    @property
    def is_lacking(self) -> bool:
        """Known not to be there. A part of what was not granted is not told apart from the whole."""
        return self.refused or (self.granted is False and not self.is_part)


def scope_matrix(connection: Connection) -> tuple[ScopeRow, ...]:
    """A row for each thing that the connection's products allow, wanted or not."""
    keys = features.wanted(connection.products, connection.features, connection.scopes_requested)
    asked = features.to_ask(connection.products, keys)
    rows = [_row(connection, asked, "", PROFILE)]
    for product in connection.products:
        rows += [_row(connection, asked, product, need) for need in features.BASE.get(product, ())]
        for feature in features.FEATURES:
            if feature.product == product and (feature.key != features.ALL or feature.key in keys):
                is_part = features.ALL in keys and feature.key not in keys and features.is_part(feature)
                rows += [_row(connection, asked, product, need, is_part=is_part) for need in feature.needs]
    return tuple(rows)


def _row(connection: Connection, asked: tuple[str, ...], product: str, need: Need, *, is_part: bool = False) -> ScopeRow:
    scope, granted = need.groups[0][0], connection.scopes_granted
    is_whole = need in features.EVERY_MODULE
    return ScopeRow(
        product=product,
        feature=need.purpose,
        scope=scope,
        required=not need.missing(asked),
        is_part=is_part,
        requested=not need.missing(connection.scopes_requested),
        granted=None if granted is None else not need.missing(granted),
        confirmed=any(covers([scope], each) for each in connection.scopes_confirmed) if is_whole else scope in connection.scopes_confirmed,
        refused=scope in connection.scopes_refused,
    )


def crm(amend: Amend, connection: Connection) -> Observation:
    """The scopes of the CRM features."""
    return _product(amend, connection, "crm")


def desk(amend: Amend, connection: Connection) -> Observation:
    """The scopes of the Desk features."""
    return _product(amend, connection, "desk")


def _product(amend: Amend, connection: Connection, product: str) -> Observation:
    of_product = [row for row in scope_matrix(connection) if row.product == product]
    rows = [row for row in of_product if row.refused or (row.required and not row.is_part)]
    lacking = [row for row in rows if row.is_lacking]
    confirmed = sum(row.confirmed for row in rows)
    if not lacking:
        if connection.scopes_granted is None:
            return not_checked(
                "Zoho did not say which scopes it granted; unknown is not missing.",
                "They are learned from the first calls.",
                evidence=f"{confirmed} of {len(rows)} confirmed by a call",
            )
        return ok(f"all {len(rows)} that are needed are granted, {confirmed} confirmed by a call")
    names = tuple(dict.fromkeys(row.scope for row in lacking))
    is_bad = any(row.refused or row.requested or not _is_left_out(amend, connection) for row in lacking) or _is_useless(of_product)
    return (failed if is_bad else warning)(_evidence(lacking), _cause(lacking), _step(names), ADD_SCOPE, names)


def _is_left_out(amend: Amend, connection: Connection) -> bool:
    """ZOHO_SCOPES leaves out on purpose: that is worth a warning, and no failure."""
    return connection.location != "sandbox" and bool(amend.settings.scopes)


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
