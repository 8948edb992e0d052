"""The connect page's form and what stands around it: redirect URI, client, data centres on offer, scopes in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField, StringField, ValidationError

from web import connection_view
from web.connection_view import PRODUCTS, ConnectionView
from zoho import authorization, oauth, scopes
from zoho.data_centers import DataCenter
from zoho.errors import NotConnectedError
from zoho.runtime import Amend

SCOPE = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*){1,5}", re.ASCII)
MAX_SCOPES = 50
CLIENT_ID = re.compile(r"\d+\.\w+", re.ASCII)


class ConnectForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What to connect, and where the trip begins."""

    product = SelectMultipleField("Products", validate_choice=False)
    location = StringField("Data centre")
    offered: tuple[str, ...] = ()
    """The locations that may be chosen."""

    def validate_product(self, field: Any) -> None:
        """At least one, and only those there are."""
        if not field.data:
            raise ValidationError("Tick at least one product to connect.")
        unknown = [name for name in field.data if name not in PRODUCTS]
        if unknown:
            raise ValidationError(f"There is no product “{unknown[0][:40]}”. Choose Zoho CRM, Zoho Desk, or both.")

    def validate_location(self, field: Any) -> None:
        """One of those on offer."""
        if field.data not in self.offered:
            raise ValidationError("Choose a data centre of the list; for the others no client is configured.")


@dataclass(frozen=True, slots=True)
class ScopeGroup:
    """Scopes that belong together, each with what it means."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ConnectPage:
    """Everything the connect page shows besides the form. No secret is in it, only whether there is one."""

    connection: ConnectionView | None
    more_scopes: tuple[str, ...]
    """Asked for beyond the products' own, as a reconnect wants them."""
    unusable_scopes: tuple[str, ...]
    offered: tuple[tuple[str, str], ...]
    held_back: tuple[tuple[str, str], ...]
    """Names of data centres that a setting is missing for, and the setting."""
    products: tuple[str, ...]
    location: str
    client_id: str
    has_secret: bool
    is_odd_client_id: bool
    redirect_uri: str
    homepage: str
    console: str
    consoles: tuple[tuple[str, str], ...]
    override: tuple[tuple[str, str], ...]
    groups: tuple[ScopeGroup, ...]
    scope_text: str

    all_products: tuple[tuple[str, str], ...] = tuple(PRODUCTS.items())

    @property
    def is_configured(self) -> bool:
        """True when an OAuth client is set, so that steps 1 and 2 are done."""
        return bool(self.client_id)

    @property
    def has_sandbox(self) -> bool:
        """True when the sandbox can be chosen."""
        return any(location == "sandbox" for location, _ in self.offered)

    @property
    def action(self) -> str:
        """Where the form posts to: the page itself, with what it was opened for."""
        connection_id = self.connection.id if self.connection else None
        return url_for("connect.start", connection=connection_id, scope=scopes.join(self.more_scopes) or None)


def build(amend: Amend, user_id: UUID, query: MultiDict[str, str]) -> ConnectPage:
    """The page for an address: ``connection`` to reconnect in place, ``scope`` to ask for more.

    Raises NotConnectedError.
    """
    connection, kept, products = None, tuple[str, ...](), tuple(PRODUCTS)
    if query.get("connection"):
        row, connection = connection_view.load(amend, _uuid(query["connection"]), user_id)
        products = tuple(row.products) or products
        kept = _beyond_products(row.scopes_requested)
    wanted = scopes.parse(",".join(query.getlist("scope")))[:MAX_SCOPES]
    more = tuple(dict.fromkeys((*kept, *(scope for scope in wanted if SCOPE.fullmatch(scope)))))
    settings = amend.settings
    missing = {center: oauth.missing_setting(settings, center) for center in amend.data_centers.values()}
    offered = tuple((center.location, _label(center)) for center, setting in missing.items() if setting is None)
    return ConnectPage(
        connection=connection,
        more_scopes=more,
        unusable_scopes=tuple(scope[:80] for scope in wanted if not SCOPE.fullmatch(scope)),
        offered=offered,
        held_back=tuple((center.name, setting) for center, setting in missing.items() if setting) if settings.client_id else (),
        products=products,
        location=_location(amend, connection, offered),
        client_id=settings.client_id or "",
        has_secret=bool(settings.client_secret or settings.client_secrets),
        is_odd_client_id=bool(settings.client_id) and not CLIENT_ID.fullmatch(settings.client_id or ""),
        redirect_uri=settings.redirect_uri,
        homepage=settings.public_url,
        console=_console(amend),
        consoles=tuple((center.name, center.api_console) for center in amend.data_centers.values() if center.is_builtin),
        override=_explained(scopes.parse(settings.scopes)),
        groups=_groups(more),
        scope_text=scopes.join(scopes.to_ask(products, settings.scopes, more)),
    )


def form_of(page: ConnectPage) -> ConnectForm:
    """The form of that page, filled with what was posted, else with what fits."""
    form = ConnectForm(data={"product": list(page.products), "location": page.location})
    form.offered = tuple(location for location, _ in page.offered)
    return form


def reconnects(amend: Amend, user_id: UUID, state: str) -> UUID | None:
    """The connection that a failed trip was to reconnect, so that the next one does too."""
    with amend.reading() as session:
        return authorization.find_reconnects(session, state, user_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise NotConnectedError("the address names no connection") from exc


def _beyond_products(requested: Iterable[str]) -> tuple[str, ...]:
    """What an earlier reconnect added: a later one shall not take it away again."""
    own = {scope for product in scopes.PRODUCTS.values() for scope in product} | {scopes.IDENTITY}
    return tuple(scope for scope in requested if scope not in own)


def _location(amend: Amend, connection: ConnectionView | None, offered: tuple[tuple[str, str], ...]) -> str:
    """The connection's own data centre, else the configured one, as far as they are on offer."""
    wanted = (connection.location if connection else "", amend.settings.data_center)
    known = [location for location, _ in offered]
    return next((location for location in (*wanted, *known) if location in known), "")


def _console(amend: Amend) -> str:
    """The API console of the configured data centre; the sandbox has none, so Zoho's first."""
    return amend.data_centers[amend.settings.data_center].api_console


def _label(center: DataCenter) -> str:
    return "Sandbox (nothing reaches Zoho)" if center.is_sandbox else f"{center.name} ({center.location})"


def _groups(more: tuple[str, ...]) -> tuple[ScopeGroup, ...]:
    groups = [ScopeGroup(PRODUCTS[product], _explained(own)) for product, own in scopes.PRODUCTS.items()]
    groups.append(ScopeGroup("Always", _explained((scopes.IDENTITY,))))
    return (*groups, ScopeGroup("Added for this connection", _explained(more))) if more else tuple(groups)


def _explained(asked: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((scope, scopes.explain(scope)) for scope in asked)
