"""Metric names of all services follow the rules that `promtool check metrics` applies.

Promtool and its library exist in Go only, and check a running process, which shows only the metrics it has used. This
test needs no Go, and reads every definition in the sources.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted(
    file for folder in ("libs", "services", "standalone") for file in (ROOT / folder).rglob("*.py")
    if "src" in file.relative_to(ROOT).parts
)  # fmt: skip
TYPES = {"Counter", "Gauge", "Histogram", "Summary"}
# The prefix of a name says which component it belongs to, or which protocol it measures.
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
# Prometheus has base units only (https://prometheus.io/docs/practices/naming/).
NOT_BASE_UNITS = {
    "ms", "milliseconds", "us", "microseconds", "ns", "nanoseconds", "minutes", "hours", "days", "weeks",
    "kilobytes", "kib", "kb", "megabytes", "mib", "mb", "gigabytes", "bits", "percent",
}  # fmt: skip
RESERVED_LABELS = {"le", "quantile"}


def metrics_in(source: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield type, name, help and labels of every metric that the source defines."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        kind = node.func.id.removesuffix("MetricFamily")
        if kind not in TYPES:
            continue
        texts = [item.value for item in node.args[:2] if isinstance(item, ast.Constant)]
        if len(texts) == 2 and all(isinstance(text, str) for text in texts):
            named = [keyword.value for keyword in node.keywords if keyword.arg in {"labels", "labelnames"}]
            labels = ast.literal_eval(next(iter([*node.args[2:3], *named]))) if node.args[2:] or named else []
            yield kind, str(texts[0]), str(texts[1]), list(labels)


def faults(kind: str, name: str, text: str, labels: list[str]) -> list[str]:
    """Return what is wrong with a metric, in the words of `promtool check metrics`."""
    found = []
    words = name.split("_")
    if not NAME.fullmatch(name):
        found.append("metric names should be written in snake_case with a prefix")
    if not text.strip():
        found.append("no help text")
    if NOT_BASE_UNITS & set(words):
        found.append("use base units: seconds, bytes, ratio")
    if {kind.lower()} & set(words):
        found.append("metric name should not include type")
    if kind != "Counter" and name.endswith("_total"):
        found.append('non-counter metrics should not have "_total" suffix')
    if name.endswith(("_count", "_sum", "_bucket", "_info", "_created")):
        found.append("this suffix is reserved")
    if kind == "Histogram" and ("duration" in words) and not name.endswith("_seconds"):
        found.append("durations are in seconds")
    if RESERVED_LABELS & set(labels) or any(not re.fullmatch(r"[a-z][a-z0-9_]*", label) for label in labels):
        found.append("label names should be written in snake_case and not be reserved")
    return found


METRICS = [
    (file.relative_to(ROOT).as_posix(), *metric)
    for file in SOURCES
    for metric in metrics_in(file.read_text(encoding="utf-8"))
]


def test_the_metrics_of_every_component_are_found():
    names = {name for _, _, name, _, _ in METRICS}

    assert {
        "http_request_duration_seconds",
        "auth_verify_requests",
        "outbox_deliveries_pending",
        "password_hash_queue_depth",
    } <= names
    assert {file.split("/")[1] for file, *_ in METRICS} >= {"platform_common", "platform_database", "auth", "operator"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric[2])
def test_every_metric_follows_the_naming_rules(metric):
    _, kind, name, text, labels = metric

    assert faults(kind, name, text, labels) == []


@pytest.mark.parametrize(
    ("kind", "name", "labels"),
    [
        ("Gauge", "jobs_total", []), ("Histogram", "request_ms", []), ("Gauge", "camelCase_name", []),
        ("Histogram", "request_histogram", []), ("Counter", "requests_count", []), ("Gauge", "alone", []),
        ("Histogram", "request_duration_milliseconds", []), ("Gauge", "queue_depth", ["le"]),
    ],
)  # fmt: skip
def test_names_against_the_rules_are_found(kind, name, labels):
    assert faults(kind, name, "Help.", labels)
