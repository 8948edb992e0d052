"""Dates and times. A date is what stands on the calendar; a time is an instant, typed and shown in the person's zone."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Unspaced, last, single
from zoho.fields.shown import cut, is_blank, is_scalar, text_of
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field

_DATE = re.compile(r"(\d{4,6})-(\d\d)-(\d\d)", re.ASCII)
_STORED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_TYPED = re.compile(r"(\d{4,6})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)? ?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_EPOCH_MILLISECONDS = re.compile(r"\d{11,14}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR = 1000
"""Below, somebody stopped typing in the middle of a year: browsers post 0002 for a 2."""
_YEAR = "Write the year with four digits, such as 2026."


class Date(Unspaced):
    """``YYYY-MM-DD``, on the wire and in the control."""

    def input_type(self, field: Field, wire: Any) -> str:
        """A date input, unless it could not hold the value and would post nothing."""
        return "date" if is_blank(wire) or _is_date(wire) else super().input_type(field, wire)

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """The date as text; None for blanks."""
        text = last(posted).strip()
        if not text:
            return None
        found = _DATE.fullmatch(text)
        if found is None:
            raise FieldError("Write a date as YYYY-MM-DD, such as 2026-11-23.")
        _check_year(found[1])
        if not _is_date(text):
            raise FieldError(f"There is no {text} in the calendar.")
        return text

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The text of the date."""
        return text_of(wire).strip() if is_scalar(wire) else None


class DateTime(Unspaced):
    """An instant. CRM writes it with an offset and without milliseconds, Desk in UTC with them; epoch milliseconds are read."""

    def input_type(self, field: Field, wire: Any) -> str:
        """A datetime-local input, unless it could not hold the value and would post nothing."""
        return "datetime-local" if is_blank(wire) or _is_native(field, wire) else super().input_type(field, wire)

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """``YYYY-MM-DDTHH:MM:SS`` in ``zone``; the text as it is when it is no instant."""
        at = instant(field, wire)
        if at is None or not _is_native(field, wire):
            return super().control(field, wire, zone)
        return at.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """Browsers leave out seconds that are zero."""
        held = single(self.control(field, was, zone))
        if posted and held and _is_native(field, was):
            found = _TYPED.fullmatch(posted[-1])
            if found is not None and found[7] is None:
                return _without_zeros(posted[-1]) == _without_zeros(held)
        return super().is_untouched(field, posted, was, zone)

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """The instant as the product writes it; None for blanks. Of an hour that comes twice, the first is meant."""
        text = last(posted).strip()
        if not text:
            return None
        found = _TYPED.fullmatch(text)
        if found is None:
            raise FieldError("Write date and time as YYYY-MM-DDTHH:MM, such as 2026-11-23T14:32.")
        _check_year(found[1])
        return _write(field, _typed_instant(text, found, zone), zone)

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """Local time with the zone's abbreviation: in autumn an hour comes twice."""
        at = instant(field, wire)
        if at is None:
            return super().show(field, wire, zone)
        try:
            local = at.astimezone(zone)
        except (OverflowError, ValueError):
            return cut(text_of(wire))
        text = local.replace(tzinfo=None, microsecond=0).isoformat(sep=" ")
        name = local.tzname() or ""
        return f"{text.removesuffix(':00') if local.second == 0 else text} {'UTC' if name[:1] in '+-' else ''}{name}".strip()

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The instant, however it is written."""
        if not is_scalar(wire):
            return None
        return instant(field, wire) or text_of(wire).strip()


def instant(field: Field, wire: Any) -> datetime | None:
    """The aware time that a wire value stands for; None when it has no offset or is no time. Desk may send epoch milliseconds."""
    if isinstance(wire, bool) or not isinstance(wire, str | int):
        return None
    text = text_of(wire).strip() if isinstance(wire, int) or len(wire) < 60 else ""
    try:
        if field.product == "desk" and _EPOCH_MILLISECONDS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(text))
        if not _STORED.fullmatch(text):
            return None
        return datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z").upper())
    except (ValueError, OverflowError):
        return None


def _is_native(field: Field, wire: Any) -> bool:
    """A year away from both ends of the calendar, the time can be told in every zone."""
    at = instant(field, wire)
    return at is not None and 2 <= at.year <= 9998


def _is_date(wire: Any) -> bool:
    if not isinstance(wire, str) or len(wire) != 10 or not _DATE.fullmatch(wire):
        return False
    try:
        date.fromisoformat(wire)
    except ValueError:
        return False
    return True


def _without_zeros(text: str) -> str:
    text = text.replace(" ", "T")
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return text.removesuffix(":00") if len(text) == 19 else text


def _check_year(year: str) -> None:
    if len(year) > 4 or int(year) < FIRST_YEAR:
        raise FieldError(_YEAR)


def _typed_instant(text: str, found: re.Match[str], zone: tzinfo) -> datetime:
    """Raises FieldError for a day or hour that does not exist, in the calendar or because clocks jump."""
    try:
        local = datetime(*(int(part or 0) for part in found.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001
        if found[7]:
            return datetime.fromisoformat(f"{local.isoformat()}{found[7].upper()}")
    except ValueError as exc:
        raise FieldError(f"There is no {text} in the calendar.") from exc
    at = local.replace(tzinfo=zone)
    if at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        there = f"on {local:%Y-%m-%d} in {_zone_name(zone)}"
        raise FieldError(f"{local:%H:%M} does not exist {there}: the clocks go forward then. Choose a time before or after.")
    return at


def _write(field: Field, at: datetime, zone: tzinfo) -> str:
    try:
        if field.product == "desk":
            return at.astimezone(UTC).replace(tzinfo=None).isoformat() + ".000Z"
        local = at.astimezone(zone)
        offset = local.utcoffset() or timedelta(0)
        return (local if offset.total_seconds() % 60 == 0 else at.astimezone(UTC)).isoformat()
    except OverflowError as exc:
        raise FieldError(_YEAR) from exc


def _zone_name(zone: tzinfo) -> str:
    return getattr(zone, "key", None) or str(zone)
