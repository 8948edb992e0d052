"""/_sandbox/break: the page with the switches of the Break-it menu. Plain forms, answered by a redirect back."""

from __future__ import annotations

from markupsafe import Markup
from werkzeug.wrappers import Response

from sandbox.breaks import BREAKS, BY_SLUG, Break
from sandbox.consent import page
from sandbox.control import is_asked_here
from sandbox.wire import Call, Refused, Route, html_answer
from sandbox.world import World

PATH = "/_sandbox/break"
_ROW = Markup(
    '<li id="{slug}"{on}><h2>{title} <span class="state">{state}</span></h2><p><b>Try:</b> {attempt}</p><p><b>Amend says:</b> {says}</p>'
    '<form method="post"><input type="hidden" name="fault" value="{slug}"><button name="switch" value="{to}"{quiet}>Switch {to}'
    '<span class="unseen"> {title}</span></button></form></li>'
)


def show(call: Call) -> Response:
    """The faults, each with its state and one button."""
    if not is_asked_here(call):
        raise Refused({"error": "from this machine"}, 403)
    return html_answer(_page(call.world))


def turn(call: Call) -> Response:
    """Form ``switch``: on or off, with ``fault``; or all-off. Only from our own page: a browser says where a form comes from."""
    if not is_asked_here(call) or call.request.headers.get("Origin") != call.request.host_url.rstrip("/"):
        raise Refused({"error": "from the menu itself, on this machine"}, 403)
    form, world = call.request.form, call.world
    wanted, chosen = form.get("switch"), BY_SLUG.get(form.get("fault", ""))
    if wanted == "all-off":
        for each in BREAKS:
            each.switch_off(world)
    elif chosen is not None and wanted == "on":
        chosen.switch_on(world)
    elif chosen is not None and wanted == "off":
        chosen.switch_off(world)
    else:
        raise Refused({"error": "there is no such switch"}, 400)
    return Response(b"", 303, headers={"Location": f"{PATH}#{chosen.slug}" if chosen else PATH})


def _page(world: World) -> str:
    rows = [_row(each, each.is_on(world)) for each in BREAKS]
    count = sum(each.is_on(world) for each in BREAKS)
    state = "Nothing is broken." if not count else f"{count} of {len(BREAKS)} switched on."
    body = Markup(
        "<h1>Break it</h1><p>Ten faults of Zoho. Switch one on, look at Amend, mend it there where it can be mended, and switch it off.</p>"
        '<form method="post" class="all"><span role="status">{}</span> <button name="switch" value="all-off" class="quiet">All off</button>'
        '</form><ol class="breaks">{}</ol>'
    ).format(state, Markup("").join(rows))
    return page("Zoho sandbox: break it", body)


def _row(each: Break, is_on: bool) -> Markup:
    return _ROW.format(
        slug=each.slug,
        title=each.title,
        attempt=each.attempt,
        says=each.says,
        state="on" if is_on else "off",
        on=Markup(' class="on"') if is_on else "",
        to="off" if is_on else "on",
        quiet="" if is_on else Markup(' class="quiet"'),
    )


ROUTES = (Route("GET", PATH, show), Route("POST", PATH, turn))
