"""Keeps the sandbox's state in one JSON file, so that a restart does not end the demo's connection."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from sandbox.wire import dumps, loads
from sandbox.world import World

log = logging.getLogger(__name__)


def keep(world: World, path: Path) -> None:
    """Take up the file's state, and write it after each change. A file that cannot be read is set aside."""
    try:
        world.load(loads(path.read_bytes()))
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        aside = path.with_name(path.name + ".damaged")
        path.replace(aside)
        log.warning("The sandbox's state could not be read (%s); it is kept as %s, and we start afresh.", exc, aside.name)
        fresh = World(world.now)
        world.started_at = fresh.started_at
        world.grants, world.crm, world.desk = (
            fresh.grants,
            type(world.crm)(world.config, world.now, world.now()),
            type(world.desk)(world.config, world.now, world.now()),
        )
    world.on_change = lambda: _write(world, path)


def _write(world: World, path: Path) -> None:
    """All or nothing: a new file, then a rename. Tokens are in it, so nobody else may read it."""
    new = path.with_name(path.name + ".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(dumps(world.dump()).encode("utf-8", "replace"))
    new.replace(path)
