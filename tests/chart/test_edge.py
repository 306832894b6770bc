"""The edge's objects: one rule for each host and path, and what each path asks of auth."""

from __future__ import annotations

import collections
import itertools
import re

import pytest
from rendering import RELEASE, RenderingFailed, named, of_kind, render, route_table

NGINX = "nginx.ingress.kubernetes.io/"
IDENTITY = ["X-Auth-Subject", "X-Auth-Session", "X-Auth-Roles"]
VERIFY = f"http://{RELEASE}-auth.members.svc.cluster.local:8080/auth/verify"
QUERIES = {"storefront": "?optional=1", "cart": "?optional=1", "admin": "?role=admin"}


def edge_ingresses(documents):
    return [ingress for ingress in of_kind(documents, "Ingress") if ingress["spec"]["ingressClassName"] == "nginx"]


def test_nginx_has_one_rule_for_each_host_and_path(documents):
    rules = collections.Counter(
        (rule["host"], path["path"], path["pathType"])
        for ingress in edge_ingresses(documents)
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    )
    assert set(rules.values()) <= {1}


def test_nginx_serves_every_path_of_the_table():
    served = {
        (path["path"], path["pathType"])
        for ingress in edge_ingresses(render("default-values.yaml"))
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    table = route_table("member", "auth", "web", "shop")
    assert served == {(path["path"], path["type"]) for row in table.values() for path in row["paths"]}


@pytest.mark.parametrize("name", route_table("member", "auth", "web", "shop"))
def test_nginx_asks_auth_as_the_row_says(name):
    row = route_table("member", "auth", "web", "shop")[name]
    ingress = "edge-rest" if row["paths"] == [{"path": "/", "type": "Prefix"}] else f"edge-{name}"
    annotations = named(render("default-values.yaml"), "Ingress", ingress)["metadata"]["annotations"]
    if row["auth"] == "public":
        assert not [key for key in annotations if "auth" in key]
        return
    assert annotations[NGINX + "auth-url"] == VERIFY + QUERIES.get(name, "")
    assert annotations[NGINX + "auth-response-headers"].split(",") == [*IDENTITY, "Authorization"]
    assert annotations[NGINX + "auth-always-set-cookie"] == "true"


def test_what_delays_revocation_or_breaks_is_never_set(documents):
    for ingress in edge_ingresses(documents):
        for key in ingress["metadata"]["annotations"]:
            assert not key.endswith(("auth-cache-key", "auth-keepalive", "snippet", "custom-http-errors"))


def test_nginx_sends_no_request_to_the_gateway_twice(documents):
    for ingress in edge_ingresses(documents):
        assert ingress["metadata"]["annotations"][NGINX + "proxy-next-upstream"] == "off"


def test_the_body_is_bounded_at_the_edge():
    for ingress in edge_ingresses(render("default-values.yaml", "edge.maxBodyBytes=2048")):
        assert ingress["metadata"]["annotations"][NGINX + "proxy-body-size"] == "2048"


def traefik_routes(documents):
    (route,) = [item for item in of_kind(documents, "IngressRoute") if item["metadata"]["name"] == f"{RELEASE}-edge"]
    return route["spec"]["routes"]


def test_traefik_has_one_rule_for_each_host_and_path():
    routes = traefik_routes(render("traefik-standalone-values.yaml"))
    assert len({route["match"] for route in routes}) == len(routes)
    table = route_table("member", "auth", "web", "shop")
    assert len(routes) == len({(path["path"], path["type"]) for row in table.values() for path in row["paths"]})


def traefik_winner(routes, path):
    """The route with the highest priority whose rule fits; the rules use Path and PathPrefix only."""
    fitting = []
    for route in routes:
        exact = re.findall(r"Path\(`([^`]+)`\)", route["match"].replace("PathPrefix", "Beginning"))
        beginnings = re.findall(r"PathPrefix\(`([^`]+)`\)", route["match"])
        if path in exact or any(path.startswith(beginning) for beginning in beginnings):
            fitting.append((route["priority"], route))
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


@pytest.mark.parametrize(
    ("path", "middleware"),
    [
        ("/", "verify-storefront"),
        ("/api/members", "verify-members"),
        ("/api/members/", "verify-members"),
        ("/api/members/x", "verify-members"),
        ("/api/membership", "verify-storefront"),
        ("/api/admin/members", "verify-admin"),
        ("/auth/login", "public"),
        ("/auth/login/second-factor", "public"),
        ("/auth/login/x", "verify-storefront"),
        ("/auth/loginx", "verify-storefront"),
        ("/auth/logout", "verify-auth-logout"),
        ("/auth/password", "verify-auth-account"),
        ("/auth/password/reset", "public"),
        ("/auth/sessions/1", "verify-auth-account"),
        ("/static/a.css", "public"),
        ("/staticx", "verify-storefront"),
        ("/api/shop/products/1", "public"),
        ("/api/shop/cart", "verify-cart"),
    ],
)
def test_traefik_asks_auth_by_path_element(path, middleware):
    route = traefik_winner(traefik_routes(render("traefik-standalone-values.yaml")), path)
    assert [item["name"] for item in route["middlewares"]] == [f"{RELEASE}-edge-{middleware}"]


def test_traefiks_middlewares_ask_auth_and_overwrite_the_clients_headers():
    documents = render("traefik-standalone-values.yaml")
    for name, row in route_table("member", "auth", "web", "shop").items():
        if row["auth"] == "public":
            continue
        forward = named(documents, "Middleware", f"edge-verify-{name}")["spec"]["forwardAuth"]
        assert forward["address"] == VERIFY + QUERIES.get(name, "")
        assert forward["trustForwardHeader"] is False
        assert forward["authResponseHeaders"] == [*IDENTITY, "Authorization"]
    public = named(documents, "Middleware", "edge-public")["spec"]["headers"]["customRequestHeaders"]
    assert public == dict.fromkeys(IDENTITY, "")


def test_an_upgrade_that_enables_components_moves_no_path_to_another_object():
    """ingress-nginx refuses a second Ingress with one host and path; Helm makes new ones before it removes old ones."""

    def owners(documents):
        return {
            (path["path"], path["pathType"]): ingress["metadata"]["name"]
            for ingress in edge_ingresses(documents)
            for path in ingress["spec"]["rules"][0]["http"]["paths"]
        }

    minimal = owners(render("minimal-values.yaml", "edge.controller=nginx"))
    accounts, everything = owners(render("accounts-only-values.yaml")), owners(render())
    for old, new in itertools.permutations((minimal, accounts, everything), 2):
        assert all(new.get(path, name) == name for path, name in old.items())


def test_what_the_table_leaves_out_is_the_gateways_to_refuse():
    documents = render("accounts-only-values.yaml")
    unrouted = named(documents, "Ingress", "edge-rest")
    # a client's own identity headers are replaced here as well: what the edge does not know the gateway may
    assert unrouted["metadata"]["annotations"][NGINX + "auth-url"].endswith("?optional=1")
    assert [path["path"] for path in unrouted["spec"]["rules"][0]["http"]["paths"]] == ["/"]
    last = min(traefik_routes(render("minimal-values.yaml")), key=lambda route: route["priority"])
    assert last["match"] == "Host(`platform.test`)"
    assert [item["name"] for item in last["middlewares"]] == [f"{RELEASE}-edge-public"]


@pytest.mark.parametrize(
    ("values", "pair"),
    [
        ("nginx-standalone-values.yaml", "original"),
        ("traefik-standalone-values.yaml", "forwarded"),
    ],
)
def test_auth_reads_the_headers_of_the_edge_that_is_there(values, pair):
    (container,) = named(render(values), "Deployment", "auth")["spec"]["template"]["spec"]["containers"]
    assert {"name": "AUTH_EDGE_HEADERS", "value": pair} in container["env"]


@pytest.mark.parametrize(
    ("values", "kind"), [("tls-issuer-values.yaml", "Ingress"), ("tls-traefik-values.yaml", "IngressRoute")]
)
def test_tls_ends_at_the_edge(values, kind):
    documents = render(values)
    if kind == "Ingress":
        for ingress in edge_ingresses(documents):
            assert ingress["spec"]["tls"] == [{"hosts": ["platform.test"], "secretName": f"{RELEASE}-tls"}]
            assert ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "company"
        return
    assert named(documents, "IngressRoute", "edge")["spec"]["tls"] == {"secretName": f"{RELEASE}-tls"}
    assert named(documents, "Certificate", "edge")["spec"]["issuerRef"] == {"name": "company", "kind": "Issuer"}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (("routes.admin.auth=public",), "roles need auth: required"),
        (("routes.members.paths[0].path=/internal/x", "routes.members.paths[0].type=Prefix"), "is never routed"),
        (("routes.admin.paths[0].path=/api/members", "routes.admin.paths[0].type=Prefix"), "other auth or roles"),
        (
            ("routes.admin.paths[0].path=/api/members", "routes.admin.paths[0].type=Prefix", "routes.admin.roles=null"),
            "both match",
        ),
        (
            ("routes.members.idempotency.methods={DELETE}", "routes.members.methods={GET}"),
            "not among the row's methods",
        ),
    ],
)
@pytest.mark.parametrize("values", ["default-values.yaml", "traefik-standalone-values.yaml"])
def test_a_table_that_nobody_could_follow_is_refused_in_a_sentence(values, settings, sentence):
    with pytest.raises(RenderingFailed, match=sentence):
        render(values, *settings)
