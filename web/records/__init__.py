"""Find a record and edit it: the pages under ``/connections/<id>/records``."""

from web.records import beside  # noqa: F401 importing it adds its pages
from web.records.views import bp

__all__ = ["bp"]
