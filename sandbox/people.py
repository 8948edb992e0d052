"""The people and organizations of the demo: invented, and the same in CRM and Desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A Zoho user: CRM user, Desk agent and owner of a zuid, which are three numbers."""

    id: str
    agent_id: str
    zuid: str
    first: str
    last: str
    role: str
    profile: str
    status: str = "active"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        """An address that reaches nobody."""
        return f"{self.first.lower()}@zylker.example"


PEOPLE = (
    Person("5725767000000411001", "189200000000056001", "808233918", "Maria", "García", "CEO", "Administrator"),
    Person("5725767000000411002", "189200000000056002", "808233919", "Ana", "Ruiz", "Manager", "Administrator"),
    Person("5725767000000411003", "189200000000056003", "808233920", "James", "O'Connor", "Sales", "Standard"),
    Person("5725767000000411004", "189200000000056004", "808233921", "Noor", "Haddad", "Sales", "Standard"),
    Person("5725767000000411005", "189200000000056005", "808233922", "Patrick", "Boyle", "Sales", "Standard", "deleted"),
)
ACTIVE = tuple(person for person in PEOPLE if person.status == "active")
BY_ID = {person.id: person for person in PEOPLE}


@dataclass(frozen=True)
class CrmOrg:
    """``id`` is the CRM org id, ``zgid`` another number, and neither is a Desk orgId."""

    id: str
    zgid: str
    name: str
    kind: str


@dataclass(frozen=True)
class DeskOrg:
    """A Desk portal."""

    id: str
    name: str
    portal: str


CRM_ORGS = (
    CrmOrg("5725767000000020005", "808232144", "Zylker Demo", "production"),
    CrmOrg("5725767000000020006", "808232145", "Zylker Rehearsal", "sandbox"),
)
DESK_ORGS = (DeskOrg("3981311", "Zylker Support", "zylker"), DeskOrg("3981312", "Zylker Iberia", "zylkeriberia"))


def find_person(who: str | None) -> Person | None:
    """The person of this id, name or address."""
    return next((each for each in PEOPLE if who in (each.id, each.name, each.email, each.zuid, each.agent_id)), None)
