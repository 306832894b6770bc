"""Writes docs/network-policies.md from the rendered objects: `python network_document.py FILE`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from network import Network, Party
from rendering import of_kind, render

PORTS = {8080: "http", 9090: "metrics", 8000: "gateway", 5432: "postgres", 6379: "redis", 443: "api", 6443: "api"}
OUTSIDE = (
    Party.pod("edge", "traefik", {}),
    Party.pod("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}),
    Party("api-server", address="203.0.113.7"),
)

HEAD = """# Network policies

Made from the chart's objects by `make chart-docs`; `make test-chart` fails when it is out of date.

Every pod of the release is denied everything, both ways, and then allowed exactly what stands here: all services
enabled, the standalone gateway, Traefik as the edge, Prometheus in the namespace `monitoring`. With Kong, `gateway`
is Kong's proxy in its own namespace. Besides, every part but `postgres` and `redis` asks the cluster's DNS (and a
cache on the node), and `test`, the pod of `helm test`, reaches the edge.

The one list that the policies are made from is `member-platform.flows` in
`charts/member-platform/templates/_network.tpl`. Who stands outside is chosen by the namespace's name, and by labels
where `values.yaml` gives some.

Three tests hold it: the chart's (`tests/chart/test_network.py`, computed from the objects), the cluster's
(`tests/cluster/test_network.py`, real connections between all pairs on all ports), and `helm test`, which tries one
denied pair and says when the cluster's network plugin does not enforce policies at all.
"""


def rows() -> list[tuple[str, str, str]]:
    """Every allowed pair: from, to, and by which ports."""
    documents = render("traefik-standalone-values.yaml", "networkPolicy.prometheus.namespace=monitoring")
    network = Network.of(documents)
    assert of_kind(documents, "NetworkPolicy")
    parties = [*OUTSIDE, *network.pods.values()]
    found = []
    for source, target in itertools.permutations(parties, 2):
        if (source in OUTSIDE and target in OUTSIDE) or "test" in (source.name, target.name):
            continue
        names = sorted({f"{PORTS[port]} {port}" for port in PORTS if network.allows(source, target, port)})
        if names:
            found.append((source.name, target.name, ", ".join(names)))
    return sorted(found)


def document() -> str:
    """The whole document."""
    lines = [HEAD, "## Drawn", "", "```mermaid", "flowchart LR", "  client([client]) --> edge"]
    lines += [f"  {source} -->|{ports}| {target}" for source, target, ports in rows()]
    lines += ["```", "", "## The matrix", "", "| from | to | ports |", "|---|---|---|"]
    lines += [f"| {source} | {target} | {ports} |" for source, target, ports in rows()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
