"""The kinds that the operator reads and writes, and their URL paths."""

from __future__ import annotations

from dataclasses import dataclass

from platform_routes.model import API_VERSION


@dataclass(frozen=True)
class Kind:
    """A kind: API version, name, and plural in URLs."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
        """Return the path of one object, of a namespace's objects, or of all objects."""
        parts = [f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"]
        if self.namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


PROTECTED_ROUTE = Kind(API_VERSION, "ProtectedRoute", "protectedroutes")
ROUTE_GRANT = Kind(API_VERSION, "RouteGrant", "routegrants", namespaced=False)
SIGNING_KEY_RING = Kind(API_VERSION, "SigningKeyRing", "signingkeyrings")
SERVICE = Kind("v1", "Service", "services")
ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
SECRET = Kind("v1", "Secret", "secrets")
CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
EVENT = Kind("v1", "Event", "events")
NETWORK_POLICY = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
INGRESS = Kind("networking.k8s.io/v1", "Ingress", "ingresses")
INGRESS_ROUTE = Kind("traefik.io/v1alpha1", "IngressRoute", "ingressroutes")
MIDDLEWARE = Kind("traefik.io/v1alpha1", "Middleware", "middlewares")
CLUSTER_ROLE = Kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False)
CLUSTER_KOPF_PEERING = Kind("kopf.dev/v1", "ClusterKopfPeering", "clusterkopfpeerings", namespaced=False)
KONG_PLUGIN = Kind("configuration.konghq.com/v1", "KongPlugin", "kongplugins")

# The kinds of routes' objects, with any edge and gateway.
MANAGED_KINDS = (NETWORK_POLICY, INGRESS, INGRESS_ROUTE, MIDDLEWARE, KONG_PLUGIN)
_MANAGED = {(kind.api_version, kind.kind): kind for kind in MANAGED_KINDS}


def managed_kinds(edge_class: str, gateway: str) -> tuple[Kind, ...]:
    """Return the kinds of routes' objects with this edge and this gateway."""
    kinds = [NETWORK_POLICY]
    if edge_class == "traefik":
        kinds += [INGRESS_ROUTE, MIDDLEWARE]
    if edge_class == "nginx" or gateway == "kong":
        kinds.append(INGRESS)
    if gateway == "kong":
        kinds.append(KONG_PLUGIN)
    return tuple(kinds)


def kind_of(api_version: str, kind: str) -> Kind:
    """Return a kind that the operator creates. Raises KeyError."""
    return _MANAGED[api_version, kind]
