"""What browsers get is what was fetched: the files under vendor/ against their manifests."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from service.environment import ROOT

FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]


@pytest.mark.parametrize("folder", FOLDERS, ids=["static", "tests"])
def test_every_vendored_file_has_the_hash_of_its_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    del files["manifest.json"]
    found = {name: "sha384-" + base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode() for name, file in files.items()}
    assert found == manifest


@pytest.mark.parametrize("folder", FOLDERS, ids=["static", "tests"])
def test_every_vendored_library_brings_its_licence(folder: Path) -> None:
    libraries = [each for each in folder.iterdir() if each.is_dir()]
    assert libraries
    assert [each.name for each in libraries if not (each / "LICENSE").is_file()] == []


def test_axe_is_never_served() -> None:
    """Its licence, the MPL, is for the tests alone."""
    assert list((ROOT / "static").rglob("*axe*")) == []
