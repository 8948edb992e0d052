"""Parameters of the tools. Ids are text from end to end: a number would already have lost digits."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

ModuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w{0,99}$")]
RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,30}$")]
ID = AliasChoices("id", "record_id")


class Params(BaseModel):
    """Unknown keys are refused: a misspelt one must not be dropped unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParams(Params):
    """Nothing to say."""


class DeskRecord(Params):
    """One Desk record."""

    id: RecordId = Field(validation_alias=ID)


class DeskUpdate(DeskRecord):
    """One Desk record and the fields to change, by API name; custom fields (``cf_…``) beside the others."""

    fields: dict[str, Any] = Field(min_length=1)
    quiet_close: bool = False


class DeskList(Params):
    """A page of records, newest first as Desk gives them."""

    page: int = Field(1, ge=1, le=100)
    limit: int = Field(50, ge=1, le=50)


class DeskSearch(Params):
    """Records that hold a text."""

    text: str = Field(min_length=1, max_length=200)
    page: int = Field(1, ge=1, le=100)


class CrmRecord(Params):
    """One CRM record."""

    module: ModuleName
    id: RecordId = Field(validation_alias=ID)


class CrmUpdate(CrmRecord):
    """One CRM record and the fields to change, by API name. ``unmodified_since``: the ``Modified_Time`` that was read."""

    fields: dict[str, Any] = Field(min_length=1)
    unmodified_since: str | None = Field(None, pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?([+-]\d\d:\d\d|Z)$")
    trigger: tuple[str, ...] | None = None


class CrmList(Params):
    """A page of records with some of their fields."""

    module: ModuleName
    fields: tuple[str, ...] = Field(("id", "Modified_Time"), min_length=1, max_length=50)
    page: int = Field(1, ge=1, le=10)
    per_page: int = Field(50, ge=1, le=200)


class CrmSearch(Params):
    """Records by word, e-mail or phone: exactly one of them."""

    module: ModuleName
    word: str | None = Field(None, min_length=2, max_length=200)
    email: str | None = Field(None, min_length=3, max_length=200)
    phone: str | None = Field(None, min_length=3, max_length=60)
    page: int = Field(1, ge=1, le=10)
