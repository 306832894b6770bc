"""A steady stream of requests, and what became of each."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import httpx2


@dataclass
class Load:
    """Requests at a rate, by several clients, until it is stopped. A request is never sent twice."""

    send: Callable[[httpx2.Client, int], httpx2.Response]
    new_client: Callable[[], httpx2.Client]
    rate: float = 50
    clients: int = 10
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._numbers = itertools.count()
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return sum(self.outcomes.values())

    def _run(self) -> None:
        with self.new_client() as client:
            while True:
                number = next(self._numbers)
                due = self._began + number / self.rate
                if self._stop.wait(max(0.0, due - time.monotonic())):
                    return
                self._one(client, number)

    def _one(self, client: httpx2.Client, number: int) -> None:
        moment = time.monotonic() - self._began
        try:
            response = self.send(client, number)
        except httpx2.HTTPError as error:
            self.outcomes["error"] += 1
            self.failures.append(f"{moment:.1f} s: {type(error).__name__} {error}")
            return
        self.outcomes[str(response.status_code)] += 1
        if not response.is_success:
            self.failures.append(f"{moment:.1f} s: {response.status_code} {response.text[:200]}")
