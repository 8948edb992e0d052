"""Tokens at rest."""

from __future__ import annotations

from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from zoho.errors import KeyLostError
from zoho.keys import Keys


def test_a_sealed_token_opens_for_its_own_connection_alone():
    keys, mine, other = Keys.of([Fernet.generate_key().decode()]), uuid4(), uuid4()
    sealed = keys.seal(mine, "1000.token")
    assert "1000.token" not in sealed
    assert keys.unseal(mine, sealed) == "1000.token"
    with pytest.raises(KeyLostError):
        keys.unseal(other, sealed)


def test_an_older_key_still_opens_and_a_foreign_one_does_not():
    old, new, owner = Fernet.generate_key().decode(), Fernet.generate_key().decode(), uuid4()
    sealed = Keys.of([old]).seal(owner, "1000.token")
    assert Keys.of([new, old]).unseal(owner, sealed) == "1000.token"
    with pytest.raises(KeyLostError):
        Keys.of([new]).unseal(owner, sealed)


@pytest.mark.parametrize("garbage", ["", "x", "gAAAAA", "\u00e9"])
def test_garbage_is_a_lost_key_and_not_a_crash(garbage):
    with pytest.raises(KeyLostError):
        Keys.of([Fernet.generate_key().decode()]).unseal(uuid4(), garbage)


def test_keys_show_nothing_of_themselves():
    secret = Fernet.generate_key().decode()
    assert secret not in repr(Keys.of([secret]))
