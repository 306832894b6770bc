"""The metrics of /auth/verify as Prometheus reads them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from platform_auth.verify.metrics import BatchHistogram

BUCKETS = (0.0002, 0.5, 1, 16)


def exposition(kind: type, values: list[float]) -> list[str]:
    registry = CollectorRegistry()
    histogram = kind("lookup_seconds", "Time.", buckets=BUCKETS, registry=registry)
    for value in values:
        histogram.observe(value)
    # the time of creation, which differs, is no part of the text format
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


@given(st.lists(st.one_of(st.sampled_from(BUCKETS), st.floats(0, 100))))
def test_the_histogram_is_read_as_that_of_the_library(values):
    assert exposition(BatchHistogram, values) == exposition(Histogram, values)
