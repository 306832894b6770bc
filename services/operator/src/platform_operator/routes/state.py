"""The operator's knowledge of the cluster: filled by lists, updated by watches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from platform_operator.kube.kinds import ENDPOINT_SLICE, PROTECTED_ROUTE, ROUTE_GRANT, SERVICE, Kind
from platform_operator.routes.grants import Grant, read_grant
from platform_operator.routes.live import Live, ObjectId, resource_version
from platform_routes.metadata import route_of
from platform_routes.model import Backend, Object, Route, RouteKey, read_backend, read_route

Name = tuple[str, str]

SERVICE_LABEL = "kubernetes.io/service-name"


class State:
    """Routes, grants, Services and the objects of routes. Older versions of an object are ignored."""

    def __init__(self, platform_namespace: str) -> None:
        self._platform_namespace = platform_namespace
        self.routes: dict[RouteKey, Route] = {}
        self.statuses: dict[RouteKey, Object] = {}
        self.grants: dict[str, Grant] = {}
        self.grant_statuses: dict[str, Object] = {}
        self.backends: dict[Name, Backend] = {}
        self.live: dict[RouteKey, dict[ObjectId, Live]] = defaultdict(dict)
        self._owners: dict[ObjectId, RouteKey] = {}
        self._slices: dict[Name, dict[str, bool]] = defaultdict(dict)
        self._versions: dict[Kind, dict[Name, int]] = defaultdict(dict)

    def has_endpoints(self, service: Name) -> bool:
        """Tell whether some pod of a Service is ready."""
        return any(self._slices.get(service, {}).values())

    def routes_to(self, service: Name) -> Iterator[RouteKey]:
        """Yield the routes to a Service."""
        namespace, name = service
        return (key for key, route in self.routes.items() if key.namespace == namespace and route.service == name)

    def owner(self, kind: Kind, body: Object) -> RouteKey | None:
        """Return the owner of an object by what is known of it."""
        return self._owners.get(ObjectId(kind.api_version, kind.kind, *_name(body)))

    def concerned(self, kind: Kind, body: Object) -> set[RouteKey]:
        """Return the routes that have to be looked at when an object is another one."""
        name = _name(body)
        if kind == PROTECTED_ROUTE:
            return {RouteKey(*name)}
        if kind == ROUTE_GRANT:
            return set()
        if kind == SERVICE:
            return set(self.routes_to(name))
        if kind == ENDPOINT_SLICE:
            return set(self.routes_to((name[0], (body["metadata"].get("labels") or {}).get(SERVICE_LABEL, ""))))
        key = self._route_of(body)
        return {key} if key else set()

    def _route_of(self, body: Object) -> RouteKey | None:
        """Return whose object `body` is, if it is where the operator makes it.

        Elsewhere anyone can set the labels: an object that seems obsolete would close another team's route.
        """
        key = route_of(body)
        is_placed = key and body["metadata"].get("namespace") in {key.namespace, self._platform_namespace}
        return key if is_placed else None

    def forget(self, which: ObjectId) -> None:
        """Take that the operator itself has removed an object of a route."""
        self._forget_object(which)

    def put(self, kind: Kind, body: Object) -> bool:
        """Record an object; return whether it changed."""
        name = _name(body)
        version = resource_version(body)
        known = self._versions[kind]
        if version <= known.get(name, -1):
            return False
        known[name] = version
        return self._record(kind, name, body)

    def drop(self, kind: Kind, body: Object) -> bool:
        """Record that an object was deleted; return whether that is a change."""
        name = _name(body)
        if resource_version(body) < self._versions[kind].get(name, -1):
            return False
        self._versions[kind].pop(name, None)
        return self._forget(kind, name)

    def replace(self, kind: Kind, bodies: Iterable[Object], version: int) -> list[Object]:
        """Replace all objects of a kind by a list of `version`; return the changed ones."""
        listed = {_name(body): body for body in bodies}
        for name, seen in list(self._versions[kind].items()):
            if name not in listed and seen <= version:
                self._versions[kind].pop(name)
                self._forget(kind, name)
        return [body for body in listed.values() if self.put(kind, body)]

    def _record(self, kind: Kind, name: Name, body: Object) -> bool:
        if kind == PROTECTED_ROUTE:
            return self._record_route(body)
        if kind == ROUTE_GRANT:
            grant = read_grant(body)
            self.grant_statuses[grant.name] = body.get("status") or {}
            return _changed(self.grants, grant.name, grant)
        if kind == SERVICE:
            return _changed(self.backends, name, read_backend(body))
        if kind == ENDPOINT_SLICE:
            return self._record_slice(name, body)
        return self._record_object(body)

    def _record_route(self, body: Object) -> bool:
        if body["metadata"].get("deletionTimestamp"):
            # its objects go with it, whatever still refers to it
            return self._forget(PROTECTED_ROUTE, _name(body))
        route = read_route(body)
        self.statuses[route.key] = body.get("status") or {}
        return _changed(self.routes, route.key, route)

    def _record_slice(self, name: Name, body: Object) -> bool:
        service = (name[0], (body["metadata"].get("labels") or {}).get(SERVICE_LABEL, ""))
        before = self.has_endpoints(service)
        endpoints = body.get("endpoints") or ()
        self._slices[service][name[1]] = any(
            (endpoint.get("conditions") or {}).get("ready") is not False for endpoint in endpoints
        )
        return self.has_endpoints(service) != before

    def _record_object(self, body: Object) -> bool:
        key, which = self._route_of(body), ObjectId.from_body(body)
        # its labels may name another route now: the former one has lost it
        is_lost = key != self._owners.get(which) and self._forget_object(which)
        if key is None:
            return is_lost
        self._owners[which] = key
        return _changed(self.live[key], which, Live.from_body(body))

    def _forget(self, kind: Kind, name: Name) -> bool:
        if kind == PROTECTED_ROUTE:
            self.statuses.pop(RouteKey(*name), None)
            return self.routes.pop(RouteKey(*name), None) is not None
        if kind == ROUTE_GRANT:
            self.grant_statuses.pop(name[1], None)
            return self.grants.pop(name[1], None) is not None
        if kind == SERVICE:
            return self.backends.pop(name, None) is not None
        if kind == ENDPOINT_SLICE:
            return any(slices.pop(name[1], None) is not None for slices in self._slices_of(name[0]))
        return self._forget_object(ObjectId(kind.api_version, kind.kind, *name))

    def _slices_of(self, namespace: str) -> list[dict[str, bool]]:
        return [slices for (place, _), slices in self._slices.items() if place == namespace]

    def _forget_object(self, which: ObjectId) -> bool:
        key = self._owners.pop(which, None)
        if key is None:
            return False
        objects = self.live[key]
        objects.pop(which, None)
        if not objects:
            del self.live[key]
        return True


def _name(body: Object) -> Name:
    return body["metadata"].get("namespace", ""), body["metadata"]["name"]


def _changed(table: dict[Any, Any], key: Any, value: Any) -> bool:
    before = table.get(key)
    table[key] = value
    return bool(before != value)
