"""Wait for something by asking again, never by a fixed pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

# Between two questions (seconds): often enough to be quick, seldom enough to leave the machine alone.
PAUSE = 0.05


def eventually(ask: Callable[[], Answer | None], what: str, *, within: float = 30.0, pause: float = PAUSE) -> Answer:
    """Return the first true answer of `ask`. Raises AssertionError naming `what` when none came `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        response = ask()
        if response:
            return response
        assert time.monotonic() < deadline, f"not within {within:g} s: {what} (last answer: {response!r})"
        time.sleep(pause)
