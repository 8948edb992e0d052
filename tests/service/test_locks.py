"""The locks: hashes for all, the same versions in both, and no trace of where they were made."""

from __future__ import annotations

import re

import pytest

from service.environment import ROOT

LOCKS = ["requirements.txt", "requirements-dev.txt"]


def pins(lock: str) -> dict[str, str]:
    """Name → version."""
    found = re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return dict(found)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash_and_nothing_else_stands_in_the_lock(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=\S)", text.strip())
    strange = [each for each in requirements if not re.fullmatch(r"\S+==\S+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", each)]
    assert strange == []


def test_development_lock_holds_the_runtime_lock() -> None:
    """One .venv serves ./run and ./test."""
    development = pins("requirements-dev.txt")
    assert {name: development.get(name) for name in pins("requirements.txt")} == pins("requirements.txt")


@pytest.mark.parametrize("source", ["requirements.in", "requirements-dev.in"])
def test_lock_follows_its_source(source: str) -> None:
    wanted = re.findall(r"^([a-z][\w.-]*)==(\S+)", (ROOT / source).read_text(encoding="utf-8"), re.MULTILINE)
    locked = pins(source.replace(".in", ".txt"))
    assert [(name, version) for name, version in wanted if locked.get(name) != version] == []
