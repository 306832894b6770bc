"""An API server in memory: objects, their owners' fields, refusals; and a route's reconciler on top of it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

from operator_samples import platform as sample_platform
from platform_operator.kube.errors import Conflict, NotFound, api_error
from platform_operator.kube.kinds import ENDPOINT_SLICE, INGRESS, PROTECTED_ROUTE, SERVICE, Kind
from platform_operator.routes.decisions import Admission
from platform_operator.routes.edge import Edge
from platform_operator.routes.gateways.kong import KongGateway
from platform_operator.routes.gateways.reports import GatewayReports, Report
from platform_operator.routes.gateways.standalone import StandaloneGateway
from platform_operator.routes.reconcile import RouteReconciler
from platform_operator.routes.state import State
from platform_operator.routes.tables import Tables
from platform_operator.routes.writer import ObjectWriter
from platform_routes.metadata import route_of
from platform_routes.model import RouteKey

ACCEPTED = Admission(True, "Accepted", "Granted.", ("everything",))
Object = dict[str, Any]


class FakeCluster:
    """What `Cluster` does, without a server. `refuse`: the status that a write is answered with, or None."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.calls: list[str] = []
        self.refuse: Callable[[str, Kind, str], int | None] = lambda _verb, _kind, _name: None
        self._versions = itertools.count(100)

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        try:
            return copy.deepcopy(self.objects[kind.kind, namespace or "", name])
        except KeyError:
            raise NotFound(404, name) from None

    async def list_all(self, kind: Kind, namespace: str | None = None, selector: str = "") -> tuple[list[Object], int]:  # noqa: ARG002 (there are no labels to select by)
        found = [body for body in self.of_kind(kind.kind) if namespace in {None, body["metadata"].get("namespace")}]
        return copy.deepcopy(found), next(self._versions)

    async def apply(self, kind: Kind, body: Object, force: bool = True) -> Object:
        metadata = body["metadata"]
        place = (kind.kind, metadata.get("namespace", ""), metadata["name"])
        self._note("apply", kind, metadata["name"])
        found = self.objects.get(place)
        if metadata.get("uid") and (found is None or found["metadata"]["uid"] != metadata["uid"]):
            raise Conflict(409, "the uid is another one")
        if found and not force and route_of(found) != route_of(body):
            raise Conflict(409, "conflict with another manager")
        uid = found["metadata"].get("uid") if found else None
        written = copy.deepcopy({**(found or {}), **body})
        version = str(next(self._versions))
        written["metadata"] |= {"uid": uid or f"uid-{version}", "resourceVersion": version}
        self.objects[place] = written
        return copy.deepcopy(written)

    async def merge(self, kind: Kind, namespace: str | None, name: str, patch: Object, subresource: str = "") -> Object:
        self._note("status" if subresource else "merge", kind, name)
        found = self.objects[kind.kind, namespace or "", name]
        found["metadata"]["resourceVersion"] = str(next(self._versions))
        found["status"] = patch["status"]
        return copy.deepcopy(found)

    async def create(self, kind: Kind, body: Object) -> Object:
        self._note("create", kind, body["reason"] if kind.kind == "Event" else body["metadata"]["name"])
        return body

    async def delete(self, kind: Kind, namespace: str | None, name: str, uid: str = "") -> None:
        self._note("delete", kind, name)
        found = self.objects.get((kind.kind, namespace or "", name))
        if found and uid and found["metadata"]["uid"] != uid:
            raise Conflict(409, "the uid is another one")
        self.objects.pop((kind.kind, namespace or "", name), None)

    def _note(self, verb: str, kind: Kind, name: str) -> None:
        if status := self.refuse(verb, kind, name):
            raise api_error(status, "refused by the test")
        self.calls.append(f"{verb} {kind.kind} {name}")

    def of_kind(self, kind: str) -> list[Object]:
        """The objects of a kind."""
        return [body for (found, _, _), body in self.objects.items() if found == kind]


class World:
    """Routes on a platform, with a clock and gateway pods that the test moves."""

    def __init__(self, edge: str = "traefik", gateway: str = "standalone", **changes: Any) -> None:
        self.platform = sample_platform(edge, gateway, **changes)
        self.cluster = FakeCluster()
        self.state = State(self.platform.namespace)
        self.now = 1000.0
        self.woken: set[RouteKey] = set()
        writer = ObjectWriter(self.cluster, self.state)  # type: ignore[arg-type]
        self.tables = Tables(self.cluster, self.platform, lambda: 1)  # type: ignore[arg-type]
        self.reports = GatewayReports(self.platform, self.woken.update)
        is_kong = gateway == "kong"
        self.gateway: Any = (
            KongGateway(self.cluster, self.platform, self.state, writer, lambda: self.now)  # type: ignore[arg-type]
            if is_kong
            else StandaloneGateway(self.platform, self.tables, self.reports, writer, lambda: None)
        )
        edge_of = Edge(self.platform, writer, self.gateway, lambda: self.now)
        self.reconciler = RouteReconciler(
            self.cluster,  # type: ignore[arg-type]
            self.platform,
            self.state,
            writer,
            edge_of,
            self.gateway,
            lambda: "2026-01-01T00:00:00Z",
            lambda: True,
            lambda: self.now,
        )

    def add(self, body: Object) -> RouteKey:
        """Have the cluster know a ProtectedRoute, or its next generation, and its Service."""
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        place = ("ProtectedRoute", namespace, name)
        body["metadata"]["resourceVersion"] = str(next(self.cluster._versions))
        if place in self.cluster.objects:
            body["status"] = self.cluster.objects[place].get("status", {})
        self.cluster.objects[place] = body
        self.state.put(PROTECTED_ROUTE, copy.deepcopy(body))
        spec = {"clusterIP": "10.96.0.7", "selector": {"app": "echo"}, "ports": [{"port": 80, "targetPort": "http"}]}
        metadata = {"namespace": namespace, "name": body["spec"]["backend"]["service"], "resourceVersion": "5"}
        service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
        self.cluster.objects["Service", namespace, metadata["name"]] = service
        self.state.put(SERVICE, service)
        return RouteKey(namespace, name)

    def remove(self, key: RouteKey) -> None:
        """Have the ProtectedRoute gone."""
        body = self.cluster.objects.pop(("ProtectedRoute", key.namespace, key.name))
        body["metadata"]["resourceVersion"] = str(next(self.cluster._versions))
        self.state.drop(PROTECTED_ROUTE, body)

    def add_pod(self, namespace: str = "echo", service: str = "echo") -> None:
        """Have a Service a ready pod."""
        labels = {"kubernetes.io/service-name": service}
        metadata = {"name": f"{service}-1", "namespace": namespace, "labels": labels, "resourceVersion": "7"}
        self.state.put(ENDPOINT_SLICE, {"metadata": metadata, "endpoints": [{"addresses": ["10.0.1.1"]}]})

    def add_gateway_pod(self, address: str = "10.0.0.1") -> None:
        """Have the gateway one pod, which has reported nothing yet."""
        labels = {"kubernetes.io/service-name": self.platform.gateway.service}
        metadata = {"name": "gateway-1", "namespace": self.platform.namespace, "labels": labels}
        self.reports.handle_event({"metadata": metadata, "endpoints": [{"addresses": [address]}]}, gone=False)

    def report(self, address: str = "10.0.0.1", **refused: str) -> None:
        """Have a pod of the gateway say that it follows what is written."""
        serials = {number: document["serial"] for number, document in self.tables.documents({}).items()}
        self.reports.record(address, Report(serials, {name.replace("__", "/"): why for name, why in refused.items()}))

    def follow(self) -> None:
        """Have the gateway do what is written."""
        for address in self.reports.addresses:
            self.report(address)
        self.publish()

    def publish(self) -> None:
        """Have Kong Ingress Controller write Kong's address into every Ingress."""
        for body in self.cluster.of_kind("Ingress"):
            if "status" not in body:
                body["status"] = {"loadBalancer": {"ingress": [{"ip": "10.96.0.9"}]}}
                body["metadata"]["resourceVersion"] = str(next(self.cluster._versions))
                self.state.put(INGRESS, copy.deepcopy(body))

    async def step(self, key: RouteKey, admission: Admission | None = ACCEPTED) -> float:
        """Reconcile once, and write the tables."""
        wait = await self.reconciler.reconcile(key, admission if key in self.state.routes else None)
        await self.tables.write()
        return wait

    async def settle(self, key: RouteKey, admission: Admission | None = ACCEPTED) -> None:
        """Reconcile until nothing is left to do; time passes, and the gateway's pods follow."""
        for _ in range(30):
            wait = await self.step(key, admission)
            if not wait:
                return
            self.now += wait
            self.follow()
        raise AssertionError("it never settles")

    def conditions(self, key: RouteKey) -> dict[str, str]:
        """The reasons of the route's conditions; True for one that holds."""
        status = self.cluster.objects["ProtectedRoute", key.namespace, key.name]["status"]
        return {item["type"]: item["status"] == "True" or item["reason"] for item in status["conditions"]}
