"""An uploaded sheet and what its columns mean: the file waits in the instance folder, what was chosen on a snapshot of no record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from flask import url_for
from werkzeug.datastructures import MultiDict

from changes import drafts, proposals, sheet_source, snapshots, spreadsheets
from changes.cells import why_not
from changes.drafts import Opened
from changes.history import last_options
from changes.proposals import Proposal
from changes.sheet_source import Column
from changes.spreadsheets import Match, Sheet, SheetError
from store.exact_json import storable
from web.propose.values import Kept, Place, Proposed, labels_of, titled
from zoho import connections
from zoho.errors import NotFoundError, ZohoError
from zoho.fields import Field, Kind
from zoho.runtime import Amend

SHEET = "+"
"""Stands before the name of the file where a snapshot has the id of its record."""
PASTED = "pasted cells"
ID, UNUSED = "id", ""
LEAVE, EMPTY = "leave", "empty"
IDS = (Kind.LOOKUP, Kind.OWNER, Kind.IDS, Kind.BIGINT)
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A column of the sheet: what it holds, what it is given to, and why."""

    at: int
    header: str
    samples: tuple[str, ...]
    target: str
    blank: str
    why: str
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class MapPage:
    """Everything that templates/propose/map.html shows. ``sheet`` None: the file cannot be read this way, and ``wrong`` says why."""

    opened: Opened
    name: str
    labels: tuple[str, str]
    sheet: Sheet | None
    lines: tuple[Line, ...]
    choices: tuple[tuple[str, str], ...]
    wrong: tuple[str, ...] = ()
    status: int = 200


@dataclass(frozen=True, slots=True)
class Gone:
    """The file is not there any more."""


Answer = MapPage | Kept | Proposed | Gone


def keep_file(amend: Amend, place: Place, content: BinaryIO | None, called: str, pasted: str) -> UUID:
    """Store what was uploaded, or pasted, with a snapshot for its mapping. Raises SheetError, and the ZohoErrors of a read."""
    if content is None and not pasted.strip():
        raise SheetError("Choose a file, or paste cells from a spreadsheet, with the names of the columns in the first row.")
    name = _plain(called) if content is not None else PASTED
    with amend.reading() as session:
        connection = connections.get_own(session, place.connection_id, place.user_id)
    file = sheet_source.keep(amend, content if content is not None else BytesIO(storable(pasted).strip("\r\n").encode()))
    try:
        found = sheet_source.inspect(_path(amend, file), name)
        typed = {"name": [name], "sheet": [found.name]}
        where = (place.product, place.module, SHEET + file.removesuffix(".sheet"))
        return drafts.keep(amend, place.user_id, connection, *where, {}, typed).snapshot_id
    except (SheetError, ZohoError):
        sheet_source.forget(amend, file)
        raise


def keep(amend: Amend, form: MultiDict[str, str], snapshot_id: UUID, user_id: UUID | None) -> None:
    """Remember what was chosen. Without ``user_id`` for somebody whose session is over: the caller vouches."""
    kept = {name: [storable(value) for value in form.getlist(name)] for name in form if name[:1] in "cb" and name[1:].isdigit()}
    kept |= {name: [storable(form.get(name, ""))[:200]] for name in ("name", "sheet")}
    snapshots.keep_typed(amend, snapshot_id, kept, user_id)


def show(amend: Amend, place: Place, opened: Opened) -> MapPage | Gone:
    """The page with what was chosen so far, or guessed. Raises the ZohoErrors of a read."""
    return _page(amend, place, opened, MultiDict([(name, values[0]) for name, values in opened.typed.items() if values]))


def submit(amend: Amend, user_id: UUID, connection_id: UUID, snapshot_id: UUID, form: MultiDict[str, str]) -> Answer:
    """Show another sheet of the workbook, or make the plan. Raises NotFoundError."""
    keep(amend, form, snapshot_id, user_id)
    try:
        place, opened = find(amend, user_id, connection_id, snapshot_id)
        page = _page(amend, place, opened, form)
        if isinstance(page, Gone) or page.sheet is None or form.get("action") != "preview":
            return page
        return _propose(amend, place, page, page.sheet)
    except ZohoError as error:
        if isinstance(error, NotFoundError):
            raise
        return Kept(error, map_url(connection_id, snapshot_id))


def map_url(connection_id: UUID, snapshot_id: UUID) -> str:
    """Path of the page that says what the columns mean."""
    return url_for("propose.map_columns", connection_id=connection_id, snapshot_id=snapshot_id)


def find(amend: Amend, user_id: UUID, connection_id: UUID, snapshot_id: UUID) -> tuple[Place, Opened]:
    """An uploaded sheet of this person's. Raises NotFoundError, and the ZohoErrors of a read."""
    opened = drafts.reopen(amend, user_id, snapshot_id)
    if opened.connection.id != connection_id or not opened.record_id.startswith(SHEET):
        raise NotFoundError(f"no sheet {snapshot_id}")
    return Place(user_id, connection_id, opened.product, opened.module), opened


def _page(amend: Amend, place: Place, opened: Opened, form: MultiDict[str, str]) -> MapPage | Gone:
    path = sheet_source.find(amend, _file(opened))
    if path is None:
        return Gone()
    labels = labels_of(amend, place)
    name = form.get("name", "") or PASTED
    fields = opened.record_form.form.by_name
    try:
        sheet = spreadsheets.inspect(path, name, form.get("sheet", ""))
    except SheetError as error:
        return MapPage(opened, name, labels, None, (), (), (str(error),), 422)
    remembered = spreadsheets.remembered_columns(amend, place.user_id, place.connection_id, place.product, place.module)
    matches = spreadsheets.match_columns(sheet.header, fields.values(), labels[0], remembered)
    is_answered = form.get("action") != "sheet" and any(f"c{match.column}" in form for match in matches)
    lines = tuple(_line(match, sheet, form if is_answered else MultiDict()) for match in matches)
    return MapPage(opened, name, labels, sheet, lines, _choices(fields.values()))


def _line(match: Match, sheet: Sheet, form: MultiDict[str, str]) -> Line:
    cells = [row.cells[match.column] for row in sheet.sample]
    target = form.get(f"c{match.column}", match.target)
    blank = EMPTY if form.get(f"b{match.column}") == EMPTY else LEAVE
    why = match.why if target == match.target else ""
    return Line(match.column, match.header, tuple(cell or "" for cell in cells[:SAMPLES]), target, blank, why)


def _choices(fields: Iterable[Field]) -> tuple[tuple[str, str], ...]:
    """What a column can be given to: API name and label; the API name beside a label that two fields have."""
    usable = [one for one in fields if why_not(one) is None and one.name != ID]
    count = Counter(one.label for one in usable)
    named = ((one.name, f"{one.label} ({one.name})" if count[one.label] > 1 else one.label) for one in usable)
    return tuple(sorted(named, key=lambda choice: choice[1].casefold()))


def _propose(amend: Amend, place: Place, page: MapPage, sheet: Sheet) -> MapPage | Proposed:
    labels = dict(page.choices)
    ids = [line.at for line in page.lines if line.target == ID]
    used = [line for line in page.lines if line.target in labels]
    wrong = _wrong(page, ids, used)
    if wrong:
        return MapPage(page.opened, page.name, page.labels, sheet, page.lines, page.choices, wrong, 422)
    fields = page.opened.record_form.form.by_name
    columns = [Column(line.at, line.target, line.blank == EMPTY, fields[line.target].kind in IDS) for line in used]
    chosen = {line.target: labels[line.target] for line in used}
    title = f"{titled(chosen.values())} of {page.labels[1]}, {'pasted' if page.name == PASTED else f'from {page.name}'}"
    options = last_options(amend, place.user_id, place.connection_id, place.product)
    where = (place.connection_id, place.product, place.module)
    source = sheet_source.source(_file(page.opened), page.name, sheet.name, ids[0], columns)
    plan_id = proposals.propose(amend, place.user_id, Proposal(*where, title, source, options, chosen))
    spreadsheets.remember_columns(amend, place.user_id, *where, {line.header: line.target for line in page.lines})
    snapshots.forget(amend, place.user_id, page.opened.snapshot_id)
    return Proposed(plan_id)


def _wrong(page: MapPage, ids: Sequence[int], used: Sequence[Line]) -> tuple[str, ...]:
    """What keeps the columns from being read."""
    headers = [page.lines[at].header for at in ids]
    wrong = [] if ids else ["Say which column holds the id of the record. Zoho's exports have it; a view can show it."]
    if len(ids) > 1:
        wrong.append(f"{' and '.join(f'“{header}”' for header in headers)} are both the record id: keep one.")
    if not used:
        wrong.append("Give at least one column to a field.")
    labels = dict(page.choices)
    doubled = [target for target, count in Counter(line.target for line in used).items() if count > 1]
    wrong += [f"{labels[target]} is given by two columns: keep one." for target in doubled]
    known = {*labels, ID, UNUSED}
    wrong += [f"There is no field for “{line.header}” any more: choose another." for line in page.lines if line.target not in known]
    return tuple(wrong)


def _file(opened: Opened) -> str:
    return f"{opened.record_id.removeprefix(SHEET)}.sheet"


def _path(amend: Amend, file: str) -> Path:
    found = sheet_source.find(amend, file)
    if found is None:
        raise SheetError(sheet_source.GONE)
    return found


def _plain(called: str) -> str:
    """A file's name for people; it never becomes a path."""
    name = storable(called).replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in name if one.isprintable()).strip()[:100] or "file"
