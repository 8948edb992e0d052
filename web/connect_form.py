"""The connect page's form and what stands around it: redirect URI, client, data centres on offer, scopes in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField, StringField, ValidationError

from people import Operator
from web import connect_scopes, connection_view
from web.connect_scopes import ProductChoice, ScopeLine, Wish
from web.connection_view import PRODUCTS, ConnectionView
from zoho import authorization, features, grants, oauth, scopes
from zoho.data_centers import SANDBOX, DataCenter
from zoho.errors import NotConnectedError
from zoho.runtime import Amend

CLIENT_ID = re.compile(r"\d+\.\w+", re.ASCII)


class ConnectForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What to connect, and where the trip begins."""

    product = SelectMultipleField("Products", validate_choice=False)
    feature = SelectMultipleField("What to do", validate_choice=False)
    location = StringField("Data centre")
    offered: tuple[str, ...] = ()
    """The locations that may be chosen."""
    is_choosing = False
    """False where only products were sent, as by the sandbox card: then the defaults hold."""

    def validate_product(self, field: Any) -> None:
        """At least one, and only those there are."""
        if not field.data:
            raise ValidationError("Tick at least one product to connect.")
        unknown = [name for name in field.data if name not in PRODUCTS]
        if unknown:
            raise ValidationError(f"There is no product “{unknown[0][:40]}”. Choose Zoho CRM, Zoho Desk, or both.")

    def validate_feature(self, field: Any) -> None:
        """At least one kind of record of each product, where the form offered them."""
        ticked = {feature.product for feature in features.chosen(PRODUCTS, field.data or ()) if feature.is_records}
        bare = [PRODUCTS[product] for product in self.product.data or () if product in PRODUCTS and product not in ticked]
        if bare and self.is_choosing:
            raise ValidationError(f"Tick at least one kind of record of {bare[0]}, or untick {bare[0]}.")

    def validate_location(self, field: Any) -> None:
        """One of those on offer."""
        if field.data not in self.offered:
            raise ValidationError("Choose a data centre of the list; for the others no client is configured.")


@dataclass(frozen=True, slots=True)
class ConnectPage:
    """Everything the connect page shows besides the form. No secret is in it, only whether there is one."""

    connection: ConnectionView | None
    wish: Wish
    offered: tuple[tuple[str, str], ...]
    held_back: tuple[tuple[str, str], ...]
    """Names of data centres that a setting is missing for, and the setting."""
    location: str
    client_id: str
    has_secret: bool
    is_odd_client_id: bool
    redirect_uri: str
    homepage: str
    console: str
    consoles: tuple[tuple[str, str], ...]
    override: str
    """ZOHO_SCOPES, as far as it holds for the chosen data centre."""
    is_always_overridden: bool
    """No data centre is on offer for which the features would count."""
    asked: tuple[ScopeLine, ...]

    @property
    def choices(self) -> tuple[ProductChoice, ...]:
        """The check-boxes by product."""
        return self.wish.choices()

    @property
    def more(self) -> tuple[tuple[ScopeLine, bool], ...]:
        """Scopes beyond the features', each with whether it is ticked."""
        return tuple((line, line.scope in self.wish.more) for line in connect_scopes.lines(self.wish.offered_more))

    @property
    def scope_text(self) -> str:
        """All of them, to paste."""
        return scopes.join(line.scope for line in self.asked)

    @property
    def doubtful(self) -> tuple[ScopeLine, ...]:
        """Those whose name Zoho may not know; one refuses them all."""
        return tuple(line for line in self.asked if line.doubt)

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
        return url_for("connect.start", connection=connection_id, scope=scopes.join(self.wish.offered_more) or None)


def build(amend: Amend, user_id: UUID, query: MultiDict[str, str], sent: MultiDict[str, str]) -> ConnectPage:
    """The page for an address: ``connection`` to reconnect in place, ``scope`` to ask for more; ``sent`` is the form, if any.

    Raises NotConnectedError.
    """
    row = connection = None
    if query.get("connection"):
        row, connection = connection_view.load(amend, _uuid(query["connection"]), user_id)
    wish = connect_scopes.wish(row, query, sent)
    settings = amend.settings
    missing = {center: oauth.missing_setting(settings, center) for center in amend.data_centers.values()}
    offered = tuple((center.location, _label(center)) for center, setting in missing.items() if setting is None)
    location = sent.get("location") or _location(amend, connection, offered)
    override = "" if location == SANDBOX else settings.scopes or ""
    return ConnectPage(
        connection=connection,
        wish=wish,
        offered=offered,
        held_back=tuple((center.name, setting) for center, setting in missing.items() if setting) if settings.client_id else (),
        location=location,
        client_id=settings.client_id or "",
        has_secret=bool(settings.client_secret or settings.client_secrets),
        is_odd_client_id=bool(settings.client_id) and not CLIENT_ID.fullmatch(settings.client_id or ""),
        redirect_uri=settings.redirect_uri,
        homepage=settings.public_url,
        console=_console(amend),
        consoles=tuple((center.name, center.api_console) for center in amend.data_centers.values() if center.is_builtin),
        override=override,
        is_always_overridden=bool(settings.scopes) and all(location != SANDBOX for location, _ in offered),
        asked=connect_scopes.lines(wish.asked(override)),
    )


def form_of(page: ConnectPage) -> ConnectForm:
    """The form of that page, filled with what was posted, else with what fits."""
    form = ConnectForm(data={"product": list(page.wish.products), "location": page.location})
    form.offered = tuple(location for location, _ in page.offered)
    form.is_choosing = "features" in request.form
    return form


def begin(amend: Amend, operator: Operator, page: ConnectPage) -> UUID:
    """Prepare the trip that was wished for: its id. Raises MisconfiguredError, NotConnectedError."""
    return grants.begin(
        amend,
        operator.id,
        operator.session_id,
        location=page.location,
        products=page.wish.products,
        wanted=page.wish.keys,
        more_scopes=page.wish.more,
        reconnects_id=page.connection.id if page.connection else None,
    )


def reconnects(amend: Amend, user_id: UUID, state: str) -> UUID | None:
    """The connection that a failed trip was to reconnect, so that the next one does too."""
    with amend.reading() as session:
        return authorization.find_reconnects(session, state, user_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise NotConnectedError("the address names no connection") from exc


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
