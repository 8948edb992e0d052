"""What the operator wants to do, as check-boxes, and the scopes that follow from it, in words and as text to paste."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from web.connection_view import PRODUCTS
from zoho import features, scopes
from zoho.connections import Connection
from zoho.features import Feature
from zoho.scope_words import doubt, explain

SCOPE = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*){1,5}", re.ASCII)
MAX_SCOPES = 50
OWNERS = {"zohocrm": "crm", "zohosearch": "crm", "desk": "desk"}
"""First part of a scope → the product it belongs to."""


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """One scope, what it means ('' when Amend does not know it), and why Zoho may refuse its name."""

    scope: str
    meaning: str
    doubt: str


@dataclass(frozen=True, slots=True)
class ProductChoice:
    """A product and its features, each with whether it is ticked."""

    key: str
    label: str
    is_ticked: bool
    records: tuple[tuple[Feature, bool], ...]
    comforts: tuple[tuple[Feature, bool], ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be asked for: as the form was sent, else as the connection was made, else the defaults."""

    products: tuple[str, ...]
    keys: tuple[str, ...]
    more: tuple[str, ...]
    """Scopes beyond those of the features that will be asked for."""
    offered_more: tuple[str, ...]
    """Those among which ``more`` was chosen."""
    unusable: tuple[str, ...]

    def asked(self, override: str | None) -> tuple[str, ...]:
        """The scopes of the authorization request."""
        known = tuple(product for product in self.products if product in PRODUCTS)
        return features.to_ask(known, self.keys, override, self.more)

    def choices(self) -> tuple[ProductChoice, ...]:
        """The check-boxes. A product that is not ticked shows its defaults, for whoever ticks it."""
        return tuple(self._choice(product, label) for product, label in PRODUCTS.items())

    def _choice(self, product: str, label: str) -> ProductChoice:
        is_ticked = product in self.products
        ticked = set(self.keys if is_ticked else features.defaults((product,)))
        rows = tuple((feature, feature.key in ticked) for feature in features.FEATURES if feature.product == product)
        records, comforts = (tuple(row for row in rows if row[0].is_records is kind) for kind in (True, False))
        return ProductChoice(product, label, is_ticked, records, comforts)


def wish(connection: Connection | None, query: MultiDict[str, str], form: MultiDict[str, str]) -> Wish:
    """``query``: ``scope`` asks for more. ``form``: ``product``, ``feature`` and ``more``, the last two only beside ``features``."""
    products, keys, kept = _of_connection(connection)
    named = scopes.parse(",".join(query.getlist("scope")))[:MAX_SCOPES]
    added = tuple(scope for scope in named if SCOPE.fullmatch(scope))
    products, keys = _with_owners(products, keys, added) if connection else (products, keys)
    offered = _beyond(products, keys, (*kept, *added))
    more = offered
    if form:
        products = tuple(dict.fromkeys(form.getlist("product")))
        is_chosen = "features" in form
        keys = tuple(form.getlist("feature")) if is_chosen else features.defaults(products)
        more = tuple(scope for scope in offered if scope in form.getlist("more")) if is_chosen else offered
    return Wish(products, keys, more, offered, tuple(scope[:80] for scope in named if not SCOPE.fullmatch(scope)))


def _of_connection(connection: Connection | None) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Products, features, and what an earlier reconnect added: a later one shall not take it away again."""
    products = tuple(connection.products if connection else ()) or tuple(PRODUCTS)
    if connection is None:
        return products, features.defaults(products), ()
    requested = connection.scopes_requested
    keys = features.wanted(products, connection.features, requested)
    return products, keys, _beyond(products, keys, requested)


def _with_owners(products: tuple[str, ...], keys: tuple[str, ...], added: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A scope of a product that was not chosen brings the product; one that a feature is about brings the feature."""
    owners = {owner for scope in added if (owner := OWNERS.get(scope.split(".", 1)[0].lower()))}
    new = tuple(product for product in PRODUCTS if product in owners and product not in products)
    about = (feature.key for feature in features.FEATURES if set(feature.asked) & set(added))
    return (*products, *new), tuple(dict.fromkeys((*keys, *features.defaults(new), *about)))


def _beyond(products: Iterable[str], keys: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    own = {scope.lower() for scope in features.to_ask(products, keys)}
    return tuple(scope for scope in dict.fromkeys(wanted) if scope.lower() not in own)


def lines(asked: Iterable[str]) -> tuple[ScopeLine, ...]:
    """These scopes in words."""
    return tuple(ScopeLine(scope, meaning if (meaning := explain(scope)) != scope else "", doubt(scope)) for scope in asked)
