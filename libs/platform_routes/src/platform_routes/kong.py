"""Kong's objects: Ingresses of its class, and the KongPlugins that they name.

Kong ranks routes by the number of fields that match, then those with a regular expression by priority, then by the
longest prefix. So each carries host, path and methods, and an exact path is an expression with a high priority. Keyed
methods and the others are two routes, because a plugin with a response phase buffers every response of its route.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from platform_routes.metadata import own_metadata, own_name
from platform_routes.model import JOINED, Object, Route
from platform_routes.paths import EXACT, PREFIX, Path, closed_below
from platform_routes.platform import IDENTITY_HEADERS, Platform

EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")

EXACT_PRIORITY = 5_000
PREFIX_PRIORITY = 100
CLOSED_PRIORITY = 10_000
ENCODED_SLASH_PRIORITY = 20_000

# Kong's own environment has these; they are in no object.
FINGERPRINT_SECRET = "{vault://env/gateway-fingerprint-secret}"  # noqa: S105 (a reference)
REDIS_PASSWORD = "{vault://env/gateway-redis-password}"  # noqa: S105 (a reference)


def build_gateway(route: Route, platform: Platform) -> list[Object]:
    """Return the KongPlugins and then the Ingresses of the route."""
    ingresses = list(_ingresses(route, platform))
    plugins = [_plugin(route, platform, "sanitize", **_sanitizing(route, platform))]
    if route.auth == "public":
        removed = {"remove": {"headers": list(IDENTITY_HEADERS)}}
        plugins.append(_plugin(route, platform, "no-identity", "request-transformer", removed))
    if route.keyed_methods:
        plugins.append(_plugin(route, platform, "idempotency", "idempotency", _idempotency(route, platform)))
    if not platform.is_own_host(route):
        plugins.append(_plugin(route, platform, "closed", **_filled_in(platform.gateway.closed, "@ALLOW@", "")))
    others = platform.rows if platform.is_own_host(route) else ()
    for index, path in enumerate(route.paths):
        allow = ", ".join(sorted(accepted_methods(route, path, others)))
        refusing = _filled_in(platform.gateway.closed, "@ALLOW@", allow)
        plugins.append(_plugin(route, platform, f"{index}-methods", **refusing))
    return [*plugins, *ingresses]


def build_service_annotations(platform: Platform) -> dict[str, str]:
    """Return the annotations that Kong Ingress Controller reads from a Service instead of an Ingress."""
    timeouts = platform.gateway.timeouts
    return {
        JOINED: "true",
        "konghq.com/retries": "0",
        "konghq.com/connect-timeout": str(timeouts["connect"]),
        "konghq.com/write-timeout": str(timeouts["send"]),
        "konghq.com/read-timeout": str(timeouts["read"]),
    }


def _ingresses(route: Route, platform: Platform) -> Iterator[Object]:
    others = platform.rows if platform.is_own_host(route) else ()
    sanitizing = ("sanitize", "no-identity") if route.auth == "public" else ("sanitize",)
    for index, path in enumerate(route.paths):
        if path.type == EXACT:
            made = _IngressFactory(route, platform, _expression(f"{_quoted(path.path)}$"), EXACT_PRIORITY)
        else:
            prefix = {"path": path.path, "pathType": "Prefix"}
            made = _IngressFactory(route, platform, prefix, PREFIX_PRIORITY + len(path.element))
        if route.plain_methods:
            yield made.ingress(f"{index}", route.plain_methods, *sanitizing)
        if route.keyed_methods:
            yield made.ingress(f"{index}-keyed", route.keyed_methods, *sanitizing, "idempotency")
        accepted = accepted_methods(route, path, others)
        blocked = tuple(method for method in EVERY_METHOD if method not in accepted)
        yield made.ingress(f"{index}-closed", blocked, f"{index}-methods")
        if not platform.is_own_host(route):
            yield from _closed_elsewhere(route, platform, path, index)


def _closed_elsewhere(route: Route, platform: Platform, path: Path, index: int) -> Iterator[Object]:
    """Close the same paths on a route's own host as the chart closes on the platform's host."""
    for number, closed in enumerate(closed_below(path)):
        made = _IngressFactory(route, platform, {"path": closed, "pathType": "Prefix"}, CLOSED_PRIORITY)
        yield made.ingress(f"{index}-never-{number}", EVERY_METHOD, "closed")
    if path.type == PREFIX:
        # an encoded slash means one path to the edge and another to Kong
        encoded = _expression(f"{_quoted(path.element)}/.*%2[Ff]")
        yield _IngressFactory(route, platform, encoded, ENCODED_SLASH_PRIORITY).ingress(
            f"{index}-slash", EVERY_METHOD, "closed"
        )


def accepted_methods(route: Route, path: Path, others: Iterable[Route]) -> set[str]:
    """Return the methods of `path`. Shorter prefixes add none, because the edge decides by `path`."""
    return {
        method
        for other in (*others, route)
        for theirs in other.paths
        if (theirs.type, theirs.element) == (path.type, path.element)
        for method in other.methods
    }


def _expression(pattern: str) -> Object:
    return {"path": f"/~{pattern}", "pathType": "ImplementationSpecific"}


def _quoted(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


@dataclass(frozen=True)
class _IngressFactory:
    """Makes the Ingresses of one path, of which only methods and plugins differ."""

    route: Route
    platform: Platform
    path: Object
    priority: int

    def ingress(self, suffix: str, methods: Iterable[str], *plugins: str) -> Object:
        """Return an Ingress of Kong's class, which is one route of Kong."""
        route, name = self.route, own_name(self.route)
        port = {"number": route.port} if isinstance(route.port, int) else {"name": route.port}
        annotations = {
            "konghq.com/methods": ",".join(methods),
            "konghq.com/strip-path": "false",
            "konghq.com/preserve-host": "true",
            "konghq.com/regex-priority": str(self.priority),
            # TLS ends at the edge
            "konghq.com/protocols": "http,https",
            "konghq.com/plugins": ",".join(f"{name}-{plugin}" for plugin in plugins),
        }
        paths = [{**self.path, "backend": {"service": {"name": route.service, "port": port}}}]
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": own_metadata(route, self.platform, f"{name}-{suffix}", annotations),
            "spec": {
                "ingressClassName": self.platform.gateway.class_name,
                "rules": [{"host": self.platform.host_of(route), "http": {"paths": paths}}],
            },
        }


def _plugin(route: Route, platform: Platform, suffix: str, plugin: str, config: Object) -> Object:
    return {
        "apiVersion": "configuration.konghq.com/v1",
        "kind": "KongPlugin",
        "metadata": own_metadata(route, platform, f"{own_name(route)}-{suffix}"),
        "plugin": plugin,
        "config": config,
    }


def _sanitizing(route: Route, platform: Platform) -> Object:
    """Return the configuration that removes headers and cookies that the service must not receive."""
    return _filled_in(platform.gateway.sanitize, "@ROUTE@", _lua_route(route, platform))


def _lua_route(route: Route, platform: Platform) -> str:
    fields = {
        "trusts_identity": route.auth != "public",
        "requires_identity": route.auth == "required",
        **route.gateway_flags,
        "joined": True,
        "own_host": not platform.is_own_host(route),
    }
    texts = [f"{name} = {str(value).lower()}" for name, value in fields.items()]
    if route.roles:
        # names of letters, digits, dashes and underscores: the CRD sees to it
        texts.append("roles = { " + ", ".join(f'["{role}"] = true' for role in route.roles) + " }")
    return "{ " + ", ".join(texts) + " }"


def _filled_in(plugin: Mapping[str, Any], mark: str, text: str) -> Object:
    """Return a plugin of the chart with `text` in the place of `mark` in its code."""
    code = {phase: [chunk.replace(mark, text) for chunk in chunks] for phase, chunks in plugin["config"].items()}
    return {**plugin, "config": code}


def _idempotency(route: Route, platform: Platform) -> Object:
    return {
        "service": _ledger_name(route, platform),
        "methods": list(route.keyed_methods),
        **platform.gateway.idempotency,
        "fingerprint_secret": FINGERPRINT_SECRET,
        "redis": {**platform.gateway.redis, "password": REDIS_PASSWORD},
        **route.idempotency.plugin_settings(route.auth),
    }


def _ledger_name(route: Route, platform: Platform) -> str:
    """Return the plugin's name of the service: keys of two namespaces never meet."""
    return route.service if route.key.namespace == platform.namespace else f"{route.key.namespace}.{route.service}"
