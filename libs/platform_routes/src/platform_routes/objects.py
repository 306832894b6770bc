"""All objects of a route, in the groups that are written one after the other."""

from __future__ import annotations

from platform_routes import kong, network_policies, nginx, traefik
from platform_routes.metadata import stamped
from platform_routes.model import Backend, Object, Route
from platform_routes.platform import Platform


def build_ingress_policies(route: Route, platform: Platform, backend: Backend | None) -> list[Object]:
    """Return the policy that closes the service to all but the gateway.

    Without a Service that can be used there is none: whose pods it would close is not known.
    """
    if not platform.network_policies or backend is None or not is_usable(route, backend):
        return []
    return [stamped(network_policies.build_ingress_policy(route, platform, backend))]


def build_edge(route: Route, platform: Platform) -> list[Object]:
    """Return the edge's objects, which authenticate each request of the route by auth."""
    edge = nginx if platform.edge.edge_class == "nginx" else traefik
    return [stamped(body) for body in edge.build_edge(route, platform)]


def build_egress_policies(route: Route, platform: Platform, backend: Backend | None) -> list[Object]:
    """Return the policy that lets the standalone gateway reach the service's pods."""
    if not platform.network_policies or backend is None or not is_usable(route, backend):
        return []
    return [stamped(network_policies.build_egress_policy(route, platform, backend))]


def build_kong(route: Route, platform: Platform) -> list[Object]:
    """Return Kong's objects: plugins first, because the Ingresses name them."""
    return [stamped(body) for body in kong.build_gateway(route, platform)]


def is_usable(route: Route, backend: Backend) -> bool:
    """Tell whether the gateway can send the route's requests to the Service."""
    return not backend.fault and backend.target(int(route.port)) is not None
