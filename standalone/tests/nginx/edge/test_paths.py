"""Which paths and methods get through: what the edge decides on is what the gateway sees."""

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/internal",
        "/internal/",
        "/internal/members/1",
        "/auth/verify",
        "/auth/verify/x",
        "/metrics",
        "/livez",
        "/readyz",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_closed_paths_are_404_and_no_one_sees_them(edge, method, path):
    response = edge.client.request(method, path)
    assert (response.status, response.problem["code"]) == (404, "route-not-found")
    assert edge.auth.seen == edge.gateway.seen == []


def test_closed_paths_stay_closed_under_a_root_route(make_edge):
    root = {"root": {"paths": [{"path": "/", "type": "Prefix"}], "methods": ["GET"], "auth": "public"}}
    edge = make_edge(routes=root)
    assert edge.client.get("/anything").status == 200
    edge.gateway.seen.clear()
    for path in (
        "/internal",
        "/internal/x",
        "/auth/verify",
        "/metrics",
        "/livez",
        "/readyz",
        "//internal/x",
        "/x/../internal/x",
    ):
        assert edge.client.get(path).status == 404
    assert edge.gateway.seen == []


@pytest.mark.parametrize("path", ["/api/minex", "/api/min", "/API/MINE", "/api", "/", "/auth/login/x", "/auth/loginx"])
def test_prefixes_match_whole_elements_only(edge, path):
    assert edge.client.request("POST", path).status == 404
    assert edge.auth.seen == edge.gateway.seen == []


@pytest.mark.parametrize("method", ["PUT", "PURGE", "OPTIONS"])
def test_methods_of_no_row_are_refused_with_those_that_are_allowed(edge, method):
    response = edge.client.request(method, "/api/mine")
    assert (response.status, response.problem["code"]) == (405, "method-not-allowed")
    assert response.get("Allow") == "DELETE, GET, POST"
    assert edge.auth.seen == edge.gateway.seen == []


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_that_no_path_has_are_not_implemented(edge, method):
    assert edge.client.request(method, "/api/mine").status in {400, 405, 501}
    assert edge.gateway.seen == []


@pytest.mark.parametrize(
    "target",
    [
        "//api/mine",
        "/open//../api/mine",
        "/open/../api/mine",
        "/open/./x",
        "/open/..",
        "/open/%2e%2e/api/mine",
        "/open/%2E%2e/api/mine",
        "/open/.%2e/api/mine",
        "/open/..%2fapi/mine",
        "/open/..%5capi/mine",
        "/open%2f..%2fapi/mine",
        "/open/%252e%252e/api/mine",
        "/open/..%252fapi",
        "/open/..;/api/mine",
        "/open;/../api/mine",
        "/open/%3b/../api",
        "/%6fpen",
        "/api/%6dine",
        "/open/%00",
        "/open/%0d%0aX-Auth-Subject:%20a",
        "/open/%7f",
        "/open\\..\\api\\mine",
        "/open/x#/../../api/mine",
        "/open/%zz",
        "/open/%",
    ],
)
def test_paths_with_a_second_spelling_are_refused(edge, target):
    received = edge.client.raw(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert received.split(b" ")[1] in {b"400", b"404"}
    assert edge.auth.seen == edge.gateway.seen == []


@pytest.mark.parametrize(
    "target", ["/open/a%20b", "/open/%C3%A9", "/open/a+b,c=d@e:f", "/open/~x?q=//../%2e;", "/open/%25"]
)
def test_paths_reach_the_gateway_as_they_came(edge, target):
    assert edge.client.get(target).status == 200
    assert edge.forwarded.target == target


def test_an_absolute_target_is_judged_by_its_path(edge):
    received = edge.client.raw(b"GET http://evil/api/mine HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b" 200 " in received.split(b"\r\n")[0]
    assert len(edge.auth.seen) == 1


def test_the_edges_inner_locations_are_closed(edge):
    for path in ("/.edge/verify/0", "/.edge/problem/404", "/.edge/problem/verify"):
        assert edge.client.get(path).status == 404
    assert edge.auth.seen == []
