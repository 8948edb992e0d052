"""Reading CRM records: list, one, in full, search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from werkzeug.wrappers import Response

from sandbox.crm_search import matcher
from sandbox.crm_spec import LINKS, Module
from sandbox.crm_store import crm_refusal, parse_time
from sandbox.crm_views import shown
from sandbox.wire import Call, Json, Route, json_answer, no_content

NOT_LISTED = ("subform", *LINKS)
MAX_FIELDS = 50
MAX_PER_PAGE = 200
_SORTS = ("id", "Created_Time", "Modified_Time")


def number_param(call: Call, name: str, default: int, most: int) -> int:
    """A whole number of the query, 1 to ``most``."""
    text = call.query.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise crm_refusal("INVALID_DATA", 400, {"param_name": name})
    if int(text) > most:
        raise crm_refusal("LIMIT_EXCEEDED", 400, {"limit": most, "param_name": name})
    return int(text)


def _wanted(call: Call, *, mandatory: bool) -> list[str] | None:
    names = [name.strip() for name in call.query.get("fields", "").split(",") if name.strip()]
    if not names and mandatory:
        raise crm_refusal("REQUIRED_PARAM_MISSING", 400, {"param_name": "fields"})
    if len(names) > MAX_FIELDS:
        raise crm_refusal("LIMIT_EXCEEDED", 400, {"limit": MAX_FIELDS, "param_name": "fields"})
    return names or None


def _start(call: Call, per_page: int) -> tuple[int, int]:
    """Page number and offset; beyond the last page that numbers reach a token leads on."""
    token = call.query.get("page_token")
    if token is not None and "page" in call.query:
        raise crm_refusal("AMBIGUITY_DURING_PROCESSING", 400, {"ambiguity_due_to": [{"param_name": "page"}, {"param_name": "page_token"}]})
    if token is not None:
        prefix, _, number = token.partition("-")
        if prefix != f"t{per_page}" or not number.isdigit():
            raise crm_refusal("TOKEN_BOUND_DATA_MISMATCH", 400, {"param_name": "page_token"})
        return int(number), (int(number) - 1) * per_page
    page_text, last = call.query.get("page", "1"), call.world.config.pages_by_number
    if page_text.isdigit() and int(page_text) > last:
        raise crm_refusal("DISCRETE_PAGINATION_LIMIT_EXCEEDED", 400, {"limit": last * MAX_PER_PAGE, "param_name": "page"})
    page = number_param(call, "page", 1, last)
    return page, (page - 1) * per_page


def _selection(call: Call, module: Module) -> list[Json]:
    """The records of a list call, filtered and sorted."""
    rows = list(call.world.crm.records(module.api_name).values())
    converted = call.query.get("converted", "false")
    if module.find("Converted__s") and converted in ("true", "false"):
        rows = [row for row in rows if row["Converted__s"] is (converted == "true")]
    if "ids" in call.query:
        ids = set(call.query["ids"].split(","))
        rows = [row for row in rows if row["id"] in ids]
    if "cvid" in call.query:
        rows = shown(call, module, rows)
    sort = call.query.get("sort_by", "id")
    if sort not in _SORTS:
        raise crm_refusal("INVALID_DATA", 400, {"param_name": "sort_by", "supported_values": list(_SORTS)})
    return sorted(rows, key=lambda row: str(row[sort]), reverse=call.query.get("sort_order", "desc") == "desc")


def _page(call: Call, module: Module, rows: list[Json], wanted: list[str] | None) -> Response:
    per_page = number_param(call, "per_page", MAX_PER_PAGE, MAX_PER_PAGE)
    page, offset = _start(call, per_page)
    chosen = rows[offset : offset + per_page]
    if not chosen:
        return no_content()
    more = len(rows) > offset + per_page
    info: Json = {"per_page": per_page, "count": len(chosen), "page": page, "more_records": more}
    info |= {"sort_by": call.query.get("sort_by", "id"), "sort_order": call.query.get("sort_order", "desc")}
    info |= {"next_page_token": f"t{per_page}-{page + 1}" if more else None, "previous_page_token": None, "page_token_expiry": None}
    only = [spec.name for spec in module.fields if spec.type not in NOT_LISTED] if wanted is None else wanted
    data = [
        call.world.crm.present(module, row, [name for name in only if (module.find(name) or module.fields[0]).type not in NOT_LISTED])
        for row in chosen
    ]
    return json_answer({"data": data, "info": info})


def list_records(call: Call) -> Response:
    """GET /crm/v8/{module}?fields=…"""
    module = call.world.crm.get_module(call.args["module"])
    wanted = _wanted(call, mandatory=True)
    rows = _selection(call, module)
    since = parse_time(call.request.headers.get("If-Modified-Since", ""))
    if since is not None:
        rows = [row for row in rows if datetime.fromisoformat(row["Modified_Time"]) > since]
        if not rows:
            return Response(b"", 304)
    return _page(call, module, rows, wanted)


def get_record(call: Call) -> Response:
    """GET /crm/v8/{module}/{id}: 204 for a record that is not there."""
    return _one(call, whole=False)


def get_full(call: Call) -> Response:
    """GET …/actions/fetch_full_data: rich text uncut."""
    return _one(call, whole=True)


def _one(call: Call, *, whole: bool) -> Response:
    module = call.world.crm.get_module(call.args["module"])
    record = call.world.crm.records(module.api_name).get(call.args["id"])
    wanted = _wanted(call, mandatory=False)
    if record is None:
        return no_content()
    return json_answer({"data": [call.world.crm.present(module, record, wanted, whole=whole)]})


def search(call: Call) -> Response:
    """GET /crm/v8/{module}/search with one of criteria, email, phone, word. Reads an index that may lag."""
    module = call.world.crm.get_module(call.args["module"])
    given = [name for name in ("criteria", "email", "phone", "word") if call.query.get(name)]
    if not given:
        raise crm_refusal("EXPECTED_PARAM_MISSING", 400, {"expected_params": ["criteria", "email", "phone", "word"]})
    if len(given) > 1:
        raise crm_refusal("AMBIGUITY_DURING_PROCESSING", 400, {"ambiguity_due_to": [{"param_name": name} for name in given]})
    matches = matcher(module, given[0], call.query[given[0]])
    indexed_until = call.world.now().astimezone(UTC) - timedelta(seconds=call.world.config.search_lag_seconds)
    rows = [row for row in _selection(call, module) if matches(row)]
    if call.world.config.search_lag_seconds:
        rows = [row for row in rows if datetime.fromisoformat(row["Modified_Time"]) <= indexed_until]
    return _page(call, module, rows, _wanted(call, mandatory=False))


_READ = "ZohoCRM.modules.{module}.READ"
ROUTES = (
    Route("GET", "/crm/v8/<module>", list_records, (_READ,)),
    Route("GET", "/crm/v8/<module>/search", search, (_READ, "ZohoSearch.securesearch.READ")),
    Route("GET", "/crm/v8/<module>/<int:id>", get_record, (_READ,)),
    Route("GET", "/crm/v8/<module>/<int:id>/actions/fetch_full_data", get_full, (_READ,)),
)
