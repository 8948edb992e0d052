"""The Break-it menu: ten faults that a person switches on, watches the app explain, mends, and switches off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.grants import REFRESHES_PER_WINDOW, Grant
from sandbox.people import DESK_ORGS
from sandbox.world import World

FOR_EVER_SECONDS = 10 * 365 * 24 * 3600
SPENT = {
    "code": "TOO_MANY_REQUESTS",
    "details": {},
    "message": "Number of API requests for the 24 hour period is exceeded",
    "status": "error",
}
Change = Callable[[Grant, World], Mapping[str, Any]]


@dataclass(frozen=True)
class Break:
    """A fault in words, and what makes it: switches, faults on a route, or attributes that every grant gets, as they fit."""

    slug: str
    title: str
    attempt: str
    says: str
    switches: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()
    change: Change | None = None

    def is_on(self, world: World) -> bool:
        """Whether it is on, also when another door than the menu switched it."""
        config = world.config.as_json()
        is_switched = bool(self.switches) and all(config[name] == value for name, value in self.switches.items())
        return is_switched or any(fault.label == self.slug for fault in world.faults.all) or bool(self._changed(world))

    def switch_on(self, world: World) -> None:
        """Once more changes nothing."""
        if self.is_on(world):
            return
        world.config.set(dict(self.switches))
        for fault in self.faults:
            world.faults.add(**{"times": None, "label": self.slug, **fault})
        if self.change is not None:
            for grant in world.grants.all:
                grant.alter(self.slug, self.change(grant, world))
        world.changed()

    def switch_off(self, world: World) -> None:
        """As if it had never been."""
        fresh = type(world.config)().as_json()
        world.config.set({name: fresh[name] for name in self.switches})
        world.faults.all[:] = [fault for fault in world.faults.all if fault.label != self.slug]
        for grant in self._changed(world):
            grant.restore(self.slug)
        world.changed()

    def _changed(self, world: World) -> list[Grant]:
        return [grant for grant in world.grants.all if self.slug in grant.altered]


def _revoked(_grant: Grant, _world: World) -> Mapping[str, Any]:
    return {"refresh_token": None, "access_tokens": {}}


def _throttled(_grant: Grant, world: World) -> Mapping[str, Any]:
    return {"refreshed_at": [world.time() + FOR_EVER_SECONDS] * REFRESHES_PER_WINDOW, "access_tokens": {}}


def _without_modules(grant: Grant, _world: World) -> Mapping[str, Any]:
    return {"scopes": tuple(scope for scope in grant.scopes if not scope.lower().startswith("zohocrm.modules"))}


def _other_portal(_grant: Grant, _world: World) -> Mapping[str, Any]:
    return {"desk_org": DESK_ORGS[1].id}


CHECK, SAVE = "Open the connection's page in Amend.", "Open a lead in Amend and change its phone."
BREAKS = (
    Break(
        "revoked",
        "Access revoked",
        f"{CHECK} Then press Reconnect there and accept.",
        "Zoho no longer accepts the refresh token; the button reconnects, and the name and history stay.",
        change=_revoked,
    ),
    Break(
        "throttled",
        "Renewals used up",
        f"{CHECK} Press Refresh now. Switched off, Amend still waits for the time it was told.",
        "Zoho allows 10 renewals in 10 minutes; until when to wait, and that reconnecting would not help.",
        change=_throttled,
    ),
    Break(
        "scope",
        "Scope taken away",
        f"{CHECK} Then press Add scope there and accept.",
        "The scope that is lacking, by name, with the button that asks for it.",
        change=_without_modules,
    ),
    Break(
        "profile",
        "Profile without API access",
        CHECK,
        "The Zoho user's profile does not allow access by API, and where in Zoho it is switched on.",
        switches={"no_api_access": True},
    ),
    Break(
        "module",
        "Module hidden",
        "Look for a lead in Amend, or open one that you know.",
        "Zoho does not show the module Leads to the connected user.",
        switches={"hide_module": "Leads"},
    ),
    Break(
        "credits",
        "API credits spent",
        f"{CHECK} {SAVE}",
        "The day's API credits are used up; nothing is lost, and waiting helps.",
        faults=({"route": "* /crm/*", "status": 429, "body": SPENT},),
    ),
    Break(
        "desk-org",
        "Another Desk portal",
        f"{CHECK} Then choose the other Desk organization there. Switched off, choose the first one again.",
        "The connection was granted for another Desk organization than the one chosen; the button chooses again.",
        switches={"desk_orgs": 2},
        change=_other_portal,
    ),
    Break(
        "html",
        "A web page for an answer",
        CHECK,
        "Zoho's answer could not be read: a web page instead of data, as proxies and maintenance send.",
        faults=({"route": "* /crm/*", "fault": "html", "status": 200}, {"route": "* /api/*", "fault": "html", "status": 200}),
    ),
    Break(
        "hang",
        "No answer comes",
        f"{CHECK} It takes some seconds.",
        "Zoho cannot be reached, after how many seconds, and which checks had to wait for it.",
        faults=({"route": "* /crm/*", "fault": "hang"}, {"route": "* /api/*", "fault": "hang"}),
    ),
    Break(
        "reset",
        "Network connection reset",
        f"{CHECK} {SAVE}",
        "Zoho cannot be reached; of a save that got no answer: not known until it is checked, never a second send.",
        faults=({"route": "* /crm/*", "fault": "reset_before"}, {"route": "* /api/*", "fault": "reset_before"}),
    ),
)
BY_SLUG = {each.slug: each for each in BREAKS}
