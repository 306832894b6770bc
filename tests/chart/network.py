"""What NetworkPolicies allow, computed from the objects: the API's semantics, as far as the chart uses them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rendering import NAMESPACE, Document, of_kind, pod_templates


@dataclass(frozen=True)
class Party:
    """A pod, or an address outside of the cluster."""

    name: str
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    address: str = ""

    @classmethod
    def pod(cls, name: str, namespace: str, labels: dict[str, str]) -> Party:
        return cls(name, namespace, tuple(sorted(labels.items())))


@dataclass
class Network:
    """The policies of a release, and who is in it."""

    policies: list[Document]
    pods: dict[str, Party] = field(default_factory=dict)

    @classmethod
    def from_documents(cls, documents: tuple[Document, ...]) -> Network:
        pods = {}
        for _, template in pod_templates(documents):
            labels = template["metadata"]["labels"]
            component = labels["app.kubernetes.io/component"]
            pods[component] = Party.pod(component, NAMESPACE, labels)
        return cls(of_kind(documents, "NetworkPolicy"), pods)

    def allows(self, source: Party, target: Party, port: int, protocol: str = "TCP") -> bool:
        """Tell whether `source` may open a connection to `target`: both sides must agree."""
        return self._side("egress", source, target, port, protocol) and self._side(
            "ingress", target, source, port, protocol
        )

    def _side(self, direction: str, owner: Party, peer: Party, port: int, protocol: str) -> bool:
        governing = [policy for policy in self.policies if self._governs(policy, owner, direction)]
        if not governing:
            return True
        key = "from" if direction == "ingress" else "to"
        return any(
            _port_fits(rule.get("ports"), port, protocol) and _peer_fits(rule.get(key), policy, peer)
            for policy in governing
            for rule in policy["spec"].get(direction) or ()
        )

    @staticmethod
    def _governs(policy: Document, owner: Party, direction: str) -> bool:
        spec = policy["spec"]
        return (
            direction.capitalize() in spec["policyTypes"]
            and owner.namespace == policy["metadata"]["namespace"]
            and _selected(spec["podSelector"], dict(owner.labels))
        )


def _selected(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}, "the model knows labels only"
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def _peer_fits(peers: Iterable[Any] | None, policy: Document, party: Party) -> bool:
    return not peers or any(_one_peer_fits(peer, policy, party) for peer in peers)


def _one_peer_fits(peer: dict[str, Any], policy: Document, party: Party) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        return bool(party.address) and ipaddress.ip_address(party.address) in ipaddress.ip_network(block["cidr"])
    if party.address:
        return False
    if "namespaceSelector" in peer:
        if not _selected(peer["namespaceSelector"], {"kubernetes.io/metadata.name": party.namespace}):
            return False
    elif party.namespace != policy["metadata"]["namespace"]:
        return False
    return _selected(peer.get("podSelector", {}), dict(party.labels))


def _port_fits(ports: Iterable[Any] | None, port: int, protocol: str) -> bool:
    return not ports or any(item["port"] == port and item.get("protocol", "TCP") == protocol for item in ports)
