"""Which row of one list is which of another: by id, and a new row, which has none yet, by what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from zoho.fields.choices import id_of

if TYPE_CHECKING:
    from zoho.fields.field import Field

Row = dict[str, Any]
Agree = Callable[["Field", Row, Row], bool]


def pair(field: Field, old: Sequence[Row], new: Sequence[Row], agree: Agree) -> tuple[list[tuple[Row, Row | None]], list[Row]]:
    """Each old row with the new one that it became, or None; and the new rows that are left.

    As many rows without id as possible find a partner (augmenting paths), so that it does not matter which list is which.
    """
    at = {id_of(row): index for index, row in enumerate(new) if id_of(row)}
    taken: dict[int, int] = {}
    loose: list[int] = []
    for index, row in enumerate(old):
        found = at.get(id_of(row))
        if found is None or found in taken:
            loose.append(index)
        else:
            taken[found] = index
    free = [index for index in range(len(new)) if index not in taken]
    likely = {one: [other for other in free if _may_be(field, old[one], new[other], agree)] for one in loose}
    for one in loose:
        _place(one, likely, taken, set())
    became = {mine: theirs for theirs, mine in taken.items()}
    pairs = [(row, new[became[index]] if index in became else None) for index, row in enumerate(old)]
    return pairs, [row for index, row in enumerate(new) if index not in taken]


def _may_be(field: Field, one: Row, other: Row, agree: Agree) -> bool:
    return not (id_of(one) and id_of(other)) and agree(field, one, other)


def _place(one: int, likely: dict[int, list[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Give ``one`` a partner, moving others to another of theirs where that helps."""
    for other in likely[one]:
        if other in tried:
            continue
        tried.add(other)
        if other not in taken or (taken[other] in likely and _place(taken[other], likely, taken, tried)):
            taken[other] = one
            return True
    return False
