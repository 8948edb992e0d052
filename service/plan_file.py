"""The JSON file that ``./run plan propose`` takes."""

from __future__ import annotations

from typing import Any

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store import exact_json

MAX_FILE_BYTES = 200_000_000


class PlanFile(BaseModel):
    """The JSON file of ``propose``: ``records`` with their own fields, or ``ids`` that all get what ``set`` says.

    A value is a text as in a sheet's cell, null to make the field empty, or Zoho's own JSON. Ids are texts.
    """

    model_config = ConfigDict(extra="forbid")

    product: str = Field("crm", pattern="^(crm|desk)$")
    module: str = Field(pattern=r"^[A-Za-z]\w{0,99}$")
    title: str = ""
    connection: str | None = None
    trigger: list[str] | None = None
    records: list[dict[str, Any]] | None = Field(None, min_length=1)
    ids: list[Any] | None = Field(None, min_length=1)
    set: dict[str, Any] | None = Field(None, min_length=1)

    @property
    def source(self) -> dict[str, Any]:
        """As a proposal takes it. Raises ValueError."""
        if self.records is not None and self.ids is None and self.set is None:
            return {"kind": "json", "records": self.records}
        if self.records is None and self.ids is not None and self.set is not None:
            return {"kind": "json", "records": [{"id": id, "fields": self.set} for id in self.ids]}
        raise ValueError("Give either records, or ids and set.")


def read(file: str) -> PlanFile:
    """The file, or standard input for ``-``. Raises ValueError in words, click.FileError."""
    with click.open_file(file, "rb") as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError("The file is larger than 200 MB.")
    try:
        asked = PlanFile.model_validate(exact_json.loads(content.decode("utf-8-sig")))
        asked.source  # noqa: B018 raises for what is neither
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise ValueError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: {error}") from error
    return asked
