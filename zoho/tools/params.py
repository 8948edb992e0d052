"""Parameters of the tools. Ids are text from end to end: a number would already have lost digits."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import AliasChoices, Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from zoho.fields.files import MAX_FILE_BYTES

ModuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w{0,99}$")]
PageToken = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,2000}$")]
RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,30}$")]
ID = AliasChoices("id", "record_id")
NAME = AliasChoices("name", "search")


class Params(BaseModel):
    """Unknown keys are refused: a misspelt one must not be dropped unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # built at first use: there are many, and a start needs none


class NoParams(Params):
    """Nothing to say."""


class OneRecord(Params):
    """A record by its ``id``, or by its ``name``: what it is called, its e-mail or its phone.

    Several of that name are a question, which the ``id`` beside the name answers.
    """

    id: RecordId = Field("", validation_alias=ID)
    name: str | None = Field(None, min_length=2, max_length=200, validation_alias=NAME)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if not self.id and self.name is None:
            raise ValueError("Give the record's id or its name.")
        return self


class DeskRecord(OneRecord):
    """One Desk record."""


class DeskUpdate(DeskRecord):
    """One Desk record and the fields to change, by API name; custom fields (``cf_…``) beside the others."""

    fields: dict[str, Any] = Field(min_length=1)
    quiet_close: bool = False


class DeskList(Params):
    """A page of records, newest first as Desk gives them."""

    page: int = Field(1, ge=1, le=100)
    limit: int = Field(50, ge=1, le=50)
    sort: str | None = Field(None, pattern=r"^-?[A-Za-z]{1,40}$")


class DeskSearch(Params):
    """Records that hold a text."""

    text: str = Field(min_length=1, max_length=200)
    page: int = Field(1, ge=1, le=100)


class DeskHistory(DeskRecord):
    """A page of what happened to one Desk record."""

    page: int = Field(1, ge=1, le=100)


class DeskModuleParams(Params):
    """One Desk module, such as ``tickets``."""

    module: ModuleName


class DeskLayout(Params):
    """One layout of Desk."""

    layout_id: RecordId


class CrmModuleParams(Params):
    """One CRM module."""

    module: ModuleName


class CrmLayout(CrmModuleParams):
    """One layout of a CRM module."""

    layout_id: RecordId


class CrmDependency(CrmLayout):
    """One picklist dependency of a layout."""

    id: RecordId


class CrmRecord(OneRecord):
    """One CRM record."""

    module: ModuleName


class CrmWhole(CrmRecord):
    """One CRM record. ``whole``: the texts that must not be cut, which may take a call more; all of them unless named."""

    whole: tuple[str, ...] | None = None


class CrmRecords(CrmModuleParams):
    """Up to 100 records of a CRM module, and which fields to show."""

    ids: tuple[RecordId, ...] = Field(min_length=1, max_length=100)
    fields: tuple[str, ...]


class CrmChange(Params):
    """One record of an update of many, and the fields to change."""

    id: RecordId
    fields: dict[str, Any] = Field(min_length=1)


class CrmUpdates(CrmModuleParams):
    """Up to 100 records to change in one call, which share the condition and the automations."""

    records: tuple[CrmChange, ...] = Field(min_length=1, max_length=100)
    unmodified_since: str | None = None
    trigger: tuple[str, ...] | None = None


class CrmTransition(CrmRecord):
    """A transition of a record's blueprint, with the fields that it asks for, by API name."""

    transition_id: RecordId
    data: dict[str, Any] = Field(default_factory=dict)


class CrmTimeline(CrmRecord):
    """A page of what happened to one CRM record."""

    per_page: int = Field(50, ge=1, le=200)
    page_token: PageToken | None = None


class CrmQuery(Params):
    """A COQL query: ``select Last_Name, Email from Leads where Last_Name = 'Smith' order by Last_Name limit 0, 200``."""

    query: str = Field(min_length=10, max_length=20_000)

    @field_validator("query")
    @classmethod
    def _is_a_query(cls, query: str) -> str:
        if not query.lstrip().lower().startswith("select") or not queried(query):
            raise ValueError("Write it as: select … from … where ….")
        return query


def queried(query: str) -> str:
    """The module that a COQL query asks, by the first ``from`` outside its quotes; "" when there is none."""
    found = re.search(r"\sfrom\s+(\S+)", re.sub(r"'(?:\\.|[^'\\])*'", "''", query), re.IGNORECASE)
    return found[1] if found else ""


class CrmUpdate(CrmRecord):
    """One CRM record and the fields to change, by API name. ``unmodified_since``: the ``Modified_Time`` that was read."""

    fields: dict[str, Any] = Field(min_length=1)
    unmodified_since: str | None = Field(None, pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?([+-]\d\d:\d\d|Z)$")
    trigger: tuple[str, ...] | None = None


class CrmList(Params):
    """A page of records with some of their fields; ``page_token`` leads past page 10.

    ``view`` is the id of a list view, ``sort`` an order (``-`` before it: the last first): one of the two.
    """

    module: ModuleName
    fields: tuple[str, ...] = Field(("id", "Modified_Time"), min_length=1, max_length=50)
    page: int = Field(1, ge=1, le=10)
    per_page: int = Field(50, ge=1, le=200)
    page_token: PageToken | None = None
    view: RecordId | None = None
    sort: str | None = Field(None, pattern=r"^-?(id|Created_Time|Modified_Time)$")

    @model_validator(mode="after")
    def _has_one_order(self) -> Self:
        if self.view and self.sort:
            raise ValueError("A list view has an order of its own: give the view or the order.")
        return self


class CrmSearch(Params):
    """Records by word, e-mail, phone or criteria: exactly one of them."""

    module: ModuleName
    word: str | None = Field(None, min_length=2, max_length=200)
    email: str | None = Field(None, min_length=3, max_length=200)
    phone: str | None = Field(None, min_length=3, max_length=60)
    criteria: str | None = Field(None, min_length=5, max_length=4_000, pattern=r"^\(.+\)$")
    page: int = Field(1, ge=1, le=10)


class CrmFile(Params):
    """A file for a file or image field: its name, and what is in it in base64; at most 20 MB."""

    name: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
    content: Base64Bytes

    @field_validator("content")
    @classmethod
    def _fits(cls, content: bytes) -> bytes:
        if not 0 < len(content) <= MAX_FILE_BYTES:
            raise ValueError("Zoho accepts files of up to 20 MB that are not empty.")
        return content
