"""The pages that a browser sees: consent, Zoho's own error page, and the front page."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup, escape

from sandbox import scopes as zoho_scopes
from sandbox.config import Config
from sandbox.people import ACTIVE, CRM_ORGS, DESK_ORGS

STYLE = Path(__file__).with_name("style.css")
_BANNER = Markup('<header class="banner">Zoho sandbox — this is not Zoho. Everything in it is invented.</header>')


def page(title: str, body: Markup) -> str:
    """A whole document in plain, accessible HTML."""
    return str(
        Markup(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            '<title>{}</title><link rel="stylesheet" href="/_sandbox/style.css"></head><body>{}<main>{}</main></body></html>'
        ).format(title, _BANNER, body)
    )


def _select(name: str, label: str, options: list[tuple[str, str]], chosen: str) -> Markup:
    if len(options) == 1:
        hidden = Markup('<input type="hidden" name="{}" value="{}">').format(name, options[0][0])
        return Markup("<dt>{}</dt><dd>{}{}</dd>").format(label, options[0][1], hidden)
    rows = Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(value, Markup(" selected") if value == chosen else "", text)
        for value, text in options
    )
    return Markup('<dt><label for="{0}">{1}</label></dt><dd><select id="{0}" name="{0}">{2}</select></dd>').format(name, label, rows)


def consent_page(config: Config, client_name: str, scopes: tuple[str, ...]) -> str:
    """The question: who, which organization, which scopes. Posts ``decision`` to the address it was opened at."""
    lines = Markup("").join(Markup("<li>{} <code>{}</code></li>").format(zoho_scopes.explain(scope), scope) for scope in scopes)
    wants_crm = any(scope.lower().startswith("zohocrm.") for scope in scopes)
    wants_desk = any(scope.lower().startswith("desk.") for scope in scopes)
    choices = [
        _select(
            "person",
            "Signed in as",
            [(each.zuid, f"{each.name}, {each.email}") for each in ACTIVE],
            ACTIVE[config.person % len(ACTIVE)].zuid,
        )
    ]
    if wants_crm and config.crm_orgs:
        orgs = [(org.id, f"{org.name} ({org.kind})") for org in CRM_ORGS[: config.crm_orgs]]
        choices.append(_select("crm_org", "CRM organization", orgs, orgs[0][0]))
    if wants_desk and config.desk_orgs and config.desk_org_bound:
        portals = [(org.id, org.name) for org in DESK_ORGS[: config.desk_orgs]]
        choices.append(_select("desk_org", "Desk portal", portals, portals[0][0]))
    body = Markup(
        '<h1>{} would like to use your Zoho data</h1><form method="post"><dl>{}</dl><h2>It asks to</h2><ul>{}</ul>'
        '<p class="buttons"><button name="decision" value="accept">Accept</button>'
        '<button name="decision" value="reject" class="quiet">Reject</button></p></form>'
    ).format(client_name, Markup("").join(choices), lines)
    return page("Zoho sandbox: consent", body)


def error_page(what: str) -> str:
    """Zoho's own error page: it never calls back, so the app does not learn of it."""
    body = Markup("<h1>Error occurred</h1><p>{}</p><p>You are not sent back. Return to the app by hand.</p>").format(escape(what))
    return page("Zoho sandbox: error", body)


def front_page() -> str:
    """What this server is, for somebody who opens its address."""
    body = Markup(
        "<h1>Zoho sandbox</h1><p>A make-believe Zoho for trying things out: accounts, CRM and Desk with invented records. "
        "Connect to it from Amend with the data centre <code>sandbox</code>.</p>"
        '<p><a href="/_sandbox/break">Break it</a>: ten faults to switch on.</p>'
    )
    return page("Zoho sandbox", body)
