"""How often the doctor's first finding names what is wrong: faults one at a time, and connections with none.

A fault is named when the first finding (failed, broke or warning; else "not checked" with a button) is of the check that must find
it, and says the word by which a person knows it. ``--write`` renews the table in ``docs/doctor.md``, with
which CI compares. Run it with ``.venv/bin/python -m bench.doctor [--write]``; a part of a fault's name as argument takes only those.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.bed import Bed, bed
from bench.faults import FAULTS, WELL, Fault
from tests import migrated
from zoho.diagnostics import Finding, Outcome

PAGE = Path(__file__).parents[1] / "docs" / "doctor.md"
BEGIN, END = "<!-- table: bench.doctor -->\n", "<!-- end of the table -->\n"
RED = (Outcome.FAILED, Outcome.BROKE, Outcome.WARNING)
WANTED = 0.95
PORT = re.compile(r"(?<=127\.0\.0\.1):\d+")


@dataclass(frozen=True, slots=True)
class Result:
    """What the doctor made of one fault; of none when ``fault`` is None."""

    name: str
    fault: Fault | None
    first: Finding | None

    @property
    def is_right(self) -> bool:
        """The first finding names the fault; without one there is no finding."""
        if self.fault is None:
            return self.first is None
        return self.first is not None and self.first.check == self.fault.check and self.fault.word.lower() in _said(self.first).lower()


def _said(finding: Finding) -> str:
    return f"{finding.evidence} {finding.cause} {finding.next}"


def _first(findings: Sequence[Finding], *, is_well: bool) -> Finding | None:
    """The first that is red; where none is, what could not be looked at and has a button."""
    offers = [one for one in findings if one.outcome == Outcome.NOT_CHECKED and one.action and not is_well]
    return next((one for one in findings if one.outcome in RED), next(iter(offers), None))


def score(only: str = "", tell: Callable[[Result], None] = lambda _: None) -> list[Result]:
    """Every fault, and every connection that is well, each in a bed of its own."""
    results = []
    with _quiet(), tempfile.TemporaryDirectory() as scratch:
        database = migrated.make(Path(scratch) / "amend.db")
        cases = [(name, None, make, choices) for name, make, choices in WELL] + [(one.name, one, one.spoil, one.choices) for one in FAULTS]
        for number, (name, fault, spoil, choices) in enumerate(cases):
            if only not in name:
                continue
            with bed(Path(scratch) / str(number), database, **choices) as on:
                results.append(Result(name, fault, _first(_examine(on, spoil), is_well=fault is None)))
                tell(results[-1])
    return results


@contextmanager
def _quiet() -> Iterator[None]:
    """Faults are loud, and here nobody reads the log."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _examine(on: Bed, spoil: Callable[[Bed], None]) -> tuple[Finding, ...]:
    spoil(on)
    return on.examine()


def table(results: Sequence[Result]) -> str:
    """As Markdown: the score, then a line for each."""
    faults = [one for one in results if one.fault]
    well = [one for one in results if not one.fault]
    named = sum(one.is_right for one in faults)
    unseen = [one.name for one in faults if one.first is None]
    red = ", ".join(one.name for one in well if not one.is_right) or f"never, in {len(well)} connections that are well"
    lines = [
        f"**{named} of {len(faults)} faults are named by the first finding** ({100 * named / max(1, len(faults)):.1f} %; wanted are 95 %).",
        f"All green in spite of a fault: {', '.join(unseen) or 'never'}. Red without one: {red}.",
        "",
        "| fault | first finding | its cause | its button | |",
        "|---|---|---|---|---|",
        *(_line(one) for one in faults),
    ]
    return "\n".join(lines) + "\n"


def _line(one: Result) -> str:
    if one.first is None:
        return f"| {one.name} | none | | | missed |"
    cause, button = PORT.sub("", one.first.cause.replace("|", "\\|")), (one.first.action or "").replace("_", " ")
    return f"| {one.name} | {one.first.title} | {cause} | {button} | {'' if one.is_right else 'missed'} |"


def main() -> int:
    """Print the table; 1 when the score is less than what is wanted."""
    only = next((text for text in sys.argv[1:] if not text.startswith("--")), "")
    results = score(only, lambda one: None if one.is_right else print(f"missed: {one.name}: {one.first}", file=sys.stderr))
    made = table(results)
    print(made)
    if "--write" in sys.argv:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0 if is_good(results) else 1


def is_good(results: Sequence[Result]) -> bool:
    """At least 95 %, never all green with a fault, never red without one."""
    faults = [one for one in results if one.fault]
    enough = sum(one.is_right for one in faults) >= WANTED * len(faults)
    return enough and all(one.first for one in faults) and all(one.is_right for one in results if not one.fault)


if __name__ == "__main__":
    sys.exit(main())
