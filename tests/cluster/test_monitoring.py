"""Prometheus, played by a pod with its labels, reads the metrics; no one else does."""

from __future__ import annotations

import json
from pathlib import Path

from cluster import NAMESPACE, SERVING, kubectl, objects, until
from outside import make_namespace


def test_prometheus_reads_every_components_metrics_and_a_stranger_none(installed):
    watchers = f"{NAMESPACE}-watchers"
    make_namespace(watchers)
    try:
        release = installed("monitoring", f"networkPolicy.prometheus.namespace={watchers}")
        components = [
            monitor["metadata"]["name"]
            for monitor in objects("servicemonitors.monitoring.coreos.com", namespace=release.namespace)
        ]
        assert len(components) == len(SERVING)
        urls = [f"http://{component}.{release.namespace}.svc.cluster.local:9090/metrics" for component in components]
        image = release.image("member")
        assert read(watchers, "prometheus", image, urls) == urls
        assert read(watchers, "someone", image, urls) == []
    finally:
        kubectl("delete", "namespace", watchers, "--wait=false")


def read(namespace, name, image, urls):
    """What a pod of this name (`app.kubernetes.io/name`) gets metrics from."""
    code = Path(__file__).with_name("reader.py").read_text(encoding="utf-8")
    labels = f"--labels=app.kubernetes.io/name={name}"
    command = ["--restart=Never", "--image", image, labels, "--command", "--", "python", "-c", code, *urls]
    kubectl("run", name, *command, namespace=namespace)
    until(
        f"{name} is done",
        lambda: "Succeeded" in kubectl("get", "pod", name, "-o", "jsonpath={.status.phase}", namespace=namespace),
    )
    return json.loads(kubectl("logs", name, namespace=namespace))
