"""Kinds that choose: a box to tick, one of a list, several of a list, another record."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Behaviour, last, wants_text
from zoho.fields.numbers import number_of
from zoho.fields.shown import compact, cut, is_blank, is_scalar, lf, name_in, text_of
from zoho.fields.texts import check_length
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field

NONE = "-None-"
"""CRM lists it and stores null for it; on Desk it is a value like the others."""
MAX_ID = 30
MAX_HELD_ID = 200
_YES = frozenset({"true", "on", "yes", "1"})
_NO = frozenset({"false", "off", "no", "0", ""})


class Boolean(Behaviour):
    """A box. Null is an unticked one to look at, and yet not the same as false."""

    def input_type(self, field: Field, wire: Any) -> str:
        """A checkbox, unless the value is neither yes nor no."""
        return "checkbox" if is_blank(wire) or truth(wire) is not None else super().input_type(field, wire)

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """``true`` for a ticked box, else ``""``."""
        held = truth(wire)
        return super().control(field, wire, zone) if held is None else "true" if held else ""

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """An unticked box posts nothing."""
        if self.input_type(field, was) != "checkbox":
            return super().is_untouched(field, posted, was, zone)
        return _ticked(posted) is bool(truth(was))

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """True or False, as text where Zoho keeps it as text."""
        ticked = _ticked(posted)
        if ticked is None:
            raise FieldError("Tick the box for yes, untick it for no.")
        return text_of(ticked) if wants_text(field, was) else ticked

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """Yes or No."""
        held = truth(wire)
        return super().show(field, wire, zone) if held is None else "Yes" if held else "No"

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The truth value, also of its text."""
        held = truth(wire)
        return held if held is not None else (text_of(wire),) if is_scalar(wire) else None


class Picklist(Behaviour):
    """One of the options; free text when Zoho did not tell them. Values are compared as text, whatever their JSON type."""

    def is_empty(self, field: Field, wire: Any) -> bool:
        """Nothing, or CRM's word for it."""
        return is_blank(wire) or (wire == NONE and field.product == "crm")

    def input_type(self, field: Field, wire: Any) -> str:
        """A select."""
        return "select" if field.options and self.fits(wire) else super().input_type(field, wire)

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """The option's value."""
        return option_value(field, text_of(wire)) if is_scalar(wire) else super().control(field, wire, zone)

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """The option's value in its JSON type; None for the empty one."""
        text = last(posted)
        if not text:
            return None
        if not field.options:
            check_length(text, field.max_length)
        return _typed(field, chosen(field, text), was)

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """The option's label."""
        return label_of(field, text_of(wire)) if is_scalar(wire) else super().show(field, wire, zone)

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The option's value."""
        return lf(option_value(field, text_of(wire))) if is_scalar(wire) else None


class Multiselect(Behaviour):
    """Several of the options, in no order. A list, or on Desk also one text joined by semicolons."""

    def fits(self, wire: Any) -> bool:
        """A list of scalars, or a text."""
        return all(is_scalar(item) or item is None for item in wire) if isinstance(wire, list | tuple) else super().fits(wire)

    def is_empty(self, field: Field, wire: Any) -> bool:
        """Nothing chosen."""
        return is_blank(wire) or (self.fits(wire) and not items(field, wire))

    def input_type(self, field: Field, wire: Any) -> str:
        """A select of several; one value a line when Zoho did not tell the options."""
        if not self.fits(wire):
            return "readonly"
        return "select-multiple" if field.options else "textarea"

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """The options' values, or without options the lines."""
        if not self.fits(wire):
            return super().control(field, wire, zone)
        return items(field, wire) if field.options else "\n".join(items(field, wire))

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """A select posts in the order of its options, and nothing when nothing is chosen."""
        if self.input_type(field, was) != "select-multiple":
            return super().is_untouched(field, posted, was, zone)
        return {lf(option_value(field, lf(text))) for text in posted if text} == {lf(text) for text in items(field, was)}

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """A list, or one text where Zoho keeps it so; None for nothing."""
        if field.options:
            texts = [chosen(field, lf(text)) for text in posted if text]
        else:
            texts = [line.strip() for line in last(posted).split("\n") if line.strip()]
        unique = list(dict.fromkeys(texts))
        if not unique:
            return None
        return ";".join(unique) if wants_text(field, was) else unique

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """The labels."""
        if not self.fits(wire):
            return super().show(field, wire, zone)
        return cut(", ".join(label_of(field, text) for text in items(field, wire)))

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The set of values."""
        return frozenset(lf(text) for text in items(field, wire)) if self.fits(wire) else None


class Lookup(Behaviour):
    """Another record or a user, by id: the name beside it is only for people."""

    def fits(self, wire: Any) -> bool:
        """An id, or an object that has one, that a line can hold."""
        record_id = id_of(wire)
        return self._is_nothing(wire) or (0 < len(record_id) <= MAX_HELD_ID and record_id.isprintable())

    def is_empty(self, field: Field, wire: Any) -> bool:
        """Nothing, or an object without id and name."""
        return self._is_nothing(wire)

    def input_type(self, field: Field, wire: Any) -> str:
        """A select of people when they are known, else text for the id."""
        return "select" if field.options and self.fits(wire) else super().input_type(field, wire)

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """The id."""
        return id_of(wire) if self.fits(wire) else compact(wire)

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """``{"id": …}`` on CRM, the bare id on Desk; None for nothing."""
        text = last(posted).strip()
        if not text:
            return None
        is_id = text.isascii() and text.isdigit() and len(text) <= MAX_ID
        if not is_id and all(option.value != text for option in field.options):
            raise FieldError(
                f"“{cut(compact(text), 80)}” is not chosen yet: choose one of those found, or give the id, which is digits only."
            )
        if field.product == "desk":
            return {"id": text} if isinstance(was, dict) and was else text
        return text if wants_text(field, was) else {"id": text}

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """Name and id: two people may share a name."""
        record_id = id_of(wire)
        if not record_id:
            return "" if self._is_nothing(wire) else super().show(field, wire, zone)
        listed = None if any(option.value == record_id for option in field.held) else _find(field.options, record_id)
        if listed is not None:
            return listed
        name = (name_in(wire) if isinstance(wire, dict) else "") or _find(field.held, record_id)
        return f"{cut(name, 500)} ({record_id})" if name else cut(record_id)

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The id as text."""
        return id_of(wire) or None

    def _is_nothing(self, wire: Any) -> bool:
        return is_blank(wire) or (isinstance(wire, dict) and is_blank(wire.get("id")) and is_blank(wire.get("name")))


def truth(wire: Any) -> bool | None:
    """True or False, also as text; None for anything else."""
    if isinstance(wire, bool):
        return wire
    return {"true": True, "false": False}.get(wire.strip().lower()) if isinstance(wire, str) and len(wire) < 20 else None


def id_of(wire: Any) -> str:
    """The id of a lookup as text; ``""`` when there is none."""
    found = wire.get("id") if isinstance(wire, dict) else wire
    return text_of(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""


def items(field: Field, wire: Any) -> tuple[str, ...]:
    """The values of a multi-select, each once. A text is split at its semicolons, unless it is an option as it stands."""
    if isinstance(wire, list | tuple):
        texts = [text_of(item) for item in wire]
    elif isinstance(wire, str) and all(option.value != wire for option in field.options):
        texts = [part.strip() for part in wire.split(";")]
    else:
        texts = [text_of(wire)]
    return tuple(dict.fromkeys(option_value(field, text) for text in texts if text))


def option_value(field: Field, text: str) -> str:
    """The value of the option that ``text`` names: by its value, else by a label that only one option has; else ``text``.

    Zoho takes actual values and has been seen to answer with display values.
    """
    plain = lf(text)
    by_label: list[str] = []
    for option in field.options:
        if lf(option.value) == plain:
            return option.value
        if option.label == plain:
            by_label.append(option.value)
    return by_label[0] if len(by_label) == 1 else text


def label_of(field: Field, text: str) -> str:
    """What is shown for a value: its option's label, but a value that is no option as it is."""
    value = option_value(field, text)
    return cut(_find(field.held, value) or _find(field.options, value) or value)


def chosen(field: Field, text: str) -> str:
    """``text`` as an option's value. Raises FieldError when there are options and it is none of them."""
    value = option_value(field, text)
    if field.options and all(option.value != value for option in field.options):
        raise FieldError(f"“{cut(compact(text), 80)}” is not one of the values that Zoho offers here.")
    return value


def _find(options: Sequence[Any], value: str) -> str | None:
    return next((option.label for option in options if option.value == value), None)


def _typed(field: Field, text: str, was: Any) -> str | int | Decimal | bool:
    """A picklist of years may hold numbers: the value goes out in the JSON type of the field."""
    if wants_text(field, was, default=True):
        return text
    if truth(text) is not None and (field.json_type == "boolean" or isinstance(was, bool)):
        return text.strip().lower() == "true"
    number = number_of(text) if len(text) < 40 else None
    if number is None:
        return text
    return int(number) if number == number.to_integral_value() and "." not in text else number


def _ticked(posted: Sequence[str]) -> bool | None:
    typed = {text.strip().lower() for text in posted}
    if typed & _YES:
        return True
    return False if typed <= _NO else None
