"""The table of kinds: what each of them can do."""

from __future__ import annotations

from types import MappingProxyType

from zoho.fields.behaviour import Behaviour
from zoho.fields.choices import Boolean, Lookup, Multiselect, Picklist
from zoho.fields.files import Files
from zoho.fields.links import AnyLookup, Ids, Links
from zoho.fields.masked import Masked
from zoho.fields.numbers import Big, Number, Whole
from zoho.fields.rows import Rows
from zoho.fields.schedule import Schedule
from zoho.fields.texts import Lines, RichText, Text
from zoho.fields.times import Date, DateTime
from zoho.fields.words import Kind

_TEXT, _LINES, _NUMBER, _LOOKUP = Text(), Lines(), Number(), Lookup()

KINDS = MappingProxyType(
    {
        Kind.TEXT: _TEXT,
        Kind.TEXTAREA: _LINES,
        Kind.RICH_TEXT: RichText(),
        Kind.EMAIL: _TEXT,
        Kind.PHONE: _TEXT,
        Kind.WEBSITE: _TEXT,
        Kind.INTEGER: Whole(),
        Kind.BIGINT: Big(),
        Kind.DECIMAL: _NUMBER,
        Kind.CURRENCY: _NUMBER,
        Kind.PERCENT: _NUMBER,
        Kind.BOOLEAN: Boolean(),
        Kind.DATE: Date(),
        Kind.DATETIME: DateTime(),
        Kind.PICKLIST: Picklist(),
        Kind.MULTISELECT: Multiselect(),
        Kind.OWNER: _LOOKUP,
        Kind.LOOKUP: _LOOKUP,
        Kind.ANY_LOOKUP: AnyLookup(),
        Kind.SUBFORM: Rows(),
        Kind.LINKS: Links(),
        Kind.FILES: Files(),
        Kind.IDS: Ids(),
        Kind.SCHEDULE: Schedule(),
        Kind.OTHER: Behaviour(),
    }
)
MASKED = MappingProxyType({kind: Masked(behaviour) for kind, behaviour in KINDS.items()})
