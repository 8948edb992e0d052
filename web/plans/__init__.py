"""Plans of many records, from their preview to the proof of each row: the pages under ``/plans``."""

from web.plans.views import bp

__all__ = ["bp"]
