"""A connection as pages see it: frozen, in words, without a secret to leak. Nothing here asks Zoho."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from zoho import connections, errors, renewals, tokens
from zoho.connections import Connection, Status
from zoho.runtime import Amend

PRODUCTS = {"crm": "Zoho CRM", "desk": "Zoho Desk"}
ENVIRONMENTS = {"sandbox": "Zoho sandbox", "developer": "Zoho developer environment", "bigin": "Bigin"}
FRESH = timedelta(days=1)
"""How long a success speaks for the present."""


class Step(StrEnum):
    """The one thing to do next with a connection; the page makes a button of it."""

    OPEN = "open"
    RECONNECT = "reconnect"
    FINISH = "finish"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class State:
    """Where a connection stands, in words. ``tone`` is a colour name of the pills, never the only sign."""

    word: str
    tone: str
    sentence: str
    step: Step
    at: datetime | None = None
    """The time the sentence speaks of."""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The access token as times. ``renews_in`` is in words."""

    expires_at: datetime | None
    renews_at: datetime | None
    renews_in: str
    refreshed_at: datetime | None
    is_test_renewal: bool
    """The last renewal was the one made right after connecting."""
    not_before: datetime | None
    """Zoho, or our count of renewals, forbids another until then."""
    failing_since: datetime | None
    failure: str
    next_try_at: datetime | None
    used: int
    budget: int = renewals.BUDGET
    margin_seconds: int = tokens.MARGIN_SECONDS


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """What a page may know of a connection."""

    id: UUID
    name: str
    status: str
    person: str
    email: str
    organizations: tuple[str, ...]
    zuid: str
    crm_org_name: str
    crm_org_id: str
    zgid: str
    products: tuple[str, ...]
    has_desk: bool
    desk_org_name: str
    desk_org_id: str
    location: str
    data_center: str
    environment: str
    is_sandbox: bool
    state: State
    token: TokenFacts
    last_success_at: datetime | None
    connected_at: datetime | None
    replaces: str
    """The name of the connection that this grant was meant for, when somebody else came back."""

    @property
    def environment_words(self) -> str:
        """The environment as a person calls it, apart from Amend's own sandbox."""
        return ENVIRONMENTS.get(self.environment, self.environment)

    @property
    def is_active(self) -> bool:
        """True when it is, or lately was, in use."""
        return self.status in (Status.ACTIVE, Status.FAILING, Status.RECONNECT_NEEDED)

    @property
    def is_pending(self) -> bool:
        """True while a grant waits to become a connection."""
        return self.status == Status.PENDING

    @property
    def is_disconnected(self) -> bool:
        """True after the operator ended it."""
        return self.status == Status.DISCONNECTED


@dataclass(frozen=True, slots=True)
class Overview:
    """The connections page: those in use or waiting, and those that were ended."""

    rows: tuple[ConnectionView, ...]
    ended: tuple[ConnectionView, ...]


def overview(amend: Amend, user_id: UUID) -> Overview:
    """All of an operator's connections."""
    with amend.reading() as session:
        rows = connections.list_own(session, user_id)
        ended = connections.list_disconnected(session, user_id)
    names = {row.id: row.name for row in (*rows, *ended)}
    shown = (view(amend, row, names.get(row.replaces_id, "") if row.replaces_id else "") for row in rows)
    return Overview(tuple(shown), tuple(view(amend, row) for row in ended))


def load(amend: Amend, connection_id: UUID, user_id: UUID) -> tuple[Connection, ConnectionView]:
    """An operator's connection, as the use cases take it and as pages see it. Raises NotConnectedError."""
    with amend.reading() as session:
        connection = connections.get_own(session, connection_id, user_id)
        wanted = session.get(Connection, connection.replaces_id) if connection.replaces_id else None
    return connection, view(amend, connection, wanted.name if wanted else "")


def view(amend: Amend, connection: Connection, replaces: str = "") -> ConnectionView:
    """The presentation of one row."""
    center = amend.data_centers.get(connection.location)
    is_sandbox = connection.location == "sandbox"
    now = amend.now()
    return ConnectionView(
        id=connection.id,
        name=connection.name or "Unfinished connection",
        status=connection.status,
        person=connection.zoho_user_name or connection.zoho_user_email or "",
        email=connection.zoho_user_email or "",
        organizations=_organizations(connection),
        zuid=connection.zuid or "",
        crm_org_name=connection.crm_org_name or "",
        crm_org_id=connection.crm_org_id or "",
        zgid=connection.zgid or "",
        products=tuple(PRODUCTS.get(product, product) for product in connection.products),
        has_desk="desk" in connection.products,
        desk_org_name=connection.desk_org_name or "",
        desk_org_id=connection.desk_org_id or "",
        location=connection.location,
        data_center=center.name if center else f"{connection.location} (no longer in the table of data centres)",
        environment="sandbox" if is_sandbox else connection.environment or "",
        is_sandbox=is_sandbox,
        state=state(connection, now, replaces),
        token=_token(connection, now),
        last_success_at=connection.last_success_at,
        connected_at=connection.connected_at,
        replaces=replaces,
    )


def state(connection: Connection, now: datetime, replaces: str = "") -> State:
    """In words, from what was last heard of Zoho. Healthy only when a call worked within a day, and none has failed since."""
    match connection.status:
        case Status.PENDING if replaces and (connection.zoho_user_name or connection.zoho_user_email):
            return State("needs you", "danger", "Somebody else came back from Zoho. Decide what to do with their connection.", Step.LOOK)
        case Status.PENDING:
            return State("unfinished", "warning", "Zoho granted access, but has not yet said whose it is.", Step.FINISH)
        case Status.DISCONNECTED:
            return State("disconnected", "secondary", "It was ended here; its history is kept.", Step.RECONNECT)
    if connection.status == Status.RECONNECT_NEEDED or not connection.refresh_token:
        return _dead(connection)
    if connection.status == Status.FAILING:
        return State("needs you", "danger", f"{renewals.last_words(connection)} Last tried:", Step.LOOK, connection.last_failure_at)
    if connection.status != Status.ACTIVE:
        return State("needs you", "danger", "Its state is none that Amend knows. The checks below say more.", Step.LOOK)
    return _living(connection, now)


def _dead(connection: Connection) -> State:
    revoked, missing = "Zoho no longer accepts its refresh token.", "It has no refresh token, so it cannot be renewed."
    sentence = revoked if connection.refresh_token else missing
    noticed_at = connection.last_failure_at
    return State("needs you", "danger", f"{sentence} Noticed" if noticed_at else sentence, Step.RECONNECT, noticed_at)


def _living(connection: Connection, now: datetime) -> State:
    good, bad, code = connection.last_success_at, connection.last_failure_at, connection.last_failure_code or ""
    waits_until = renewals.waits_until(connection, now)
    if waits_until:
        sentence = "Zoho allows 10 renewals in 10 minutes and they are used up; nothing is lost. Next try:"
        return State("may recover", "warning", sentence, Step.OPEN, waits_until)
    failure = errors.kind_of(code)
    if connection.failing_since and failure.lasts is False:
        sentence = f"Its access token could not be renewed. {renewals.reason(connection)} Last tried:"
        return State("may recover", "warning", sentence, Step.OPEN, bad)
    if bad and (good is None or bad >= good or connection.failing_since):
        if failure.lasts is False:
            return State("may recover", "warning", f"{failure.summary} Last tried:", Step.OPEN, bad)
        if failure.lasts:
            return State("needs you", "danger", f"{failure.summary} Noticed", Step.LOOK, bad)
    if good is None:
        return State("not used yet", "secondary", "No call was made yet.", Step.OPEN)
    if now - good > FRESH:
        return State("not checked", "secondary", "Nothing was asked of Zoho for more than a day. Last success:", Step.OPEN, good)
    return State("healthy", "success", "The last call to Zoho worked:", Step.OPEN, good)


def _organizations(connection: Connection) -> tuple[str, ...]:
    names = (connection.crm_org_name or connection.crm_org_id, connection.desk_org_name or connection.desk_org_id)
    return tuple(dict.fromkeys(name for name in names if name))


def _token(connection: Connection, now: datetime) -> TokenFacts:
    expires_at = renews_at = None
    if connection.access_token and tokens.is_valid_expiry(connection.token_expires_at):
        expires_at = datetime.fromtimestamp(connection.token_expires_at or 0, UTC)
        renews_at = expires_at - timedelta(seconds=tokens.MARGIN_SECONDS)
    can_renew = connection.status in (Status.ACTIVE, Status.FAILING)
    return TokenFacts(
        expires_at=expires_at,
        renews_at=renews_at,
        renews_in=_renewal(renews_at, now) if can_renew else "cannot be renewed until it is reconnected",
        refreshed_at=connection.refreshed_at,
        is_test_renewal=renewals.is_test(connection),
        not_before=renewals.waits_until(connection, now),
        failing_since=connection.failing_since,
        failure=renewals.reason(connection) if connection.failing_since else "",
        next_try_at=renewals.next_try_at(connection) if connection.status == Status.ACTIVE else None,
        used=len(renewals.counted(connection, now)),
    )


def _renewal(renews_at: datetime | None, now: datetime) -> str:
    if renews_at is None:
        return "no access token is stored"
    minutes = int((renews_at - now).total_seconds() // 60)
    if renews_at <= now:
        return "renews at the next call"
    return f"renews in {minutes} min" if minutes else "renews in less than a minute"
