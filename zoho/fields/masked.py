"""A value that Zoho shows masked: it can be replaced whole, on purpose, and never written back as it was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Behaviour
from zoho.fields.shown import is_scalar, text_of
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field

MASKS = frozenset("*•xX●")
SHOWN = 4
"""Characters of a typed value that a receipt shows, the last ones."""


class Masked(Behaviour):
    """Stands before a kind: its control is empty, and left empty it changes nothing."""

    def __init__(self, kind: Behaviour) -> None:
        self._kind = kind

    def fits(self, wire: Any) -> bool:
        """What is read is not edited, so anything fits."""
        return wire is None or is_scalar(wire)

    def is_empty(self, field: Field, wire: Any) -> bool:
        """As the kind says."""
        return self._kind.is_empty(field, wire)

    def input_type(self, field: Field, wire: Any) -> str:
        """The kind's own control, empty."""
        return self._kind.input_type(field, None)

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """Nothing."""
        return self._kind.control(field, None, zone)

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """Nothing was typed."""
        return self._kind.is_untouched(field, posted, None, zone)

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """What was typed, as the kind writes it."""
        return self._kind.parse(field, posted, zone, None)

    def restore(self, field: Field, before: Any, now: Any, zone: tzinfo) -> Any:
        """Nobody here has seen the earlier value. Raises FieldError."""
        raise FieldError("Zoho showed the earlier value only masked, so it cannot be put back.")

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """As Zoho masks it; a typed value by its last characters, for receipts are kept."""
        text = self._kind.show(field, wire, zone)
        hidden = max(0, len(text) - SHOWN) if len(text) > SHOWN else len(text)
        return text if MASKS & set(text) else "•" * hidden + text[hidden:]

    def same(self, field: Field, a: Any, b: Any) -> bool:
        """The same as far as both can be seen: a masked character may be any."""
        if self._kind.same(field, a, b):
            return True
        one, other = text_of(a), text_of(b)
        if not (is_scalar(a) and is_scalar(b)) or len(one) != len(other) or not MASKS & {*one, *other}:
            return False
        return all(x == y or x in MASKS or y in MASKS for x, y in zip(one, other, strict=True))
