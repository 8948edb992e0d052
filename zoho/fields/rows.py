"""Kinds that hold rows: subforms, links to several records. Source: the dossier's crm.md section 4, pitfalls 47 and 49.

What is meant (typed, kept in a receipt, compared) is the whole list, new rows without an id. What goes to Zoho is the difference:
a row without id is appended there, one that is left out stays, and ``[]`` removes all of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Behaviour
from zoho.fields.cells import GONE, NEW, ROWS, TOUCHED, Cells, read_cells
from zoho.fields.choices import id_of
from zoho.fields.row_match import pair
from zoho.fields.shown import compact, cut, is_blank
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field

Row = dict[str, Any]
MAX_ROWS = 500
"""More than Zoho keeps; a list that is longer is not offered for editing."""


class Rows(Behaviour):
    """A subform: rows of cells, each cell a field of its own."""

    control_name = "rows"
    noun = ("row", "rows")
    is_changeable = True
    """Whether stored rows can be edited, or only removed."""

    def fits(self, wire: Any) -> bool:
        """A list of objects, each with an id of its own."""
        if is_blank(wire):
            return True
        ids = [id_of(row) for row in wire] if are_rows(wire) else []
        return 0 < len(ids) <= MAX_ROWS and all(ids) and len(set(ids)) == len(ids)

    def input_type(self, field: Field, wire: Any) -> str:
        """A table, when it is known what stands in it."""
        return self.control_name if field.columns and self.fits(wire) else "readonly"

    def control(self, field: Field, wire: Any, zone: tzinfo) -> str | tuple[str, ...]:
        """What a browser posts for the rows as they are."""
        if not self.fits(wire):
            return super().control(field, wire, zone)
        return tuple(text for row in wire or () for text in self._row_control(field, row, zone))

    def is_untouched(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> bool:
        """No row is new, changed or to be removed."""
        return not self.trimmed(field, posted, was, zone)

    def trimmed(self, field: Field, posted: Sequence[str], was: Any, zone: tzinfo) -> list[str]:
        """Only the cells that somebody touched: the others must not follow to a newer reading of the record."""
        stored = by_id(was)
        cells = read_cells(posted).over(stored)
        kept = [f"{GONE}={key}" for key in sorted(cells.gone & stored.keys())]
        for key in cells.order:
            names = [] if key in cells.gone else self._touched(field, cells, key, stored.get(key), zone)
            kept += [f"{ROWS}={key}"] if names else []
            kept += [f"{key}.{TOUCHED}={name}" for name in names]
            kept += [f"{key}.{name}={value}" for name in names for value in cells.of(key, name)]
        return kept

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """All rows as they are meant; None for none. Raises FieldError, naming row and column."""
        stored = by_id(was)
        cells = read_cells(posted).over(stored)
        rows, errors = list[Row](), list[str]()
        for key in dict.fromkeys((*stored, *cells.order)):
            row = stored.get(key)
            if key in cells.gone or (row is None and not NEW.fullmatch(key)):
                continue  # removed here, or meanwhile by somebody else when nobody is known to have typed into it
            names = self._touched(field, cells, key, row, zone)
            if names:
                row = self._parse_row(field, cells, key, row, names, zone, f"{self.noun[0].capitalize()} {len(rows) + 1}", errors)
            if row is not None:
                rows.append(row)
        if errors:
            raise FieldError(" ".join(errors))
        self._check(field, rows, stored)
        return rows or None

    def show(self, field: Field, wire: Any, zone: tzinfo) -> str:
        """A line for each row."""
        if not are_rows(wire):
            return super().show(field, wire, zone)
        return cut("\n".join(self.row_text(field, row, zone) for row in rows_of(wire)[:MAX_ROWS]))

    def show_change(self, field: Field, before: Any, after: Any, zone: tzinfo) -> tuple[str, str]:
        """Only the rows that differ, under the number they had."""
        if not (are_rows(before) and are_rows(after)):
            return super().show_change(field, before, after, zone)
        pairs, added = pair(field, rows_of(before), rows_of(after), self._agree)
        was, now = list[str](), list[str]()
        for number, (old, new) in enumerate(pairs, 1):
            if new is None:
                was.append(f"{number}. {self.row_text(field, old, zone)}")
                now.append(f"{number}. removed")
            elif changed := self._differing(field, old, new):
                was.append(f"{number}. {_cells(changed, old, zone)}")
                now.append(f"{number}. {_cells(changed, new, zone)}")
        now += [f"added: {self.row_text(field, row, zone)}" for row in added]
        return cut("\n".join(was) or self._counted(before)), cut("\n".join(now) or self._counted(after))

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """Rows are compared one by one."""
        return None

    def same(self, field: Field, a: Any, b: Any) -> bool:
        """The same rows, in any order. A new row is like any that has its cells: Zoho gives it an id."""
        if super().same(field, a, b):
            return True
        one, other = rows_of(a), rows_of(b)
        if not (are_rows(a) and are_rows(b)) or len(one) != len(other) or len(one) > MAX_ROWS:
            return False
        pairs, added = pair(field, one, other, self._agree)
        return not added and all(new is not None and not self._differing(field, old, new) for old, new in pairs)

    def outgoing(self, field: Field, wire: Any, before: Any) -> list[Row]:
        """New and changed rows, and those to remove, each by its id. Rows that stay as they are go unmentioned."""
        stored, meant = by_id(before), rows_of(wire)
        sent: list[Row] = []
        for row in meant:
            old = stored.get(id_of(row))
            if old is None:
                sent.append(self._new_row(field, row))
            elif changed := self._differing(field, old, row):
                sent.append({"id": id_of(row), **{column.name: row.get(column.name) for column in changed}})
        kept = {id_of(row) for row in meant}
        return sent + [{"id": key, "_delete": None} for key in stored if key not in kept]

    def restore(self, field: Field, before: Any, now: Any, zone: tzinfo) -> Any:
        """The earlier rows: those that were removed come back as new ones. Raises FieldError."""
        stored = by_id(now)
        rows = [self._restored(field, row, stored.get(id_of(row)), zone) for row in rows_of(before)]
        return rows or None

    def merged(self, field: Field, was: Any, given: Any) -> Any:
        """Rows as Zoho's API takes them, laid over those that are stored. Raises FieldError."""
        if is_blank(given):
            return None
        if not are_rows(given):
            raise FieldError("Give a list of rows, each an object.")
        stored = by_id(was)
        names = self._writable(field)
        new: list[Row] = []
        for row in given:
            key, cells = id_of(row), {name: value for name, value in row.items() if name not in ("id", "_delete")}
            if strange := sorted(map(str, cells.keys() - names)):
                raise FieldError(f"{strange[0][:80]} is no column that can be written here.")
            if not key:
                new.append(cells)
            elif key not in stored:
                raise FieldError(f"There is no row {key[:40]} here.")
            elif "_delete" in row:
                del stored[key]
            else:
                stored[key] = {**stored[key], **cells}
        return [*stored.values(), *new] or None

    def row_text(self, field: Field, row: Row, zone: tzinfo) -> str:
        """One row as a line."""
        return _cells([column for column in field.columns if not is_blank(row.get(column.name))], row, zone) or compact(row) or "empty"

    def _writable(self, field: Field) -> set[str]:
        return {column.name for column in field.columns if column.is_editable}

    def _row_control(self, field: Field, row: Row, zone: tzinfo) -> Iterable[str]:
        key = id_of(row)
        yield f"{ROWS}={key}"
        for column in self._columns(field, row):
            held = column.control(row.get(column.name), zone)
            for value in (held,) if isinstance(held, str) else held:
                if value or column.input_type(row.get(column.name)) not in ("checkbox", "select-multiple"):
                    yield f"{key}.{column.name}={value}"

    def _columns(self, field: Field, row: Row | None) -> list[Field]:
        """What can be typed into this row."""
        if row is not None and not self.is_changeable:
            return []
        held = row or {}
        return [one for one in field.columns if one.is_editable and one.input_type(held.get(one.name)) not in ("readonly", "rows", "files")]

    def _touched(self, field: Field, cells: Cells, key: str, row: Row | None, zone: tzinfo) -> list[str]:
        """The columns of this row that hold something else than the record."""
        if row is None and not NEW.fullmatch(key):
            return []
        held, names = row or {}, list[str]()
        for column in self._columns(field, row):
            given = cells.find(key, column.name)
            if given is not None and not column.is_untouched(given, held.get(column.name), zone):
                names.append(column.name)
        return names

    def _parse_row(
        self, field: Field, cells: Cells, key: str, row: Row | None, names: list[str], zone: tzinfo, what: str, errors: list[str]
    ) -> Row:
        parsed = dict(row or {})
        for column in (one for one in field.columns if one.name in names):
            was = parsed.get(column.name)
            try:
                meant = column.parse(cells.of(key, column.name), zone, was)
            except FieldError as error:
                errors.append(f"{what}, {column.label}: {error}")
                continue
            if (meant is not None or row is not None) and not column.same(was, meant):
                parsed[column.name] = meant
        return parsed

    def _check(self, field: Field, rows: Sequence[Row], stored: dict[str, Row]) -> None:
        if field.max_rows is not None and len(rows) > max(field.max_rows, len(stored)):
            raise FieldError(f"Zoho accepts at most {field.max_rows} {self.noun[1]} here (these are {len(rows)}).")

    def _differing(self, field: Field, old: Row, new: Row) -> list[Field]:
        """The columns in which a row differs; one that either of them does not name is as it was."""
        if not self.is_changeable:
            return []
        named = (one for one in field.columns if one.is_editable and one.name in old and one.name in new)
        return [one for one in named if not one.same(old[one.name], new[one.name])]

    def _agree(self, field: Field, one: Row, other: Row) -> bool:
        """Whether a new row and another may be the same."""
        named = [column for column in field.columns if column.is_editable and column.name in one and column.name in other]
        return all(column.same(one[column.name], other[column.name]) for column in named)

    def _new_row(self, field: Field, row: Row) -> Row:
        return {column.name: row[column.name] for column in field.columns if column.is_editable and not is_blank(row.get(column.name))}

    def _restored(self, field: Field, row: Row, now: Row | None, zone: tzinfo) -> Row:
        """The row as it was, in values that can be written; of a stored one only the cells that changed are written."""
        back = dict(now or {})
        for column in field.columns:
            old = row.get(column.name)
            is_there = column.same(old, now.get(column.name)) if now else is_blank(old)
            if column.is_editable and not is_there:
                back[column.name] = column.restore(old, back.get(column.name), zone)
        return back

    def _counted(self, rows: Any) -> str:
        count = len(rows_of(rows))
        return f"{count} {self.noun[count != 1]}" if count else ""


def are_rows(wire: Any) -> bool:
    """A list of objects, or nothing."""
    return is_blank(wire) or (isinstance(wire, list | tuple) and all(isinstance(row, dict) for row in wire))


def rows_of(wire: Any) -> list[Row]:
    """The rows; nothing for anything else."""
    return [row for row in wire if isinstance(row, dict)] if isinstance(wire, list | tuple) else []


def by_id(wire: Any) -> dict[str, Row]:
    """The stored rows by their ids."""
    return {key: row for row in rows_of(wire) if (key := id_of(row))}


def _cells(columns: Sequence[Field], row: Row, zone: tzinfo) -> str:
    return "; ".join(f"{column.label}: {column.show(row.get(column.name), zone) or 'empty'}" for column in columns)
