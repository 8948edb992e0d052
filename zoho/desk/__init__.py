"""Zoho Desk's API, version 1: one method per operation, and what its answers to a write mean."""

from zoho.answers import Page, WriteOutcome
from zoho.desk.client import DeskClient

__all__ = ["DeskClient", "Page", "WriteOutcome"]
