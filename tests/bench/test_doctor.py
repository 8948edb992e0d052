"""The doctor's published score holds: as many faults are named as docs/doctor.md says, and nothing is red without one."""

from __future__ import annotations

import re

import pytest

from bench import doctor
from bench.faults import FAULTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_the_published_score_holds():
    page = doctor.PAGE.read_text(encoding="utf-8")
    published = re.search(r"\*\*(\d+) of (\d+) faults", page)
    assert published
    assert re.findall(r"^\| ([^|]+?) \|", page, re.MULTILINE)[1:] == [fault.name for fault in FAULTS]

    results = doctor.score()

    missed = [(one.name, one.first) for one in results if not one.is_right]
    assert doctor.is_good(results), missed
    assert sum(one.is_right for one in results if one.fault) >= int(published[1]), missed
    assert len(FAULTS) == int(published[2]) >= 40
