"""Lookups that are more than one id: several links, one into one of several modules, and Desk's lists of ids."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Behaviour, last, wants_text
from zoho.fields.choices import MAX_ID, Lookup, id_of
from zoho.fields.rows import Row, Rows
from zoho.fields.shown import compact, cut, is_blank, is_scalar, name_in, text_of
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field


class Links(Rows):
    """Links to several records or people: each a row with one lookup. A link is made or removed, never changed."""

    control_name = "links"
    noun = ("record", "records")
    is_changeable = False

    def row_text(self, field: Field, row: Row, zone: tzinfo) -> str:
        """The record's name and id."""
        return "; ".join(text for column in field.columns if (text := column.show(row.get(column.name), zone))) or compact(row)

    def _check(self, field: Field, rows: Sequence[Row], stored: dict[str, Row]) -> None:
        super()._check(field, rows, stored)
        ids = [id_of(row.get(column.name)) for row in rows for column in field.columns[:1]]
        twice = next((one for one in ids if one and ids.count(one) > 1), None)
        if twice is not None:
            raise FieldError(f"{twice} is in the list already.")


class AnyLookup(Lookup):
    """A record of a module that is chosen first. The control posts ``id=…`` and ``module=…``."""

    def input_type(self, field: Field, wire: Any) -> str:
        """A select of modules beside the id."""
        return "any-lookup" if field.modules and self.fits(wire) else "readonly"

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """Id and module."""
        if not self.fits(wire):
            return super().control(field, wire, zone)
        return f"id={id_of(wire)}", f"module={module_of(field, wire)}"

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """The same id in the same module; without an id the module says nothing."""
        if not posted or not self.fits(was):
            return True
        given, module = _part(posted, "id"), _part(posted, "module")
        return given == id_of(was) and (not given or module in ("", module_of(field, was)))

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """``{"id", "module": {"api_name"}}``; None for nothing."""
        text, module = _part(posted, "id"), _part(posted, "module")
        if not text:
            return None
        check_id(text)
        if module not in {option.value for option in field.modules}:
            raise FieldError("Choose which kind of record this is.")
        return {"id": text, "module": {"api_name": module}}

    def same(self, field: Field, a: Any, b: Any) -> bool:
        """The same id, in the same module where both name one."""
        one, other = _named(a), _named(b)
        return super().same(field, a, b) and (one == other or not one or not other)

    def outgoing(self, field: Field, wire: Any, before: Any) -> Any:
        """The id alone: it names the record in the whole organization."""
        return {"id": id_of(wire)} if wire else None

    def beside(self, field: Field, wire: Any) -> dict[str, Any]:
        """``$se_module``, where Zoho keeps the module beside the field."""
        module = module_of(field, wire)
        return {key: module for key, _ in field.companions if module}

    def merged(self, field: Field, was: Any, given: Any) -> Any:
        """An id, or an object with ``id`` and, for another module than now, ``module``. Raises FieldError."""
        if is_blank(given):
            return None
        module = module_of(field, given)
        return self.parse(field, [f"id={id_of(given)}", f"module={module}"], UTC, was)

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """Name and id, and in which module."""
        text, module = super().show(field, wire, zone), module_of(field, wire)
        label = next((option.label for option in field.modules if option.value == module), module)
        return f"{text} in {label}" if text and label and self.fits(wire) else text


class Ids(Behaviour):
    """Several records by their ids: a list, objects with ids, or one text joined by semicolons, as Desk answered."""

    def fits(self, wire: Any) -> bool:
        """Nothing but ids."""
        return is_blank(wire) or (isinstance(wire, str | list | tuple) and all(map(_is_id, ids_of(wire))) and bool(ids_of(wire)))

    def input_type(self, field: Field, wire: Any) -> str:
        """A textarea, an id a line."""
        return "textarea" if self.fits(wire) else "readonly"

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """The ids by line."""
        return "\n".join(ids_of(wire)) if self.fits(wire) else super().control(field, wire, zone)

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """The same ids, in whatever order."""
        return not posted or not self.fits(was) or set(_lines(posted)) == set(ids_of(was))

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """In the shape that was read; None for nothing."""
        found = list(dict.fromkeys(_lines(posted)))
        for text in found:
            check_id(text)
        if field.max_rows is not None and len(found) > field.max_rows:
            raise FieldError(f"Zoho accepts at most {field.max_rows} here (these are {len(found)}).")
        if not found:
            return None
        if wants_text(field, was):
            return ";".join(found)
        return [{"id": one} for one in found] if isinstance(was, list) and was and isinstance(was[0], dict) else found

    def outgoing(self, field: Field, wire: Any, before: Any) -> Any:
        """A standard list is emptied by an empty one."""
        return [] if wire is None and isinstance(before, list) and not field.is_custom else wire

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """Names, where Zoho gives them, and ids."""
        if not self.fits(wire):
            return super().show(field, wire, zone)
        named = {id_of(row): name_in(row) for row in wire if isinstance(row, dict)} if isinstance(wire, list | tuple) else {}
        return cut(", ".join(f"{named[one]} ({one})" if named.get(one) else one for one in ids_of(wire)))

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The set of ids."""
        return frozenset(ids_of(wire)) if self.fits(wire) else None


def module_of(field: Field, wire: Any) -> str:
    """The module that a value names, else the one that its record does."""
    return _named(wire) or field.lookup_module or ""


def check_id(text: str) -> None:
    """Raises FieldError for what is no id."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_ID):
        raise FieldError("Write the id of the record, digits only, as it stands at the end of its address in Zoho.")


def ids_of(wire: Any) -> list[str]:
    """The ids of a list or of a joined text, each once; a stranger in a list is ""."""
    if is_scalar(wire):
        return [part.strip() for part in text_of(wire).split(";") if part.strip()]
    return list(dict.fromkeys(id_of(one) for one in wire or ()))


def _named(wire: Any) -> str:
    module = wire.get("module") if isinstance(wire, dict) else None
    name = module.get("api_name") if isinstance(module, dict) else module
    return name if isinstance(name, str) else ""


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID and text.isascii() and text.isdigit()


def _lines(posted: Sequence[str]) -> list[str]:
    return [line.strip() for line in last(posted).split("\n") if line.strip()]


def _part(posted: Sequence[str], name: str) -> str:
    return next((text.partition("=")[2].strip() for text in reversed(posted) if text.partition("=")[0] == name), "")
