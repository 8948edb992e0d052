"""Zoho CRM's API, version 8: one method per operation, and what its answers to a write mean."""

from zoho.answers import Page, WriteOutcome
from zoho.crm.client import CrmClient
from zoho.crm.modules import Module, editable_modules

__all__ = ["CrmClient", "Module", "Page", "WriteOutcome", "editable_modules"]
