"""Waiting for dependencies at the start: in a new installation everything starts at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

# Below the limit of a whole start, so that the error is the one that names the variable (seconds).
WAIT_SECONDS = 6.0
POLL_SECONDS = 0.2


class NotYetAvailable(Exception):
    """The dependency is not available yet; the message is a clause with the reason."""


async def wait_until_available(check: Callable[[], Awaitable[None]], seconds: float = WAIT_SECONDS) -> str | None:
    """Call `check` until it raises NotYetAvailable no more, for `seconds` at most.

    Return None when the dependency is available, else the last reason. Other errors of `check` end the waiting.
    """
    reason = "does not respond"
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    await check()
                except NotYetAvailable as error:
                    reason = str(error)
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    return None
    except TimeoutError:
        return reason
