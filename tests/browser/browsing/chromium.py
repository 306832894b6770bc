"""The browser: the system's own Chromium, driven by Playwright, which is never to bring one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

FIND = Path(__file__).parents[3] / "scripts" / "chromium.sh"

# It speaks to no one but the platform.
FLAGS = [
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


class NoBrowser(RuntimeError):
    """There is no Chromium on this machine; the message says how to get one."""


def find_chromium() -> str:
    """Return the browser's program. Raises NoBrowser."""
    found = subprocess.run(["sh", FIND], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise NoBrowser(found.stderr.strip())
    return found.stdout.strip()


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Give a running browser. Raises NoBrowser."""
    # The sandbox needs a user who is not root.
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--headless=new", *flags])
    try:
        yield browser
    finally:
        browser.close()
