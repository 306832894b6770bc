"""Everything that a route stands for, in the order in which it is made: closed first, open last."""

from __future__ import annotations

from platform_operator.routes.build import kong, network, nginx, traefik
from platform_operator.routes.build.metadata import stamped
from platform_operator.routes.model import Backend, Object, Route
from platform_operator.routes.platform import Platform


def build_objects(route: Route, platform: Platform, backend: Backend | None) -> list[Object]:
    """Return the objects of an accepted route.

    Without a Service that can be used the network's policies are not among them: whose pods they close is not known.
    """
    made: list[Object] = []
    if platform.network_policies and backend and is_usable(route, backend):
        made.append(network.build_closing(route, platform, backend))
        if platform.gateway.implementation == "standalone":
            made.append(network.build_way_out(route, platform, backend))
    if platform.gateway.implementation == "kong":
        made += kong.build_gateway(route, platform)
    edge = nginx if platform.edge.edge_class == "nginx" else traefik
    made += edge.build_edge(route, platform)
    return [stamped(body) for body in made]


def is_usable(route: Route, backend: Backend) -> bool:
    """Tell whether the gateway can send the route's requests to the Service."""
    return not backend.fault and backend.target(int(route.port)) is not None
