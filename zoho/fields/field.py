"""A field of a record: what Zoho says about it, and its value on the wire, in a control, and to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from zoho.fields.behaviour import Behaviour
from zoho.fields.kinds import KINDS, MASKED
from zoho.fields.words import ABSENT, FieldError, Kind, Option, Wire


@dataclass(frozen=True, slots=True)
class Field:
    """One field, of either product. Labels, tooltips and options are Zoho's text and may hold markup: templates escape.

    ``path`` is where the value stands in the record and in a write (Desk's custom fields: ``("cf", name)``). ``digits`` counts
    those before the decimal point. ``held`` names values that the record holds beyond the options: what an id points to, or a
    picklist value of another layout. ``companions`` are keys that a write of this field must carry beside it. ``columns`` are the cells of
    a row, where the value is a list of at most ``max_rows`` rows; ``modules`` are those that a lookup may point into.
    """

    name: str
    label: str
    kind: Kind
    product: str = "crm"
    path: tuple[str, ...] = ()
    data_type: str = ""
    json_type: str = ""
    is_required: bool = False
    is_editable: bool = True
    why_read_only: str | None = None
    max_length: int | None = None
    digits: int | None = None
    decimal_places: int | None = None
    options: tuple[Option, ...] = ()
    lookup_module: str | None = None
    is_filtered: bool = False
    """Zoho takes only some of the records of ``lookup_module``."""
    tooltip: str | None = None
    is_custom: bool = False
    is_masked: bool = False
    held: tuple[Option, ...] = ()
    companions: tuple[tuple[str, str], ...] = ()
    columns: tuple[Field, ...] = ()
    max_rows: int | None = None
    modules: tuple[Option, ...] = ()
    is_cell: bool = False
    """A column of rows: of a long text in one no read shows more than the beginning."""
    is_partial: bool = False
    """Zoho keeps more rows here than it shows."""

    def read(self, record: Mapping[str, Any]) -> Wire:
        """The wire value in ``record``, or ABSENT when Zoho did not show it; with the module that stands beside it, if one does."""
        if not self.path and not self.companions:  # most fields, and this is asked for each of a plan's rows
            return record.get(self.name, ABSENT)
        value: Any = record
        for key in self.path or (self.name,):
            if not isinstance(value, Mapping) or key not in value:
                return ABSENT
            value = value[key]
        module = next((record.get(key) for key, _ in self.companions), None)
        return {"module": {"api_name": module}, **value} if module and isinstance(value, Mapping) else value

    def place(self, body: dict[str, Any], wire: Wire, before: Wire = None) -> None:
        """Put the value into the body of a write, with what must go beside it. Of rows only what differs from ``before``."""
        *folders, last = self.path or (self.name,)
        for key in folders:
            body = body.setdefault(key, {})
        body[last] = self._kind.outgoing(self, wire, _known(before))
        body.update(self._kind.beside(self, wire))

    def input_type(self, wire: Wire) -> str:
        """``text textarea checkbox date datetime-local select select-multiple rows links files any-lookup``, or ``readonly`` when no
        control can hold it.

        A value with line ends gets a textarea, for one-line inputs drop them; the template must write a line feed right after
        ``<textarea>``, for browsers drop the first. A date or time that a native input could not hold gets text.
        """
        return self._kind.input_type(self, _known(wire))

    def control(self, wire: Wire, zone: tzinfo) -> str | tuple[str, ...]:
        """What the control holds: text, for ``select-multiple`` the chosen values. A ticked box is ``true``, else ``""``."""
        return self._kind.control(self, _known(wire), zone)

    def show(self, wire: Wire, zone: tzinfo) -> str:
        """The value for people, ``""`` when empty. Never raises."""
        return self._kind.show(self, _known(wire), zone)

    def show_change(self, before: Wire, after: Wire, zone: tzinfo) -> tuple[str, str]:
        """Both values for people: of a list of rows only those that differ. Never raises."""
        return self._kind.show_change(self, _known(before), _known(after), zone)

    def is_untouched(self, posted: Sequence[str], was: Wire, zone: tzinfo) -> bool:
        """Whether ``posted`` is what a browser sends for ``control(was)`` when nobody touched it.

        Line ends become CRLF on the way, a time loses seconds that are zero, a select posts in its own order, an unticked box
        posts nothing. Any other control that posted nothing was not on the page, and is untouched.
        """
        return self._kind.is_untouched(self, posted, _known(was), zone)

    def trimmed(self, posted: Sequence[str], was: Wire, zone: tzinfo) -> list[str]:
        """``posted`` without the rows that nobody touched."""
        return self._kind.trimmed(self, posted, _known(was), zone)

    def restore(self, before: Wire, now: Wire, zone: tzinfo) -> Wire:
        """The value to send so that ``before`` stands there again, where ``now`` stands. Raises FieldError."""
        return self._kind.restore(self, _known(before), _known(now), zone)

    def merged(self, was: Wire, given: Wire) -> Wire:
        """What is meant by ``given``, in the words of Zoho's API: rows are laid over those that are stored. Raises FieldError."""
        return self._kind.merged(self, _known(was), given)

    def parse(self, posted: Sequence[str], zone: tzinfo, was: Wire) -> Wire:
        """The value to send for what was typed; ``was`` itself when untouched, None when emptied.

        Raises FieldError, in words for the person, with the limit that Zoho sets; nothing else, whatever was typed.
        """
        was = _known(was)
        kind = self._kind
        if kind.is_untouched(self, posted, was, zone):
            return was
        if not kind.fits(was):
            raise FieldError("Zoho holds something here that cannot be edited as text.")
        wire = kind.parse(self, posted, zone, was)
        if not kind.is_empty(self, wire):
            if self.is_required and isinstance(wire, str) and not wire.strip():
                raise FieldError(f"{self.label} cannot be empty.")
            return wire
        if self.is_required:
            raise FieldError(f"{self.label} cannot be empty.")
        return None

    def same(self, a: Wire, b: Wire) -> bool:
        """Whether both mean the same: instants, numbers, sets and ids as such, null as empty. ABSENT is never the same."""
        if a is ABSENT or b is ABSENT:
            return False
        return self._kind.same(self, a, b)

    def fits(self, wire: Wire) -> bool:
        """Whether a control can hold this value without losing any of it."""
        return self._kind.fits(_known(wire))

    @property
    def _kind(self) -> Behaviour:
        return MASKED[self.kind] if self.is_masked else KINDS[self.kind]


def unknown_field(product: str, name: str) -> Field:
    """A field that the metadata does not list, such as one that was deleted after an edit: it can be read, shown and compared."""
    path = ("cf", name) if product == "desk" and name.startswith("cf_") else (name,)
    why = "Zoho does not list this field among those of this record."
    return Field(name, name, Kind.OTHER, product, path, is_editable=False, why_read_only=why)


def _known(wire: Wire) -> Wire:
    return None if wire is ABSENT else wire
