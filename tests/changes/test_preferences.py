"""What a person chose is theirs, one choice at a time, and goes when they or the connection go."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from changes import preferences
from changes.preferences import Preference
from people.users import User
from tests import walk


def test_the_last_choice_is_found_again_and_belongs_to_one_module(amend, sandbox, ana):
    here = (ana, walk.connect(amend, ana).connection_id, "crm")
    assert preferences.find(amend, *here, "Leads", "columns") is None

    preferences.keep(amend, *here, "Leads", "columns", ["Company"])
    preferences.keep(amend, *here, "Leads", "columns", ["Company", "City"])

    assert preferences.find(amend, *here, "Leads", "columns") == ["Company", "City"]
    assert preferences.find(amend, *here, "Deals", "columns") is None
    assert preferences.find(amend, *here, "Leads", "automations") is None


def test_nobody_finds_what_another_person_chose(amend, sandbox, ana):
    connection_id, stranger = walk.connect(amend, ana).connection_id, walk.add(amend, "stranger@example.com")
    preferences.keep(amend, ana, connection_id, "crm", "Leads", "columns", ["Company"])

    assert preferences.find(amend, stranger, connection_id, "crm", "Leads", "columns") is None


def test_a_choice_goes_with_the_person(amend, sandbox, ana):
    preferences.keep(amend, ana, walk.connect(amend, ana).connection_id, "crm", "Leads", "columns", ["Company"])

    with amend.sessions.begin() as session:
        session.execute(delete(User).where(User.id == ana))

    with amend.reading() as session:
        assert session.scalar(select(func.count()).select_from(Preference)) == 0
