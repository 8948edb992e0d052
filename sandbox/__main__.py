"""``python -m sandbox --host 127.0.0.1 --port 8001 [--state-file F]``: serve until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from sandbox.server import LOOPBACK, build


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def main(arguments: list[str] | None = None) -> int:
    """Serve on one loopback port."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A fake Zoho for trying things out.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--state-file", type=Path, help="keep grants, tokens and edits here")
    given = parser.parse_args(arguments)
    if given.host not in LOOPBACK:
        parser.error(f"the sandbox listens on loopback only, not on {given.host}")
    logging.basicConfig(format="sandbox: %(message)s")
    signal.signal(signal.SIGTERM, _stop)
    try:
        world, servers = build(given.host, (given.port,), state_file=given.state_file)
    except OSError as exc:
        parser.exit(1, f"sandbox: cannot listen on {given.host}:{given.port}: {exc.strerror}\n")
    sys.stdout.write(f"Zoho sandbox on {world.accounts_url}\n")
    sys.stdout.flush()
    try:
        servers[0].serve_forever(0.1)
    finally:
        world.stopped.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
