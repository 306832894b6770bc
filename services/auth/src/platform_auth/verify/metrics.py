"""Metrics of `/auth/verify`: cheap counters, and a histogram a batch, never one a request."""

from __future__ import annotations

import collections
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class VerifyOutcomes(Collector):
    """Number of responses, by outcome."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.allowed = 0
        self._others: collections.Counter[str] = collections.Counter()
        if registry is not None:
            registry.register(self)

    def count(self, outcome: str) -> None:
        """Count a response; requests allowed with a session are counted in `allowed` directly."""
        self._others[outcome] += 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Return the counter in Prometheus' format."""
        family = CounterMetricFamily(
            "auth_verify_requests", "Responses of /auth/verify by outcome.", labels=["outcome"]
        )
        for outcome, count in [("allowed", self.allowed), *self._others.items()]:
            family.add_metric([outcome], count)
        yield family


class SessionLookupMetrics:
    """How look-ups went."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._sizes = Histogram(
            "auth_session_lookup_batch_size",
            "Sessions looked up in one write to the store.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
            registry=registry,
        )
        self._seconds = Histogram(
            "auth_session_lookup_duration_seconds",
            "Time from the first look-up of a batch to the store's reply.",
            buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
            registry=registry,
        )
        self._failures = Counter(
            "auth_session_lookup_failures_total",
            "Session look-ups that the store did not reply to.",
            registry=registry,
        )

    def succeeded(self, size: int, seconds: float) -> None:
        """Record a batch with its replies."""
        self._sizes.observe(size)
        self._seconds.observe(seconds)

    def failed(self, size: int) -> None:
        """Record a batch without a reply."""
        self._failures.inc(size)
