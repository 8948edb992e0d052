"""The CRM tools."""

from __future__ import annotations

from typing import Any

from zoho import scopes
from zoho.answers import Page, Refusal, Refused, WriteOutcome
from zoho.crm import CrmClient
from zoho.errors import ZohoError
from zoho.fields.cut import WHOLE, may_be_cut
from zoho.tools.params import CrmList, CrmRecord, CrmSearch, CrmUpdate, NoParams
from zoho.tools.registry import tool


@tool("crm.get_organization", NoParams, needs=lambda _: scopes.CRM_ORG)
def get_organization(crm: CrmClient, params: NoParams) -> dict[str, Any]:
    """``GET /org``."""
    return crm.org()


@tool("crm.list_modules", NoParams, needs=lambda _: scopes.CRM_MODULES)
def list_modules(crm: CrmClient, params: NoParams) -> list[dict[str, Any]]:
    """``GET /settings/modules``."""
    return crm.modules()


@tool("crm.get_record", CrmRecord, needs=lambda p: scopes.crm_module(p.module, "READ"))
def get_record(crm: CrmClient, params: CrmRecord) -> dict[str, Any]:
    """One record with all its fields; texts that Zoho cut are fetched whole, and ``$whole`` names those."""
    record = crm.get(params.module, params.id)
    cut = [name for name, value in record.items() if isinstance(value, str) and may_be_cut(value)]
    if not cut:
        return record
    try:
        full = crm.fetch_full_data(params.module, params.id)
    except ZohoError:
        return record  # the form locks what may be cut
    whole = {name: full[name] for name in cut if isinstance(full.get(name), str)}
    return {**record, **whole, WHOLE: list(whole)}


@tool("crm.list_records", CrmList, needs=lambda p: scopes.crm_module(p.module, "READ"))
def list_records(crm: CrmClient, params: CrmList) -> Page:
    """A page of records, newest first."""
    return crm.list(params.module, list(params.fields), page=params.page, per_page=params.per_page)


@tool("crm.search_records", CrmSearch, needs=lambda p: scopes.crm_search(p.module))
def search_records(crm: CrmClient, params: CrmSearch) -> Page | Refused:
    """Records by word, e-mail or phone. Zoho's index lags behind writes."""
    if sum(term is not None for term in (params.word, params.email, params.phone)) != 1:
        return Refused((Refusal(field="word", message="Give exactly one of word, email and phone."),))
    return crm.search(params.module, word=params.word, email=params.email, phone=params.phone, page=params.page)


@tool("crm.update_record", CrmUpdate, needs=lambda p: scopes.crm_module(p.module, "UPDATE"), writes=True)
def update_record(crm: CrmClient, params: CrmUpdate) -> WriteOutcome:
    """Change fields of one record, on condition that it was not modified since."""
    trigger = None if params.trigger is None else list(params.trigger)
    return crm.update(params.module, params.id, params.fields, unmodified_since=params.unmodified_since, trigger=trigger)
