"""Runners in turns, and what they took: wall and CPU milliseconds, medians and minima, as ratios to the bare one.

Turns alternate and their order is turned round each time, so that a busy machine slows all alike. The CPU is this process's, all
threads of it; the fake CRM runs in another.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

WARM_UP = 2
BARE = "requests"
"""The runner that the others are compared with: a plain keep-alive ``requests.Session`` making the same calls."""
Runners = Mapping[str, Callable[[Any], object]]


@dataclass(frozen=True, slots=True)
class Laps:
    """Milliseconds of each turn of one runner."""

    wall: Sequence[float]
    cpu: Sequence[float]


Race = Mapping[str, Laps]


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table: ours beside what issue or design allows, and what Zoho's SDK takes. ``limit`` is the most, or the least."""

    what: str
    ours: float
    unit: str = "x"
    limit: float | None = None
    sdk: float | None = None
    is_least: bool = False

    @property
    def is_missed(self) -> bool:
        """True when ours is on the wrong side of the limit."""
        return self.limit is not None and (self.ours < self.limit if self.is_least else self.ours > self.limit)


def race(runners: Runners, rounds: int, prepare: Callable[[], Any] = lambda: None, *, warm_up: int = WARM_UP) -> Race:
    """Let each runner run once a round; what ``prepare`` does and the first ``warm_up`` rounds are not counted."""
    laps: dict[str, Laps] = {name: Laps([], []) for name in runners}
    order = [*runners]
    for number in range(rounds + warm_up):
        for name in order:
            given = prepare()
            started, used = time.perf_counter(), time.process_time()
            runners[name](given)
            wall, cpu = time.perf_counter() - started, time.process_time() - used
            if number >= warm_up:
                laps[name].wall.append(wall * 1000)  # type: ignore[attr-defined]
                laps[name].cpu.append(cpu * 1000)  # type: ignore[attr-defined]
        order.reverse()
    return laps


def ratio(result: Race, name: str, part: str = "wall") -> float:
    """By medians, which a single slow turn does not move."""
    return _median(result, name, part) / _median(result, BARE, part)


def more(result: Race, name: str, part: str = "wall") -> float:
    """Milliseconds above the bare calls, by medians."""
    return _median(result, name, part) - _median(result, BARE, part)


def show(title: str, result: Race) -> None:
    """Print one race: per runner the median and the fastest turn, each with its ratio to the bare one."""
    print(f"\n{title} ({len(result[BARE].wall)} rounds)")
    print(f"{'':14}" + "".join(f"{part + ' ms':>11}{'ratio':>8}{'fastest':>10}{'ratio':>8}" for part in ("wall", "CPU")))
    for name, laps in result.items():
        print(f"{name:14}" + "".join(_columns(laps, result[BARE], part) for part in ("wall", "cpu")))


def table(figures: Sequence[Figure]) -> None:
    """Print figures beside their limits."""
    print(f"\n{'':58}{'Amend':>10}{'allowed':>14}{'Zoho SDK':>12}")
    for one in figures:
        allowed = "" if one.limit is None else f"{'at least' if one.is_least else 'at most'} {one.limit:g}"
        sdk = "" if one.sdk is None else f"{one.sdk:.2f}"
        print(f"{one.what + ', ' + one.unit:58}{one.ours:>10.2f}{allowed:>14}{sdk:>12}{'  MISSED' if one.is_missed else ''}")


def is_quick(about: str | None) -> bool:
    """Read the command line: ``--quick`` runs a round or two, to see that a bench still works; its figures mean nothing."""
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a round or two: shows that it works, measures nothing")
    return bool(parser.parse_args().quick)


def _median(result: Race, name: str, part: str) -> float:
    return float(median(getattr(result[name], part)))


def _columns(laps: Laps, base: Laps, part: str) -> str:
    mine, bare = getattr(laps, part), getattr(base, part)
    return f"{median(mine):>11.2f}{median(mine) / median(bare):>8.2f}{min(mine):>10.2f}{min(mine) / min(bare):>8.2f}"
