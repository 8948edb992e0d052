"""What a CRM field, layout and module are made of; the tables of crm_tables are written in these words."""

from __future__ import annotations

from dataclasses import dataclass, field

LENGTHS = {
    "text": 255, "email": 100, "phone": 30, "website": 450, "integer": 9, "bigint": 18, "double": 16, "currency": 16, "percent": 5,
    "boolean": 5, "date": 20, "datetime": 120, "picklist": 120, "multiselectpicklist": 1000, "ownerlookup": 120, "userlookup": 50,
    "lookup": 120, "formula": 16, "rollup_summary": 9, "autonumber": 120, "fileupload": 10, "subform": 200, "layout": 50,
    "imageupload": 10, "multiselectlookup": 100, "multiuserlookup": 100, "multi_module_lookup": 120, "RRULE": 100, "multireminder": 100,
    "ALARM": 100,
}  # fmt: skip
PLACES = {"double": 4, "currency": 2, "percent": 2, "formula": 2}
JSON_TYPES = {
    "integer": "integer", "rollup_summary": "integer", "double": "double", "currency": "double", "percent": "double", "formula": "double",
    "boolean": "boolean", "multiselectpicklist": "jsonarray", "subform": "jsonarray", "fileupload": "jsonarray", "ownerlookup": "jsonobject",  # noqa: E501
    "userlookup": "jsonobject", "lookup": "jsonobject", "layout": "jsonobject",
    "imageupload": "jsonarray", "multiselectlookup": "jsonarray", "multiuserlookup": "jsonarray", "multi_module_lookup": "jsonobject",
    "RRULE": "jsonobject", "multireminder": "jsonarray", "ALARM": "jsonobject",
}  # fmt: skip
FILES = ("fileupload", "imageupload")
LINKS = ("multiselectlookup", "multiuserlookup")
ROWS = ("subform", *FILES, *LINKS)
"""Types whose values are rows with ids of their own."""
RULES = ("RRULE", "multireminder", "ALARM")
COMPUTED = ("formula", "rollup_summary", "autonumber")


@dataclass(frozen=True)
class Option:
    """A picklist value: what is shown is not always what is stored."""

    display: str
    actual: str
    colour: str | None = None
    is_used: bool = True


@dataclass(frozen=True)
class Spec:
    """One field. ``section`` None: on no layout."""

    name: str
    label: str
    type: str
    section: str | None = "Details"
    length: int = 0
    kind: str = ""  # of a textarea: small, large, rich_text
    options: tuple[Option, ...] = ()
    lookup: str = ""
    is_mandatory: bool = False
    is_unique: bool = False
    is_custom: bool = False
    is_system: bool = False  # Zoho writes it, nobody else
    is_masked: bool = False
    is_encrypted: bool = False
    is_restricted: bool = False  # personal data that the API may not read
    tooltip: str = ""
    first_label: str = ""  # what the field was called before somebody renamed it
    rows: tuple[Spec, ...] = ()  # the columns of a subform

    @property
    def limit(self) -> int:
        """Characters or digits."""
        return self.length or LENGTHS[self.type]

    @property
    def json_type(self) -> str:
        """The JSON of its values."""
        return "jsonarray" if self.name == "Tag" else JSON_TYPES.get(self.type, "string")

    @property
    def is_writable(self) -> bool:
        """Whether an update may name it."""
        return not self.is_system and self.type not in (*COMPUTED, *RULES)

    @property
    def targets(self) -> tuple[str, ...]:
        """The modules that a lookup points into; several are written with a bar between them."""
        return tuple(self.lookup.split("|"))


@dataclass(frozen=True)
class Layout:
    """``without``: fields that it does not show; ``values``: a narrower choice of picklist values."""

    name: str
    required: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """A module and its number, from which its ids are made."""

    number: int
    api_name: str
    module_name: str
    singular: str
    plural: str
    name_field: str
    fields: tuple[Spec, ...]
    layouts: tuple[Layout, ...] = (Layout("Standard"),)
    process_field: str = ""  # the picklist that a blueprint governs
    is_custom: bool = False

    def find(self, name: str) -> Spec | None:
        """The field of this API name."""
        return next((each for each in self.fields if each.name == name), None)

    def layout_id(self, index: int) -> str:
        """Id of a layout of this module."""
        return meta_id(self.number, 9000, index)


def meta_id(number: int, index: int, sub: int = 0) -> str:
    """A 19-digit id for a piece of metadata."""
    return f"57257679{number:02d}{index:04d}{sub:05d}"


def choices(text: str, colours: bool = False) -> tuple[Option, ...]:
    """``"One, Shown=Stored, !Unused"``, with -None- in front."""
    palette = ("#c9651a", "#fea36a", "#168aef", "#25b52a", "#ced9ff")
    options = [Option("-None-", "-None-")]
    for index, part in enumerate(text.split(", ")):
        display, _, actual = part.lstrip("!").partition("=")
        options.append(Option(display, actual or display, palette[index % 5] if colours else None, not part.startswith("!")))
    return tuple(options)
