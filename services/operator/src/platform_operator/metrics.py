"""Metrics of the operator."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

calls = Counter("operator_api_calls", "Calls of the Kubernetes API.", ["method", "resource"])
reconciles = Counter("operator_reconcile", "Reconciliations of objects.", ["kind", "result"])
duration = Histogram(
    "operator_reconcile_duration_seconds",
    "Duration of reconciliations.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
leader = Gauge("operator_leader", "Whether this operator is the leader (1) or waits for another one (0).")
workqueue_depth = Gauge("operator_workqueue_depth", "Objects in the work queue.")
routes = Gauge("operator_routes", "Routes, by whether they are accepted.", ["accepted"])
rotations = Counter("operator_key_rotations", "Changes of signing keys.", ["cause"])
