"""The edge's objects for Traefik: an IngressRoute with a rule for each path, and Middlewares."""

from __future__ import annotations

from platform_routes.metadata import platform_metadata, platform_name
from platform_routes.model import Object, Route
from platform_routes.paths import EXACT, Path
from platform_routes.platform import Platform
from platform_routes.verify import RESPONSE_HEADERS, verify_url

API_VERSION = "traefik.io/v1alpha1"
# An exact path beats every prefix, a longer prefix a shorter one.
EXACT_PRIORITY = 100_000
PREFIX_PRIORITY = 1_000


def build_edge(route: Route, platform: Platform) -> list[Object]:
    """Return the Middlewares of the route and the IngressRoute that uses them, in this order."""
    middlewares = _middlewares(route, platform)
    chain = [{"name": middleware["metadata"]["name"]} for middleware in middlewares]
    if route.auth == "public":
        # of the chart, for every public path: a client's own identity headers go no further
        chain.append({"name": platform.object_name("edge-public")})
    host = platform.host_of(route)
    secure = bool(platform.edge.tls_secret)
    spec: Object = {"entryPoints": ["websecure" if secure else "web"]}
    if secure:
        spec["tls"] = {"secretName": platform.edge.tls_secret}
    spec["routes"] = [_rule(path, host, chain, platform) for path in route.paths]
    objects = [*middlewares, _ingress_route(route, platform, "", spec)]
    if secure and not platform.is_own_host(route):
        objects.append(_ingress_route(route, platform, "-to-https", _to_https(route, platform)))
    return objects


def _rule(path: Path, host: str, chain: list[dict[str, str]], platform: Platform) -> Object:
    element = path.element
    if path.type == EXACT:
        match, priority = f"Path(`{path.path}`)", EXACT_PRIORITY + len(path.path)
    elif not element:
        match, priority = "PathPrefix(`/`)", PREFIX_PRIORITY
    else:
        # by path element: PathPrefix alone would take /api/membership for /api/members
        match, priority = f"(Path(`{element}`) || PathPrefix(`{element}/`))", PREFIX_PRIORITY + len(element)
    return {
        "kind": "Rule",
        "match": f"Host(`{host}`) && {match}",
        "priority": priority,
        "middlewares": chain,
        "services": _gateway(platform),
    }


def _gateway(platform: Platform) -> list[Object]:
    return [{"name": platform.gateway.service, "port": platform.gateway.port}]


def _ingress_route(route: Route, platform: Platform, suffix: str, spec: Object) -> Object:
    annotations = {"kubernetes.io/ingress.class": platform.edge.class_name, **platform.edge.annotations}
    name = platform_name(route, platform) + suffix
    metadata = platform_metadata(route, platform, name, annotations)
    return {"apiVersion": API_VERSION, "kind": "IngressRoute", "metadata": metadata, "spec": spec}


def _to_https(route: Route, platform: Platform) -> Object:
    rule = {
        "kind": "Rule",
        "match": f"Host(`{platform.host_of(route)}`) && PathPrefix(`/`)",
        "middlewares": [{"name": platform.object_name("edge-to-https")}],
        "services": _gateway(platform),
    }
    return {"entryPoints": ["web"], "routes": [rule]}


def _middlewares(route: Route, platform: Platform) -> list[Object]:
    made: list[Object] = []

    def add(suffix: str, spec: Object) -> None:
        metadata = platform_metadata(route, platform, f"{platform_name(route, platform)}-{suffix}")
        made.append({"apiVersion": API_VERSION, "kind": "Middleware", "metadata": metadata, "spec": spec})

    if route.rate_limit:
        average = route.rate_limit.per_second
        add("rate", {"rateLimit": {"average": average, "burst": average * route.rate_limit.burst_factor}})
    if route.max_body_bytes is not None:
        add("body", {"buffering": {"maxRequestBodyBytes": route.max_body_bytes}})
    if route.auth != "public":
        forward = {
            "address": verify_url(route, platform),
            # X-Forwarded-… headers of the client do not reach auth
            "trustForwardHeader": False,
            "authResponseHeaders": list(RESPONSE_HEADERS),
        }
        add("verify", {"forwardAuth": forward})
    return made
