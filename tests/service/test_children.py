"""Keeping a child alive: when it is started again, and when it is given up. Real processes, a clock of our own."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from service.children import FIRST_DELAY_SECONDS, MAX_QUICK_DEATHS, QUICK_SECONDS, Child, Keeper


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(clock: Clock) -> Iterator[Keeper]:
    keeper = Keeper(Child("web server", (sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)")), clock)
    yield keeper
    keeper.kill()


def die(keeper: Keeper) -> str | None:
    """Wait for the child, which leaves by itself, and let the keeper notice."""
    assert keeper.process is not None
    keeper.process.wait(10)
    return keeper.look_after()


def test_dead_child_is_started_again_after_a_pause(keeper: Keeper, clock: Clock) -> None:
    keeper.start()
    assert die(keeper) == "The web server stopped unexpectedly (exit status 3); starting it again in 0.5 s."
    assert keeper.look_after() is None
    assert keeper.has_stopped()

    clock.at += FIRST_DELAY_SECONDS
    keeper.look_after()

    assert keeper.process is not None


def test_pause_doubles_and_then_the_child_is_given_up(keeper: Keeper, clock: Clock) -> None:
    keeper.start()
    news = []
    for _ in range(MAX_QUICK_DEATHS):
        news.append(die(keeper))
        clock.at += 60
        keeper.look_after()
    assert [str(each).partition("again in ")[2] for each in news] == ["0.5 s.", "1 s.", "2 s.", "4 s.", ""]
    assert keeper.has_given_up
    assert keeper.process is None


def test_death_after_a_long_life_starts_the_count_anew(keeper: Keeper, clock: Clock) -> None:
    keeper.quick_deaths = MAX_QUICK_DEATHS - 1
    keeper.start()
    clock.at += QUICK_SECONDS
    die(keeper)
    assert keeper.quick_deaths == 1
