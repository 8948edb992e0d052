"""The accounts server: consent, token endpoint, revocation, user info, serverinfo.

Its habits: most failures come with HTTP 200 and ``{"error": …}``; too many refreshes with 400 "Access Denied"; a refresh
never returns a new refresh token; a bad client, redirect URI or scope ends on a page here and never calls back.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Response

from sandbox import scopes as zoho_scopes
from sandbox.config import Client
from sandbox.consent import consent_page, error_page
from sandbox.grants import TOKEN_SECONDS, Grant
from sandbox.people import ACTIVE, CRM_ORGS, DESK_ORGS, find_person
from sandbox.wire import Call, Json, Route, html_answer, json_answer

_THROTTLED = {
    False: ("Access Denied", "You have made too many requests continuously. Please try again after some time."),
    True: ("拒绝访问", "您已连续提出过多请求，请稍后再试。"),
}


def _request_fault(call: Call) -> str | None:
    """Why the authorization request cannot be shown as a question, or None."""
    query = call.query
    client = call.world.config.clients.get(query.get("client_id", ""))
    if client is None:
        return "Invalid Client Id: client does not exist."
    if query.get("response_type") != "code":
        return "Invalid Response Type."
    uri = query.get("redirect_uri", "")
    if urlsplit(uri).scheme not in ("http", "https") or (client.redirect_uris and uri not in client.redirect_uris):
        return "Invalid Redirect Uri: the redirect URI passed does not match the one configured."
    asked = zoho_scopes.parse(query.get("scope", ""))
    if not asked or not all(zoho_scopes.is_known(scope) for scope in asked):
        return "Invalid OAuth Scope: scope does not exist."
    return None


def ask(call: Call) -> Response:
    """GET /oauth/v2/auth: the consent page."""
    fault = _request_fault(call)
    if fault is not None:
        return html_answer(error_page(fault), 400)
    client = call.world.config.clients[call.query["client_id"]]
    return html_answer(consent_page(call.world.config, client.name, zoho_scopes.parse(call.query["scope"])))


def decide(call: Call) -> Response:
    """POST /oauth/v2/auth, same query, form ``decision`` = accept or reject: back to the redirect URI."""
    fault = _request_fault(call)
    if fault is not None:
        return html_answer(error_page(fault), 400)
    world, query = call.world, call.query
    limit = world.config.code_limit
    is_over = bool(limit) and world.grants.codes_in_window(query["client_id"], world.time()) >= limit
    answer: dict[str, str] = {}
    if call.request.form.get("decision") != "accept" or world.config.deny_consent or is_over:
        answer["error"] = "access_denied"
    else:
        answer["code"] = world.grants.issue_code(
            _consented(call),
            query["redirect_uri"],
            offline=query.get("access_type") == "offline",
            consent=query.get("prompt") == "consent",
            at=world.time(),
        )
        configured = (world.config.callback_location, world.config.callback_accounts_server)
        for name, value, default in zip(("location", "accounts-server"), configured, ("sandbox", world.accounts_url), strict=True):
            chosen = default if value is None else value
            if chosen:
                answer[name] = chosen
    if "state" in query:
        answer["state"] = query["state"]
    uri = query["redirect_uri"]
    return Response(b"", 302, headers={"Location": f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(answer)}"})


def _consented(call: Call) -> Grant:
    world, form = call.world, call.request.form
    person = find_person(form.get("person")) or ACTIVE[world.config.person % len(ACTIVE)]
    crm_orgs = [org.id for org in CRM_ORGS[: world.config.crm_orgs]]
    desk_orgs = [org.id for org in DESK_ORGS[: world.config.desk_orgs]]
    crm_org = form.get("crm_org") if form.get("crm_org") in crm_orgs else next(iter(crm_orgs), None)
    desk_org = form.get("desk_org") if form.get("desk_org") in desk_orgs else next(iter(desk_orgs), None)
    bound_to = desk_org if world.config.desk_org_bound else None
    return Grant(call.query["client_id"], person.zuid, zoho_scopes.parse(call.query["scope"]), crm_org, bound_to, world.time())


def token(call: Call) -> Response:
    """POST /oauth/v2/token, parameters in the form or in the query."""
    given = {**call.query, **call.request.form.to_dict()}
    client = call.world.config.clients.get(given.get("client_id", ""))
    if client is None:
        return json_answer({"error": "invalid_client"})
    if given.get("client_secret") != client.secret:
        return json_answer({"error": "invalid_client_secret"})
    match given.get("grant_type"):
        case "authorization_code":
            return _exchange(call, client, given)
        case "refresh_token":
            return _refresh(call, given)
        case None:
            return json_answer({"error": "invalid_request"})
        case _:
            return json_answer({"error": "invalid_grant_type"})


def _exchange(call: Call, client: Client, given: dict[str, str]) -> Response:
    world = call.world
    code = world.grants.codes.get(given.get("code", ""))
    if code is None or code.used or code.expires_at <= world.time() or world.config.clients.get(code.grant.client_id) is not client:
        return json_answer({"error": "invalid_code"})
    if given.get("redirect_uri") != code.redirect_uri:
        return json_answer({"error": "invalid_redirect_uri"})
    grant = world.grants.begin(code, with_refresh_token=world.config.give_refresh_token)
    answer = _token_answer(call, grant)
    if grant.refresh_token:
        answer["refresh_token"] = grant.refresh_token
    world.changed()
    return json_answer({**answer, "api_domain": world.config.api_domain or world.api_url})


def _refresh(call: Call, given: dict[str, str]) -> Response:
    world = call.world
    grant = world.grants.find_refresh(given.get("refresh_token", ""))
    if grant is None or grant.client_id != given["client_id"]:
        return json_answer({"error": "invalid_code"})
    if world.grants.is_throttled(grant, world.time()):
        error, description = _THROTTLED[world.config.localised_throttle]
        return json_answer({"error_description": description, "error": error, "status": "failure"}, 400)
    if "scope" in given:
        return json_answer({"error": "invalid_scope"})
    grant.refreshed_at.append(world.time())
    answer = _token_answer(call, grant)
    if not world.config.omit_api_domain:
        answer["api_domain"] = world.config.api_domain or world.api_url
    world.changed()
    return json_answer(answer)


def _token_answer(call: Call, grant: Grant) -> Json:
    config = call.world.config
    answer: Json = {"access_token": call.world.grants.add_access_token(grant, call.world.time()), "token_type": "Bearer"}
    answer["expires_in"] = TOKEN_SECONDS
    if config.expires_in_milliseconds:
        answer |= {"expires_in": TOKEN_SECONDS * 1000, "expires_in_sec": TOKEN_SECONDS}
    if config.answer_scope:
        answer["scope"] = " ".join(grant.scopes)
    return answer


def revoke(call: Call) -> Response:
    """POST /oauth/v2/token/revoke?token=…: a refresh token takes its access tokens with it."""
    given = {**call.query, **call.request.form.to_dict()}
    if not call.world.grants.revoke(given.get("token", "")):
        return json_answer({"error": "invalid_token"}, 400)
    call.world.changed()
    return json_answer({"status": "success"})


def user_info(call: Call) -> Response:
    """GET /oauth/user/info, for AaaServer.profile.READ."""
    grant = call.world.grant_of(call.request)
    if grant is None:
        return json_answer({"error": "INVALID_OAUTHTOKEN"}, 401)
    if not zoho_scopes.covers(grant.scopes, "AaaServer.profile.READ"):
        return json_answer({"error": "INVALID_OAUTHSCOPE"}, 401)
    who = grant.person
    names = {"First_Name": who.first, "Last_Name": who.last, "Display_Name": who.name}
    return json_answer({**names, "Email": who.email, "ZUID": int(who.zuid)})


def server_info(call: Call) -> Response:
    """GET /oauth/serverinfo, public."""
    return json_answer({"result": "success", "locations": {"sandbox": call.world.accounts_url}})


ROUTES = (
    Route("GET", "/oauth/v2/auth", ask),
    Route("POST", "/oauth/v2/auth", decide),
    Route("POST", "/oauth/v2/token", token),
    Route("POST", "/oauth/v2/token/revoke", revoke),
    Route("GET", "/oauth/user/info", user_info),
    Route("GET", "/oauth/serverinfo", server_info),
)
