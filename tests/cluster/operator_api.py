"""What the operator's tests say to the API server, and the objects that they make there."""

from __future__ import annotations

import json

import httpx2
from cluster import NAMESPACE, until

PLATFORM = f"{NAMESPACE}-operator"
TEAM, OTHER = f"{NAMESPACE}-team", f"{NAMESPACE}-other"
HOST = "operator.test"

ROUTES = "/apis/memberplatform.dev/v1alpha1/namespaces/{}/protectedroutes"
GRANTS = "/apis/memberplatform.dev/v1alpha1/routegrants"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"
SERVICES = "/api/v1/namespaces/{}/services"
CONFIG_MAPS = f"/api/v1/namespaces/{PLATFORM}/configmaps"
GRANT = f"{NAMESPACE}-grant"


class Api:
    """The API server, for the tests' own requests."""

    def __init__(self, door):
        self.address = door.address
        host, port = door.address
        self.client = httpx2.Client(base_url=f"http://{host}:{port}", timeout=20)

    def close(self):
        self.client.close()

    def get(self, path):
        response = self.client.get(path)
        return response.json() if response.is_success else None

    def items(self, path):
        return [item["metadata"]["name"] for item in self.get(path)["items"]]

    def apply(self, path, body):
        """Make an object, or change it."""
        target = f"{path}/{body['metadata']['name']}"
        headers = {"Content-Type": "application/apply-patch+yaml"}
        parameters = {"fieldManager": "tests", "force": "true"}
        response = self.client.patch(target, params=parameters, headers=headers, content=json.dumps(body))
        assert response.is_success, response.text
        return response.json()

    def merge(self, path, patch):
        headers = {"Content-Type": "application/merge-patch+json"}
        assert self.client.patch(path, headers=headers, content=json.dumps(patch)).is_success

    def delete(self, path):
        self.client.delete(path)


def leftovers(api):
    """Everything that some route stands for."""
    found = api.items(INGRESSES.format(PLATFORM)) + api.items(POLICIES.format(PLATFORM))
    found += api.items(POLICIES.format(TEAM)) + api.items(POLICIES.format(OTHER))
    return found + list(table(api))


def table(api):
    """The entries of all tables of the gateway."""
    found = {}
    for body in api.get(CONFIG_MAPS)["items"]:
        if "-external-routes-" in body["metadata"]["name"]:
            found |= json.loads((body.get("data") or {}).get("routes.json", "{}")).get("routes", {})
    return found


def grant(prefixes, namespaces=(TEAM, OTHER), **spec):
    wide = {"allowPlatformHost": True, "maxRoutes": 2000, "maxPaths": 2000}
    return {
        "apiVersion": "memberplatform.dev/v1alpha1",
        "kind": "RouteGrant",
        "metadata": {"name": GRANT},
        "spec": {"namespaces": list(namespaces), "pathPrefixes": list(prefixes), **wide, **spec},
    }


def service(name="echo", namespace=TEAM, port=80):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": port, "targetPort": 8080}]},
    }


def route(name="echo", namespace=TEAM, path="/echo", **spec):
    return {
        "apiVersion": "memberplatform.dev/v1alpha1",
        "kind": "ProtectedRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"paths": [{"path": path}], "backend": {"service": "echo", "port": 80}, **spec},
    }


def conditions(api, name="echo", namespace=TEAM):
    """The conditions that are about the route as it is now: by type, the reason when it does not hold, else True."""
    body = api.get(f"{ROUTES.format(namespace)}/{name}")
    status = body.get("status") or {}
    if status.get("observedGeneration") != body["metadata"]["generation"]:
        return {}
    return {item["type"]: item["status"] == "True" or item["reason"] for item in status["conditions"]}


def programmed(api, **where):
    return conditions(api, **where).get("Programmed") is True


def make(api, **given):
    """Make a route and wait until it is programmed."""
    body = route(**given)
    api.apply(ROUTES.format(body["metadata"]["namespace"]), body)
    where = {"name": body["metadata"]["name"], "namespace": body["metadata"]["namespace"]}
    until("the route is programmed", lambda: programmed(api, **where), within=30, pause=0.05)
