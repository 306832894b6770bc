"""Kong's winner for each path and method of the route table and beyond, from the rendered objects."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from kong import routes, winner
from rendering import RELEASE, RenderingFailed, named, of_kind, render, route_table

HOST = "member-platform.localhost"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE")
CLOSED = (
    "/internal",
    "/internal/credentials/verify",
    "/auth/verify",
    "/auth/verify/x",
    "/metrics",
    "/livez",
    "/readyz",
)
REFUSING = re.compile(rf"{RELEASE}-(not-found|not-allowed-but-[a-z-]+)")
EVERY_SERVICE = ("member", "auth", "web", "shop")


def expected(table, method, path):
    """The row that has a request: the best path decides, and when that row leaves the method out, no one has it."""
    ranked = []
    for name, row in table.items():
        for pattern in row["paths"]:
            element = pattern["path"].rstrip("/")
            if pattern["type"] == "Exact" and path == pattern["path"]:
                ranked.append((1, len(path), name))
            elif pattern["type"] == "Prefix" and (path == element or path.startswith(element + "/")):
                ranked.append((0, len(element), name))
    if not ranked:
        return None
    best = max(rank[:2] for rank in ranked)
    owners = [name for *rank, name in ranked if tuple(rank) == best and method in table[name]["methods"]]
    assert len(owners) < 2
    return owners[0] if owners else None


def refusal(table, path):
    """The plugin that refuses what the table leaves out of a path: 405 with what it accepts, or 404."""
    accepted = sorted(method for method in METHODS if expected(table, method, path))
    return f"{RELEASE}-" + (f"not-allowed-but-{'-'.join(accepted).lower()}" if accepted else "not-found")


def probes(table):
    """Paths of the table, below, beside and above them."""
    paths = {
        "/",
        "/about",
        "/api",
        "/api/",
        "/auth",
        "/auth/",
        "/.well-known",
        "/xwell-known/jwksxjson",
        "/favicon.ico",
    }
    for row in table.values():
        for pattern in row["paths"]:
            path = pattern["path"].rstrip("/")
            paths |= {
                path or "/",
                f"{path}/",
                f"{path}/x",
                f"{path}/x/y",
                f"{path}x",
                path.upper() or "/",
                f"{path}.json",
            }
    return sorted(paths)


@pytest.mark.parametrize(
    ("values", "services"),
    [
        ("accounts-only-values.yaml", ("member", "auth")),
        ("default-values.yaml", EVERY_SERVICE),
    ],
)
def test_kong_picks_the_row_that_the_table_says(values, services):
    kong, table = routes(render(values)), route_table(*services)
    compared = 0
    for path, method in itertools.product(probes(table), METHODS):
        row, route = expected(table, method, path), winner(kong, HOST, method, path)
        if row is None and (method not in METHODS[:-1] or not path.startswith("/")):
            assert route is None, path
            continue
        if row is None:
            assert refusal(table, path) in route.plugins, (method, path, route)
            continue
        assert route is not None, (method, path, row)
        assert route.name.startswith(f"{RELEASE}-gateway-{row}-"), (method, path, route.name)
        assert route.service == f"{RELEASE}-{table[row]['service']}"
        keyed = method in table[row].get("idempotency", {}).get("methods", ())
        assert (f"{RELEASE}-idempotency-{row}" in route.plugins) is keyed
        compared += 1
    assert compared > 100


OVERLAPPING: dict[str, Any] = {
    # an exact path within a prefix, a longer prefix within a shorter, each of another service, and two rows of one path
    "export": {"paths": [{"path": "/api/members/export", "type": "Exact"}], "methods": ["GET"], "service": "auth"},
    "own": {"paths": [{"path": "/api/members/own", "type": "Prefix"}], "methods": ["GET", "PUT"], "service": "auth"},
    "purge": {"paths": [{"path": "/api/members/own", "type": "Prefix"}], "methods": ["DELETE"], "service": "member"},
    "long": {
        "paths": [{"path": "/api", "type": "Prefix"}, {"path": "/a-very-long-prefix-of-no-concern", "type": "Prefix"}],
        "methods": ["GET", "POST"],
        "service": "auth",
    },
}


def test_kong_picks_the_best_path_where_rows_overlap():
    settings, table = [], route_table(*EVERY_SERVICE)
    for name, row in OVERLAPPING.items():
        table[name] = {**row, "auth": "required"}
        settings += [f"routes.{name}.service={row['service']}", f"routes.{name}.auth=required"]
        settings.append(f"routes.{name}.methods={{{','.join(row['methods'])}}}")
        for index, path in enumerate(row["paths"]):
            settings += [f"routes.{name}.paths[{index}].{key}={value}" for key, value in path.items()]
    kong = routes(render("default-values.yaml", *settings))
    for path, method in itertools.product(probes(table), METHODS):
        row, route = expected(table, method, path), winner(kong, HOST, method, path)
        if row is None:
            assert route is None or route.plugins == (refusal(table, path),), (method, path, route)
        else:
            assert route is not None, (method, path, row)
            assert route.name.startswith(f"{RELEASE}-gateway-{row}-"), (method, path, route.name)


@pytest.mark.parametrize(("path", "method"), list(itertools.product(CLOSED, METHODS[:-1])))
def test_closed_paths_end_at_kong_even_below_a_route_for_everything(path, method):
    route = winner(routes(render("default-values.yaml")), HOST, method, path)
    assert route.plugins == (f"{RELEASE}-not-found",)


@pytest.mark.parametrize("path", ["/static/..%2Fapi/admin", "/api/admin/..%2f..%2fstatic/x", "/%2Finternal"])
def test_an_encoded_slash_ends_at_kong(path):
    route = winner(routes(render("default-values.yaml")), HOST, "GET", path)
    assert route.name == f"{RELEASE}-gateway-encoded-slash"


def test_what_is_closed_leads_nowhere_even_without_its_plugin(documents):
    """The controller serves a route whose plugin is missing, as for a moment while a release is made."""
    closed = [route for route in routes(documents) if route.plugins and REFUSING.fullmatch(route.plugins[0])]
    assert {route.service for route in closed} <= {f"{RELEASE}-nowhere"}
    if closed:
        assert "selector" not in named(documents, "Service", "nowhere")["spec"]


def test_kong_accepts_every_path(documents):
    """It wants `/` before a prefix and `~/` before an expression; one other path fails the whole installation."""
    for route in routes(documents):
        for text in (*route.prefixes, *route.expressions):
            assert text.startswith("/"), route.name


def test_another_host_has_no_route():
    for route in routes(render("default-values.yaml")):
        assert route.host == HOST
        assert route.methods


def test_every_route_carries_host_path_and_methods(documents):
    for route in routes(documents):
        assert route.rank[0] == 3


def test_plugins_are_there_and_each_type_once_a_route(documents):
    plugins = {plugin["metadata"]["name"]: plugin["plugin"] for plugin in of_kind(documents, "KongPlugin")}
    for route in routes(documents):
        types = [plugins[name] for name in route.plugins]
        assert len(types) == len(set(types))


def test_the_plugin_is_told_what_the_row_says():
    documents = render("default-values.yaml")
    orders = named(documents, "KongPlugin", "idempotency-orders")["config"]
    assert (orders["required"], orders["on_unknown"], orders["methods"]) == (True, "release", ["POST", "PATCH"])
    assert "identity_header" not in orders
    assert named(documents, "KongPlugin", "idempotency-register")["config"]["identity_header"] == ""
    assert (orders.get("anonymous"), orders.get("scope_cookies")) == (None, None)


def test_keys_of_visitors_belong_to_their_carts():
    cart = named(render("default-values.yaml"), "KongPlugin", "idempotency-cart")["config"]
    assert (cart["anonymous"], cart["scope_cookies"]) == ("bypass", ["__Host-cart", "cart"])


def test_no_secret_is_in_a_kong_plugin(documents):
    for plugin in of_kind(documents, "KongPlugin"):
        config = plugin.get("config", {})
        if plugin["plugin"] == "idempotency":
            assert config["fingerprint_secret"] == "{vault://env/gateway-fingerprint-secret}"
            assert config["redis"]["password"] == "{vault://env/gateway-redis-password}"


def test_retries_and_time_outs_are_on_the_services_where_the_controller_reads_them():
    documents = render("default-values.yaml")
    for name in EVERY_SERVICE:
        annotations = named(documents, "Service", name)["metadata"]["annotations"]
        assert annotations["konghq.com/retries"] == "0"
        assert annotations["konghq.com/read-timeout"] == "30000"
    for ingress in of_kind(documents, "Ingress"):
        assert "konghq.com/retries" not in ingress["metadata"]["annotations"]


def test_a_lock_outlives_the_longest_request():
    config = named(render(), "KongPlugin", "idempotency-members")["config"]
    annotations = named(render(), "Service", "member")["metadata"]["annotations"]
    waits = sum(int(annotations[f"konghq.com/{name}-timeout"]) for name in ("connect", "write", "read")) / 1000
    assert config["lock_ttl"] > waits


def test_without_a_redis_the_gateway_has_to_be_told_one():
    with pytest.raises(RenderingFailed, match=r"set redis.external.host"):
        render("default-values.yaml", "redis.enabled=false", "auth.redis.existingSecret=given")
