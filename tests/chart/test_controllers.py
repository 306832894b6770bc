"""Our values for other people's charts; what these make of them was seen with the versions of k8s/versions.env."""

from __future__ import annotations

import yaml
from rendering import ROOT


def values(name):
    return yaml.safe_load((ROOT / "k8s" / name).read_text(encoding="utf-8"))


def test_an_edge_behind_a_load_balancer_sees_the_clients_address():
    assert values("controllers/ingress-nginx.yaml")["controller"]["service"]["externalTrafficPolicy"] == "Local"
    assert values("controllers/traefik.yaml")["service"]["spec"]["externalTrafficPolicy"] == "Local"


def test_on_kind_no_edge_waits_for_a_load_balancer():
    nginx, traefik = (
        values("kind/ingress-nginx.yaml")["controller"]["service"],
        values("kind/traefik.yaml")["service"]["spec"],
    )
    assert nginx["type"] == traefik["type"] == "ClusterIP"
    # a ClusterIP with one is refused
    assert not nginx["externalTrafficPolicy"]
    assert traefik["externalTrafficPolicy"] is None


def test_kong_sends_no_request_to_a_service_twice():
    assert values("controllers/kong.yaml")["gateway"]["env"]["nginx_proxy_proxy_next_upstream"] == "off"


def test_every_controller_has_a_share_of_the_processor():
    """Without one it starves on a busy node, and its kubelet restarts it."""
    kong = values("controllers/kong.yaml")
    for resources in (
        kong["gateway"]["resources"],
        kong["controller"]["ingressController"]["resources"],
        values("controllers/ingress-nginx.yaml")["controller"]["resources"],
    ):
        assert resources["requests"]["cpu"]
        assert resources["limits"]["memory"]
