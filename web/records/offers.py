"""What a text in a lookup may mean, offered at the field once it was refused: never chosen for the person."""

from __future__ import annotations

from dataclasses import replace

from web.records.lookups import candidates
from web.records.pages import EditPage
from web.records.rows import Row
from zoho.runtime import Amend

MOST = 10


def with_offers(amend: Amend, page: EditPage) -> EditPage:
    """The page with candidates at each refused lookup that holds neither a choice nor an id."""
    if not page.refusals:
        return page

    def offered(row: Row) -> Row:
        if not row.error:
            return row
        if row.table:
            lines = tuple(replace(line, cells=tuple(meant(cell) for cell in line.cells)) for line in row.table.lines)
            return replace(row, table=replace(row.table, lines=lines))
        return meant(row)

    def meant(row: Row) -> Row:
        held = row.picker
        if held is None or held.id or not held.text or not held.target:
            return row
        found = candidates(amend, page.opened.connection, page.opened.product, held.target, held.text)
        if len(found.rows) > MOST:
            found = replace(found, rows=found.rows[:MOST], notice="There are more than these: type more of the name.")
        return replace(row, picker=replace(held, offered=found))

    sections = tuple(replace(group, rows=tuple(offered(row) for row in group.rows)) for group in page.sections)
    return replace(page, sections=sections, off_layout=tuple(offered(row) for row in page.off_layout))
