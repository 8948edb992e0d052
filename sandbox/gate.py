"""What stands before every API call: the token, the profile, the scopes, the organization."""

from __future__ import annotations

from werkzeug.wrappers import Response

from sandbox import scopes as zoho_scopes
from sandbox.crm_store import crm_refusal
from sandbox.desk_store import desk_refusal
from sandbox.grants import Grant
from sandbox.people import DESK_ORGS
from sandbox.wire import Call, Route


def _has_token(call: Call) -> bool:
    scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() in ("zoho-oauthtoken", "bearer") and bool(token.strip())


def covers(grant: Grant, need: str, module: str, is_custom: bool) -> bool:
    """Whether the grant covers a need of a route, whose ``{module}`` is this module."""
    if "{module}" not in need:
        return zoho_scopes.covers(grant.scopes, need)
    names = [module.replace("_", "")] + (["custom"] if is_custom else [])
    return any(zoho_scopes.covers(grant.scopes, need.replace("{module}", name)) for name in names)


def crm_gate(call: Call, route: Route) -> Response:
    """Carry out a CRM call, or refuse it as CRM does: 401 for tokens and scopes, 403 for the profile."""
    world = call.world
    if not _has_token(call):
        raise crm_refusal("AUTHENTICATION_FAILURE", 401)
    call.grant = world.grant_of(call.request)
    if call.grant is None:
        token = call.request.headers["Authorization"].partition(" ")[2].strip()
        raise crm_refusal("INVALID_OAUTHTOKEN" if token in world.grants.superseded else "INVALID_TOKEN", 401)
    if world.config.no_api_access or call.grant.crm_org is None:
        raise crm_refusal("NO_PERMISSION", 403, {"permissions": ["Crm_Implied_Api_Access"]})
    module = call.args.get("module", "")
    is_custom = module in world.crm.modules() and world.crm.modules()[module].is_custom
    if not all(covers(call.grant, need, module, is_custom) for need in route.needs):
        raise crm_refusal("OAUTH_SCOPE_MISMATCH", 401)
    if module and "/settings/" not in route.rule:
        world.crm.get_module(module)
    answer = route.handler(call)
    if world.config.credits_remaining is not None:
        answer.headers["X-API-CREDITS-REMAINING"] = str(world.config.credits_remaining)
    return answer


def desk_gate(call: Call, route: Route) -> Response:
    """Carry out a Desk call, or refuse it as Desk does: 401 for tokens, 403 for scopes and organizations."""
    world = call.world
    if not _has_token(call):
        raise desk_refusal("UNAUTHORIZED", 401)
    call.grant = world.grant_of(call.request)
    if call.grant is None:
        raise desk_refusal("INVALID_OAUTH", 401)
    if not all(zoho_scopes.covers(call.grant.scopes, need) for need in route.needs):
        raise desk_refusal("SCOPE_MISMATCH", 403)
    if route.rule != "/api/v1/organizations":
        _check_org(call, call.grant)
    answer = route.handler(call)
    answer.headers["X-Rate-Limit-Request-Weight-v3"] = "1"
    if world.config.desk_credits_remaining is not None:
        answer.headers["X-Rate-Limit-Remaining-v3"] = str(world.config.desk_credits_remaining)
    return answer


def _check_org(call: Call, grant: Grant) -> None:
    org = call.request.headers.get("orgId", "")
    if not org:
        raise desk_refusal("UNPROCESSABLE_ENTITY", 422, "The value passed for the 'orgId' header is invalid.")
    if not org.isdigit():
        raise desk_refusal("INTERNAL_SERVER_ERROR", 500)
    reachable = [each.id for each in DESK_ORGS[: call.world.config.desk_orgs]]
    if org not in reachable or (grant.desk_org is not None and org != grant.desk_org):
        raise desk_refusal("OAUTH_ORG_MISMATCH", 403)
