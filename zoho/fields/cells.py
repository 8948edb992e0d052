"""What the controls of a list of rows post: which rows are on the page, which are to go, and what stands in each cell.

``_rows=<row>`` for each row, ``_delete=<row>`` for one to remove, ``<row>.<column>=<value>`` for each cell; ``<row>`` is the row's id,
or ``n1``, ``n2`` … for a new one. What was typed is kept with ``<row>._cells=<column>`` for each cell that somebody touched: an
unticked box posts nothing, and a cell that was left alone must not look like one. ``_again=<name>`` is a file that was chosen when nothing
could be uploaded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

ROWS, GONE, TOUCHED, AGAIN = "_rows", "_delete", "_cells", "_again"
NEW = re.compile(r"n[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cells:
    """What was posted."""

    order: tuple[str, ...]
    gone: frozenset[str]
    values: dict[tuple[str, str], list[str]]

    def of(self, row: str, column: str) -> list[str]:
        """What one cell posted; an unticked box posts nothing."""
        return self.values.get((row, column), [])

    def find(self, row: str, column: str) -> list[str] | None:
        """What one cell posted; None for one that was not on the page, or is known to have been left alone."""
        touched = self.of(row, TOUCHED)
        return self.of(row, column) if row in self.order and (not touched or column in touched) else None

    def lost(self, stored: Collection[str]) -> list[str]:
        """Rows that somebody typed into and that were removed meanwhile."""
        return [key for key in self.order if self.of(key, TOUCHED) and key not in stored and not NEW.fullmatch(key)]

    def over(self, stored: Collection[str]) -> Cells:
        """The cells as they lie over these rows: nothing typed is lost, so what was typed into a lost row stands in a new one."""
        new, lost = self.next_new, self.lost(stored)
        names = {key: f"n{at}" for at, key in enumerate(lost, new)}
        values = {(names.get(row, row), column): given for (row, column), given in self.values.items()}
        return Cells(tuple(names.get(key, key) for key in self.order), self.gone, values) if names else self

    @property
    def next_new(self) -> int:
        """The number of the next new row."""
        return 1 + max((int(key[1:]) for key in self.order if NEW.fullmatch(key)), default=0)


def read_cells(posted: Iterable[str]) -> Cells:
    """The posted texts by row and column."""
    order, gone, values = list[str](), set[str](), dict[tuple[str, str], list[str]]()
    for text in posted:
        name, _, value = text.partition("=")
        row, _, column = name.partition(".")
        if name == ROWS:
            order.append(value)
        elif name == GONE:
            gone.add(value)
        elif column:
            values.setdefault((row, column), []).append(value)
    return Cells(tuple(dict.fromkeys(order)), frozenset(gone), values)
