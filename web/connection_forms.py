"""The small forms of a connection's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from zoho import orgs
from zoho.errors import OrgMismatchError
from zoho.orgs import DeskOrg
from zoho.runtime import Amend

MAX_NAME = 200


class NameForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What the connection is called here."""

    name = StringField("Name", filters=[lambda text: (text or "").strip()])

    def validate_name(self, field: Any) -> None:
        """Something to read, of a length that a list can show."""
        if not field.data:
            raise ValidationError("Give the connection a name.")
        if len(field.data) > MAX_NAME:
            raise ValidationError(f"Amend keeps at most {MAX_NAME} characters here (you typed {len(field.data)}).")
        if any(ord(character) < 32 or ord(character) == 127 for character in field.data):
            raise ValidationError("A name cannot hold line breaks or other control characters.")


class OrganizationForm(FlaskForm):  # type: ignore[misc]  # as above
    """Which Desk organization."""

    organization = StringField("Desk organization")
    offered: tuple[tuple[str, str], ...] = ()
    """(id, what tells it from its likes)"""
    is_out_of_reach = False
    """True when reconnecting is the way to the chosen one."""

    @classmethod
    def of(cls, found: Iterable[DeskOrg], chosen: str) -> Self:
        """The form for these organizations."""
        form = cls(data={"organization": chosen})
        form.offered = tuple((org.id, f"{org.name} (portal {org.portal or 'not named'}, {org.edition}, {org.id})") for org in found)
        return form

    def validate_organization(self, field: Any) -> None:
        """One of those that Zoho named."""
        if field.data not in dict(self.offered):
            raise ValidationError("Choose one of the organizations of the list; Zoho names no other for this login.")

    def choose(self, amend: Amend, user_id: UUID, connection_id: UUID) -> bool:
        """Store the choice; False, with the reason at the field, when Zoho granted this connection for another portal."""
        try:
            return orgs.choose_desk_org_by_id(amend, user_id, connection_id, self.organization.data)
        except OrgMismatchError:
            name = dict(self.offered)[self.organization.data].partition(" (")[0]
            self.is_out_of_reach = True
            self.organization.errors = [f"Zoho granted this connection for another portal than {name}: it was picked on Zoho's page."]
            return False
