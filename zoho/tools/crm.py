"""The CRM tools."""

from __future__ import annotations

from typing import Any

from zoho import scopes
from zoho.answers import Batch, Page, Refusal, Refused, WriteOutcome
from zoho.crm import CrmClient
from zoho.errors import ZohoError
from zoho.fields.cut import WHOLE, may_be_cut
from zoho.scopes import Need
from zoho.tools.params import (
    CrmDependency,
    CrmFile,
    CrmLayout,
    CrmList,
    CrmModuleParams,
    CrmQuery,
    CrmRecord,
    CrmRecords,
    CrmSearch,
    CrmTimeline,
    CrmTransition,
    CrmUpdate,
    CrmUpdates,
    CrmWhole,
    NoParams,
    queried,
)
from zoho.tools.registry import tool


def _reads(params: Any) -> Need:
    return scopes.crm_module(params.module, "READ")


@tool("crm.get_organization", NoParams, needs=lambda _: scopes.CRM_ORG)
def get_organization(crm: CrmClient, params: NoParams) -> dict[str, Any]:
    """The CRM organization: name, time zone, edition, ids."""
    return crm.org()


@tool("crm.get_current_user", NoParams, needs=lambda _: scopes.CRM_USERS)
def get_current_user(crm: CrmClient, params: NoParams) -> dict[str, Any]:
    """The Zoho user whose connection this is."""
    return crm.current_user()


@tool("crm.list_users", NoParams, needs=lambda _: scopes.CRM_USERS)
def list_users(crm: CrmClient, params: NoParams) -> list[dict[str, Any]]:
    """The active users, who can own records."""
    return crm.users()


@tool("crm.list_apis", NoParams, needs=lambda _: scopes.CRM_APIS)
def list_apis(crm: CrmClient, params: NoParams) -> list[dict[str, Any]]:
    """What this connection may call, each with its scope and its cost in credits."""
    return crm.apis()


@tool("crm.list_modules", NoParams, needs=lambda _: scopes.CRM_MODULES)
def list_modules(crm: CrmClient, params: NoParams) -> list[dict[str, Any]]:
    """The modules, by the API names that the other tools take."""
    return crm.modules()


@tool("crm.list_fields", CrmModuleParams, needs=lambda _: scopes.CRM_FIELDS)
def list_fields(crm: CrmClient, params: CrmModuleParams) -> list[dict[str, Any]]:
    """The fields of a module, of all its layouts."""
    return crm.fields(params.module)


@tool("crm.list_layouts", CrmModuleParams, needs=lambda _: scopes.CRM_LAYOUTS)
def list_layouts(crm: CrmClient, params: CrmModuleParams) -> list[dict[str, Any]]:
    """The layouts of a module, with sections, mandatory fields and picklist values."""
    return crm.layouts(params.module)


@tool("crm.list_views", CrmModuleParams, needs=lambda _: scopes.CRM_VIEWS)
def list_views(crm: CrmClient, params: CrmModuleParams) -> list[dict[str, Any]]:
    """The list views of a module, by the ids that ``crm.list_records`` takes."""
    return crm.list_views(params.module)


@tool("crm.list_dependencies", CrmLayout, needs=lambda _: scopes.CRM_DEPENDENCIES)
def list_dependencies(crm: CrmClient, params: CrmLayout) -> list[dict[str, Any]]:
    """Which picklists of a layout decide what another one offers."""
    return crm.dependencies(params.module, params.layout_id)


@tool("crm.get_dependency", CrmDependency, needs=lambda _: scopes.CRM_DEPENDENCIES)
def get_dependency(crm: CrmClient, params: CrmDependency) -> dict[str, Any]:
    """The values of one picklist that fit each value of another."""
    return crm.dependency(params.module, params.layout_id, params.id)


@tool("crm.get_record", CrmWhole, needs=_reads)
def get_record(crm: CrmClient, params: CrmWhole) -> dict[str, Any]:
    """One record with all its fields; texts that Zoho cut are fetched whole, and ``$whole`` names those."""
    record = crm.get(params.module, params.id)
    wanted = record if params.whole is None else params.whole
    cut = [name for name in wanted if isinstance(value := record.get(name), str) and may_be_cut(value)]
    if not cut:
        return record
    try:
        full = crm.fetch_full_data(params.module, params.id)
    except ZohoError:
        return record  # the form locks what may be cut
    whole = {name: full[name] for name in cut if isinstance(full.get(name), str)}
    return {**record, **whole, WHOLE: list(whole)}


@tool("crm.get_records", CrmRecords, needs=_reads, is_inner=True)
def get_records(crm: CrmClient, params: CrmRecords) -> Batch:
    """Up to 100 records by their ids, with some of their fields."""
    return crm.get_many(params.module, params.ids, params.fields)


@tool("crm.list_records", CrmList, needs=_reads)
def list_records(crm: CrmClient, params: CrmList) -> Page:
    """A page of records, newest first, or as a list view or an order has them."""
    how = {"view": params.view, "sort": params.sort}
    return crm.list(params.module, list(params.fields), params.page, params.per_page, params.page_token, **how)


@tool("crm.search_records", CrmSearch, needs=lambda p: scopes.crm_search(p.module))
def search_records(crm: CrmClient, params: CrmSearch) -> Page | Refused:
    """Records by word, e-mail, phone or criteria. Zoho's index lags behind writes, and its ``equals`` also finds what contains."""
    terms = {name: getattr(params, name) for name in ("word", "email", "phone", "criteria")}
    if sum(term is not None for term in terms.values()) != 1:
        return Refused((Refusal(field="word", message="Give exactly one of word, email, phone and criteria."),))
    return crm.search(params.module, page=params.page, **terms)


@tool("crm.query", CrmQuery, needs=lambda p: scopes.crm_query(queried(p.query)))
def query(crm: CrmClient, params: CrmQuery) -> Page:
    """Records by a COQL query: exact where search is not. Lookups come as ids; at most 2,000 rows."""
    return crm.query(params.query)


@tool("crm.get_timeline", CrmTimeline, needs=_reads)
def get_timeline(crm: CrmClient, params: CrmTimeline) -> Page:
    """What happened to a record, newest first: who changed which field from what to what."""
    return crm.timeline(params.module, params.id, per_page=params.per_page, page_token=params.page_token)


@tool("crm.get_blueprint", CrmRecord, needs=_reads)
def get_blueprint(crm: CrmClient, params: CrmRecord) -> dict[str, Any] | None:
    """Where a record stands in its blueprint, and which transitions it can take; null when it is in none."""
    return crm.blueprint(params.module, params.id)


@tool("crm.get_lock", CrmRecord, needs=lambda p: scopes.crm_lock(p.module))
def get_lock(crm: CrmClient, params: CrmRecord) -> dict[str, Any] | None:
    """Who locked a record, when and why; null when nobody did."""
    return crm.lock(params.module, params.id)


@tool("crm.upload_file", CrmFile, needs=lambda _: scopes.CRM_FILES)
def upload_file(crm: CrmClient, params: CrmFile) -> str:
    """Store a file that no record has yet; its id goes into a file or image field as ``[{"File_Id__s": id}]``."""
    return crm.upload_file(params.name, params.content)


@tool("crm.update_record", CrmUpdate, needs=lambda p: scopes.crm_module(p.module, "UPDATE"), writes=True)
def update_record(crm: CrmClient, params: CrmUpdate) -> WriteOutcome:
    """Change fields of one record, on condition that it was not modified since."""
    trigger = None if params.trigger is None else list(params.trigger)
    return crm.update(params.module, params.id, params.fields, unmodified_since=params.unmodified_since, trigger=trigger)


@tool("crm.update_records", CrmUpdates, needs=lambda p: scopes.crm_module(p.module, "UPDATE"), writes=True, is_inner=True)
def update_records(crm: CrmClient, params: CrmUpdates) -> list[WriteOutcome]:
    """Change up to 100 records in one call, on condition that none was modified since; an outcome each."""
    trigger = None if params.trigger is None else list(params.trigger)
    rows = [(row.id, row.fields) for row in params.records]
    return crm.update_many(params.module, rows, unmodified_since=params.unmodified_since, trigger=trigger)


@tool("crm.take_transition", CrmTransition, needs=lambda p: scopes.crm_module(p.module, "UPDATE"), writes=True)
def take_transition(crm: CrmClient, params: CrmTransition) -> WriteOutcome:
    """Move a record on in its blueprint by one of the transitions that ``crm.get_blueprint`` lists."""
    return crm.transition(params.module, params.id, params.transition_id, params.data)
