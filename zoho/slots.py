"""Places that all processes share: a lock each, which its holder's death gives back.

A count in a database would need a transaction for each call and a cleaner for the dead; the kernel, or the database's server,
does both for us (docs/decisions/0008). Within a process threads queue here, so that one of them at a time looks for a place.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Protocol

POLL_SECONDS = 0.005
"""How often the first in the queue looks whether another process gave a place back."""
MAX_FILES = 300
"""Files kept open when their places are free."""


class Locks(Protocol):
    """Numbered locks under a name, shared by processes. One process asks for none that it holds."""

    def grab(self, name: str, numbers: Iterable[int]) -> int | None:
        """Take the first of these that is free; None when none is."""

    def free(self, name: str, number: int) -> None:
        """Give it back."""

    def signal(self, name: str, *, on: bool) -> None:
        """Say, or no longer say, that somebody waits here who must be let pass."""

    def is_signalled(self, name: str) -> bool:
        """True while another process says so."""

    def forget(self) -> None:
        """In a forked child: what is held is the parent's."""

    def close(self) -> None:
        """Give everything back; the next use opens it again."""


class FileLocks(Locks):
    """Locks of one machine: ``flock`` on ``<folder>/<name>/<number>``, about ten microseconds each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[str, int | str], int] = {}
        self._held: set[tuple[str, int | str]] = set()
        self._mutex = threading.Lock()

    def grab(self, name: str, numbers: Iterable[int]) -> int | None:
        """See Locks."""
        return next((number for number in numbers if self._lock((name, number), fcntl.LOCK_EX)), None)

    def free(self, name: str, number: int) -> None:
        """See Locks."""
        self._unlock((name, number))

    def signal(self, name: str, *, on: bool) -> None:
        """See Locks. Should a test by another process be in the way just now, the next look says it again."""
        if on:
            self._lock((name, "waiting"), fcntl.LOCK_SH)
        else:
            self._unlock((name, "waiting"))

    def is_signalled(self, name: str) -> bool:
        """See Locks."""
        key = (name, "waiting")
        if not self._lock(key, fcntl.LOCK_EX):
            return True
        self._unlock(key)
        return False

    def forget(self) -> None:
        """See Locks. Closing our copies leaves the parent's locks alone."""
        self._mutex = threading.Lock()
        self.close()

    def close(self) -> None:
        """See Locks."""
        with self._mutex:
            for file in self._files.values():
                os.close(file)
            self._files, self._held = {}, set()

    def _lock(self, key: tuple[str, int | str], kind: int) -> bool:
        with self._mutex:
            try:
                fcntl.flock(self._open(key), kind | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._held.add(key)
            return True

    def _unlock(self, key: tuple[str, int | str]) -> None:
        with self._mutex:
            if key in self._held:
                self._held.discard(key)
                fcntl.flock(self._files[key], fcntl.LOCK_UN)

    def _open(self, key: tuple[str, int | str]) -> int:
        if key not in self._files:
            if len(self._files) >= MAX_FILES:
                for other in [other for other in self._files if other not in self._held]:
                    os.close(self._files.pop(other))
            folder = self._folder / re.sub(r"[^0-9A-Za-z-]", "-", key[0])  # the name is Zoho's
            folder.mkdir(parents=True, exist_ok=True)
            self._files[key] = os.open(folder / str(key[1]), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._files[key]


class Line:
    """This process's queue for the places of one name: first come, first served, but a bulk job lets the others pass."""

    def __init__(self, locks: Locks, name: str) -> None:
        self._locks, self._name = locks, name
        self._mutex = threading.Lock()
        self._waiting: tuple[deque[threading.Event], deque[threading.Event]] = (deque(), deque())  # people, bulk jobs
        self._held: set[int] = set()

    def take(self, size: int, until: float, *, is_bulk: bool) -> int | None:
        """A place of ``size``, to be given back; None when there was none until then (monotonic seconds)."""
        with self._mutex:
            if not self._waiting[0] and not (is_bulk and self._waiting[1]):
                place = self._grab(size, is_bulk)
                if place is not None:
                    return place
            turn = threading.Event()
            self._waiting[is_bulk].append(turn)
        try:
            return self._wait(turn, size, until, is_bulk)
        finally:
            with self._mutex:
                self._waiting[is_bulk].remove(turn)
                if not is_bulk and not self._waiting[0]:
                    self._locks.signal(self._name, on=False)
                self._wake()

    def give_back(self, place: int) -> None:
        """The place is free again."""
        with self._mutex:
            self._held.discard(place)
            self._locks.free(self._name, place)
            self._wake()

    def _wait(self, turn: threading.Event, size: int, until: float, is_bulk: bool) -> int | None:
        while (left := until - monotonic()) > 0:
            is_next = self._next() is turn
            turn.wait(min(left, POLL_SECONDS * random.uniform(0.5, 1.5)) if is_next else left)  # noqa: S311 no secret
            turn.clear()
            with self._mutex:
                if self._next() is not turn:
                    continue
                if not is_bulk:
                    self._locks.signal(self._name, on=True)
                place = self._grab(size, is_bulk)
                if place is not None:
                    return place
        return None

    def _grab(self, size: int, is_bulk: bool) -> int | None:
        if len(self._held) >= size or (is_bulk and self._locks.is_signalled(self._name)):
            return None
        first = random.randrange(size)  # noqa: S311 else all processes would try the same ones first
        free = (number for shift in range(size) if (number := (first + shift) % size) not in self._held)
        place = self._locks.grab(self._name, free)
        if place is not None:
            self._held.add(place)
        return place

    def _next(self) -> threading.Event | None:
        return next((queue[0] for queue in self._waiting if queue), None)

    def _wake(self) -> None:
        turn = self._next()
        if turn is not None:
            turn.set()
