"""Which route takes a request at the gateway, and in which form the request goes on."""

import urllib.request
from pathlib import Path

import pytest

from platform_routes.gateway_file import RedisSettings, Upstream, route_file
from platform_routes.table import load_table
from platform_standalone.nginx.gateway import GatewaySettings

VALUES = Path(__file__).parents[4] / "charts" / "member-platform" / "values.yaml"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
IDENTITY = [("X-Auth-Subject", "m1"), ("X-Auth-Roles", "admin")]
SERVICES = ("member", "auth", "shop", "web")


def taken_by(answer):
    return answer.get("X-Taken-By")


def settings(addresses, **more):
    """Settings of a gateway before the services at `addresses`, by name."""
    return GatewaySettings(
        state=Path("unused"),
        port=1,
        status_port=2,
        services={name: Upstream(addresses=[address]) for name, address in addresses.items()},
        redis=RedisSettings(host="127.0.0.1"),
        fingerprint_secret="unused",
        **more,
    )


@pytest.fixture
def shipped(make_gateway, upstream, make_answer):
    """A gateway with the shipped table; each service's upstream says who it is. The plugin itself is left out."""
    table = load_table(VALUES, SERVICES)
    addresses = {
        name: upstream(lambda _seen, name=name: make_answer(200, b"", X_Taken_By=name)).address for name in SERVICES
    }
    document = route_file(settings(addresses), table)
    for route in document["routes"]:
        if "plugins" in route:
            route["plugins"] = []
    return table, document, make_gateway(routes=document["routes"], services=document["services"])


def test_the_winner_is_the_tables_for_every_path_and_method(shipped):
    table, _, gateway = shipped
    paths = sorted({p.path for row in table.rows for p in row.paths})
    beyond = [f"{path.rstrip('/')}{end}" for path in paths for end in ("/x", "x", "/") if path != "/"] + ["/x", "/api"]
    checked = 0
    for path in [*paths, *beyond]:
        for method in (*METHODS, "PURGE"):
            expected = table.winner(method, path)
            answer = gateway.client.request(method, path, IDENTITY)
            if expected is None:
                assert answer.status == 405, (method, path)
                allowed = answer.get("Allow").split(", ")
                assert allowed == sorted(m for m in METHODS if table.winner(m, path)), (method, path)
            else:
                assert (answer.status, taken_by(answer)) == (200, expected.service), (method, path)
            checked += 1
    assert checked > 400


@pytest.mark.parametrize(("given", "lock_ttl"), [({}, 67), ({"lock_ttl": 300}, 300)], ids=["default", "set"])
def test_a_lock_outlives_the_longest_wait_for_a_response_and_little_more(given, lock_ttl):
    """The waits of a service: 2 s to connect, 30 s to send, 30 s to read."""
    table = load_table(VALUES, SERVICES)
    document = route_file(settings(dict.fromkeys(SERVICES, "127.0.0.1:1"), idempotency=given), table)

    configured = [plugin["config"]["lock_ttl"] for route in document["routes"] for plugin in route.get("plugins", ())]
    assert configured
    assert set(configured) == {lock_ttl}


def test_keyed_methods_and_the_rest_are_disjoint_routes(shipped):
    _, document, _ = shipped
    methods = {route["name"]: route["methods"] for route in document["routes"]}
    assert methods["members"] == ["GET", "HEAD", "DELETE"]
    assert methods["members.keyed"] == ["POST", "PUT", "PATCH"]
    assert methods["register.keyed"] == ["POST"]
    assert "register" not in methods
    assert methods["catalogue"] == ["GET", "HEAD"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/shop/products"), ("POST", "/static"), ("GET", "/auth/register")]
)
def test_what_a_path_leaves_out_does_not_fall_to_the_pages(shipped, method, path):
    """The edge does not check public paths; the row of the pages needs the identity."""
    _, _, gateway = shipped
    answer = gateway.client.request(method, path)
    assert (answer.status, answer.problem["code"]) == (405, "method-not-allowed")
    assert taken_by(gateway.client.request(method, f"{path}x")) == "web"


def test_an_exact_path_wins_over_a_prefix_and_a_longer_prefix_over_a_shorter(
    make_gateway, make_route, upstream, make_answer
):
    names = ("exact", "long", "short", "hosted")
    services = {
        name: {"upstreams": [upstream(lambda _s, name=name: make_answer(200, b"", X_Taken_By=name)).address]}
        for name in names
    }
    gateway = make_gateway(
        services=services,
        routes=[
            make_route("/a", service="short", name="short"),
            make_route("/a/b", service="long", name="long", methods=["GET"]),
            make_route("/a/b", "Exact", service="exact", name="exact", methods=["POST"]),
            make_route("/", service="hosted", name="hosted", hosts=["Special.Example"]),
        ],
    )
    client = gateway.client
    assert taken_by(client.get("/a")) == "short"
    assert taken_by(client.get("/a/b/c")) == "long"
    assert taken_by(client.request("POST", "/a/b")) == "exact"
    assert client.get("/a/b").get("Allow") == "POST"
    assert client.request("POST", "/a/b/").get("Allow") == "GET"
    assert client.request("PUT", "/a/b").get("Allow") == "POST"
    raw = client.raw(b"GET /a/b HTTP/1.1\r\nHost: special.example:81\r\nConnection: close\r\n\r\n")
    assert b"X-Taken-By: hosted" in raw


@pytest.mark.parametrize(
    "path", ["/none", "/plainx", "/PLAIN", "/", "/internal", "/internal/x", "/plain/../internal/x"]
)
def test_what_no_route_takes_is_a_problem(gateway, path):
    answer = gateway.client.get(path, [("X-Request-ID", "client-chosen.1")])
    assert (answer.status, answer.problem["code"]) == (404, "route-not-found")
    assert answer.problem["request_id"] == "client-chosen.1"
    assert answer.get("Cache-Control") == "no-store"
    assert gateway.upstream.seen == []


@pytest.mark.parametrize(
    ("target", "forwarded"),
    [
        ("/plain/a/./b/../c", "/plain/a/c"),
        ("/plain//a", "/plain/a"),
        ("/other/%2e%2e/plain/x", "/plain/x"),
        ("/%70lain/%7Ex", "/plain/~x"),
        ("/plain/a%2fb", "/plain/a%2Fb"),
        ("/plain/a%20%c3%a9%5c", "/plain/a%20%C3%A9%5C"),
        ("/plain?", "/plain?"),
        ("/plain?a=%2f&b=//../", "/plain?a=%2f&b=//../"),
    ],
)
def test_the_upstream_gets_the_path_that_was_routed(gateway, target, forwarded):
    assert gateway.client.get(target).status == 200
    assert gateway.forwarded.target == forwarded


def test_a_closed_path_is_not_seen_even_under_a_root_route(make_gateway, make_route):
    gateway = make_gateway(routes=[make_route("/")])
    for path in ("/internal", "/internal/x", "/x/../internal/x", "//internal/x", "/%69nternal/x", "/metrics"):
        assert gateway.client.get(path).status == 404
    assert gateway.upstream.seen == []
    assert gateway.client.get("/internally").status == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /plain HTTP/1.1\r\n\r\n",
        b"POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /plain HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /plain HTTP/1.1\r\nHost: a\r\nBad Header: x\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_with_a_problem(gateway, raw):
    received = gateway.client.raw(raw)
    assert received.split(b" ")[1] == b"400"
    assert b"application/problem+json" in received
    assert gateway.upstream.seen == []


def test_a_body_over_the_limit_is_a_problem(make_gateway):
    gateway = make_gateway(max_body_bytes=1000)
    assert gateway.client.request("POST", "/plain", body=b"x" * 1001).problem["code"] == "body-too-large"
    assert gateway.client.request("POST", "/plain", body=b"x" * 1000).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_gateway_listens_on_ipv6_as_well(make_gateway, host):
    gateway = make_gateway(ipv6=True)
    with urllib.request.urlopen(f"http://{host}:{gateway.settings.port}/plain", timeout=5) as response:
        assert response.read() == b"from service"
    assert dict(gateway.forwarded.headers)["X-Forwarded-For"] == host.strip("[]")
    with urllib.request.urlopen(f"http://{host}:{gateway.settings.status_port}/ready", timeout=5) as response:
        assert response.status == 200
