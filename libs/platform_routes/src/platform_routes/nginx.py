"""The edge's objects for ingress-nginx: one Ingress, from which the controller makes a location per path."""

from __future__ import annotations

from platform_routes.metadata import platform_metadata, platform_name
from platform_routes.model import Object, Route
from platform_routes.platform import Platform
from platform_routes.verify import RESPONSE_HEADERS, verify_url

PREFIX = "nginx.ingress.kubernetes.io"


def build_edge(route: Route, platform: Platform) -> list[Object]:
    """Return the Ingress that authenticates each request by auth and forwards it to the gateway."""
    host = platform.host_of(route)
    spec: Object = {"ingressClassName": platform.edge.class_name}
    if platform.edge.tls_secret:
        spec["tls"] = [{"hosts": [host], "secretName": platform.edge.tls_secret}]
    backend = {"service": {"name": platform.gateway.service, "port": {"number": platform.gateway.port}}}
    paths = [{"path": path.path, "pathType": path.type, "backend": backend} for path in route.paths]
    spec["rules"] = [{"host": host, "http": {"paths": paths}}]
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": platform_metadata(
                route, platform, platform_name(route, platform), _annotations(route, platform)
            ),
            "spec": spec,
        }
    ]


def _annotations(route: Route, platform: Platform) -> dict[str, str]:
    edge = platform.edge
    annotations = {
        f"{PREFIX}/proxy-body-size": str(route.max_body_bytes or edge.max_body_bytes),
        f"{PREFIX}/proxy-connect-timeout": "5",
        # A PUT or DELETE must not be sent again over another connection: the service may have acted on it.
        f"{PREFIX}/proxy-next-upstream": "off",
        f"{PREFIX}/proxy-read-timeout": str(edge.timeout_seconds),
        f"{PREFIX}/proxy-send-timeout": str(edge.timeout_seconds),
    }
    if route.auth != "public":
        annotations[f"{PREFIX}/auth-url"] = verify_url(route, platform)
        annotations[f"{PREFIX}/auth-response-headers"] = ",".join(RESPONSE_HEADERS)
        annotations[f"{PREFIX}/auth-always-set-cookie"] = "true"
    if edge.tls_secret:
        annotations[f"{PREFIX}/ssl-redirect"] = "true"
        if edge.issuer_name and platform.is_own_host(route):
            kind = "cluster-issuer" if edge.issuer_kind == "ClusterIssuer" else "issuer"
            annotations[f"cert-manager.io/{kind}"] = edge.issuer_name
    if route.rate_limit:
        annotations[f"{PREFIX}/limit-rps"] = str(route.rate_limit.per_second)
        annotations[f"{PREFIX}/limit-burst-multiplier"] = str(route.rate_limit.burst_factor)
    return {**annotations, **edge.annotations}
