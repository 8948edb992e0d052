"""What a kind of field can do. The plain behaviour is here; each kind overrides what it does otherwise."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.shown import compact, cut, is_blank, is_scalar, lf, text_of
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field

LONG = 10_000
"""A browser may cut the value of a one-line input (Chromium at 524,288 characters); a textarea is not cut."""


class Behaviour:
    """A value that is shown and never edited; base of all kinds."""

    def is_empty(self, field: Field, wire: Any) -> bool:
        """Whether this stands for nothing."""
        return is_blank(wire)

    def fits(self, wire: Any) -> bool:
        """Whether a control can hold this value; an object where text belongs does not fit."""
        return wire is None or is_scalar(wire) or is_blank(wire)

    def input_type(self, field: Field, wire: Any) -> str:
        """The control for this value."""
        if not self.fits(wire):
            return "readonly"
        return "textarea" if _needs_lines(wire) else "text"

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """What the control holds."""
        return "" if is_blank(wire) else text_of(wire)

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """Whether a browser posts this when nobody changed the control. Nothing posted: there was no control to change."""
        if not posted:
            return True
        return lf(posted[-1]) == lf(single(self.control(field, was, zone)))

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """The wire value of what was typed; None for nothing. Raises FieldError."""
        raise FieldError("This field cannot be edited here.")

    def trimmed(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> list[str]:
        """What of ``posted`` is somebody's doing, given that something is."""
        return list(posted)

    def outgoing(self, field: Field, wire: Any, before: Any) -> Any:
        """What a write carries so that ``wire`` will stand where ``before`` stood."""
        return wire

    def beside(self, field: Field, wire: Any) -> dict[str, Any]:
        """What a write carries beside the value."""
        return dict(field.companions)

    def restore(self, field: Field, before: Any, now: Any, zone: tzinfo) -> Any:
        """The value to send so that ``before`` stands there again. Raises FieldError."""
        held = self.control(field, before, zone)
        return field.parse([held] if isinstance(held, str) else list(held), zone, now)

    def merged(self, field: Field, was: Any, given: Any) -> Any:
        """What is meant by a value in the words of Zoho's API. Raises FieldError."""
        return given

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """The value for people; ``""`` for nothing."""
        if is_blank(wire):
            return ""
        if isinstance(wire, bool):
            return "Yes" if wire else "No"
        return cut(text_of(wire)) if is_scalar(wire) else compact(wire)

    def show_change(self, field: Field, before: Any, after: Any, zone: tzinfo) -> tuple[str, str]:
        """Both values for people, side by side."""
        return self.show(field, before, zone), self.show(field, after, zone)

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """Equal for equal values; None for a value that does not fit, which is compared as JSON."""
        if isinstance(wire, str):
            return lf(wire)
        if isinstance(wire, dict) and is_scalar(wire.get("id")):
            return ("id", text_of(wire["id"]))
        return None

    def same(self, field: Field, a: Any, b: Any) -> bool:
        """Whether both mean the same to Zoho."""
        if self.is_empty(field, a) or self.is_empty(field, b):
            return self.is_empty(field, a) and self.is_empty(field, b)
        one, other = self.key(field, a), self.key(field, b)
        if one is not None or other is not None:
            return one == other
        try:
            return a is b or bool(a == b)
        except RecursionError:
            return False


class Unspaced(Behaviour):
    """Numbers and times: blanks mean nothing, typed or stored."""

    def is_empty(self, field: Field, wire: Any) -> bool:
        """Nothing, or nothing but blanks."""
        return is_blank(wire) or (isinstance(wire, str) and wire.isspace())


def single(held: str | tuple[str, ...]) -> str:
    """The text of a control that holds one."""
    return held if isinstance(held, str) else "\n".join(held)


def last(posted: Sequence[str]) -> str:
    """What a control with one value posted, with LF line ends."""
    return lf(posted[-1]) if posted else ""


def wants_text(field: Field, was: Any, *, default: bool = False) -> bool:
    """Whether a number, truth value or list travels as a JSON string.

    CRM says so in ``json_type``, which is to be trusted. Desk does not: what was read decides, else ``json_type``, which
    desk.py sets (custom fields hold strings whatever their type).
    """
    if field.product == "crm" and field.json_type:
        return field.json_type == "string"
    if was is not None:
        return isinstance(was, str)
    return field.json_type == "string" if field.json_type else default


def _needs_lines(wire: Any) -> bool:
    return isinstance(wire, str) and ("\n" in wire or "\r" in wire or len(wire) > LONG)
