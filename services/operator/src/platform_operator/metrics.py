"""What the operator measures."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

calls = Counter("operator_api_calls", "Calls of the API server.", ["method", "resource"])
reconciles = Counter(
    "operator_reconciles", "Times that an object was brought to what is asked for.", ["kind", "outcome"]
)
duration = Histogram(
    "operator_reconcile_duration_seconds",
    "How long that took.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
leading = Gauge("operator_leading", "Whether this operator works (1) or waits for a peer that leads (0).")
queue_length = Gauge("operator_queue_length", "Objects that wait to be looked at.")
routes = Gauge("operator_routes", "Routes, by whether they are accepted.", ["accepted"])
rotations = Counter("operator_key_rotations", "Times that a ring of signing keys was turned.", ["cause"])
