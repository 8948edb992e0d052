"""The one Chromium of a test run. Playwright's loop can run only once in a process: whoever wants a browser asks for this one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

QUIET = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync "
    "--disable-extensions --disable-features=Translate,MediaRouter,OptimizationHints"
).split()


def find_chromium() -> str | None:
    return next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Browser]:
    found = find_chromium()
    assert found is not None
    with sync_playwright() as playwright:
        sandboxing = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to start as root otherwise
        browser = playwright.chromium.launch(executable_path=found, args=[*QUIET, *sandboxing])
        yield browser
        browser.close()
