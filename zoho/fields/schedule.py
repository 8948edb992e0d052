"""Repetitions and reminders in words: RRULE and ALARM (RFC 5545), and Zoho's lists of reminders. They are shown, not edited."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Behaviour
from zoho.fields.shown import cut, is_scalar, text_of

if TYPE_CHECKING:
    from zoho.fields.field import Field

_EVERY = {"DAILY": ("day", "days"), "WEEKLY": ("week", "weeks"), "MONTHLY": ("month", "months"), "YEARLY": ("year", "years")}
_DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday", "SU": "Sunday"}
_ACTIONS = {"EMAIL": "by e-mail", "POPUP": "by pop-up", "EMAILANDPOPUP": "by e-mail and pop-up"}
_STAMP = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d))?")
_ORDINAL = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NTH = {"1": "first ", "2": "second ", "3": "third ", "4": "fourth ", "5": "fifth ", "-1": "last "}


class Schedule(Behaviour):
    """``{"RRULE": …}``, ``{"ALARM": …}``, or reminders of ``{period, unit, time}``; what is none of them is shown as it is."""

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """In words."""
        if isinstance(wire, list | tuple):
            return cut("\n".join(filter(None, (self._one(one) for one in wire[:50])))) or super().show(field, wire, zone)
        return self._one(wire) or super().show(field, wire, zone)

    def _one(self, wire: Any) -> str:
        if not isinstance(wire, dict):
            return ""
        for key, words in (("RRULE", repetition), ("ALARM", alarm)):
            if isinstance(rule := wire.get(key), str):
                return cut(words(rule) or rule, 500)
        return reminder(wire)


def repetition(rule: str) -> str:
    """``FREQ=WEEKLY;INTERVAL=2;BYDAY=MO`` as "every 2 weeks on Monday"; "" for what says no frequency."""
    parts = _parts(rule)
    one, many = _EVERY.get(parts.get("FREQ", ""), ("", ""))
    if not one:
        return ""
    interval = parts.get("INTERVAL", "1")
    text = f"every {one}" if interval == "1" else f"every {interval} {many}"
    if days := [_day(each) for each in parts.get("BYDAY", "").split(",") if each]:
        text += f" on {', '.join(days)}"
    if parts.get("BYMONTHDAY"):
        text += f" on day {parts['BYMONTHDAY']}"
    if parts.get("BYMONTH"):
        text += f" in month {parts['BYMONTH']}"
    if parts.get("DTSTART"):
        text += f", from {_stamp(parts['DTSTART'])}"
    if parts.get("UNTIL"):
        text += f" until {_stamp(parts['UNTIL'])}"
    return text + (f", {parts['COUNT']} times" if parts.get("COUNT") else "")


def alarm(rule: str) -> str:
    """``ACTION=EMAIL;TRIGGER=DATE-TIME:2026-11-23T10:00:00+01:00`` as "by e-mail at 2026-11-23 10:00"; "" for what says neither."""
    parts = _parts(rule)
    how, at = parts.get("ACTION", ""), parts.get("TRIGGER", "").rpartition("DATE-TIME:")[2]
    words = [_ACTIONS.get(how, how.lower() and f"by {how.lower()}"), at and f"at {_stamp(at)}", repetition(rule)]
    return ", ".join(filter(None, words))


def reminder(row: dict[str, Any]) -> str:
    """``{"period": "days", "unit": 1, "time": "09:00"}`` as "1 day before at 09:00"; "" for another object."""
    period, unit, time = (text_of(value) if is_scalar(value := row.get(key)) else "" for key in ("period", "unit", "time"))
    if not period:
        return ""
    period = period.removesuffix("s") if unit == "1" else period
    return f"{unit} {period} before{f' at {time}' if time else ''}".strip()


def _parts(rule: str) -> dict[str, str]:
    return {name.strip().upper(): value.strip() for part in rule[:2_000].split(";") for name, _, value in [part.partition("=")]}


def _day(text: str) -> str:
    found = _ORDINAL.fullmatch(text)
    return f"{_NTH.get((found[1] or '').lstrip('+'), '')}{_DAYS[found[2]]}" if found else text


def _stamp(text: str) -> str:
    found = _STAMP.match(text)
    if found is None:
        return text
    return f"{found[1]}-{found[2]}-{found[3]}" + (f" {found[4]}:{found[5]}" if found[4] else "")
