"""What a text in a lookup may mean, offered at the field once it was refused: never chosen for the person."""

from __future__ import annotations

from dataclasses import replace

from changes.drafts import Opened
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
            lines = tuple(replace(line, cells=tuple(meant(amend, page.opened, cell) for cell in line.cells)) for line in row.table.lines)
            return replace(row, table=replace(row.table, lines=lines))
        return meant(amend, page.opened, row)

    sections = tuple(replace(group, rows=tuple(offered(row) for row in group.rows)) for group in page.sections)
    return replace(page, sections=sections, off_layout=tuple(offered(row) for row in page.off_layout))


def meant(amend: Amend, opened: Opened, row: Row) -> Row:
    """A lookup with what its text may mean; any other row, or one that is a choice or an id, as it is."""
    held = row.picker
    if held is None or held.id or not held.text or not held.target:
        return row
    found = candidates(amend, opened.connection, opened.product, held.target, held.text)
    if len(found.rows) > MOST:
        found = replace(found, rows=found.rows[:MOST], notice="There are more than these: type more of the name.")
    return replace(row, picker=replace(held, offered=found))
