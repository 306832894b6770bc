"""A limit on new anonymous carts: each is a row for days, and any client can create one."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from platform_shop.cart.errors import TooManyCarts

_WINDOW_SECONDS = 600
# Maximum number of remembered clients, the oldest are forgotten first; some hundred bytes each.
_MOST_CLIENTS = 10_000


class CartCreation:
    """Counts the new carts of each client, in windows that begin with its first."""

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now = now
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admit(self, client: str) -> None:
        """Count one more. Raises TooManyCarts."""
        now = self._now()
        ends, made = self._windows.get(client, (0.0, 0))
        if now >= ends:
            self._windows.pop(client, None)
            ends, made = now + _WINDOW_SECONDS, 0
        if made >= self._most:
            raise TooManyCarts(retry_after=math.ceil(ends - now))
        self._windows[client] = (ends, made + 1)
        if len(self._windows) > _MOST_CLIENTS:
            self._windows.popitem(last=False)
