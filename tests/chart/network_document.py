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

Generated from the chart's objects by `make chart-docs`; `make test-chart` fails when it is out of date.

All ingress and egress of the release's pods is denied except for these connections, shown for a release with all
services, the standalone gateway, Traefik as the edge and Prometheus in the namespace `monitoring`. With Kong,
`gateway` is Kong's proxy in its own namespace. In addition every component except `postgres` and `redis` may use the
cluster's DNS (and a node-local cache), and the pod of `helm test` may reach the edge. With `mail.enabled` there is one
more component, `mail-worker`: it may reach PostgreSQL and the mail server (`networkPolicy.mail.cidrs`), and only
Prometheus may reach it.

The policies are generated from one list, `member-platform.flows` in `charts/member-platform/templates/_network.tpl`.
Pods outside of the release are selected by their namespace and by the labels in `values.yaml`.

Three tests cover the policies: `tests/chart/test_network.py` computes the allowed connections from the objects,
`tests/cluster/test_network.py` opens real connections between all pairs on all ports, and `helm test` tries one denied
connection and fails if the cluster's network plugin does not enforce NetworkPolicies.
"""


def rows() -> list[tuple[str, str, str]]:
    """Every allowed pair: from, to, and by which ports."""
    documents = render("traefik-standalone-values.yaml", "networkPolicy.prometheus.namespace=monitoring")
    network = Network.from_documents(documents)
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
    lines = [HEAD, "## Diagram", "", "```mermaid", "flowchart LR", "  client([client]) --> edge"]
    lines += [f"  {source} -->|{ports}| {target}" for source, target, ports in rows()]
    lines += ["```", "", "## Matrix", "", "| from | to | ports |", "|---|---|---|"]
    lines += [f"| {source} | {target} | {ports} |" for source, target, ports in rows()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
