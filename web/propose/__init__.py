"""Propose a plan of many: the pages under ``/plans/new`` and ``/connections/<id>/plans``."""

from web.propose import upload  # noqa: F401 importing it adds its pages
from web.propose.views import bp

__all__ = ["bp"]
